package vn.sen.app

import java.time.ZoneId
import vn.sen.SenException
import vn.sen.attemptsLeft
import vn.sen.code
import vn.sen.waitSeconds

/** What the screen offers next. */
enum class Next { TRY_CARD_AGAIN, TYPE_AGAIN, STOP, ENROL_AGAIN, NOTHING, TRY_LATER, OBTAIN_AGAIN, RAISE_LEVEL, REPORT }

/** What went wrong, in words, with the core's stable code; [theirs] is what the other side says of it, marked as its own words. */
data class Problem(val line: Line, val next: Next, val code: String, val theirs: Line? = null)

/** A document is to be obtained again before it can approve. */
internal const val NO_APPROVAL_KEY = "online.no_approval_key"

/** One place decides what each kind of error means to a person, and says what they do next. */
fun SenException.problem(): Problem = when (this) {
    is SenException.TryCardAgain -> Problem(line(Word.CARD_LOST), Next.TRY_CARD_AGAIN, code)
    is SenException.WrongAccessKey -> Problem(line(Word.CARD_WRONG_NUMBER), Next.TYPE_AGAIN, code)
    is SenException.CardNotGenuine -> Problem(warning(Word.CARD_NOT_GENUINE), Next.STOP, code)
    is SenException.CardUnsupported -> Problem(line(Word.CARD_UNSUPPORTED), Next.STOP, code)
    is SenException.DeviceKeyLost -> Problem(gone(), Next.ENROL_AGAIN, code)
    is SenException.UserCancelled -> Problem(plain() ?: line(Word.CANCELLED), Next.NOTHING, code)
    is SenException.NoNetwork -> Problem(waiting() ?: line(Word.NO_NETWORK), Next.TRY_LATER, code)
    is SenException.IssuerRefused -> Problem(waiting() ?: plain() ?: line(Word.REFUSED_BY_ISSUER, code), Next.STOP, code)
    is SenException.CredentialExpired -> Problem(line(if (code == NO_APPROVAL_KEY) Word.OBTAIN_TO_APPROVE else Word.CREDENTIAL_EXPIRED), Next.OBTAIN_AGAIN, code)
    is SenException.NotReady -> Problem(missing(), WHERE[code] ?: Next.TYPE_AGAIN, code)
    is SenException.Bug -> Problem(line(Word.BUG, code), Next.REPORT, code)
}

/** The same where it is known what time it is: a phone that waits for the account is told until when, and not to try again. */
fun SenException.problem(now: Long, zone: ZoneId): Problem {
    val wait = waitSeconds?.takeIf { code == DEVICE_WAITING } ?: return problem()
    return Problem(line(Word.ACCOUNT_WAITING, minute(now + wait.toLong(), zone)), Next.STOP, code)
}

/** The account comes to this phone when the time to object is over. */
internal const val DEVICE_WAITING = "account.device_waiting"

private fun SenException.DeviceKeyLost.gone(): Line = when {
    code == "account.device_replaced" -> line(Word.ACCOUNT_ELSEWHERE)
    code.startsWith("store.") -> warning(Word.WALLET_LOST)
    else -> line(Word.KEY_LOST)
}

private fun SenException.waiting(): Line? = waitSeconds?.let { line(Word.WAIT_SECONDS, "$it") }

private fun SenException.plain(): Line? = PLAIN[code]?.let { line(it) }

private fun SenException.NotReady.missing(): Line = plain() ?: when {
    attemptsLeft != null -> line(Word.WRONG_CODE, "$attemptsLeft")
    code.startsWith("challenge.") -> line(Word.SCAN_AGAIN)
    else -> waiting() ?: line(Word.NOT_READY, code)
}

/** What can be said more plainly than that something is missing or was refused. */
private val PLAIN = mapOf(
    "account.unknown_person" to Word.PERSON_UNKNOWN,
    "account.phone_not_registered" to Word.PERSON_UNKNOWN,
    "account.code_expired" to Word.CODE_OVER,
    "account.too_many_attempts" to Word.CODE_OVER,
    "account.face_not_matched" to Word.FACE_DIFFERS,
    "account.card_number_mismatch" to Word.CARD_OF_OTHER,
    "account.card_expired" to Word.CARD_EXPIRED,
    "account.account_locked" to Word.ACCOUNT_LOCKED,
    "card.no_reader" to Word.CARD_NO_READER,
    "card.access_number" to Word.CAN_WRONG,
    "key.locked" to Word.KEY_LOCKED,
    "present.no_credential" to Word.NO_CREDENTIAL,
    "online.number_needed" to Word.TWO_DIGITS_AGAIN,
    "online.bad_number" to Word.TWO_DIGITS_AGAIN,
    "online.bad_link" to Word.SCAN_AGAIN,
    "issuance.bad_offer" to Word.SCAN_AGAIN,
    "issuance.tx_code_required" to Word.TRANSACTION_CODE_AGAIN,
    "issuance.tx_code_wrong" to Word.TRANSACTION_CODE_AGAIN,
    "account.bad_transfer_code" to Word.SCAN_AGAIN,
    "account.transfer_code_old" to Word.SCAN_AGAIN,
    "account.bad_reader_code" to Word.SCAN_AGAIN,
    "account.reader_code_old" to Word.SCAN_AGAIN,
    "history.no_entry" to Word.REPORT_GONE,
    "history.bad_words" to Word.REPORT_TOO_LONG,
    LEVEL_REQUIRED to Word.LEVEL_2_NEEDED,
)

/** Where what is missing is to be had. */
private val WHERE = mapOf(LEVEL_REQUIRED to Next.RAISE_LEVEL, "present.no_credential" to Next.OBTAIN_AGAIN)

private const val LEVEL_REQUIRED = "account.level_required"
