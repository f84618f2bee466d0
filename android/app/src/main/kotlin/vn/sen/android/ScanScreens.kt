package vn.sen.android

import android.widget.TextView
import vn.sen.app.ScanPresenter
import vn.sen.app.ScanScreen
import vn.sen.app.Scanned
import vn.sen.app.Word
import vn.sen.app.line

/** The camera, for every code that this app knows; leads on to the screen of what it read. */
class ScanScreenView : Screen {
    private var presenter: ScanPresenter? = null

    override fun shown(host: MainActivity) {
        val scan = presenter ?: ScanPresenter(host.app.surroundings).also { presenter = it }
        scan.again()
        Viewfinder(host, scan, Word.SCAN_HINT) { host.replace(screen(it)) }.show()
    }

    private fun screen(read: Scanned): Screen = when (read) {
        is Scanned.DeskQuestion -> QrScreenView(ward = null, challenge = read.text)
        is Scanned.NewPhone -> handOver(read.text)
        is Scanned.Request -> online(read.link)
        is Scanned.Offer -> offer(read.link)
        is Scanned.ReadingRequest -> lend(read.text)
        // The presenter does not find these.
        is Scanned.CitizenCard, Scanned.ForClinic, Scanned.Other -> ScanScreenView()
    }
}

/** A page with the camera's picture, which stays while the lines under it change. */
class Viewfinder(private val host: MainActivity, private val scan: ScanPresenter, private val hint: Word, private val found: (Scanned) -> Unit) {
    private var refused = false

    /** Asks for the camera where it was not asked for yet. */
    fun show() = host.camera { granted ->
        refused = !granted
        draw()
    }

    private fun draw() {
        if (refused) return host.still(
            host.page {
                heading(Word.SCAN)
                line(line(Word.SCAN_NO_CAMERA))
                button(Word.AGAIN) { show() }
                button(Word.BACK) { host.pop() }
            },
        )
        var said: TextView? = null
        host.put(
            host.page {
                heading(Word.SCAN)
                line(line(hint))
                picture(CameraView(context, scan::frame, ::broken), Word.SCAN_PICTURE)
                said = announced()
                button(Word.BACK) { host.pop() }
            },
        )
        host.follow(scan) { shown ->
            when (shown) {
                is ScanScreen.Looking -> said?.text = shown.line?.let(host::said).orEmpty()
                is ScanScreen.Found -> found(shown.what)
            }
        }
    }

    private fun broken() {
        refused = true
        draw()
    }
}
