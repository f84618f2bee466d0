package vn.sen.app

import kotlin.time.Duration
import kotlin.time.Duration.Companion.seconds
import kotlinx.coroutines.Job
import vn.sen.NewPhone
import vn.sen.SenException

sealed interface HandOverScreen {
    /** The new phone's code is to be scanned. */
    data class Scan(val problem: Problem? = null) : HandOverScreen

    /** Both phones show the same six digits, or somebody swapped the code. */
    data class Compare(val lines: List<Line>) : HandOverScreen

    /** The PIN, and then it goes. */
    data class Pin(val lines: List<Line>, val problem: Problem? = null) : HandOverScreen

    /** It is on its way to the provider: the PIN is not sent twice. */
    data object Sending : HandOverScreen

    /** The new phone is to take it. */
    data class Waiting(val line: Line) : HandOverScreen

    /** The account is on the new phone and this one was emptied. */
    data class Done(val line: Line) : HandOverScreen

    data class Failed(val problem: Problem) : HandOverScreen
}

/** The old phone's side of the move. */
class HandOverPresenter(around: Surroundings, private val pause: Duration = 2.seconds) :
    Presenter<HandOverScreen>(HandOverScreen.Scan(), around) {

    private var to: NewPhone? = null

    fun scanned(text: String): Job = work({ HandOverScreen.Scan(it) }) {
        forget()
        val phone = wallet.readNewPhone(text, now())
        to = phone
        show(HandOverScreen.Compare(named(phone)))
    }

    fun same() {
        val phone = to ?: return
        show(HandOverScreen.Pin(named(phone)))
    }

    /** Nothing goes to a phone that is not the one beside this. */
    fun differ() {
        forget()
        show(HandOverScreen.Failed(Problem(warning(Word.DIGITS_DIFFER), Next.STOP, "app.digits_differ")))
    }

    fun handOver(pin: String): Job = once(state.value as? HandOverScreen.Pin, HandOverScreen.Sending, ::refused) {
        val phone = to ?: return@once
        val seconds = wallet.handOver(phone, pin.trim(), now()).toLong()
        show(HandOverScreen.Waiting(line(Word.HANDED_OVER, "$seconds")))
        show(if (wasTaken(now() + seconds)) HandOverScreen.Done(line(Word.ACCOUNT_ELSEWHERE)) else notTaken())
    }

    fun leave() = forget()

    private suspend fun wasTaken(until: Long): Boolean = becomes(until, pause) {
        try {
            wallet.showAccount(now())
            false
        } catch (_: SenException.DeviceKeyLost) {
            true
        }
    }

    private fun notTaken() = HandOverScreen.Failed(Problem(line(Word.NOT_TAKEN), Next.STOP, "app.not_taken"))

    /** Once the provider took it, no PIN is asked for again. */
    private fun refused(pin: HandOverScreen.Pin, problem: Problem): HandOverScreen {
        val again = state.value is HandOverScreen.Sending && problem.next in setOf(Next.TYPE_AGAIN, Next.TRY_LATER)
        return if (again) pin.copy(problem = problem.ofPin()) else HandOverScreen.Failed(problem)
    }

    private fun named(phone: NewPhone) = listOf(line(Word.HAND_OVER_TO, phone.name()), line(Word.BOTH_SHOW, phone.checkDigits()))

    private fun forget() {
        to?.close()
        to = null
    }
}
