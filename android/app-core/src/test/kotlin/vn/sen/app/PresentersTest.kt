package vn.sen.app

import java.net.URLEncoder
import java.time.ZoneId
import java.util.concurrent.CountDownLatch
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.SupervisorJob
import kotlinx.coroutines.cancel
import kotlinx.coroutines.delay
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.joinAll
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withTimeout
import org.json.JSONObject
import org.junit.jupiter.api.AfterAll
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
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
import vn.sen.Credential
import vn.sen.DeviceKeyException
import vn.sen.Recognised
import vn.sen.Wallet
import vn.sen.nation.ChipReader
import vn.sen.nation.Desk
import vn.sen.nation.Nation
import vn.sen.nation.SecretInMemory
import vn.sen.nation.SoftwareKeys
import vn.sen.nation.THAO

/** The machine-readable zone of the same card. */
private const val THAO_ZONE = "IDVNM2040678917000204067891<<7\n0412317M2912316VNM<<<<<<<<<<<2\nDANG<<QUOC<UU<<<<<<<<<<<<<<<<<"

/** The app without its views, from nothing to a signed-in portal, against the real core and sandbox. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation::class)
class PresentersTest {
    private val nation = Nation()
    private val chip = nation.chip()
    private val scope = CoroutineScope(SupervisorJob() + Dispatchers.Default)
    private val keys = SoftwareKeys()
    private val wallet = Wallet.open(nation.wallet("one"), SecretInMemory(), keys)
    private var recognised: Recognised? = Recognised.BY_BIOMETRICS
    private val around = Surroundings(wallet, scope, { recognised }, zone = ZoneId.of("Asia/Ho_Chi_Minh"))
    private val account = AccountPresenter(around, AccountProvider(nation.url, nation.roots))

    @AfterAll
    fun end() {
        scope.cancel()
        wallet.close()
        chip.close()
        nation.close()
    }

    /** Waits for what the screen shows to be like this. */
    private suspend fun <S : Any> Presenter<S>.until(wanted: (S) -> Boolean): S = withTimeout(30.seconds) { state.first(wanted) }

    @Test
    @Order(1)
    fun `an account is opened, a wrong code counted, a right one taken`() = runBlocking {
        account.start().join()
        assertEquals(AccountScreen(AccountStep.OPEN), account.state.value)
        account.open(" ${THAO.number} ", THAO.phone, "phone").join()
        assertEquals(AccountStep.CODE, account.state.value.step)
        account.startOver()
        assertEquals(AccountScreen(AccountStep.OPEN), account.state.value)
        // The app is opened again: it knows that a code is under way, and says once what to do with it.
        account.start().join()
        assertEquals(listOf(line(Word.CODE_AWAITED), line(Word.CODE_SECRET)), account.state.value.lines)
        val code = nation.mailedCode(THAO.phone)
        account.activate("%06d".format((code.toInt() + 1) % 1_000_000)).join()
        assertEquals(Word.WRONG_CODE to Next.TYPE_AGAIN, account.state.value.problem!!.let { it.line.word to it.next })
        assertEquals(AccountStep.CODE, account.state.value.step)
        account.activate(code).join()
        val shown = account.state.value
        assertEquals(AccountStep.IN_USE to listOf(line(Word.LEVEL_1)), shown.step to shown.lines)
        assertTrue(shown.canRaise && shown.canLock && !shown.canUnlock)
        assertEquals(listOf(line(Word.PHONE_IN_USE, "phone")), shown.phones)
    }

    @Test
    @Order(2)
    fun `the six digits are asked for again, a lost card is read on, and the level rises`() = runBlocking {
        val card = CardPresenter(around)
        var job = card.raiseLevel(CardKey.Can("999999"), ByteArray(1))
        card.until { it is CardScreen.Hold }
        card.tag(ChipReader(chip))
        job.join()
        assertEquals(Word.CARD_WRONG_NUMBER, (card.state.value as CardScreen.Number).problem!!.line.word)
        job = card.raiseLevel(CardKey.Mrz(THAO_ZONE), ByteArray(1))
        card.until { it is CardScreen.Hold }
        val lost = ChipReader(chip, loseAt = 17)
        card.tag(lost)
        card.until { it == CardScreen.Hold(line(Word.CARD_LOST)) }
        val back = ChipReader(chip)
        card.tag(back)
        job.join()
        assertEquals(CardScreen.Done(line(Word.LEVEL_REACHED)), card.state.value)
        account.refresh().join()
        assertEquals(listOf(line(Word.LEVEL_2)), account.state.value.lines)
        assertFalse(account.state.value.canRaise)
    }

    @Test
    @Order(3)
    fun `a reading that the person stops ends and begins anew`() = runBlocking {
        val card = CardPresenter(around)
        val job = card.raiseLevel(CardKey.Can(THAO.can), ByteArray(1))
        card.until { it is CardScreen.Hold }
        card.stop()
        job.join()
        assertEquals(CardScreen.Number(), card.state.value)
    }

    @Test
    @Order(4)
    fun `the wallet lists what it holds, in the words of the table`() = runBlocking {
        val held = WalletPresenter(around)
        held.start().join()
        assertEquals(WalletScreen(), held.state.value)
        held.obtain("citizen").join()
        held.obtain("health-insurance").join()
        val rows = held.state.value.rows
        assertEquals(setOf(Word.CITIZEN, Word.HEALTH_INSURANCE), rows.map { it.title.word }.toSet())
        assertEquals(1, rows.count(HeldRow::showsAtClinic))
        assertTrue(rows.all { Regex("""\d\d:\d\d \d\d/\d\d/\d{4}""").matches((it.lines.first().values.single() as Own).text) })
        held.obtain("driving").join()
        assertEquals(Next.TYPE_AGAIN, held.state.value.problem?.next)
        assertEquals(rows, held.state.value.rows)
        assertEquals(0, held.state.value.due)
    }

    @Test
    @Order(5)
    fun `the code is shown after the person agreed, and gone when the screen is left`() = runBlocking {
        val qr = QrPresenter(around)
        qr.ask().join()
        val asked = qr.state.value as QrScreen.Ask
        assertTrue(line(Word.QR_ANY_CLINIC) in asked.lines)
        assertTrue(line(Word.CLAIM_75) in asked.lines)
        recognised = null
        qr.agree().join()
        assertEquals(asked.copy(problem = NOT_RECOGNISED), qr.state.value)
        recognised = Recognised.BY_BIOMETRICS
        val job = qr.agree()
        val shown = qr.until { it is QrScreen.Showing } as QrScreen.Showing
        assertTrue(shown.digits.startsWith("7360"))
        assertTrue(shown.until - shown.since in 1..10)
        qr.leave()
        job.join()
        assertEquals(QrScreen.Empty, qr.state.value)
        qr.ask().join()
        qr.decline().join()
        assertEquals(QrScreen.Over(line(Word.DECLINED)), qr.state.value)
        qr.ask(challenge = "7361").join()
        assertEquals(Next.TYPE_AGAIN, (qr.state.value as QrScreen.Failed).problem.next)
    }

    @Test
    @Order(5)
    fun `the portrait goes along in further codes where the person wants that, and no desk asked for a sealed answer`() = runBlocking {
        val qr = QrPresenter(around)
        qr.ask().join()
        assertTrue((qr.state.value as QrScreen.Ask).canShowPortrait)
        qr.withPortrait().join()
        val asked = qr.state.value as QrScreen.Ask
        assertTrue(!asked.canShowPortrait && warning(Word.WITH_PORTRAIT_TOLD) in asked.lines)
        val job = qr.agree()
        val shown = qr.until { it is QrScreen.Showing } as QrScreen.Showing
        assertTrue(shown.digits.startsWith("7360") && shown.portrait.isNotEmpty() && shown.portrait.all { it.startsWith("7362") })
        qr.leave()
        job.join()
        // Sealed for the desk: codes that anybody can read do not go beside it.
        val question = Desk(nation, "Quầy 9").ask("--encrypted")
        qr.ask(challenge = question.digits).join()
        assertFalse((qr.state.value as QrScreen.Ask).canShowPortrait)
        question.end()
    }

    @Test
    @Order(5)
    fun `agreed to twice, one code is shown and one use noted`() = runBlocking {
        val answered = CountDownLatch(1)
        val slow = Surroundings(wallet, scope, { Recognised.BY_BIOMETRICS.also { answered.await() } }, zone = around.zone)
        val qr = QrPresenter(slow)
        qr.ask().join()
        val before = wallet.verifyHistory()
        val (first, second) = qr.agree() to qr.agree()
        answered.countDown()
        // No code of the first one goes on behind the second's.
        withTimeout(10.seconds) { first.join() }
        qr.until { it is QrScreen.Showing }
        qr.leave()
        second.join()
        assertEquals(before + 1u, wallet.verifyHistory())
    }

    @Test
    @Order(6)
    fun `an offer is shown before it is taken up`() = runBlocking {
        val link = nation.post("/sandbox/offer", JSONObject(mapOf("number" to THAO.number, "credential" to "citizen_sd_jwt"))).getString("credential_offer")
        assertEquals(Link.Offer(link), linkOf(link))
        val offer = OfferPresenter(around, BelievedIssuers(nation.roots, nation.documentsPem))
        offer.read(link).join()
        assertEquals(listOf(Word.OFFER_FROM, Word.CITIZEN), (offer.state.value as OfferScreen.Ask).lines.map { it.word })
        // A code that is good for once, and a finger that presses twice.
        val first = offer.agree(null)
        assertEquals(OfferScreen.Sending, offer.state.value)
        listOf(first, offer.agree(null)).joinAll()
        assertEquals(OfferScreen.Obtained(line(Word.OBTAINED, "1")), offer.state.value)
        val held = WalletPresenter(around)
        held.start().join()
        assertEquals(Word.DOCUMENT_UNTIL, held.state.value.rows.single(HeldRow::isDocument).lines.first().word)
        offer.read("openid-credential-offer://?").join()
        assertTrue(offer.state.value is OfferScreen.Failed)
    }

    @Test
    @Order(7)
    fun `a portal is answered with its two digits after all was shown`() = runBlocking {
        val (portal, view) = askedByPortal()
        val asked = portal.state.value as OnlineScreen.Ask
        assertEquals(Word.APPROVE_SIGN_IN, asked.lines.first().word)
        assertTrue(asked.needsNumber && asked.canAgree)
        assertTrue(asked.lines.containsAll(listOf(line(Word.TOLD_THESE), line(Word.CLAIM_1), line(Word.CLAIM_4), line(Word.CLAIM_ACCOUNT_LEVEL))) && asked.lines.none(Line::warning))
        portal.agree("").join()
        assertEquals("online.number_needed", (portal.state.value as OnlineScreen.Ask).problem?.code)
        // The key that approves asks the person, and nothing else does.
        recognised = null
        keys.fault = DeviceKeyException.UserCancelled()
        portal.agree(state(view).getString("number")).join()
        assertEquals("key.cancelled", (portal.state.value as OnlineScreen.Ask).problem?.code)
        keys.fault = null
        portal.agree(state(view).getString("number")).join()
        assertTrue(portal.state.value is OnlineScreen.Answered)
        recognised = Recognised.BY_BIOMETRICS
        repeat(100) { if (state(view).getString("state") != "done") delay(100.milliseconds) }
        assertEquals("done", state(view).getString("state"))
        val (other, unread) = askedByPortal()
        other.decline().join()
        assertEquals(OnlineScreen.Declined, other.state.value)
        assertEquals("refused", state(unread).getString("state"))
    }

    @Test
    @Order(7)
    fun `what is on its way is neither sent again nor declined`() = runBlocking {
        val before = wallet.verifyHistory()
        val (portal, view) = askedByPortal()
        val number = state(view).getString("number")
        val sent = portal.agree(number)
        assertEquals(OnlineScreen.Sending, portal.state.value)
        listOf(sent, portal.agree(number), portal.decline()).joinAll()
        assertTrue(portal.state.value is OnlineScreen.Answered)
        assertEquals(before + 1u, wallet.verifyHistory())
        val (other, _) = askedByPortal()
        listOf(other.decline(), other.decline(), other.agree("00")).joinAll()
        assertEquals(OnlineScreen.Declined, other.state.value)
        assertEquals(before + 2u, wallet.verifyHistory())
    }

    @Test
    @Order(7)
    fun `where nothing is approved the device asks who the person is`() = runBlocking {
        val query = """{"credentials":[{"id":"who","format":"dc+sd-jwt","meta":{"vct_values":["urn:vn:citizen:1"]},"claims":[{"path":["name"]}]}]}"""
        val shop = "https://shop.example.vn/answer"
        val parameters = mapOf(
            "client_id" to "redirect_uri:$shop", "response_type" to "vp_token", "response_mode" to "direct_post", "response_uri" to shop,
            "nonce" to "n-1", "dcql_query" to query,
        )
        val link = "openid4vp://?" + parameters.map { (name, value) -> "$name=${URLEncoder.encode(value, Charsets.UTF_8)}" }.joinToString("&")
        val shopping = OnlinePresenter(around, BelievedVerifiers(nation.roots, nation.askersPem, nation.askersPem, true))
        shopping.read(link).join()
        recognised = null
        shopping.agree(null).join()
        recognised = Recognised.BY_BIOMETRICS
        assertEquals(NOT_RECOGNISED, (shopping.state.value as OnlineScreen.Ask).problem)
    }

    @Test
    @Order(7)
    fun `why a portal refuses is said in its own words`() = runBlocking {
        val (portal, view) = askedByPortal()
        portal.agree("%02d".format((state(view).getString("number").toInt() + 1) % 100)).join()
        val theirs = (portal.state.value as OnlineScreen.Failed).problem.theirs!!
        assertEquals(Word.VERIFIER_SAYS, theirs.word)
        assertTrue((theirs.values.single() as Own).text.startsWith("wrong_number"))
    }

    private suspend fun askedByPortal(): Pair<OnlinePresenter, String> {
        val begun = nation.post("/portal/start", JSONObject(mapOf("other_screen" to true)))
        val link = linkOf(begun.getString("link")) as Link.Request
        val portal = OnlinePresenter(around, BelievedVerifiers(nation.roots, nation.askersPem, nation.askersPem, false))
        portal.read(link.text).join()
        return portal to begun.getString("view")
    }

    private fun state(view: String) = nation.post("/asking/state", JSONObject(mapOf("view" to view)))

    @Test
    @Order(8)
    fun `the history is turned page by page`() = runBlocking {
        val history = HistoryPresenter(around, page = 4u)
        history.start().join()
        assertEquals(4, history.state.value.rows.size)
        while (history.state.value.more) history.more().join()
        val numbers = history.state.value.rows.map { it.sequence.toLong() }
        assertEquals((numbers.size.toLong() downTo 1).toList(), numbers)
        val lines = history.state.value.rows.map { it.line }
        val known = listOf(Word.EVENT_ACCOUNT_OPENED, Word.EVENT_ACCOUNT_ACTIVATED, Word.EVENT_LEVEL_RAISED).map { line(it) }
        assertTrue(lines.containsAll(known + line(Word.EVENT_PRESENTED, line(Word.ANY_CLINIC), Listed(listOf(line(Word.HEALTH_INSURANCE))))))
        assertTrue(lines.map { it.word }.containsAll(setOf(Word.EVENT_PRESENTED_ONLINE, Word.EVENT_DECLINED, Word.EVENT_OBTAINED)))
        assertTrue(lines.none { it.word == Word.EVENT_ACCOUNT } && history.state.value.lines.isEmpty())
        val signedIn = history.state.value.rows.first { it.line.word == Word.EVENT_PRESENTED_ONLINE }
        val told = Listed(listOf(Word.CLAIM_1, Word.CLAIM_4, Word.CLAIM_ACCOUNT_LEVEL).map { line(it) })
        assertTrue(line(Word.HISTORY_TOLD, told) in signedIn.more, signedIn.toString())
        assertTrue(signedIn.canReport && history.state.value.rows.none { it.canReport && it.line.word == Word.EVENT_LEVEL_RAISED })
    }

    @Test
    @Order(8)
    fun `fraud is noted down once, in the person's words, after the person was asked for them`() = runBlocking {
        val history = HistoryPresenter(around)
        history.start().join()
        val before = history.state.value
        val row = before.rows.first { it.line.word == Word.EVENT_PRESENTED_ONLINE }
        // Nobody asked.
        history.report(row.sequence, "early").join()
        assertEquals(before, history.state.value)
        history.askToReport(row)
        history.report(row.sequence, " ").join()
        assertEquals(row.sequence to line(Word.REPORT_TOO_LONG), history.state.value.let { it.reporting to it.problem?.line })
        history.stop()
        assertEquals(before, history.state.value)
        history.askToReport(row)
        listOf(history.report(row.sequence, " They asked\nfor my \"PIN\" "), history.report(row.sequence, "twice")).joinAll()
        val after = history.state.value
        assertEquals(null to null, after.reporting to after.problem)
        val noted = after.rows.first()
        assertEquals(Word.EVENT_FRAUD_REPORTED to row.line.values.first(), noted.line.word to noted.line.values.single())
        assertEquals(listOf(line(Word.REPORT_TOLD, "They asked for my \"PIN\"")), noted.more)
        assertEquals(before.rows.first().sequence + 1u, noted.sequence)
    }

    @Test
    @Order(8)
    fun `what is awaited is given up after the person was asked once more`() = runBlocking {
        val held = WalletPresenter(around)
        held.start().join()
        val before = held.state.value
        val row = AwaitedRow("none", line(Word.AWAITED, line(Word.RESIDENCE)), canAsk = true)
        held.giveUp(row).join()
        assertEquals(before, held.state.value)
        held.askToDelete(row)
        assertEquals("none", held.state.value.deleting)
        held.keep()
        assertEquals(before, held.state.value)
        held.askToDelete(row)
        held.giveUp(row).join()
        // The sandbox's issuer has nothing later: the wallet was asked, and knows of none.
        assertEquals("credential.not_found", held.state.value.problem?.code)
        assertNull(held.state.value.deleting)
    }

    @Test
    @Order(9)
    fun `a lost phone is prepared for, the account locked and unlocked`() = runBlocking {
        account.newRevocationCode().join()
        val code = account.state.value.revocationCode!!
        assertTrue(code.count(Char::isDigit) >= 18)
        assertEquals(Word.REVOCATION_CODE_HINT, account.state.value.revocationHint?.word)
        // Half of it is copied when a call comes.
        account.refresh().join()
        assertEquals(code, account.state.value.revocationCode)
        account.lock().join()
        assertTrue(account.state.value.canUnlock && account.state.value.lines.first().warning)
        assertEquals(code, account.state.value.revocationCode)
        account.unlock().join()
        assertTrue(account.state.value.canLock)
        account.newRevocationCode().join()
        assertTrue(account.state.value.revocationCode !in setOf(null, code))
        // Another screen knows nothing of it.
        val other = AccountPresenter(around, AccountProvider(nation.url, nation.roots))
        other.refresh().join()
        assertNull(other.state.value.revocationCode)
    }

    @Test
    @Order(10)
    fun `what is due is counted, and fetched anew where the person wants it`() = runBlocking {
        val due = wallet.credentials(around.clock.now()).maxOf(Credential::refreshAt)
        val held = WalletPresenter(Surroundings(wallet, scope, around.recogniser, clock = { due }))
        held.start().join()
        val before = held.state.value
        assertTrue(before.due >= 2, "${before.due}")
        held.renewDue().join()
        val after = held.state.value
        assertNull(after.problem)
        assertEquals(before.rows.size to 0, after.rows.size to after.due)
        val old = before.rows.filterNot(HeldRow::isDocument).map(HeldRow::id)
        assertEquals(2, old.size)
        assertTrue(after.rows.none { it.id in old })
        // That clock was wrong by days: the wallet learns the time again.
        account.refresh().join()
    }

    @Test
    @Order(11)
    fun `without a network the screens stay and the code still shows`() = runBlocking {
        nation.stop()
        val before = account.state.value
        account.lock().join()
        assertEquals(before.copy(problem = account.state.value.problem), account.state.value)
        assertEquals(Next.TRY_LATER, account.state.value.problem?.next)
        val qr = QrPresenter(around)
        qr.ask().join()
        qr.agree()
        qr.until { it is QrScreen.Showing }
        qr.leave()
    }
}
