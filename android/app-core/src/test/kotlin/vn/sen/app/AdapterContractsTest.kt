package vn.sen.app

import java.io.IOException
import java.nio.file.Files
import java.security.KeyStore
import java.security.Signature
import java.security.UnrecoverableKeyException
import javax.crypto.KeyGenerator
import org.junit.jupiter.api.AfterEach
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.DynamicTest
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.TestFactory
import vn.sen.DeviceKeyException
import vn.sen.KeyAttestation
import vn.sen.SecretStoreFailure
import vn.sen.TransportFailure
import vn.sen.contract.CardInField
import vn.sen.contract.Checks
import vn.sen.contract.cardTransportContract
import vn.sen.contract.keyStoreContract
import vn.sen.contract.secretStoreContract

/** The adapters of Android over key stores of the JVM and a chip of nothing: the same promises as on a phone. */
class AdapterContractsTest {
    private val folder = Files.createTempDirectory("sen-ports-").toFile()
    private val file = folder.resolve("secret")
    private val store = KeyStore.getInstance("PKCS12").apply { load(null, PASSWORD) }
    private val hardware = SoftHardware(store, PASSWORD)
    private val person = Person()

    private fun keys() = HardwareKeys(store, hardware, person, PASSWORD)

    private fun secret() = SealedSecret(file, store, ALIAS, PASSWORD) {
        KeyGenerator.getInstance("AES").run {
            init(256)
            generateKey()
        }.also { store.setKeyEntry(ALIAS, it, PASSWORD, null) }
    }

    private fun Checks.asTests() = names.map { name -> DynamicTest.dynamicTest(name) { run(name) } }

    @AfterEach
    fun end() {
        folder.deleteRecursively()
    }

    @TestFactory
    fun `keys of hardware`() = keyStoreContract(::keys).asTests()

    @TestFactory
    fun `keys of hardware whose StrongBox fails`(): List<DynamicTest> {
        hardware.hasStrongBox = true
        hardware.strongBoxFails = true
        return keyStoreContract(::keys).asTests()
    }

    @TestFactory
    fun `a secret in a sealed file`() = secretStoreContract(::secret).asTests()

    @TestFactory
    fun `a chip behind a platform's class`() = cardTransportContract {
        val chip = FakeChip()
        object : CardInField {
            override val transport = ChipTransport(chip)

            override fun remove() {
                chip.fault = TagGone()
            }
        }
    }.asTests()

    @Test
    fun `StrongBox is asked first and makes the key where it can`() {
        hardware.hasStrongBox = true
        keys().create("one", false, ByteArray(1))
        assertEquals(listOf(true), hardware.made)
        hardware.strongBoxFails = true
        keys().create("two", false, ByteArray(1))
        assertEquals(listOf(true, false), hardware.made)
        // Where the other fails, too, nothing is made.
        hardware.allFails = true
        assertThrows(DeviceKeyException.Unavailable::class.java) { keys().create("three", false, ByteArray(1)) }
        assertThrows(DeviceKeyException.Lost::class.java) { keys().open("three") }
    }

    @Test
    fun `the challenge is in the chain that vouches for the key`() {
        val challenge = ByteArray(32) { 7 }
        val said = keys().create("one", false, challenge).attestation() as KeyAttestation.Android
        assertEquals(2, said.chain.size)
        assertTrue(hardware.challengeIn(said.chain.first()).contentEquals(challenge))
    }

    @Test
    fun `a person is asked at each use of one kind of key, and for the other where it is locked`() {
        val asking = keys().create("one", true, ByteArray(1))
        repeat(2) { asking.sign(ByteArray(1)) }
        assertEquals(2 to 0, person.unlocked to person.confirmed)
        val plain = keys().create("two", false, ByteArray(1))
        plain.sign(ByteArray(1))
        assertEquals(2 to 0, person.unlocked to person.confirmed)
        val locked = keys().create("three", false, ByteArray(1))
        // An RSA key is one that signing with ECDSA does not begin with: as a locked one does not.
        hardware.meaning = { DeviceKeyException.Locked() }
        store.setKeyEntry("three", hardware.unfit, PASSWORD, store.getCertificateChain("three"))
        assertThrows(DeviceKeyException.Locked::class.java) { keys().open("three").sign(ByteArray(1)) }
        assertEquals(1, person.confirmed)
        person.declines = true
        assertThrows(DeviceKeyException.UserCancelled::class.java) { keys().open("three").sign(ByteArray(1)) }
        assertThrows(DeviceKeyException.UserCancelled::class.java) { asking.sign(ByteArray(1)) }
        assertEquals(65, locked.publicKey().size)
    }

