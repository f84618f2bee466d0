import Sen
import SenApp
import SenPlatform
import SwiftUI

/// Level 2 on a phone that reads no card: its code for another person's phone, and then the face.
struct BorrowView: View {
    @State private var reader: BorrowPresenter
    @State private var isPictured = false
    @EnvironmentObject private var guarding: ScreenGuard

    init(_ house: House) { _reader = State(initialValue: BorrowPresenter(house.around)) }

    var body: some View {
        Page(.otherPhone) {
            Following(reader) { shown in
                VStack(alignment: .leading, spacing: 16) {
                    switch shown {
                    case .start(let problem):
                        ProblemText(problem)
                        Press(.again) { reader.start() }
                    case .showing(let digits, let lines):
                        Sentences(lines)
                        ModulesView(digits: digits)
                    case .face(let problem):
                        ProblemText(problem)
                        Sentence(Line(.readingHere))
                        Press(.takePicture) { isPictured = true }
                    case .comparing: Sentence(Line(.comparingFace))
                    case .done(let line): Sentence(line)
                    }
                }
                .onChange(of: shown) { if case .showing = $0 { guarding.bright(true) } else { guarding.bright(false) } }
            }
        }
        .picturing($isPictured) { reader.finish(face: $0) }
        .task { if reader.state == .start() { reader.start() } }
        .onDisappear {
            // The camera takes the screen for a while: the reading is not given up for that.
            if !isPictured { reader.leave() }
            guarding.bright(false)
        }
    }
}

/// This phone for another one's card.
struct LendView: View {
    private let house: House
    private let scanned: String
    @State private var lend: LendPresenter

    init(_ house: House, _ scanned: String) {
        (self.house, self.scanned) = (house, scanned)
        _lend = State(initialValue: LendPresenter(house.around))
    }

    var body: some View {
        Page(.lend) {
            Following(lend) { shown in
                VStack(alignment: .leading, spacing: 16) {
                    switch shown {
                    case .reading: Sentence(Line(.readingRequest))
                    case .compare(let lines):
                        Sentences(lines)
                        Press(.digitsSame) { lend.same() }
                        Press(.digitsDiffer, role: .destructive) { lend.differ() }
                    case .read(let request):
                        Sentence(Line(.lendHint))
                        NavigationLink(said(.readCard)) { CardView(house, .lend(request)) }
                    case .failed(let problem): ProblemText(problem)
                    }
                }
            }
        }
        .task { lend.scanned(scanned) }
    }
}
