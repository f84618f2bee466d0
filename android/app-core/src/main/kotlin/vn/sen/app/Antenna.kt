package vn.sen.app

/**
 * Where the card goes, as shares of the phone's back: from its left edge and from its top, as the back is looked at. [exact] where the
 * phone itself said so; otherwise it is where to begin.
 */
data class Place(val word: Word, val across: Float, val down: Float, val exact: Boolean = false)

/**
 * What the phone itself says of its antenna (Android 14 and later): millimetres from the top left, as the screen is looked at. A place
 * outside the phone is nobody's word.
 */
fun placeOf(width: Int, height: Int, x: Int, y: Int): Place? =
    if (width < 1 || height < 1 || x !in 0..width || y !in 0..height) null
    else Place(Word.HOLD_DOT, 1 - x.toFloat() / width, y.toFloat() / height, exact = true)

/** The table of `docs/card-reading.md`: the middle where it says nothing. */
fun placeOf(manufacturer: String, model: String): Place {
    val maker = manufacturer.lowercase()
    return when {
        maker == "apple" -> Place(Word.HOLD_TOP, MIDDLE, TOP)
        // Those that fold have two backs: the one with the cameras reads.
        maker == "samsung" && model.startsWith("SM-F", ignoreCase = true) -> Place(Word.HOLD_CAMERAS, MIDDLE, UPPER)
        maker in UPPER_BACK -> Place(Word.HOLD_UPPER, MIDDLE, UPPER)
        else -> Place(Word.HOLD_CARD, MIDDLE, MIDDLE)
    }
}

private val UPPER_BACK = setOf("google", "xiaomi", "redmi", "poco", "oppo", "realme", "vivo", "oneplus", "huawei", "honor")
private const val TOP = 0f
private const val UPPER = 0.25f
private const val MIDDLE = 0.5f
