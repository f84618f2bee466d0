package vn.sen.android

import android.os.Build
import vn.sen.AccountApplicant
import vn.sen.app.CardPresenter
import vn.sen.app.CardScreen
import vn.sen.app.Word
import vn.sen.app.line
import vn.sen.app.warning

/** Level 2. */
fun raiseLevel(): Screen = CardScreenView(Word.RAISE_LEVEL) { card, can, face -> card.raiseLevel(can, face) }

/** A forgotten PIN. */
fun recoverPin(): Screen = CardScreenView(Word.PIN_RECOVER, Word.PIN_RECOVER_HINT) { card, can, face -> card.recoverPin(can, face) }

/** The chip card proves something: six digits, the face, and then it is held to the phone. */
class CardScreenView(
    private val title: Word,
    private val hint: Word? = null,
    private val needsFace: Boolean = true,
    private val begin: (CardPresenter, String, ByteArray) -> Unit,
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
            if (!host.field.isOn) {
                line(warning(Word.CARD_NO_READER))
                if (title == Word.RAISE_LEVEL) button(Word.OTHER_PHONE) { host.replace(BorrowScreenView()) }
            }
            when (shown) {
                is CardScreen.Number -> {
                    problem(shown.problem)
                    hint?.let { line(line(it)) }
                    line(line(Word.CARD_NUMBER_HINT))
                    val can = field(Word.CAN, numeric = true)
                    button(Word.GO_ON) {
                        val digits = "${can.text}"
                        if (needsFace) host.picture { face -> begin(card, digits, face) } else begin(card, digits, ByteArray(0))
                    }
                }
                is CardScreen.Hold -> {
                    line(shown.line)
                    if (shown.fraction == null) {
                        picture(HoldView(context, place), Word.HOLD_PICTURE)
                        line(line(Word.HOLD_UNSURE))
                    }
                    shown.fraction?.let { progress(it) }
                    button(Word.DECLINE) { card.stop() }
                }
                is CardScreen.Comparing -> line(line(Word.COMPARING_FACE))
                is CardScreen.Done -> line(shown.line)
                is CardScreen.Failed -> problem(shown.problem)
            }
            button(Word.BACK) { host.pop() }
        }
    }

    override fun left(host: MainActivity) = host.field.close()
}

/** Who moves the account here, before the card proves it. */
class MoveByCardScreen : Screen {
    override fun shown(host: MainActivity) = host.put(
        host.page {
            heading(Word.MOVE_BY_CARD)
            line(line(Word.MOVE_BY_CARD_HINT))
            val number = field(Word.PERSONAL_NUMBER, numeric = true)
            val phone = field(Word.PHONE_NUMBER, numeric = true)
            val device = field(Word.DEVICE_NAME, numeric = false).apply { setText(Build.MODEL) }
            button(Word.GO_ON) {
                val who = AccountApplicant("${number.text}".trim(), "${phone.text}".trim(), "${device.text}".trim())
                host.push(CardScreenView(Word.MOVE_BY_CARD) { card, can, face -> card.moveHere(host.app.provider, who, can, face) })
            }
            button(Word.BACK) { host.pop() }
        },
    )
}
