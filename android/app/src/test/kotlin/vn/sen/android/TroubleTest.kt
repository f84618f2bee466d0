package vn.sen.android

import android.app.Activity
import android.app.KeyguardManager
import android.os.Build
import java.util.concurrent.CompletableFuture
import java.util.concurrent.TimeUnit
import org.json.JSONObject
import org.junit.Assert.assertEquals
import org.junit.FixMethodOrder
import org.junit.Test
import org.junit.runner.RunWith
import org.junit.runners.MethodSorters
import org.robolectric.RobolectricTestRunner
import org.robolectric.Shadows.shadowOf
import org.robolectric.util.ReflectionHelpers
import vn.sen.CardTransport
import vn.sen.DeviceKeyException
import vn.sen.Recognised
import vn.sen.Wallet
import vn.sen.app.AccountPresenter
import vn.sen.app.Word
import vn.sen.nation.ChipReader
import vn.sen.nation.Nation
import vn.sen.nation.SecretInMemory
import vn.sen.nation.SoftwareKeys
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
            homeHasAsked()
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
            Triple(DeviceKeyException.Locked(), Word.KEY_LOCKED, "trouble-key-locked"),
            Triple(DeviceKeyException.Unavailable(), Word.BUG, "trouble-bug"),
        )
        once {
            homeHasAsked()
            val home = presenter<AccountPresenter>()
            press(Word.SETTINGS)
            OWN.keys.fault = DeviceKeyException.Unavailable()
            home.refresh()
            await("home was told nothing") { home.state.value.problem }
            // What home hears of while another screen lies over it is not drawn there.
            sees(Word.TEXT_SIZE)
        }
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
        // For good: at home, the account is to be opened again, or to be moved here.
        holding(MARIAS) {
            MARIAS.keys.fault = DeviceKeyException.Lost()
            everywhere {
                sees(Word.KEY_LOST)
                sees(Word.SEND_CODE)
                sees(Word.MOVE_HERE)
                picture("trouble-key-lost")
            }
        }
    }

    @Test
    fun `08 the wallet cannot be opened any more`() {
        // Its file is there, and what opens it is not.
        Wallet.open(nation.wallet("lost"), SecretInMemory(), SoftwareKeys()).close()
        holding(Pocket(nation, "lost")) {
            everywhere({ "openid4vp://?client_id=nobody" }) {
                sees(Word.WALLET_LOST)
                picture("wallet-lost")
                press(Word.WALLET_ERASE)
                sees(Word.YES_DELETE)
                picture("wallet-lost-delete")
                press(Word.KEEP)
                // A link waits until there is a wallet.
                opens("openid4vp://?client_id=somebody")
                sees(Word.WALLET_ERASE)
            }
            once {
                press(Word.WALLET_ERASE)
                press(Word.YES_DELETE)
                sees(Word.SEND_CODE)
            }
        }
    }

    @Test
    fun `09 somebody takes the account, and who only looks at the app is told`() = chip(THAO) { chip ->
        holding(THAOS) {
            once { opensAccount(THAO) }
            nation.post("/sandbox/level-2", JSONObject(mapOf("number" to THAO.number)))
        }
        holding(Pocket(nation, "taker")) {
            once {
                press(Word.MOVE_BY_CARD)
                type(Word.PERSONAL_NUMBER, THAO.number)
                type(Word.PHONE_NUMBER, THAO.phone)
                press(Word.GO_ON)
                hold(THAO.can)
                tag(ChipReader(chip))
                sees(Word.TAKES_EFFECT)
            }
        }
        holding(THAOS) {
            everywhere {
                sees(Word.PENDING_PHONE)
                sees(Word.CANCEL_PENDING)
                picture("home-taken")
            }
            once {
                press(Word.CANCEL_PENDING)
                val after = await("it is still to be cancelled") { presenter<AccountPresenter>().state.value.takeIf { !it.canCancelPending } }
                assertEquals(listOf(Word.LEVEL_2), after.lines.map { it.word })
            }
        }
    }

    @Test
    fun `10 there is no network`() {
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

    @Test
    fun `11 before Android 10 the keyguard asks who the person is`() = once {
        sees(Word.WALLET)
        shadowOf(activity.getSystemService(KeyguardManager::class.java)).setIsDeviceSecure(true)
        for ((result, recognised) in listOf(Activity.RESULT_OK to Recognised.BY_KNOWLEDGE, Activity.RESULT_CANCELED to null)) {
            lateinit var answer: CompletableFuture<Recognised?>
            val asked = onAndroid8 {
                answer = CompletableFuture.supplyAsync { DeviceAuthenticator { activity }.recognise() }
                await("nobody is asked") { shadowOf(activity).nextStartedActivityForResult }
            }
            shadowOf(activity).receiveResult(asked.intent, result, null)
            assertEquals(recognised, answer.get(10, TimeUnit.SECONDS))
        }
    }

    /** What asks for the version meanwhile is told an old one; the phone below it stays as it is. */
    private fun <T> onAndroid8(work: () -> T): T {
        val version = Build.VERSION.SDK_INT
        ReflectionHelpers.setStaticField(Build.VERSION::class.java, "SDK_INT", Build.VERSION_CODES.O)
        try {
            return work()
        } finally {
            ReflectionHelpers.setStaticField(Build.VERSION::class.java, "SDK_INT", version)
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
        private val THAOS = Pocket(NATION, "thaos")

        /** A command in the middle of a file. */
        private const val SOON = 17
        private const val MONTH = 30L * 86_400
    }
}
