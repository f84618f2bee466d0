package vn.sen.app

import java.time.Instant
import java.time.ZoneId
import java.time.format.DateTimeFormatter

/** What stands in the place of a sentence. */
sealed interface Part

/** A number, a date, or somebody's own words: the same in each language. */
data class Own(val text: String) : Part

/** Several in a row. */
data class Listed(val parts: List<Part>) : Part

/** A sentence with its values, for the shell to say in the person's language. A warning is never folded away. */
data class Line(val word: Word, val values: List<Part> = emptyList(), val warning: Boolean = false) : Part {
    init {
        require(values.size == word.places) { "${word.key} has ${word.places} places" }
    }
}

fun line(word: Word, vararg values: String) = Line(word, values.map(::Own))

fun line(word: Word, first: Part, vararg more: Part) = Line(word, listOf(first, *more))

fun warning(word: Word, vararg values: String) = line(word, *values).copy(warning = true)

fun warning(word: Word, first: Part, vararg more: Part) = line(word, first, *more).copy(warning = true)

private val DAY: DateTimeFormatter = DateTimeFormatter.ofPattern("dd/MM/yyyy")
private val MINUTE: DateTimeFormatter = DateTimeFormatter.ofPattern("HH:mm dd/MM/yyyy")

/** Seconds since 1970 as a day, as it is written in Vietnam. */
fun day(seconds: Long, zone: ZoneId): String = DAY.format(Instant.ofEpochSecond(seconds).atZone(zone))

/** The same to the minute. */
fun minute(seconds: Long, zone: ZoneId): String = MINUTE.format(Instant.ofEpochSecond(seconds).atZone(zone))

/** Dong in groups of three, as they are written in Vietnam: a nought too many is seen. */
fun money(digits: String): String = digits.reversed().chunked(GROUP).joinToString(".").reversed()

private const val GROUP = 3

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
