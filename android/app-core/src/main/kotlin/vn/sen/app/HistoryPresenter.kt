package vn.sen.app

import kotlinx.coroutines.Job
import vn.sen.HistoryLine

/** What happened at [at]; below it what was told. Where [canReport], somebody else had a part in it. */
data class HistoryRow(val sequence: ULong, val at: String, val line: Line, val more: List<Line> = emptyList(), val canReport: Boolean = false)

data class HistoryScreen(
    val rows: List<HistoryRow> = emptyList(),
    val more: Boolean = false,
    val lines: List<Line> = emptyList(),
    /** The one that the person takes for fraud, until it is noted down. */
    val reporting: ULong? = null,
    val problem: Problem? = null,
)

/** Every use and refusal, page by page. */
class HistoryPresenter(around: Surroundings, private val page: UInt = 20u) : Presenter<HistoryScreen>(HistoryScreen(), around) {
    fun start(): Job = turn(emptyList())

    fun more(): Job = turn(state.value.rows)

    /** Asks what happened, before anything is written. */
    fun askToReport(row: HistoryRow) = show(state.value.copy(reporting = row.sequence, problem = null))

    fun stop() = show(state.value.copy(reporting = null, problem = null))

    /** Notes an entry down as fraud, in the person's words; nothing goes to anybody. */
    fun report(sequence: ULong, words: String): Job {
        val shown = state.value
        return once(shown.takeIf { it.reporting == sequence }, shown.copy(reporting = null, problem = null), { asked, problem -> asked.copy(problem = problem) }) {
            wallet.reportEntry(sequence, words, now())
            list(emptyList())
        }
    }

    private fun turn(before: List<HistoryRow>): Job = work({ state.value.copy(problem = it) }) { list(before) }

    private fun list(before: List<HistoryRow>) {
        val next = wallet.history(before.lastOrNull()?.sequence, page)
        val rows = before + next.map { row(it, minute(it.at, around.zone)) }
        val nothing = listOfNotNull(line(Word.HISTORY_NOTHING).takeIf { rows.isEmpty() })
        show(HistoryScreen(rows, more = next.lastOrNull()?.let { it.sequence > 1u } ?: false, nothing, state.value.reporting))
    }
}

/** One line of the history in words. */
internal fun row(of: HistoryLine, at: String) = HistoryRow(of.sequence, at, happened(of), told(of), canReport = of.who != null && of.kind != REPORTED)

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
        // Who it was is known of most; else the person's words say it.
        REPORTED -> line(Word.EVENT_FRAUD_REPORTED, if (of.who == null) Own(of.words.orEmpty()) else who)
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
        of.words?.takeIf { of.who != null }?.let { line(Word.REPORT_TOLD, it) },
        of.approved?.let { line(Word.HISTORY_APPROVED, approved(it)) },
        line(Word.HISTORY_TOLD, listed(told)).takeIf { told.isNotEmpty() },
        warning(Word.OVER_ASKED, listed(of.overAsked)).takeIf { of.overAsked.isNotEmpty() },
    )
}

private const val REPORTED = "fraud_reported"

/** The core says in English what it was that was approved; the rest of it are names and numbers, the same in each language. */
private fun approved(what: String): Part {
    val (start, word) = APPROVED.entries.find { what.startsWith(it.key) } ?: return Own(what)
    return line(word, AMOUNT.replace(what.removePrefix(start)) { money(it.value) })
}

/** What a cash machine was allowed to pay. */
private val AMOUNT = Regex("^[0-9]+(?= VND,)")

private val APPROVED = mapOf("cash: " to Word.APPROVED_CASH, "sign-in: " to Word.APPROVED_SIGN_IN)
