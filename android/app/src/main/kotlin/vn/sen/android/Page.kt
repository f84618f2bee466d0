package vn.sen.android

import android.content.Context
import android.content.res.ColorStateList
import android.graphics.Typeface
import android.os.Build
import android.text.Editable
import android.text.InputType
import android.text.SpannableString
import android.text.TextWatcher
import android.text.style.BulletSpan
import android.text.style.StyleSpan
import android.util.TypedValue
import android.view.Gravity
import android.view.MotionEvent
import android.view.View
import android.view.ViewGroup.LayoutParams.MATCH_PARENT
import android.view.ViewGroup.LayoutParams.WRAP_CONTENT
import android.view.WindowInsets
import android.view.inputmethod.EditorInfo
import android.widget.Button
import android.widget.EditText
import android.widget.LinearLayout
import android.widget.ProgressBar
import android.widget.ScrollView
import android.widget.TextView
import vn.sen.app.Line
import vn.sen.app.Problem
import vn.sen.app.Word

/** A page of the framework's own views: large type that follows the system's setting, one column, names for screen readers. */
class Page(context: Context, kept: MutableMap<Word, String>? = null, private val obscured: () -> Unit = {}) : ScrollView(context) {
    /** What was typed before this page was drawn, and what is typed now. */
    private val typed = kept ?: mutableMapOf()
    private val look = context.look
    private val column = LinearLayout(context).apply {
        orientation = LinearLayout.VERTICAL
        setPadding(pixels(MARGIN), pixels(MARGIN), pixels(MARGIN), pixels(MARGIN))
    }

    /** Where the next view goes: the page, or the card that is being filled. */
    private var into = column
    private var pressable = false

    init {
        isFillViewport = true
        setBackgroundColor(look.page.ground)
        addView(column)
    }

    /** A press through another app's window is no agreement: nothing is pressed, and the person is told why. */
    override fun onFilterTouchEventForSecurity(event: MotionEvent): Boolean {
        if (!event.isObscured()) return super.onFilterTouchEventForSecurity(event)
        if (event.actionMasked == MotionEvent.ACTION_DOWN) obscured()
        return false
    }

    /** Since Android 15 an app lies below the bars, the camera's hole and the keyboard; before, the window keeps clear of them. */
    override fun onApplyWindowInsets(insets: WindowInsets): WindowInsets {
        if (Build.VERSION.SDK_INT < Build.VERSION_CODES.R) return super.onApplyWindowInsets(insets)
        val taken = insets.getInsets(WindowInsets.Type.systemBars() or WindowInsets.Type.displayCutout() or WindowInsets.Type.ime())
        setPadding(taken.left, taken.top, taken.right, taken.bottom)
        return WindowInsets.CONSUMED
    }

    fun heading(word: Word) = text(context.said(word), HEADING).apply {
        setTypeface(typeface, Typeface.BOLD)
        if (Build.VERSION.SDK_INT >= Build.VERSION_CODES.P) isAccessibilityHeading = true
        put(this, above = 8, below = 12)
    }

    /** What belongs together, on a sheet of its own. */
    fun card(fill: Page.() -> Unit) {
        val card = LinearLayout(context).apply {
            orientation = LinearLayout.VERTICAL
            background = context.rounded(look.card.ground)
            setPadding(pixels(INSIDE), pixels(INSIDE - GAP), pixels(INSIDE), pixels(INSIDE - GAP))
        }
        put(card, above = 8, below = 8)
        val around = into
        into = card
        fill()
        into = around
    }

    /** The name of what a card holds. */
    fun title(line: Line) = title(context.said(line))

    fun title(content: String) = text(content, TITLE).apply {
        setTypeface(typeface, Typeface.BOLD)
        put(this)
    }

    fun lines(lines: List<Line>) = lines.forEach { line(it) }

    /** The one sentence that counts. */
    fun strong(line: Line) = if (line.warning) line(line) else title(line)

    fun line(line: Line) = if (line.warning) panel(context.said(line), look.warning) else text(said(line), BODY).apply { put(this) }

