package vn.sen.app

import kotlinx.coroutines.Job
import vn.sen.BelievedIssuers

sealed interface OfferScreen {
    data object Reading : OfferScreen

    /** What the issuer offers; nothing went to it yet. */
    data class Ask(val lines: List<Line>, val needsCode: Boolean, val problem: Problem? = null) : OfferScreen

    data class Obtained(val line: Line) : OfferScreen

    data class Failed(val problem: Problem) : OfferScreen
}

/** Takes up an issuer's offer. */
class OfferPresenter(around: Surroundings, private val believed: BelievedIssuers) : Presenter<OfferScreen>(OfferScreen.Reading, around) {
    private var link: String? = null

    fun read(offered: String): Job = work(OfferScreen::Failed) {
        val offer = wallet.readOffer(offered, believed)
        link = offered
        val lines = listOf(line(Word.OFFER_FROM, offer.issuer)) + offer.credentials.map(::kind)
        show(OfferScreen.Ask(lines, offer.transactionCode != null))
    }

    fun agree(code: String?): Job = work(::stay) {
        val documents = wallet.obtainDocuments(link ?: return@work, believed, code?.trim()?.takeIf { it.isNotEmpty() }, now())
        show(OfferScreen.Obtained(line(Word.OBTAINED, "${documents.size}")))
    }

    private fun stay(problem: Problem): OfferScreen {
        val shown = state.value
        return if (shown is OfferScreen.Ask && problem.next == Next.TYPE_AGAIN) shown.copy(problem = problem) else OfferScreen.Failed(problem)
    }
}
