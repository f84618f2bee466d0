package vn.sen.app

import java.security.GeneralSecurityException
import java.security.PrivateKey
import java.security.ProviderException
import java.security.Signature
import java.security.UnrecoverableKeyException
import java.security.interfaces.ECPublicKey
import vn.sen.DeviceKey
import vn.sen.DeviceKeyException
import vn.sen.KeyAttestation
import vn.sen.KeyStore

/** Recognises the person for a signature that is due: by fingerprint, face or the device's own code. Blocks. */
interface Authenticator {
    /** For a key that asks at each use; gives the signature, unlocked. */
    fun unlock(signature: Signature): Signature

    /** For keys that stay usable for a while. */
    fun confirm()
}

/** What a platform's hardware does beyond Java's key store. */
interface KeyHardware {
    /** Whether there is a chip for keys alone. */
    val hasStrongBox: Boolean

    /** Makes a P-256 key for signing with SHA-256 in the key store under this name; a new one in place of an old one. */
    fun generate(id: String, perUse: Boolean, challenge: ByteArray, strongBox: Boolean)

    /** Whether the person is asked at each signature. */
    fun asksEachTime(key: PrivateKey): Boolean

    /** What it means by what it threw; nothing where it is no word of its own. */
    fun meant(error: Exception): DeviceKeyException?
}

/** Device keys in a key store of Java's form: StrongBox first, the TEE where StrongBox fails. [password] is for stores that want one. */
class HardwareKeys(
    private val store: java.security.KeyStore,
    private val hardware: KeyHardware,
    private val authenticator: Authenticator,
    private val password: CharArray? = null,
) : KeyStore {
    override fun create(id: String, perUse: Boolean, challenge: ByteArray): DeviceKey = translated {
        val strongBox = hardware.hasStrongBox
        try {
            hardware.generate(id, perUse, challenge, strongBox)
        } catch (error: ProviderException) {
            // Many a StrongBox is full, slow to start or without what is asked, and says so in more than one way.
            if (!strongBox) throw error
            hardware.generate(id, perUse, challenge, strongBox = false)
        }
        open(id)
    }

    override fun open(id: String): DeviceKey = translated {
        val key = store.getKey(id, password) as? PrivateKey ?: throw DeviceKeyException.Lost()
        val chain = store.getCertificateChain(id) ?: throw DeviceKeyException.Lost()
        Key(key, chain.first().publicKey as ECPublicKey, chain.map { it.encoded })
    }

    override fun delete(id: String) = translated { if (store.containsAlias(id)) store.deleteEntry(id) }

    private inner class Key(private val key: PrivateKey, private val public: ECPublicKey, private val chain: List<ByteArray>) : DeviceKey {
        override fun publicKey(): ByteArray = uncompressed(public)

        override fun sign(message: ByteArray): ByteArray = translated {
            val ready = try {
                begun().let { if (hardware.asksEachTime(key)) authenticator.unlock(it) else it }
            } catch (error: GeneralSecurityException) {
                if (hardware.meant(error) !is DeviceKeyException.Locked) throw error
                authenticator.confirm()
                begun()
            }
            ready.update(message)
            rawSignature(ready.sign())
        }

        override fun attestation(): KeyAttestation = if (chain.size > 1) KeyAttestation.Android(chain) else KeyAttestation.Unattested

        private fun begun() = Signature.getInstance("SHA256withECDSA").apply { initSign(key) }
    }

    /** What was thrown, as what the core understands. Anything else is not announced and becomes `Unavailable`. */
    private fun <T> translated(work: () -> T): T = try {
        work()
    } catch (error: DeviceKeyException) {
        throw error
    } catch (_: UnrecoverableKeyException) {
        throw DeviceKeyException.Lost()
    } catch (error: ProviderException) {
        throw hardware.meant(error) ?: DeviceKeyException.Unavailable()
    } catch (error: GeneralSecurityException) {
        throw hardware.meant(error) ?: DeviceKeyException.Unavailable()
    }
}
