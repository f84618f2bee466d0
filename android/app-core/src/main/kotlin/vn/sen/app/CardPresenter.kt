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
    /** What opens the card is typed: its six digits, [can] where the camera read them, or the lines of its machine-readable zone. */
    data class Number(val byZone: Boolean = false, val can: String? = null, val problem: Problem? = null) : CardScreen

    /** The card is to be held, or is being read; [fraction] of all of it, where that is known. */
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
    private var byZone = false

    /** The shell saw a card in the field. */
    fun tag(transport: CardTransport) {
        tags.trySend(transport)
    }

    /** Not every card has six digits, or they cannot be read any more: the lines of its zone do as well. */
    fun useZone(zone: Boolean) {
        byZone = zone
        show(CardScreen.Number(zone))
    }

    /** The camera read the code on the card. */
    fun scanned(card: Scanned.CitizenCard) = show(CardScreen.Number(can = card.can))

    /** What was typed, or nothing where it cannot be right: asked before anybody takes a picture or holds a card. */
    fun key(typed: String): CardKey? {
        val key = if (byZone) zone(typed)?.let { CardKey.Mrz(it) } else typed.trim().takeIf(::isCan)?.let { CardKey.Can(it) }
        if (key == null) show(CardScreen.Number(byZone, problem = mistyped()))
        return key
    }

    /** Level 2, with what opens the card and what the camera took. */
    fun raiseLevel(key: CardKey, face: ByteArray): Job = start(key, face) { wallet.beginStepUp(now()) }

    /** The account moves to this phone, without the old one. */
    fun moveHere(provider: AccountProvider, who: AccountApplicant, key: CardKey, face: ByteArray): Job =
        start(key, face) { wallet.beginNewPhone(provider, who, now()) }

    /** A forgotten PIN. */
    fun recoverPin(key: CardKey, face: ByteArray): Job = start(key, face) { wallet.beginPinRecovery(now()) }

    /** The person gives up, or leaves; a command that is on its way is the last. What the provider has in its hands goes on. */
    fun stop() {
        if (state.value is CardScreen.Comparing) return
        running?.cancel()
        show(CardScreen.Number(byZone))
    }

    /** Lends this phone: reads another person's card for the phone that asked. Without an account here it goes through [provider]. */
    fun lend(request: ReadingRequest, provider: AccountProvider, key: CardKey): Job = run(key) { Lent(request, provider) }

    private fun start(key: CardKey, face: ByteArray, begin: suspend () -> CardProof): Job = run(key) { Proof(begin(), face) }

    private fun run(key: CardKey, begin: suspend () -> Reading): Job {
        running?.cancel()
        // A card that left before has nothing to say to this.
        do {
            val left = tags.tryReceive()
        } while (left.isSuccess)
        val job = work(::failed) {
            begin().use { reading ->
                show(CardScreen.Hold(line(hold)))
                read(reading, key)
                show(CardScreen.Comparing)
                show(CardScreen.Done(reading.finish()))
            }
        }
        running = job
        return job
    }

    private suspend fun read(reading: Reading, key: CardKey) {
        val progress = Progress()
        while (!reading.isRead()) {
            try {
                reading.read(tags.receive(), key, progress)
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

    private fun failed(problem: Problem): CardScreen = when {
        // The check digits of the zone did not fit.
        problem.code == BAD_KEY -> CardScreen.Number(byZone, problem = mistyped())
        problem.next == Next.TYPE_AGAIN -> CardScreen.Number(byZone, problem = problem)
        else -> CardScreen.Failed(problem)
    }

    private fun mistyped() = Problem(line(if (byZone) Word.MRZ_WRONG else Word.CAN_WRONG), Next.TYPE_AGAIN, BAD_KEY)

    private inner class Progress : ReadingListener {
        private val bar = ReadingBar()

        override fun step(step: ReadingStep) {
            when (step) {
                is ReadingStep.Reading -> {
                    val what = line(if (step.file == PORTRAIT) Word.FILE_PORTRAIT else Word.FILE_DATA)
                    show(CardScreen.Hold(line(Word.KEEP_STILL, what), bar.at(step.file, step.bytes, step.total)))
                }
                is ReadingStep.ProvingChip -> show(CardScreen.Hold(line(Word.CARD_PROVING)))
                else -> Unit
            }
        }

        override fun cancelled(): Boolean = running?.isActive == false
    }
}

private const val BAD_KEY = "card.access_number"

/** What a proof with the card came to. */
internal fun proven(proven: Proven, around: Surroundings): Line = when (proven) {
    is Proven.Level -> line(Word.LEVEL_REACHED)
    is Proven.TakesEffect -> line(Word.TAKES_EFFECT, minute(proven.at, around.zone))
}
