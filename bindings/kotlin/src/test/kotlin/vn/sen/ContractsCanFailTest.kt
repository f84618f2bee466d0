package vn.sen

import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import vn.sen.contract.CardInField
import vn.sen.contract.Checks
import vn.sen.contract.cardTransportContract
import vn.sen.contract.keyStoreContract
import vn.sen.contract.secretStoreContract
import vn.sen.nation.SecretInMemory
import vn.sen.nation.SoftwareKeys

/** Each promise of the contracts is broken by one port at least, and found. */
class ContractsCanFailTest {
    private fun broken(checks: Checks): Set<String> = checks.names.filter { runCatching { checks.run(it) }.isFailure }.toSet()

    /** Every one of [ports] breaks its own promise, and between them they break all. */
    private fun <P> each(ports: Map<String, () -> P>, contract: (() -> P) -> Checks) {
        val names = contract(ports.values.first()).names
        assertEquals(names, ports.keys)
        for ((promise, port) in ports) assertTrue(promise in broken(contract(port)), "not found: $promise")
    }

    @Test
    fun `each promise of a secret store can be broken`() {
        val kept = SecretInMemory()
        val ports = mapOf<String, () -> SecretStore>(
            "nothing was saved yet" to { object : SecretStore by SecretInMemory() { override fun load() = ByteArray(0) } },
            "what was saved is loaded, also after a new start" to { SecretInMemory() },
            "the last one counts, whatever its length" to {
                object : SecretStore by kept {
                    override fun save(secret: ByteArray) = kept.save(secret + (kept.load() ?: ByteArray(0)).drop(secret.size))
                }
            },
            "what is erased is gone, and another can be saved" to {
                object : SecretStore by kept { override fun erase() = if (kept.load()?.size == 3) Unit else kept.erase() }
            },
            "erasing nothing is no error" to {
                object : SecretStore by kept { override fun erase() = if (kept.load() == null) throw SecretStoreFailure.Unavailable() else kept.erase() }
            },
            "what the caller does to its copy changes nothing" to { SharedCopy },
        )
        each(ports, ::secretStoreContract)
    }

    private object SharedCopy : SecretStore {
        private var secret: ByteArray? = null

        override fun load() = secret

        override fun save(secret: ByteArray) {
            this.secret = secret
        }

        override fun erase() {
            secret = null
        }
    }

    @Test
    fun `each promise of a key store can be broken`() {
        val keys = SoftwareKeys()
        fun signing(sign: (DeviceKey, ByteArray, Boolean) -> ByteArray) = object : KeyStore by keys {
            override fun create(id: String, perUse: Boolean, challenge: ByteArray): DeviceKey {
                val key = keys.create(id, perUse, challenge)
                return object : DeviceKey by key { override fun sign(message: ByteArray) = sign(key, message, perUse) }
            }
        }
        val unavailable = object : KeyStore by keys {
            override fun open(id: String) = if (keys.keys.containsKey(id)) keys.open(id) else throw DeviceKeyException.Unavailable()
        }
        val ports = mapOf<String, () -> KeyStore>(
            "a key that was made is found again, also after a new start" to { SoftwareKeys() },
            "each key has a public key of its own, uncompressed and on P-256" to {
                object : KeyStore by keys {
                    override fun create(id: String, perUse: Boolean, challenge: ByteArray): DeviceKey {
                        val key = keys.create(id, perUse, challenge)
                        return object : DeviceKey by key { override fun publicKey() = key.publicKey().also { it[64] = (it[64] + 1).toByte() } }
                    }
                }
            },
            "a signature of 64 octets verifies under the key and for the message alone" to { signing { key, _, _ -> key.sign(ByteArray(0)) } },
            "a key that asks at each use signs, too" to {
                signing { key, message, perUse -> if (perUse) throw DeviceKeyException.Locked() else key.sign(message) }
            },
            "a key under a name that is taken takes its place" to {
                object : KeyStore by keys {
                    override fun create(id: String, perUse: Boolean, challenge: ByteArray) =
                        if (keys.keys.containsKey(id)) keys.open(id) else keys.create(id, perUse, challenge)
                }
            },
            "a key that was deleted is lost, and another is not" to {
                object : KeyStore by keys { override fun delete(id: String) = keys.keys.clear() }
            },
            "a key that was never made is lost" to { unavailable },
            "deleting what is not there is no error" to {
                object : KeyStore by keys { override fun delete(id: String) = keys.keys.remove(id)?.let {} ?: throw DeviceKeyException.Lost() }
            },
            "names of 64 characters are kept apart" to {
                object : KeyStore by keys {
                    override fun create(id: String, perUse: Boolean, challenge: ByteArray) = keys.create(id.take(63), perUse, challenge)

                    override fun open(id: String) = keys.open(id.take(63))
                }
            },
            "what is said of a key stays the same when it is found again" to {
                object : KeyStore by keys {
                    override fun open(id: String): DeviceKey {
                        val key = keys.open(id)
                        return object : DeviceKey by key { override fun attestation() = KeyAttestation.Android(listOf(ByteArray(1), ByteArray(1))) }
                    }
                }
            },
            "an empty challenge is none the worse" to {
                object : KeyStore by keys {
                    override fun create(id: String, perUse: Boolean, challenge: ByteArray) =
                        if (challenge.isEmpty()) throw DeviceKeyException.Unavailable() else keys.create(id, perUse, challenge)
                }
            },
        )
        each(ports, ::keyStoreContract)
    }

    @Test
    fun `each promise of a card transport can be broken`() {
        val ports = mapOf<String, () -> CardInField>(
            "an answer ends with two status octets" to { Card(answer = { byteArrayOf(1) }) },
            "answers come in the order of their commands" to { Card(answer = { byteArrayOf(0x90.toByte(), 0) }) },
            "a short command always fits" to { Card(longest = { 260u }) },
            "the longest command that it names goes through" to { Card(takes = 1_000) },
            "a card that left is lost, for every command from then on" to { Card(losses = 1) },
            "how long a command may be is known without a card" to { Card(longest = { gone -> if (gone) 261u else 2_048u }) },
        )
        each(ports, ::cardTransportContract)
        assertEquals(emptySet<String>(), broken(cardTransportContract { Card() }))
    }

    /** A card that keeps every promise but the one that is given. */
    private class Card(
        private val answer: (ByteArray) -> ByteArray = { if (it[1] == 0xa4.toByte()) byteArrayOf(0x90.toByte(), 0) else byteArrayOf(0x6d, 0) },
        private val longest: (gone: Boolean) -> UInt = { 2_048u },
        private val takes: Int = 2_048,
        private var losses: Int = Int.MAX_VALUE,
    ) : CardInField {
        private var gone = false

        override val transport = object : CardTransport {
            override fun maxCommandLen() = longest(gone)

            override fun transceive(command: ByteArray): ByteArray {
                if (gone && losses-- > 0 || command.size > takes) throw TransportFailure.TagLost()
                return answer(command)
            }
        }

        override fun remove() {
            gone = true
        }
    }
}