    fun problem(problem: Problem?) {
        problem ?: return
        panel(context.said(problem.line), if (problem.line.warning) look.danger else look.warning).apply {
            // Read out at once, wherever the reader is.
            accessibilityLiveRegion = View.ACCESSIBILITY_LIVE_REGION_ASSERTIVE
        }
        problem.theirs?.let { line(it) }
    }

    /** Digits to be copied by hand: large, in a face with equal widths. */
    fun digits(text: String) = text(text, HEADING).apply {
        typeface = Typeface.MONOSPACE
        put(this)
    }

    /** A place for words that come and go while the rest of the page stays; read out as they come. */
    fun announced(): TextView = text("", BODY).apply {
        accessibilityLiveRegion = View.ACCESSIBILITY_LIVE_REGION_POLITE
        put(this)
    }

    /** A view that shows something to the eye, and what a screen reader says of it. */
    fun picture(view: View, named: Word) {
        view.contentDescription = context.said(named)
        put(view, above = 8, below = 8)
    }

    /** Digits that nobody reads over a shoulder. */
    fun secret(word: Word) = code(word).apply { inputType = InputType.TYPE_CLASS_NUMBER or InputType.TYPE_NUMBER_VARIATION_PASSWORD }

    /** What was typed stays when the page is drawn anew. */
    fun field(word: Word, numeric: Boolean, start: String = ""): EditText = code(word, numeric).apply {
        setText(typed[word] ?: start)
        addTextChangedListener(object : TextWatcher {
            override fun afterTextChanged(text: Editable) {
                typed[word] = "$text"
            }

            override fun beforeTextChanged(text: CharSequence, start: Int, count: Int, after: Int) = Unit

            override fun onTextChanged(text: CharSequence, start: Int, before: Int, count: Int) = Unit
        })
    }

    /** What was typed there belonged to something else. */
    fun forget(word: Word) {
        typed.remove(word)
    }

    /** Good for once: typed anew each time. */
    fun code(word: Word, numeric: Boolean = true): EditText {
        val label = text(context.said(word), BODY)
        put(label, above = 8, below = 4)
        return EditText(context).apply {
            id = View.generateViewId()
            label.labelFor = id
            setTextSize(TypedValue.COMPLEX_UNIT_SP, TITLE)
            setTextColor(look.card.ink)
            background = context.rounded(look.card.ground, look.edge)
            setPadding(pixels(INSIDE), pixels(GAP), pixels(INSIDE), pixels(GAP))
            // Not `minHeight`, in whose place a field of one line puts that line.
            minimumHeight = pixels(TOUCH)
            inputType = if (numeric) InputType.TYPE_CLASS_NUMBER else InputType.TYPE_CLASS_TEXT
            // What is typed here is nobody's to remember or to fill in.
            importantForAutofill = View.IMPORTANT_FOR_AUTOFILL_NO
            imeOptions = EditorInfo.IME_FLAG_NO_PERSONALIZED_LEARNING
            put(this, above = 0, below = 10)
        }
    }

    /** The same once more, after it did not go. */
    fun again(press: () -> Unit) {
        button(Word.AGAIN, press)
    }

    /** One of several that are alike: none stands out. */
    fun choice(word: Word, press: () -> Unit) = choice(vn.sen.app.line(word), press)

    fun choice(said: Line, press: () -> Unit) {
        pressable = true
        button(said, press)
    }

    fun button(word: Word, press: () -> Unit) = button(vn.sen.app.line(word), press)

    /** The first button of a page is what it is for; the others stand back. Ways back have an edge alone. */
    fun button(said: Line, press: () -> Unit) = Button(context).apply {
        val word = said.word
        val (paper, edge) = when {
            word in LEAVING -> look.page to look.edge
            word in GRAVE -> look.danger to null
            pressable -> look.plain to null
            else -> look.main to null
        }
        if (word !in LEAVING && word !in GRAVE) pressable = true
        text = context.said(said)
        isAllCaps = false
        setTextSize(TypedValue.COMPLEX_UNIT_SP, BODY)
        setTypeface(Typeface.create("sans-serif-medium", Typeface.NORMAL))
        setTextColor(paper.ink)
        background = context.pressed(paper, edge)
        stateListAnimator = null
        minHeight = pixels(TOUCH)
        setPadding(pixels(INSIDE), pixels(GAP), pixels(INSIDE), pixels(GAP))
        setOnClickListener { press() }
        put(this, above = 6, below = 6)
    }

