package vn.sen.app

/*
 * The core's stable names in words. A name that is not here is nobody's but of whoever uses it: it is shown as it is, and said to be theirs.
 */

/** The words of a claim's number in the core's table. */
fun claim(number: Long): Line = Word.entries.find { it.key == "claim_$number" }?.let { line(it) } ?: line(Word.CLAIM_OTHER, "$number")

/**
 * The words of a claim's place in a document: a member of an SD-JWT VC, or namespace and element of an mdoc. Of what lies below a claim
 * the claim is said.
 */
fun claim(place: String): Line {
    place.toLongOrNull()?.let { return claim(it) }
    val namespace = NAMESPACES.find { place.startsWith("$it.") }
    val name = (if (namespace == null) place else place.removePrefix("$namespace.")).replace(ELEMENT, "")
    return CLAIMS[name]?.let { line(it) } ?: line(Word.CLAIM_OWN_WORD, place)
}

/** The same where the history has the document's type before the place. */
fun claimOf(documents: List<String>, told: String): Line =
    claim(documents.firstOrNull { told.startsWith("$it: ") }?.let { told.removePrefix("$it: ") } ?: told)

/** A heading and the claims below it; nothing where there are none. */
fun named(heading: Line, claims: List<Line>): List<Line> = if (claims.isEmpty()) emptyList() else listOf(heading) + claims.map { it.copy(warning = heading.warning) }

/** The type of a credential or document in words, or the issuer's name of what it offers. */
fun kind(type: String): Line = DOCUMENTS[FORMAT.replace(type, "")]?.let { line(it) } ?: line(Word.OTHER_DOCUMENT, type)

/** Whom something was shown to: a clinic that scanned, a desk by its name, or whoever a certificate names. */
fun recipient(to: String): Part = if (to == ANY_CLINIC) line(Word.ANY_CLINIC) else Own(commonName(to))

/** What happened to the account; [who] is the other phone where there is one, [ward] the number of the person in care. */
fun accountEvent(kind: String, who: Part, ward: String): Line {
    val word = Word.entries.find { it.key == "event_$kind" }
    return when {
        word == null -> line(Word.EVENT_ACCOUNT, kind)
        word.places == 0 -> line(word)
        kind == "acted_for_ward" -> line(word, ward)
        else -> line(word, who)
    }
}

/** The audience of a code that any clinic may scan. */
private const val ANY_CLINIC = "vn.clinic"

/** One of several. */
private val ELEMENT = Regex("""\[\d*]""")

/** How an issuer's configuration ends: the same document in another form. */
private val FORMAT = Regex("_(sd_jwt|sd_cwt|mdoc)$")

private val NAMESPACES = listOf("vn.citizen.1", "vn.health-insurance.1", "org.iso.18013.5.1", "vn.residence.1", "vn.adult.1")

private val DOCUMENTS = buildMap {
    for (name in listOf("urn:vn:citizen:1", "vn.citizen.1", "citizen")) put(name, Word.CITIZEN)
    for (name in listOf("urn:vn:health-insurance:1", "vn.health-insurance.1", "health-insurance", "health_insurance")) put(name, Word.HEALTH_INSURANCE)
    for (name in listOf("urn:vn:driving-licence:1", "org.iso.18013.5.1.mDL", "driving_licence")) put(name, Word.DRIVING_LICENCE)
    for (name in listOf("urn:vn:residence:1", "vn.residence.1", "residence")) put(name, Word.RESIDENCE)
    for (name in listOf("urn:vn:adult:1", "vn.adult.1", "adult")) put(name, Word.ADULT)
}

private val CLAIMS = mapOf(
    "personal_number" to Word.CLAIM_1,
    "name" to Word.CLAIM_4,
    "family_name" to Word.CLAIM_FAMILY_NAME,
    "given_name" to Word.CLAIM_GIVEN_NAME,
    "birth_date" to Word.CLAIM_8,
    "sex" to Word.CLAIM_9,
    "nationality" to Word.CLAIM_NATIONALITY,
    "account_level" to Word.CLAIM_ACCOUNT_LEVEL,
    "portrait" to Word.CLAIM_PORTRAIT,
    "guardian" to Word.CLAIM_85,
    "insurance_number" to Word.CLAIM_75,
    "valid_from" to Word.CLAIM_76,
    "valid_to" to Word.CLAIM_77,
    "facility" to Word.CLAIM_78,
    "benefit_level" to Word.CLAIM_79,
    "five_years_from" to Word.CLAIM_80,
    "area" to Word.CLAIM_81,
    "age_over_18" to Word.CLAIM_AGE_OVER_18,
    "issue_date" to Word.CLAIM_ISSUE_DATE,
    "expiry_date" to Word.CLAIM_EXPIRY_DATE,
    "issuing_country" to Word.CLAIM_ISSUING_COUNTRY,
    "issuing_authority" to Word.CLAIM_ISSUING_AUTHORITY,
    "document_number" to Word.CLAIM_DOCUMENT_NUMBER,
    "driving_privileges" to Word.CLAIM_DRIVING_PRIVILEGES,
    "un_distinguishing_sign" to Word.CLAIM_UN_DISTINGUISHING_SIGN,
    "resident_address" to Word.CLAIM_RESIDENT_ADDRESS,
    "resident_country" to Word.CLAIM_RESIDENT_COUNTRY,
    "residence_until" to Word.CLAIM_RESIDENCE_UNTIL,
)
