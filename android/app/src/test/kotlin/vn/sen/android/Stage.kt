package vn.sen.android

import java.time.ZoneId
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.SupervisorJob
import vn.sen.AccountProvider
import vn.sen.BelievedIssuers
import vn.sen.BelievedVerifiers
import vn.sen.Clock
import vn.sen.Recognised
import vn.sen.Wallet
import vn.sen.app.Surroundings
import vn.sen.eraseWallet
import vn.sen.nation.Nation
import vn.sen.nation.Person
import vn.sen.nation.SecretInMemory
import vn.sen.nation.SoftwareKeys

/** Somebody of the register in whose care nobody is. */
val MARIA = Person("000190000006", "0900000006", can = "", card = "")

/** Somebody else, whose card another nation's authority signed. */
val MAU = Person("000199012345", "0900000001", can = "012345", card = "a_bp512_explicit_2021")

private val SCOPE = CoroutineScope(SupervisorJob() + Dispatchers.Default)

/** A phone's insides over the real core and a sandbox. Only its hardware is the JVM's: its keys, its clock and who is recognised. */
class Pocket(val nation: Nation, name: String) {
    val keys = SoftwareKeys()
    private val secret = SecretInMemory()
    private val folder = nation.wallet(name)

    /** Seconds that the phone's clock is ahead. */
    @Volatile
    var ahead = 0L

    /** Seconds that pass from one look at the clock to the next. */
    @Volatile
    var hurry = 0L
    private val clock = Clock {
        ahead += hurry
        Clock.system.now() + ahead
    }
    val around by lazy {
        Surroundings(Wallet.open(folder, secret, keys), SCOPE, { Recognised.BY_BIOMETRICS }, clock, ZoneId.of("Asia/Ho_Chi_Minh"))
    }

    fun erase() = eraseWallet(folder, secret)

    fun onTime() {
        hurry = 0
        ahead = 0
    }

    companion object {
        /** The one in the hand. */
        lateinit var inHand: Pocket
    }
}

/** The app, with those whom the sandbox names. */
class AppOnStage : SenApp() {
    override val surroundings get() = Pocket.inHand.around
    override fun erase() = Pocket.inHand.erase()

    override val provider get() = Pocket.inHand.nation.run { AccountProvider(url, roots) }
    override val issuers get() = Pocket.inHand.nation.run { BelievedIssuers(roots, documentsPem) }
    override val verifiers get() = Pocket.inHand.nation.run { BelievedVerifiers(roots, askersPem, askersPem, false) }
}
