package vn.sen.app

import java.io.File
import java.time.ZoneId
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import vn.sen.AwaitedDocument
import vn.sen.Received
import vn.sen.SenException

class WordsTest {
    @Test
    fun `each kind of error has its own next step, and says the code where a person can do nothing`() {
        val errors = listOf(
            SenException.TryCardAgain("card.lost") to Next.TRY_CARD_AGAIN,
            SenException.WrongAccessKey("card.wrong_access_key") to Next.TYPE_AGAIN,
            SenException.CardNotGenuine("card.chip_not_genuine") to Next.STOP,
            SenException.CardUnsupported("card.file.malformed") to Next.STOP,
            SenException.DeviceKeyLost("key.lost") to Next.ENROL_AGAIN,
            SenException.UserCancelled("key.cancelled") to Next.NOTHING,
            SenException.NoNetwork("network.timeout", null, null) to Next.TRY_LATER,
            SenException.IssuerRefused("account.pin_delayed", null, 30u) to Next.STOP,
            SenException.CredentialExpired("present.expired") to Next.OBTAIN_AGAIN,
            SenException.NotReady("online.number_needed", null, null) to Next.TYPE_AGAIN,
            SenException.Bug("store.bug") to Next.REPORT,
        )
        for ((error, next) in errors) assertEquals(next, error.problem().next)
        assertEquals(line(Word.WAIT_SECONDS, "30"), errors[7].first.problem().line)
        assertEquals(line(Word.BUG, "store.bug"), errors[10].first.problem().line)
        assertTrue(errors[2].first.problem().line.warning)
        assertEquals(line(Word.KEY_LOCKED), SenException.UserCancelled("key.locked").problem().line)
        for (code in listOf("store.secret_lost", "store.tampered", "store.rolled_back")) {
            assertEquals(warning(Word.WALLET_LOST), SenException.DeviceKeyLost(code).problem().line)
        }
        assertEquals(line(Word.OBTAIN_TO_APPROVE), SenException.CredentialExpired("online.no_approval_key").problem().line)
    }

    @Test
    fun `what is missing is said plainly where that can be, and where it is to be had`() {
        val level = SenException.NotReady("account.level_required", null, null).problem()
        assertEquals(line(Word.LEVEL_2_NEEDED) to Next.RAISE_LEVEL, level.line to level.next)
        val nothing = SenException.NotReady("present.no_credential", null, null).problem()
        assertEquals(line(Word.NO_CREDENTIAL) to Next.OBTAIN_AGAIN, nothing.line to nothing.next)
        assertEquals(line(Word.SCAN_AGAIN), SenException.NotReady("challenge.expired", null, null).problem().line)
        assertEquals(line(Word.WRONG_CODE, "2"), SenException.NotReady("account.wrong_code", 2u, null).problem().line)
        assertEquals(line(Word.NOT_READY, "card.unheard_of"), SenException.NotReady("card.unheard_of", null, null).problem().line)
        assertEquals(line(Word.PERSON_UNKNOWN), SenException.IssuerRefused("account.unknown_person", null, null).problem().line)
        assertEquals(line(Word.REFUSED_BY_ISSUER, "issuer.invalid_grant"), SenException.IssuerRefused("issuer.invalid_grant", null, null).problem().line)
        assertEquals(line(Word.REPORT_TOO_LONG) to Next.TYPE_AGAIN, SenException.NotReady("history.bad_words", null, null).problem().let { it.line to it.next })
        assertEquals(line(Word.REPORT_GONE), SenException.NotReady("history.no_entry", null, null).problem().line)
        assertEquals(line(Word.WAIT_SECONDS, "7"), SenException.NoNetwork("network.timeout", null, 7u).problem().line)
    }

    @Test
    fun `a phone that waits for the account is told until when`() {
        val zone = ZoneId.of("Asia/Ho_Chi_Minh")
        val waits = SenException.IssuerRefused("account.device_waiting", null, 1800u)
        assertEquals(Problem(line(Word.ACCOUNT_WAITING, "00:30 01/02/2030"), Next.STOP, "account.device_waiting"), waits.problem(1_896_109_200, zone))
        val other = SenException.IssuerRefused("account.pin_delayed", null, 30u)
        assertEquals(other.problem(), other.problem(1_896_109_200, zone))
    }

    @Test
    fun `what came along is said, and warned of what did not`() {
        val all = Received(history = 7u, leftOut = 0u, credentials = 1u, documents = 1u, otherIssuers = 0u, opened = true)
        assertEquals(listOf(line(Word.MOVED_HERE, "7"), line(Word.SET_PIN_NEXT)), said(all))
        val some = said(all.copy(leftOut = 3u, otherIssuers = 2u))
        assertEquals(listOf(line(Word.HISTORY_LEFT_OUT, "3"), warning(Word.OTHER_ISSUERS_LEFT, "2")), some.drop(1).dropLast(1))
    }

    @Test
    fun `a sentence has as many values as places`() {
        assertThrows(IllegalArgumentException::class.java) { line(Word.ASKED_BY) }
        assertThrows(IllegalArgumentException::class.java) { line(Word.AGREE, "surplus") }
    }

