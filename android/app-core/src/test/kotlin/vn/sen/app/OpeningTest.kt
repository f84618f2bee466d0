package vn.sen.app

import java.io.File
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.SupervisorJob
import kotlinx.coroutines.cancel
import kotlinx.coroutines.joinAll
import kotlinx.coroutines.runBlocking
import org.junit.jupiter.api.AfterEach
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir
import vn.sen.HistoryLine
import vn.sen.SecretStore
import vn.sen.SecretStoreFailure
import vn.sen.Wallet
import vn.sen.eraseWallet
import vn.sen.nation.SecretInMemory
import vn.sen.nation.SoftwareKeys

/** What opens the wallet is gone, or not to be had for now. */
class OpeningTest {
    @TempDir
    lateinit var folder: File
    private val scope = CoroutineScope(SupervisorJob() + Dispatchers.Default)
    private val secret = SecretInMemory()
    private var wallet: Wallet? = null
    private var erased = 0

    @AfterEach
    fun end() {
        scope.cancel()
        wallet?.close()
    }

    private fun opening(secrets: SecretStore) = OpeningPresenter(
        scope,
        open = { wallet = Wallet.open(folder.path, secrets, SoftwareKeys()) },
        erase = {
            erased += 1
            eraseWallet(folder.path, secrets)
        },
    )

    @Test
    fun `a wallet whose secret is gone is deleted when the person said so twice, and the next one is new`() = runBlocking {
        Wallet.open(folder.path, secret, SoftwareKeys()).close()
        secret.erase()
        val opening = opening(secret)
        opening.start().join()
        val lost = OpeningScreen.Lost(Problem(warning(Word.WALLET_LOST), Next.ENROL_AGAIN, "store.secret_lost"))
        assertEquals(lost, opening.state.value)
        opening.delete().join()
        opening.askToDelete()
        assertEquals(lost.copy(deleting = true), opening.state.value)
        opening.keep()
        opening.delete().join()
        assertEquals(lost to 0, opening.state.value to erased)
        opening.askToDelete()
        // The wallet that the first press made is not what the second one meant.
        listOf(opening.delete(), opening.delete()).joinAll()
        assertEquals(OpeningScreen.Open to 1, opening.state.value to erased)
        assertEquals(emptyList<HistoryLine>(), wallet!!.history(null, 1u))
    }

    @Test
    fun `where the phone's store fails it is tried again, and nothing is deleted`() = runBlocking {
        var fails = true
        val opening = opening(object : SecretStore by secret {
            override fun load(): ByteArray? = if (fails) throw SecretStoreFailure.Unavailable() else secret.load()
        })
        opening.start().join()
        assertEquals("secret.unavailable", (opening.state.value as OpeningScreen.Failed).problem.code)
        opening.askToDelete()
        opening.delete().join()
        assertEquals(0, erased)
        fails = false
        opening.start().join()
        assertEquals(OpeningScreen.Open, opening.state.value)
    }
}
