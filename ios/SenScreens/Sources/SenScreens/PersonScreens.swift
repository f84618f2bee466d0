import Sen
import SenApp
import SwiftUI
import UIKit

/// Sets and changes the PIN.
struct PinView: View {
    private let house: House
    @State private var pin: PinPresenter
    @State private var old = ""
    @State private var new = ""
    @State private var again = ""

    init(_ house: House) {
        self.house = house
        _pin = State(initialValue: PinPresenter(house.around))
    }

    var body: some View {
        Page(.pin) {
            Following(pin) { shown in
                VStack(alignment: .leading, spacing: 16) {
                    Sentences(shown.lines)
                    ProblemText(shown.problem)
                    if shown.busy {
                        Loading()
                    } else if let isSet = shown.isSet, !shown.done {
                        if isSet { SecretField(.pinNow, $old) }
                        SecretField(.pinNew, $new)
                        SecretField(.pinAgain, $again)
                        Press(isSet ? .pinChange : .pinSet) { send(isSet) }
                    } else if !shown.done {
                        Press(.again) { pin.start() }
                    }
                    if shown.canRecover {
                        Sentence(Line(.pinRecoverHint))
                        NavigationLink(said(.pinRecover)) { CardView(house, .recoverPin) }
                    }
                }
            }
        }
        .task { pin.start() }
        .onDisappear { forget() }
    }

    private func send(_ isSet: Bool) {
        if isSet { pin.change(old: old, new: new, again: again) } else { pin.set(new: new, again: again) }
        forget()
    }

    private func forget() { (old, new, again) = ("", "", "") }
}

/// Children and persons under guardianship.
struct WardsView: View {
    private let house: House
    @State private var wards: WardsPresenter

    init(_ house: House) {
        self.house = house
        _wards = State(initialValue: WardsPresenter(house.around))
    }

    var body: some View {
        Page(.wards) {
            Following(wards) { shown in
                VStack(alignment: .leading, spacing: 16) {
                    Refused(house, shown.problem) { wards.start() }
                    Sentences(shown.lines)
                    ForEach(shown.rows) { row in
                        Card {
                            Text(row.name).font(.title2)
                            Sentences(row.lines)
                            ForEach(row.acts, id: \.self) { act in Press(SenApp.said(act)) { wards.act(row.number, act) } }
                            NavigationLink(said(.healthInsurance)) { WardPapersView(house, row.number, row.name) }
                        }
                    }
                    if shown.busy { Loading() }
                    if shown.rows.isEmpty, !shown.busy, shown.problem == nil { Press(.again) { wards.start() } }
                }
            }
        }
        .task { wards.start() }
    }
}

/// What this phone holds of one person in care.
struct WardPapersView: View {
    private let house: House
    private let number: String
    private let name: String
    @State private var wallet: WalletPresenter

    init(_ house: House, _ number: String, _ name: String) {
        (self.house, self.number, self.name) = (house, number, name)
        _wallet = State(initialValue: WalletPresenter(house.around))
    }

    var body: some View {
        Page(.healthInsurance) {
            Following(wallet) { shown in
                let held = shown.rows.filter { $0.ward == number }
                VStack(alignment: .leading, spacing: 16) {
                    Text(name).font(.title2)
                    Refused(house, shown.problem) { wallet.start() }
                    if shown.busy { Loading() } else if held.isEmpty { Sentence(Line(.wardNoPapers)) }
                    ForEach(held) { row in
                        Card {
                            Sentence(row.title).font(.title2)
                            Sentences(row.lines)
                            if row.showsAtClinic { NavigationLink(said(.showQr)) { QrView(house, ward: number) } }
                        }
                    }
                    if !held.contains(where: \.showsAtClinic) {
                        Press(.obtainInsurance) { wallet.obtain("health-insurance", ward: number) }
                    }
                }
            }
        }
        .task { wallet.start() }
    }
}

/// What this phone holds, who was told what, the language, and the end of the account.
struct SettingsView: View {
    @State private var settings: SettingsPresenter
    @Environment(\.openURL) private var openURL

    init(_ house: House) { _settings = State(initialValue: SettingsPresenter(house.around)) }

    var body: some View {
        Page(.settings) {
            Following(settings) { shown in
                VStack(alignment: .leading, spacing: 16) {
                    Sentence(Line(.noSettings))
                    Sentence(Line(.textSize))
                    Press(.language) { if let url = URL(string: UIApplication.openSettingsURLString) { openURL(url) } }
                    ProblemText(shown.problem)
                    Text(said(.heldHere)).font(.title2)
                    Sentences(shown.held)
                    if let text = shown.exported {
                        // The person chooses where it goes; nothing of it stays.
                        ShareLink(item: text) { Text(said(.historyExport)) }
                    } else {
                        Press(.historyExport) { settings.export() }
                    }
                    Text(said(.toldTo)).font(.title2)
                    Sentences(shown.told)
                    if shown.closed { Sentence(Line(.accountClosed)) } else { end(shown) }
                }
            }
        }
        .task { settings.start() }
        .onDisappear { settings.exportEnded() }
    }

    @ViewBuilder private func end(_ shown: SettingsScreen) -> some View {
        if shown.closing {
            Sentence(Line(.closeAccountHint, warning: true))
            Press(.closeAccountYes, role: .destructive) { settings.closeForGood() }
            Press(.keep) { settings.keep() }
        } else {
            Press(.closeAccount) { settings.close() }
        }
    }
}
