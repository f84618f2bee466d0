package vn.sen.android

import vn.sen.app.PinPresenter
import vn.sen.app.PinScreen
import vn.sen.app.WalletPresenter
import vn.sen.app.WardsPresenter
import vn.sen.app.Word
import vn.sen.app.said

/** The PIN: set, changed, or freed by the card. */
class PinScreenView : Screen {
    private var presenter: PinPresenter? = null

    override fun shown(host: MainActivity) {
        val pin = presenter ?: PinPresenter(host.app.surroundings).also { presenter = it }
        pin.start()
        host.draw(pin) { shown ->
            heading(Word.PIN)
            shown.lines.forEach { line(it) }
            problem(shown.problem)
            form(pin, shown)
            if (shown.canRecover) button(Word.PIN_RECOVER) { host.push(recoverPin()) }
            button(Word.BACK) { host.pop() }
        }
    }

    private fun Page.form(pin: PinPresenter, shown: PinScreen) {
        if (shown.done) return
        val set = shown.set
        if (set == null) {
            button(Word.AGAIN) { pin.start() }
            return
        }
        val old = if (set) secret(Word.PIN_NOW) else null
        val (new, again) = secret(Word.PIN_NEW) to secret(Word.PIN_AGAIN)
        button(if (set) Word.PIN_CHANGE else Word.PIN_SET) {
            if (old == null) pin.set("${new.text}", "${again.text}") else pin.change("${old.text}", "${new.text}", "${again.text}")
        }
    }
}

/** Persons in care: their accounts, and their insurance on this phone. */
class WardsScreenView : Screen {
    private var presenter: WardsPresenter? = null

    override fun shown(host: MainActivity) {
        val wards = presenter ?: WardsPresenter(host.app.surroundings).also { presenter = it }
        wards.start()
        host.draw(wards) { shown ->
            heading(Word.WARDS)
            problem(shown.problem)
            shown.lines.forEach { line(it) }
            for (row in shown.rows) {
                card {
                    title(row.name)
                    row.lines.forEach { line(it) }
                    row.acts.forEach { act -> button(said(act)) { wards.act(row.number, act) } }
                    button(Word.HEALTH_INSURANCE) { host.push(WardPapersScreen(row.number)) }
                }
            }
            button(Word.BACK) { host.pop() }
        }
    }
}

/** What this phone holds of one person in care. */
class WardPapersScreen(private val number: String) : Screen {
    private var presenter: WalletPresenter? = null

    override fun shown(host: MainActivity) {
        val wallet = presenter ?: WalletPresenter(host.app.surroundings).also { presenter = it }
        wallet.start()
        host.draw(wallet) { shown ->
            heading(Word.HEALTH_INSURANCE)
            problem(shown.problem)
            for (row in shown.rows.filter { it.ward == number }) {
                card {
                    title(row.title)
                    row.lines.forEach { line(it) }
                    if (row.showsAtClinic) button(Word.SHOW_QR) { host.push(QrScreenView(number)) }
                }
            }
            if (shown.rows.none { it.ward == number && it.showsAtClinic }) button(Word.OBTAIN_INSURANCE) { wallet.obtain("health-insurance", number) }
            button(Word.BACK) { host.pop() }
        }
    }
}
