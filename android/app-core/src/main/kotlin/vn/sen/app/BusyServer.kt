package vn.sen.app

import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.asStateFlow
import vn.sen.WaitListener

/** Hears from the core that a server is busy and asked again later, so that the person knows why nothing happens. */
class BusyServer : WaitListener {
    private val waited = MutableStateFlow<Line?>(null)

    /** What to say of it, while a call waits. */
    val line: StateFlow<Line?> = waited.asStateFlow()

    override fun waits(seconds: UInt) {
        waited.value = line(Word.SERVER_BUSY, "$seconds")
    }

    /** The call that waited is over. */
    fun over() {
        waited.value = null
    }
}