    /** One that stands at each line of a list: as high as any, and no wider than its words. */
    fun small(word: Word, press: () -> Unit) = button(word, press).apply {
        setTextSize(TypedValue.COMPLEX_UNIT_SP, SMALL)
        layoutParams.width = WRAP_CONTENT
    }

    fun show(view: View) = put(view)

    fun text(content: String) = text(content, BODY).apply { put(this) }

    /** When something was, or where it is from: smaller, and still no strain. */
    fun quiet(content: String) = text(content, SMALL).apply {
        setTextColor(look.quiet)
        put(this)
    }

    fun progress(fraction: Float) = put(
        ProgressBar(context, null, android.R.attr.progressBarStyleHorizontal).apply {
            max = PER_CENT
            progress = (fraction * PER_CENT).toInt()
            progressTintList = ColorStateList.valueOf(look.main.ground)
            progressBackgroundTintList = ColorStateList.valueOf(look.edge)
            scaleY = BAR
        },
        above = 12, below = 12,
    )

    /** Claims stand as a list below what is said of them. */
    private fun said(line: Line): CharSequence {
        val text = context.said(line)
        if (line.word in HEADINGS) return SpannableString(text).apply { setSpan(StyleSpan(Typeface.BOLD), 0, length, 0) }
        if (!line.word.key.startsWith("claim_")) return text
        return SpannableString(text).apply { setSpan(BulletSpan(pixels(GAP + 4), look.main.ground), 0, length, 0) }
    }

    private fun panel(content: String, paper: Paper) = text(content, BODY).apply {
        setTypeface(typeface, Typeface.BOLD)
        setTextColor(paper.ink)
        background = context.rounded(paper.ground)
        setPadding(pixels(INSIDE), pixels(INSIDE - 4), pixels(INSIDE), pixels(INSIDE - 4))
        put(this, above = 6, below = 6)
    }

    private fun text(content: CharSequence, size: Float) = TextView(context).apply {
        text = content
        setTextSize(TypedValue.COMPLEX_UNIT_SP, size)
        setTextColor(look.page.ink)
        setLineSpacing(0f, SPACING)
        gravity = Gravity.START
    }

    private fun put(view: View, above: Int = 4, below: Int = 4) {
        val place = LinearLayout.LayoutParams(MATCH_PARENT, WRAP_CONTENT)
        place.setMargins(0, pixels(above), 0, pixels(below))
        into.addView(view, place)
    }

    private fun pixels(points: Int) = context.pixels(points)

    private companion object {
        /** Back where one came from, and no; what is asked once more. */
        val LEAVING = setOf(Word.BACK, Word.DECLINE, Word.DELETE, Word.DIGITS_DIFFER, Word.KEEP, Word.STOP, Word.START_OVER, Word.REPORT_FRAUD)

        /** What stands over a list, which document it is, what is approved, and what has to be the same on two phones. */
        val HEADINGS = setOf(
            Word.TOLD_THESE, Word.MISSING_THESE, Word.APPROVE_CASH, Word.APPROVE_SIGN_IN, Word.FROM_DOCUMENT, Word.BOTH_SHOW,
            Word.CITIZEN, Word.HEALTH_INSURANCE, Word.DRIVING_LICENCE, Word.RESIDENCE, Word.ADULT, Word.OTHER_DOCUMENT,
        )

        /** What cannot be taken back, or stops the account. */
        val GRAVE = setOf(Word.YES_DELETE, Word.WALLET_ERASE, Word.LOCK, Word.CANCEL_PENDING, Word.CLOSE_ACCOUNT, Word.CLOSE_ACCOUNT_YES)

        const val HEADING = 30f
        const val TITLE = 22f
        const val BODY = 19f
        const val SMALL = 17f
        const val TOUCH = 60
        const val MARGIN = 20
        const val INSIDE = 20
        const val GAP = 8
        const val SPACING = 1.12f
        const val PER_CENT = 100
        const val BAR = 2f
    }
}
