package vn.sen.app

import java.math.BigInteger
import java.security.interfaces.ECPublicKey

private const val OCTETS = 32

/** `04 || x || y` (SEC 1 section 2.3.3). */
fun uncompressed(key: ECPublicKey): ByteArray = byteArrayOf(4) + octets(key.w.affineX) + octets(key.w.affineY)

/** The DER form that Java's key stores sign in, as `r || s`. Anything but two integers of at most 32 octets is refused. */
fun rawSignature(der: ByteArray): ByteArray {
    val body = Der(der).value(0x30, last = true)
    val numbers = Der(body)
    val (r, s) = BigInteger(numbers.value(0x02)) to BigInteger(numbers.value(0x02, last = true))
    return octets(r) + octets(s)
}

private class Der(private val bytes: ByteArray) {
    private var at = 0

    fun value(tag: Int, last: Boolean = false): ByteArray {
        require(octet() == tag) { "another tag" }
        // A signature of P-256 has lengths of one octet.
        val length = octet()
        require(length in 1..0x7f && at + length <= bytes.size) { "a wrong length" }
        at += length
        require(!last || at == bytes.size) { "trailing octets" }
        return bytes.copyOfRange(at - length, at)
    }

    private fun octet(): Int {
        require(at < bytes.size) { "too short" }
        return bytes[at++].toInt() and 0xff
    }
}

private fun octets(number: BigInteger): ByteArray {
    require(number.signum() >= 0 && number.bitLength() <= OCTETS * 8) { "no coordinate" }
    val bytes = number.toByteArray()
    val start = bytes.indexOfFirst { it.toInt() != 0 }.let { if (it < 0) bytes.size else it }
    return ByteArray(OCTETS - (bytes.size - start)) + bytes.copyOfRange(start, bytes.size)
}
