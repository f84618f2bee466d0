package vn.sen.android

import org.json.JSONObject
import org.junit.FixMethodOrder
import org.junit.Test
import org.junit.runner.RunWith
import org.junit.runners.MethodSorters
import org.robolectric.RobolectricTestRunner
import vn.sen.CardTransport
import vn.sen.DeviceKeyException
import vn.sen.app.Word
import vn.sen.nation.ChipReader
import vn.sen.nation.Nation
import vn.sen.nation.THAO

/** Whatever goes wrong, the screen says what the person does next. One step for each kind of error that the core knows. */
@RunWith(RobolectricTestRunner::class)
@FixMethodOrder(MethodSorters.NAME_ASCENDING)
class TroubleTest : Walk(OWN) {
    @Test
    fun `01 the card moves away, is another, or is not genuine`() {
        once { opensAccount(MAU) }
        chip(MAU) { chip ->
            everywhere {
                press(Word.RAISE_LEVEL)
                hold("999999")
                tag(ChipReader(chip))
                sees(Word.CARD_WRONG_NUMBER)
                picture("trouble-card-number")
                hold(MAU.can)
                tag(ChipReader(chip, loseAt = SOON))
                sees(Word.CARD_LOST)
                picture("trouble-card-lost")
                // No authority that this nation knows signed it.
                tag(ChipReader(chip))
                sees(Word.CARD_NOT_GENUINE)
                picture("trouble-card-not-genuine")
            }
        }
    }

    @Test
    fun `02 the card cannot be used here`() = everywhere {
        press(Word.RAISE_LEVEL)
        hold(MAU.can)
        tag(OtherCard)
        sees(Word.CARD_UNSUPPORTED)
        picture("trouble-card-unsupported")
    }

    @Test
    fun `03 the card is somebody else's`() = chip(THAO) { chip ->
        everywhere {
            press(Word.RAISE_LEVEL)
            hold(THAO.can)
            tag(ChipReader(chip))
            sees(Word.CARD_OF_OTHER)
            picture("trouble-card-of-other")
        }
    }

    @Test
    fun `04 something is missing`() {
        everywhere {
            press(Word.WALLET)
            press(Word.OBTAIN_INSURANCE)
            sees(Word.LEVEL_2_NEEDED)
            picture("trouble-level")
            scans(QrScreenView(ward = null))
            sees(Word.NO_CREDENTIAL)
            picture("trouble-nothing-to-show")
        }
        nation.post("/sandbox/level-2", JSONObject(mapOf("number" to MAU.number)))
    }

    @Test
    fun `05 nobody is in care`() = holding(MARIAS) {
        once { opensAccount(MARIA) }
        nation.post("/sandbox/level-2", JSONObject(mapOf("number" to MARIA.number)))
        everywhere {
            press(Word.WARDS)
            sees(Word.WARD_NOBODY)
            picture("wards-none")
        }
    }

    @Test
    fun `06 a document has expired`() {
        once {
            press(Word.WALLET)
            press(Word.OBTAIN_INSURANCE)
            sees(Word.SHOW_QR)
        }
        everywhere {
            press(Word.WALLET)
            OWN.ahead = MONTH
            press(Word.SHOW_QR)
            sees(Word.CREDENTIAL_EXPIRED)
            picture("trouble-expired")
            press(Word.BACK)
            sees(Word.WARNING_EXPIRED)
            picture("wallet-expired")
            OWN.onTime()
        }
    }

    @Test
    fun `07 the phone's key is declined, fails or is gone`() {
        val faults = listOf(
            Triple(DeviceKeyException.UserCancelled(), Word.CANCELLED, "trouble-cancelled"),
            Triple(DeviceKeyException.Unavailable(), Word.BUG, "trouble-bug"),
            Triple(DeviceKeyException.Lost(), Word.KEY_LOST, "trouble-key-lost"),
        )
        for ((fault, word, name) in faults) {
            OWN.keys.fault = fault
            everywhere {
                press(Word.SETTINGS)
                press(Word.PHONES)
                sees(word)
                picture(name)
            }
        }
        OWN.keys.fault = null
    }

    @Test
    fun `08 there is no network`() {
        nation.stop()
        everywhere {
            sees(Word.WALLET)
            picture("offline-home")
            press(Word.WALLET)
            press(Word.OBTAIN_CITIZEN)
            sees(Word.NO_NETWORK)
            picture("offline-wallet")
            press(Word.SHOW_QR)
            press(Word.AGREE)
            seesCode()
            press(Word.BACK)
            press(Word.BACK)
            press(Word.SETTINGS)
            press(Word.PHONES)
            sees(Word.NO_NETWORK)
            picture("offline-phones")
        }
    }

    /** A card that is no identity card: it knows no application and no file. */
    private object OtherCard : CardTransport {
        override fun maxCommandLen(): UInt = 261u

        override fun transceive(command: ByteArray): ByteArray = byteArrayOf(0x6a, 0x82.toByte())
    }

    companion object {
        private val NATION = Nation().also { Runtime.getRuntime().addShutdownHook(Thread(it::close)) }
        private val OWN = Pocket(NATION, "own")
        private val MARIAS = Pocket(NATION, "marias")

        /** A command in the middle of a file. */
        private const val SOON = 17
        private const val MONTH = 30L * 86_400
    }
}
