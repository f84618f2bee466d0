package vn.sen.android

import kotlin.math.pow
import org.junit.Assert.assertTrue
import org.junit.Test

class LookTest {
    @Test
    fun `what is written stands out from what it is written on`() {
        for (look in listOf(Look.DAY, Look.NIGHT)) {
            val papers = listOf(look.page, look.card, look.main, look.plain, look.warning, look.danger, Paper(look.card.ground, look.quiet))
            for (paper in papers) assertTrue("%x on %x".format(paper.ink, paper.ground), contrast(paper.ink, paper.ground) >= 7)
            for (ground in listOf(look.page.ground, look.card.ground)) {
                assertTrue("%x beside %x".format(look.edge, ground), contrast(look.edge, ground) >= 3)
                assertTrue("%x on %x".format(look.page.ink, ground), contrast(look.page.ink, ground) >= 7)
            }
        }
    }

    /** WCAG 2.2, "contrast ratio" and "relative luminance". */
    private fun contrast(one: Int, other: Int): Double {
        val (low, high) = listOf(luminance(one), luminance(other)).sorted()
        return (high + 0.05) / (low + 0.05)
    }

    private fun luminance(colour: Int): Double {
        val (red, green, blue) = listOf(16, 8, 0).map { shift ->
            val part = (colour shr shift and 0xff) / 255.0
            if (part <= 0.04045) part / 12.92 else ((part + 0.055) / 1.055).pow(2.4)
        }
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue
    }
}
