package vn.sen.android

import android.app.Activity
import android.nfc.NfcAdapter
import android.nfc.Tag
import android.nfc.TagLostException
import android.nfc.tech.IsoDep
import android.os.Build
import android.os.Bundle
import java.io.IOException
import vn.sen.CardTransport
import vn.sen.app.Chip
import vn.sen.app.ChipTransport
import vn.sen.app.Place
import vn.sen.app.TagGone
import vn.sen.app.placeOf

/** A chip card in the phone's field. */
class NfcCardTransport(chip: IsoDep) : CardTransport by ChipTransport(IsoDepChip(chip))

private class IsoDepChip(private val chip: IsoDep) : Chip {
    init {
        chip.connect()
        // A chip computes for a second or two before it answers; a lost card is told at once all the same.
        chip.timeout = LONGEST_ANSWER
    }

    override val isExtendedLengthApduSupported: Boolean get() = chip.isExtendedLengthApduSupported
    override val maxTransceiveLength: Int get() = chip.maxTransceiveLength

    override fun transceive(command: ByteArray): ByteArray = try {
        chip.transceive(command)
    } catch (_: TagLostException) {
        throw TagGone()
    }

    private companion object {
        const val LONGEST_ANSWER = 5_000
    }
}

/** Sees cards while a screen asks for them. */
class CardField(private val activity: Activity) {
    private val adapter: NfcAdapter? = NfcAdapter.getDefaultAdapter(activity)

    val isOn: Boolean get() = adapter?.isEnabled == true

    /** Where the card goes: where the phone says that its antenna is, else where phones of its maker have it. */
    val place: Place by lazy { said() ?: placeOf(Build.MANUFACTURER, Build.MODEL) }

    private fun said(): Place? {
        if (Build.VERSION.SDK_INT < Build.VERSION_CODES.UPSIDE_DOWN_CAKE) return null
        val info = adapter?.nfcAntennaInfo ?: return null
        // One that folds has two backs, and which is meant is not said.
        if (info.isDeviceFoldable) return null
        return info.availableNfcAntennas.firstOrNull()?.let { placeOf(info.deviceWidth, info.deviceHeight, it.locationX, it.locationY) }
    }

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
