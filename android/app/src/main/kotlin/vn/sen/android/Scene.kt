package vn.sen.android

import vn.sen.app.Next
import vn.sen.app.Presenter
import vn.sen.app.Problem
import vn.sen.app.Word

/**
 * A screen of one presenter, which is made when the screen is first shown: a title, what [page] draws for each state, and the way back.
 * [come] and [leave] are told each time the screen comes to the front and goes, [end] when it is gone for good.
 */
class Scene<P : Presenter<S>, S : Any>(
    private val title: (S) -> Word,
    private val make: (MainActivity) -> P,
    private val come: (MainActivity, P) -> Unit = { _, _ -> },
    private val leave: (MainActivity, P) -> Unit = { _, _ -> },
    private val end: (P) -> Unit = {},
    /** No way back for now: something is on its way, or there is nothing behind. */
    private val stays: (S) -> Boolean = { false },
    private val page: Page.(MainActivity, P, S) -> Unit,
) : Screen {
    private var made: P? = null

    /** Where the test's hand reaches for what hardware would tell. */
    internal val presenter: P? get() = made

    constructor(
        title: Word,
        make: (MainActivity) -> P,
        come: (MainActivity, P) -> Unit = { _, _ -> },
        leave: (MainActivity, P) -> Unit = { _, _ -> },
        end: (P) -> Unit = {},
        stays: (S) -> Boolean = { false },
        page: Page.(MainActivity, P, S) -> Unit,
    ) : this({ title }, make, come, leave, end, stays, page)

    override fun shown(host: MainActivity) {
        val presenter = made ?: make(host).also { made = it }
        come(host, presenter)
        host.draw(presenter) { shown ->
            heading(title(shown))
            page(host, presenter, shown)
            if (!stays(shown)) button(Word.BACK) { host.pop() }
        }
    }

    override fun left(host: MainActivity) {
        made?.let { leave(host, it) }
    }

    override fun ended(host: MainActivity) {
        made?.let(end)
    }
}

/** What went wrong, and the button for what the person does next: it leads to what is missing, or the same is tried [again]. */
fun Page.refused(host: MainActivity, problem: Problem?, again: () -> Unit) {
    problem(problem)
    when (problem?.next) {
        Next.RAISE_LEVEL -> button(Word.RAISE_LEVEL) { host.push(raiseLevel()) }
        Next.OBTAIN_AGAIN -> button(Word.WALLET) { host.push(wallet()) }
        Next.TRY_LATER, Next.NOTHING -> again(again)
        else -> Unit
    }
}

/** A screen that nothing changes while it is shown. */
class StillScene(private val title: Word, private val page: Page.(MainActivity) -> Unit) : Screen {
    override fun shown(host: MainActivity) = host.still(
        host.page {
            heading(title)
            page(host)
            button(Word.BACK) { host.pop() }
        },
    )
}
