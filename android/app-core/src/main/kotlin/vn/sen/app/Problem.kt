package vn.sen.app

import vn.sen.SenException
import vn.sen.attemptsLeft
import vn.sen.code
import vn.sen.waitSeconds

/** What the screen offers next. */
enum class Next { TRY_CARD_AGAIN, TYPE_AGAIN, STOP, ENROL_AGAIN, NOTHING, TRY_LATER, OBTAIN_AGAIN, REPORT }

/** What went wrong, in words, with the core's stable code. */
data class Problem(val line: Line, val next: Next, val code: String)

/** A document is to be obtained again before it can approve. */
internal const val NO_APPROVAL_KEY = "online.no_approval_key"

/** One place decides what each kind of error means to a person. */
fun SenException.problem(): Problem = when (this) {
    is SenException.TryCardAgain -> Problem(line(Word.CARD_LOST), Next.TRY_CARD_AGAIN, code)
    is SenException.WrongAccessKey -> Problem(line(Word.CARD_WRONG_NUMBER), Next.TYPE_AGAIN, code)
    is SenException.CardNotGenuine -> Problem(warning(Word.CARD_NOT_GENUINE), Next.STOP, code)
    is SenException.CardUnsupported -> Problem(line(Word.CARD_UNSUPPORTED), Next.STOP, code)
    is SenException.DeviceKeyLost -> Problem(line(if (code == "account.device_replaced") Word.ACCOUNT_ELSEWHERE else Word.KEY_LOST), Next.ENROL_AGAIN, code)
    is SenException.UserCancelled -> Problem(line(Word.CANCELLED), Next.NOTHING, code)
    is SenException.NoNetwork -> Problem(line(Word.NO_NETWORK), Next.TRY_LATER, code)
    is SenException.IssuerRefused -> Problem(waiting() ?: line(Word.REFUSED_BY_ISSUER, code), Next.STOP, code)
    is SenException.CredentialExpired -> Problem(line(if (code == NO_APPROVAL_KEY) Word.OBTAIN_TO_APPROVE else Word.CREDENTIAL_EXPIRED), Next.OBTAIN_AGAIN, code)
    is SenException.NotReady -> Problem(missing(), Next.TYPE_AGAIN, code)
    is SenException.Bug -> Problem(line(Word.BUG, code), Next.REPORT, code)
}

private fun SenException.waiting(): Line? = waitSeconds?.let { line(Word.WAIT_SECONDS, "$it") }

private fun SenException.NotReady.missing(): Line = when {
    code == "card.no_reader" -> line(Word.CARD_NO_READER)
    attemptsLeft != null -> line(Word.WRONG_CODE, "$attemptsLeft")
    else -> waiting() ?: line(Word.NOT_READY, code)
}
