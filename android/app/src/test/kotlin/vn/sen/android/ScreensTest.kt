package vn.sen.android

import android.graphics.Bitmap
import android.graphics.Color
import com.google.zxing.BinaryBitmap
import com.google.zxing.RGBLuminanceSource
import com.google.zxing.common.HybridBinarizer
import com.google.zxing.multi.qrcode.QRCodeMultiReader
import java.time.Duration
import java.util.concurrent.CountDownLatch
import org.json.JSONObject
import org.junit.Assert.assertEquals
import org.junit.Assert.assertNull
import org.junit.Assert.assertTrue
import org.junit.FixMethodOrder
import org.junit.Test
import org.junit.runner.RunWith
import org.junit.runners.MethodSorters
import org.robolectric.RobolectricTestRunner
import org.robolectric.shadows.ShadowSystemClock
import vn.sen.app.BorrowPresenter
import vn.sen.app.BorrowScreen
import vn.sen.app.CardScreen
import vn.sen.app.OfferPresenter
import vn.sen.app.OfferScreen
import vn.sen.app.QrScreen
import vn.sen.app.ReceivePresenter
import vn.sen.app.ReceiveScreen
import vn.sen.app.Scanned
import vn.sen.app.Word
import vn.sen.nation.Chip
import vn.sen.nation.ChipReader
import vn.sen.nation.Desk
import vn.sen.nation.Nation
import vn.sen.nation.THAO

