package vn.sen

import java.io.File
import org.junit.jupiter.api.AfterEach
import org.junit.jupiter.api.DynamicTest
import org.junit.jupiter.api.TestFactory
import vn.sen.contract.CardInField
import vn.sen.contract.Checks
import vn.sen.contract.cardTransportContract
import vn.sen.contract.keyStoreContract
import vn.sen.contract.secretStoreContract
import vn.sen.nation.Chip
import vn.sen.nation.ChipReader
import vn.sen.nation.SecretInMemory
import vn.sen.nation.SoftwareKeys
import vn.sen.nation.THAO

/** The ports that the tests of this package bring keep what a phone's adapters promise, too. */
class PortContractsTest {
    private val chips = mutableListOf<Chip>()

    private fun Checks.asTests() = names.map { name -> DynamicTest.dynamicTest(name) { run(name) } }

    @AfterEach
    fun end() = chips.forEach(Chip::close)

    @TestFactory
    fun `keys in memory`(): List<DynamicTest> {
        val keys = SoftwareKeys()
        return keyStoreContract { keys }.asTests()
    }

    @TestFactory
    fun `a secret in memory`(): List<DynamicTest> {
        val store = SecretInMemory()
        return secretStoreContract { store }.asTests()
    }

    @TestFactory
    fun `a chip in another process`(): List<DynamicTest> = cardTransportContract {
        val chip = Chip(File(System.getProperty("sen.root"), "tests/vectors/emrtd/vn_cccd/${THAO.card}")).also(chips::add)
        object : CardInField {
            override val transport = ChipReader(chip)

            override fun remove() = chip.connection.close()
        }
    }.asTests()
}
