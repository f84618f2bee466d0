package vn.sen.app

import kotlin.time.Duration
import kotlin.time.Duration.Companion.seconds
import kotlinx.coroutines.Job
import vn.sen.CardProof

sealed interface BorrowScreen {
    data class Start(val problem: Problem? = null) : BorrowScreen

    /** The code for the other phone's camera. */
    data class Showing(val digits: String, val lines: List<Line>) : BorrowScreen

    /** The reading is here; the face is taken on this phone. */
    data class Face(val problem: Problem? = null) : BorrowScreen

    data object Comparing : BorrowScreen

    data class Done(val line: Line) : BorrowScreen
}

/** Level 2 for a phone without NFC: another person's phone reads the card. */
class BorrowPresenter(around: Surroundings, private val pause: Duration = 2.seconds) : Presenter<BorrowScreen>(BorrowScreen.Start(), around) {
    private var proof: CardProof? = null
    private var waiting: Job? = null

    fun start(): Job {
        leave()
        val job = work({ BorrowScreen.Start(it) }) {
            val begun = wallet.beginStepUp(now())
            proof = begun
            begun.borrowReader(now()).use { reader ->
                val until = now() + reader.expiresIn().toLong()
                val lines = listOf(
                    line(Word.OTHER_PHONE_HINT), line(Word.BOTH_SHOW, reader.checkDigits()), line(Word.CODE_UNTIL, minute(until, around.zone)),
                    line(Word.READING_AWAITED),
                )
                show(BorrowScreen.Showing(reader.text(), lines))
                if (becomes(until, pause) { reader.take(now()) }) return@work show(BorrowScreen.Face())
            }
            show(BorrowScreen.Start(Problem(line(Word.NO_READING), Next.TRY_LATER, "app.no_reading")))
        }
        waiting = job
        return job
    }

    /** What the camera took. */
    fun finish(face: ByteArray): Job = work(::again) {
        val begun = proof ?: return@work
        show(BorrowScreen.Comparing)
        show(BorrowScreen.Done(proven(begun.finish(face, now()), around)))
        leave()
    }

    fun leave() {
        waiting?.cancel()
        proof?.close()
        proof = null
    }

    /** Without a network the reading stays; what the provider refused is begun anew. */
    private fun again(problem: Problem): BorrowScreen =
        if (problem.next == Next.TRY_LATER) BorrowScreen.Face(problem) else BorrowScreen.Start(problem)
}
