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
import vn.sen.ReadingRequest
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

    /** Lends this phone: reads another person's card for the phone that asked. Without an account here it goes through [provider]. */
    fun lend(request: ReadingRequest, provider: AccountProvider, can: String): Job = run(can) { Lent(request, provider) }

    private fun start(can: String, face: ByteArray, begin: suspend () -> CardProof): Job = run(can) { Proof(begin(), face) }

    private fun run(can: String, begin: suspend () -> Reading): Job {
        running?.cancel()
        // A card that left before has nothing to say to this.
        do {
            val left = tags.tryReceive()
        } while (left.isSuccess)
        val job = work(::failed) {
            begin().use { reading ->
                show(CardScreen.Hold(line(hold)))
                read(reading, CardKey.Can(can.trim()))
                show(CardScreen.Comparing)
                show(CardScreen.Done(reading.finish()))
            }
        }
        running = job
        return job
    }

    private suspend fun read(reading: Reading, key: CardKey) {
        while (!reading.isRead()) {
            try {
                reading.read(tags.receive(), key, Progress())
            } catch (lost: SenException.TryCardAgain) {
                show(CardScreen.Hold(lost.problem().line))
            }
        }
    }

    /** A reading in as many goes as it takes, and what becomes of it. */
    private interface Reading : AutoCloseable {
        fun isRead(): Boolean

        suspend fun read(transport: CardTransport, key: CardKey, listener: ReadingListener)

        suspend fun finish(): Line
    }

    private inner class Proof(private val proof: CardProof, private val face: ByteArray) : Reading, AutoCloseable by proof {
        override fun isRead() = proof.isRead()

        override suspend fun read(transport: CardTransport, key: CardKey, listener: ReadingListener) = proof.read(transport, key, listener)

        override suspend fun finish(): Line = proven(proof.finish(face, now()), around)
    }

    private inner class Lent(private val request: ReadingRequest, private val provider: AccountProvider) : Reading {
        override fun isRead() = request.isRead()

        override suspend fun read(transport: CardTransport, key: CardKey, listener: ReadingListener) = request.read(transport, key, listener)

        override suspend fun finish(): Line {
            request.send(provider, now())
            return line(Word.LEND_SENT)
        }

        /** Its screen holds it: a number that was mistyped is typed again. */
        override fun close() = Unit
    }

    private fun failed(problem: Problem): CardScreen =
        if (problem.next == Next.TYPE_AGAIN) CardScreen.Number(problem) else CardScreen.Failed(problem)

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

/** What a proof with the card came to. */
internal fun proven(proven: Proven, around: Surroundings): Line = when (proven) {
    is Proven.Level -> line(Word.LEVEL_REACHED)
    is Proven.TakesEffect -> line(Word.TAKES_EFFECT, minute(proven.at, around.zone))
}
