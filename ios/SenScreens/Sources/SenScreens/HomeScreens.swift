import Sen
import SenApp
import SwiftUI
import UIKit

/// The account before it is in use, and the wallet's start.
struct HomeView: View {
    let house: House
    @State private var account: AccountPresenter
    @State private var number = ""
    @State private var phone = ""
    @State private var device = UIDevice.current.model
    @State private var code = ""

    init(_ house: House) {
        self.house = house
        _account = State(initialValue: AccountPresenter(house.around, house.provider))
    }

    var body: some View {
        Page(.account) {
            Following(account) { shown in
                VStack(alignment: .leading, spacing: 16) {
                    Sentences(shown.lines)
                    ProblemText(shown.problem)
                    switch shown.step {
                    case .open, .gone: opening
                    case .code: activating
                    case .wait: Press(.again) { account.refresh() }
                    case .inUse: inUse(shown)
                    }
                }
            }
        }
        .task { account.start() }
    }

    @ViewBuilder private var opening: some View {
        Field(.personalNumber, $number)
        Field(.phoneNumber, $phone)
        Field(.deviceName, $device, numeric: false)
        Press(.sendCode) { account.open(number: number, phone: phone, device: device) }
        NavigationLink(said(.moveHere)) { ReceiveView(house) }
    }

    @ViewBuilder private var activating: some View {
        Field(.oneTimeCode, $code)
        Press(.activate) { account.activate(code: code) }
    }

    @ViewBuilder private func inUse(_ shown: AccountScreen) -> some View {
        Sentences(shown.prepared)
        NavigationLink(said(.wallet)) { WalletView(house) }
        NavigationLink(said(.scan)) { ScanView(house) }
        if shown.canRaise { NavigationLink(said(.raiseLevel)) { CardView(house, .raiseLevel) } }
        NavigationLink(said(.history)) { HistoryView(house) }
        NavigationLink(said(.wards)) { WardsView(house) }
        NavigationLink(said(.pin)) { PinView(house) }
        NavigationLink(said(.phones)) { DevicesView(account: account) }
        NavigationLink(said(.settings)) { SettingsView(house) }
    }
}

/// The account's phones, what waits, the lock, and the code for a lost phone.
struct DevicesView: View {
    let account: AccountPresenter

    var body: some View {
        Page(.phones) {
            Following(account) { shown in
                VStack(alignment: .leading, spacing: 16) {
                    Sentences(shown.lines)
                    Sentences(shown.phones)
                    if let code = shown.revocationCode { Text(code).font(.title.monospaced()) }
                    ProblemText(shown.problem)
                    if shown.canCancelPending { Press(.cancelPending, role: .destructive) { account.cancelPending() } }
                    if shown.canLock { Press(.lock) { account.lock() } }
                    if shown.canUnlock { Press(.unlock) { account.unlock() } }
                    Press(.revocationCode) { account.newRevocationCode() }
                }
            }
        }
        .task { account.refresh() }
    }
}

/// Every use and refusal.
struct HistoryView: View {
    @State private var history: HistoryPresenter

    init(_ house: House) { _history = State(initialValue: HistoryPresenter(house.around)) }

    var body: some View {
        Page(.history) {
            Following(history) { shown in
                LazyVStack(alignment: .leading, spacing: 16) {
                    ProblemText(shown.problem)
                    ForEach(shown.rows) { row in
                        VStack(alignment: .leading) {
                            Text(row.at).font(.body).foregroundStyle(.secondary)
                            Sentence(row.line)
                            Sentences(row.more)
                        }
                        .accessibilityElement(children: .combine)
                    }
                    if shown.more { Press(.historyMore) { history.more() } }
                }
            }
        }
        .task { history.start() }
    }
}

/// What the person holds.
struct WalletView: View {
    private let house: House
    @State private var wallet: WalletPresenter
    @State private var deleting: HeldRow?

    init(_ house: House) {
        self.house = house
        _wallet = State(initialValue: WalletPresenter(house.around))
    }

    var body: some View {
        Page(.wallet) {
            Following(wallet) { shown in
                VStack(alignment: .leading, spacing: 16) {
                    ProblemText(shown.problem)
                    if shown.rows.isEmpty && !shown.busy { Sentence(Line(.nothingHeld)) }
                    if shown.due > 0 { Press(Line(.renewDue, "\(shown.due)")) { wallet.renewDue() } }
                    ForEach(shown.rows) { held($0) }
                    ForEach(shown.awaited) { row in
                        Sentence(row.line)
                        if row.canAsk { Press(.awaitedAsk) { wallet.askFor(row) } }
                    }
                    if shown.busy { ProgressView() }
                    Press(.obtainInsurance) { wallet.obtain("health-insurance") }
                    Press(.obtainCitizen) { wallet.obtain("citizen") }
                }
            }
        }
        .task { wallet.start() }
    }

    @ViewBuilder private func held(_ row: HeldRow) -> some View {
        Card {
            Sentence(row.title).font(.title2)
            Sentences(row.lines)
            if row.showsAtClinic { NavigationLink(said(.showQr)) { QrView(house, ward: row.ward) } }
            // Once more before it is gone.
            if deleting == row {
                Press(.yesDelete, role: .destructive) { wallet.delete(row) }
            } else {
                Press(.delete) { deleting = row }
            }
        }
    }
}
