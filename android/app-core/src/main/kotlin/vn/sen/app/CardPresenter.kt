package vn.sen.app

import kotlinx.coroutines.Job
import kotlinx.coroutines.channels.Channel
import vn.sen.AccountApplicant
import vn.sen.AccountProvider
import vn.sen.CardKey
import vn.sen.CardProof
import vn.sen.CardTransport
import vn.sen.Proven
import vn.sen.ReadingListener
import vn.sen.ReadingStep
import vn.sen.SenException

/** What the card's screens show. */
sealed interface CardScreen {
    /** Six digits are typed. */
    data class Number(val problem: Problem? = null) : CardScreen

    /** The card is to be held, or is being read; [fraction] of all bytes, where that is known. */
    data class Hold(val line: Line, val fraction: Float? = null) : CardScreen

    /** The provider looks at it. */
    data object Comparing : CardScreen

    data class Done(val line: Line) : CardScreen

    /** It ends here. */
    data class Failed(val problem: Problem) : CardScreen
}

/** Proves something with the card; a card that was lost is read on when it is back. */
class CardPresenter(around: Surroundings, private val hold: Word = Word.HOLD_CARD) : Presenter<CardScreen>(CardScreen.Number(), around) {
    private val tags = Channel<CardTransport>(Channel.CONFLATED)
    private var running: Job? = null

    /** The shell saw a card in the field. */
    fun tag(transport: CardTransport) {
        tags.trySend(transport)
    }

    /** Level 2, with the six digits and what the camera took. */
    fun raiseLevel(can: String, face: ByteArray): Job = start(can, face) { wallet.beginStepUp(now()) }

    /** The account moves to this phone, without the old one. */
    fun moveHere(provider: AccountProvider, who: AccountApplicant, can: String, face: ByteArray): Job =
        start(can, face) { wallet.beginNewPhone(provider, who, now()) }

    /** A forgotten PIN. */
    fun recoverPin(can: String, face: ByteArray): Job = start(can, face) { wallet.beginPinRecovery(now()) }

    /** The person gives up; a command that is on its way is the last. */
    fun stop() {
        running?.cancel()
        show(CardScreen.Number())
    }

    private fun start(can: String, face: ByteArray, begin: suspend () -> CardProof): Job {
        running?.cancel()
        // A card that left before has nothing to say to this.
        do {
            val left = tags.tryReceive()
        } while (left.isSuccess)
        val job = work(::failed) {
            begin().use { proof ->
                show(CardScreen.Hold(line(hold)))
                read(proof, CardKey.Can(can.trim()))
                show(CardScreen.Comparing)
                show(CardScreen.Done(said(proof.finish(face, now()))))
            }
        }
        running = job
        return job
    }

    private suspend fun read(proof: CardProof, key: CardKey) {
        while (!proof.isRead()) {
            try {
                proof.read(tags.receive(), key, Progress())
            } catch (lost: SenException.TryCardAgain) {
                show(CardScreen.Hold(lost.problem().line))
            }
        }
    }

    private fun failed(problem: Problem): CardScreen =
        if (problem.next == Next.TYPE_AGAIN) CardScreen.Number(problem) else CardScreen.Failed(problem)

    private fun said(proven: Proven) = when (proven) {
        is Proven.Level -> line(Word.LEVEL_REACHED)
        is Proven.TakesEffect -> line(Word.TAKES_EFFECT, minute(proven.at, around.zone))
    }

    private inner class Progress : ReadingListener {
        override fun step(step: ReadingStep) {
            when (step) {
                is ReadingStep.Reading -> {
                    val fraction = if (step.total == 0uL) null else step.bytes.toFloat() / step.total.toFloat()
                    show(CardScreen.Hold(line(Word.KEEP_STILL, step.file), fraction))
                }
                is ReadingStep.ProvingChip -> show(CardScreen.Hold(line(Word.CARD_PROVING)))
                else -> Unit
            }
        }

        override fun cancelled(): Boolean = running?.isActive == false
    }
}
