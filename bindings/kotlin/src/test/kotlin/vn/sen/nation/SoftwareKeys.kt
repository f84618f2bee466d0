package vn.sen.nation

import java.math.BigInteger
import java.security.KeyPair
import java.security.KeyPairGenerator
import java.security.Signature
import java.security.interfaces.ECPublicKey
import java.security.spec.ECGenParameterSpec
import java.util.concurrent.ConcurrentHashMap
import vn.sen.DeviceKey
import vn.sen.DeviceKeyException
import vn.sen.KeyAttestation
import vn.sen.KeyStore
import vn.sen.SecretStore

/** Keys of the JVM, where a phone has its own hardware. */
class SoftwareKeys : KeyStore {
    val keys = ConcurrentHashMap<String, KeyPair>()

    /** What every use of a key throws from now on. */
    @Volatile
    var fault: Throwable? = null

    override fun create(id: String, perUse: Boolean, challenge: ByteArray): DeviceKey {
        val generator = KeyPairGenerator.getInstance("EC").apply { initialize(ECGenParameterSpec("secp256r1")) }
        keys[id] = generator.generateKeyPair()
        return open(id)
    }

    override fun open(id: String): DeviceKey = SoftwareKey(keys[id] ?: throw DeviceKeyException.Lost()) { fault }

    override fun delete(id: String) {
        keys.remove(id)
    }
}

private class SoftwareKey(private val pair: KeyPair, private val fault: () -> Throwable?) : DeviceKey {
    override fun publicKey(): ByteArray {
        val point = (pair.public as ECPublicKey).w
        return byteArrayOf(4) + octets(point.affineX) + octets(point.affineY)
    }

    override fun sign(message: ByteArray): ByteArray {
        fault()?.let { throw it }
        return Signature.getInstance("SHA256withECDSAinP1363Format").run {
            initSign(pair.private)
            update(message)
            sign()
        }
    }

    override fun attestation(): KeyAttestation = KeyAttestation.Unattested

    private fun octets(number: BigInteger): ByteArray {
        val bytes = number.toByteArray().dropWhile { it.toInt() == 0 }.toByteArray()
        return ByteArray(32 - bytes.size) + bytes
    }
}

/** One secret in memory. */
class SecretInMemory : SecretStore {
    @Volatile
    private var secret: ByteArray? = null

    override fun load(): ByteArray? = secret?.copyOf()

    override fun save(secret: ByteArray) {
        this.secret = secret.copyOf()
    }

    override fun erase() {
        secret = null
    }
}
