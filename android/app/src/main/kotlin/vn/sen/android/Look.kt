package vn.sen.android

import android.content.Context
import android.content.res.ColorStateList
import android.content.res.Configuration
import android.graphics.drawable.Drawable
import android.graphics.drawable.GradientDrawable
import android.graphics.drawable.RippleDrawable

/** What is written, and what it is written on. */
data class Paper(val ground: Int, val ink: Int)

/** The colours: a set for the day and one for the night. Each ink on its ground has a contrast of 7:1 or more (WCAG 2.2, 1.4.6). */
class Look(
    val page: Paper,
    val card: Paper,
    /** Dates, hints: on a card. */
    val quiet: Int,
    val main: Paper,
    val plain: Paper,
    val warning: Paper,
    val danger: Paper,
    /** The edge of a field, 3:1 beside its ground (1.4.11). */
    val edge: Int,
) {
    companion object {
        val DAY = Look(
            page = Paper(0xFFF5F3EC.toInt(), 0xFF1A1D1B.toInt()),
            card = Paper(0xFFFFFFFF.toInt(), 0xFF1A1D1B.toInt()),
            quiet = 0xFF4A504C.toInt(),
            main = Paper(0xFF0B5A4E.toInt(), 0xFFFFFFFF.toInt()),
            plain = Paper(0xFFDCEAE4.toInt(), 0xFF073B33.toInt()),
            warning = Paper(0xFFFFEBC2.toInt(), 0xFF422A00.toInt()),
            danger = Paper(0xFFFBE1DD.toInt(), 0xFF6E100C.toInt()),
            edge = 0xFF747A75.toInt(),
        )
        val NIGHT = Look(
            page = Paper(0xFF101413.toInt(), 0xFFE8EEEA.toInt()),
            card = Paper(0xFF1B211F.toInt(), 0xFFE8EEEA.toInt()),
            quiet = 0xFFB6BFBA.toInt(),
            main = Paper(0xFF8ADBC6.toInt(), 0xFF00322A.toInt()),
            plain = Paper(0xFF213B35.toInt(), 0xFFD2F1E7.toInt()),
            warning = Paper(0xFF41300D.toInt(), 0xFFFFE3AB.toInt()),
            danger = Paper(0xFF4E1D19.toInt(), 0xFFFFDCD7.toInt()),
            edge = 0xFF8B958F.toInt(),
        )
    }
}

val Context.look: Look
    get() {
        val night = resources.configuration.uiMode and Configuration.UI_MODE_NIGHT_MASK == Configuration.UI_MODE_NIGHT_YES
        return if (night) Look.NIGHT else Look.DAY
    }

/** Density-independent points in pixels. */
fun Context.pixels(points: Int): Int = (points * resources.displayMetrics.density).toInt()

/** A ground with round corners. */
fun Context.rounded(ground: Int, edge: Int? = null): Drawable = GradientDrawable().apply {
    cornerRadius = pixels(CORNER).toFloat()
    setColor(ground)
    edge?.let { setStroke(pixels(EDGE), it) }
}

/** The same, with an answer to a finger. */
fun Context.pressed(paper: Paper, edge: Int? = null): Drawable =
    RippleDrawable(ColorStateList.valueOf(paper.ink and 0x33FFFFFF), rounded(paper.ground, edge), null)

private const val CORNER = 16
private const val EDGE = 2
