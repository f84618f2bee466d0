package vn.sen.android

import vn.sen.app.BorrowPresenter
import vn.sen.app.BorrowScreen
import vn.sen.app.LendPresenter
import vn.sen.app.LendScreen
import vn.sen.app.Word
import vn.sen.app.line

/** Level 2 on a phone without NFC: its code for another person's phone, and then the face. */
fun borrow(): Screen = Scene(
    Word.OTHER_PHONE,
    { host -> BorrowPresenter(host.app.surroundings).also { it.start() } },
    // The camera takes the screen for a while: the reading is not given up for that.
    leave = { host, _ -> host.guard.bright(false) },
    end = { it.leave() },
) { host, borrow, shown ->
    host.guard.bright(shown is BorrowScreen.Showing)
    when (shown) {
        is BorrowScreen.Start -> {
            problem(shown.problem)
            again { borrow.start() }
        }
        is BorrowScreen.Showing -> {
            lines(shown.lines)
            picture(QrView(context).apply { show(shown.digits) }, Word.OTHER_PHONE_HINT)
        }
        is BorrowScreen.Face -> {
            problem(shown.problem)
            line(line(Word.READING_HERE))
            button(Word.TAKE_PICTURE) { host.picture { face -> borrow.finish(face) } }
        }
        is BorrowScreen.Comparing -> line(line(Word.COMPARING_FACE))
        is BorrowScreen.Done -> strong(shown.line)
    }
}

/** This phone for another one's card. */
fun lend(scanned: String): Screen = Scene(
    Word.LEND, { host -> LendPresenter(host.app.surroundings).also { it.scanned(scanned) } }, end = { it.leave() },
) { host, lend, shown ->
    when (shown) {
        is LendScreen.Reading -> line(line(Word.READING_REQUEST))
        is LendScreen.Compare -> {
            card { lines(shown.lines) }
            button(Word.DIGITS_SAME) { lend.same() }
            button(Word.DIGITS_DIFFER) { lend.differ() }
        }
        is LendScreen.Read -> {
            line(line(Word.LEND_HINT))
            button(Word.READ_CARD) {
                host.push(CardScreenView(Word.LEND, Word.LEND_HINT, needsFace = false) { card, key, _ -> card.lend(shown.request, host.app.provider, key) })
            }
        }
        is LendScreen.Failed -> problem(shown.problem)
    }
}
