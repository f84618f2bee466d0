package vn.sen.android

import android.app.Activity
import android.content.Intent
import android.graphics.Bitmap
import android.graphics.Color
import android.provider.MediaStore
import com.google.zxing.BinaryBitmap
import com.google.zxing.RGBLuminanceSource
import com.google.zxing.common.HybridBinarizer
import com.google.zxing.qrcode.QRCodeReader
import java.util.concurrent.CountDownLatch
import org.json.JSONObject
import org.junit.Assert.assertEquals
import org.junit.Assert.assertNull
import org.junit.Assert.assertTrue
import org.junit.Assume.assumeFalse
import org.junit.Before
import org.junit.FixMethodOrder
import org.junit.Rule
import org.junit.Test
import org.junit.rules.TestWatcher
import org.junit.runner.Description
import org.junit.runner.RunWith
import org.junit.runners.MethodSorters
import org.robolectric.RobolectricTestRunner
import org.robolectric.Shadows.shadowOf
import org.robolectric.annotation.Config
import org.robolectric.annotation.ConscryptMode
import org.robolectric.annotation.GraphicsMode
import vn.sen.app.Word
import vn.sen.nation.ChipReader
import vn.sen.nation.THAO

/** Somebody goes through all screens, in each setting of the phone: views, layout and drawing are Android's own, the core is the real one. */
@RunWith(RobolectricTestRunner::class)
@GraphicsMode(GraphicsMode.Mode.NATIVE)
@ConscryptMode(ConscryptMode.Mode.OFF)
@Config(sdk = [35], application = AppOnStage::class)
@FixMethodOrder(MethodSorters.NAME_ASCENDING)
class ScreensTest {
    /** Each step goes on where the one before it ended: after one that failed the others would say nothing. */
    @get:Rule
    val steps = object : TestWatcher() {
        override fun failed(error: Throwable, description: Description) {
            failed = true
        }
    }

    @Before
    fun afterThoseThatWentWell() = assumeFalse("a step before this one failed", failed)

    private fun everywhere(link: () -> String? = { null }, walk: Phone.() -> Unit) =
        Setting.entries.forEach { setting -> Phone(setting, link()).use { it.walk() } }

    private fun once(walk: Phone.() -> Unit) = Phone(Setting.VI_DAY).use { it.walk() }

    @Test
    fun `1 an account is opened`() {
        everywhere {
            sees(Word.SEND_CODE)
            picture("open")
            press(Word.MOVE_HERE)
            press(Word.GO_ON)
            sees(Word.MOVE_HERE_HINT)
            picture("move-here")
            press(Word.BACK)
            press(Word.MOVE_BY_CARD)
            sees(Word.MOVE_BY_CARD_HINT)
            picture("move-by-card")
        }
        once {
            type(Word.PERSONAL_NUMBER, THAO.number)
            type(Word.PHONE_NUMBER, THAO.phone)
            press(Word.SEND_CODE)
            sees(Word.CODE_SENT)
        }
        everywhere {
            sees(Word.ACTIVATE)
            picture("code")
        }
        val code = Stage.nation.mailedCode(THAO.phone)
        once {
            type(Word.ONE_TIME_CODE, "%06d".format((code.toInt() + 1) % 1_000_000))
            press(Word.ACTIVATE)
            sees(Word.WRONG_CODE)
            picture("code-wrong")
            type(Word.ONE_TIME_CODE, code)
            press(Word.ACTIVATE)
            sees(Word.RAISE_LEVEL)
        }
        everywhere {
            sees(Word.RAISE_LEVEL)
            picture("home")
        }
    }

    @Test
    fun `2 the card is read`() {
        val chip = Stage.nation.chip()
        everywhere {
            press(Word.RAISE_LEVEL)
            sees(Word.CAN)
            picture("card")
            val stopped = CountDownLatch(1)
            hold()
            sees(Word.HOLD_UNSURE)
            picture("card-hold")
            tag(ChipReader(chip, before = { if (it == SOON) stopped.await() }))
            sees(Word.KEEP_STILL)
            picture("card-reading")
            press(Word.DECLINE)
            stopped.countDown()
            sees(Word.CAN)
        }
        once {
            press(Word.RAISE_LEVEL)
            hold()
            sees(Word.HOLD_UNSURE)
            tag(ChipReader(chip))
            sees(Word.LEVEL_REACHED)
            picture("card-done")
        }
        chip.close()
    }

    /** Six digits, and the camera app's answer. */
    private fun Phone.hold() {
        type(Word.CAN, THAO.can)
        press(Word.GO_ON)
        val asked = shadowOf(activity).nextStartedActivityForResult.intent
        assertEquals(MediaStore.ACTION_IMAGE_CAPTURE, asked.action)
        val face = Bitmap.createBitmap(8, 8, Bitmap.Config.ARGB_8888)
        shadowOf(activity).receiveResult(asked, Activity.RESULT_OK, Intent().putExtra("data", face))
    }

    private fun Phone.tag(chip: ChipReader) = (activity.front as CardScreenView).presenter!!.tag(chip)

