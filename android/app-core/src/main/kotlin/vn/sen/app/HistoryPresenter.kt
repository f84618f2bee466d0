package vn.sen.app

import kotlinx.coroutines.Job
import vn.sen.HistoryLine

data class HistoryRow(val sequence: ULong, val at: String, val line: Line)

data class HistoryScreen(val rows: List<HistoryRow> = emptyList(), val more: Boolean = false, val problem: Problem? = null)

/** Every use and refusal, page by page. */
class HistoryPresenter(around: Surroundings, private val page: UInt = 20u) : Presenter<HistoryScreen>(HistoryScreen(), around) {
    fun start(): Job = turn(emptyList())

    fun more(): Job = turn(state.value.rows)

    private fun turn(before: List<HistoryRow>): Job = work({ state.value.copy(problem = it) }) {
        val next = wallet.history(before.lastOrNull()?.sequence, page)
        show(HistoryScreen(before + next.map(::row), more = next.lastOrNull()?.let { it.sequence > 1u } ?: false))
    }

    private fun row(of: HistoryLine) = HistoryRow(of.sequence, minute(of.at, around.zone), said(of))

    private fun said(of: HistoryLine): Line {
        val what = of.what.joinToString()
        val who = of.who?.let(::commonName).orEmpty()
        val line = when (of.kind) {
            "presented" -> line(Word.EVENT_PRESENTED, who, what)
            "presented_online" -> line(Word.EVENT_PRESENTED_ONLINE, who, what)
            "declined", "declined_online" -> line(Word.EVENT_DECLINED, who)
            "refused" -> line(Word.EVENT_REFUSED, of.code.orEmpty())
            "credential_obtained" -> line(Word.EVENT_OBTAINED, what)
            "credential_deleted" -> line(Word.EVENT_DELETED, what)
            else -> line(Word.EVENT_ACCOUNT, of.kind)
        }
        return line.copy(warning = of.overAsked.isNotEmpty())
    }
}
