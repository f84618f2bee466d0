package vn.sen.app

import java.nio.file.Files
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.cancel
import org.junit.jupiter.api.AfterEach
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Test
import vn.sen.Wallet
import vn.sen.drawQr
import vn.sen.nation.SecretInMemory
import vn.sen.nation.SoftwareKeys

/** A camera's frame: one octet a pixel, rows [stride] octets apart. */
private class Frame(val luminance: ByteArray, val stride: Int, val width: Int, val height: Int) {
    fun read(reader: FrameReader) = reader.read(luminance, stride, width, height)
}

/** The code as a camera sees it: grey on grey, off the middle, with rows longer than the picture. */
private fun frame(digits: String, scale: Int = 3, dark: Int = 60, light: Int = 190): Frame {
    val code = drawQr(digits)
    val size = code.size.toInt()
    val (left, top) = 31 to 17
    val (width, height) = size * scale + 90 to size * scale + 60
    val stride = width + 13
    val luminance = ByteArray(stride * height) { light.toByte() }
    code.dark.forEachIndexed { index, octet ->
        if (octet.toInt() == 0) return@forEachIndexed
        for (y in 0 until scale) for (x in 0 until scale) {
            luminance[(top + index / size * scale + y) * stride + left + index % size * scale + x] = dark.toByte()
        }
    }
    return Frame(luminance, stride, width, height)
}

class ScanTest {
    private val folder = Files.createTempDirectory("sen-scan-").toFile()
    private val wallet = Wallet.open(folder.path, SecretInMemory(), SoftwareKeys())
    private val scope = CoroutineScope(Dispatchers.Default)
    private val around = Surroundings(wallet, scope, { null })

    @AfterEach
    fun end() {
        scope.cancel()
        wallet.close()
        folder.deleteRecursively()
    }

    @Test
    fun `each code is told by how it begins`() {
        assertEquals(Scanned.DeskQuestion("736110123"), scannedAs(" 736110123\n"))
        assertEquals(Scanned.NewPhone("736310123"), scannedAs("736310123"))
        assertEquals(Scanned.ReadingRequest("736410123"), scannedAs("736410123"))
        assertEquals(Scanned.Request("openid4vp://?x"), scannedAs("openid4vp://?x"))
        assertEquals(Scanned.Offer("openid-credential-offer://?x"), scannedAs("openid-credential-offer://?x"))
        for (code in listOf("736010123", "736210123")) assertEquals(Scanned.ForClinic, scannedAs(code))
        // Digits of other scripts are no digits of a frame.
        for (other in listOf("", "7365", "736", "https://example.org", "7361x", "٧٣٦١")) assertEquals(Scanned.Other, scannedAs(other))
    }

    @Test
    fun `a code is found in a camera's frame`() {
        val long = "7363" + "0123456789".repeat(28)
        assertEquals(long, frame(long).read(FrameReader()))
        // A pale one, as a screen in the sun looks.
        assertEquals("736112345", frame("736112345", dark = 120, light = 170).read(FrameReader()))
    }

    @Test
    fun `a code that holds what looks like a corner is found`() {
        val digits = checkNotNull(javaClass.getResource("/code-with-a-false-corner.txt")).readText().trim()
        assertEquals(digits, frame(digits, scale = 6, dark = 0, light = 255).read(FrameReader()))
        assertEquals(digits, frame(digits).read(FrameReader()))
    }

    @Test
    fun `what is no code or no whole frame reads as nothing`() {
        val reader = FrameReader()
        assertNull(reader.read(ByteArray(320 * 240) { 127 }, 320, 320, 240))
        val good = frame("736112345")
        assertNull(reader.read(good.luminance.copyOf(good.luminance.size - 1), good.stride, good.width, good.height))
        assertNull(reader.read(good.luminance, good.width - 1, good.width, good.height))
        assertNull(reader.read(ByteArray(0), 0, 0, 0))
        // The reader is as good as new afterwards.
        assertEquals("736112345", good.read(reader))
    }

    @Test
    fun `the scanner goes on looking until it sees what the screen wants`() {
        val scan = ScanPresenter(around) { it is Scanned.NewPhone }
        frame("736012345").run { scan.frame(luminance, stride, width, height) }
        assertEquals(ScanScreen.Looking(line(Word.SCAN_FOR_CLINIC)), scan.state.value)
        frame("736112345").run { scan.frame(luminance, stride, width, height) }
        assertEquals(ScanScreen.Looking(line(Word.SCAN_OTHER)), scan.state.value)
        frame("736312345").run { scan.frame(luminance, stride, width, height) }
        assertEquals(ScanScreen.Found(Scanned.NewPhone("736312345")), scan.state.value)
        // What comes into view afterwards changes nothing.
        frame("736012345").run { scan.frame(luminance, stride, width, height) }
        assertEquals(ScanScreen.Found(Scanned.NewPhone("736312345")), scan.state.value)
        scan.again()
        assertEquals(ScanScreen.Looking(), scan.state.value)
    }
}
