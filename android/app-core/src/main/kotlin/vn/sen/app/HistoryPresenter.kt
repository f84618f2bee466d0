package vn.sen.app

import kotlinx.coroutines.Job
import vn.sen.HistoryLine

/** What happened at [at]; below it what was told. */
data class HistoryRow(val sequence: ULong, val at: String, val line: Line, val more: List<Line> = emptyList())

data class HistoryScreen(val rows: List<HistoryRow> = emptyList(), val more: Boolean = false, val lines: List<Line> = emptyList(), val problem: Problem? = null)

/** Every use and refusal, page by page. */
class HistoryPresenter(around: Surroundings, private val page: UInt = 20u) : Presenter<HistoryScreen>(HistoryScreen(), around) {
    fun start(): Job = turn(emptyList())

    fun more(): Job = turn(state.value.rows)

    private fun turn(before: List<HistoryRow>): Job = work({ state.value.copy(problem = it) }) {
        val next = wallet.history(before.lastOrNull()?.sequence, page)
        val rows = before + next.map { row(it, minute(it.at, around.zone)) }
        show(HistoryScreen(rows, more = next.lastOrNull()?.let { it.sequence > 1u } ?: false, listOfNotNull(line(Word.HISTORY_NOTHING).takeIf { rows.isEmpty() })))
    }
}

/** One line of the history in words. */
internal fun row(of: HistoryLine, at: String) = HistoryRow(of.sequence, at, happened(of), told(of))

private fun happened(of: HistoryLine): Line {
    val what = Listed(of.what.map(::kind))
    val who = recipient(of.who.orEmpty())
    return when (of.kind) {
        "presented" -> line(Word.EVENT_PRESENTED, who, what)
        "presented_online" -> line(Word.EVENT_PRESENTED_ONLINE, who, what)
        "declined", "declined_online" -> line(Word.EVENT_DECLINED, who)
        "refused" -> refused(of.code.orEmpty())
        "credential_obtained" -> line(Word.EVENT_OBTAINED, what)
        "credential_deleted" -> line(Word.EVENT_DELETED, what)
        else -> accountEvent(of.kind, who, of.ward.orEmpty())
    }
}

private fun refused(code: String): Line = when {
    code.endsWith(".cancelled") || code == "key.locked" -> line(Word.CANCELLED)
    code == "present.expired" -> line(Word.CREDENTIAL_EXPIRED)
    else -> line(Word.EVENT_REFUSED, code)
}

/** Who in care, what was approved, and which claims were told; what the person was warned of stands by itself. */
private fun told(of: HistoryLine): List<Line> {
    val ward = of.ward?.takeIf { of.kind == "presented" || of.kind == "declined" }?.let { line(Word.FOR_WARD, it) }
    val told = if (of.kind.startsWith("presented")) of.claims - of.overAsked.toSet() else emptyList()
    val listed = { claims: List<String> -> Listed(claims.map { claimOf(of.what, it) }) }
    return listOfNotNull(
        ward,
        of.approved?.let { line(Word.HISTORY_APPROVED, approved(it)) },
        line(Word.HISTORY_TOLD, listed(told)).takeIf { told.isNotEmpty() },
        warning(Word.OVER_ASKED, listed(of.overAsked)).takeIf { of.overAsked.isNotEmpty() },
    )
}

/** The core says in English what it was that was approved; the rest of it are names and numbers, the same in each language. */
private fun approved(what: String): Part {
    val (start, word) = APPROVED.entries.find { what.startsWith(it.key) } ?: return Own(what)
    return line(word, AMOUNT.replace(what.removePrefix(start)) { money(it.value) })
}

/** What a cash machine was allowed to pay. */
private val AMOUNT = Regex("^[0-9]+(?= VND,)")

private val APPROVED = mapOf("cash: " to Word.APPROVED_CASH, "sign-in: " to Word.APPROVED_SIGN_IN)
