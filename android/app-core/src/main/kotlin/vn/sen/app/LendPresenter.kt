package vn.sen.app

import kotlinx.coroutines.Job
import vn.sen.ReadingRequest

sealed interface LendScreen {
    data object Reading : LendScreen

    /** For whom, and the six digits that both phones show. */
    data class Compare(val lines: List<Line>) : LendScreen

    /** The card is to be read, with a [CardPresenter]. */
    data class Read(val request: ReadingRequest) : LendScreen

    data class Failed(val problem: Problem) : LendScreen
}

/** This phone reads a card for one that cannot. */
class LendPresenter(around: Surroundings) : Presenter<LendScreen>(LendScreen.Reading, around) {
    private var asked: ReadingRequest? = null

    fun scanned(text: String): Job = work(LendScreen::Failed) {
        leave()
        val request = wallet.readReadingRequest(text, now())
        asked = request
        val lines = listOf(line(Word.LEND_FOR, request.name()), line(Word.BOTH_SHOW, request.checkDigits()), line(Word.LEND_HINT))
        show(LendScreen.Compare(lines))
    }

    fun same() {
        asked?.let { show(LendScreen.Read(it)) }
    }

    /** No card is read for a phone that is not the one beside this. */
    fun differ() {
        leave()
        show(LendScreen.Failed(Problem(warning(Word.DIGITS_DIFFER), Next.STOP, "app.digits_differ")))
    }

    /** Nothing of the card is kept. */
    fun leave() {
        asked?.close()
        asked = null
    }
}
