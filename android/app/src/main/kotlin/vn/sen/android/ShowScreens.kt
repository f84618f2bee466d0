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
    internal var presenter: QrPresenter? = null
        private set
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
                    if (shown.portrait.isNotEmpty()) line(line(Word.PORTRAIT_LOOP))
                    button(Word.BACK) {
                        qr.leave()
                        host.pop()
                    }
                },
            )
        }
        view.show(shown.digits, shown.until - shown.since, shown.portrait)
    }

    private fun ask(host: MainActivity, qr: QrPresenter, shown: QrScreen) {
        code = null
        host.guard.bright(false)
        val page = host.page {
            heading(Word.SHOW_QR)
            host.guard.warnings().forEach { line(it) }
            when (shown) {
                is QrScreen.Ask -> {
                    card { lines(shown.lines) }
                    problem(shown.problem)
                    button(Word.AGREE) { qr.agree() }
                    if (shown.canShowPortrait) button(Word.WITH_PORTRAIT) { qr.withPortrait() }
                    button(Word.DECLINE) { qr.decline() }
                }
                is QrScreen.Prove -> {
                    lines(shown.lines)
                    problem(shown.problem)
                    val pin = secret(Word.PIN)
                    button(if (shown.needsFace) Word.TAKE_PICTURE else Word.GO_ON) {
                        val typed = "${pin.text}"
                        if (shown.needsFace) host.picture { face -> qr.prove(typed, face) } else qr.prove(typed, null)
                    }
                }
                is QrScreen.Over -> {
                    strong(shown.line)
                    again { qr.ask(ward, challenge) }
                }
                is QrScreen.Failed -> refused(host, shown.problem) { qr.ask(ward, challenge) }
                else -> Unit
            }
            button(Word.BACK) { host.pop() }
        }
        host.put(page)
    }
}

/** A portal, bank or cash machine asks. */
fun online(link: String): Screen = Scene(
    Word.ASKED,
    { host -> OnlinePresenter(host.app.surroundings, host.app.verifiers).also { it.read(link) } },
    stays = { it is OnlineScreen.Ask || it is OnlineScreen.Sending },
) { host, online, shown ->
    when (shown) {
        is OnlineScreen.Reading -> line(line(Word.READING_REQUEST))
        is OnlineScreen.Ask -> ask(online, shown)
        is OnlineScreen.Sending -> line(line(Word.LOADING))
        is OnlineScreen.Answered -> {
            strong(line(Word.ANSWERED))
            shown.goOn?.let { address -> button(Word.GO_ON) { host.browse(address) } }
        }
        is OnlineScreen.Declined -> strong(line(Word.DECLINED))
        is OnlineScreen.Failed -> refused(host, shown.problem) { online.read(link) }
    }
}

private fun Page.ask(online: OnlinePresenter, shown: OnlineScreen.Ask) {
    card { lines(shown.lines) }
    problem(shown.problem)
    if (shown.others.isNotEmpty()) line(line(Word.CHOOSE_DOCUMENT))
    for (other in shown.others) choice(other.line) { online.choose(other) }
    if (shown.canLeaveOut) choice(line(Word.LEAVE_OUT)) { online.leaveOut() }
    val digits = if (shown.needsNumber && shown.canAgree) code(Word.TWO_DIGITS) else null
    if (shown.canAgree) button(Word.AGREE) { online.agree(digits?.text?.toString()) }
    button(Word.DECLINE) { online.decline() }
}

/** An issuer offers. */
fun offer(link: String): Screen = Scene(
    Word.OBTAIN,
    { host -> OfferPresenter(host.app.surroundings, host.app.issuers).also { it.read(link) } },
    end = { it.stop() },
    stays = { it is OfferScreen.Sending },
) { host, offer, shown ->
    when (shown) {
        is OfferScreen.Reading -> line(line(Word.READING_REQUEST))
        is OfferScreen.Ask -> {
            card { lines(shown.lines) }
            problem(shown.problem)
            val code = if (shown.needsCode) code(Word.TRANSACTION_CODE, numeric = false) else null
            button(Word.OBTAIN) { offer.agree(code?.text?.toString()) }
        }
        is OfferScreen.Sending -> line(line(Word.LOADING))
        is OfferScreen.InBrowser -> {
            line(shown.line)
            button(Word.BROWSER_OPEN) { host.browse(shown.url) }
            button(Word.STOP) { offer.stop() }
        }
        is OfferScreen.Obtained -> {
            strong(shown.line)
            button(Word.WALLET) { host.replace(wallet()) }
        }
        is OfferScreen.Failed -> refused(host, shown.problem) { offer.read(link) }
    }
}
