import Sen
import SenApp
import SenPlatform
import SwiftUI

/// Who would be told what, and then the code: bright, black on white, and gone when the screen is left.
struct QrView: View {
    private let house: House
    @State private var qr: QrPresenter
    private let ward: String?
    private let challenge: String?
    @State private var pin = ""
    @State private var isPictured = false
    @EnvironmentObject private var guarding: ScreenGuard
    @Environment(\.scenePhase) private var phase

    /// With a challenge it answers the desk whose question was scanned.
    init(_ house: House, ward: String?, challenge: String? = nil) {
        (self.house, self.ward, self.challenge) = (house, ward, challenge)
        _qr = State(initialValue: QrPresenter(house.around))
    }

    var body: some View {
        Page(.showQr) {
            Following(qr) { shown in
                VStack(alignment: .leading, spacing: 16) {
                    switch shown {
                    case .empty: ProgressView()
                    case .ask(let lines, _, let canShowPortrait, let problem):
                        Sentences(lines)
                        ProblemText(problem)
                        Press(.agree) { qr.agree() }
                        if canShowPortrait { Press(.withPortrait) { qr.withPortrait() } }
                        Press(.decline) { qr.decline() }
                    case .prove(let lines, let needsFace, let problem):
                        Sentences(lines)
                        ProblemText(problem)
                        SecretField(.pin, $pin)
                        Press(needsFace ? .takePicture : .goOn) { if needsFace { isPictured = true } else { prove(nil) } }
                    case .showing(let digits, _, let until, let portrait):
                        if !portrait.isEmpty { Sentence(Line(.portraitLoop)) }
                        CodeView(codes: [digits] + portrait, until: until)
                    case .over(let line):
                        Sentence(line)
                        Press(.again) { qr.ask(ward: ward, challenge: challenge) }
                    case .failed(let problem): Refused(house, problem) { qr.ask(ward: ward, challenge: challenge) }
                    }
                }
                .onChange(of: shown) { if case .showing = $0 { guarding.bright(true) } else { guarding.bright(false) } }
            }
        }
        .picturing($isPictured) { prove($0) }
        .task { if qr.state == .empty { qr.ask(ward: ward, challenge: challenge) } }
        // The camera takes the screen for a while: what was typed for the level goes on.
        .onDisappear { if !isPictured { leave() } }
        // No code in the list of recent apps, nor behind another app. The system's own prompt makes the app inactive, not more.
        .onChange(of: phase) { now in
            if now == .background { leave() }
            if now == .active, qr.state == .empty { qr.ask(ward: ward, challenge: challenge) }
        }
    }

    private func prove(_ face: Data?) {
        qr.prove(pin: pin, face: face)
        pin = ""
    }

    private func leave() {
        pin = ""
        qr.leave()
        guarding.bright(false)
    }
}

/// A portal, bank or cash machine asks.
struct OnlineView: View {
    private let house: House
    @State private var online: OnlinePresenter
    private let link: String
    @State private var digits = ""
    @Environment(\.openURL) private var openURL

    init(_ house: House, _ link: String) {
        (self.house, self.link) = (house, link)
        _online = State(initialValue: OnlinePresenter(house.around, house.verifiers))
    }

    var body: some View {
        Page(.asked) {
            Following(online) { shown in
                VStack(alignment: .leading, spacing: 16) {
                    switch shown {
                    case .reading: Sentence(Line(.readingRequest))
                    case .ask(let question): ask(question)
                    case .sending: Loading()
                    case .answered(let goOn):
                        Sentence(Line(.answered))
                        // Only https, and never inside this app.
                        if let url = goOn.flatMap(browsable) { Press(.goOn) { openURL(url) } }
                    case .declined: Sentence(Line(.declined))
                    case .failed(let problem): Refused(house, problem) { online.read(link) }
                    }
                }
            }
        }
        .task { if online.state == .reading { online.read(link) } }
    }

    @ViewBuilder private func ask(_ question: OnlineQuestion) -> some View {
        Sentences(question.lines)
        ProblemText(question.problem)
        if !question.others.isEmpty { Sentence(Line(.chooseDocument)) }
        ForEach(question.others) { other in Press(other.line) { online.choose(other) } }
        if question.canLeaveOut { Press(.leaveOut) { online.leaveOut() } }
        if question.needsNumber && question.canAgree { Field(.twoDigits, $digits) }
        if question.canAgree { Press(.agree) { online.agree(number: digits) } }
        Press(.decline) { online.decline() }
    }
}

/// An issuer offers.
struct OfferView: View {
    private let house: House
    @State private var offer: OfferPresenter
    private let link: String
    @State private var code = ""

    init(_ house: House, _ link: String) {
        (self.house, self.link) = (house, link)
        _offer = State(initialValue: OfferPresenter(house.around, house.issuers, house.browser))
    }

    var body: some View {
        Page(.obtain) {
            Following(offer) { shown in
                VStack(alignment: .leading, spacing: 16) {
                    switch shown {
                    case .reading: Sentence(Line(.readingRequest))
                    case .ask(let lines, let needsCode, let problem):
                        Sentences(lines)
                        ProblemText(problem)
                        if needsCode { Field(.transactionCode, $code, numeric: false) }
                        Press(.obtain) { offer.agree(code: code) }
                    case .sending: Loading()
                    case .inBrowser(let line):
                        Sentence(line)
                        Press(.stop) { offer.stop() }
                    case .obtained(let line):
                        Sentence(line)
                        NavigationLink(said(.wallet)) { WalletView(house) }
                    case .failed(let problem): Refused(house, problem) { offer.read(link) }
                    }
                }
            }
        }
        .task { if offer.state == .reading { offer.read(link) } }
        .onDisappear { offer.stop() }
    }
}
