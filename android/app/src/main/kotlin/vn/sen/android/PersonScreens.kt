package vn.sen.android

import vn.sen.app.PinPresenter
import vn.sen.app.PinScreen
import vn.sen.app.WalletPresenter
import vn.sen.app.WardsPresenter
import vn.sen.app.Word
import vn.sen.app.line
import vn.sen.app.said

/** The PIN: set, changed, or freed by the card. */
fun pin(): Screen = Scene(Word.PIN, { PinPresenter(it.app.surroundings) }, come = { _, pin -> pin.start() }) { host, pin, shown ->
    lines(shown.lines)
    problem(shown.problem)
    when {
        shown.busy -> line(line(Word.LOADING))
        !shown.done -> form(pin, shown)
    }
    if (shown.canRecover) button(Word.PIN_RECOVER) { host.push(recoverPin()) }
}

private fun Page.form(pin: PinPresenter, shown: PinScreen) {
    val set = shown.set ?: return again { pin.start() }
    val old = if (set) secret(Word.PIN_NOW) else null
    val (new, again) = secret(Word.PIN_NEW) to secret(Word.PIN_AGAIN)
    button(if (set) Word.PIN_CHANGE else Word.PIN_SET) {
        if (old == null) pin.set("${new.text}", "${again.text}") else pin.change("${old.text}", "${new.text}", "${again.text}")
    }
}

/** Persons in care: their accounts, and their insurance on this phone. */
fun wards(): Screen = Scene(Word.WARDS, { WardsPresenter(it.app.surroundings) }, come = { _, wards -> wards.start() }) { host, wards, shown ->
    refused(host, shown.problem) { wards.start() }
    lines(shown.lines)
    for (row in shown.rows) card {
        title(row.name)
        lines(row.lines)
        row.acts.forEach { act -> button(said(act)) { wards.act(row.number, act) } }
        button(Word.HEALTH_INSURANCE) { host.push(wardPapers(row.number, row.name)) }
    }
    if (shown.busy) line(line(Word.LOADING))
    if (shown.rows.isEmpty() && !shown.busy && shown.problem == null) again { wards.start() }
}

/** What this phone holds of one person in care. */
private fun wardPapers(number: String, name: String): Screen = Scene(
    Word.HEALTH_INSURANCE, { WalletPresenter(it.app.surroundings) }, come = { _, wallet -> wallet.start() },
) { host, wallet, shown ->
    title(name)
    refused(host, shown.problem) { wallet.start() }
    val rows = shown.rows.filter { it.ward == number }
    if (rows.isEmpty() && !shown.busy) line(line(Word.WARD_NO_PAPERS))
    for (row in rows) held(row) {
        if (row.showsAtClinic) button(Word.SHOW_QR) { host.push(QrScreenView(number)) }
    }
    if (rows.none { it.showsAtClinic }) button(Word.OBTAIN_INSURANCE) { wallet.obtain("health-insurance", number) }
}
