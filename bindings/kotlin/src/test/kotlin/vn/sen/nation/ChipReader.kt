package vn.sen.nation

import java.io.DataInputStream
import java.io.DataOutputStream
import java.io.IOException
import vn.sen.CardTransport
import vn.sen.ReadingListener
import vn.sen.ReadingStep
import vn.sen.TransportFailure

/**
 * The reader's side of the virtual card protocol: two bytes of length, then the APDU. One more of them is the card put back
 * on the reader.
 */
class ChipReader(
    private val chip: Chip,
    private val loseAt: Int = Int.MAX_VALUE,
    private val explodeAt: Int = Int.MAX_VALUE,
    private val before: (Int) -> Unit = {},
) : CardTransport {
    private val to = DataOutputStream(chip.connection.getOutputStream())
    private val from = DataInputStream(chip.connection.getInputStream())

    /** Commands so far. */
    @Volatile
    var commands = 0
        private set

    /** READ BINARY among them, by short identifier: files that were begun. */
    val begun = mutableListOf<Int>()

    init {
        control(OFF)
        control(ON)
    }

    override fun maxCommandLen(): UInt = 65_000u

    override fun transceive(command: ByteArray): ByteArray {
        commands += 1
        before(commands)
        if (commands == loseAt) throw TransportFailure.TagLost()
        if (commands == explodeAt) error("a port that throws what it did not announce")
        if (command[0].toInt() == 0x0c && command[1].toInt() and 0xff == 0xb0 && command[2].toInt() and 0x80 != 0) {
            begun += command[2].toInt() and 0x1f
        }
        try {
            return exchange(command)
        } catch (_: IOException) {
            throw TransportFailure.TagLost()
        }
    }

    // A reader that takes the place of another waits for the answer to the other's last command.
    private fun exchange(command: ByteArray): ByteArray = synchronized(chip) {
        to.writeShort(command.size)
        to.write(command)
        to.flush()
        ByteArray(from.readUnsignedShort()).also(from::readFully)
    }

    private fun control(octet: Int) = synchronized(chip) {
        to.writeShort(1)
        to.writeByte(octet)
        to.flush()
    }

    private companion object {
        const val OFF = 0
        const val ON = 1
    }
}

/** Keeps the steps, and may want an end after some. */
class Steps(private val cancelAfter: Int = Int.MAX_VALUE, private val explode: Boolean = false) : ReadingListener {
    val seen = mutableListOf<ReadingStep>()

    override fun step(step: ReadingStep) {
        if (explode) error("a listener that throws")
        seen += step
    }

    override fun cancelled(): Boolean = seen.size > cancelAfter
}
