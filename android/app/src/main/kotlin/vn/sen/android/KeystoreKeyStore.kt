package vn.sen.android

import android.content.pm.PackageManager
import android.os.Build
import android.security.KeyStoreException
import android.security.keystore.KeyGenParameterSpec
import android.security.keystore.KeyInfo
import android.security.keystore.KeyPermanentlyInvalidatedException
import android.security.keystore.KeyProperties
import android.security.keystore.StrongBoxUnavailableException
import android.security.keystore.UserNotAuthenticatedException
import java.security.KeyFactory
import java.security.KeyPairGenerator
import java.security.PrivateKey
import java.security.spec.ECGenParameterSpec
import vn.sen.DeviceKeyException
import vn.sen.KeyStore
import vn.sen.app.Authenticator
import vn.sen.app.HardwareKeys
import vn.sen.app.KeyHardware

private const val PROVIDER = "AndroidKeyStore"

/** A rotating QR must not prompt every ten seconds. */
private const val USABLE_SECONDS = 120

/** Keys of the phone's own hardware. */
class KeystoreKeyStore(packages: PackageManager, authenticator: Authenticator) :
    KeyStore by HardwareKeys(java.security.KeyStore.getInstance(PROVIDER).apply { load(null) }, KeystoreHardware(packages), authenticator)

private class KeystoreHardware(private val packages: PackageManager) : KeyHardware {
    override val hasStrongBox: Boolean
        get() = Build.VERSION.SDK_INT >= Build.VERSION_CODES.P && packages.hasSystemFeature(PackageManager.FEATURE_STRONGBOX_KEYSTORE)

    override fun generate(id: String, perUse: Boolean, challenge: ByteArray, strongBox: Boolean) {
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

    override fun asksEachTime(key: PrivateKey): Boolean {
        val info = KeyFactory.getInstance(key.algorithm, PROVIDER).getKeySpec(key, KeyInfo::class.java)
        @Suppress("DEPRECATION") // It says the same of keys of every version.
        return info.isUserAuthenticationRequired && info.userAuthenticationValidityDurationSeconds <= 0
    }

    override fun meant(error: Exception): DeviceKeyException? = when {
        error is KeyPermanentlyInvalidatedException || isGone(error.cause) -> DeviceKeyException.Lost()
        error is UserNotAuthenticatedException -> DeviceKeyException.Locked()
        Build.VERSION.SDK_INT >= Build.VERSION_CODES.P && error is StrongBoxUnavailableException -> DeviceKeyException.Unavailable()
        else -> null
    }

    /** Since Android 13 the key store says why in numbers. */
    private fun isGone(cause: Throwable?): Boolean = Build.VERSION.SDK_INT >= Build.VERSION_CODES.TIRAMISU &&
        cause is KeyStoreException && cause.numericErrorCode == KeyStoreException.ERROR_KEY_DOES_NOT_EXIST
}
