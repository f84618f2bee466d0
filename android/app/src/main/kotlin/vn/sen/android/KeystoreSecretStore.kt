package vn.sen.android

import android.content.Context
import android.security.keystore.KeyGenParameterSpec
import android.security.keystore.KeyProperties
import java.io.File
import java.io.IOException
import java.security.GeneralSecurityException
import java.security.KeyStore
import javax.crypto.Cipher
import javax.crypto.KeyGenerator
import javax.crypto.SecretKey
import javax.crypto.spec.GCMParameterSpec
import vn.sen.SecretStore
import vn.sen.SecretStoreFailure

/** Keeps the wallet's one secret in a file that a key of the phone's hardware sealed. Neither goes into a backup. */
class KeystoreSecretStore(context: Context) : SecretStore {
    private val file = File(context.noBackupFilesDir, "wallet-secret")
    private val store = KeyStore.getInstance(PROVIDER).apply { load(null) }

    override fun load(): ByteArray? = translated {
        if (!file.exists()) return@translated null
        val sealed = file.readBytes()
        // The file without its key: the wallet's secret is gone, and the core says so.
        val key = store.getKey(ALIAS, null) as? SecretKey ?: return@translated null
        Cipher.getInstance(ALGORITHM).run {
            init(Cipher.DECRYPT_MODE, key, GCMParameterSpec(TAG_BITS, sealed, 0, NONCE))
            doFinal(sealed, NONCE, sealed.size - NONCE)
        }
    }

    override fun save(secret: ByteArray) = translated {
        val key = store.getKey(ALIAS, null) as? SecretKey ?: newKey()
        val sealed = Cipher.getInstance(ALGORITHM).run {
            init(Cipher.ENCRYPT_MODE, key)
            iv + doFinal(secret)
        }
        // Entirely or not at all: a rename is one step.
        val next = File(file.path + ".next")
        next.outputStream().use {
            it.write(sealed)
            it.fd.sync()
        }
        if (!next.renameTo(file)) throw IOException()
    }

    override fun erase() = translated {
        store.deleteEntry(ALIAS)
        if (file.exists() && !file.delete()) throw IOException()
    }

    private fun newKey(): SecretKey = KeyGenerator.getInstance(KeyProperties.KEY_ALGORITHM_AES, PROVIDER).run {
        val purposes = KeyProperties.PURPOSE_ENCRYPT or KeyProperties.PURPOSE_DECRYPT
        init(
            KeyGenParameterSpec.Builder(ALIAS, purposes).setBlockModes(KeyProperties.BLOCK_MODE_GCM)
                .setEncryptionPaddings(KeyProperties.ENCRYPTION_PADDING_NONE).setKeySize(KEY_BITS).build(),
        )
        generateKey()
    }

    private fun <T> translated(work: () -> T): T = try {
        work()
    } catch (_: GeneralSecurityException) {
        throw SecretStoreFailure.Unavailable()
    } catch (_: IOException) {
        throw SecretStoreFailure.Unavailable()
    }

    private companion object {
        const val PROVIDER = "AndroidKeyStore"
        const val ALIAS = "wallet-secret"
        const val ALGORITHM = "AES/GCM/NoPadding"
        const val KEY_BITS = 256
        const val TAG_BITS = 128
        const val NONCE = 12
    }
}
