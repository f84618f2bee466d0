package vn.sen.android

import android.os.Build
import vn.sen.app.AccountPresenter
import vn.sen.app.AccountScreen
import vn.sen.app.AccountStep
import vn.sen.app.HeldRow
import vn.sen.app.HistoryPresenter
import vn.sen.app.WalletPresenter
import vn.sen.app.Word
import vn.sen.app.line

private fun account(host: MainActivity) = AccountPresenter(host.app.surroundings, host.app.provider)

/** The account before it is in use, and the wallet's start. */
fun home(): Screen = Scene(
    { shown: AccountScreen -> if (shown.step == AccountStep.OPEN) Word.OPEN_ACCOUNT else Word.ACCOUNT },
    ::account,
    // Other screens change it.
    come = { _, account -> account.start() },
    stays = { true },
) { host, account, shown ->
    if (shown.lines.isNotEmpty()) card { lines(shown.lines) }
    if (shown.canCancelPending) button(Word.CANCEL_PENDING) { account.cancelPending() }
    problem(shown.problem)
    when (shown.step) {
        AccountStep.OPEN, AccountStep.GONE -> open(host, account)
        AccountStep.CODE -> {
            val code = code(Word.ONE_TIME_CODE)
            button(Word.ACTIVATE) { account.activate("${code.text}") }
            button(Word.START_OVER) { account.startOver() }
        }
        AccountStep.WAIT -> button(Word.AGAIN) { account.refresh() }
        AccountStep.IN_USE -> inUse(host, shown)
    }
}

private fun Page.open(host: MainActivity, account: AccountPresenter) {
    val number = field(Word.PERSONAL_NUMBER, numeric = true)
    val phone = field(Word.PHONE_NUMBER, numeric = true)
    val device = field(Word.DEVICE_NAME, numeric = false, start = Build.MODEL)
    button(Word.SEND_CODE) { account.open("${number.text}", "${phone.text}", "${device.text}") }
    button(Word.MOVE_HERE) { host.push(receive()) }
    button(Word.MOVE_BY_CARD) { host.push(moveByCard()) }
}

private fun Page.inUse(host: MainActivity, shown: AccountScreen) {
    if (shown.prepared.isNotEmpty()) card { lines(shown.prepared) }
    button(Word.WALLET) { host.push(wallet()) }
    button(Word.SCAN) { host.push(ScanScreenView()) }
    if (shown.canRaise) button(Word.RAISE_LEVEL) { host.push(raiseLevel()) }
    button(Word.WARDS) { host.push(wards()) }
    button(Word.HISTORY) { host.push(history()) }
    button(Word.SETTINGS) { host.push(settings()) }
}

/** The account's phones, what waits, the lock, and the code for a lost phone. */
fun phones(): Screen = Scene(Word.PHONES, ::account, come = { _, account -> account.refresh() }) { host, account, shown ->
    if (shown.lines.isNotEmpty()) card { lines(shown.lines) }
    shown.revocationCode?.let { code ->
        card {
            shown.revocationHint?.let { line(it) }
            digits(code)
        }
    }
    if (shown.phones.isNotEmpty()) card { lines(shown.phones) }
    refused(host, shown.problem) { account.refresh() }
    if (shown.canCancelPending) button(Word.CANCEL_PENDING) { account.cancelPending() }
    button(Word.REVOCATION_CODE) { account.newRevocationCode() }
    if (shown.canUnlock) button(Word.UNLOCK) { account.unlock() }
    if (shown.canLock) button(Word.LOCK) { account.lock() }
}

/** What the person holds. */
fun wallet(): Screen = Scene(
    Word.WALLET, { WalletPresenter(it.app.surroundings) }, come = { _, wallet -> wallet.start() },
) { host, wallet, shown ->
    refused(host, shown.problem) { wallet.start() }
    if (shown.busy) line(line(Word.LOADING)) else if (shown.rows.isEmpty()) line(line(Word.NOTHING_HELD))
    if (shown.hasCarried && !shown.busy) button(Word.OBTAIN_CARRIED) { wallet.obtainCarried() }
    if (shown.due > 0) button(line(Word.RENEW_DUE, "${shown.due}")) { wallet.renewDue() }
    for (row in shown.rows) held(row) {
        if (row.showsAtClinic) button(Word.SHOW_QR) { host.push(QrScreenView(row.ward)) }
        end(shown.deleting == row.id, { wallet.askToDelete(row) }, { wallet.delete(row) }, wallet::keep)
    }
    for (row in shown.awaited) card {
        line(row.line)
        if (row.canAsk) button(Word.AWAITED_ASK) { wallet.askFor(row) }
        end(shown.deleting == row.id, { wallet.askToDelete(row) }, { wallet.giveUp(row) }, wallet::keep)
    }
    button(Word.OBTAIN_INSURANCE) { wallet.obtain("health-insurance") }
    button(Word.OBTAIN_CITIZEN) { wallet.obtain("citizen") }
}

/** A document goes when the person said so twice. */
private fun Page.end(asked: Boolean, ask: () -> Unit, yes: () -> Unit, keep: () -> Unit) {
    if (!asked) {
        button(Word.DELETE, ask)
        return
    }
    button(Word.YES_DELETE, yes)
    button(Word.KEEP, keep)
}

/** One document and what can be done with it. */
internal fun Page.held(row: HeldRow, acts: Page.() -> Unit) = card {
    title(row.title)
    lines(row.lines)
    acts()
}

/** Every use and refusal, and what of it was fraud. */
fun history(): Screen = Scene(
    Word.HISTORY, { HistoryPresenter(it.app.surroundings) }, come = { _, history -> history.start() },
) { _, history, shown ->
    if (shown.reporting == null) problem(shown.problem)
    lines(shown.lines)
    for (row in shown.rows) card {
        quiet(row.at)
        strong(row.line)
        lines(row.more)
        when {
            shown.reporting == row.sequence -> {
                line(line(Word.REPORT_HINT))
                problem(shown.problem)
                val words = field(Word.REPORT_WORDS, numeric = false)
                button(Word.REPORT_NOTE) { history.report(row.sequence, "${words.text}") }
                button(Word.STOP) { history.stop() }
            }
            row.canReport -> small(Word.REPORT_FRAUD) {
                forget(Word.REPORT_WORDS)
                history.askToReport(row)
            }
        }
    }
    if (shown.more) button(Word.HISTORY_MORE) { history.more() }
}
