package vn.sen.android

import android.app.Activity
import android.nfc.NfcAdapter
import android.nfc.Tag
import android.nfc.TagLostException
import android.nfc.tech.IsoDep
import android.os.Bundle
import java.io.IOException
import vn.sen.CardTransport
import vn.sen.TransportFailure

/** A chip card in the phone's field. */
class NfcCardTransport(private val chip: IsoDep) : CardTransport {
    init {
        chip.connect()
        // A chip computes for a second or two before it answers; a lost card is told at once all the same.
        chip.timeout = LONGEST_ANSWER
    }

    override fun maxCommandLen(): UInt =
        if (chip.isExtendedLengthApduSupported) chip.maxTransceiveLength.toUInt() else SHORT

    override fun transceive(command: ByteArray): ByteArray = try {
        chip.transceive(command)
    } catch (_: TagLostException) {
        throw TransportFailure.TagLost()
    } catch (_: SecurityException) {
        // The tag was discovered anew: this one is out of date.
        throw TransportFailure.TagLost()
    } catch (_: IllegalStateException) {
        throw TransportFailure.TagLost()
    } catch (error: IOException) {
        throw if (error.message.orEmpty().contains("timed out", ignoreCase = true)) TransportFailure.Timeout() else TransportFailure.TagLost()
    }

    private companion object {
        const val LONGEST_ANSWER = 5_000
        const val SHORT = 261u
    }
}

/** Sees cards while a screen asks for them. */
class CardField(private val activity: Activity) {
    private val adapter: NfcAdapter? = NfcAdapter.getDefaultAdapter(activity)

    val isOn: Boolean get() = adapter?.isEnabled == true

    fun open(seen: (CardTransport) -> Unit) {
        // Without the platform's own sounds, and without looking for NDEF, which costs half a second and means nothing to these cards.
        val flags = NfcAdapter.FLAG_READER_NFC_A or NfcAdapter.FLAG_READER_NFC_B or
            NfcAdapter.FLAG_READER_SKIP_NDEF_CHECK or NfcAdapter.FLAG_READER_NO_PLATFORM_SOUNDS
        // Asked more often, the platform's own look whether the card is there disturbs a long answer.
        val options = Bundle().apply { putInt(NfcAdapter.EXTRA_READER_PRESENCE_CHECK_DELAY, 1_000) }
        adapter?.enableReaderMode(activity, { tag -> transport(tag)?.let(seen) }, flags, options)
    }

    fun close() {
        adapter?.disableReaderMode(activity)
    }

    private fun transport(tag: Tag): CardTransport? = try {
        IsoDep.get(tag)?.let(::NfcCardTransport)
    } catch (_: IOException) {
        // It left before it was connected; the next one is seen like this one.
        null
    }
}
