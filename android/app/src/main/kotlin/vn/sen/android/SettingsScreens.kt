package vn.sen.android

import vn.sen.app.SettingsPresenter
import vn.sen.app.Word
import vn.sen.app.line

/** What is set here or looked at seldom. */
class SettingsScreenView : Screen {
    override fun shown(host: MainActivity) = host.put(
        host.page {
            heading(Word.SETTINGS)
            button(Word.PIN) { host.push(PinScreenView()) }
            button(Word.PHONES) { host.push(DevicesScreen()) }
            button(Word.HAND_OVER) { host.push(HandOverScreenView()) }
            button(Word.HELD_HERE) { host.push(HeldScreenView()) }
            button(Word.LANGUAGE) { host.push(LanguageScreen()) }
            line(line(Word.TEXT_SIZE))
            line(line(Word.NO_SETTINGS))
            button(Word.BACK) { host.pop() }
        },
    )
}

/** The language of this app, where it is not to be the phone's. */
class LanguageScreen : Screen {
    override fun shown(host: MainActivity) = host.put(
        host.page {
            heading(Word.LANGUAGE)
            val choices = listOf(Word.LANGUAGE_PHONE to null, Word.LANGUAGE_VI to "vi", Word.LANGUAGE_EN to "en")
            for ((word, code) in choices) button(word) { host.speak(code) }
            button(Word.BACK) { host.pop() }
        },
    )
}

/** What this phone keeps, who was told what, the history as a file, and the end of the account. */
class HeldScreenView : Screen {
    private var presenter: SettingsPresenter? = null

    override fun shown(host: MainActivity) {
        // Once: back from choosing a file it says what became of that.
        val settings = presenter ?: SettingsPresenter(host.app.surroundings).also {
            presenter = it
            it.start()
        }
        host.draw(settings) { shown ->
            heading(Word.HELD_HERE)
            problem(shown.problem)
            if (shown.held.isNotEmpty()) card { shown.held.forEach { line(it) } }
            if (shown.saved) line(line(Word.HISTORY_SAVED))
            button(Word.HISTORY_EXPORT) { host.file("sen-history.jsonl") { settings.export(it) } }
            heading(Word.TOLD_TO)
            if (shown.told.isNotEmpty()) card { shown.told.forEach { line(it) } }
            heading(Word.CLOSE_ACCOUNT)
            when {
                shown.closed -> line(line(Word.ACCOUNT_CLOSED))
                shown.closing -> {
                    line(line(Word.CLOSE_ACCOUNT_HINT))
                    button(Word.CLOSE_ACCOUNT_YES) { settings.closeForGood() }
                    button(Word.BACK) { settings.keep() }
                }
                else -> button(Word.CLOSE_ACCOUNT) { settings.close() }
            }
            if (!shown.closing) button(Word.BACK) { host.pop() }
        }
    }
}
