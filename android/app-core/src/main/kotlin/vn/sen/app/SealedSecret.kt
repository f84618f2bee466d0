package vn.sen.app

import java.io.File
import java.io.IOException
import java.security.GeneralSecurityException
import java.security.KeyStore
import javax.crypto.Cipher
import javax.crypto.SecretKey
import javax.crypto.spec.GCMParameterSpec
import vn.sen.SecretStore
import vn.sen.SecretStoreFailure

/**
 * Keeps the wallet's one secret in a file that a key of the key store sealed. [newKey] puts an AES key of 256 bits there under
 * [alias]; [password] is for stores that want one.
 */
class SealedSecret(
    private val file: File,
    private val store: KeyStore,
    private val alias: String,
    private val password: CharArray? = null,
    private val newKey: () -> SecretKey,
) : SecretStore {
    override fun load(): ByteArray? = translated {
        if (!file.exists()) return@translated null
        val sealed = file.readBytes()
        // The file without its key: the wallet's secret is gone, and the core says so.
        val key = key() ?: return@translated null
        if (sealed.size < NONCE) throw IOException()
        Cipher.getInstance(ALGORITHM).run {
            init(Cipher.DECRYPT_MODE, key, GCMParameterSpec(TAG_BITS, sealed, 0, NONCE))
            doFinal(sealed, NONCE, sealed.size - NONCE)
        }
    }

    override fun save(secret: ByteArray) = translated {
        val key = key() ?: newKey()
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
        if (store.containsAlias(alias)) store.deleteEntry(alias)
        if (file.exists() && !file.delete()) throw IOException()
    }

    private fun key() = store.getKey(alias, password) as? SecretKey

    private fun <T> translated(work: () -> T): T = try {
        work()
    } catch (_: GeneralSecurityException) {
        throw SecretStoreFailure.Unavailable()
    } catch (_: IOException) {
        throw SecretStoreFailure.Unavailable()
    } catch (_: java.security.ProviderException) {
        throw SecretStoreFailure.Unavailable()
    }

    private companion object {
        const val ALGORITHM = "AES/GCM/NoPadding"
        const val TAG_BITS = 128
        const val NONCE = 12
    }
}
