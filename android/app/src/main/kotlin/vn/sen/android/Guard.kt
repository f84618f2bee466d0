package vn.sen.android

import android.accessibilityservice.AccessibilityServiceInfo
import android.app.Activity
import android.content.pm.ApplicationInfo
import android.os.Build
import android.view.MotionEvent
import android.view.WindowManager
import android.view.accessibility.AccessibilityManager
import vn.sen.app.Line
import vn.sen.app.Word
import vn.sen.app.warning

/** Keeps the screen to the person: no screenshots, no windows of other apps above, and a word about who else reads it. */
class Guard(private val activity: Activity) {
    init {
        activity.window.setFlags(WindowManager.LayoutParams.FLAG_SECURE, WindowManager.LayoutParams.FLAG_SECURE)
        if (Build.VERSION.SDK_INT >= Build.VERSION_CODES.S) activity.window.setHideOverlayWindows(true)
    }

    /** Full brightness while a code is shown; the person's own setting otherwise. */
    fun bright(on: Boolean) {
        val attributes = activity.window.attributes
        attributes.screenBrightness = if (on) WindowManager.LayoutParams.BRIGHTNESS_OVERRIDE_FULL else WindowManager.LayoutParams.BRIGHTNESS_OVERRIDE_NONE
        activity.window.attributes = attributes
        val stay = WindowManager.LayoutParams.FLAG_KEEP_SCREEN_ON
        if (on) activity.window.addFlags(stay) else activity.window.clearFlags(stay)
    }

    /** What to tell the person of apps that read the screen and did not come with the phone. */
    fun warnings(): List<Line> {
        val manager = activity.getSystemService(AccessibilityManager::class.java) ?: return emptyList()
        val running = manager.getEnabledAccessibilityServiceList(AccessibilityServiceInfo.FEEDBACK_ALL_MASK)
        val unknown = running.mapNotNull { it.resolveInfo?.serviceInfo?.applicationInfo }.filterNot(::cameWithThePhone)
        return unknown.map { warning(Word.ACCESSIBILITY_WARNING, activity.packageManager.getApplicationLabel(it).toString()) }
    }

    private fun cameWithThePhone(app: ApplicationInfo) = app.flags and (ApplicationInfo.FLAG_SYSTEM or ApplicationInfo.FLAG_UPDATED_SYSTEM_APP) != 0
}

/** Whether another app's window lies above what was pressed. */
fun MotionEvent.isObscured(): Boolean = flags and OBSCURED != 0

private val OBSCURED = MotionEvent.FLAG_WINDOW_IS_OBSCURED or
    if (Build.VERSION.SDK_INT >= Build.VERSION_CODES.Q) MotionEvent.FLAG_WINDOW_IS_PARTIALLY_OBSCURED else 0
