package vn.sen.app

/** What a scanned code is, by how it begins. The core checks what is in it. */
sealed interface Scanned {
    /** The question on a clinic desk's screen, for the two-way mode. */
    data class DeskQuestion(val text: String) : Scanned

    /** A new phone asks for the account. */
    data class NewPhone(val text: String) : Scanned

    /** A phone without NFC asks for a reading of its owner's card. */
    data class ReadingRequest(val text: String) : Scanned

    /** A portal, bank or cash machine asks. */
    data class Request(val link: String) : Scanned

    /** An issuer offers. */
    data class Offer(val link: String) : Scanned

    /** The code printed on a citizen card: of it the six digits that open the chip. */
    data class CitizenCard(val can: String) : Scanned

    /** What another wallet shows to a clinic. */
    data object ForClinic : Scanned

    /** Nothing of this app. */
    data object Other : Scanned
}

/** Digits are frames of this project, told apart by their first four; anything else can only be a link. */
fun scannedAs(content: String): Scanned {
    val text = content.trim()
    if (text.isNotEmpty() && text.all { it in '0'..'9' }) return frame(text)
    canOfCard(text)?.let { return Scanned.CitizenCard(it) }
    return when (val link = linkOf(text)) {
        is Link.Request -> Scanned.Request(link.text)
        is Link.Offer -> Scanned.Offer(link.text)
        Link.Unknown -> Scanned.Other
    }
}

private fun frame(digits: String): Scanned = when (digits.take(MAGIC)) {
    "7361" -> Scanned.DeskQuestion(digits)
    "7363" -> Scanned.NewPhone(digits)
    "7364" -> Scanned.ReadingRequest(digits)
    "7360", "7362" -> Scanned.ForClinic
    else -> Scanned.Other
}

private const val MAGIC = 4
