package vn.sen.android

import android.Manifest
import android.app.Activity
import android.content.ActivityNotFoundException
import android.content.Context
import android.content.Intent
import android.content.pm.PackageManager
import android.net.Uri
import android.os.Bundle
import android.view.View
import android.view.inputmethod.InputMethodManager
import java.io.IOException
import java.lang.ref.WeakReference
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Job
import kotlinx.coroutines.SupervisorJob
import kotlinx.coroutines.cancel
import kotlinx.coroutines.flow.combine
import kotlinx.coroutines.launch
import vn.sen.app.HistoryFile
import vn.sen.app.Link
import vn.sen.app.OpeningPresenter
import vn.sen.app.OpeningScreen
import vn.sen.app.Presenter
import vn.sen.app.Word
import vn.sen.app.line
import vn.sen.app.linkOf
import vn.sen.app.warning

/** A screen: it draws what its presenter says, and is told when it comes and goes. */
interface Screen {
    fun shown(host: MainActivity)

    fun left(host: MainActivity) = Unit

    /** It does not come back. */
    fun ended(host: MainActivity) = Unit
}

/** All screens lie in this one activity, one above the other. */
class MainActivity : Activity() {
    val app: SenApp get() = application as SenApp
    val field by lazy { CardField(this) }
    lateinit var guard: Guard
        private set
    private lateinit var scope: CoroutineScope
    private lateinit var opening: OpeningPresenter
    private val stack = ArrayDeque<Screen>()
    internal val front: Screen? get() = stack.lastOrNull()
    private var drawing: Job? = null
    private var pictured: ((ByteArray) -> Unit)? = null
    private var written: ((HistoryFile) -> Unit)? = null
    private var answered: ((Boolean) -> Unit)? = null
    private var cameraAsked = false
    private var confirmed: ((Boolean) -> Unit)? = null

    /** The system asks who the person is. Before Android 11 that may be a screen of its own, and this one is not left for it. */
    @Volatile
    internal var prompted = false
    private var behindPrompt = false

    /** What was typed on each screen, for the pages that are drawn anew while it is there. */
    private val typed = mutableMapOf<Screen, MutableMap<Word, String>>()

    override fun attachBaseContext(base: Context) = super.attachBaseContext(base.inChosenLanguage())

    override fun onCreate(savedInstanceState: Bundle?) {
        super.onCreate(savedInstanceState)
        guard = Guard(this)
        scope = CoroutineScope(SupervisorJob() + MainThread)
        app.front = WeakReference(this)
        opening = OpeningPresenter(scope, { app.surroundings }, app::erase)
        opening.start()
        scope.launch { opening.state.collect(::draw) }
    }

    /** Before the first screen: the wallet is open, or why it is not. */
    private fun draw(shown: OpeningScreen) {
        when (shown) {
            is OpeningScreen.Opening -> Unit
            is OpeningScreen.Open -> {
                push(home())
                follow(intent)
            }
            is OpeningScreen.Lost -> put(page { lost(shown) })
            is OpeningScreen.Failed -> put(
                page {
                    heading(Word.WALLET)
                    problem(shown.problem)
                    again { opening.start() }
                },
            )
        }
    }

    private fun Page.lost(shown: OpeningScreen.Lost) {
        heading(Word.WALLET)
        problem(shown.problem)
        if (!shown.deleting) {
            button(Word.WALLET_ERASE) { opening.askToDelete() }
            return
        }
        button(Word.YES_DELETE) { opening.delete() }
        button(Word.KEEP) { opening.keep() }
    }

    override fun onNewIntent(intent: Intent) {
        super.onNewIntent(intent)
        // Followed once the wallet is open.
        if (front == null) setIntent(intent) else follow(intent)
    }

    override fun onResume() {
        super.onResume()
        app.front = WeakReference(this)
        if (!behindPrompt) front?.shown(this)
        behindPrompt = false
    }

    override fun onPause() {
        behindPrompt = prompted
        // No code and no open card field behind another app.
        if (!behindPrompt) front?.left(this)
        super.onPause()
    }

    override fun onDestroy() {
        scope.cancel()
        super.onDestroy()
    }

    @Deprecated("The way back of every Android that this app runs on")
    override fun onBackPressed() {
        if (stack.size > 1) pop() else finish()
    }

    fun push(screen: Screen) {
        stack.lastOrNull()?.left(this)
        stack.addLast(screen)
        screen.shown(this)
    }

    fun pop() {
        if (stack.size < 2) return
        drop()
        stack.last().shown(this)
    }

    /** One screen in the place of another, so that *back* does not lead to the camera again. */
    fun replace(screen: Screen) {
        drop()
        push(screen)
    }

    private fun drop() {
        val last = stack.removeLastOrNull() ?: return
        last.left(this)
        last.ended(this)
        typed.remove(last)
    }

    /** Draws what the presenter says for as long as the screen is in front. */
    fun <S : Any> draw(presenter: Presenter<S>, page: Page.(S) -> Unit) {
        drawing?.cancel()
        drawing = scope.launch {
            presenter.state.combine(app.surroundings.busy.line, ::Pair).collect { (state, busy) ->
                put(
                    page {
                        guard.warnings().forEach { line(it) }
                        busy?.let { line(it) }
                        page(state)
                    },
                )
            }
        }
    }

