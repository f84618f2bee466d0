package vn.sen.android

import android.content.Context
import android.graphics.Canvas
import android.graphics.Paint
import android.graphics.RectF
import android.view.View
import vn.sen.app.Place

/** The back of a phone with a card on it, and a dot where the phone itself said that its antenna is. */
class HoldView(context: Context, private val place: Place) : View(context) {
    private val outline = Paint(Paint.ANTI_ALIAS_FLAG).apply {
        color = context.look.page.ink
        style = Paint.Style.STROKE
        strokeWidth = resources.displayMetrics.density * LINE
    }
    private val dot = Paint(Paint.ANTI_ALIAS_FLAG).apply { color = context.look.page.ink }
    private val shape = RectF()

    override fun onMeasure(widthMeasureSpec: Int, heightMeasureSpec: Int) =
        setMeasuredDimension(MeasureSpec.getSize(widthMeasureSpec), (resources.displayMetrics.density * HEIGHT).toInt())

    override fun onDraw(canvas: Canvas) {
        val high = height - 2 * outline.strokeWidth
        val wide = high / PHONE
        val (left, top) = (width - wide) / 2 to outline.strokeWidth
        shape.set(left, top, left + wide, top + high)
        canvas.drawRoundRect(shape, wide / 8, wide / 8, outline)
        val (x, y) = left + wide * place.across to top + high * place.down
        // A card is wider than most phones; it lies across.
        val card = wide * CARD
        shape.set(x - card / 2, y - card / RATIO / 2, x + card / 2, y + card / RATIO / 2)
        canvas.drawRoundRect(shape, wide / 20, wide / 20, outline)
        if (place.exact) canvas.drawCircle(x, y, wide / 14, dot)
    }

    private companion object {
        const val LINE = 3f
        const val HEIGHT = 220f
        const val PHONE = 2f
        const val CARD = 1.2f

        /** ID-1 of ISO/IEC 7810: 85.60 by 53.98 mm. */
        const val RATIO = 85.6f / 53.98f
    }
}
