import Sen
import SenApp
import SenPlatform
import SwiftUI
import UIKit

/// The old phone's side of the move, after the new one's code was scanned.
struct HandOverView: View {
    private let scanned: String
    @State private var give: HandOverPresenter
    @State private var pin = ""

    init(_ house: House, _ scanned: String) {
        self.scanned = scanned
        _give = State(initialValue: HandOverPresenter(house.around))
    }

    var body: some View {
        Page(.handOver) {
            Following(give) { shown in
                VStack(alignment: .leading, spacing: 16) {
                    switch shown {
                    case .scan(let problem):
                        Sentence(Line(.handOverHint))
                        ProblemText(problem)
                    case .compare(let lines):
                        Sentences(lines)
                        Press(.digitsSame) { give.same() }
                        Press(.digitsDiffer, role: .destructive) { give.differ() }
                    case .pin(let lines, let problem):
                        Sentences(lines)
                        ProblemText(problem)
                        SecretField(.pinNow, $pin)
                        Press(.handOver) { send() }
                    case .sending: Loading()
                    case .waiting(let line):
                        Sentence(line)
                        ProgressView()
                    case .done(let line): Sentence(line)
                    case .failed(let problem): ProblemText(problem)
                    }
                }
            }
        }
        .task { give.scanned(scanned) }
        .onDisappear { give.leave() }
    }

    private func send() {
        give.handOver(pin: pin)
        pin = ""
    }
}

/// The new phone's side of the move: a code for the old phone's camera, or the card where that phone is gone.
struct ReceiveView: View {
    private let house: House
    @State private var receive: ReceivePresenter
    @State private var device = UIDevice.current.model
    @EnvironmentObject private var guarding: ScreenGuard

    init(_ house: House) {
        self.house = house
        _receive = State(initialValue: ReceivePresenter(house.around, house.provider))
    }

    var body: some View {
        Page(.moveHere) {
            Following(receive) { shown in
                VStack(alignment: .leading, spacing: 16) {
                    switch shown {
                    case .name(let problem):
                        ProblemText(problem)
                        Field(.deviceName, $device, numeric: false)
                        Press(.moveHere) { receive.start(device: device) }
                        Sentence(Line(.moveByCardHint))
                        NavigationLink(said(.moveByCard)) { MoveByCardView(house) }
                    case .showing(let digits, let lines, _, let problem):
                        Sentences(lines)
                        ModulesView(digits: digits)
                        ProblemText(problem)
                        if problem != nil { Press(.again) { receive.start(device: device) } }
                    case .arrived(let lines, let canGoOn, let problem):
                        Sentences(lines)
                        ProblemText(problem)
                        if canGoOn { Press(.again) { receive.goOn() } }
                        NavigationLink(said(.pinSet)) { PinView(house) }
                    }
                }
                .onChange(of: shown) { if case .showing = $0 { guarding.bright(true) } else { guarding.bright(false) } }
            }
        }
        .task { receive.comeBack(device: device) }
        .onDisappear {
            receive.leave()
            guarding.bright(false)
        }
    }
}

/// Whose account comes to this phone without the old one; then the card.
struct MoveByCardView: View {
    private let house: House
    @State private var number = ""
    @State private var phone = ""
    @State private var device = UIDevice.current.model

    init(_ house: House) { self.house = house }

    var body: some View {
        Page(.moveByCard) {
            Sentence(Line(.moveByCardHint))
            Field(.personalNumber, $number)
            Field(.phoneNumber, $phone)
            Field(.deviceName, $device, numeric: false)
            NavigationLink(said(.readCard)) {
                let who = AccountApplicant(personalNumber: number, phone: phone, deviceName: device)
                CardView(house, .moveHere(who))
            }
        }
    }
}
