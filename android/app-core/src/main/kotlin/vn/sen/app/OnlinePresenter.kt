package vn.sen.app

import kotlinx.coroutines.Job
import vn.sen.Approval
import vn.sen.Asker
import vn.sen.BelievedVerifiers
import vn.sen.OnlineChoice
import vn.sen.OnlineDetails
import vn.sen.OnlineRequest
import vn.sen.Recognised
import vn.sen.SenException

sealed interface OnlineScreen {
    data object Reading : OnlineScreen

    /** All that is asked, in the order in which it is read. Where [canAgree] is false it can only be declined. */
    data class Ask(
        val lines: List<Line>,
        val needsNumber: Boolean,
        val canAgree: Boolean,
        /** Other documents that would do. */
        val others: List<OtherDocument> = emptyList(),
        /** Something is not required and can be left out. */
        val canLeaveOut: Boolean = false,
        val problem: Problem? = null,
    ) : OnlineScreen

    /** The answer is on its way: nothing is pressed twice. */
    data object Sending : OnlineScreen

    /** Sent; the address is to be opened in the browser. */
    data class Answered(val goOn: String?) : OnlineScreen

    data object Declined : OnlineScreen

    data class Failed(val problem: Problem) : OnlineScreen
}

/** A document that would answer [query], too. */
data class OtherDocument(val query: String, val document: String, val line: Line)

/** Answers a portal, bank or cash machine after its request was shown in full. */
class OnlinePresenter(around: Surroundings, private val believed: BelievedVerifiers) : Presenter<OnlineScreen>(OnlineScreen.Reading, around) {
    private var asked: OnlineRequest? = null

    fun read(link: String): Job = work(OnlineScreen::Failed) {
        val request = wallet.readRequest(link, believed, now())
        show(asked(request))
    }

    /** Another document in answer to one question. */
    fun choose(other: OtherDocument): Job = change { it.withDocument(other.query, other.document) }

    /** No more than what is required. */
    fun leaveOut(): Job = change(OnlineRequest::withoutOptional)

    /** Nothing is agreed to that is not shown: until it is, there is no question. */
    private fun change(changed: (OnlineRequest) -> OnlineRequest): Job = once(ask(), OnlineScreen.Reading, ::stay) {
        asked?.let { show(asked(changed(it))) }
    }

    private fun ask() = state.value as? OnlineScreen.Ask

    private fun asked(request: OnlineRequest): OnlineScreen.Ask {
        asked = request
        val details = request.details()
        val others = details.choices.flatMap { choice -> request.alternatives(choice.query).map(::other) }
        val canAgree = details.choices.isNotEmpty() && details.unanswerable == null
        return OnlineScreen.Ask(lines(details), details.needsNumber, canAgree, others, details.choices.any(OnlineChoice::optional))
    }

    private fun other(choice: OnlineChoice): OtherDocument {
        val which = Listed(listOf(kind(choice.kind), Own(commonName(choice.issuer)), Own(day(choice.issuedAt, around.zone))))
        return OtherDocument(choice.query, choice.document, line(Word.CHOOSE_THIS, which))
    }

    /** A number that is not two digits, or a person whom the device does not recognise, leaves the question as it is. */
    fun agree(number: String?): Job = once(ask(), OnlineScreen.Sending, ::stay) { ask ->
        val request = asked ?: return@once
        val recognised = recognised(request) ?: return@once show(stay(ask, NOT_RECOGNISED))
        request.grant(recognised, number?.trim()?.takeIf { it.isNotEmpty() }, now()).use { consent ->
            try {
                show(OnlineScreen.Answered(wallet.answerRequest(consent, believed, now())))
            } catch (refused: SenException) {
                show(stay(ask, refused.problem().copy(theirs = consent.verifierWords()?.let { line(Word.VERIFIER_SAYS, it) })))
            }
        }
    }

    /** A key that approves asks for finger or face itself, before anything is sent: nobody is asked twice for one answer. */
    private fun recognised(request: OnlineRequest): Recognised? =
        if (request.details().approval != null) Recognised.BY_BIOMETRICS else around.recogniser.recognise()

    fun decline(): Job = once(ask(), OnlineScreen.Sending, ::stay) {
        asked?.let { wallet.declineRequest(it, believed, now()) }
        show(OnlineScreen.Declined)
    }

    private fun stay(ask: OnlineScreen.Ask, problem: Problem): OnlineScreen =
        if (problem.next in setOf(Next.TYPE_AGAIN, Next.NOTHING)) ask.copy(problem = problem) else OnlineScreen.Failed(problem)

    private fun lines(details: OnlineDetails): List<Line> {
        val approval = when (val approval = details.approval) {
            is Approval.CashWithdrawal -> line(Word.APPROVE_CASH, money("${approval.amount}"), approval.bank, approval.terminal, approval.place)
            is Approval.SignIn -> line(Word.APPROVE_SIGN_IN, approval.service, approval.origin)
            null -> null
        }
        val registered = details.registration?.let { listOf(line(Word.REGISTERED, it.name, commonName(it.registrar)), line(Word.PURPOSE, it.purpose)) }
        val shown = details.choices.flatMap { choice(it, details.registration != null) }
        val nothing = line(if (details.unanswerable == NO_APPROVAL_KEY) Word.OBTAIN_TO_APPROVE else Word.NOTHING_ANSWERS)
            .takeIf { details.choices.isEmpty() || details.unanswerable != null }
        return listOfNotNull(approval) + asker(details.asker) + (registered ?: listOf(warning(Word.NOT_REGISTERED))) + shown + listOfNotNull(nothing)
    }

    private fun asker(asker: Asker): List<Line> = when (asker) {
        is Asker.Certified -> listOf(line(Word.ASKED_BY, commonName(asker.subject)), line(Word.VOUCHED_BY, commonName(asker.vouchedBy)))
        is Asker.Unproven -> listOf(warning(Word.NOBODY_VOUCHES, asker.host))
    }

    private fun choice(choice: OnlineChoice, registered: Boolean): List<Line> {
        val optional = line(Word.OPTIONAL).takeIf { choice.optional }
        // Where nobody registered them all is asked too much, and that was said already.
        val over = if (registered) choice.overAsked else emptyList()
        return listOfNotNull(line(Word.FROM_DOCUMENT, kind(choice.kind)), optional) +
            named(line(Word.TOLD_THESE), (choice.claims - over.toSet()).map(::claim)) + named(warning(Word.OVER_ASKED_THESE), over.map(::claim))
    }
}
