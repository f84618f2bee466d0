package vn.sen.nation

import java.io.File
import java.util.concurrent.TimeUnit
import org.json.JSONObject

/** A clinic's desk with a name that phones believe: `sen clinic enrol` and `sen clinic ask` in processes of their own. */
class Desk(private val nation: Nation, private val name: String) {
    private val folder = File(nation.folder, "desk-$name")

    init {
        val enrolled = program(
            "--json", "clinic", "enrol", "--desk", folder.path, "--name", name, "--register", "${nation.url}/sandbox/desk", "--roots", nation.rootsPath,
        )
        check(enrolled.waitFor(30, TimeUnit.SECONDS) && enrolled.exitValue() == 0) { "the desk got no name" }
    }

    /** Shows a question; [Question.decide] takes the answer. */
    fun ask(vararg more: String): Question {
        val file = File.createTempFile("question", "", nation.folder).apply { delete() }
        val words = listOf("--json", "clinic", "ask", "--desk", folder.path, "--trust", nation.trust, "--status", nation.status, "--text", file.path)
        val process = program(*(words + more).toTypedArray())
        repeat(600) { if (file.length() == 0L) Thread.sleep(50) }
        return Question(file.readText().trim(), process)
    }

    class Question internal constructor(val digits: String, private val process: Process) {
        /** What the desk decides of a scanned answer. */
        fun decide(answer: String): JSONObject {
            process.outputStream.use { it.write("$answer\n".toByteArray()) }
            return firstObject(process).also { check(process.waitFor(10, TimeUnit.SECONDS)) { "the desk did not end" } }
        }

        /** Nobody answers. */
        fun end() {
            process.destroy()
            process.waitFor()
        }
    }
}