    /** The same for a view that is kept from one state to the next. */
    fun <S : Any> follow(presenter: Presenter<S>, each: (S) -> Unit) {
        drawing?.cancel()
        drawing = scope.launch { presenter.state.collect { each(it) } }
    }

    /** A page that no presenter draws anew: what the one behind it hears of is not drawn over it. */
    fun still(view: View) {
        drawing?.cancel()
        put(view)
    }

    fun page(build: Page.() -> Unit): Page = Page(this, front?.let { typed.getOrPut(it, ::mutableMapOf) }, ::pressedThroughAnotherApp).apply(build)

    fun put(view: View) {
        getSystemService(InputMethodManager::class.java)?.hideSoftInputFromWindow(window.decorView.windowToken, 0)
        setContentView(view)
    }

    fun nfcSettings() = startActivity(Intent(android.provider.Settings.ACTION_NFC_SETTINGS))

    /** Only https, and never inside this app. */
    fun browse(address: String) {
        val uri = Uri.parse(address)
        if (uri.scheme == "https") startActivity(Intent(Intent.ACTION_VIEW, uri).addCategory(Intent.CATEGORY_BROWSABLE))
    }

    /** Whether the camera may be used; the person is asked once, since a refusal brings the screen back, which would ask again. */
    fun camera(granted: (Boolean) -> Unit) {
        val may = checkSelfPermission(Manifest.permission.CAMERA) == PackageManager.PERMISSION_GRANTED
        if (may || cameraAsked) return granted(may)
        cameraAsked = true
        answered = granted
        requestPermissions(arrayOf(Manifest.permission.CAMERA), CAMERA)
    }

    override fun onRequestPermissionsResult(requestCode: Int, permissions: Array<out String>, grantResults: IntArray) {
        if (requestCode != CAMERA) return
        answered?.invoke(grantResults.firstOrNull() == PackageManager.PERMISSION_GRANTED)
        answered = null
    }

    /** What the camera app takes of the face; the face service decides. An app that names the permission needs it for that, too. */
    fun picture(taken: (ByteArray) -> Unit) = camera { granted ->
        pictured = taken
        if (granted) answer(Intent(android.provider.MediaStore.ACTION_IMAGE_CAPTURE), PICTURE) else noCamera()
    }

    /** Has the system ask for the device's code, or for the finger where it takes that instead. */
    fun confirm(wish: Intent, answered: (Boolean) -> Unit) {
        confirmed = answered
        answer(wish, CONFIRM)
    }

    /** A file that the person names, wherever they want it. */
    fun file(name: String, to: (HistoryFile) -> Unit) {
        written = to
        val wish = Intent(Intent.ACTION_CREATE_DOCUMENT).addCategory(Intent.CATEGORY_OPENABLE).setType("application/json")
        answer(wish.putExtra(Intent.EXTRA_TITLE, name), FILE)
    }

    /** The app's own language from now on; nothing for that of the phone. */
    fun speak(code: String?) {
        choose(code)
        recreate()
    }

    private fun answer(wish: Intent, code: Int) = try {
        @Suppress("DEPRECATION") // Without AndroidX there is no other way to an answer.
        startActivityForResult(wish, code)
    } catch (_: ActivityNotFoundException) {
        noCamera()
    }

    @Deprecated("Without AndroidX there is no other way to an answer")
    override fun onActivityResult(requestCode: Int, resultCode: Int, data: Intent?) {
        if (requestCode == CONFIRM) {
            confirmed?.invoke(resultCode == RESULT_OK)
            confirmed = null
        }
        if (resultCode != RESULT_OK) return
        when (requestCode) {
            PICTURE -> taken(data)
            FILE -> data?.data?.let { place -> written?.invoke { text -> write(place, text) } }
        }
    }

    private fun taken(data: Intent?) {
        @Suppress("DEPRECATION") // The typed one came with Android 13.
        val picture = data?.extras?.getParcelable<android.graphics.Bitmap>("data") ?: return
        val bytes = java.io.ByteArrayOutputStream()
        picture.compress(android.graphics.Bitmap.CompressFormat.JPEG, QUALITY, bytes)
        pictured?.invoke(bytes.toByteArray())
        pictured = null
    }

    private fun write(place: Uri, text: String): Boolean = try {
        contentResolver.openOutputStream(place)?.use { it.write(text.toByteArray()) } != null
    } catch (_: IOException) {
        false
    } catch (_: SecurityException) {
        false
    }

    private fun noCamera() = still(page {
        line(line(Word.SCAN_NO_CAMERA))
        button(Word.BACK) { front?.shown(this@MainActivity) }
    })

    private fun follow(intent: Intent?) {
        when (val link = linkOf(intent?.dataString)) {
            is Link.Request -> push(online(link.text))
            is Link.Offer -> push(offer(link.text))
            Link.Unknown -> return
        }
        // Not once more when the activity is made anew.
        setIntent(Intent(this, MainActivity::class.java))
    }

    private fun pressedThroughAnotherApp() = still(page {
        line(warning(Word.OVERLAY_WARNING))
        button(Word.AGAIN) { front?.shown(this@MainActivity) ?: draw(opening.state.value) }
    })

    private companion object {
        const val PICTURE = 1
        const val CAMERA = 2
        const val FILE = 3
        const val CONFIRM = 4
        const val QUALITY = 90
    }
}
