package vn.sen.app

import java.io.IOException
import vn.sen.CardTransport
import vn.sen.TransportFailure

/** The card left the field, as the platform says it. */
class TagGone : IOException()

/** A chip card as the platform's own class has it. */
interface Chip {
    val isExtendedLengthApduSupported: Boolean

    /** The longest command, in octets. */
    val maxTransceiveLength: Int

    /** Throws [TagGone], or what the platform throws. */
    fun transceive(command: ByteArray): ByteArray
}

/** What becomes of a platform's chip as a port of the core. */
class ChipTransport(private val chip: Chip) : CardTransport {
    override fun maxCommandLen(): UInt = if (chip.isExtendedLengthApduSupported) chip.maxTransceiveLength.coerceAtLeast(SHORT).toUInt() else SHORT.toUInt()

    override fun transceive(command: ByteArray): ByteArray {
        val answer = try {
            chip.transceive(command)
        } catch (_: TagGone) {
            throw TransportFailure.TagLost()
        } catch (_: SecurityException) {
            // The tag was discovered anew: this one is out of date.
            throw TransportFailure.TagLost()
        } catch (_: IllegalStateException) {
            throw TransportFailure.TagLost()
        } catch (error: IOException) {
            throw if (error.message.orEmpty().contains("timed out", ignoreCase = true)) TransportFailure.Timeout() else TransportFailure.TagLost()
        }
        // Controllers have given what is no answer when a card was just leaving.
        if (answer.size < STATUS) throw TransportFailure.TagLost()
        return answer
    }

    private companion object {
        const val SHORT = 261
        const val STATUS = 2
    }
}
