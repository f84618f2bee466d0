package vn.sen.app

/** Where a link that another app, the browser or the camera gave leads. */
sealed interface Link {
    /** A portal, bank or cash machine asks. */
    data class Request(val text: String) : Link

    /** An issuer offers. */
    data class Offer(val text: String) : Link

    /** Nothing that this app opens. */
    data object Unknown : Link
}

/** Longer ones are nobody's. */
private const val LONGEST = 64 * 1024

/** The core checks what is in it. */
fun linkOf(text: String?): Link = when {
    text == null || text.length > LONGEST -> Link.Unknown
    text.startsWith("openid4vp://", ignoreCase = true) || text.startsWith("haip-vp://", ignoreCase = true) -> Link.Request(text)
    text.startsWith("openid-credential-offer://", ignoreCase = true) -> Link.Offer(text)
    else -> Link.Unknown
}
