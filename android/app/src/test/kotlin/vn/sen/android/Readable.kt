package vn.sen.android

import android.graphics.Rect
import android.view.View
import android.view.ViewGroup
import android.widget.EditText
import android.widget.ScrollView
import android.widget.TextView
import org.junit.Assert.assertEquals
import org.junit.Assert.assertNotNull
import org.junit.Assert.assertTrue

/** Android's own least size of what a finger has to hit. */
private const val FINGER = 48

/** Nothing is cut off or runs out of the screen, a finger hits each button, and a screen reader has words for everything. */
fun assertReadable(screen: String, root: View) {
    val views = within(root).filter { it.javaClass.name.startsWith("android.widget.") || it.javaClass.name.startsWith("vn.sen.") }.toList()
    assertTrue("$screen is empty", views.isNotEmpty())
    for (view in views) {
        val name = "$screen: ${(view as? TextView)?.text ?: view.javaClass.simpleName}"
        assertInside(name, view, root)
        if (view is TextView) assertWhole(name, view)
        if (view.isClickable) {
            val least = view.context.pixels(FINGER)
            assertTrue("$name is too small for a finger", view.width >= least && view.height >= least)
        }
        assertSpoken(name, view, views)
    }
}

private fun assertInside(name: String, view: View, root: View) {
    val place = IntArray(2).also(view::getLocationInWindow)
    assertTrue("$name runs out of the screen", place[0] >= 0 && place[0] + view.width <= root.width)
    val parent = view.parent as? ViewGroup ?: return
    // What is below the edge of a page is scrolled to; anything else lies in what holds it.
    if (parent is ScrollView) return
    assertTrue("$name is cut off by what it lies in", Rect(0, 0, parent.width, parent.height).contains(view.left, view.top, view.right, view.bottom) || view.height == 0)
}

private fun assertWhole(name: String, view: TextView) {
    val layout = view.layout
    assertNotNull("$name is not laid out", layout)
    val (across, down) = view.run { width - totalPaddingLeft - totalPaddingRight to height - compoundPaddingTop - compoundPaddingBottom }
    assertTrue("$name is higher than its place", layout.height <= down)
    for (line in 0 until layout.lineCount) {
        assertEquals("$name ends in dots", 0, layout.getEllipsisCount(line))
        assertTrue("$name is broader than its place", layout.getLineMax(line) <= across + 1)
    }
}

private fun assertSpoken(name: String, view: View, all: List<View>) {
    val holdsOthers = view is ViewGroup
    if (holdsOthers) return
    assertTrue("$name is kept from screen readers", view.isImportantForAccessibility)
    // A place for words that are still to come.
    if (view is TextView && view.text.isEmpty() && view.accessibilityLiveRegion != View.ACCESSIBILITY_LIVE_REGION_NONE) return
    val told = view.createAccessibilityNodeInfo()
    if (view is EditText) {
        val label = all.find { it.labelFor == view.id } as? TextView
        assertTrue("$name has no label", view.id != View.NO_ID && !label?.text.isNullOrBlank())
        return
    }
    assertTrue("$name says nothing", !told.text.isNullOrBlank() || !told.contentDescription.isNullOrBlank() || told.rangeInfo != null)
}
