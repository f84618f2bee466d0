package vn.sen.app

import kotlin.coroutines.CoroutineContext
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.Job
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.asStateFlow
import kotlinx.coroutines.launch
import vn.sen.SenException

sealed interface OpeningScreen {
    data object Opening : OpeningScreen

    data object Open : OpeningScreen

    /** What opens the wallet is gone, or the wallet is not as it was left: it can be deleted, where [deleting] after the person was asked once more. */
    data class Lost(val problem: Problem, val deleting: Boolean = false) : OpeningScreen

    /** Another time it may open. */
    data class Failed(val problem: Problem) : OpeningScreen
}

/** The wallet is opened, or the person is told why it is not. The only presenter without a wallet; both calls block. */
class OpeningPresenter(
    private val scope: CoroutineScope,
    private val open: () -> Unit,
    private val erase: () -> Unit,
    private val worker: CoroutineContext = Dispatchers.IO,
) {
    private val shown = MutableStateFlow<OpeningScreen>(OpeningScreen.Opening)

    /** What to show now. */
    val state: StateFlow<OpeningScreen> = shown.asStateFlow()

    fun start(): Job = work(open)

    /** Asks once more before it is gone. */
    fun askToDelete() = ask(true)

    fun keep() = ask(false)

    /** After the person was asked once more; the next wallet is a new one. Pressed twice it is once: that one is not deleted. */
    fun delete(): Job {
        val lost = shown.value
        val asked = lost is OpeningScreen.Lost && lost.deleting
        if (!asked || !shown.compareAndSet(lost, OpeningScreen.Opening)) return CompletableDeferred(Unit)
        return work {
            erase()
            open()
        }
    }

    private fun ask(deleting: Boolean) {
        (shown.value as? OpeningScreen.Lost)?.let { shown.value = it.copy(deleting = deleting) }
    }

    private fun work(block: () -> Unit): Job = scope.launch(worker) {
        shown.value = try {
            block()
            OpeningScreen.Open
        } catch (lost: SenException.DeviceKeyLost) {
            OpeningScreen.Lost(lost.problem())
        } catch (error: SenException) {
            OpeningScreen.Failed(error.problem())
        }
    }
}
