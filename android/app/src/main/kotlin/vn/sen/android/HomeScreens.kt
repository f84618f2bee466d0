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

/** The account before it is in use, and the wallet's start. */
class HomeScreen : Screen {
    private var presenter: AccountPresenter? = null

    override fun shown(host: MainActivity) {
        val account = presenter ?: AccountPresenter(host.app.surroundings, host.app.provider).also { presenter = it }
        // Other screens change it.
        account.start()
        host.draw(account) { shown ->
            if (shown.step != AccountStep.OPEN) heading(Word.ACCOUNT)
            if (shown.lines.isNotEmpty()) card { shown.lines.forEach { line(it) } }
            problem(shown.problem)
            when (shown.step) {
                AccountStep.OPEN, AccountStep.GONE -> open(host, account)
                AccountStep.CODE -> code(account)
                AccountStep.WAIT -> button(Word.AGAIN) { account.refresh() }
                AccountStep.IN_USE -> inUse(host, account, shown)
            }
        }
    }

    private fun Page.open(host: MainActivity, account: AccountPresenter) {
        heading(Word.OPEN_ACCOUNT)
        val number = field(Word.PERSONAL_NUMBER, numeric = true)
        val phone = field(Word.PHONE_NUMBER, numeric = true)
        val device = field(Word.DEVICE_NAME, numeric = false).apply { setText(Build.MODEL) }
        button(Word.SEND_CODE) { account.open("${number.text}", "${phone.text}", "${device.text}") }
        button(Word.MOVE_HERE) { host.push(ReceiveScreenView()) }
        button(Word.MOVE_BY_CARD) { host.push(MoveByCardScreen()) }
    }

    private fun Page.code(account: AccountPresenter) {
        val code = field(Word.ONE_TIME_CODE, numeric = true)
        button(Word.ACTIVATE) { account.activate("${code.text}") }
    }

    private fun Page.inUse(host: MainActivity, account: AccountPresenter, shown: AccountScreen) {
        if (shown.prepared.isNotEmpty()) card { shown.prepared.forEach { line(it) } }
        button(Word.WALLET) { host.push(WalletScreenView()) }
        button(Word.SCAN) { host.push(ScanScreenView()) }
        if (shown.canRaise) button(Word.RAISE_LEVEL) { host.push(raiseLevel()) }
        button(Word.WARDS) { host.push(WardsScreenView()) }
        button(Word.HISTORY) { host.push(HistoryScreenView()) }
        button(Word.SETTINGS) { host.push(SettingsScreenView()) }
    }
}

/** The account's phones, what waits, the lock, and the code for a lost phone. */
class DevicesScreen : Screen {
    private var presenter: AccountPresenter? = null

    override fun shown(host: MainActivity) {
        val account = presenter ?: AccountPresenter(host.app.surroundings, host.app.provider).also { presenter = it }
        account.refresh()
        host.draw(account) { shown ->
            heading(Word.PHONES)
            if (shown.lines.isNotEmpty()) card {
                shown.lines.forEach { line(it) }
                shown.revocationCode?.let { digits(it) }
            }
            if (shown.phones.isNotEmpty()) card { shown.phones.forEach { line(it) } }
            problem(shown.problem)
            if (shown.canCancelPending) button(Word.CANCEL_PENDING) { account.cancelPending() }
            if (shown.canLock) button(Word.LOCK) { account.lock() }
            if (shown.canUnlock) button(Word.UNLOCK) { account.unlock() }
            button(Word.REVOCATION_CODE) { account.newRevocationCode() }
            button(Word.BACK) { host.pop() }
        }
    }
}

/** What the person holds. */
class WalletScreenView : Screen {
    private var presenter: WalletPresenter? = null
    private var deleting: HeldRow? = null

    override fun shown(host: MainActivity) {
        val wallet = presenter ?: WalletPresenter(host.app.surroundings).also { presenter = it }
        wallet.start()
        host.draw(wallet) { shown ->
            heading(Word.WALLET)
            problem(shown.problem)
            if (shown.rows.isEmpty() && !shown.busy) line(line(Word.NOTHING_HELD))
            for (row in shown.rows) {
                card {
                    title(row.title)
                    row.lines.forEach { line(it) }
                    if (row.showsAtClinic) button(Word.SHOW_QR) { host.push(QrScreenView(row.ward)) }
                    if (deleting == row) button(Word.YES_DELETE) { wallet.delete(row) } else button(Word.DELETE) { ask(host, row) }
                }
            }
            for (row in shown.awaited) {
                line(row.line)
                if (row.canAsk) button(Word.AWAITED_ASK) { wallet.askFor(row) }
            }
            button(Word.OBTAIN_INSURANCE) { wallet.obtain("health-insurance") }
            button(Word.OBTAIN_CITIZEN) { wallet.obtain("citizen") }
            button(Word.BACK) { host.pop() }
        }
    }

    /** Once more before it is gone. */
    private fun ask(host: MainActivity, row: HeldRow) {
        deleting = row
        shown(host)
    }
}

/** Every use and refusal. */
class HistoryScreenView : Screen {
    private var presenter: HistoryPresenter? = null

    override fun shown(host: MainActivity) {
        val history = presenter ?: HistoryPresenter(host.app.surroundings).also { presenter = it }
        history.start()
        host.draw(history) { shown ->
            heading(Word.HISTORY)
            problem(shown.problem)
            for (row in shown.rows) {
                card {
                    quiet(row.at)
                    line(row.line)
                }
            }
            if (shown.more) button(Word.HISTORY_MORE) { history.more() }
            button(Word.BACK) { host.pop() }
        }
    }
}
