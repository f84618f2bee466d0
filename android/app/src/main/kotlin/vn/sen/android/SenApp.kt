package vn.sen.android

import android.app.Application
import java.io.File
import java.io.IOException
import java.lang.ref.WeakReference
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.SupervisorJob
import vn.sen.AccountProvider
import vn.sen.BelievedIssuers
import vn.sen.BelievedVerifiers
import vn.sen.Wallet
import vn.sen.eraseWallet
import vn.sen.app.BusyServer
import vn.sen.app.Surroundings

/** One wallet for the whole app, opened on a worker thread, and whom it believes. */
open class SenApp : Application() {
    /** The activity in front, for prompts. */
    var front: WeakReference<MainActivity> = WeakReference(null)

    private val scope = CoroutineScope(SupervisorJob() + Dispatchers.Default)

    private val folder: File get() = File(noBackupFilesDir, "wallet").apply { mkdirs() }

    /** Where the wallet does not open it is tried again at the next call. */
    open val surroundings: Surroundings by lazy {
        val device = DeviceAuthenticator { front.get() }
        val busy = BusyServer()
        val wallet = Wallet.open(folder.path, KeystoreSecretStore(this), KeystoreKeyStore(packageManager, device), busy)
        Surroundings(wallet, scope, device, busy = busy)
    }

    /** Deletes a wallet that cannot be opened. */
    open fun erase() = eraseWallet(folder.path, KeystoreSecretStore(this))

    /** Files that whoever builds the app puts into `assets/nation`: no nation is believed by default. */
    open val provider: AccountProvider by lazy { AccountProvider(text("provider"), asset("ca.pem")) }
    open val issuers: BelievedIssuers by lazy { BelievedIssuers(asset("ca.pem"), text("documents-ca.pem")) }
    open val verifiers: BelievedVerifiers by lazy { BelievedVerifiers(asset("ca.pem"), text("askers-ca.pem"), text("askers-ca.pem"), false) }

    private fun text(name: String) = asset(name).decodeToString().trim()

    private fun asset(name: String): ByteArray = try {
        assets.open("nation/$name").use { it.readBytes() }
    } catch (error: IOException) {
        throw IllegalStateException("this build has no assets/nation/$name", error)
    }
}
