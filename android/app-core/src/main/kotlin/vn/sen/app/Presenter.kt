package vn.sen.app

import java.time.ZoneId
import kotlin.coroutines.CoroutineContext
import kotlin.time.Duration
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.Job
import kotlinx.coroutines.delay
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.asStateFlow
import kotlinx.coroutines.launch
import vn.sen.Clock
import vn.sen.Recognised
import vn.sen.SenException
import vn.sen.Wallet

/** Asks the device for the person, by finger, face or the device's code, and says by which; nothing where they declined. Blocks. */
fun interface Recogniser {
    fun recognise(): Recognised?
}

/** What every presenter works with. Ports block and prompt, so the core is never called on the thread that draws. */
class Surroundings(
    val wallet: Wallet,
    val scope: CoroutineScope,
    val recogniser: Recogniser,
    val clock: Clock = Clock.system,
    val zone: ZoneId = ZoneId.systemDefault(),
    val worker: CoroutineContext = Dispatchers.IO,
    /** The one that the wallet was opened with. */
    val busy: BusyServer = BusyServer(),
)

/** The person did not show the device who they are: nothing was signed. */
val NOT_RECOGNISED = Problem(line(Word.CANCELLED), Next.NOTHING, "device.not_recognised")

/** Holds what one screen shows, and changes it. It knows no platform. */
abstract class Presenter<S : Any>(start: S, protected val around: Surroundings) {
    private val shown = MutableStateFlow(start)

    /** What to show now. */
    val state: StateFlow<S> = shown.asStateFlow()

    protected val wallet: Wallet get() = around.wallet

    protected fun now(): Long = around.clock.now()

    protected fun show(state: S) {
        shown.value = state
    }

    /** Shows something where [from] is still shown, and says whether it was. */
    protected fun replace(from: S, to: S): Boolean = shown.compareAndSet(from, to)

    /** The same for what must not happen twice: begins where [from] is shown, with [meanwhile] in its place before anything is sent. */
    protected fun <F : S> once(from: F?, meanwhile: S, refused: (F, Problem) -> S, block: suspend (F) -> Unit): Job =
        if (from != null && replace(from, meanwhile)) work({ refused(from, it) }) { block(from) } else CompletableDeferred(Unit)

    /** Asks until it is so or the time is over; that the network is gone for a while changes nothing. */
    protected suspend fun becomes(until: Long, pause: Duration, isSo: suspend () -> Boolean): Boolean {
        while (now() < until) {
            try {
                if (isSo()) return true
            } catch (_: SenException.NoNetwork) {
                // The server may know all the same.
            }
            delay(pause)
        }
        return false
    }

    /** Does something with the core; what it refuses becomes what the screen shows. */
    protected fun work(refused: (Problem) -> S, block: suspend () -> Unit): Job = around.scope.launch(around.worker) {
        try {
            block()
        } catch (error: SenException) {
            show(refused(error.problem(now(), around.zone)))
        } finally {
            around.busy.over()
        }
    }
}