/** From nothing to a locked account. */
@RunWith(RobolectricTestRunner::class)
@FixMethodOrder(MethodSorters.NAME_ASCENDING)
class ScreensTest : Walk(OWN) {
    @Test
    fun `01 an account is opened`() {
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
            type(Word.PERSONAL_NUMBER, "000204067890")
            type(Word.PHONE_NUMBER, THAO.phone)
            press(Word.SEND_CODE)
            sees(Word.PERSON_UNKNOWN)
            picture("open-refused")
            // Nobody types twelve digits twice.
            assertEquals("000204067890" to THAO.phone, typed(Word.PERSONAL_NUMBER) to typed(Word.PHONE_NUMBER))
            type(Word.PERSONAL_NUMBER, THAO.number)
            press(Word.SEND_CODE)
            sees(Word.CODE_SENT)
        }
        everywhere {
            sees(Word.CODE_AWAITED)
            picture("code")
        }
        val code = nation.mailedCode(THAO.phone)
        once {
            type(Word.ONE_TIME_CODE, "%06d".format((code.toInt() + 1) % 1_000_000))
            press(Word.ACTIVATE)
            sees(Word.WRONG_CODE)
            picture("code-wrong")
            assertEquals("", typed(Word.ONE_TIME_CODE))
            type(Word.ONE_TIME_CODE, code)
            press(Word.ACTIVATE)
            sees(Word.RAISE_LEVEL)
        }
        everywhere {
            sees(Word.RAISE_LEVEL)
            picture("home")
            press(Word.WARDS)
            sees(Word.LEVEL_2_NEEDED)
            picture("wards-level")
        }
    }

    @Test
    fun `02 another person's phone reads the card`() = chip(THAO) { chip ->
        everywhere(nfc = false) {
            press(Word.RAISE_LEVEL)
            sees(Word.NFC_SETTINGS)
            picture("card-no-nfc")
            press(Word.OTHER_PHONE)
            sees(Word.READING_AWAITED)
            picture("borrow")
            hasCardRead((presenter<BorrowPresenter>().state.value as BorrowScreen.Showing).digits, chip)
            sees(Word.READING_HERE)
            picture("borrow-face")
        }
    }

    /** What the friend's phone shows meanwhile. */
    private fun Phone.hasCardRead(digits: String, chip: Chip) = holding(FRIENDS) {
        Phone(setting).use { friends ->
            friends.sees(Word.SEND_CODE)
            friends.scans(lend(digits))
            friends.sees(Word.BOTH_SHOW)
            friends.picture("lend")
            friends.press(Word.DIGITS_SAME)
            friends.press(Word.READ_CARD)
            friends.picture("lend-card")
            friends.hold(THAO.can, face = false)
            friends.tag(ChipReader(chip))
            friends.sees(Word.LEND_SENT)
            friends.picture("lend-sent")
        }
    }

    @Test
    fun `03 the card is read`() = chip(THAO) { chip ->
        everywhere {
            press(Word.RAISE_LEVEL)
            sees(Word.CAN)
            picture("card")
            press(Word.MRZ_USE)
            sees(Word.MRZ)
            type(Word.MRZ, "IDVNM204067891")
            press(Word.GO_ON)
            sees(Word.MRZ_WRONG)
            picture("card-zone")
            press(Word.CAN_USE)
            press(Word.CAN_SCAN)
            sees(Word.CAN_SCAN_HINT)
            press(Word.BACK)
            (activity.front as CardScreenView).presenter!!.scanned(Scanned.CitizenCard(THAO.can))
            sees(Word.CAN)
            assertEquals(THAO.can, typed(Word.CAN))
            val stopped = CountDownLatch(1)
            hold(THAO.can)
            picture("card-hold")
            try {
                tag(ChipReader(chip, before = { if (it == SOON) stopped.await() }))
                sees(Word.KEEP_STILL)
                picture("card-reading")
                press(Word.STOP)
            } finally {
                stopped.countDown()
            }
            sees(Word.CAN)
        }
        once {
            press(Word.RAISE_LEVEL)
            hold(THAO.can)
            val left = (activity.front as CardScreenView).presenter!!
            press(Word.BACK)
            assertEquals(CardScreen.Number(), left.state.value)
            press(Word.RAISE_LEVEL)
            hold(THAO.can)
            tag(ChipReader(chip))
            sees(Word.LEVEL_REACHED)
            picture("card-done")
        }
    }

    @Test
    fun `04 documents are held`() {
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
            sees(Word.HEALTH_INSURANCE)
            picture("home-prepared")
            press(Word.WALLET)
            sees(Word.DELETE)
            picture("wallet")
            press(Word.DELETE)
            sees(Word.YES_DELETE)
            picture("wallet-delete")
            press(Word.KEEP)
            sees(Word.DELETE)
        }
    }

    @Test
    fun `05 the code is shown, black on white, and scanned`() = everywhere {
        press(Word.WALLET)
        press(Word.SHOW_QR)
        sees(Word.QR_ANY_CLINIC)
        picture("qr-ask")
        press(Word.AGREE)
        val code = code("qr")
        assertTrue(scanned(code).startsWith("7360"))
        assertEquals(setOf(Color.BLACK, Color.WHITE), inside(code))
        assertEquals(1f, activity.window.attributes.screenBrightness)
        press(Word.BACK)
        sees(Word.DELETE)
        assertEquals(-1f, activity.window.attributes.screenBrightness)
    }

    @Test
    fun `06 the portrait goes along in a loop of codes`() = everywhere {
        press(Word.WALLET)
        press(Word.SHOW_QR)
        press(Word.WITH_PORTRAIT)
        sees(Word.WITH_PORTRAIT_TOLD)
        picture("qr-portrait-ask")
        press(Word.AGREE)
        val seen = mutableSetOf(scanned(code("qr-portrait")))
        val whole = ((activity.front as QrScreenView).presenter!!.state.value as QrScreen.Showing).portrait
        // A new code begins the loop anew, so that one round may not be enough.
        repeat(ROUNDS * (whole.size + 1)) {
            if (!seen.containsAll(whole)) ShadowSystemClock.advanceBy(Duration.ofMillis(QrView.TURN)).also { seen += scanned(code("qr-portrait")) }
        }
        assertTrue(seen.containsAll(whole) && (seen - whole.toSet()).all { it.startsWith("7360") })
    }

    private fun Phone.code(name: String): Bitmap {
        val shown = seesCode()
        val picture = picture(name)
        val place = IntArray(2).also(shown::getLocationInWindow)
        return Bitmap.createBitmap(picture, place[0], place[1], shown.width, shown.width)
    }

    private fun scanned(code: Bitmap): String {
        val pixels = IntArray(code.width * code.height).also { code.getPixels(it, 0, code.width, 0, 0, code.width, code.height) }
        val picture = BinaryBitmap(HybridBinarizer(RGBLuminanceSource(code.width, code.height, pixels)))
        // Some codes hold a pattern that a reader of one code takes for a corner of them.
        return QRCodeMultiReader().decodeMultiple(picture).single().text
    }

    /** All colours but those of the round corners. */
    private fun inside(code: Bitmap): Set<Int> {
        val corner = code.width / 16
        return (corner until code.height - corner step 3).flatMap { y -> (corner until code.width - corner step 3).map { x -> code.getPixel(x, y) } }.toSet()
    }

    @Test
    fun `07 after two minutes the code is over, and a desk may demand more`() {
        val desk = Desk(nation, "Quầy 1")
        everywhere {
            homeHasAsked()
            press(Word.WALLET)
            press(Word.SHOW_QR)
            OWN.hurry = TWO_MINUTES
            press(Word.AGREE)
            sees(Word.QR_OVER)
            OWN.onTime()
            picture("qr-over")
            press(Word.BACK)
            val question = desk.ask("--level", "4")
            scans(QrScreenView(ward = null, challenge = question.digits))
            sees(Word.QR_DESK)
            picture("qr-desk")
            press(Word.AGREE)
            sees(Word.LEVEL_PROVE)
            picture("qr-prove")
            question.end()
        }
    }

    @Test
    fun `08 a link of an issuer leads to what it offers`() {
        everywhere({ offer() }) {
            sees(Word.OFFER_FROM)
            picture("offer")
            press(Word.OBTAIN)
            sees(Word.OBTAINED)
            picture("offer-obtained")
        }
        everywhere({ offer(browser = true) }) {
            sees(Word.BROWSER_NEEDED)
            picture("offer-browser")
            press(Word.OBTAIN)
            sees(Word.BROWSER_WAITING)
            picture("offer-in-browser")
            press(Word.STOP)
            sees(Word.CANCELLED)
        }
        Phone(Setting.VI_DAY, offer(browser = true)).use { phone ->
            phone.press(Word.OBTAIN)
            phone.sees(Word.BROWSER_WAITING)
            val left = phone.presenter<OfferPresenter>()
            phone.press(Word.BACK)
            // The port that waits for the browser is closed with the screen.
            assertTrue(left.state.value is OfferScreen.Failed)
        }
    }

    private fun offer(browser: Boolean = false): String {
        val wish = JSONObject(mapOf("number" to THAO.number, "credential" to "citizen_sd_jwt", "browser" to browser))
        return nation.post("/sandbox/offer", wish).getString("credential_offer")
    }

    @Test
    fun `09 a link of a portal leads to what it asks`() {
        everywhere({ portal().getString("link") }) {
            sees(Word.TWO_DIGITS)
            picture("portal")
            press(Word.DECLINE)
            sees(Word.DECLINED)
            picture("portal-declined")
        }
        var view = ""
        everywhere({ portal().also { view = it.getString("view") }.getString("link") }) {
            sees(Word.TWO_DIGITS)
            press(Word.AGREE)
            sees(Word.TWO_DIGITS_AGAIN)
            picture("portal-digits")
            type(Word.TWO_DIGITS, nation.post("/asking/state", JSONObject(mapOf("view" to view))).getString("number"))
            press(Word.AGREE)
            sees(Word.ANSWERED)
            picture("portal-answered")
        }
        everywhere({ "openid4vp://?client_id=nobody" }) {
            sees(Word.REFUSED_BY_ISSUER)
            picture("portal-broken")
        }
    }

    private fun portal() = nation.post("/portal/start", JSONObject(mapOf("other_screen" to true)))

    @Test
    fun `10 persons in care and their papers`() {
        everywhere {
            press(Word.WARDS)
            sees(Word.WARD_NO_ACCOUNT)
            picture("wards")
            press(Word.HEALTH_INSURANCE)
            sees(Word.WARD_NO_PAPERS)
            picture("ward-papers-none")
        }
        once {
            press(Word.WARDS)
            press(Word.HEALTH_INSURANCE)
            press(Word.OBTAIN_INSURANCE)
            sees(Word.SHOW_QR)
        }
        everywhere {
            press(Word.WARDS)
            press(Word.HEALTH_INSURANCE)
            sees(Word.SHOW_QR)
            picture("ward-papers")
        }
    }

    @Test
    fun `11 what is set, and what happened`() = everywhere {
        press(Word.HISTORY)
        sees(Word.EVENT_DECLINED)
        picture("history")
        press(Word.REPORT_FRAUD)
        sees(Word.REPORT_HINT)
        picture("history-report")
        press(Word.STOP)
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
    fun `12 a new phone's code is compared before anything goes there`() = everywhere {
        press(Word.SETTINGS)
        press(Word.HAND_OVER)
        sees(Word.HAND_OVER_HINT)
        picture("hand-over")
        var code = ""
        holding(FRIENDS) {
            Phone(setting).use { new ->
                new.press(Word.MOVE_HERE)
                new.press(Word.GO_ON)
                new.sees(Word.MOVE_HERE_HINT)
                code = (new.presenter<ReceivePresenter>().state.value as ReceiveScreen.Showing).digits
            }
        }
        scans(handOver(code))
        sees(Word.BOTH_SHOW)
        picture("hand-over-compare")
        press(Word.DIGITS_SAME)
        sees(Word.PIN)
        picture("hand-over-pin")
    }

    @Test
    fun `13 a running app follows links, and none but those it knows`() = once {
        sees(Word.WALLET)
        val home = activity.front
        opens("https://example.com/")
        assertEquals(home, activity.front)
        opens(offer())
        sees(Word.OFFER_FROM)
        opens(portal().getString("link"))
        sees(Word.APPROVE_SIGN_IN)
        press(Word.DECLINE)
        sees(Word.DECLINED)
        assertNull(activity.intent.data)
    }

    @Test
    fun `14 a lost phone is prepared for, and the account locked`() {
        everywhere {
            press(Word.SETTINGS)
            press(Word.PHONES)
            sees(Word.PHONE_IN_USE)
            picture("phones")
            press(Word.REVOCATION_CODE)
            sees(Word.REVOCATION_CODE_HINT)
            picture("phones-code")
        }
        once {
            press(Word.SETTINGS)
            press(Word.PHONES)
            press(Word.LOCK)
            sees(Word.UNLOCK)
        }
        everywhere {
            sees(Word.ACCOUNT_LOCKED)
            picture("home-locked")
        }
    }

    private companion object {
        val NATION = Nation().also { Runtime.getRuntime().addShutdownHook(Thread(it::close)) }
        val OWN = Pocket(NATION, "own")

        /** A friend's phone, without an account. */
        val FRIENDS = Pocket(NATION, "friends")

        /** A command in the middle of a file. */
        const val SOON = 17
        const val TWO_MINUTES = 121L
        const val ROUNDS = 5
    }
}