    @Test
    fun `what the platform throws is told apart`() {
        keys().create("one", false, ByteArray(1))
        store.setKeyEntry("one", hardware.unfit, PASSWORD, store.getCertificateChain("one"))
        for ((meaning, wanted) in listOf(
            DeviceKeyException.Lost() to DeviceKeyException.Lost::class.java,
            null to DeviceKeyException.Unavailable::class.java,
        )) {
            hardware.meaning = { meaning }
            assertThrows(wanted) { keys().open("one").sign(ByteArray(1)) }
        }
        // A store that cannot give the key back with this password says so by a kind of its own.
        val shut = HardwareKeys(store, hardware, person, "other".toCharArray())
        assertThrows(DeviceKeyException.Lost::class.java) { shut.open("one") }
        assertThrows(UnrecoverableKeyException::class.java) { store.getKey("one", "other".toCharArray()) }
    }

    @Test
    fun `a sealed file that was changed, cut or is without its key is never a secret`() {
        secret().save(byteArrayOf(1, 2, 3))
        val sealed = file.readBytes()
        assertFalse(sealed.toList().windowed(3).contains(listOf<Byte>(1, 2, 3)))
        for (bad in listOf(sealed.copyOf(5), ByteArray(0), sealed.clone().also { it[it.size - 1] = (it.last() + 1).toByte() })) {
            file.writeBytes(bad)
            assertThrows(SecretStoreFailure.Unavailable::class.java) { secret().load() }
        }
        file.writeBytes(sealed)
        assertEquals(listOf<Byte>(1, 2, 3), secret().load()?.toList())
        store.deleteEntry(ALIAS)
        assertNull(secret().load())
        // Sealed anew with a key of its own.
        secret().save(byteArrayOf(4))
        assertEquals(listOf<Byte>(4), secret().load()?.toList())
        file.delete()
        file.mkdir()
        file.resolve("x").writeText("in the way")
        assertThrows(SecretStoreFailure.Unavailable::class.java) { secret().save(byteArrayOf(5)) }
        assertThrows(SecretStoreFailure.Unavailable::class.java) { secret().erase() }
    }

    @Test
    fun `why a chip did not answer is told apart`() {
        val chip = FakeChip()
        val transport = ChipTransport(chip)
        val faults = listOf(
            TagGone() to TransportFailure.TagLost::class.java,
            SecurityException("out of date") to TransportFailure.TagLost::class.java,
            IllegalStateException("closed") to TransportFailure.TagLost::class.java,
            IOException("Transceive failed") to TransportFailure.TagLost::class.java,
            IOException() to TransportFailure.TagLost::class.java,
            IOException("Transceive timed out") to TransportFailure.Timeout::class.java,
        )
        for ((fault, wanted) in faults) {
            chip.fault = fault
            assertThrows(wanted) { transport.transceive(ByteArray(5)) }
        }
        chip.fault = null
        chip.answer = byteArrayOf(0x90.toByte())
        assertThrows(TransportFailure.TagLost::class.java) { transport.transceive(ByteArray(5)) }
    }

    @Test
    fun `short commands alone go where the phone has no others`() {
        val chip = FakeChip()
        assertEquals(2_048u, ChipTransport(chip).maxCommandLen())
        chip.isExtendedLengthApduSupported = false
        assertEquals(261u, ChipTransport(chip).maxCommandLen())
        // Some say less than what they take.
        chip.isExtendedLengthApduSupported = true
        chip.maxTransceiveLength = 253
        assertEquals(261u, ChipTransport(chip).maxCommandLen())
    }

    private companion object {
        const val ALIAS = "wallet-secret"
        val PASSWORD = "of the test".toCharArray()
    }
}

/** Answers SELECT and nothing else, and takes no more than it says. */
private class FakeChip : Chip {
    override var isExtendedLengthApduSupported = true
    override var maxTransceiveLength = 2_048
    var fault: Exception? = null
    var answer: ByteArray? = null

    override fun transceive(command: ByteArray): ByteArray {
        fault?.let { throw it }
        if (command.size > maxTransceiveLength) throw IOException("Transceive length exceeds supported maximum")
        return answer ?: if (command[1] == 0xa4.toByte()) byteArrayOf(0x90.toByte(), 0) else byteArrayOf(0x6d, 0)
    }
}

private class Person : Authenticator {
    var unlocked = 0
    var confirmed = 0
    var declines = false

    override fun unlock(signature: Signature): Signature {
        if (declines) throw DeviceKeyException.UserCancelled()
        unlocked += 1
        return signature
    }

    override fun confirm() {
        if (declines) throw DeviceKeyException.UserCancelled()
        confirmed += 1
    }
}
