package vn.sen.app

/** A card access number as citizen cards have it. */
internal fun isCan(text: String): Boolean = text.length == CAN && text.all { it in '0'..'9' }

/** The machine-readable zone of a card as it was typed, without what people put between; nothing where it is not three lines of 30. */
internal fun zone(typed: String): String? =
    typed.uppercase().filterNot(Char::isWhitespace).takeIf { it.length == ZONE && it.all { one -> one in 'A'..'Z' || one in '0'..'9' || one == '<' } }

/**
 * The six digits from the code that is printed on a citizen card: the last ones of its number, which stands first in it. Nothing else of it
 * is looked at.
 */
internal fun canOfCard(code: String): String? {
    val fields = code.split('|')
    val number = fields.first().takeIf { fields.size >= FIELDS && it.length == NUMBER && it.all { one -> one in '0'..'9' } }
    return number?.takeLast(CAN)
}

private const val CAN = 6
private const val NUMBER = 12

/** TD1 of ICAO 9303-5: three lines of 30. */
private const val ZONE = 90

/** Number, old number, name, birth, sex, address, day of issue; newer cards have more behind. */
private const val FIELDS = 7
