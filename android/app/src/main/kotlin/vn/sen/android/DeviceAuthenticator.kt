package vn.sen.android

import android.app.KeyguardManager
import android.content.DialogInterface
import android.hardware.biometrics.BiometricManager
import android.hardware.biometrics.BiometricPrompt
import android.os.Build
import android.os.CancellationSignal
import java.security.Signature
import java.util.concurrent.CompletableFuture
import java.util.concurrent.ExecutionException
import java.util.concurrent.TimeUnit
import java.util.concurrent.TimeoutException
import vn.sen.DeviceKeyException
import vn.sen.Recognised
import vn.sen.app.Authenticator
import vn.sen.app.Recogniser
import vn.sen.app.Word

/** The system's own prompt, in front of the activity that is shown. Called from the core's worker threads, which it blocks. */
class DeviceAuthenticator(private val front: () -> MainActivity?) : Authenticator, Recogniser {
    override fun unlock(signature: Signature): Signature {
        if (Build.VERSION.SDK_INT < Build.VERSION_CODES.P) throw DeviceKeyException.Unavailable()
        val result = prompt(BiometricPrompt.CryptoObject(signature))
        return result?.cryptoObject?.signature ?: throw DeviceKeyException.Unavailable()
    }

    override fun confirm() {
        if (Build.VERSION.SDK_INT < Build.VERSION_CODES.Q) code() else prompt(null)
    }

    override fun recognise(): Recognised? = try {
        confirmed()
    } catch (_: DeviceKeyException) {
        null
    }

    /** Which it was is known since Android 11; before that the lesser is said. */
    private fun confirmed(): Recognised {
        if (Build.VERSION.SDK_INT < Build.VERSION_CODES.Q) {
            code()
            return Recognised.BY_KNOWLEDGE
        }
        val result = prompt(null)
        val biometrics = Build.VERSION.SDK_INT >= Build.VERSION_CODES.R &&
            result?.authenticationType == BiometricPrompt.AUTHENTICATION_RESULT_TYPE_BIOMETRIC
        return if (biometrics) Recognised.BY_BIOMETRICS else Recognised.BY_KNOWLEDGE
    }

    /**
     * Before Android 10 the prompt takes no code, and whoever has no finger enrolled would never get past it. What the keyguard asks for
     * makes keys usable that stay so for a while, as unlocking the phone does.
     */
    private fun code() {
        val activity = front() ?: throw DeviceKeyException.Locked()
        @Suppress("DEPRECATION") // The only way before Android 10.
        val wish = activity.getSystemService(KeyguardManager::class.java)
            ?.createConfirmDeviceCredentialIntent(activity.said(Word.CONFIRM_PERSON), null) ?: throw DeviceKeyException.Locked()
        val answer = CompletableFuture<Boolean>()
        val known = asked(activity, answer) { activity.confirm(wish) { answer.complete(it) } }
        if (!known) throw DeviceKeyException.UserCancelled()
    }

    private fun prompt(crypto: BiometricPrompt.CryptoObject?): BiometricPrompt.AuthenticationResult? {
        val activity = front() ?: throw DeviceKeyException.Locked()
        val answer = CompletableFuture<BiometricPrompt.AuthenticationResult?>()
        val cancel = CancellationSignal()
        return asked(activity, answer, cancel::cancel) {
            val prompt = builder(activity, crypto != null) { answer.completeExceptionally(DeviceKeyException.UserCancelled()) }
            val callback = Answer(answer)
            if (crypto == null) prompt.authenticate(cancel, activity.mainExecutor, callback)
            else prompt.authenticate(crypto, cancel, activity.mainExecutor, callback)
        }
    }

    /** Shows something and waits for the person's answer; where none comes it is taken away. */
    private fun <T> asked(activity: MainActivity, answer: CompletableFuture<T>, takeAway: () -> Unit = {}, show: () -> Unit): T {
        check(!activity.mainLooper.isCurrentThread) { "a prompt would wait for the thread that shows it" }
        activity.prompted = true
        activity.runOnUiThread(show)
        try {
            return answer.get(PATIENCE_SECONDS, TimeUnit.SECONDS)
        } catch (failed: ExecutionException) {
            throw failed.cause ?: DeviceKeyException.Unavailable()
        } catch (_: TimeoutException) {
            takeAway()
            throw DeviceKeyException.UserCancelled()
        } finally {
            activity.prompted = false
        }
    }

    private fun builder(activity: MainActivity, perUse: Boolean, declined: () -> Unit): BiometricPrompt {
        val builder = BiometricPrompt.Builder(activity).setTitle(activity.said(Word.CONFIRM_PERSON))
        val decline = DialogInterface.OnClickListener { _, _ -> declined() }
        when {
            // With a key that asks at each use the finger or face alone will do.
            perUse -> builder.setNegativeButton(activity.said(Word.DECLINE), activity.mainExecutor, decline)
            Build.VERSION.SDK_INT >= Build.VERSION_CODES.R ->
                builder.setAllowedAuthenticators(BiometricManager.Authenticators.BIOMETRIC_STRONG or BiometricManager.Authenticators.DEVICE_CREDENTIAL)
            else -> {
                @Suppress("DEPRECATION") // The only way on Android 10.
                builder.setDeviceCredentialAllowed(true)
            }
        }
        return builder.build()
    }

    private class Answer(private val answer: CompletableFuture<BiometricPrompt.AuthenticationResult?>) : BiometricPrompt.AuthenticationCallback() {
        override fun onAuthenticationSucceeded(result: BiometricPrompt.AuthenticationResult?) {
            answer.complete(result)
        }

        override fun onAuthenticationError(errorCode: Int, errString: CharSequence?) {
            val declined = errorCode in setOf(BiometricPrompt.BIOMETRIC_ERROR_USER_CANCELED, BiometricPrompt.BIOMETRIC_ERROR_CANCELED)
            answer.completeExceptionally(if (declined) DeviceKeyException.UserCancelled() else DeviceKeyException.Locked())
        }
    }

    private companion object {
        const val PATIENCE_SECONDS = 60L
    }
}
