package vn.sen.android

import android.content.Context
import android.graphics.Canvas
import android.graphics.Color
import android.graphics.Paint
import android.graphics.RectF
import android.os.Build
import android.os.SystemClock
import android.view.View
import android.view.accessibility.AccessibilityNodeInfo
import kotlin.math.ceil
import vn.sen.QrModules
import vn.sen.app.Word
import vn.sen.drawQr

/** A code, black on white whatever the theme, with a ring that closes until the next one comes; or several in a loop, for a camera. */
class QrView(context: Context) : View(context) {
    private val dark = Paint().apply { color = Color.BLACK }
    private val ring = Paint(Paint.ANTI_ALIAS_FLAG).apply {
        color = Color.DKGRAY
        style = Paint.Style.STROKE
        strokeWidth = resources.displayMetrics.density * RING
    }
    private val number = Paint(Paint.ANTI_ALIAS_FLAG).apply {
        color = Color.BLACK
        textAlign = Paint.Align.CENTER
        textSize = resources.displayMetrics.density * BELOW / 3
    }
    private val circle = RectF()
    private var codes: List<QrModules> = emptyList()
    private var began = 0L
    private var lasts: Long? = null

    init {
        background = context.rounded(Color.WHITE)
    }

    /** Shows digits, and where they are good for so many seconds, the ring; with [more] a loop of codes that begins with them. */
    fun show(digits: String, seconds: Long? = null, more: List<String> = emptyList()) {
        codes = (listOf(digits) + more).map(::drawQr)
        began = SystemClock.elapsedRealtime()
        lasts = seconds?.let { (it * MILLIS).toLong().coerceAtLeast(1) }
        requestLayout()
        invalidate()
    }

    override fun onMeasure(widthMeasureSpec: Int, heightMeasureSpec: Int) {
        val side = MeasureSpec.getSize(widthMeasureSpec)
        val below = if (lasts == null) 0f else resources.displayMetrics.density * BELOW
        setMeasuredDimension(side, side + below.toInt())
    }

    /** What the ring says to the eye. */
    override fun onInitializeAccessibilityNodeInfo(info: AccessibilityNodeInfo) {
        super.onInitializeAccessibilityNodeInfo(info)
        val lasts = lasts ?: return
        val left = (lasts - (SystemClock.elapsedRealtime() - began)).coerceAtLeast(0) / 1_000
        if (Build.VERSION.SDK_INT >= Build.VERSION_CODES.R) info.stateDescription = context.said(Word.SECONDS_LEFT, "$left")
    }

    override fun onDraw(canvas: Canvas) {
        val code = codes.getOrNull(turn()) ?: return
        val size = code.size.toInt()
        // Whole pixels a module, or cameras see a pattern that is not there.
        val module = width / (size + 2 * QUIET)
        val edge = (width - module * size) / 2
        code.dark.forEachIndexed { index, octet ->
            if (octet.toInt() != 0) {
                val (left, top) = edge + index % size * module to edge + index / size * module
                canvas.drawRect(left.toFloat(), top.toFloat(), (left + module).toFloat(), (top + module).toFloat(), dark)
            }
        }
        val lasts = lasts ?: return
        val left = 1f - ((SystemClock.elapsedRealtime() - began).toFloat() / lasts).coerceIn(0f, 1f)
        val seconds = ceil(left * lasts / MILLIS).toInt()
        val half = resources.displayMetrics.density * BELOW / 3
        circle.set(width / 2f - half, height - 2.5f * half, width / 2f + half, height - 0.5f * half)
        canvas.drawArc(circle, -90f, 360f * left, false, ring)
        canvas.drawText("$seconds", circle.centerX(), circle.centerY() - (number.ascent() + number.descent()) / 2, number)
        postInvalidateDelayed(FRAME)
    }

    /** Whose turn it is in the loop. */
    private fun turn(): Int = if (codes.isEmpty()) 0 else ((SystemClock.elapsedRealtime() - began) / TURN % codes.size).toInt()

    internal companion object {
        /** Milliseconds: cameras see each code several times, and it flashes less than three times a second (WCAG 2.2, 2.3.1). */
        const val TURN = 400L
        private const val QUIET = 4
        private const val RING = 6f
        private const val BELOW = 72f
        private const val FRAME = 100L
        private const val MILLIS = 1_000f
    }
}
