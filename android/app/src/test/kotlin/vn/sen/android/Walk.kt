package vn.sen.android

import android.app.Activity
import android.content.Intent
import android.graphics.Bitmap
import android.provider.MediaStore
import org.junit.Assert.assertEquals
import org.junit.Assume.assumeFalse
import org.junit.Before
import org.junit.Rule
import org.junit.rules.TestWatcher
import org.junit.runner.Description
import org.robolectric.Shadows.shadowOf
import org.robolectric.annotation.Config
import org.robolectric.annotation.ConscryptMode
import org.robolectric.annotation.GraphicsMode
import vn.sen.CardTransport
import vn.sen.app.AccountPresenter
import vn.sen.app.Word
import vn.sen.nation.Chip
import vn.sen.nation.Nation
import vn.sen.nation.Person

/** Somebody goes through screens step by step, in each setting of the phone: views, layout and drawing are Android's own, the core is the real one. */
@GraphicsMode(GraphicsMode.Mode.NATIVE)
@ConscryptMode(ConscryptMode.Mode.OFF)
@Config(sdk = [35], application = AppOnStage::class)
abstract class Walk(private val own: Pocket) {
    protected val nation: Nation get() = own.nation

    /** Each step goes on where the one before it ended: after one that failed the others would say nothing. */
    @get:Rule
    val steps = object : TestWatcher() {
        override fun failed(error: Throwable, description: Description) {
            FAILED += description.className
        }
    }

    @Before
    fun afterThoseThatWentWell() {
        assumeFalse("a step before this one failed", javaClass.name in FAILED)
        Pocket.inHand = own
    }

    protected fun everywhere(link: () -> String? = { null }, nfc: Boolean = true, walk: Phone.() -> Unit) =
        Setting.entries.forEach { setting -> Phone(setting, link(), nfc).use { it.walk() } }

    protected fun once(walk: Phone.() -> Unit) = Phone(Setting.VI_DAY).use { it.walk() }

    /** With another phone in the hand. */
    protected fun holding(pocket: Pocket, walk: () -> Unit) {
        Pocket.inHand = pocket
        try {
            walk()
        } finally {
            Pocket.inHand = own
        }
    }

    protected fun chip(person: Person, use: (Chip) -> Unit) = nation.chip(person).use(use)

    /** An account is opened and its code typed. */
    protected fun Phone.opensAccount(person: Person) {
        type(Word.PERSONAL_NUMBER, person.number)
        type(Word.PHONE_NUMBER, person.phone)
        press(Word.SEND_CODE)
        sees(Word.CODE_SENT)
        type(Word.ONE_TIME_CODE, nation.mailedCode(person.phone))
        press(Word.ACTIVATE)
        sees(Word.RAISE_LEVEL)
    }

    /** The provider has said what it knows. A clock that is set after this is not one that the wallet was told to be wrong. */
    protected fun Phone.homeHasAsked() =
        await("home has not asked") { ((activity.front as? Scene<*, *>)?.presenter as? AccountPresenter)?.state?.value?.takeIf { it.phones.isNotEmpty() } }

    /** Six digits, and the camera app's answer. */
    protected fun Phone.hold(can: String, face: Boolean = true) {
        type(Word.CAN, can)
        press(Word.GO_ON)
        if (face) takesPicture()
        sees(Word.HOLD_UNSURE)
    }

    protected fun Phone.takesPicture() {
        val asked = shadowOf(activity).nextStartedActivityForResult.intent
        assertEquals(MediaStore.ACTION_IMAGE_CAPTURE, asked.action)
        val face = Bitmap.createBitmap(8, 8, Bitmap.Config.ARGB_8888)
        shadowOf(activity).receiveResult(asked, Activity.RESULT_OK, Intent().putExtra("data", face))
    }

    protected fun Phone.tag(chip: CardTransport) = (activity.front as CardScreenView).presenter!!.tag(chip)

    private companion object {
        val FAILED = mutableSetOf<String>()
    }
}
