package vn.sen.app

import kotlinx.coroutines.Job
import vn.sen.HistoryRecipient

/** What the app holds and whom it told what; the end of the account. */
data class SettingsScreen(
    val held: List<Line> = emptyList(),
    val told: List<Line> = emptyList(),
    /** The person was asked once more. */
    val closing: Boolean = false,
    val closed: Boolean = false,
    val saved: Boolean = false,
    val problem: Problem? = null,
)

/** Takes the history's text to a file that the person chose; false where that failed. Blocks. */
fun interface HistoryFile {
    fun write(text: String): Boolean
}

class SettingsPresenter(around: Surroundings) : Presenter<SettingsScreen>(SettingsScreen(), around) {
    fun start(): Job = ask { show(looked()) }

    /** JSON lines, as the core writes them. */
    fun export(to: HistoryFile): Job = ask {
        val saved = to.write(wallet.exportHistory())
        show(looked().copy(saved = saved, problem = if (saved) null else NOT_SAVED))
    }

    /** Asks once more. */
    fun close() = show(state.value.copy(closing = true, problem = null))

    fun keep() = show(state.value.copy(closing = false))

    /** The provider ends the account; documents and keys of this phone go with it. */
    fun closeForGood(): Job = ask {
        if (!state.value.closing) return@ask
        wallet.closeAccount(now())
        show(looked().copy(closed = true))
    }

    private fun looked(): SettingsScreen {
        val papers = wallet.credentials(now()).size + wallet.documents().size
        // Counted by the check itself: a line that was changed is a problem and no number.
        val held = listOf(line(Word.HELD_PAPERS, "$papers"), line(Word.HELD_HISTORY, "${wallet.verifyHistory()}"))
        return SettingsScreen(held, wallet.recipients().map(::told))
    }

    private fun told(of: HistoryRecipient): Line {
        val who = Listed(listOf(recipient(of.name.ifEmpty { of.to }), kind(of.kind)))
        return line(Word.HELD_RECIPIENT, who, Own("${of.uses}"), Own(day(of.last, around.zone)))
    }

    private fun ask(block: suspend () -> Unit): Job = work({ state.value.copy(closing = false, saved = false, problem = it) }, block)

    private companion object {
        val NOT_SAVED = Problem(line(Word.FILE_NOT_SAVED), Next.TRY_LATER, "app.file")
    }
}