    @Test
    fun `3 documents are held`() {
        everywhere {
            press(Word.WALLET)
            sees(Word.NOTHING_HELD)
            picture("wallet-empty")
        }
        once {
            press(Word.WALLET)
            press(Word.OBTAIN_INSURANCE)
            sees(Word.HEALTH_INSURANCE)
            press(Word.OBTAIN_CITIZEN)
            sees(Word.CITIZEN)
        }
        everywhere {
            press(Word.WALLET)
            sees(Word.HEALTH_INSURANCE)
            picture("wallet")
            press(Word.DELETE)
            sees(Word.YES_DELETE)
            picture("wallet-delete")
        }
    }

    @Test
    fun `4 the code is shown, black on white, and scanned`() = everywhere {
        press(Word.WALLET)
        press(Word.SHOW_QR)
        sees(Word.QR_ANY_CLINIC)
        picture("qr-ask")
        press(Word.AGREE)
        val shown = seesCode()
        val picture = picture("qr")
        val place = IntArray(2).also(shown::getLocationInWindow)
        val code = Bitmap.createBitmap(picture, place[0], place[1], shown.width, shown.width)
        assertTrue(scanned(code).startsWith("7360"))
        assertEquals(setOf(Color.BLACK, Color.WHITE), inside(code))
        assertEquals(1f, activity.window.attributes.screenBrightness)
        press(Word.BACK)
        sees(Word.DELETE)
        assertEquals(-1f, activity.window.attributes.screenBrightness)
    }

    private fun scanned(code: Bitmap): String {
        val pixels = IntArray(code.width * code.height).also { code.getPixels(it, 0, code.width, 0, 0, code.width, code.height) }
        return QRCodeReader().decode(BinaryBitmap(HybridBinarizer(RGBLuminanceSource(code.width, code.height, pixels)))).text
    }

    /** All colours but those of the round corners. */
    private fun inside(code: Bitmap): Set<Int> {
        val corner = code.width / 16
        return (corner until code.height - corner step 3).flatMap { y -> (corner until code.width - corner step 3).map { x -> code.getPixel(x, y) } }.toSet()
    }

    @Test
    fun `5 a link of an issuer leads to what it offers`() = everywhere({ offer() }) {
        sees(Word.OFFER_FROM)
        picture("offer")
        press(Word.OBTAIN)
        sees(Word.OBTAINED)
        picture("offer-obtained")
    }

    private fun offer(): String {
        val wish = JSONObject(mapOf("number" to THAO.number, "credential" to "citizen_sd_jwt"))
        return Stage.nation.post("/sandbox/offer", wish).getString("credential_offer")
    }

    @Test
    fun `6 a link of a portal leads to what it asks`() {
        everywhere({ portal() }) {
            sees(Word.TWO_DIGITS)
            picture("portal")
            press(Word.DECLINE)
            sees(Word.DECLINED)
            picture("portal-declined")
        }
        Phone(Setting.VI_DAY, "openid4vp://?client_id=nobody").use {
            it.sees(Word.BACK)
            it.picture("portal-broken")
        }
    }

    private fun portal() = Stage.nation.post("/portal/start", JSONObject(mapOf("other_screen" to true))).getString("link")

    @Test
    fun `7 persons in care, what is set, and what happened`() = everywhere {
        press(Word.WARDS)
        sees(Word.BACK)
        picture("wards")
        press(Word.BACK)
        press(Word.HISTORY)
        sees(Word.EVENT_DECLINED)
        picture("history")
        press(Word.BACK)
        press(Word.SCAN)
        sees(Word.SCAN_HINT)
        picture("scan")
        press(Word.BACK)
        press(Word.SETTINGS)
        sees(Word.TEXT_SIZE)
        picture("settings")
        press(Word.PIN)
        sees(Word.PIN_SET)
        picture("pin")
        press(Word.BACK)
        press(Word.HAND_OVER)
        sees(Word.HAND_OVER_HINT)
        picture("hand-over")
        press(Word.BACK)
        press(Word.LANGUAGE)
        sees(Word.LANGUAGE_VI)
        picture("language")
        press(Word.BACK)
        press(Word.HELD_HERE)
        sees(Word.TOLD_TO)
        picture("held-here")
        press(Word.CLOSE_ACCOUNT)
        sees(Word.CLOSE_ACCOUNT_YES)
        picture("close-account")
    }

    @Test
    fun `8 a running app follows links, and none but those it knows`() = once {
        sees(Word.WALLET)
        opens("https://example.com/")
        assertTrue(activity.front is HomeScreen)
        opens(offer())
        sees(Word.OFFER_FROM)
        opens(portal())
        sees(Word.APPROVE_SIGN_IN)
        press(Word.DECLINE)
        sees(Word.DECLINED)
        assertNull(activity.intent.data)
    }

    @Test
    fun `9 a lost phone is prepared for, and the account locked`() {
        everywhere {
            press(Word.SETTINGS)
            press(Word.PHONES)
            sees(Word.PHONE_IN_USE)
            picture("phones")
        }
        once {
            press(Word.SETTINGS)
            press(Word.PHONES)
            press(Word.REVOCATION_CODE)
            sees(Word.REVOCATION_CODE_HINT)
            picture("phones-code")
            press(Word.LOCK)
            sees(Word.UNLOCK)
        }
        everywhere {
            sees(Word.ACCOUNT_LOCKED)
            picture("home-locked")
        }
    }

    private companion object {
        var failed = false

        /** A command in the middle of a file. */
        const val SOON = 17
    }
}
