package vn.sen.app

import kotlin.time.Duration
import kotlin.time.Duration.Companion.seconds
import kotlinx.coroutines.Job
import kotlinx.coroutines.delay
import vn.sen.NewPhone
import vn.sen.SenException

sealed interface HandOverScreen {
    /** The new phone's code is to be scanned. */
    data class Scan(val problem: Problem? = null) : HandOverScreen

    /** Both phones show the same six digits, or somebody swapped the code. */
    data class Compare(val lines: List<Line>) : HandOverScreen

    /** The PIN, and then it goes. */
    data class Pin(val lines: List<Line>, val problem: Problem? = null) : HandOverScreen

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

    fun handOver(pin: String): Job = work(::refused) {
        val phone = to ?: return@work
        val seconds = wallet.handOver(phone, pin.trim(), now()).toLong()
        show(HandOverScreen.Waiting(line(Word.HANDED_OVER, "$seconds")))
        show(if (wasTaken(now() + seconds)) HandOverScreen.Done(line(Word.ACCOUNT_ELSEWHERE)) else notTaken())
    }

    fun leave() = forget()

    private suspend fun wasTaken(until: Long): Boolean {
        while (now() < until) {
            try {
                wallet.showAccount(now())
            } catch (error: SenException.DeviceKeyLost) {
                return true
            } catch (_: SenException.NoNetwork) {
                // The provider may have been told all the same: asked again until the time is over.
            }
            delay(pause)
        }
        return false
    }

    private fun notTaken() = HandOverScreen.Failed(Problem(line(Word.NOT_TAKEN), Next.STOP, "app.not_taken"))

    private fun refused(problem: Problem): HandOverScreen {
        val shown = state.value
        val again = problem.next in setOf(Next.TYPE_AGAIN, Next.TRY_LATER)
        return if (shown is HandOverScreen.Pin && again) shown.copy(problem = problem.ofPin()) else HandOverScreen.Failed(problem)
    }

    private fun named(phone: NewPhone) = listOf(line(Word.HAND_OVER_TO, phone.name()), line(Word.BOTH_SHOW, phone.checkDigits()))

    private fun forget() {
        to?.close()
        to = null
    }
}
