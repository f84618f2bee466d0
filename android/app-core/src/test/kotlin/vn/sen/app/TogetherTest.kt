package vn.sen.app

import java.time.ZoneId
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.SupervisorJob
import kotlinx.coroutines.cancel
import kotlinx.coroutines.delay
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withTimeout
import org.json.JSONObject
import org.junit.jupiter.api.AfterAll
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.MethodOrderer
import org.junit.jupiter.api.Order
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.TestInstance
import org.junit.jupiter.api.TestMethodOrder
import vn.sen.AccountProvider
import vn.sen.BelievedIssuers
import vn.sen.BelievedVerifiers
import vn.sen.CardKey
import vn.sen.Clock
import vn.sen.Recognised
import vn.sen.Wallet
import vn.sen.nation.ChipReader
import vn.sen.nation.Desk
import vn.sen.nation.Nation
import vn.sen.nation.SecretInMemory
import vn.sen.nation.SoftwareKeys
import vn.sen.nation.THAO

/** With others: another phone as the reader, a desk that asks and demands, and several documents that would do. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation::class)
class TogetherTest {
    private val nation = Nation()
    private val chip = nation.chip()
    private val scope = CoroutineScope(SupervisorJob() + Dispatchers.Default)
    private val provider = AccountProvider(nation.url, nation.roots)
    private val busy = BusyServer()
    private val wallet = Wallet.open(nation.wallet("own"), SecretInMemory(), SoftwareKeys(), busy)
    private val friend = Wallet.open(nation.wallet("friend"), SecretInMemory(), SoftwareKeys())
    private var recognised = Recognised.BY_BIOMETRICS

    /** Seconds that the phones' clocks are ahead. */
    @Volatile
    private var ahead = 0L
    private val own = around(wallet)
    private val other = around(friend)

    private fun around(of: Wallet) = Surroundings(of, scope, { recognised }, { Clock.system.now() + ahead }, ZoneId.of("Asia/Ho_Chi_Minh"), busy = busy)

    @AfterAll
    fun end() {
        scope.cancel()
        wallet.close()
        friend.close()
        chip.close()
        nation.close()
    }

    private suspend fun <S : Any> Presenter<S>.until(wanted: (S) -> Boolean): S = withTimeout(30.seconds) { state.first(wanted) }

    @Test
    @Order(1)
    fun `another person's phone reads the card, and the face is taken on the own`() = runBlocking {
        val account = AccountPresenter(own, provider)
        account.open(THAO.number, THAO.phone, "own phone").join()
        account.activate(nation.mailedCode(THAO.phone)).join()
        val borrow = BorrowPresenter(own, pause = 200.milliseconds)
        borrow.start()
        val shown = borrow.until { it is BorrowScreen.Showing } as BorrowScreen.Showing
        val lend = LendPresenter(other)
        lend.scanned("736412345").join()
        assertEquals(Next.TYPE_AGAIN, (lend.state.value as LendScreen.Failed).problem.next)
        lend.scanned(shown.digits).join()
        val asked = lend.state.value as LendScreen.Compare
        assertEquals(shown.lines.single { it.word == Word.BOTH_SHOW }, asked.lines.single { it.word == Word.BOTH_SHOW })
        assertEquals(line(Word.LEND_FOR, "own phone"), asked.lines.first())
        lend.differ()
        lend.same()
        assertTrue(lend.state.value is LendScreen.Failed)
        lend.scanned(shown.digits).join()
        lend.same()
        val request = (lend.state.value as LendScreen.Read).request
        val card = CardPresenter(other)
        // The friend's phone has no account: it sends through the provider that the app knows.
        var job = card.lend(request, provider, CardKey.Can("999999"))
        card.until { it is CardScreen.Hold }
        card.tag(ChipReader(chip))
        job.join()
        assertEquals(Word.CARD_WRONG_NUMBER, (card.state.value as CardScreen.Number).problem?.line?.word)
        job = card.lend(request, provider, CardKey.Can(THAO.can))
        card.until { it is CardScreen.Hold }
        card.tag(ChipReader(chip))
        job.join()
        assertEquals(CardScreen.Done(line(Word.LEND_SENT)), card.state.value)
        assertNull((borrow.until { it is BorrowScreen.Face } as BorrowScreen.Face).problem)
        borrow.finish(ByteArray(1)).join()
        assertEquals(BorrowScreen.Done(line(Word.LEVEL_REACHED)), borrow.state.value)
        account.refresh().join()
        assertEquals(listOf(line(Word.LEVEL_2)), account.state.value.lines)
        WalletPresenter(own).run {
            obtain("health-insurance").join()
            assertNull(state.value.problem)
        }
    }

    @Test
    @Order(2)
    fun `a desk's question is answered for that desk`() = runBlocking {
        val question = Desk(nation, "Quầy 1").ask()
        assertEquals(Scanned.DeskQuestion(question.digits), scannedAs(question.digits))
        val qr = QrPresenter(own)
        qr.ask(challenge = question.digits).join()
        val lines = (qr.state.value as QrScreen.Ask).lines
        assertEquals(Own("Quầy 1"), lines.single { it.word == Word.QR_DESK }.values.first())
        assertTrue(lines.none { it.word == Word.LEVEL_DEMANDED } && lines.any { it.word == Word.PURPOSE })
        qr.agree()
        val shown = qr.until { it is QrScreen.Showing } as QrScreen.Showing
        assertEquals("challenged", question.decide(shown.digits).getString("freshness"))
        qr.leave()
    }

    @Test
    @Order(3)
    fun `a desk that demands level 4 gets the provider's word after PIN and face`() = runBlocking {
        val question = Desk(nation, "Quầy 2").ask("--level", "4")
        val qr = QrPresenter(own)
        qr.ask(challenge = question.digits).join()
        assertTrue(line(Word.LEVEL_DEMANDED, "4") in (qr.state.value as QrScreen.Ask).lines)
        qr.agree().join()
        assertTrue((qr.state.value as QrScreen.Prove).needsFace)
        qr.prove("159357", ByteArray(1)).join()
        assertEquals(Word.PIN_NONE, (qr.state.value as QrScreen.Prove).problem?.line?.word)
        PinPresenter(own).set("159357", "159357").join()
        qr.prove("159358", ByteArray(1)).join()
        assertEquals(Word.PIN_WRONG, (qr.state.value as QrScreen.Prove).problem?.line?.word)
        qr.prove("159357", ByteArray(1)).join()
        assertEquals(Own("4"), (qr.state.value as QrScreen.Ask).lines.single { it.word == Word.LEVEL_STATED }.values.first())
        qr.agree()
        val shown = qr.until { it is QrScreen.Showing } as QrScreen.Showing
        val decided = question.decide(shown.digits)
        assertEquals("accepted", decided.getString("verdict"))
        assertEquals("server_statement", decided.getJSONObject("authentication_level").getString("basis"))
        qr.leave()
    }

    @Test
    @Order(4)
    fun `where the device's word is too little the PIN alone may do`() = runBlocking {
        recognised = Recognised.BY_DEVICE
        val question = Desk(nation, "Quầy 3").ask("--level", "2")
        val qr = QrPresenter(own)
        qr.ask(challenge = question.digits).join()
        qr.agree().join()
        val prove = qr.state.value as QrScreen.Prove
        assertEquals(listOf(line(Word.LEVEL_DEMANDED, "2"), line(Word.LEVEL_PROVE_PIN)), prove.lines)
        assertTrue(!prove.needsFace)
        qr.prove("159357", null).join()
        qr.agree()
        assertTrue(qr.until { it is QrScreen.Showing || it is QrScreen.Failed } is QrScreen.Showing)
        qr.leave()
        question.end()
        recognised = Recognised.BY_BIOMETRICS
    }

    @Test
    @Order(5)
    fun `of several documents that would do the person chooses one`() = runBlocking {
        val believed = BelievedVerifiers(nation.roots, nation.askersPem, nation.askersPem, false)
        // Another nation's document is the older one of two.
        Nation().use { foreign ->
            val account = AccountPresenter(other, AccountProvider(foreign.url, foreign.roots))
            account.open(THAO.number, THAO.phone, "other").join()
            account.activate(foreign.mailedCode(THAO.phone)).join()
            val wish = JSONObject(mapOf("number" to THAO.number, "credential" to "citizen_sd_jwt"))
            val link = foreign.post("/sandbox/offer", wish).getString("credential_offer")
            val offer = OfferPresenter(own, BelievedIssuers(foreign.roots, foreign.documentsPem))
            offer.read(link).join()
            offer.agree(null).join()
            assertEquals(OfferScreen.Obtained(line(Word.OBTAINED, "1")), offer.state.value)
        }
        delay(1_100.milliseconds)
        wallet.obtainDocument("citizen_sd_jwt", nation.documentsPem, System.currentTimeMillis() / 1000)
        val begun = nation.post("/portal/start", JSONObject(mapOf("other_screen" to true)))
        val portal = OnlinePresenter(own, believed)
        portal.read(begun.getString("link")).join()
        val asked = portal.state.value as OnlineScreen.Ask
        val choice = asked.others.single()
        assertEquals(Word.CHOOSE_THIS, choice.line.word)
        portal.choose(choice).join()
        val chosen = portal.state.value as OnlineScreen.Ask
        // The one that was chosen before would do now.
        val first = chosen.others.single()
        assertTrue(chosen.canAgree && first.document != choice.document)
        portal.choose(first).join()
        assertEquals(asked, portal.state.value)
        portal.choose(choice.copy(document = "none")).join()
        assertEquals("online.not_an_alternative", (portal.state.value as OnlineScreen.Ask).problem?.code)
        val view = begun.getString("view")
        val number = nation.post("/asking/state", JSONObject(mapOf("view" to view))).getString("number")
        portal.agree(number).join()
        assertTrue(portal.state.value is OnlineScreen.Answered)
    }

    @Test
    @Order(6)
    fun `the person is told that a server is busy for as long as the call waits`() = runBlocking {
        busy.waits(7u)
        assertEquals(line(Word.SERVER_BUSY, "7"), busy.line.value)
        AccountPresenter(own, provider).refresh().join()
        assertNull(busy.line.value)
    }

    @Test
    @Order(7)
    fun `a network that is gone for a while does not end the wait for the other phone`() = runBlocking {
        val borrow = BorrowPresenter(own, pause = 100.milliseconds)
        borrow.start()
        borrow.until { it is BorrowScreen.Showing }
        nation.stop()
        delay(1.seconds)
        ahead = 3_600
        val over = borrow.until { it is BorrowScreen.Start } as BorrowScreen.Start
        assertEquals("app.no_reading", over.problem?.code)
        borrow.leave()
    }
}
