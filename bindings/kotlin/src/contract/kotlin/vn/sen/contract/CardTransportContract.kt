package vn.sen.contract

import vn.sen.CardTransport
import vn.sen.TransportFailure

/** A card in a field, for the contract alone: what lies behind the port, and how it leaves. */
interface CardInField {
    val transport: CardTransport

    /** The card leaves and does not come back. */
    fun remove()
}

/** The promises of a [CardTransport]. Each check gets a card of its own: any that answers a SELECT with two status octets. */
fun cardTransportContract(card: () -> CardInField) = Checks(
    mapOf(
        "an answer ends with two status octets" to {
            holds(card().transport.transceive(SELECT).size >= 2, "no status")
        },
        "answers come in the order of their commands" to {
            val transport = card().transport
            // The second instruction is one that no card has.
            val (known, unknown) = transport.transceive(SELECT).takeLast(2) to transport.transceive(byteArrayOf(0, 0x03, 0, 0)).takeLast(2)
            holds(known != unknown, "the same answer to both")
            same(known, transport.transceive(SELECT).takeLast(2))
        },
        "a short command always fits" to {
            holds(card().transport.maxCommandLen() >= 261u, "less than a short command")
        },
        "the longest command that it names goes through" to {
            val transport = card().transport
            val longest = transport.maxCommandLen().toInt().coerceAtMost(EXTENDED)
            holds(transport.transceive(command(longest)).size >= 2, "no answer")
        },
        "a card that left is lost, for every command from then on" to {
            val field = card()
            field.transport.transceive(SELECT)
            field.remove()
            repeat(3) { throws<TransportFailure.TagLost> { field.transport.transceive(SELECT) } }
        },
        "how long a command may be is known without a card" to {
            val field = card()
            val before = field.transport.maxCommandLen()
            field.remove()
            same(before, field.transport.maxCommandLen())
        },
    ),
)

/** The application of identity documents (ICAO Doc 9303-10). */
private val SELECT = byteArrayOf(0, 0xa4.toByte(), 4, 0x0c, 7, 0xa0.toByte(), 0, 0, 2, 0x47, 0x10, 1)

/** CLA INS P1 P2, Lc of three octets and Le of two, 65,535 octets between. */
private const val EXTENDED = 65_544

/** A command of exactly so many octets with an instruction that changes nothing: GET CHALLENGE with data that no card expects. */
private fun command(length: Int): ByteArray {
    val head = byteArrayOf(0, 0x84.toByte(), 0, 0)
    if (length <= 261) return head + 255.toByte() + ByteArray(255) + 0
    val data = length - 9
    return head + byteArrayOf(0, (data shr 8).toByte(), data.toByte()) + ByteArray(data) + byteArrayOf(0, 0)
}
