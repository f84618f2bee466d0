package vn.sen

import java.util.concurrent.CountDownLatch
import java.util.concurrent.TimeUnit
import java.util.concurrent.atomic.AtomicInteger
import kotlin.concurrent.thread
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.async
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import org.junit.jupiter.api.AfterAll
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.MethodOrderer
import org.junit.jupiter.api.Order
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.TestInstance
import org.junit.jupiter.api.TestMethodOrder
import org.junit.jupiter.api.Timeout
import org.junit.jupiter.api.assertThrows
import vn.sen.nation.ChipReader
import vn.sen.nation.Nation
import vn.sen.nation.SecretInMemory
import vn.sen.nation.SoftwareKeys
import vn.sen.nation.Steps
import vn.sen.nation.THAO

/** One wallet under many threads, calls that are given up, and objects that are released under a call. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation::class)
@Timeout(120)
class SharedWalletTest {
    private val nation = Nation()
    private val chip = nation.chip()
    private val keys = SoftwareKeys()
    private val wallet = Wallet.open(nation.wallet("one"), SecretInMemory(), keys)

    private fun now() = Clock.system.now()

    init {
        runBlocking {
            wallet.openAccount(AccountProvider(nation.url, nation.roots), AccountApplicant(THAO.number, THAO.phone, "kotlin"), now())
            wallet.activateAccount(nation.mailedCode(THAO.phone), now())
            wallet.stepUp(ChipReader(chip), CardKey.Can(THAO.can), "capture".toByteArray(), Steps(), now())
            wallet.obtainCredential("health-insurance", null, null, now())
        }
    }

    @AfterAll
    fun end() {
        chip.close()
        nation.close()
        wallet.close()
    }

    private fun show() = wallet.askConsent("health-insurance", null, null, now()).grant(Recognised.BY_DEVICE, now())

    @Test
    @Order(1)
    fun `sixty-four threads on one wallet all get what they asked for`() {
        val (begin, right, wrong) = Triple(CountDownLatch(1), AtomicInteger(), AtomicInteger())
        val threads = List(64) { number ->
            thread {
                begin.await()
                val came = runCatching {
                    repeat(5) {
                        when (number % 4) {
                            0 -> show().use { consent -> check(wallet.presentQr(consent, now()).text.startsWith("7360")) }
                            1 -> check(wallet.credentials(now()).size == 1)
                            2 -> check(wallet.history(null, 3u).size == 3)
                            else -> check(runBlocking { wallet.showAccount(now()) }.level == 2u.toUByte())
                        }
                    }
                }
                if (came.isSuccess) right.incrementAndGet() else wrong.incrementAndGet().also { println(came.exceptionOrNull()) }
            }
        }
        begin.countDown()
        threads.forEach { it.join(100_000) }
        assertEquals(64 to 0, right.get() to wrong.get())
        assertEquals(wallet.history(null, 1u).single().sequence, wallet.verifyHistory())
    }

    @Test
    @Order(2)
    fun `a reading that is given up ends before its next command`() = runBlocking {
        wallet.beginStepUp(now()).use { proof ->
            val (reached, goOn) = CountDownLatch(1) to CountDownLatch(1)
            val reader = ChipReader(chip) { command ->
                if (command == 8) {
                    reached.countDown()
                    goOn.await(20, TimeUnit.SECONDS)
                }
            }
            val reading = launch(Dispatchers.IO) { proof.read(reader, CardKey.Can(THAO.can), Steps()) }
            assertTrue(reached.await(20, TimeUnit.SECONDS))
            reading.cancelAndJoin()
            goOn.countDown()
            // The worker needs a moment to come to an end; only then is the proof free for the next reading.
            val again = readWhenFree(proof)
            assertEquals(8, reader.commands)
            assertTrue(again.commands > 8)
            assertTrue(proof.isRead())
        }
    }

    private suspend fun readWhenFree(proof: CardProof): ChipReader {
        repeat(200) {
            try {
                return ChipReader(chip).also { proof.read(it, CardKey.Can(THAO.can), Steps()) }
            } catch (busy: SenException.NotReady) {
                assertEquals("card.being_read", busy.code)
                kotlinx.coroutines.delay(50)
            }
        }
        error("the reading did not end")
    }

    @Test
    @Order(3)
    fun `what is released under a call goes when the call is over`() = runBlocking {
        val other = Wallet.open(nation.wallet("released"), SecretInMemory(), keys)
        other.openAccount(AccountProvider(nation.url, nation.roots), AccountApplicant("000199012345", "0900000001", "kotlin"), now())
        other.activateAccount(nation.mailedCode("0900000001"), now())
        assertEquals(listOf(0, 0, 2), settledPorts(listOf(0, 0, 2)))
        val proof = other.beginStepUp(now())
        val (reached, goOn) = CountDownLatch(1) to CountDownLatch(1)
        val reader = ChipReader(chip) { command ->
            if (command == 5) {
                reached.countDown()
                goOn.await(20, TimeUnit.SECONDS)
            }
        }
        val reading = async(Dispatchers.IO) { runCatching { proof.read(reader, CardKey.Can(THAO.can), Steps()) } }
        assertTrue(reached.await(20, TimeUnit.SECONDS))
        // Released between a command and its answer. Nobody can call them any more; the call holds what it needs.
        other.close()
        proof.close()
        assertThrows<IllegalStateException> { other.history(null, 1u) }
        assertThrows<IllegalStateException> { proof.isRead() }
        assertEquals(listOf(1, 1, 2), settledPorts(listOf(1, 1, 2)))
        goOn.countDown()
        assertEquals(null, reading.await().exceptionOrNull())
        assertTrue(reader.commands > 5)
        assertEquals(listOf(0, 0, 1), settledPorts(listOf(0, 0, 1)))
    }

    @Test
    @Order(4)
    fun `no port stays behind after its call`() = runBlocking {
        repeat(3) { readWhole() }
        val before = held()
        repeat(10) { readWhole() }
        repeat(50) { show().use { wallet.presentQr(it, now()) } }
        assertEquals(before, settled(before))
    }

    private suspend fun readWhole() = wallet.beginStepUp(now()).use { it.read(ChipReader(chip), CardKey.Can(THAO.can), Steps()) }

    /** Ports that the library holds: transports and listeners, of which a call has one each, and a key store for each wallet. */
    private fun ports() = listOf(
        FfiConverterTypeCardTransport.handleMap.size,
        FfiConverterTypeReadingListener.handleMap.size,
        FfiConverterTypeKeyStore.handleMap.size,
    )

    private fun held() = ports() + FfiConverterTypeDeviceKey.handleMap.size

    private fun settledPorts(wanted: List<Int>) = settled(wanted, ::ports)

    private fun settled(wanted: List<Int>, found: () -> List<Int> = ::held): List<Int> {
        repeat(50) {
            if (found() == wanted) return wanted
            Thread.sleep(100)
        }
        return found()
    }

    @Test
    @Order(5)
    fun `without a network the account cannot be asked and the code still shows`() {
        nation.stop()
        val gone = runCatching { runBlocking { wallet.lockAccount(now()) } }.exceptionOrNull()
        assertTrue(gone is SenException.NoNetwork, "$gone")
        assertTrue(wallet.presentQr(show(), now()).text.startsWith("7360"))
        assertEquals(AccountState.ACTIVE, wallet.rememberedAccount().state)
    }
}
