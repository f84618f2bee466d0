package vn.sen.app

import kotlinx.coroutines.Job
import vn.sen.AccountState
import vn.sen.LockedBy
import vn.sen.Ward
import vn.sen.WardAct

/** A person in the holder's care, and what can be done for them. */
data class WardRow(val number: String, val name: String, val lines: List<Line>, val acts: List<WardAct>)

data class WardsScreen(
    val rows: List<WardRow> = emptyList(),
    val lines: List<Line> = emptyList(),
    /** The provider has not answered yet. */
    val busy: Boolean = false,
    val problem: Problem? = null,
)

/** Children and persons under guardianship: their accounts, as the guardian acts for them. */
class WardsPresenter(around: Surroundings) : Presenter<WardsScreen>(WardsScreen(), around) {
    fun start(): Job = ask {}

    fun act(number: String, act: WardAct): Job = ask { wallet.actForWard(number, act, now()) }

    private fun ask(first: suspend () -> Unit): Job = work({ state.value.copy(busy = false, problem = it) }) {
        show(state.value.copy(busy = true, problem = null))
        first()
        val rows = wallet.wards(now()).map(::row)
        show(WardsScreen(rows, if (rows.isEmpty()) listOf(line(Word.WARD_NOBODY), line(Word.WARD_WHAT_FOR), line(Word.WARD_HOW)) else emptyList()))
    }

    private fun row(of: Ward): WardRow {
        val relation = line(if (of.ward) Word.WARD_PERSON else Word.WARD_CHILD)
        return WardRow(of.number, of.name, listOfNotNull(relation, born(of.dateOfBirth)) + account(of) + of.account?.locks.orEmpty().map(::why), acts(of))
    }

    /** The year and no more: who looks over a shoulder needs no birthday. */
    private fun born(iso: String): Line? = iso.take(YEAR).takeIf { it.length == YEAR && it.all(Char::isDigit) }?.let { line(Word.WARD_BORN, it) }

    private fun account(of: Ward): Line {
        val account = of.account ?: return line(Word.WARD_NO_ACCOUNT)
        return when (account.state) {
            AccountState.AWAITING_CONSENT -> warning(Word.AWAITING_CONSENT)
            AccountState.ACTIVE -> line(if (account.level >= 2u) Word.LEVEL_2 else Word.LEVEL_1)
            AccountState.LOCKED -> warning(Word.ACCOUNT_LOCKED)
            AccountState.BLOCKED -> warning(Word.ACCOUNT_BLOCKED)
            AccountState.CLOSED -> line(Word.ACCOUNT_CLOSED)
            else -> line(Word.ACCOUNT_OTHER)
        }
    }

    private fun acts(of: Ward): List<WardAct> {
        val account = of.account ?: return emptyList()
        return when (account.state) {
            AccountState.AWAITING_CONSENT -> listOf(WardAct.CONSENT, WardAct.REFUSE)
            // Another's lock is not the guardian's to lift, but theirs can be added to it.
            AccountState.ACTIVE, AccountState.LOCKED -> listOf(if (LockedBy.GUARDIAN in account.locks) WardAct.UNLOCK else WardAct.LOCK)
            else -> emptyList()
        }
    }

    private companion object {
        const val YEAR = 4
    }
}

/** Who locked an account, or why. */
private fun why(lock: LockedBy): Line = line(
    when (lock) {
        LockedBy.HOLDER -> Word.LOCK_HOLDER
        LockedBy.TERMS -> Word.LOCK_TERMS
        LockedBy.CARD_WITHDRAWN -> Word.LOCK_CARD_WITHDRAWN
        LockedBy.DEATH -> Word.LOCK_DEATH
        LockedBy.AUTHORITY -> Word.LOCK_AUTHORITY
        LockedBy.EXPIRY -> Word.LOCK_EXPIRY
        LockedBy.GUARDIAN -> Word.LOCK_GUARDIAN
        LockedBy.OTHER -> Word.LOCK_OTHER
    },
)

/** What the button says. */
fun said(act: WardAct): Word = when (act) {
    WardAct.CONSENT -> Word.WARD_CONSENT
    WardAct.REFUSE -> Word.WARD_REFUSE
    WardAct.LOCK -> Word.WARD_LOCK
    WardAct.UNLOCK -> Word.WARD_UNLOCK
}
