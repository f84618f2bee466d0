package vn.sen.app

sealed interface ScanScreen {
    /** The camera looks; [line] says what was wrong with the code that it saw last. */
    data class Looking(val line: Line? = null) : ScanScreen

    /** Something of this app: the shell goes to its screen. */
    data class Found(val what: Scanned) : ScanScreen
}

/** One scanner for everything but a card, which its own screen asks for: it says what it read. [wanted] leaves out what the screen has no use for. */
class ScanPresenter(around: Surroundings, private val wanted: (Scanned) -> Boolean = { it !is Scanned.CitizenCard }) :
    Presenter<ScanScreen>(ScanScreen.Looking(), around) {

    private val frames = FrameReader()

    /** A frame, on the camera's own thread: the next one is asked for when this returns. */
    fun frame(luminance: ByteArray, stride: Int, width: Int, height: Int) {
        if (state.value is ScanScreen.Looking) frames.read(luminance, stride, width, height)?.let(::read)
    }

    /** The content of a code. */
    fun read(content: String) {
        val what = scannedAs(content)
        show(
            when {
                what == Scanned.ForClinic -> ScanScreen.Looking(line(Word.SCAN_FOR_CLINIC))
                what == Scanned.Other || !wanted(what) -> ScanScreen.Looking(line(Word.SCAN_OTHER))
                else -> ScanScreen.Found(what)
            },
        )
    }

    /** Looks again. */
    fun again() = show(ScanScreen.Looking())
}
