package vn.sen.app

import kotlinx.coroutines.Job
import vn.sen.AccountApplicant
import vn.sen.AccountProvider
import vn.sen.AccountState
import vn.sen.AccountView
import vn.sen.LockedBy
import vn.sen.Pending
import vn.sen.PendingKind
import vn.sen.Phone
import vn.sen.PhoneState
import vn.sen.SenException
import vn.sen.Wallet
import vn.sen.waitSeconds

/** Where the account is for the person. */
enum class AccountStep { OPEN, CODE, WAIT, IN_USE, GONE }

/** What the account's screens show. */
data class AccountScreen(
    val step: AccountStep,
    val lines: List<Line> = emptyList(),
    val phones: List<Line> = emptyList(),
    val canRaise: Boolean = false,
    val canLock: Boolean = false,
    val canUnlock: Boolean = false,
    val canCancelPending: Boolean = false,
    /** How long each credential can be shown without a network, and what ends soon. */
    val prepared: List<Line> = emptyList(),
    /** Shown once, to be copied by hand: it stays until another is made or the screen ends. */
    val revocationCode: String? = null,
    /** What is said of it. */
    val revocationHint: Line? = null,
    val problem: Problem? = null,
)

/** Opening, activating, looking at, locking the account; its phones. */
class AccountPresenter(around: Surroundings, private val provider: AccountProvider) :
    Presenter<AccountScreen>(AccountScreen(AccountStep.OPEN), around) {

    private var askedAt = Long.MIN_VALUE

    /**
     * What this phone remembers, which needs no network; then what the provider knows, so that a phone in use hears of it when its account
     * is being taken. The key may ask the person who they are, so not each time that the screen comes back.
     */
    fun start(): Job = ask {
        val remembered = refreshed(it.rememberedAccount())
        if (remembered.step !in ASKED_ABOUT || now() - PAUSE < askedAt) return@ask remembered
        show(remembered)
        try {
            val known = refreshed(asked(it))
            // What the person did meanwhile is newer.
            if (state.value === remembered) known else state.value
        } catch (error: SenException) {
            // Nobody asked for this, so it says nothing of a network that is gone, a wait, or a person who does not want it.
            val quiet = error is SenException.NoNetwork || error is SenException.UserCancelled || error.waitSeconds != null
            if (error is SenException.UserCancelled) askedAt = now()
            if (quiet) state.value else throw error
        }
    }

    fun refresh(): Job = ask { refreshed(asked(it)) }

    private suspend fun asked(of: Wallet): AccountView = of.showAccount(now()).also { askedAt = now() }

    fun open(number: String, phone: String, device: String): Job = ask {
        val opened = it.openAccount(provider, AccountApplicant(number.trim(), phone.trim(), device.trim()), now())
        AccountScreen(AccountStep.CODE, listOf(line(Word.CODE_SENT, opened.codeSentTo), line(Word.CODE_SECRET)))
    }

    /** No code came: another number, or the same one once more. An account that was never activated is given up for the next. */
    fun startOver() = show(AccountScreen(AccountStep.OPEN))

    fun activate(code: String): Job = ask {
        it.activateAccount(code.trim(), now())
        refreshed(asked(it))
    }

    fun lock(): Job = ask {
        it.lockAccount(now())
        refreshed(asked(it))
    }

    fun unlock(): Job = ask {
        it.unlockAccount(now())
        refreshed(asked(it))
    }

    fun cancelPending(): Job = ask {
        it.cancelPending(now())
        refreshed(asked(it))
    }

    fun newRevocationCode(): Job = ask {
        val made = it.newRevocationCode(now())
        state.value.copy(revocationCode = made.code, revocationHint = line(Word.REVOCATION_CODE_HINT, made.useAt), problem = null)
    }

    /** Without an account there is nothing wrong yet. */
    private fun ask(next: suspend (Wallet) -> AccountScreen): Job = work({ problem ->
        when {
            problem.code == "account.no_account" -> AccountScreen(AccountStep.OPEN)
            problem.code == DEVICE_WAITING -> AccountScreen(AccountStep.WAIT, listOf(problem.line))
            problem.next == Next.ENROL_AGAIN -> AccountScreen(AccountStep.GONE, problem = problem)
            else -> state.value.copy(problem = problem)
        }
    }) { show(next(wallet)) }

    private fun refreshed(view: AccountView): AccountScreen = AccountScreen(
        step = step(view.state),
        lines = lines(view),
        phones = view.phones.map(::phone),
        canRaise = view.state == AccountState.ACTIVE && view.level < 2u,
        canLock = view.state == AccountState.ACTIVE,
        canUnlock = view.state == AccountState.LOCKED && view.lockedBy == LockedBy.HOLDER,
        canCancelPending = view.pending != null && step(view.state) == AccountStep.IN_USE,
        prepared = if (step(view.state) == AccountStep.IN_USE) wallet.credentials(now()).flatMap { prepared(it, around.zone) } else emptyList(),
        revocationCode = state.value.revocationCode,
        revocationHint = state.value.revocationHint,
    )

    private fun step(state: AccountState) = when (state) {
        AccountState.AWAITING_CODE -> AccountStep.CODE
        AccountState.ACTIVE, AccountState.LOCKED, AccountState.BLOCKED -> AccountStep.IN_USE
        // A move that was begun and stopped is begun again, or given up for another way.
        AccountState.RECEIVING, AccountState.PROVING -> AccountStep.OPEN
        AccountState.CLOSED, AccountState.CANCELLED, AccountState.REPLACED, AccountState.LOST, AccountState.KEY_LOST -> AccountStep.GONE
        else -> AccountStep.WAIT
    }

    private fun lines(view: AccountView): List<Line> {
        val stands = when (view.state) {
            AccountState.AWAITING_CODE -> line(Word.CODE_AWAITED)
            AccountState.AWAITING_CONSENT -> line(Word.AWAITING_CONSENT)
            AccountState.ACTIVE -> line(if (view.level >= 2u) Word.LEVEL_2 else Word.LEVEL_1)
            AccountState.LOCKED -> warning(Word.ACCOUNT_LOCKED)
            AccountState.BLOCKED -> warning(Word.ACCOUNT_BLOCKED)
            AccountState.CLOSED -> line(Word.ACCOUNT_CLOSED)
            AccountState.REPLACED, AccountState.LOST, AccountState.CANCELLED -> warning(Word.ACCOUNT_ELSEWHERE)
            AccountState.KEY_LOST -> warning(Word.KEY_LOST)
            // Begun and left: the screen is that of a phone without an account.
            AccountState.RECEIVING, AccountState.PROVING -> null
            AccountState.WAITING -> line(Word.ACCOUNT_WAITING, view.pending?.let { minute(it.effectiveAt, around.zone) }.orEmpty())
            else -> line(Word.ACCOUNT_OTHER)
        }
        val secret = line(Word.CODE_SECRET).takeIf { view.state == AccountState.AWAITING_CODE }
        val locked = line(Word.LOCKED_BY_OTHER).takeIf { view.state == AccountState.LOCKED && view.lockedBy != LockedBy.HOLDER }
        val pending = view.pending.takeIf { step(view.state) == AccountStep.IN_USE }
        return listOfNotNull(stands, secret, locked, pending?.let(::pending))
    }

    /** What the holder may not know of: always a warning. */
    private fun pending(pending: Pending): Line {
        val at = minute(pending.effectiveAt, around.zone)
        return if (pending.kind == PendingKind.PIN) warning(Word.PENDING_PIN, at) else warning(Word.PENDING_PHONE, pending.name, at)
    }

    private fun phone(phone: Phone) = when (phone.state) {
        PhoneState.ACTIVE -> line(Word.PHONE_IN_USE, phone.name)
        PhoneState.LOST -> line(Word.PHONE_LOST, phone.name)
        else -> line(Word.PHONE_BEFORE, phone.name)
    }

    private companion object {
        /** Where something may have happened of which this phone does not know. */
        val ASKED_ABOUT = setOf(AccountStep.WAIT, AccountStep.IN_USE)

        /** Seconds, far below the time to object. */
        const val PAUSE = 600L
    }
}
