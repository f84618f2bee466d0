package vn.sen.android

import android.content.Context
import android.os.Build
import android.text.InputType
import android.util.TypedValue
import android.view.Gravity
import android.view.MotionEvent
import android.view.View
import android.widget.Button
import android.widget.EditText
import android.widget.LinearLayout
import android.widget.ScrollView
import android.widget.TextView
import vn.sen.app.Line
import vn.sen.app.Problem
import vn.sen.app.Word

/** A page of the framework's own views: large type that follows the system's setting, one column, names for screen readers. */
class Page(context: Context, private val obscured: () -> Unit = {}) : ScrollView(context) {
    private val column = LinearLayout(context).apply {
        orientation = LinearLayout.VERTICAL
        val space = pixels(20)
        setPadding(space, space, space, space)
    }

    init {
        addView(column)
    }

    /** A press through another app's window is no agreement: nothing is pressed, and the person is told why. */
    override fun onFilterTouchEventForSecurity(event: MotionEvent): Boolean {
        if (!event.isObscured()) return super.onFilterTouchEventForSecurity(event)
        if (event.actionMasked == MotionEvent.ACTION_DOWN) obscured()
        return false
    }

    fun heading(word: Word) = text(context.said(word), HEADING).apply {
        if (Build.VERSION.SDK_INT >= Build.VERSION_CODES.P) isAccessibilityHeading = true
        column.addView(this)
    }

    fun line(line: Line) = text(context.said(line), BODY).apply {
        if (line.warning) setTypeface(typeface, android.graphics.Typeface.BOLD)
        column.addView(this)
    }

    fun problem(problem: Problem?) {
        problem ?: return
        line(problem.line).apply {
            // Read out at once, wherever the reader is.
            accessibilityLiveRegion = View.ACCESSIBILITY_LIVE_REGION_ASSERTIVE
        }
    }

    /** Digits to be copied by hand: large, in a face with equal widths. */
    fun digits(text: String) = text(text, HEADING).apply {
        typeface = android.graphics.Typeface.MONOSPACE
        column.addView(this)
    }

    /** A place for words that come and go while the rest of the page stays; read out as they come. */
    fun announced(): TextView = text("", BODY).apply {
        accessibilityLiveRegion = View.ACCESSIBILITY_LIVE_REGION_POLITE
        column.addView(this)
    }

    /** A view that shows something to the eye, and what a screen reader says of it. */
    fun picture(view: View, named: Word) {
        view.contentDescription = context.said(named)
        column.addView(view)
    }

    /** Digits that nobody reads over a shoulder. */
    fun secret(word: Word) = field(word, numeric = true).apply {
        inputType = InputType.TYPE_CLASS_NUMBER or InputType.TYPE_NUMBER_VARIATION_PASSWORD
    }

    fun field(word: Word, numeric: Boolean): EditText {
        column.addView(text(context.said(word), BODY).apply { id = View.generateViewId() })
        return EditText(context).apply {
            id = View.generateViewId()
            setTextSize(TypedValue.COMPLEX_UNIT_SP, BODY)
            minHeight = pixels(TOUCH)
            inputType = if (numeric) InputType.TYPE_CLASS_NUMBER else InputType.TYPE_CLASS_TEXT
            // What is typed here is nobody's to remember or to fill in.
            importantForAutofill = View.IMPORTANT_FOR_AUTOFILL_NO
            imeOptions = android.view.inputmethod.EditorInfo.IME_FLAG_NO_PERSONALIZED_LEARNING
            (column.getChildAt(column.childCount - 1) as TextView).labelFor = id
            column.addView(this)
        }
    }

    fun button(word: Word, press: () -> Unit) = button(vn.sen.app.line(word), press)

    fun button(said: Line, press: () -> Unit) = Button(context).apply {
        text = context.said(said)
        isAllCaps = false
        setTextSize(TypedValue.COMPLEX_UNIT_SP, BODY)
        minHeight = pixels(TOUCH)
        setOnClickListener { press() }
        column.addView(this)
    }

    fun show(view: View) = column.addView(view)

    fun text(content: String) = text(content, BODY).apply { column.addView(this) }

    fun progress(fraction: Float) = column.addView(
        android.widget.ProgressBar(context, null, android.R.attr.progressBarStyleHorizontal).apply {
            max = PER_CENT
            progress = (fraction * PER_CENT).toInt()
        },
    )

    private fun text(content: String, size: Float) = TextView(context).apply {
        text = content
        setTextSize(TypedValue.COMPLEX_UNIT_SP, size)
        gravity = Gravity.START
        setPadding(0, pixels(8), 0, pixels(8))
    }

    private fun pixels(points: Int) = (points * resources.displayMetrics.density).toInt()

    private companion object {
        const val HEADING = 26f
        const val BODY = 19f
        const val TOUCH = 56
        const val PER_CENT = 100
    }
}
