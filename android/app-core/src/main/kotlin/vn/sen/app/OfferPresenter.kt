package vn.sen.app

import java.io.IOException
import kotlinx.coroutines.Job
import vn.sen.BelievedIssuers
import vn.sen.Document

sealed interface OfferScreen {
    data object Reading : OfferScreen

    /** What the issuer offers; nothing went to it yet. */
    data class Ask(val lines: List<Line>, val needsCode: Boolean, val problem: Problem? = null) : OfferScreen

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
        val job = work(::stay) {
            val offered = link ?: return@work
            if (withBrowser) inBrowser(offered)
            else obtained(wallet.obtainDocuments(offered, believed, code?.trim()?.takeIf { it.isNotEmpty() }, now()))
        }
        waiting = job
        return job
    }

    /** The person gives up; the browser finds nobody any more. */
    fun stop() {
        waiting?.cancel()
        show(OfferScreen.Failed(Problem(line(Word.CANCELLED), Next.NOTHING, "app.stopped")))
    }

    private suspend fun inBrowser(offered: String) {
        try {
            BrowserReturn().use { port ->
                wallet.beginAuthorisation(offered, believed, CLIENT, port.address, now()).use { authorisation ->
                    show(OfferScreen.InBrowser(line(Word.BROWSER_WAITING), authorisation.url()))
                    obtained(authorisation.finish(port.returned(), now()))
                }
            }
        } catch (_: IOException) {
            // No port is free, or it was taken away while the app was behind the browser.
            show(OfferScreen.Failed(Problem(line(Word.CANCELLED), Next.TRY_LATER, "app.no_port")))
        }
    }

    /** None where the issuer will have them later: the wallet's screen asks again. */
    private fun obtained(documents: List<Document>) = show(OfferScreen.Obtained(line(Word.OBTAINED, "${documents.size}")))

    private fun stay(problem: Problem): OfferScreen {
        val shown = state.value
        return if (shown is OfferScreen.Ask && problem.next == Next.TYPE_AGAIN) shown.copy(problem = problem) else OfferScreen.Failed(problem)
    }

    private companion object {
        /** How this wallet is known to authorization servers. */
        const val CLIENT = "sen"
    }
}
