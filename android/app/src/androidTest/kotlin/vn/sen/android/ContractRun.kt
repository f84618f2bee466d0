package vn.sen.android

import android.app.Activity
import android.app.Instrumentation
import android.content.Intent
import android.os.Bundle
import vn.sen.app.Authenticator
import vn.sen.contract.Checks
import vn.sen.contract.keyStoreContract
import vn.sen.contract.secretStoreContract

/**
 * The contracts of the ports on a phone, over its own key store: the same code as on a computer. It needs nothing but the platform, so it
 * reports to `am instrument` and to Gradle itself. A person beside the phone answers the prompts.
 */
class ContractRun : Instrumentation() {
    private val results = Bundle()

    override fun onCreate(arguments: Bundle?) {
        super.onCreate(arguments)
        start()
    }

    override fun onStart() {
        super.onStart()
        // Prompts stand before an activity.
        val front = startActivitySync(Intent(targetContext, MainActivity::class.java).addFlags(Intent.FLAG_ACTIVITY_NEW_TASK))
        val device: Authenticator = DeviceAuthenticator { front }
        val packages = targetContext.packageManager
        // As an app that starts again: a new store object each time.
        val suites = listOf(
            "KeyStore" to keyStoreContract { KeystoreKeyStore(packages, device) },
            // Under a name of its own: the app's wallet stays what it is.
            "SecretStore" to secretStoreContract { KeystoreSecretStore(targetContext, "contract-secret") },
        )
        val all = suites.sumOf { (_, checks) -> checks.names.size }
        var failed = 0
        var number = 0
        for ((suite, checks) in suites) checks.forEach { name, check ->
            number += 1
            if (!reported(suite, name, number, all, check)) failed += 1
        }
        results.putString(REPORT_KEY_STREAMRESULT, "\n${all - failed} passed, $failed failed\n")
        finish(if (failed == 0) Activity.RESULT_OK else Activity.RESULT_CANCELED, results)
    }

    /** In the words that `am instrument -r` and Gradle read. */
    private fun reported(suite: String, name: String, number: Int, all: Int, check: () -> Unit): Boolean {
        val said = Bundle().apply {
            putString(REPORT_KEY_IDENTIFIER, "ContractRun")
            putString("class", "vn.sen.contract.$suite")
            putString("test", name)
            putInt("current", number)
            putInt("numtests", all)
        }
        sendStatus(BEGUN, said)
        val broken = try {
            check()
            null
        } catch (error: Throwable) {
            error
        }
        broken?.let { said.putString("stack", it.stackTraceToString()) }
        said.putString(REPORT_KEY_STREAMRESULT, "\n$suite: $name: ${if (broken == null) "passed" else "FAILED, $broken"}")
        sendStatus(if (broken == null) PASSED else FAILED, said)
        return broken == null
    }

    private companion object {
        const val BEGUN = 1
        const val PASSED = 0
        const val FAILED = -2
    }
}
