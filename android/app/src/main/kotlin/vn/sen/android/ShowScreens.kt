package vn.sen.android

import vn.sen.app.OfferPresenter
import vn.sen.app.OfferScreen
import vn.sen.app.OnlinePresenter
import vn.sen.app.OnlineScreen
import vn.sen.app.QrPresenter
import vn.sen.app.QrScreen
import vn.sen.app.Word
import vn.sen.app.line

/** Who would be told what, and then the code: bright, black on white, and gone when the screen is left. */
class QrScreenView(private val ward: String?, private val challenge: String? = null) : Screen {
    private var presenter: QrPresenter? = null
    private var code: QrView? = null

    override fun shown(host: MainActivity) {
        val qr = presenter ?: QrPresenter(host.app.surroundings).also { presenter = it }
        // Back from the camera: what was typed for the level goes on.
        if (qr.state.value !is QrScreen.Prove) qr.ask(ward, challenge)
        host.follow(qr) { shown ->
            if (shown is QrScreen.Showing) draw(host, qr, shown) else ask(host, qr, shown)
        }
    }

    override fun left(host: MainActivity) {
        if (presenter?.state?.value !is QrScreen.Prove) presenter?.leave()
        code = null
        host.guard.bright(false)
    }

    private fun draw(host: MainActivity, qr: QrPresenter, shown: QrScreen.Showing) {
        val view = code ?: QrView(host).also {
            code = it
            it.contentDescription = host.said(Word.SHOW_QR)
            host.guard.bright(true)
            host.put(
                host.page {
                    show(it)
                    button(Word.BACK) {
                        qr.leave()
                        host.pop()
                    }
                },
            )
        }
        view.show(shown.digits, shown.until - shown.since)
    }

    private fun ask(host: MainActivity, qr: QrPresenter, shown: QrScreen) {
        code = null
        host.guard.bright(false)
        val page = host.page {
            heading(Word.SHOW_QR)
            host.guard.warnings().forEach { line(it) }
            when (shown) {
                is QrScreen.Ask -> {
                    card { shown.lines.forEach { line(it) } }
                    button(Word.AGREE) { qr.agree() }
                    button(Word.DECLINE) { qr.decline() }
                }
                is QrScreen.Prove -> {
                    shown.lines.forEach { line(it) }
                    problem(shown.problem)
                    val pin = secret(Word.PIN)
                    button(if (shown.needsFace) Word.TAKE_PICTURE else Word.GO_ON) {
                        val typed = "${pin.text}"
                        if (shown.needsFace) host.picture { face -> qr.prove(typed, face) } else qr.prove(typed, null)
                    }
                }
                is QrScreen.Over -> {
                    line(shown.line)
                    button(Word.AGAIN) { qr.ask(ward, challenge) }
                }
                is QrScreen.Failed -> problem(shown.problem)
                else -> Unit
            }
            button(Word.BACK) { host.pop() }
        }
        host.put(page)
    }
}

/** A portal, bank or cash machine asks. */
class OnlineScreenView(private val link: String) : Screen {
    private var presenter: OnlinePresenter? = null

    override fun shown(host: MainActivity) {
        val online = presenter ?: OnlinePresenter(host.app.surroundings, host.app.verifiers).also {
            presenter = it
            it.read(link)
        }
        host.draw(online) { shown ->
            when (shown) {
                is OnlineScreen.Reading -> line(line(Word.READING_REQUEST))
                is OnlineScreen.Ask -> ask(online, shown)
                is OnlineScreen.Answered -> {
                    line(line(Word.ANSWERED))
                    shown.goOn?.let { address -> button(Word.GO_ON) { host.browse(address) } }
                    button(Word.BACK) { host.pop() }
                }
                is OnlineScreen.Declined -> {
                    line(line(Word.DECLINED))
                    button(Word.BACK) { host.pop() }
                }
                is OnlineScreen.Failed -> {
                    problem(shown.problem)
                    button(Word.BACK) { host.pop() }
                }
            }
        }
    }

    private fun Page.ask(online: OnlinePresenter, shown: OnlineScreen.Ask) {
        card { shown.lines.forEach { line(it) } }
        problem(shown.problem)
        if (shown.others.isNotEmpty()) line(line(Word.CHOOSE_DOCUMENT))
        for (other in shown.others) button(other.line) { online.choose(other) }
        if (shown.canLeaveOut) button(Word.LEAVE_OUT) { online.leaveOut() }
        val digits = if (shown.needsNumber && shown.canAgree) field(Word.TWO_DIGITS, numeric = true) else null
        if (shown.canAgree) button(Word.AGREE) { online.agree(digits?.text?.toString()) }
        button(Word.DECLINE) { online.decline() }
    }
}

/** An issuer offers. */
class OfferScreenView(private val link: String) : Screen {
    private var presenter: OfferPresenter? = null

    override fun shown(host: MainActivity) {
        val offer = presenter ?: OfferPresenter(host.app.surroundings, host.app.issuers).also {
            presenter = it
            it.read(link)
        }
        host.draw(offer) { shown ->
            heading(Word.OBTAIN)
            when (shown) {
                is OfferScreen.Reading -> line(line(Word.READING_REQUEST))
                is OfferScreen.Ask -> {
                    card { shown.lines.forEach { line(it) } }
                    problem(shown.problem)
                    val code = if (shown.needsCode) field(Word.TRANSACTION_CODE, numeric = false) else null
                    button(Word.OBTAIN) { offer.agree(code?.text?.toString()) }
                }
                is OfferScreen.InBrowser -> {
                    line(shown.line)
                    button(Word.BROWSER_OPEN) { host.browse(shown.url) }
                    button(Word.DECLINE) { offer.stop() }
                }
                is OfferScreen.Obtained -> line(shown.line)
                is OfferScreen.Failed -> problem(shown.problem)
            }
            button(Word.BACK) { host.pop() }
        }
    }
}
