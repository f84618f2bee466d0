package vn.sen.contract

import java.math.BigInteger
import java.security.AlgorithmParameters
import java.security.KeyFactory
import java.security.PublicKey
import java.security.Signature
import java.security.spec.ECGenParameterSpec
import java.security.spec.ECParameterSpec
import java.security.spec.ECPoint
import java.security.spec.ECPublicKeySpec
import vn.sen.DeviceKey
import vn.sen.DeviceKeyException
import vn.sen.KeyAttestation
import vn.sen.KeyStore

/**
 * The promises of a [KeyStore] and its [DeviceKey]s. [keys] gives the same store each time, as an app finds it when it starts again.
 * On a device a person is asked for signatures.
 */
fun keyStoreContract(keys: () -> KeyStore) = Checks(
    mapOf(
        "a key that was made is found again, also after a new start" to {
            val made = keys().create(ID, false, CHALLENGE).publicKey().toList()
            same(made, keys().open(ID).publicKey().toList())
        },
        "each key has a public key of its own, uncompressed and on P-256" to {
            val one = keys().create(ID, false, CHALLENGE).publicKey()
            val other = keys().create(OTHER, false, CHALLENGE).publicKey()
            holds(!one.contentEquals(other), "the same key twice")
            for (point in listOf(one, other)) parsed(point)
        },
        "a signature of 64 octets verifies under the key and for the message alone" to {
            val key = keys().create(ID, false, CHALLENGE)
            val other = keys().create(OTHER, false, CHALLENGE)
            for (message in listOf(ByteArray(0), "message".toByteArray(), ByteArray(100_000) { it.toByte() })) {
                val signature = key.sign(message)
                same(64, signature.size)
                holds(verifies(key, message, signature), "does not verify")
                holds(!verifies(key, message + 0, signature), "verifies for another message")
                holds(!verifies(other, message, signature), "verifies under another key")
            }
        },
        "a key that asks at each use signs, too" to {
            val key = keys().create(ID, true, CHALLENGE)
            holds(verifies(key, CHALLENGE, key.sign(CHALLENGE)), "does not verify")
        },
        "a key under a name that is taken takes its place" to {
            val first = keys().create(ID, false, CHALLENGE).publicKey()
            val second = keys().create(ID, false, CHALLENGE).publicKey()
            holds(!first.contentEquals(second), "the old key")
            same(second.toList(), keys().open(ID).publicKey().toList())
        },
        "a key that was deleted is lost, and another is not" to {
            keys().create(ID, false, CHALLENGE)
            val other = keys().create(OTHER, false, CHALLENGE).publicKey()
            keys().delete(ID)
            throws<DeviceKeyException.Lost> { keys().open(ID) }
            same(other.toList(), keys().open(OTHER).publicKey().toList())
        },
        "a key that was never made is lost" to {
            keys().delete(ID)
            throws<DeviceKeyException.Lost> { keys().open(ID) }
        },
        "deleting what is not there is no error" to {
            keys().delete(ID)
            keys().delete(ID)
        },
        "names of 64 characters are kept apart" to {
            val (one, two) = "a".repeat(63) + "0" to "a".repeat(63) + "1"
            try {
                val first = keys().create(one, false, CHALLENGE).publicKey()
                keys().create(two, false, CHALLENGE)
                same(first.toList(), keys().open(one).publicKey().toList())
            } finally {
                keys().delete(one)
                keys().delete(two)
            }
        },
        "what is said of a key stays the same when it is found again" to {
            val said = chain(keys().create(ID, false, CHALLENGE))
            same(said, chain(keys().open(ID)))
            holds(said == null || said.size > 1, "a chain of one certificate vouches for nothing")
        },
        "an empty challenge is none the worse" to {
            holds(keys().create(ID, false, ByteArray(0)).publicKey().size == 65, "no key")
        },
    ).mapValues { (_, check) ->
        {
            try {
                check()
            } finally {
                keys().delete(ID)
                keys().delete(OTHER)
            }
        }
    },
)

private const val ID = "contract-one"
private const val OTHER = "contract-two"
private val CHALLENGE = ByteArray(32) { it.toByte() }

private fun chain(key: DeviceKey): List<List<Byte>>? = when (val said = key.attestation()) {
    is KeyAttestation.Android -> said.chain.map(ByteArray::toList)
    is KeyAttestation.Apple -> listOf(said.`object`.toList(), emptyList())
    else -> null
}

private val P256: ECParameterSpec = AlgorithmParameters.getInstance("EC").run {
    init(ECGenParameterSpec("secp256r1"))
    getParameterSpec(ECParameterSpec::class.java)
}

/** Checks that it is on the curve, which not every provider does. */
private fun parsed(point: ByteArray): PublicKey {
    same(65, point.size)
    same(4.toByte(), point[0])
    val (x, y) = BigInteger(1, point.copyOfRange(1, 33)) to BigInteger(1, point.copyOfRange(33, 65))
    val p = (P256.curve.field as java.security.spec.ECFieldFp).p
    val right = (x.pow(3) + P256.curve.a * x + P256.curve.b).mod(p)
    same(right, y.pow(2).mod(p))
    return KeyFactory.getInstance("EC").generatePublic(ECPublicKeySpec(ECPoint(x, y), P256))
}

/** In the DER form: the raw one has a name on newer Androids alone. */
private fun verifies(key: DeviceKey, message: ByteArray, raw: ByteArray): Boolean {
    fun number(octets: ByteArray) = BigInteger(1, octets).toByteArray().let { byteArrayOf(2, it.size.toByte()) + it }
    val numbers = number(raw.copyOfRange(0, 32)) + number(raw.copyOfRange(32, 64))
    return Signature.getInstance("SHA256withECDSA").run {
        initVerify(parsed(key.publicKey()))
        update(message)
        verify(byteArrayOf(0x30, numbers.size.toByte()) + numbers)
    }
}
