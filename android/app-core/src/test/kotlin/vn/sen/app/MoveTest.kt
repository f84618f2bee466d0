package vn.sen.app

import java.time.ZoneId
import java.util.concurrent.CountDownLatch
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.SupervisorJob
import kotlinx.coroutines.cancel
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
import vn.sen.AccountApplicant
import vn.sen.AccountProvider
import vn.sen.BelievedIssuers
import vn.sen.CardKey
import vn.sen.DeviceKey
import vn.sen.DeviceKeyException
import vn.sen.KeyStore
import vn.sen.Recognised
import vn.sen.Wallet
import vn.sen.WardAct
import vn.sen.nation.ChipReader
import vn.sen.nation.Nation
import vn.sen.nation.SecretInMemory
import vn.sen.nation.SoftwareKeys
import vn.sen.nation.THAO

private const val CHILD = "000224000001"
private const val CHILD_PHONE = "0900000003"

/** PIN, persons in care, a browser between, and the account on its way from phone to phone, against the real core and sandbox. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation::class)
class MoveTest {
    private val nation = Nation()
    private val chip = nation.chip()
    private val scope = CoroutineScope(SupervisorJob() + Dispatchers.Default)
    private val provider = AccountProvider(nation.url, nation.roots)
    private val slow = SlowKeys()
    private val childs = SoftwareKeys()
    private val phones = listOf("old", "new", "last").associateWith {
        Wallet.open(nation.wallet(it), SecretInMemory(), mapOf("new" to slow, "last" to childs)[it] ?: SoftwareKeys())
    }
    private val old = around("old")
    private val new = around("new")

    /** Makes no key until the gate is open. */
    private class SlowKeys(val all: SoftwareKeys = SoftwareKeys()) : KeyStore by all {
        @Volatile
        var gate = CountDownLatch(0)

        override fun create(id: String, perUse: Boolean, challenge: ByteArray): DeviceKey {
            gate.await()
            return all.create(id, perUse, challenge)
        }
    }

    private fun around(phone: String) =
        Surroundings(phones.getValue(phone), scope, { Recognised.BY_BIOMETRICS }, zone = ZoneId.of("Asia/Ho_Chi_Minh"))

    @AfterAll
    fun end() {
        scope.cancel()
        phones.values.forEach(Wallet::close)
        chip.close()
        nation.close()
    }

    private suspend fun <S : Any> Presenter<S>.until(wanted: (S) -> Boolean): S = withTimeout(30.seconds) { state.first(wanted) }

    private suspend fun read(card: CardPresenter): CardScreen {
        card.until { it is CardScreen.Hold }
        card.tag(ChipReader(chip))
        return card.until { it is CardScreen.Done || it is CardScreen.Failed || it is CardScreen.Number }
    }

    @Test
    @Order(1)
    fun `an account of level 2 says how long it is prepared`() = runBlocking {
        val account = AccountPresenter(old, provider)
        account.open(THAO.number, THAO.phone, "old phone").join()
        account.activate(nation.mailedCode(THAO.phone)).join()
        assertEquals(emptyList<Line>(), account.state.value.prepared)
        val card = CardPresenter(old)
        card.raiseLevel(CardKey.Can(THAO.can), ByteArray(1))
        assertEquals(CardScreen.Done(line(Word.LEVEL_REACHED)), read(card))
        val held = WalletPresenter(old)
        held.obtain("citizen").join()
        held.obtain("health-insurance").join()
        account.refresh().join()
        assertEquals(2, account.state.value.prepared.count { it.word == Word.VALID_UNTIL })
    }

    @Test
    @Order(2)
    fun `a PIN is set and changed, and what is wrong with it said`() = runBlocking {
        val pin = PinPresenter(old)
        pin.start().join()
        assertEquals(false to Word.PIN_NONE, pin.state.value.let { it.set to it.lines.first().word })
        assertFalse(pin.state.value.canRecover)
        for ((typed, word) in listOf(("12345" to "12345") to Word.PIN_NOT_SIX, ("159357" to "159358") to Word.PIN_DIFFERS, ("111111" to "111111") to Word.PIN_TOO_EASY)) {
            pin.set(typed.first, typed.second).join()
            assertEquals(word to Next.TYPE_AGAIN, pin.state.value.problem?.let { it.line.word to it.next })
            assertFalse(pin.state.value.done)
        }
        pin.set("159357", "159357").join()
        assertTrue(pin.state.value.done && pin.state.value.set == true && pin.state.value.canRecover)
        assertNull(pin.state.value.problem)
        pin.change("159358", "404071", "404071").join()
        assertEquals(Word.PIN_WRONG, pin.state.value.problem?.line?.word)
        assertFalse(pin.state.value.done)
        pin.change("159357", "404071", "404071").join()
        assertTrue(pin.state.value.done)
    }

    @Test
    @Order(3)
    fun `a forgotten PIN is freed by the card after a wait`() = runBlocking {
        val card = CardPresenter(old)
        card.recoverPin(CardKey.Can(THAO.can), ByteArray(1))
        assertEquals(Word.TAKES_EFFECT, (read(card) as CardScreen.Done).line.word)
        val account = AccountPresenter(old, provider)
        account.refresh().join()
        assertTrue(account.state.value.canCancelPending)
        // A counter's proof takes the place of the wait.
        nation.post("/sandbox/counter", JSONObject(mapOf("number" to THAO.number)))
        val pin = PinPresenter(old)
        pin.start().join()
        assertEquals(false, pin.state.value.set)
        pin.set("404071", "404071").join()
        assertTrue(pin.state.value.done)
    }

    @Test
    @Order(4)
    fun `a guardian sees a child's account, consents to it, locks and unlocks it`() = runBlocking {
        val wards = WardsPresenter(old)
        wards.start().join()
        assertEquals(listOf(line(Word.WARD_CHILD), line(Word.WARD_BORN, "2024"), line(Word.WARD_NO_ACCOUNT)), wards.state.value.rows.single().lines)
        assertEquals(emptyList<WardAct>(), wards.state.value.rows.single().acts)
        wards.act(CHILD, WardAct.LOCK).join()
        assertEquals(1, wards.state.value.rows.size)
        assertTrue(wards.state.value.problem != null)
        val child = AccountPresenter(around("last"), provider)
        child.open(CHILD, CHILD_PHONE, "child").join()
        child.activate(nation.mailedCode(CHILD_PHONE)).join()
        assertEquals(AccountStep.WAIT to Word.AWAITING_CONSENT, child.state.value.let { it.step to it.lines.first().word })
        wards.start().join()
        assertEquals(listOf(WardAct.CONSENT, WardAct.REFUSE), wards.state.value.rows.single().acts)
        for ((act, next) in listOf(WardAct.CONSENT to WardAct.LOCK, WardAct.LOCK to WardAct.UNLOCK, WardAct.UNLOCK to WardAct.LOCK)) {
            wards.act(CHILD, act).join()
            val row = wards.state.value.rows.single()
            assertEquals(listOf(next), row.acts)
            val stands = if (act == WardAct.LOCK) listOf(warning(Word.ACCOUNT_LOCKED), line(Word.LOCK_GUARDIAN)) else listOf(line(Word.LEVEL_1))
            assertEquals(stands, row.lines.takeLast(stands.size))
            assertNull(wards.state.value.problem)
        }
        val own = WardsPresenter(around("last"))
        own.start().join()
        assertEquals("account.level_required", own.state.value.problem?.code)
    }

    @Test
    @Order(5)
    fun `an issuer that wants a browser gets the person's word there`() = runBlocking {
        val offer = offered()
        val job = offer.agree(null)
        val shown = offer.until { it is OfferScreen.InBrowser } as OfferScreen.InBrowser
        val form = nation.browse(shown.url)
        val visit = form.body().substringAfter("name=\"visit\" value=\"").substringBefore('"')
        nation.browse("${nation.url}/authorize", mapOf("visit" to visit, "number" to THAO.number))
        val agreed = mapOf("visit" to visit, "code" to nation.mailedCode(THAO.phone), "answer" to "yes")
        val back = nation.browse("${nation.url}/authorize", agreed).headers().firstValue("location").get()
        // Whoever else calls the port learns nothing and ends nothing.
        for (other in listOf("/favicon.ico", "/?code=1")) assertEquals(404, nation.browse(back.substringBeforeLast("/") + other).statusCode())
        assertEquals(200, nation.browse(back).statusCode())
        job.join()
        assertEquals(OfferScreen.Obtained(line(Word.OBTAINED, "1")), offer.state.value)
        val given = offered()
        val waiting = given.agree(null)
        given.until { it is OfferScreen.InBrowser }
        given.stop()
        withTimeout(5.seconds) { waiting.join() }
        assertEquals(Word.CANCELLED, (given.state.value as OfferScreen.Failed).problem.line.word)
    }

    private suspend fun offered(): OfferPresenter {
        val wish = mapOf("number" to THAO.number, "credential" to "citizen_sd_jwt", "browser" to true)
        val link = nation.post("/sandbox/offer", JSONObject(wish)).getString("credential_offer")
        val offer = OfferPresenter(old, BelievedIssuers(nation.roots, nation.documentsPem))
        offer.read(link).join()
        return offer
    }

    @Test
    @Order(6)
    fun `the settings say what is held and who was told, and save the history`() = runBlocking {
        val qr = QrPresenter(old)
        qr.ask().join()
        qr.agree()
        qr.until { it is QrScreen.Showing }
        qr.leave()
        val settings = SettingsPresenter(old)
        settings.start().join()
        assertEquals(line(Word.HELD_PAPERS, "3"), settings.state.value.held.first())
        assertTrue(settings.state.value.told.any { it.word == Word.HELD_RECIPIENT })
        var file = ""
        settings.export { text -> true.also { file = text } }.join()
        assertTrue(settings.state.value.saved)
        assertEquals(settings.state.value.held.last(), line(Word.HELD_HISTORY, "${file.trim().lines().size}"))
        settings.export { false }.join()
        assertTrue(!settings.state.value.saved && settings.state.value.problem != null)
        // Once is not enough.
        settings.closeForGood().join()
        assertFalse(settings.state.value.closed)
        settings.close()
        assertTrue(settings.state.value.closing)
        settings.keep()
        assertFalse(settings.state.value.closing)
    }

    @Test
    @Order(7)
    fun `the account goes to the phone that shows the same digits, with the PIN`() = runBlocking {
        val receive = ReceivePresenter(new, provider, pause = 200.milliseconds)
        receive.start("").join()
        assertTrue((receive.state.value as ReceiveScreen.Name).problem != null)
        receive.start("new phone")
        val shown = receive.until { it is ReceiveScreen.Showing } as ReceiveScreen.Showing
        val digits = shown.lines.single { it.word == Word.BOTH_SHOW }
        // Left and come back to: the same code.
        receive.leave()
        val back = ReceivePresenter(new, provider, pause = 200.milliseconds)
        val receiving = back.start("new phone")
        assertEquals(shown.digits, (back.until { it is ReceiveScreen.Showing } as ReceiveScreen.Showing).digits)
        val give = HandOverPresenter(old, pause = 200.milliseconds)
        give.scanned("736312345").join()
        assertEquals(Next.TYPE_AGAIN, (give.state.value as HandOverScreen.Scan).problem?.next)
        give.scanned(shown.digits).join()
        give.differ()
        assertEquals(Word.DIGITS_DIFFER, (give.state.value as HandOverScreen.Failed).problem.line.word)
        give.handOver("404071").join()
        assertTrue(give.state.value is HandOverScreen.Failed)
        give.scanned(shown.digits).join()
        assertEquals(listOf(line(Word.HAND_OVER_TO, "new phone"), digits), (give.state.value as HandOverScreen.Compare).lines)
        give.same()
        give.handOver("404072").join()
        assertEquals(Word.PIN_WRONG, (give.state.value as HandOverScreen.Pin).problem?.line?.word)
        slow.gate = CountDownLatch(1)
        val given = give.handOver("404071")
        assertEquals(HandOverScreen.Sending, give.state.value)
        listOf(given, give.handOver("404071")).joinAll()
        assertEquals(HandOverScreen.Done(line(Word.ACCOUNT_ELSEWHERE)), give.state.value)
        assertEquals(1, phones.getValue("old").history(null, 100u).count { it.kind == "handed_over" })
        // Left for the PIN's screen while the documents are under way: they go on. Then the person does not want it now.
        back.until { it is ReceiveScreen.Arrived }
        back.leave()
        slow.all.fault = DeviceKeyException.UserCancelled()
        slow.gate.countDown()
        receiving.join()
        val declined = back.state.value as ReceiveScreen.Arrived
        assertEquals(true to Word.CANCELLED, declined.canGoOn to declined.problem?.line?.word)
        // The wallet offers them for as long as they are not there.
        val held = WalletPresenter(new)
        held.start().join()
        assertTrue(held.state.value.hasCarried && held.state.value.rows.isEmpty())
        held.obtainCarried().join()
        assertEquals(true to Word.CANCELLED, held.state.value.hasCarried to held.state.value.problem?.line?.word)
        slow.all.fault = null
        back.goOn().join()
        val arrived = back.state.value as ReceiveScreen.Arrived
        assertEquals(listOf(Word.MOVED_HERE, Word.SET_PIN_NEXT, Word.OBTAINED), arrived.lines.map { it.word })
        // Both credentials and the document of the account's provider.
        assertEquals(Own("3"), arrived.lines.last().values.single())
        held.start().join()
        assertEquals(false to 3, held.state.value.hasCarried to held.state.value.rows.size)
        val before = AccountPresenter(old, provider)
        before.start().join()
        assertEquals(AccountStep.GONE, before.state.value.step)
    }

    @Test
    @Order(8)
    fun `without the old phone the account comes by the card, and the phone in use can object`() = runBlocking {
        val card = CardPresenter(old)
        card.moveHere(provider, AccountApplicant(THAO.number, THAO.phone, "old again"), CardKey.Can(THAO.can), ByteArray(1))
        assertEquals(Word.TAKES_EFFECT, (read(card) as CardScreen.Done).line.word)
        val here = AccountPresenter(old, provider)
        here.start().join()
        assertEquals(AccountStep.WAIT to Word.ACCOUNT_WAITING, here.state.value.let { it.step to it.lines.single().word })
        // Whatever is begun here meanwhile, it waits, and says until when.
        here.refresh().join()
        assertEquals(AccountStep.WAIT to Word.ACCOUNT_WAITING, here.state.value.let { it.step to it.lines.single().word })
        assertNull(here.state.value.problem)
        here.open(THAO.number, THAO.phone, "old again").join()
        assertEquals(AccountStep.WAIT to Word.ACCOUNT_WAITING, here.state.value.let { it.step to it.lines.single().word })
        val receive = ReceivePresenter(old, provider)
        receive.start("old again").join()
        assertEquals(Word.ACCOUNT_WAITING, (receive.state.value as ReceiveScreen.Name).problem?.line?.word)
        card.moveHere(provider, AccountApplicant(THAO.number, THAO.phone, "old again"), CardKey.Can(THAO.can), ByteArray(1)).join()
        assertEquals(Word.ACCOUNT_WAITING, (card.state.value as CardScreen.Failed).problem.line.word)
        val inUse = AccountPresenter(new, provider)
        // Who only looks at the app is told, too.
        inUse.start().join()
        assertTrue(inUse.state.value.canCancelPending && inUse.state.value.lines.any { it.word == Word.PENDING_PHONE && it.warning })
        nation.post("/sandbox/counter", JSONObject(mapOf("number" to THAO.number)))
        here.refresh().join()
        assertEquals(AccountStep.IN_USE, here.state.value.step)
        inUse.refresh().join()
        assertEquals(AccountStep.GONE, inUse.state.value.step)
        // It arrived: there is nothing to be received.
        receive.start("old again").join()
        assertEquals(Word.ACCOUNT_HERE, (receive.state.value as ReceiveScreen.Arrived).lines.first().word)
    }

    @Test
    @Order(8)
    fun `a phone that lost its key says so, and can be opened or moved to again`() = runBlocking {
        childs.keys.clear()
        val child = AccountPresenter(around("last"), provider)
        child.refresh().join()
        assertEquals(AccountStep.GONE to line(Word.KEY_LOST), child.state.value.let { it.step to it.problem?.line })
        // The app is opened again.
        child.start().join()
        assertEquals(AccountScreen(AccountStep.GONE, listOf(warning(Word.KEY_LOST)), phones = child.state.value.phones), child.state.value)
        val receive = ReceivePresenter(around("last"), provider)
        val receiving = receive.start("last")
        receive.until { it is ReceiveScreen.Showing }
        receive.leave()
        receiving.join()
    }

    @Test
    @Order(9)
    fun `the account ends when the person said so twice`() = runBlocking {
        val settings = SettingsPresenter(old)
        settings.start().join()
        settings.close()
        settings.closeForGood().join()
        assertTrue(settings.state.value.closed)
        assertEquals(line(Word.HELD_PAPERS, "0"), settings.state.value.held.first())
        val account = AccountPresenter(old, provider)
        account.start().join()
        assertEquals(listOf(line(Word.ACCOUNT_CLOSED)), account.state.value.lines)
    }
}
