package vn.sen.app

import com.google.zxing.Binarizer
import com.google.zxing.BinaryBitmap
import com.google.zxing.DecodeHintType
import com.google.zxing.PlanarYUVLuminanceSource
import com.google.zxing.ReaderException
import com.google.zxing.common.GlobalHistogramBinarizer
import com.google.zxing.common.HybridBinarizer
import com.google.zxing.multi.qrcode.QRCodeMultiReader

/** Finds a QR code in one frame of a camera. For one thread. */
class FrameReader {
    // Weighs each three patterns that may be the corners of a code; the reader of one code takes three, and finds nothing where a code holds
    // such a pattern inside.
    private val reader = QRCodeMultiReader()
    private val hints = mapOf(DecodeHintType.TRY_HARDER to true)

    /** [luminance] is one octet a pixel, rows [stride] octets apart; of each row [width] count. Nothing where no code is readable. */
    fun read(luminance: ByteArray, stride: Int, width: Int, height: Int): String? {
        if (width < 1 || height < 1 || stride < width || luminance.size.toLong() < stride.toLong() * height) return null
        val source = PlanarYUVLuminanceSource(luminance, stride, height, 0, 0, width, height, false)
        // The first copes with shadows, the second with pale screens.
        return decoded(HybridBinarizer(source)) ?: decoded(GlobalHistogramBinarizer(source))
    }

    private fun decoded(picture: Binarizer): String? = try {
        reader.decodeMultiple(BinaryBitmap(picture), hints).firstOrNull()?.text
    } catch (_: ReaderException) {
        null
    }
}
