package vn.sen.android

import android.app.Activity
import android.app.Instrumentation
import android.content.Intent
import android.hardware.biometrics.BiometricManager
import android.os.Build
import android.os.Bundle
import vn.sen.app.Authenticator
import vn.sen.contract.Checks
import vn.sen.contract.keyStoreContract
import vn.sen.contract.secretStoreContract

/**
 * The contracts of the ports on a phone, over its own key store: the same code as on a computer. It needs nothing but the platform, so it
 * reports to `am instrument` itself. A person beside the phone answers the prompts.
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
        val front = startActivitySync(Intent(targetContext, MainActivity::class.java).addFlags(Intent.FLAG_ACTIVITY_NEW_TASK)) as MainActivity
        val device: Authenticator = DeviceAuthenticator { front }
        val packages = targetContext.packageManager
        // As an app that starts again: a new store object each time.
        val suites = listOf(
            "KeyStore" to keyStoreContract { KeystoreKeyStore(packages, device) },
            // Under a name of its own: the app's wallet stays what it is.
            "SecretStore" to secretStoreContract { KeystoreSecretStore(targetContext, "contract-secret") },
        )
        val all = suites.sumOf { (_, checks) -> checks.names.size }
        val hasFinger = hasFinger()
        val ends = mutableListOf<Int>()
        for ((suite, checks) in suites) checks.forEach { name, check ->
            ends += reported(suite, name, ends.size + 1, all, check.takeIf { hasFinger || name != OF_A_FINGER })
        }
        val failed = ends.count { it == FAILED }
        results.putString(REPORT_KEY_STREAMRESULT, "\n${ends.count { it == PASSED }} passed, $failed failed, ${ends.count { it == SKIPPED }} skipped\n")
        finish(if (failed == 0) Activity.RESULT_OK else Activity.RESULT_CANCELED, results)
    }

    /** Keys that ask at each use cannot be made where no finger or face is known, as in an emulator. Before Android 11 nobody says. */
    private fun hasFinger(): Boolean = Build.VERSION.SDK_INT < Build.VERSION_CODES.R ||
        targetContext.getSystemService(BiometricManager::class.java)
            .canAuthenticate(BiometricManager.Authenticators.BIOMETRIC_STRONG) == BiometricManager.BIOMETRIC_SUCCESS

    /** In the words that `am instrument -r` prints; gives how it ended. No check is one that is skipped. */
    private fun reported(suite: String, name: String, number: Int, all: Int, check: (() -> Unit)?): Int {
        val said = Bundle().apply {
            putString(REPORT_KEY_IDENTIFIER, "ContractRun")
            putString("class", "vn.sen.contract.$suite")
            putString("test", name)
            putInt("current", number)
            putInt("numtests", all)
        }
        sendStatus(BEGUN, said)
        val broken = try {
            check?.invoke()
            null
        } catch (error: Throwable) {
            error
        }
        broken?.let { said.putString("stack", it.stackTraceToString()) }
        val (end, word) = when {
            broken != null -> FAILED to "FAILED, $broken"
            check == null -> SKIPPED to "skipped, no finger is enrolled"
            else -> PASSED to "passed"
        }
        said.putString(REPORT_KEY_STREAMRESULT, "\n$suite: $name: $word")
        sendStatus(end, said)
        return end
    }

    private companion object {
        const val BEGUN = 1
        const val PASSED = 0
        const val FAILED = -2
        const val SKIPPED = -3
        const val OF_A_FINGER = "a key that asks at each use signs, too"
    }
}
