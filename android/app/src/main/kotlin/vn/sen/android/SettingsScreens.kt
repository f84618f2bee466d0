package vn.sen.android

import vn.sen.app.SettingsPresenter
import vn.sen.app.SettingsScreen
import vn.sen.app.Word
import vn.sen.app.line

/** What is set here or looked at seldom. */
fun settings(): Screen = StillScene(Word.SETTINGS) { host ->
    choice(Word.PIN) { host.push(pin()) }
    choice(Word.PHONES) { host.push(phones()) }
    choice(Word.HAND_OVER) { host.push(handOver()) }
    choice(Word.HELD_HERE) { host.push(heldHere()) }
    choice(Word.LANGUAGE) { host.push(language()) }
    line(line(Word.TEXT_SIZE))
    line(line(Word.NO_SETTINGS))
}

/** The language of this app, where it is not to be the phone's. */
private fun language(): Screen = StillScene(Word.LANGUAGE) { host ->
    for ((word, code) in listOf(Word.LANGUAGE_PHONE to null, Word.LANGUAGE_VI to "vi", Word.LANGUAGE_EN to "en")) choice(word) { host.speak(code) }
}

/** What this phone keeps, who was told what, the history as a file, and the end of the account. */
private fun heldHere(): Screen = Scene(
    Word.HELD_HERE,
    // Once: back from choosing a file it says what became of that.
    { host -> SettingsPresenter(host.app.surroundings).also { it.start() } },
    stays = SettingsScreen::closing,
) { host, settings, shown ->
    problem(shown.problem)
    if (shown.held.isNotEmpty()) card { lines(shown.held) }
    if (shown.saved) line(line(Word.HISTORY_SAVED))
    button(Word.HISTORY_EXPORT) { host.file("sen-history.jsonl") { settings.export(it) } }
    if (shown.told.isNotEmpty()) {
        heading(Word.TOLD_TO)
        card { lines(shown.told) }
    }
    heading(Word.CLOSE_ACCOUNT)
    when {
        shown.closed -> line(line(Word.ACCOUNT_CLOSED))
        shown.closing -> {
            line(line(Word.CLOSE_ACCOUNT_HINT))
            button(Word.CLOSE_ACCOUNT_YES) { settings.closeForGood() }
            button(Word.KEEP) { settings.keep() }
        }
        else -> button(Word.CLOSE_ACCOUNT) { settings.close() }
    }
}
