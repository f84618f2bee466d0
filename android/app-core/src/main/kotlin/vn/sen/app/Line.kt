package vn.sen.app

import java.time.Instant
import java.time.ZoneId
import java.time.format.DateTimeFormatter

/** A sentence with its values, for the shell to say in the person's language. A warning is never folded away. */
data class Line(val word: Word, val values: List<String> = emptyList(), val warning: Boolean = false) {
    init {
        require(values.size == word.places) { "${word.key} has ${word.places} places" }
    }
}

fun line(word: Word, vararg values: String) = Line(word, values.toList())

fun warning(word: Word, vararg values: String) = Line(word, values.toList(), warning = true)

private val DAY: DateTimeFormatter = DateTimeFormatter.ofPattern("dd/MM/yyyy")
private val MINUTE: DateTimeFormatter = DateTimeFormatter.ofPattern("HH:mm dd/MM/yyyy")

/** Seconds since 1970 as a day, as it is written in Vietnam. */
fun day(seconds: Long, zone: ZoneId): String = DAY.format(Instant.ofEpochSecond(seconds).atZone(zone))

/** The same to the minute. */
fun minute(seconds: Long, zone: ZoneId): String = MINUTE.format(Instant.ofEpochSecond(seconds).atZone(zone))

/** The words of a claim's number in the core's table. */
fun claim(number: Long): Line = Word.entries.find { it.key == "claim_$number" }?.let { line(it) } ?: line(Word.CLAIM_OTHER, "$number")

/** A credential's type in words. */
fun kind(type: String): Line = when (type) {
    "urn:vn:citizen:1", "citizen" -> line(Word.CITIZEN)
    "urn:vn:health-insurance:1", "health-insurance" -> line(Word.HEALTH_INSURANCE)
    else -> line(Word.OTHER_DOCUMENT, type)
}

private val COMMON_NAME = Regex("""(?:^|,)CN=((?:[^\\,+]|\\.)+)(?=,|$)""")

/**
 * What a certificate's subject (RFC 4514) says for people. One that names nobody, or two, stays as it is: whom it means is not for the
 * screen to choose.
 */
fun commonName(subject: String): String {
    val found = COMMON_NAME.findAll(subject).map { it.groupValues[1] }.toList()
    val name = found.singleOrNull() ?: return subject
    // Octets in hexadecimal are for machines.
    if (HEXADECIMAL.containsMatchIn(name)) return subject
    return name.replace(ESCAPED, "$1").trim()
}

private val HEXADECIMAL = Regex("""^#|\\[0-9A-Fa-f]{2}""")
private val ESCAPED = Regex("""\\(.)""")
