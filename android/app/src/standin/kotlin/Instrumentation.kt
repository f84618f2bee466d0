package androidx.test.platform.app

import android.app.Instrumentation
import android.os.Bundle

/** Robolectric tells its instrumentation here. Nobody here asks for it. */
object InstrumentationRegistry {
    private var instance: Instrumentation? = null

    @JvmStatic
    @Suppress("UNUSED_PARAMETER")
    fun registerInstance(instrumentation: Instrumentation?, arguments: Bundle?) {
        instance = instrumentation
    }

    @JvmStatic
    fun getInstrumentation(): Instrumentation = checkNotNull(instance)
}
