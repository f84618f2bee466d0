package vn.sen.app

import java.time.ZoneId
import kotlinx.coroutines.Job
import vn.sen.AwaitedDocument
import vn.sen.Credential
import vn.sen.Document
import vn.sen.Warning

/** One credential or document. */
data class HeldRow(val id: String, val title: Line, val lines: List<Line>, val isDocument: Boolean, val showsAtClinic: Boolean, val ward: String? = null)

/** A document that its issuer will have later; asked for before its time it would not be there. */
data class AwaitedRow(val id: String, val line: Line, val canAsk: Boolean)

data class WalletScreen(
    val rows: List<HeldRow> = emptyList(),
    val awaited: List<AwaitedRow> = emptyList(),
    /** How many of them should be fetched anew by now. */
    val due: Int = 0,
    /** The account moved here, and not all that the old phone held was obtained yet. */
    val hasCarried: Boolean = false,
    val busy: Boolean = false,
    /** The one that the person was asked about once more. */
    val deleting: String? = null,
    val problem: Problem? = null,
)

/** What the person holds. */
class WalletPresenter(around: Surroundings) : Presenter<WalletScreen>(WalletScreen(), around) {
    fun start(): Job = ask {}

    /** `citizen` or `health-insurance`, the person's own or that of somebody in their care. */
    fun obtain(name: String, ward: String? = null): Job = ask { wallet.obtainCredential(name, ward, null, now()) }

    /** All that is due. The keys ask the person, so that it begins where the person wants it. */
    fun renewDue(): Job = ask { wallet.refreshDue(now()) }

    /** What the old phone held, where it stopped half-way. */
    fun obtainCarried(): Job = ask { wallet.obtainCarried(now()) }

    /** Whether an awaited document is there by now. */
    fun askFor(row: AwaitedRow): Job = ask { wallet.fetchAwaited(row.id, now()) }

    /** Asks once more before it is gone. */
    fun askToDelete(row: HeldRow) = show(state.value.copy(deleting = row.id, problem = null))

    fun askToDelete(row: AwaitedRow) = show(state.value.copy(deleting = row.id, problem = null))

    fun keep() = show(state.value.copy(deleting = null))

    /** After the person was asked once more. */
    fun delete(row: HeldRow): Job = ask {
        if (state.value.deleting != row.id) return@ask
        if (row.isDocument) wallet.deleteDocument(row.id, now()) else wallet.deleteCredential(row.id, now())
    }

    /** An awaited document is waited for no longer, after the person was asked once more. */
    fun giveUp(row: AwaitedRow): Job = ask { if (state.value.deleting == row.id) wallet.giveUpAwaited(row.id, now()) }

    /** What is held is shown anew also where not all of it worked. */
    private fun ask(first: suspend () -> Unit): Job = work({ state.value.copy(busy = false, problem = it) }) {
        show(state.value.copy(busy = true, problem = null))
        try {
            first()
        } finally {
            val held = wallet.credentials(now()).map(::row) + wallet.documents().map(::row)
            val awaited = wallet.awaitedDocuments().map { awaited(it, now(), around.zone) }
            show(WalletScreen(held, awaited, wallet.due(now()).size, wallet.hasCarried()))
        }
    }

    private fun row(held: Credential): HeldRow {
        val lines = prepared(held, around.zone)
        val shows = held.vct == "urn:vn:health-insurance:1"
        return HeldRow(held.id, lines.first(), lines.drop(1), isDocument = false, showsAtClinic = shows, ward = held.ward)
    }

    private fun row(held: Document): HeldRow {
        val until = held.expiresAt?.let { line(Word.DOCUMENT_UNTIL, day(it, around.zone)) }
        return HeldRow(held.id, kind(held.kind), listOfNotNull(until, line(Word.OFFER_FROM, commonName(held.issuer))), isDocument = true, showsAtClinic = false)
    }
}

/** What is said of a document that is awaited. */
fun awaited(of: AwaitedDocument, now: Long, zone: ZoneId): AwaitedRow {
    val canAsk = now >= of.notBefore
    val what = if (canAsk) line(Word.AWAITED, kind(of.kind)) else line(Word.AWAITED_FROM, kind(of.kind), Own(minute(of.notBefore, zone)))
    return AwaitedRow(of.id, what, canAsk)
}

/** What a credential is, until when it can be shown without a network, and what the core warns of. */
fun prepared(held: Credential, zone: ZoneId): List<Line> {
    val ward = held.ward?.let { line(Word.FOR_WARD, it) }
    return listOfNotNull(kind(held.vct), ward, line(Word.VALID_UNTIL, minute(held.expiresAt, zone))) + held.warnings.map(::warned)
}

private fun warned(of: Warning): Line = when (of) {
    is Warning.Expired -> warning(Word.WARNING_EXPIRED)
    is Warning.SoonUnprepared -> warning(Word.WARNING_SOON)
    is Warning.Ended -> warning(Word.WARNING_ENDED)
    is Warning.EndsSoon -> warning(Word.WARNING_ENDS, "${of.days}")
}
