package vn.sen.app

import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test

/** As the code on a citizen card says it; the person is invented. */
private const val ON_CARD = "000204067891||Đặng Quốc Ưu|31122004|Nam|12/3 Hẻm Ví Dụ|02092024"

class CardKeysTest {
    @Test
    fun `the code on a citizen card has the six digits, and no other code has`() {
        assertEquals(Scanned.CitizenCard("067891"), scannedAs("$ON_CARD\n"))
        assertEquals(Scanned.CitizenCard("067891"), scannedAs("$ON_CARD|||"))
        for (other in listOf("00020406789||a|b|c|d|e", "00020406789x||a|b|c|d|e", "000204067891||a|b|c|d", "٠٠٠204067891||a|b|c|d|e", "a|b|c|d|e|f|000204067891")) {
            assertEquals(Scanned.Other, scannedAs(other), other)
        }
    }

    @Test
    fun `six digits are six digits`() {
        assertTrue(isCan("067891"))
        for (other in listOf("", "06789", "0678911", "06789x", "٠٦٧٨٩١", "06789 ")) assertTrue(!isCan(other), other)
    }

    @Test
    fun `the zone is taken as it was typed, with or without line breaks`() {
        val lines = listOf("IDVNM2040678917000204067891<<7", "0412317M2912316VNM<<<<<<<<<<<2", "DANG<<QUOC<UU<<<<<<<<<<<<<<<<<")
        val whole = lines.joinToString("")
        for (typed in listOf(whole, lines.joinToString("\n"), lines.joinToString(" \n ").lowercase())) assertEquals(whole, zone(typed))
        for (other in listOf("", whole.dropLast(1), "$whole<", whole.replaceFirst('<', '«'), whole.replaceFirst('I', 'Đ'))) assertNull(zone(other), other)
    }

    @Test
    fun `the bar fills with the portrait, and never goes back`() {
        val bar = ReadingBar()
        val small = listOf("COM", "SOD", "DG14", "DG1", "DG13", "DG15").map { bar.at(it, 100u, 100u) }
        assertEquals(small.sorted(), small)
        assertTrue(small.first() < 0.05f && small.last() <= 0.2f, "$small")
        val half = bar.at("DG2", 5_000u, 10_000u)
        assertEquals(0.6f, half, 0.001f)
        // Read on after the card was lost: the small files come once more.
        assertEquals(half, bar.at("COM", 100u, 100u))
        assertEquals(1f, bar.at("DG2", 10_000u, 10_000u))
        // Nothing is known of its length yet; a chip that says more than there is fills no more than the bar.
        assertEquals(0f, ReadingBar().at("DG2", 0u, 0u), 0.21f)
        assertEquals(1f, ReadingBar().at("DG2", 20u, 10u))
    }
}