    @Test
    fun `days are written as in Vietnam`() {
        val zone = ZoneId.of("Asia/Ho_Chi_Minh")
        assertEquals("01/01/1970", day(0, zone))
        assertEquals("00:30 01/02/2030", minute(1_896_111_000, zone))
    }

    @Test
    fun `dong are written in groups of three, in which a nought too many is seen`() {
        val written = listOf("0" to "0", "500" to "500", "50000" to "50.000", "2000000" to "2.000.000", "20000000" to "20.000.000")
        for ((digits, groups) in written) assertEquals(groups, money(digits))
    }

    /** What the table has for iOS alone, and why. */
    private val ofIos = mapOf(
        Word.SCREEN_RECORDED to "here the system refuses to record such a screen",
        Word.SCREENSHOT_TAKEN to "here it refuses the photograph, too",
        Word.NFC_USAGE to "iOS asks with the app's reason",
        Word.FACE_USAGE to "the same",
        Word.CAMERA_USAGE to "the same",
    )

    @Test
    fun `each word of the table is said here, or belongs to iOS alone`() {
        val android = File(System.getProperty("sen.root"), "android")
        val sources = listOf("app-core/src/main", "app/src/main").flatMap { File(android, it).walk() }.filter { it.isFile }
        val said = sources.filter { it.extension == "kt" && it.name != "Word.kt" || it.name == "AndroidManifest.xml" }.joinToString("\n") { it.readText() }
        val named = Regex("""\bWord\.([A-Z][A-Z0-9_]+)|@string/([a-z][a-z0-9_]+)""").findAll(said)
        val keys = named.map { it.groupValues.drop(1).joinToString("").lowercase() }.toSet()
        // Found by the core's names; `NamesTest` asks for each.
        val byName = Regex("claim_[0-9]+|event_[a-z_]+")
        assertEquals(ofIos.keys, Word.entries.filter { it.key !in keys && !byName.matches(it.key) }.toSet())
    }

    @Test
    fun `a document that is awaited is asked for when its time has come`() {
        val zone = ZoneId.of("Asia/Ho_Chi_Minh")
        val document = AwaitedDocument("one", "dc+sd-jwt", "urn:vn:residence:1", "https://issuer", notBefore = 1_896_111_000)
        val early = AwaitedRow("one", line(Word.AWAITED_FROM, line(Word.RESIDENCE), Own("00:30 01/02/2030")), canAsk = false)
        assertEquals(early, awaited(document, 1_896_110_999, zone))
        assertEquals(AwaitedRow("one", line(Word.AWAITED, line(Word.RESIDENCE)), canAsk = true), awaited(document, 1_896_111_000, zone))
    }

    @Test
    fun `the card goes where the phone says its antenna is, seen from behind`() {
        // 70 by 150 mm, the antenna 20 mm from the left and 30 mm from the top of the screen's side.
        assertEquals(Place(Word.HOLD_DOT, 1 - 20f / 70, 30f / 150, exact = true), placeOf(70, 150, 20, 30))
        assertEquals(Place(Word.HOLD_DOT, 1f, 1f, exact = true), placeOf(70, 150, 0, 150))
        for (outside in listOf(placeOf(0, 150, 0, 0), placeOf(70, 150, 71, 0), placeOf(70, 150, 0, -1), placeOf(70, 0, 0, 0))) assertEquals(null, outside)
    }

    @Test
    fun `where the phone says nothing its maker's phones are a beginning`() {
        assertEquals(Word.HOLD_UPPER, placeOf("Google", "Pixel 9").word)
        assertEquals(Word.HOLD_UPPER, placeOf("OPPO", "CPH2591").word)
        assertEquals(Word.HOLD_CARD, placeOf("samsung", "SM-G991B").word)
        assertEquals(Word.HOLD_CAMERAS, placeOf("samsung", "SM-F731B").word)
        assertEquals(Word.HOLD_TOP, placeOf("Apple", "iPhone15,2").word)
        assertEquals(Place(Word.HOLD_CARD, 0.5f, 0.5f), placeOf("nobody", "x"))
    }

    @Test
    fun `a certificate's subject is said as its name, where it has one`() {
        assertEquals("Cổng mẫu, TEST ONLY", commonName("""C=VN,CN=Cổng mẫu\, TEST ONLY"""))
        assertEquals("A CN=B", commonName("CN=A CN=B"))
        for (other in listOf("", "O=Nobody", "CN=One,CN=Other", "CN=One+CN=Other", "CN=#0c0141", """CN=A\00B""", "OCN=A")) {
            assertEquals(other, commonName(other))
        }
    }

    @Test
    fun `only links of wallets are followed`() {
        assertEquals(Link.Request("openid4vp://?client_id=x"), linkOf("openid4vp://?client_id=x"))
        assertEquals(Link.Offer("OpenID-credential-offer://?x"), linkOf("OpenID-credential-offer://?x"))
        for (other in listOf(null, "", "https://example.org/openid4vp://", "javascript:1", "openid4vp://" + "x".repeat(70_000))) {
            assertEquals(Link.Unknown, linkOf(other))
        }
    }
}
