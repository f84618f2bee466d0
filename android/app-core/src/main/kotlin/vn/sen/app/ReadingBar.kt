package vn.sen.app

/** The file with the portrait. */
internal const val PORTRAIT = "DG2"

/**
 * How much of a card is read. What the files are long the chip says only as each begins; the portrait is most of it and comes last, so that
 * the small ones share the beginning of the bar and it fills with the portrait. It never goes back, also where a lost card is read on.
 */
internal class ReadingBar {
    private val begun = mutableSetOf<String>()
    private var reached = 0f

    fun at(file: String, bytes: ULong, total: ULong): Float {
        val share = if (total == 0uL) 0f else (bytes.toFloat() / total.toFloat()).coerceIn(0f, 1f)
        if (file != PORTRAIT) begun += file
        val at = if (file == PORTRAIT) SMALL + (1 - SMALL) * share else SMALL * ((begun.size - 1 + share) / SMALL_FILES).coerceAtMost(1f)
        reached = maxOf(reached, at)
        return reached
    }

    private companion object {
        /** What the small files have of the bar. */
        const val SMALL = 0.2f

        /** EF.COM, EF.SOD and four groups on a citizen card. */
        const val SMALL_FILES = 6
    }
}
