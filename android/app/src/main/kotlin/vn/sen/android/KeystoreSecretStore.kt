package vn.sen.android

import android.content.Context
import android.security.keystore.KeyGenParameterSpec
import android.security.keystore.KeyProperties
import java.io.File
import java.security.KeyStore
import javax.crypto.KeyGenerator
import javax.crypto.SecretKey
import vn.sen.SecretStore
import vn.sen.app.SealedSecret

private const val PROVIDER = "AndroidKeyStore"
private const val KEY_BITS = 256

/** The wallet's one secret, sealed by a key of the phone's hardware. Neither goes into a backup. [name] is that of both. */
class KeystoreSecretStore(context: Context, name: String = "wallet-secret") :
    SecretStore by SealedSecret(File(context.noBackupFilesDir, name), KeyStore.getInstance(PROVIDER).apply { load(null) }, name, newKey = { newKey(name) })

private fun newKey(alias: String): SecretKey = KeyGenerator.getInstance(KeyProperties.KEY_ALGORITHM_AES, PROVIDER).run {
    val purposes = KeyProperties.PURPOSE_ENCRYPT or KeyProperties.PURPOSE_DECRYPT
    init(
        KeyGenParameterSpec.Builder(alias, purposes).setBlockModes(KeyProperties.BLOCK_MODE_GCM)
            .setEncryptionPaddings(KeyProperties.ENCRYPTION_PADDING_NONE).setKeySize(KEY_BITS).build(),
    )
    generateKey()
}
