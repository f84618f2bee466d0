package vn.sen.bench

import java.io.File
import kotlinx.coroutines.runBlocking
import org.json.JSONArray
import org.json.JSONObject
import vn.sen.CardKey
import vn.sen.CardTransport
import vn.sen.DeviceKey
import vn.sen.DeviceKeyException
import vn.sen.KeyAttestation
import vn.sen.KeyStore
import vn.sen.Recognised
import vn.sen.SecretStore
import vn.sen.SecretStoreFailure
import vn.sen.Wallet
import vn.sen.drawQr
import vn.sen.nation.Chip
import vn.sen.nation.ChipReader
import vn.sen.nation.Steps
import vn.sen.nation.THAO

private const val ROTATION = 10L
private const val FURTHER_CODES = 11
private const val WARMING = 20
private const val CONSENTS = 40
private const val APDUS = 1_000

/** The figures of `../src/main.rs` through the Kotlin package: STATE FOLDER. */
fun main(words: Array<String>) {
    val state = JSONObject(File(words[0]).readText())
    val wallet = Wallet.open(words[1], KeptSecret(octets(state.getString("secret"))), KeptKeys(state.getJSONObject("keys")))
    val first = framesOfOneConsent(wallet).wholes.first()
    repeat(WARMING) { framesOfOneConsent(wallet) }
    val frames = List(CONSENTS) { framesOfOneConsent(wallet) }
    val gaps = gaps(wallet, state)
    val told = JSONObject()
        .put("language", "kotlin")
        .put("first_us", first / 1e3)
        .put("code_us", JSONArray(tenthAndMedian(frames.flatMap { it.codes })))
        .put("frame_us", JSONArray(tenthAndMedian(frames.flatMap { it.wholes })))
        .put("apdus", gaps.size)
        .put("gap_us", JSONArray(tenthAndMedian(gaps)))
    println(told)
    wallet.close()
}

/** Nanoseconds of codes alone, and of codes with their drawing. */
private class Frames(val codes: List<Long>, val wholes: List<Long>)

/** All codes of one consent but the first, which is written into the history. */
private fun framesOfOneConsent(wallet: Wallet): Frames {
    val now = System.currentTimeMillis() / 1000
    val (codes, wholes) = mutableListOf<Long>() to mutableListOf<Long>()
    wallet.askConsent("health-insurance", null, null, now).use { asked ->
        asked.grant(Recognised.BY_DEVICE, now).use { consent ->
            var last = wallet.presentQr(consent, now).text
            for (code in 1..FURTHER_CODES) {
                val start = System.nanoTime()
                val text = wallet.presentQr(consent, now + code * ROTATION).text
                codes += System.nanoTime() - start
                val modules = drawQr(text)
                wholes += System.nanoTime() - start
                check(modules.dark.size == (modules.size * modules.size).toInt() && text != last)
                last = text
            }
        }
    }
    return Frames(codes, wholes)
}

private fun gaps(wallet: Wallet, state: JSONObject): List<Long> = runBlocking {
    val gaps = mutableListOf<Long>()
    wallet.readReadingRequest(state.getString("request"), state.getLong("made_at")).use { request ->
        Chip(File(System.getProperty("sen.root"), "tests/vectors/emrtd/vn_cccd/${THAO.card}")).use { chip ->
            while (gaps.size < APDUS) {
                val timed = Timed(ChipReader(chip))
                request.read(timed, CardKey.Can(THAO.can), Steps())
                gaps += timed.gaps
            }
        }
    }
    gaps
}

/** Short APDUs alone, with the nanoseconds that were not the chip's. */
private class Timed(private val reader: ChipReader) : CardTransport {
    private var answered: Long? = null
    val gaps = mutableListOf<Long>()

    override fun maxCommandLen(): UInt = 261u

    override fun transceive(command: ByteArray): ByteArray {
        answered?.let { gaps += System.nanoTime() - it }
        return reader.transceive(command).also { answered = System.nanoTime() }
    }
}

/** In microseconds. */
private fun tenthAndMedian(nanoseconds: List<Long>) = listOf(10, 2).map { nanoseconds.sorted()[nanoseconds.size / it] / 1e3 }

private fun octets(hex: String): ByteArray = hex.chunked(2) { it.toString().toInt(16).toByte() }.toByteArray()

private class KeptSecret(private var secret: ByteArray) : SecretStore {
    override fun load(): ByteArray = secret

    override fun save(secret: ByteArray) {
        this.secret = secret
    }

    override fun erase() = throw SecretStoreFailure.Unavailable()
}

private class KeptKeys(private val points: JSONObject) : KeyStore {
    override fun create(id: String, perUse: Boolean, challenge: ByteArray): DeviceKey = throw DeviceKeyException.Unavailable()

    override fun open(id: String): DeviceKey = KeptKey(octets(points.optString(id).ifEmpty { throw DeviceKeyException.Lost() }))

    override fun delete(id: String) = Unit
}

/** Answers at once with octets that are no signature: a phone's hardware takes its own time, whatever the language. */
private class KeptKey(private val point: ByteArray) : DeviceKey {
    override fun publicKey(): ByteArray = point

    override fun sign(message: ByteArray): ByteArray = ByteArray(64) { 1 }

    override fun attestation(): KeyAttestation = KeyAttestation.Unattested
}
