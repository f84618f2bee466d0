package vn.sen.app

import java.io.File
import org.json.JSONObject
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import vn.sen.HistoryLine
import vn.sen.nation.Nation

/** No name that the core or the nation uses reaches the screen as it is. The lists are taken from where the names are made. */
class NamesTest {
    private fun source(path: String) = File(System.getProperty("sen.root"), path).readText()

    /** Each first group of [pattern], at least [least]: a pattern that finds nothing any more would prove nothing. */
    private fun names(source: String, pattern: String, least: Int): Set<String> {
        val found = Regex(pattern).findAll(source).map { it.groupValues[1] }.toSet()
        assertTrue(found.size >= least, "only $found")
        return found
    }

    @Test
    fun `each claim of the core's table has words`() {
        // Those of the web token around them have no place on a screen.
        val table = source("core/credential/src/claims.rs").substringAfter("pub mod key {").substringBefore("pub mod cwt {")
        val keys = names(table, """pub const [A-Z_]+: i64 = (\d+);""", least = 15)
        for (key in keys) assertTrue(claim(key.toLong()).word != Word.CLAIM_OTHER, key)
        assertEquals(line(Word.CLAIM_OTHER, "99"), claim(99))
    }

    @Test
    fun `each claim of the nation's documents has words, in both forms`() {
        val names = names(source("sandbox/src/nation/facts.rs"), """\("([a-z_0-9]+)", (?:Fact::|sex\()""", least = 28)
        for (name in names) {
            val said = claim(name)
            assertTrue(said.word != Word.CLAIM_OWN_WORD, name)
            for (namespace in listOf("vn.citizen.1", "vn.health-insurance.1", "org.iso.18013.5.1", "vn.residence.1", "vn.adult.1")) {
                assertEquals(said, claim("$namespace.$name"))
            }
        }
        assertEquals(line(Word.CLAIM_DRIVING_PRIVILEGES), claim("org.iso.18013.5.1.driving_privileges[0]"))
        assertEquals(line(Word.CLAIM_1), claimOf(listOf("urn:vn:citizen:1"), "urn:vn:citizen:1: personal_number"))
    }

    @Test
    fun `each document that the nation issues has words`() = Nation().use { nation ->
        val configurations = nation.get("/.well-known/openid-credential-issuer").getJSONObject("credential_configurations_supported")
        assertEquals(12, configurations.length())
        for (configuration in configurations.keys()) {
            val entry = configurations.getJSONObject(configuration)
            val type = entry.optString("vct").ifEmpty { entry.getString("doctype") }
            val said = kind(type)
            assertTrue(said.word != Word.OTHER_DOCUMENT, type)
            assertEquals(said, kind(configuration))
        }
    }

    @Test
    fun `each event of the history has words`() {
        val events = source("core/holder/src/history.rs").substringAfter("pub enum Event {").substringBefore("\n}\n")
        for (name in names(events, """\n    ([A-Z][A-Za-z]+)[ ,{]""", least = 23).map(::snake)) {
            val row = row(HistoryLine(1u, 0, name, "phone", emptyList(), emptyList(), emptyList(), null, "000224000001", "some.code", ""), "")
            assertTrue(row.line.word != Word.EVENT_ACCOUNT, name)
        }
        assertEquals(line(Word.EVENT_ACCOUNT, "new_event"), accountEvent("new_event", Own(""), ""))
    }

    @Test
    fun `whatever can be approved has words in the history`() {
        val made = source("core/holder/src/online/answer.rs").substringAfter("let approved = ").substringBefore("});")
        for (start in names(made, """format!\("([a-z-]+: )\{""", least = 2)) {
            val line = HistoryLine(7u, 0, "presented_online", "CN=Shop", emptyList(), emptyList(), emptyList(), "${start}A, B", null, null, "")
            val said = row(line, "").more.single().values.single() as Line
            assertEquals(listOf(Own("A, B")), said.values)
        }
        val cash = HistoryLine(7u, 0, "presented_online", "CN=Bank", emptyList(), emptyList(), emptyList(), "cash: 2000000 VND, Bank, ATM 100", null, null, "")
        assertEquals(line(Word.HISTORY_APPROVED, line(Word.APPROVED_CASH, "2.000.000 VND, Bank, ATM 100")), row(cash, "").more.single())
    }

    @Test
    fun `what was noted as fraud says whom it is about, and the person's words`() {
        val line = HistoryLine(8u, 0, "fraud_reported", "CN=Shop", emptyList(), emptyList(), emptyList(), null, null, null, "", words = "Said police")
        val row = row(line, "")
        assertEquals(line(Word.EVENT_FRAUD_REPORTED, "Shop") to listOf(line(Word.REPORT_TOLD, "Said police")), row.line to row.more)
        assertFalse(row.canReport)
        val nobody = row(line.copy(who = null), "")
        assertEquals(line(Word.EVENT_FRAUD_REPORTED, "Said police") to emptyList<Line>(), nobody.line to nobody.more)
    }

    @Test
    fun `what somebody else had a part in can be reported`() {
        fun of(kind: String, who: String?) = row(HistoryLine(8u, 0, kind, who, emptyList(), emptyList(), emptyList(), null, null, null, ""), "")
        for (kind in listOf("presented", "presented_online", "declined", "declined_online", "handed_over")) assertTrue(of(kind, "x").canReport, kind)
        assertFalse(of("account_opened", null).canReport)
    }

    private fun snake(name: String) = name.replace(Regex("(?<=.)[A-Z]")) { "_${it.value}" }.lowercase()

    @Test
    fun `somebody else's names are shown as they are, and as theirs`() {
        assertEquals(line(Word.CLAIM_OWN_WORD, "com.example.name"), claim("com.example.name"))
        assertEquals(line(Word.CLAIM_OWN_WORD, "address.locality"), claim("address.locality"))
        assertEquals(line(Word.OTHER_DOCUMENT, "urn:example:card"), kind("urn:example:card"))
        assertEquals(line(Word.ANY_CLINIC), recipient("vn.clinic"))
        assertEquals(Own("Cổng mẫu"), recipient("C=VN,CN=Cổng mẫu"))
        assertEquals(Own("Quầy 1"), recipient("Quầy 1"))
    }

    @Test
    fun `a line of the history says what was told, and warns of what nobody was entitled to`() {
        val told = listOf("urn:vn:citizen:1: name", "urn:vn:citizen:1: sex")
        val line = HistoryLine(7u, 0, "presented_online", "CN=Shop", listOf("urn:vn:citizen:1"), told, told.drop(1), "cash: 500 VND, Bank", null, null, "")
        val row = row(line, "00:30 01/02/2030")
        assertEquals(line(Word.EVENT_PRESENTED_ONLINE, Own("Shop"), Listed(listOf(line(Word.CITIZEN)))), row.line)
        val more = listOf(
            line(Word.HISTORY_APPROVED, line(Word.APPROVED_CASH, "500 VND, Bank")), line(Word.HISTORY_TOLD, Listed(listOf(line(Word.CLAIM_4)))),
            warning(Word.OVER_ASKED, Listed(listOf(line(Word.CLAIM_9)))),
        )
        assertEquals(more, row.more)
    }
}
