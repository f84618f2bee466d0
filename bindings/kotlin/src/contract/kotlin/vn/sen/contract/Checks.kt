package vn.sen.contract

/** What a port promises, each promise under its name: run by JUnit on a computer, and by an instrumentation on a device. */
class Checks internal constructor(private val all: Map<String, () -> Unit>) {
    val names: Set<String> get() = all.keys

    /** Throws an [AssertionError] where it is broken. */
    fun run(name: String) = all.getValue(name)()

    fun forEach(each: (name: String, check: () -> Unit) -> Unit) = all.forEach(each)
}

internal fun same(wanted: Any?, found: Any?) {
    if (wanted != found) throw AssertionError("wanted $wanted, found $found")
}

internal fun holds(claim: Boolean, what: String) {
    if (!claim) throw AssertionError(what)
}

/** What it throws, by its exact kind: a port says no more than it announced. */
internal inline fun <reified E : Throwable> throws(work: () -> Unit) {
    val thrown = try {
        work()
        null
    } catch (error: Throwable) {
        error
    }
    holds(thrown is E, "wanted ${E::class.simpleName}, found $thrown")
}
