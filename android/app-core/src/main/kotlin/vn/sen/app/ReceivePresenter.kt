package vn.sen.app

import kotlin.time.Duration
import kotlin.time.Duration.Companion.seconds
import kotlinx.coroutines.Job
import kotlinx.coroutines.delay
import vn.sen.AccountProvider
import vn.sen.Received
import vn.sen.SenException
import vn.sen.TransferCode
import vn.sen.code

sealed interface ReceiveScreen {
    /** The phone is given a name. */
    data class Name(val problem: Problem? = null) : ReceiveScreen

    /** The code for the old phone's camera, and what both phones say; good until [until]. */
    data class Showing(val digits: String, val lines: List<Line>, val until: Long, val problem: Problem? = null) : ReceiveScreen

    /** The account is here. Where [canGoOn], some of its documents are still to be obtained. */
    data class Arrived(val lines: List<Line>, val canGoOn: Boolean = false, val problem: Problem? = null) : ReceiveScreen
}

/** The new phone's side of the move: shows a code and takes what the old phone hands over. */
class ReceivePresenter(around: Surroundings, private val provider: AccountProvider, private val pause: Duration = 2.seconds) :
    Presenter<ReceiveScreen>(ReceiveScreen.Name(), around) {

    private var waiting: Job? = null

    /** Goes on where an earlier call was stopped. */
    fun start(device: String): Job {
        waiting?.cancel()
        val job = work(::stay) {
            var received: Received? = null
            while (received == null) {
                showCode(begun(device.trim()) ?: return@work arrived())
                received = claimed()
                if (received == null) delay(pause)
            }
            show(ReceiveScreen.Arrived(said(received)))
            carry()
        }
        waiting = job
        return job
    }

    /** What the old phone held, after the network was gone; or what goes on already. */
    fun goOn(): Job = waiting?.takeIf(Job::isActive) ?: work(::stay) { carry() }.also { waiting = it }

    /** The screen is left. The code stays good for its time, and the same one is shown again; what arrives goes on arriving. */
    fun leave() {
        if (state.value is ReceiveScreen.Showing) waiting?.cancel()
    }

    /** Nothing where the account is here already. */
    private suspend fun begun(device: String): TransferCode? = try {
        wallet.receiveAccount(provider, device, now())
    } catch (error: SenException.NotReady) {
        if (error.code != "account.already_active") throw error
        null
    }

    /** An earlier claim was taken, whose answer was lost: what the account is now the provider knows. */
    private suspend fun arrived() {
        val view = wallet.showAccount(now())
        show(ReceiveScreen.Arrived(listOfNotNull(line(Word.ACCOUNT_HERE), line(Word.SET_PIN_NEXT).takeIf { !view.pin.set })))
        carry()
    }

    private suspend fun claimed(): Received? = try {
        wallet.claimAccount(now())
    } catch (error: SenException.NotReady) {
        if (error.code != "account.no_hand_over") throw error
        null
    }

    private suspend fun carry() {
        val before = (state.value as? ReceiveScreen.Arrived)?.lines.orEmpty()
        if (!wallet.hasCarried()) return show(ReceiveScreen.Arrived(before))
        val obtained = wallet.obtainCarried(now())
        show(ReceiveScreen.Arrived(before + line(Word.OBTAINED, "${obtained.credentials.size + obtained.documents.size}")))
    }

    private fun showCode(code: TransferCode) {
        val shown = state.value
        // The same code again is not drawn again, but what was wrong with the network is over.
        if (shown is ReceiveScreen.Showing && shown.digits == code.text && shown.problem == null) return
        val until = now() + code.expiresIn.toLong()
        val lines = listOf(line(Word.MOVE_HERE_HINT), line(Word.BOTH_SHOW, code.checkDigits), line(Word.CODE_UNTIL, minute(until, around.zone)))
        show(ReceiveScreen.Showing(code.text, lines, until))
    }

    private fun stay(problem: Problem): ReceiveScreen = when (val shown = state.value) {
        is ReceiveScreen.Name -> ReceiveScreen.Name(problem)
        is ReceiveScreen.Showing -> shown.copy(problem = problem)
        is ReceiveScreen.Arrived -> shown.copy(canGoOn = true, problem = problem)
    }
}

/** What came along, and what did not. */
internal fun said(received: Received): List<Line> = listOfNotNull(
    line(Word.MOVED_HERE, "${received.history}"),
    line(Word.HISTORY_LEFT_OUT, "${received.leftOut}").takeIf { received.leftOut > 0u },
    warning(Word.NOT_CARRIED).takeIf { !received.opened },
    warning(Word.OTHER_ISSUERS_LEFT, "${received.otherIssuers}").takeIf { received.otherIssuers > 0u },
    line(Word.SET_PIN_NEXT),
)
