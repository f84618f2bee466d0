package vn.sen.android

import android.text.InputType
import vn.sen.CardKey
import vn.sen.app.CardPresenter
import vn.sen.app.CardScreen
import vn.sen.app.ScanPresenter
import vn.sen.app.Scanned
import vn.sen.app.Word
import vn.sen.app.line
import vn.sen.app.warning

/** Level 2. */
fun raiseLevel(): Screen = CardScreenView(Word.RAISE_LEVEL) { card, key, face -> card.raiseLevel(key, face) }

/** A forgotten PIN. */
fun recoverPin(): Screen = CardScreenView(Word.PIN_RECOVER, Word.PIN_RECOVER_HINT) { card, key, face -> card.recoverPin(key, face) }

/** The chip card proves something: what opens it, the face, and then it is held to the phone. */
class CardScreenView(
    private val title: Word,
    private val hint: Word? = null,
    private val needsFace: Boolean = true,
    private val begin: (CardPresenter, CardKey, ByteArray) -> Unit,
) : Screen {
    /** Where a card in the field is told. */
    internal var presenter: CardPresenter? = null
        private set

    override fun shown(host: MainActivity) {
        val place = host.field.place
        val card = presenter ?: CardPresenter(host.app.surroundings, place.word).also { presenter = it }
        host.field.open(card::tag)
        host.draw(card) { shown ->
            heading(title)
            when (shown) {
                is CardScreen.Number -> if (host.field.isOn) number(host, card, shown) else noField(host)
                is CardScreen.Hold -> {
                    strong(shown.line)
                    if (shown.fraction == null) {
                        picture(HoldView(context, place), Word.HOLD_PICTURE)
                        line(line(Word.HOLD_UNSURE))
                    }
                    shown.fraction?.let { progress(it) }
                    button(Word.STOP) { card.stop() }
                }
                is CardScreen.Comparing -> line(line(Word.COMPARING_FACE))
                is CardScreen.Done -> strong(shown.line)
                is CardScreen.Failed -> {
                    problem(shown.problem)
                    if (shown.problem.line.word !in HOPELESS) again { card.stop() }
                }
            }
            button(Word.BACK) { host.pop() }
        }
    }

    private fun Page.number(host: MainActivity, card: CardPresenter, shown: CardScreen.Number) {
        problem(shown.problem)
        hint?.let { line(line(it)) }
        line(line(if (shown.byZone) Word.MRZ_HINT else Word.CARD_NUMBER_HINT))
        val typed = if (shown.byZone) zone() else field(Word.CAN, numeric = true).apply { shown.can?.let(::setText) }
        button(Word.GO_ON) {
            card.key("${typed.text}")?.let { key -> if (needsFace) host.picture { face -> begin(card, key, face) } else begin(card, key, ByteArray(0)) }
        }
        if (!shown.byZone) button(Word.CAN_SCAN) { host.push(CardScan(card)) }
        button(if (shown.byZone) Word.CAN_USE else Word.MRZ_USE) { card.useZone(!shown.byZone) }
    }

    /** Capital letters, digits and fillers in three lines, which no keyboard is to put in order. */
    private fun Page.zone() = field(Word.MRZ, numeric = false).apply {
        inputType = InputType.TYPE_CLASS_TEXT or InputType.TYPE_TEXT_FLAG_CAP_CHARACTERS or InputType.TYPE_TEXT_FLAG_MULTI_LINE or
            InputType.TYPE_TEXT_FLAG_NO_SUGGESTIONS
        minLines = ZONE_LINES
    }

    /** Without NFC nothing that is typed here would help. */
    private fun Page.noField(host: MainActivity) {
        line(warning(Word.CARD_NO_READER))
        button(Word.NFC_SETTINGS) { host.nfcSettings() }
        if (title == Word.RAISE_LEVEL) button(Word.OTHER_PHONE) { host.replace(borrow()) }
    }

    override fun left(host: MainActivity) = host.field.close()

    override fun ended(host: MainActivity) {
        presenter?.stop()
    }

    private companion object {
        const val ZONE_LINES = 3

        /** With this card it will not go another time, either. */
        val HOPELESS = setOf(Word.CARD_NOT_GENUINE, Word.CARD_UNSUPPORTED)
    }
}

/** The camera for the code on the card, which has its six digits. */
private class CardScan(private val card: CardPresenter) : Screen {
    override fun shown(host: MainActivity) {
        val scan = ScanPresenter(host.app.surroundings) { it is Scanned.CitizenCard }
        Viewfinder(host, scan, Word.CAN_SCAN_HINT) { found ->
            (found as? Scanned.CitizenCard)?.let(card::scanned)
            host.pop()
        }.show()
    }
}
