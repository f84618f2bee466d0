package vn.sen.android

import vn.sen.app.BorrowPresenter
import vn.sen.app.BorrowScreen
import vn.sen.app.LendPresenter
import vn.sen.app.LendScreen
import vn.sen.app.Word
import vn.sen.app.line

/** Level 2 on a phone without NFC: its code for another person's phone, and then the face. */
class BorrowScreenView : Screen {
    private var presenter: BorrowPresenter? = null

    override fun shown(host: MainActivity) {
        val borrow = presenter ?: BorrowPresenter(host.app.surroundings).also {
            presenter = it
            it.start()
        }
        host.draw(borrow) { shown ->
            heading(Word.OTHER_PHONE)
            host.guard.bright(shown is BorrowScreen.Showing)
            when (shown) {
                is BorrowScreen.Start -> {
                    problem(shown.problem)
                    button(Word.AGAIN) { borrow.start() }
                }
                is BorrowScreen.Showing -> {
                    shown.lines.forEach { line(it) }
                    picture(QrView(context).apply { show(shown.digits) }, Word.OTHER_PHONE_HINT)
                }
                is BorrowScreen.Face -> {
                    problem(shown.problem)
                    button(Word.TAKE_PICTURE) { host.picture { face -> borrow.finish(face) } }
                }
                is BorrowScreen.Comparing -> line(line(Word.COMPARING_FACE))
                is BorrowScreen.Done -> line(shown.line)
            }
            button(Word.BACK) {
                borrow.leave()
                host.pop()
            }
        }
    }

    /** The camera takes the screen for a while: the reading is not given up for that. */
    override fun left(host: MainActivity) = host.guard.bright(false)
}

/** This phone for another one's card. */
class LendScreenView(private val scanned: String) : Screen {
    private var presenter: LendPresenter? = null

    override fun shown(host: MainActivity) {
        val lend = presenter ?: LendPresenter(host.app.surroundings).also {
            presenter = it
            it.scanned(scanned)
        }
        host.draw(lend) { shown ->
            heading(Word.LEND)
            when (shown) {
                is LendScreen.Reading -> line(line(Word.READING_REQUEST))
                is LendScreen.Compare -> {
                    shown.lines.forEach { line(it) }
                    button(Word.DIGITS_SAME) { lend.same() }
                    button(Word.DIGITS_DIFFER) { lend.differ() }
                }
                is LendScreen.Read -> button(Word.READ_CARD) {
                    host.push(
                        CardScreenView(Word.LEND, Word.LEND_HINT, needsFace = false) { card, can, _ ->
                            card.lend(shown.request, host.app.provider, can)
                        },
                    )
                }
                is LendScreen.Failed -> problem(shown.problem)
            }
            button(Word.BACK) {
                lend.leave()
                host.pop()
            }
        }
    }
}
