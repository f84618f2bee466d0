package vn.sen.android

import android.os.Build
import vn.sen.AccountApplicant
import vn.sen.app.HandOverPresenter
import vn.sen.app.HandOverScreen
import vn.sen.app.ReceivePresenter
import vn.sen.app.ReceiveScreen
import vn.sen.app.ScanPresenter
import vn.sen.app.Scanned
import vn.sen.app.Word
import vn.sen.app.line

/** The new phone: its code for the old one's camera. */
fun receive(): Screen = Scene(
    Word.MOVE_HERE,
    { ReceivePresenter(it.app.surroundings, it.app.provider) },
    come = { _, receive ->
        when (val shown = receive.state.value) {
            is ReceiveScreen.Name -> Unit
            is ReceiveScreen.Showing -> receive.start(Build.MODEL)
            // What failed waits for the person, who may have declined it.
            is ReceiveScreen.Arrived -> if (shown.problem == null) receive.goOn()
        }
    },
    leave = { host, receive ->
        receive.leave()
        host.guard.bright(false)
    },
) { host, receive, shown ->
    host.guard.bright(shown is ReceiveScreen.Showing)
    when (shown) {
        is ReceiveScreen.Name -> {
            problem(shown.problem)
            val device = field(Word.DEVICE_NAME, numeric = false, start = Build.MODEL)
            button(Word.GO_ON) { receive.start("${device.text}") }
        }
        is ReceiveScreen.Showing -> {
            card { lines(shown.lines) }
            problem(shown.problem)
            picture(QrView(context).apply { show(shown.digits) }, Word.MOVE_HERE_HINT)
            if (shown.problem != null) again { receive.start(Build.MODEL) }
        }
        is ReceiveScreen.Arrived -> {
            card { lines(shown.lines) }
            problem(shown.problem)
            if (shown.canGoOn) again { receive.goOn() }
            button(Word.PIN_SET) { host.push(pin()) }
        }
    }
}

/** The old phone: scans, compares and hands over. */
fun handOver(scanned: String? = null): Screen = Scene(
    Word.HAND_OVER,
    { host -> HandOverPresenter(host.app.surroundings).also { new -> scanned?.let(new::scanned) } },
    stays = { it is HandOverScreen.Sending || it is HandOverScreen.Waiting },
    end = { it.leave() },
) { host, give, shown ->
    when (shown) {
        is HandOverScreen.Scan -> {
            line(line(Word.HAND_OVER_HINT))
            problem(shown.problem)
            button(Word.SCAN) { host.push(NewPhoneScan(give)) }
        }
        is HandOverScreen.Compare -> {
            card { lines(shown.lines) }
            button(Word.DIGITS_SAME) { give.same() }
            button(Word.DIGITS_DIFFER) { give.differ() }
        }
        is HandOverScreen.Pin -> {
            card { lines(shown.lines) }
            problem(shown.problem)
            val pin = secret(Word.PIN)
            button(Word.HAND_OVER) { give.handOver("${pin.text}") }
        }
        is HandOverScreen.Sending -> line(line(Word.LOADING))
        is HandOverScreen.Waiting -> line(shown.line)
        is HandOverScreen.Done -> strong(shown.line)
        is HandOverScreen.Failed -> problem(shown.problem)
    }
}

/** Who moves the account here, before the card proves it. */
fun moveByCard(): Screen = StillScene(Word.MOVE_BY_CARD) { host ->
    line(line(Word.MOVE_BY_CARD_HINT))
    val number = field(Word.PERSONAL_NUMBER, numeric = true)
    val phone = field(Word.PHONE_NUMBER, numeric = true)
    val device = field(Word.DEVICE_NAME, numeric = false, start = Build.MODEL)
    button(Word.GO_ON) {
        val who = AccountApplicant("${number.text}".trim(), "${phone.text}".trim(), "${device.text}".trim())
        host.push(CardScreenView(Word.MOVE_BY_CARD) { card, key, face -> card.moveHere(host.app.provider, who, key, face) })
    }
}

/** The camera for a new phone's code alone. */
private class NewPhoneScan(private val give: HandOverPresenter) : Screen {
    override fun shown(host: MainActivity) {
        val scan = ScanPresenter(host.app.surroundings) { it is Scanned.NewPhone }
        Viewfinder(host, scan, Word.HAND_OVER_HINT) { found ->
            (found as? Scanned.NewPhone)?.let { give.scanned(it.text) }
            host.pop()
        }.show()
    }
}
