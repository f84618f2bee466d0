package vn.sen.app

import java.security.KeyPairGenerator
import java.security.Signature
import java.security.interfaces.ECPublicKey
import java.security.spec.ECGenParameterSpec
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test

class EcFormsTest {
    private val pair = KeyPairGenerator.getInstance("EC").apply { initialize(ECGenParameterSpec("secp256r1")) }.generateKeyPair()

    @Test
    fun `what a key store signs verifies in the other form`() {
        // Enough for numbers that begin with a zero octet, or need one.
        repeat(300) { number ->
            val message = "$number".toByteArray()
            val der = Signature.getInstance("SHA256withECDSA").run {
                initSign(pair.private)
                update(message)
                sign()
            }
            val raw = rawSignature(der)
            assertEquals(64, raw.size)
            assertTrue(Signature.getInstance("SHA256withECDSAinP1363Format").run {
                initVerify(pair.public)
                update(message)
                verify(raw)
            })
        }
    }

    @Test
    fun `a public key has 65 octets`() {
        repeat(50) {
            val key = KeyPairGenerator.getInstance("EC").apply { initialize(ECGenParameterSpec("secp256r1")) }.generateKeyPair().public as ECPublicKey
            val point = uncompressed(key)
            assertEquals(65, point.size)
            assertEquals(key.w.affineX, java.math.BigInteger(1, point.copyOfRange(1, 33)))
            assertEquals(key.w.affineY, java.math.BigInteger(1, point.copyOfRange(33, 65)))
        }
    }

    @Test
    fun `what is no signature is refused`() {
        val good = byteArrayOf(0x30, 6, 2, 1, 1, 2, 1, 2)
        assertEquals(64, rawSignature(good).size)
        val bad = listOf(
            byteArrayOf(), good.dropLast(1).toByteArray(), good + 0, byteArrayOf(0x31) + good.drop(1),
            byteArrayOf(0x30, 7, 2, 1, 1, 2, 1, 2, 0), byteArrayOf(0x30, 6, 2, 1, -1, 2, 1, 2), byteArrayOf(0x30, 5, 2, 0, 2, 1, 2),
            byteArrayOf(0x30, 38, 2, 33) + ByteArray(33) { 0x7f } + byteArrayOf(2, 1, 2),
        )
        for (bytes in bad) assertThrows(IllegalArgumentException::class.java) { rawSignature(bytes) }
    }
}
