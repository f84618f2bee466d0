package vn.sen.android

import android.app.Activity
import android.app.Application
import android.graphics.Insets
import android.os.SystemClock
import android.view.InputDevice
import android.view.MotionEvent
import android.view.WindowInsets
import org.junit.Assert.assertEquals
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.Robolectric
import org.robolectric.RobolectricTestRunner
import org.robolectric.annotation.Config
import org.robolectric.annotation.GraphicsMode
import vn.sen.app.Word

@RunWith(RobolectricTestRunner::class)
@GraphicsMode(GraphicsMode.Mode.NATIVE)
@Config(sdk = [35], application = Application::class)
class PageTest {
    private val activity = Robolectric.buildActivity(Activity::class.java).setup().get()

    @Test
    fun `a page keeps clear of the bars, the camera's hole and the keyboard`() {
        val page = Page(activity)
        val insets = WindowInsets.Builder()
            .setInsets(WindowInsets.Type.statusBars(), Insets.of(0, 48, 0, 0))
            .setInsets(WindowInsets.Type.displayCutout(), Insets.of(60, 0, 0, 0))
            .setInsets(WindowInsets.Type.navigationBars(), Insets.of(0, 0, 0, 96))
            .setInsets(WindowInsets.Type.ime(), Insets.of(0, 0, 0, 600))
            .build()
        page.dispatchApplyWindowInsets(insets)
        assertEquals(listOf(60, 48, 0, 600), page.run { listOf(paddingLeft, paddingTop, paddingRight, paddingBottom) })
    }

    @Test
    fun `a press through another app's window is none, and is told`() {
        var (pressed, told) = 0 to 0
        val page = Page(activity) { told += 1 }
        val button = page.button(Word.AGREE) { pressed += 1 }
        activity.setContentView(page)
        org.robolectric.Shadows.shadowOf(activity.mainLooper).idle()
        val place = IntArray(2).also(button::getLocationInWindow)
        val (x, y) = place[0] + button.width / 2f to place[1] + button.height / 2f
        val obscured = listOf(MotionEvent.FLAG_WINDOW_IS_OBSCURED, MotionEvent.FLAG_WINDOW_IS_PARTIALLY_OBSCURED)
        for (flag in obscured) {
            touch(x, y, flag)
        }
        assertEquals(0 to 2, pressed to told)
        touch(x, y, flags = 0)
        assertEquals(1 to 2, pressed to told)
    }

    private fun touch(x: Float, y: Float, flags: Int) {
        for (action in listOf(MotionEvent.ACTION_DOWN, MotionEvent.ACTION_UP)) {
            val at = SystemClock.uptimeMillis()
            val properties = arrayOf(MotionEvent.PointerProperties().apply { id = 0 })
            val places = arrayOf(MotionEvent.PointerCoords().also { it.x = x; it.y = y })
            val event = MotionEvent.obtain(at, at, action, 1, properties, places, 0, 0, 1f, 1f, 0, 0, InputDevice.SOURCE_TOUCHSCREEN, flags)
            activity.window.decorView.dispatchTouchEvent(event)
        }
        org.robolectric.Shadows.shadowOf(activity.mainLooper).idle()
    }
}
