package vn.sen.app

import kotlinx.coroutines.Job
import vn.sen.ConsentDetails
import vn.sen.ConsentRequest
import vn.sen.codes

sealed interface QrScreen {
    data object Empty : QrScreen

    /** Who would be told what; nothing is shown before the person agrees. */
    data class Ask(val lines: List<Line>, val needsGuardian: Boolean) : QrScreen

    /** The digits of the code, and when the next one comes: a ring counts down to it. */
    data class Showing(val digits: String, val since: Long, val until: Long) : QrScreen

    data class Over(val line: Line) : QrScreen

    data class Failed(val problem: Problem) : QrScreen
}

/** Shows the health insurance at a clinic, to anybody who scans or to the desk whose question was scanned. */
class QrPresenter(around: Surroundings) : Presenter<QrScreen>(QrScreen.Empty, around) {
    private var asked: ConsentRequest? = null
    private var showing: Job? = null

    fun ask(ward: String? = null, challenge: String? = null): Job = work(QrScreen::Failed) {
        val request = wallet.askConsent("health-insurance", ward, challenge, now())
        asked?.close()
        asked = request
        val details = request.details()
        show(QrScreen.Ask(lines(details), details.needsGuardian))
    }

    /** The person agreed; the device asks who they are. Where they decline that, the question stays. */
    fun agree(): Job {
        val job = work(QrScreen::Failed) {
            val request = asked ?: return@work
            val recognised = around.recogniser.recognise() ?: return@work
            val guardian = request.details().needsGuardian
            val granted = if (guardian) request.grantAsGuardian(recognised, now()) else request.grant(recognised, now())
            granted.use { consent ->
                wallet.codes(consent, around.clock).collect { show(QrScreen.Showing(it.text, now(), it.expiresAt)) }
            }
            wallet.stopShowing()
            show(QrScreen.Over(line(Word.QR_OVER)))
        }
        showing = job
        return job
    }

    fun decline(): Job = work(QrScreen::Failed) {
        asked?.let { wallet.decline(it, now()) }
        show(QrScreen.Over(line(Word.DECLINED)))
    }

    /** The screen is left: no code stays behind it. */
    fun leave() {
        showing?.cancel()
        wallet.stopShowing()
        show(QrScreen.Empty)
    }

    private fun lines(details: ConsentDetails): List<Line> {
        val desk = details.desk
        val to = if (desk == null) line(Word.QR_ANY_CLINIC) else line(Word.QR_DESK, desk, details.deskNamedBy.orEmpty())
        val who = listOfNotNull(
            kind(details.credential), details.ward?.let { line(Word.FOR_WARD, it) }, to, details.purpose?.let { line(Word.PURPOSE, it) },
        )
        val guardian = listOfNotNull(line(Word.GUARDIAN_NEEDED).takeIf { details.needsGuardian })
        return who + guardian + named(line(Word.TOLD_THESE), details.disclosed) +
            named(warning(Word.OVER_ASKED_THESE), details.overAsked) + named(line(Word.MISSING_THESE), details.missing)
    }

    /** A heading and the claims below it; nothing where there are none. */
    private fun named(heading: Line, claims: List<Long>): List<Line> =
        if (claims.isEmpty()) emptyList() else listOf(heading) + claims.map { claim(it).copy(warning = heading.warning) }
}
