package vn.sen.app

import java.io.IOException
import kotlinx.coroutines.Job
import vn.sen.BelievedIssuers
import vn.sen.Document

sealed interface OfferScreen {
    data object Reading : OfferScreen

    /** What the issuer offers; nothing went to it yet. */
    data class Ask(val lines: List<Line>, val needsCode: Boolean, val problem: Problem? = null) : OfferScreen

    /** What was agreed to is on its way: a code that is good for once is not sent twice. */
    data object Sending : OfferScreen

    /** The person agrees in the browser, at [url]; the app waits for it to return. */
    data class InBrowser(val line: Line, val url: String) : OfferScreen

    data class Obtained(val line: Line) : OfferScreen

    data class Failed(val problem: Problem) : OfferScreen
}

/** Takes up an issuer's offer, with a browser between where the issuer wants one. */
class OfferPresenter(around: Surroundings, private val believed: BelievedIssuers) : Presenter<OfferScreen>(OfferScreen.Reading, around) {
    private var link: String? = null
    private var withBrowser = false
    private var waiting: Job? = null

    fun read(offered: String): Job = work(OfferScreen::Failed) {
        val offer = wallet.readOffer(offered, believed)
        link = offered
        withBrowser = offer.inBrowser
        val browser = listOfNotNull(line(Word.BROWSER_NEEDED).takeIf { offer.inBrowser })
        val lines = listOf(line(Word.OFFER_FROM, offer.issuer)) + offer.credentials.map(::kind) + browser
        show(OfferScreen.Ask(lines, offer.transactionCode != null))
    }

    fun agree(code: String?): Job {
        val ask = state.value as? OfferScreen.Ask
        val job = once(ask, if (withBrowser) OfferScreen.Reading else OfferScreen.Sending, ::stay) {
            val offered = link ?: return@once
            if (withBrowser) inBrowser(offered)
            else obtained(wallet.obtainDocuments(offered, believed, code?.trim()?.takeIf { it.isNotEmpty() }, now()))
        }
        if (job.isActive) waiting = job
        return job
    }

    /** The person gives up, or leaves; the browser finds nobody any more. What the issuer was asked for already is taken. */
    fun stop() {
        val shown = state.value
        val begun = shown is OfferScreen.Reading || shown is OfferScreen.InBrowser
        if (begun && replace(shown, OfferScreen.Failed(Problem(line(Word.CANCELLED), Next.NOTHING, "app.stopped")))) waiting?.cancel()
    }

    private suspend fun inBrowser(offered: String) {
        try {
            BrowserReturn().use { port ->
                wallet.beginAuthorisation(offered, believed, CLIENT, port.address, now()).use { authorisation ->
                    val away = OfferScreen.InBrowser(line(Word.BROWSER_WAITING), authorisation.url())
                    if (!replace(OfferScreen.Reading, away)) return
                    val returned = port.returned()
                    if (replace(away, OfferScreen.Sending)) obtained(authorisation.finish(returned, now()))
                }
            }
        } catch (_: IOException) {
            // No port is free, or it was taken away while the app was behind the browser.
            show(OfferScreen.Failed(Problem(line(Word.CANCELLED), Next.TRY_LATER, "app.no_port")))
        }
    }

    /** None where the issuer will have them later: the wallet's screen asks again. */
    private fun obtained(documents: List<Document>) = show(OfferScreen.Obtained(line(Word.OBTAINED, "${documents.size}")))

    private fun stay(ask: OfferScreen.Ask, problem: Problem): OfferScreen =
        if (problem.next == Next.TYPE_AGAIN) ask.copy(problem = problem) else OfferScreen.Failed(problem)

    private companion object {
        /** How this wallet is known to authorization servers. */
        const val CLIENT = "sen"
    }
}
