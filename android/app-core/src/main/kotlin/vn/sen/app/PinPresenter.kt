package vn.sen.app

import kotlinx.coroutines.Job
import vn.sen.pinHasSixDigits

/** What the PIN's screen shows. */
data class PinScreen(
    /** Whether one is set: the current one is asked for, too. Nothing while that is not known. */
    val set: Boolean? = null,
    val lines: List<Line> = emptyList(),
    /** The card and a waiting time free a forgotten one. */
    val canRecover: Boolean = false,
    val done: Boolean = false,
    /** The provider has not answered yet. */
    val busy: Boolean = false,
    val problem: Problem? = null,
)

/** Sets and changes the PIN. It is held no longer than the call. */
class PinPresenter(around: Surroundings) : Presenter<PinScreen>(PinScreen(), around) {
    fun start(): Job = ask { show(looked(done = false)) }

    /** Compared here alone: the provider learns one. */
    fun set(new: String, again: String): Job = ask {
        if (agree(new, again)) {
            wallet.setPin(new, now())
            show(looked(done = true))
        }
    }

    fun change(old: String, new: String, again: String): Job = ask {
        if (agree(new, again)) {
            wallet.changePin(old, new, now())
            show(looked(done = true))
        }
    }

    private fun agree(new: String, again: String): Boolean {
        val wrong = when {
            !pinHasSixDigits(new) -> Problem(line(Word.PIN_NOT_SIX), Next.TYPE_AGAIN, "pin.not_six_digits")
            new != again -> Problem(line(Word.PIN_DIFFERS), Next.TYPE_AGAIN, "app.pin_differs")
            else -> return true
        }
        show(state.value.copy(done = false, busy = false, problem = wrong))
        return false
    }

    private suspend fun looked(done: Boolean): PinScreen {
        val pin = wallet.showAccount(now()).pin
        val stands = when {
            pin.blocked -> warning(Word.ACCOUNT_BLOCKED)
            done -> line(Word.PIN_DONE)
            pin.set -> line(Word.PIN_IS_SET)
            else -> line(Word.PIN_NONE)
        }
        val wait = pin.waitUntil?.let { warning(Word.PIN_WAIT, minute(it, around.zone)) }
        return PinScreen(pin.set, listOfNotNull(stands, wait, line(Word.PIN_SECRET)), canRecover = pin.set, done = done)
    }

    private fun ask(block: suspend () -> Unit): Job = work({ state.value.copy(done = false, busy = false, problem = it.ofPin()) }) {
        show(state.value.copy(busy = true, problem = null))
        block()
    }
}

/** The same code means another sentence where it is a PIN that was typed. */
internal fun Problem.ofPin(): Problem = when (code) {
    "pin.not_six_digits" -> copy(line = line(Word.PIN_NOT_SIX))
    "pin.too_easy" -> copy(line = line(Word.PIN_TOO_EASY))
    "account.no_pin" -> copy(line = line(Word.PIN_NONE))
    else -> if (line.word == Word.WRONG_CODE) copy(line = Line(Word.PIN_WRONG, line.values)) else this
}
