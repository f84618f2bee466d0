package vn.sen.android

import android.os.Build
import vn.sen.app.HandOverPresenter
import vn.sen.app.HandOverScreen
import vn.sen.app.ReceivePresenter
import vn.sen.app.ReceiveScreen
import vn.sen.app.ScanPresenter
import vn.sen.app.Scanned
import vn.sen.app.Word
import vn.sen.app.line

/** The new phone: its code for the old one's camera. */
class ReceiveScreenView : Screen {
    private var presenter: ReceivePresenter? = null

    override fun shown(host: MainActivity) {
        val receive = presenter ?: ReceivePresenter(host.app.surroundings, host.app.provider).also { presenter = it }
        if (receive.state.value is ReceiveScreen.Showing) receive.start(Build.MODEL)
        host.draw(receive) { shown ->
            heading(Word.MOVE_HERE)
            when (shown) {
                is ReceiveScreen.Name -> {
                    problem(shown.problem)
                    val device = field(Word.DEVICE_NAME, numeric = false).apply { setText(Build.MODEL) }
                    button(Word.GO_ON) { receive.start("${device.text}") }
                }
                is ReceiveScreen.Showing -> {
                    host.guard.bright(true)
                    card { shown.lines.forEach { line(it) } }
                    problem(shown.problem)
                    picture(QrView(context).apply { show(shown.digits) }, Word.MOVE_HERE_HINT)
                    if (shown.problem != null) button(Word.AGAIN) { receive.start(Build.MODEL) }
                }
                is ReceiveScreen.Arrived -> {
                    host.guard.bright(false)
                    card { shown.lines.forEach { line(it) } }
                    problem(shown.problem)
                    if (shown.canGoOn) button(Word.AGAIN) { receive.goOn() }
                    button(Word.PIN_SET) { host.push(PinScreenView()) }
                }
            }
            button(Word.BACK) { host.pop() }
        }
    }

    override fun left(host: MainActivity) {
        presenter?.leave()
        host.guard.bright(false)
    }
}

/** The old phone: scans, compares and hands over. */
class HandOverScreenView(private val scanned: String? = null) : Screen {
    private var presenter: HandOverPresenter? = null

    override fun shown(host: MainActivity) {
        val give = presenter ?: HandOverPresenter(host.app.surroundings).also { new ->
            presenter = new
            scanned?.let(new::scanned)
        }
        host.draw(give) { shown ->
            heading(Word.HAND_OVER)
            when (shown) {
                is HandOverScreen.Scan -> {
                    line(line(Word.HAND_OVER_HINT))
                    problem(shown.problem)
                    button(Word.SCAN) { host.push(NewPhoneScan(give)) }
                }
                is HandOverScreen.Compare -> {
                    card { shown.lines.forEach { line(it) } }
                    button(Word.DIGITS_SAME) { give.same() }
                    button(Word.DIGITS_DIFFER) { give.differ() }
                }
                is HandOverScreen.Pin -> {
                    card { shown.lines.forEach { line(it) } }
                    problem(shown.problem)
                    val pin = secret(Word.PIN)
                    button(Word.HAND_OVER) { give.handOver("${pin.text}") }
                }
                is HandOverScreen.Waiting -> line(shown.line)
                is HandOverScreen.Done -> line(shown.line)
                is HandOverScreen.Failed -> problem(shown.problem)
            }
            if (shown !is HandOverScreen.Waiting) button(Word.BACK) { host.pop() }
        }
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
