package vn.sen.android

import android.app.Activity
import android.content.Intent
import android.net.Uri
import android.os.Bundle
import android.view.View
import android.view.inputmethod.InputMethodManager
import java.lang.ref.WeakReference
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.Job
import kotlinx.coroutines.SupervisorJob
import kotlinx.coroutines.cancel
import kotlinx.coroutines.launch
import kotlinx.coroutines.withContext
import vn.sen.app.Link
import vn.sen.app.Presenter
import vn.sen.app.Word
import vn.sen.app.linkOf
import vn.sen.app.warning

/** A screen: it draws what its presenter says, and is told when it comes and goes. */
interface Screen {
    fun shown(host: MainActivity)

    fun left(host: MainActivity) = Unit
}

/** All screens lie in this one activity, one above the other. */
class MainActivity : Activity() {
    val app: SenApp get() = application as SenApp
    val field by lazy { CardField(this) }
    lateinit var guard: Guard
        private set
    private lateinit var scope: CoroutineScope
    private val stack = ArrayDeque<Screen>()
    private var drawing: Job? = null
    private var pictured: ((ByteArray) -> Unit)? = null

    override fun onCreate(savedInstanceState: Bundle?) {
        super.onCreate(savedInstanceState)
        guard = Guard(this)
        scope = CoroutineScope(SupervisorJob() + MainThread)
        app.front = WeakReference(this)
        scope.launch {
            withContext(Dispatchers.IO) { app.surroundings }
            push(HomeScreen())
            follow(intent)
        }
    }

    override fun onNewIntent(intent: Intent) {
        super.onNewIntent(intent)
        follow(intent)
    }

    override fun onResume() {
        super.onResume()
        app.front = WeakReference(this)
        stack.lastOrNull()?.shown(this)
    }

    override fun onPause() {
        // No code and no open card field behind another app.
        stack.lastOrNull()?.left(this)
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
        stack.removeLast().left(this)
        stack.last().shown(this)
    }

    /** Draws what the presenter says for as long as the screen is in front. */
    fun <S : Any> draw(presenter: Presenter<S>, page: Page.(S) -> Unit) {
        drawing?.cancel()
        drawing = scope.launch {
            presenter.state.collect { state ->
                put(
                    page {
                        guard.warnings().forEach { line(it) }
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

    fun page(build: Page.() -> Unit): Page = Page(this) { pressedThroughAnotherApp() }.apply(build)

    fun put(view: View) {
        getSystemService(InputMethodManager::class.java)?.hideSoftInputFromWindow(window.decorView.windowToken, 0)
        setContentView(view)
    }

    /** Only https, and never inside this app. */
    fun browse(address: String) {
        val uri = Uri.parse(address)
        if (uri.scheme == "https") startActivity(Intent(Intent.ACTION_VIEW, uri).addCategory(Intent.CATEGORY_BROWSABLE))
    }

    /** What the camera app takes of the face; the face service decides. */
    fun picture(taken: (ByteArray) -> Unit) {
        pictured = taken
        @Suppress("DEPRECATION") // Without AndroidX there is no other way to an answer.
        startActivityForResult(Intent(android.provider.MediaStore.ACTION_IMAGE_CAPTURE), PICTURE)
    }

    @Deprecated("Without AndroidX there is no other way to an answer")
    override fun onActivityResult(requestCode: Int, resultCode: Int, data: Intent?) {
        if (requestCode != PICTURE || resultCode != RESULT_OK) return
        @Suppress("DEPRECATION") // The typed one came with Android 13.
        val picture = data?.extras?.getParcelable<android.graphics.Bitmap>("data") ?: return
        val bytes = java.io.ByteArrayOutputStream()
        picture.compress(android.graphics.Bitmap.CompressFormat.JPEG, QUALITY, bytes)
        pictured?.invoke(bytes.toByteArray())
        pictured = null
    }

    private fun follow(intent: Intent?) {
        when (val link = linkOf(intent?.dataString)) {
            is Link.Request -> push(OnlineScreenView(link.text))
            is Link.Offer -> push(OfferScreenView(link.text))
            Link.Unknown -> return
        }
        // Not once more when the activity is made anew.
        setIntent(Intent(this, MainActivity::class.java))
    }

    private fun pressedThroughAnotherApp() = put(page {
        line(warning(Word.OVERLAY_WARNING))
        button(Word.AGAIN) { stack.lastOrNull()?.shown(this@MainActivity) }
    })

    private companion object {
        const val PICTURE = 1
        const val QUALITY = 90
    }
}
