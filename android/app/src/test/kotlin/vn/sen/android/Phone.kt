package vn.sen.android

import android.content.Intent
import android.content.pm.PackageManager
import android.graphics.Bitmap
import android.graphics.Canvas
import android.net.Uri
import android.nfc.NfcAdapter
import android.os.Looper
import android.view.View
import android.view.ViewGroup
import android.view.WindowManager
import android.widget.Button
import android.widget.EditText
import android.widget.TextView
import java.io.File
import org.junit.Assert.assertTrue
import org.robolectric.Robolectric
import org.robolectric.RuntimeEnvironment
import org.robolectric.Shadows.shadowOf
import org.robolectric.shadows.ShadowBuild
import org.robolectric.shadows.ShadowNfcAdapter
import vn.sen.app.Word

/** How a person has set up the phone: every pair of language, theme and size of type is among these. */
enum class Setting(val language: String, val night: Boolean, val largest: Boolean) {
    VI_DAY("vi", false, false),
    VI_NIGHT_LARGEST("vi", true, true),
    EN_NIGHT("en", true, false),
    EN_DAY_LARGEST("en", false, true),
    ;

    /** The largest type comes with the largest display size, which leaves the fewest points to a line. */
    fun take(nfc: Boolean = true) {
        val size = if (largest) "w320dp-h640dp" else "w360dp-h740dp"
        RuntimeEnvironment.setQualifiers("$language-$size-port-${if (night) "night" else "notnight"}-xhdpi")
        RuntimeEnvironment.setFontScale(if (largest) 2f else 1f)
        install(nfc)
    }

    /** The phone and its person give what the manifest asks for. */
    private fun install(nfc: Boolean) {
        val app = RuntimeEnvironment.getApplication()
        val wanted = app.packageManager.getPackageInfo(app.packageName, PackageManager.GET_PERMISSIONS).requestedPermissions.orEmpty()
        shadowOf(app).grantPermissions(*wanted)
        ShadowBuild.setModel("Sen 1")
        ShadowNfcAdapter.setNfcHardwareExists(true)
        shadowOf(app.packageManager).setSystemFeature(PackageManager.FEATURE_NFC, true)
        shadowOf(NfcAdapter.getDefaultAdapter(app)).setEnabled(nfc)
    }
}

/** The app on a phone, with hands and eyes. */
class Phone(val setting: Setting, link: String? = null, nfc: Boolean = true) : AutoCloseable {
    private val controller = setting.take(nfc).let { Robolectric.buildActivity(MainActivity::class.java, intent(link)).setup() }
    val activity: MainActivity = controller.get()
    val page: View get() = activity.findViewById<ViewGroup>(android.R.id.content).getChildAt(0)
    private val views: Sequence<View> get() = within(activity.window.decorView)

    fun said(word: Word) = activity.said(word)

    /** Waits for a sentence, with any values where it has places for them. */
    fun sees(word: Word): View = await("${word.name} is not to be seen") { views.find { it.isShown && it.says(word) } }

    fun seesCode(): QrView = await("there is no code") { views.filterIsInstance<QrView>().firstOrNull() }

    fun press(word: Word) {
        await("no button says ${word.name}") { views.find { it is Button && it.says(word) } }.performClick()
        settle()
    }

    fun type(word: Word, text: String) = field(word).setText(text)

    private fun field(word: Word): EditText =
        await("no field is labelled ${word.name}") {
            val labels = views.filter { it.labelFor != View.NO_ID && it.says(word) }.map { it.labelFor }.toSet()
            views.filterIsInstance<EditText>().find { it.id in labels }
        }

    /** What stands in a field now. */
    fun typed(word: Word): String = "${field(word).text}"

    /** What the screen in front works with. */
    internal inline fun <reified P> presenter(): P = (activity.front as Scene<*, *>).presenter as P

    /** The scanner read a code that leads to this screen. */
    fun scans(leadsTo: Screen) {
        activity.push(leadsTo)
        settle()
    }

    /** Another app or the browser follows a link. */
    fun opens(link: String) {
        controller.newIntent(intent(link))
        settle()
    }

    private fun intent(link: String?): Intent {
        val intent = Intent(RuntimeEnvironment.getApplication(), MainActivity::class.java)
        return if (link == null) intent else intent.setAction(Intent.ACTION_VIEW).setData(Uri.parse(link))
    }

    /** Keeps a picture of what is seen, after looking whether anybody can read it. */
    fun picture(name: String, inFull: Boolean = true): Bitmap {
        settle()
        val window = activity.window
        assertTrue("screenshots", window.attributes.flags and WindowManager.LayoutParams.FLAG_SECURE != 0)
        val decor = window.decorView
        assertReadable(name, decor)
        val scroll = page as? Page
        val height = if (inFull) maxOf(decor.height, scroll?.getChildAt(0)?.height ?: 0) else decor.height
        val bitmap = Bitmap.createBitmap(decor.width, height, Bitmap.Config.ARGB_8888)
        val canvas = Canvas(bitmap)
        decor.draw(canvas)
        if (height > decor.height) {
            // What is below the edge, as after scrolling.
            canvas.drawColor(activity.look.page.ground)
            scroll?.getChildAt(0)?.draw(canvas)
        }
        val folder = File(System.getProperty("sen.screens")).apply { mkdirs() }
        File(folder, "$name-${setting.name.lowercase().replace('_', '-')}.png").outputStream().use { bitmap.compress(Bitmap.CompressFormat.PNG, 100, it) }
        return bitmap
    }

    /** Lets all happen that is to happen now. */
    fun settle() = shadowOf(Looper.getMainLooper()).idle()

    fun <T : Any> await(otherwise: String, look: () -> T?): T {
        val end = System.nanoTime() + PATIENCE
        while (System.nanoTime() < end) {
            settle()
            look()?.let { return it }
            Thread.sleep(10)
        }
        throw AssertionError("$otherwise; these are: ${views.filterIsInstance<TextView>().joinToString { it.text }}")
    }

    private fun View.says(word: Word): Boolean {
        val text = ((this as? TextView)?.text ?: contentDescription)?.toString() ?: return false
        val sentence = activity.said(word, *Array(word.places) { MARK }).split(MARK)
        return Regex(sentence.joinToString("(?s:.+)", transform = Regex::escape)).matches(text)
    }

    override fun close() {
        controller.pause().stop().destroy()
        settle()
    }

    private companion object {
        const val PATIENCE = 60_000_000_000L
        const val MARK = "\u0000"
    }
}

/** The view and all below it that is shown. */
fun within(view: View): Sequence<View> = sequence {
    if (view.visibility != View.VISIBLE) return@sequence
    yield(view)
    if (view is ViewGroup) for (index in 0 until view.childCount) yieldAll(within(view.getChildAt(index)))
}
