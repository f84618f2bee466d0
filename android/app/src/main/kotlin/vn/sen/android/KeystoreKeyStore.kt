package vn.sen.android

import android.content.pm.PackageManager
import android.os.Build
import android.security.KeyStoreException
import android.security.keystore.KeyGenParameterSpec
import android.security.keystore.KeyPermanentlyInvalidatedException
import android.security.keystore.KeyProperties
import android.security.keystore.StrongBoxUnavailableException
import android.security.keystore.UserNotAuthenticatedException
import java.security.GeneralSecurityException
import java.security.KeyPairGenerator
import java.security.PrivateKey
import java.security.ProviderException
import java.security.Signature
import java.security.UnrecoverableKeyException
import java.security.interfaces.ECPublicKey
import java.security.spec.ECGenParameterSpec
import vn.sen.DeviceKey
import vn.sen.DeviceKeyException
import vn.sen.KeyAttestation
import vn.sen.KeyStore
import vn.sen.app.rawSignature
import vn.sen.app.uncompressed

/** Recognises the person for a signature that is due: by fingerprint, face or the device's own code. Blocks. */
interface Authenticator {
    /** For a key that asks at each use; gives the signature, unlocked. */
    fun unlock(signature: Signature): Signature

    /** For keys that stay usable for a while. */
    fun confirm()
}

/** Keys of the phone's own hardware: StrongBox first, the TEE where StrongBox fails. */
class KeystoreKeyStore(private val packages: PackageManager, private val authenticator: Authenticator) : KeyStore {
    private val store = java.security.KeyStore.getInstance(PROVIDER).apply { load(null) }

    override fun create(id: String, perUse: Boolean, challenge: ByteArray): DeviceKey = translated {
        val strongBox = Build.VERSION.SDK_INT >= Build.VERSION_CODES.P && packages.hasSystemFeature(PackageManager.FEATURE_STRONGBOX_KEYSTORE)
        try {
            generate(id, perUse, challenge, strongBox)
        } catch (error: ProviderException) {
            // Many a StrongBox is full, slow to start or without what is asked: StrongBoxUnavailableException is only one of its ways.
            if (!strongBox) throw error
            generate(id, perUse, challenge, strongBox = false)
        }
        open(id)
    }

    override fun open(id: String): DeviceKey = translated {
        val key = store.getKey(id, null) as? PrivateKey ?: throw DeviceKeyException.Lost()
        val chain = store.getCertificateChain(id) ?: throw DeviceKeyException.Lost()
        KeystoreDeviceKey(key, chain.first().publicKey as ECPublicKey, chain.map { it.encoded }, authenticator)
    }

    override fun delete(id: String) = translated { store.deleteEntry(id) }

    private fun generate(id: String, perUse: Boolean, challenge: ByteArray, strongBox: Boolean) {
        val spec = KeyGenParameterSpec.Builder(id, KeyProperties.PURPOSE_SIGN).run {
            setAlgorithmParameterSpec(ECGenParameterSpec("secp256r1"))
            setDigests(KeyProperties.DIGEST_SHA256)
            setUserAuthenticationRequired(true)
            // A new finger invalidates a key that approves; one that shows a QR survives it.
            setInvalidatedByBiometricEnrollment(perUse)
            val seconds = if (perUse) 0 else USABLE_SECONDS
            if (Build.VERSION.SDK_INT >= Build.VERSION_CODES.R) {
                val by = if (perUse) KeyProperties.AUTH_BIOMETRIC_STRONG else KeyProperties.AUTH_BIOMETRIC_STRONG or KeyProperties.AUTH_DEVICE_CREDENTIAL
                setUserAuthenticationParameters(seconds, by)
            } else {
                @Suppress("DEPRECATION") // The only way before Android 11; -1 there is what 0 is above.
                setUserAuthenticationValidityDurationSeconds(if (perUse) -1 else seconds)
            }
            // The attestation is over this challenge; without one there would be none.
            setAttestationChallenge(if (challenge.isEmpty()) ByteArray(1) else challenge)
            if (strongBox && Build.VERSION.SDK_INT >= Build.VERSION_CODES.P) setIsStrongBoxBacked(true)
            build()
        }
        KeyPairGenerator.getInstance(KeyProperties.KEY_ALGORITHM_EC, PROVIDER).run {
            initialize(spec)
            generateKeyPair()
        }
    }

    private companion object {
        const val PROVIDER = "AndroidKeyStore"

        /** A rotating QR must not prompt every ten seconds. */
        const val USABLE_SECONDS = 120
    }
}

private class KeystoreDeviceKey(
    private val key: PrivateKey,
    private val public: ECPublicKey,
    private val chain: List<ByteArray>,
    private val authenticator: Authenticator,
) : DeviceKey {
    override fun publicKey(): ByteArray = uncompressed(public)

    override fun sign(message: ByteArray): ByteArray = translated {
        val signature = Signature.getInstance("SHA256withECDSA")
        val ready = try {
            signature.apply { initSign(key) }.let { if (asksEachTime()) authenticator.unlock(it) else it }
        } catch (_: UserNotAuthenticatedException) {
            authenticator.confirm()
            signature.apply { initSign(key) }
        }
        ready.update(message)
        rawSignature(ready.sign())
    }

    override fun attestation(): KeyAttestation = if (chain.size > 1) KeyAttestation.Android(chain) else KeyAttestation.Unattested

    private fun asksEachTime(): Boolean {
        val factory = java.security.KeyFactory.getInstance(key.algorithm, "AndroidKeyStore")
        val info = factory.getKeySpec(key, android.security.keystore.KeyInfo::class.java)
        @Suppress("DEPRECATION") // It says the same of keys of every version.
        return info.isUserAuthenticationRequired && info.userAuthenticationValidityDurationSeconds <= 0
    }
}

/** What the platform throws, as what the core understands. Anything else is not announced and becomes `Unavailable`. */
private fun <T> translated(work: () -> T): T = try {
    work()
} catch (_: KeyPermanentlyInvalidatedException) {
    throw DeviceKeyException.Lost()
} catch (_: UnrecoverableKeyException) {
    throw DeviceKeyException.Lost()
} catch (_: UserNotAuthenticatedException) {
    throw DeviceKeyException.Locked()
} catch (_: StrongBoxUnavailableException) {
    throw DeviceKeyException.Unavailable()
} catch (error: ProviderException) {
    throw if (isGone(error.cause)) DeviceKeyException.Lost() else DeviceKeyException.Unavailable()
} catch (error: GeneralSecurityException) {
    throw if (isGone(error.cause)) DeviceKeyException.Lost() else DeviceKeyException.Unavailable()
}

/** Since Android 13 the key store says why in numbers. */
private fun isGone(cause: Throwable?): Boolean = Build.VERSION.SDK_INT >= Build.VERSION_CODES.TIRAMISU &&
    cause is KeyStoreException && cause.numericErrorCode == KeyStoreException.ERROR_KEY_DOES_NOT_EXIST
