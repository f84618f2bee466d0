package vn.sen.android

import android.content.Context
import android.content.res.Configuration
import java.util.Locale

private const val FILE = "language"
private const val CODE = "code"

/** The person's choice of `vi` or `en` for this app; nothing for the phone's own language. */
fun Context.choose(code: String?) {
    val change = getSharedPreferences(FILE, Context.MODE_PRIVATE).edit()
    (if (code == null) change.remove(CODE) else change.putString(CODE, code)).apply()
}

/** This context with words in the language that was chosen; the size of type and everything else stay the phone's. */
fun Context.inChosenLanguage(): Context {
    val code = getSharedPreferences(FILE, Context.MODE_PRIVATE).getString(CODE, null) ?: return this
    return createConfigurationContext(Configuration().apply { setLocale(Locale.forLanguageTag(code)) })
}
