package vn.sen.app

import kotlinx.coroutines.Job
import kotlinx.coroutines.currentCoroutineContext
import kotlinx.coroutines.ensureActive
import vn.sen.ConsentDetails
import vn.sen.ConsentRequest
import vn.sen.SenException
import vn.sen.codes

sealed interface QrScreen {
    data object Empty : QrScreen

    /** Who would be told what; nothing is shown before the person agrees. */
    data class Ask(
        val lines: List<Line>,
        val needsGuardian: Boolean,
        /** The portrait can be shown with it; the person has not said so yet. */
        val canShowPortrait: Boolean = false,
        val problem: Problem? = null,
    ) : QrScreen

    /** The desk demands more than the device's word: the PIN, and where [needsFace] a picture. */
    data class Prove(val lines: List<Line>, val needsFace: Boolean, val problem: Problem? = null) : QrScreen

    /** The digits of the code, and when the next one comes: a ring counts down to it. After it, in a loop, those of the portrait. */
    data class Showing(val digits: String, val since: Long, val until: Long, val portrait: List<String> = emptyList()) : QrScreen

    data class Over(val line: Line) : QrScreen

    data class Failed(val problem: Problem) : QrScreen
}

/** Shows the health insurance at a clinic, to anybody who scans or to the desk whose question was scanned. */
class QrPresenter(around: Surroundings) : Presenter<QrScreen>(QrScreen.Empty, around) {
    private var asked: ConsentRequest? = null
    private var showing: Job? = null

    fun ask(ward: String? = null, challenge: String? = null): Job = work(QrScreen::Failed) {
        val request = wallet.askConsent("health-insurance", ward, challenge, now())
        show(asked(request))
    }

    /** The provider states the level for some minutes; then the question is shown again, with the level in it. */
    fun prove(pin: String, face: ByteArray?): Job = work(::stillProving) {
        val request = asked ?: return@work
        val details = request.details()
        wallet.obtainLevelStatement("health-insurance", details.ward, pin.trim(), face, now())
        show(asked(wallet.atStatedLevel(request, details.minimumLevel, now())))
    }

    private fun asked(request: ConsentRequest): QrScreen.Ask {
        asked?.takeIf { it !== request }?.close()
        asked = request
        val details = request.details()
        return QrScreen.Ask(lines(details), details.needsGuardian, !details.showsPortrait && hasPortrait(request))
    }

    private fun hasPortrait(request: ConsentRequest): Boolean = try {
        request.withPortrait().close()
        true
    } catch (_: SenException.NotReady) {
        false
    }

    /** The portrait with it, in further codes that anybody can read. */
    fun withPortrait(): Job = work(::stay) { asked?.let { show(asked(it.withPortrait())) } }

    /** The person agreed; the device asks who they are. Where they decline that, the question stays, and says so. Pressed twice it is once. */
    fun agree(): Job {
        showing?.cancel()
        val job = work(::more) {
            val request = asked ?: return@work
            val answer = around.recogniser.recognise()
            // Meanwhile it was pressed once more, declined or left.
            currentCoroutineContext().ensureActive()
            val recognised = answer ?: return@work show(stay(NOT_RECOGNISED))
            val guardian = request.details().needsGuardian
            val granted = if (guardian) request.grantAsGuardian(recognised, now()) else request.grant(recognised, now())
            granted.use { consent ->
                val portrait = if (request.details().showsPortrait) wallet.portraitFrames(consent, now()) else emptyList()
                wallet.codes(consent, around.clock).collect { show(QrScreen.Showing(it.text, now(), it.expiresAt, portrait)) }
            }
            wallet.stopShowing()
            show(QrScreen.Over(line(Word.QR_OVER)))
        }
        showing = job
        return job
    }

    fun decline(): Job {
        showing?.cancel()
        return work(QrScreen::Failed) {
            asked?.let { wallet.decline(it, now()) }
            show(QrScreen.Over(line(Word.DECLINED)))
        }
    }

    /** Where the device's word is too little, the provider's is asked for. */
    private fun more(problem: Problem): QrScreen {
        val level = asked?.details()?.minimumLevel ?: 0u
        if (problem.code !in TOO_LITTLE) return QrScreen.Failed(problem)
        val needsFace = level > WITH_PIN
        val what = line(if (needsFace) Word.LEVEL_PROVE else Word.LEVEL_PROVE_PIN)
        return QrScreen.Prove(listOf(line(Word.LEVEL_DEMANDED, "$level"), what), needsFace)
    }

    private fun stay(problem: Problem): QrScreen {
        val shown = state.value
        return if (shown is QrScreen.Ask) shown.copy(problem = problem) else QrScreen.Failed(problem)
    }

    private fun stillProving(problem: Problem): QrScreen {
        val shown = state.value
        val again = problem.next in setOf(Next.TYPE_AGAIN, Next.TRY_LATER)
        return if (shown is QrScreen.Prove && again) shown.copy(problem = problem.ofPin()) else QrScreen.Failed(problem)
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
        val stated = details.statedLevel?.let { line(Word.LEVEL_STATED, "${it.level}", minute(it.expiresAt, around.zone)) }
        val demanded = line(Word.LEVEL_DEMANDED, "${details.minimumLevel}").takeIf { stated == null && details.minimumLevel > 1u }
        val portrait = warning(Word.WITH_PORTRAIT_TOLD).takeIf { details.showsPortrait }
        return who + guardian + listOfNotNull(stated, demanded) + named(line(Word.TOLD_THESE), details.disclosed.map(::claim)) +
            listOfNotNull(portrait) + named(warning(Word.OVER_ASKED_THESE), details.overAsked.map(::claim)) +
            named(line(Word.MISSING_THESE), details.missing.map(::claim))
    }

    private companion object {
        val TOO_LITTLE = setOf("present.level_too_low", "present.level_not_stated", "present.statement_old")

        /** The provider states this level with the PIN alone. */
        val WITH_PIN: UByte = 2u
    }
}
