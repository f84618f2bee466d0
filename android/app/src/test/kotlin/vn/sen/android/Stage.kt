package vn.sen.android

import java.time.ZoneId
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.SupervisorJob
import vn.sen.AccountProvider
import vn.sen.BelievedIssuers
import vn.sen.BelievedVerifiers
import vn.sen.Recognised
import vn.sen.Wallet
import vn.sen.app.Surroundings
import vn.sen.nation.Nation
import vn.sen.nation.SecretInMemory
import vn.sen.nation.SoftwareKeys

/** The real core and sandbox below the real screens. Only the phone's hardware is the JVM's: its keys and who is recognised. */
object Stage {
    val nation = Nation().also { Runtime.getRuntime().addShutdownHook(Thread(it::close)) }
    private val scope = CoroutineScope(SupervisorJob() + Dispatchers.Default)

    /** What the app that starts next works with. */
    var around: Surroundings = wallet("first")

    /** A phone with nothing in it. */
    fun wallet(name: String): Surroundings {
        val wallet = Wallet.open(nation.wallet(name), SecretInMemory(), SoftwareKeys())
        return Surroundings(wallet, scope, { Recognised.BY_BIOMETRICS }, zone = ZoneId.of("Asia/Ho_Chi_Minh"))
    }
}

/** The app, with those whom the sandbox names. */
class AppOnStage : SenApp() {
    override val surroundings get() = Stage.around
    override val provider get() = AccountProvider(Stage.nation.url, Stage.nation.roots)
    override val issuers get() = BelievedIssuers(Stage.nation.roots, Stage.nation.documentsPem)
    override val verifiers get() = Stage.nation.run { BelievedVerifiers(roots, askersPem, askersPem, false) }
}
