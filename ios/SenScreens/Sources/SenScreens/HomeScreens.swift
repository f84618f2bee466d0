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
    @State private var wasAway = false
    @Environment(\.scenePhase) private var phase

    init(_ house: House) {
        self.house = house
        _account = State(initialValue: AccountPresenter(house.around, house.provider))
    }

    var body: some View {
        Following(account) { shown in
            Page(shown.step == .open ? .openAccount : .account) {
                Sentences(shown.lines)
                if shown.canCancelPending { Press(.cancelPending, role: .destructive) { account.cancelPending() } }
                ProblemText(shown.problem)
                switch shown.step {
                case .open, .gone: opening
                case .code: activating
                case .wait: Press(.again) { account.refresh() }
                case .inUse: inUse(shown)
                }
            }
        }
        // Other screens change it, and others do so elsewhere. The system's own prompt makes the app inactive, not more.
        .task { account.start() }
        .onChange(of: phase) { now in
            if now == .background { wasAway = true }
            if now == .active, wasAway {
                wasAway = false
                account.start()
            }
        }
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
        Press(.activate) {
            account.activate(code: code)
            code = ""
        }
        Press(.startOver) { account.startOver() }
    }

    @ViewBuilder private func inUse(_ shown: AccountScreen) -> some View {
        Sentences(shown.prepared)
        NavigationLink(said(.wallet)) { WalletView(house) }
        NavigationLink(said(.scan)) { ScanView(house) }
        if shown.canRaise { NavigationLink(said(.raiseLevel)) { CardView(house, .raiseLevel) } }
        NavigationLink(said(.history)) { HistoryView(house) }
        NavigationLink(said(.wards)) { WardsView(house) }
        NavigationLink(said(.pin)) { PinView(house) }
        NavigationLink(said(.phones)) { DevicesView(house) }
        NavigationLink(said(.settings)) { SettingsView(house) }
    }
}

/// The account's phones, what waits, the lock, and the code for a lost phone.
struct DevicesView: View {
    private let house: House
    @State private var account: AccountPresenter

    init(_ house: House) {
        self.house = house
        _account = State(initialValue: AccountPresenter(house.around, house.provider))
    }

    var body: some View {
        Page(.phones) {
            Following(account) { shown in
                VStack(alignment: .leading, spacing: 16) {
                    Sentences(shown.lines)
                    if let code = shown.revocationCode {
                        Card {
                            if let hint = shown.revocationHint { Sentence(hint) }
                            Guarded { Text(code).font(.title.monospaced()) }
                        }
                    }
                    Sentences(shown.phones)
                    Refused(house, shown.problem) { account.refresh() }
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

/// Every use and refusal, and what of it was fraud.
struct HistoryView: View {
    @State private var history: HistoryPresenter
    @State private var words = ""

    init(_ house: House) { _history = State(initialValue: HistoryPresenter(house.around)) }

    var body: some View {
        Page(.history) {
            Following(history) { shown in
                LazyVStack(alignment: .leading, spacing: 16) {
                    if shown.reporting == nil { ProblemText(shown.problem) }
                    Sentences(shown.lines)
                    ForEach(shown.rows) { row in
                        VStack(alignment: .leading) {
                            Text(row.at).font(.body).foregroundStyle(.secondary)
                            Sentence(row.line)
                            Sentences(row.more)
                        }
                        .accessibilityElement(children: .combine)
                        if shown.reporting == row.sequence {
                            reporting(row, shown.problem)
                        } else if row.canReport {
                            report(row)
                        }
                    }
                    if shown.more { Press(.historyMore) { history.more() } }
                }
            }
        }
        .task { history.start() }
    }

    /// It stands at each line of the list: as high as any, and no wider than its words.
    private func report(_ row: HistoryRow) -> some View {
        Button(role: nil) {
            words = ""
            history.askToReport(row)
        } label: {
            Text(said(.reportFraud)).font(.body).frame(minHeight: 44)
        }
        .buttonStyle(.bordered)
    }

    @ViewBuilder private func reporting(_ row: HistoryRow, _ problem: Problem?) -> some View {
        Sentence(Line(.reportHint))
        ProblemText(problem)
        Field(.reportWords, $words, numeric: false)
        Press(.reportNote) { history.report(row.sequence, words) }
        Press(.stop) { history.stop() }
    }
}

/// What the person holds.
struct WalletView: View {
    private let house: House
    @State private var wallet: WalletPresenter

    init(_ house: House) {
        self.house = house
        _wallet = State(initialValue: WalletPresenter(house.around))
    }

    var body: some View {
        Page(.wallet) {
            Following(wallet) { shown in
                VStack(alignment: .leading, spacing: 16) {
                    Refused(house, shown.problem) { wallet.start() }
                    if shown.busy { Loading() } else if shown.rows.isEmpty { Sentence(Line(.nothingHeld)) }
                    if shown.hasCarried, !shown.busy { Press(.obtainCarried) { wallet.obtainCarried() } }
                    if shown.due > 0 { Press(Line(.renewDue, "\(shown.due)")) { wallet.renewDue() } }
                    ForEach(shown.rows) { held($0, isDeleting: shown.deleting == $0.id) }
                    ForEach(shown.awaited) { row in
                        Card {
                            Sentence(row.line)
                            if row.canAsk { Press(.awaitedAsk) { wallet.askFor(row) } }
                            end(shown.deleting == row.id, ask: { wallet.askToDelete(row) }, yes: { wallet.giveUp(row) })
                        }
                    }
                    Press(.obtainInsurance) { wallet.obtain("health-insurance") }
                    Press(.obtainCitizen) { wallet.obtain("citizen") }
                }
            }
        }
        .task { wallet.start() }
    }

    @ViewBuilder private func held(_ row: HeldRow, isDeleting: Bool) -> some View {
        Card {
            Sentence(row.title).font(.title2)
            Sentences(row.lines)
            if row.showsAtClinic { NavigationLink(said(.showQr)) { QrView(house, ward: row.ward) } }
            end(isDeleting, ask: { wallet.askToDelete(row) }, yes: { wallet.delete(row) })
        }
    }

    /// A document goes when the person said so twice.
    @ViewBuilder private func end(_ asked: Bool, ask: @escaping @MainActor () -> Void, yes: @escaping @MainActor () -> Void) -> some View {
        if asked {
            Press(.yesDelete, role: .destructive, action: yes)
            Press(.keep) { wallet.keep() }
        } else {
            Press(.delete, action: ask)
        }
    }
}
