import Sen
import SenApp
import SenPlatform
import SwiftUI

/// What the card proves the person for.
enum CardPurpose {
    case raiseLevel, recoverPin, moveHere(AccountApplicant)
    /// Another person's, for their phone.
    case lend(ReadingRequest)
}

/// What opens the card, the face, the card.
struct CardView: View {
    private let house: House
    private let purpose: CardPurpose
    @State private var card: CardPresenter
    @State private var field = CardField()
    @State private var typed = ""
    @State private var key: CardKey?
    @State private var isPictured = false
    @State private var isScanned = false

    /// With this card it will not go another time, either.
    private static let hopeless: Set<Word> = [.cardNotGenuine, .cardUnsupported]

    init(_ house: House, _ purpose: CardPurpose) {
        (self.house, self.purpose) = (house, purpose)
        _card = State(initialValue: CardPresenter(house.around))
    }

    var body: some View {
        Page(.readCard) {
            Following(card) { shown in
                VStack(alignment: .leading, spacing: 16) {
                    switch shown {
                    case .number(let byZone, _, let problem):
                        Sentence(Line(byZone ? .mrzHint : .cardNumberHint))
                        ProblemText(problem)
                        if byZone { ZoneField($typed) } else { Field(.can, $typed) }
                        Press(.readCard) { begin() }
                        if !byZone { Press(.canScan) { isScanned = true } }
                        Press(byZone ? .canUse : .mrzUse) {
                            typed = ""
                            card.useZone(!byZone)
                        }
                    case .hold(let line, let fraction):
                        Sentence(line)
                        if let fraction { ProgressView(value: fraction) }
                        Press(.stop) { card.stop() }
                    case .comparing: Sentence(Line(.comparingFace))
                    case .done(let line): Sentence(line)
                    case .failed(let problem):
                        ProblemText(problem)
                        if !Self.hopeless.contains(problem.line.word) { Press(.again) { card.stop() } }
                    }
                }
                .onChange(of: shown) { sheet($0) }
            }
            if !field.isThere {
                Sentence(Line(.cardNoReader))
                if case .raiseLevel = purpose { NavigationLink(said(.otherPhone)) { BorrowView(house) } }
            }
        }
        .picturing($isPictured) { read($0) }
        .fullScreenCover(isPresented: $isScanned) {
            CardScan(house) { can in
                isScanned = false
                if let can { card.scanned(can: can) }
            }
            .covered()
        }
        .onDisappear {
            card.stop()
            field.close()
        }
    }

    /// Whose card is read for another phone has their face taken there.
    private func begin() {
        key = card.key(typed)
        if key == nil { return }
        if case .lend = purpose { read(Data()) } else { isPictured = true }
    }

    private func read(_ face: Data) {
        guard let key else { return }
        let card = card
        switch purpose {
        case .raiseLevel: card.raiseLevel(key, face: face)
        case .recoverPin: card.recoverPin(key, face: face)
        case .moveHere(let who): card.moveHere(house.provider, who, key, face: face)
        case .lend(let request): card.lend(request, house.provider, key)
        }
        field.open(saying: said(.holdTop), seen: { card.tag($0) }, closed: { card.sheetClosed() })
    }

    /// The system's sheet lies over this screen: it says the same.
    private func sheet(_ shown: CardScreen) {
        switch shown {
        case .hold(let line, _) where line.word == .cardLost: field.again(saying: said(line))
        case .hold(let line, _): field.say(said(line))
        case .number(_, _, let problem?), .failed(let problem): field.close(failing: said(problem.line))
        case .number(_, let can, nil):
            if let can { typed = can }
            field.close()
        case .comparing, .done: field.close()
        }
    }
}

/// Capital letters, digits and fillers in three lines, which no keyboard is to put in order.
private struct ZoneField: View {
    @Binding private var text: String

    init(_ text: Binding<String>) { _text = text }

    var body: some View {
        VStack(alignment: .leading) {
            Text(said(.mrz)).accessibilityHidden(true)
            TextField("", text: $text, axis: .vertical)
                .lineLimit(3...5)
                .font(.body.monospaced())
                .textFieldStyle(.roundedBorder)
                .keyboardType(.asciiCapable)
                .autocorrectionDisabled()
                .textInputAutocapitalization(.characters)
                .accessibilityLabel(said(.mrz))
        }
    }
}

/// The camera for the code on the card, which has its six digits; nothing where the person goes back.
private struct CardScan: View {
    private let found: (String?) -> Void
    @State private var scan: ScanPresenter

    init(_ house: House, found: @escaping (String?) -> Void) {
        self.found = found
        _scan = State(initialValue: ScanPresenter(house.around) { if case .citizenCard = $0 { true } else { false } })
    }

    var body: some View {
        Page(.canScan) {
            Following(scan) { shown in
                VStack(alignment: .leading, spacing: 16) {
                    if case .looking(let line) = shown { Sentence(line ?? Line(.canScanHint)) }
                    Viewfinder(seen: scan.read)
                    Press(.back) { found(nil) }
                }
                .onChange(of: shown) { if case .found(.citizenCard(let can)) = $0 { found(can) } }
            }
        }
    }
}

extension View {
    /// The camera over the screen, once a picture is wanted; `taken` gets it where one was taken.
    func picturing(_ isPictured: Binding<Bool>, _ taken: @escaping (Data) -> Void) -> some View {
        fullScreenCover(isPresented: isPictured) {
            FacePicture { face in
                isPictured.wrappedValue = false
                if let face { taken(face) }
            }
            .covered()
        }
    }
}

/// The face as the front camera takes it; the face service decides.
struct FacePicture: UIViewControllerRepresentable {
    let taken: (Data?) -> Void

    func makeUIViewController(context: Context) -> UIImagePickerController {
        let picker = UIImagePickerController()
        picker.sourceType = .camera
        picker.cameraDevice = .front
        picker.delegate = context.coordinator
        return picker
    }

    func updateUIViewController(_ picker: UIImagePickerController, context: Context) {}

    func makeCoordinator() -> Taker { Taker(taken) }

    final class Taker: NSObject, UIImagePickerControllerDelegate, UINavigationControllerDelegate {
        private let taken: (Data?) -> Void

        init(_ taken: @escaping (Data?) -> Void) { self.taken = taken }

        func imagePickerController(
            _ picker: UIImagePickerController, didFinishPickingMediaWithInfo info: [UIImagePickerController.InfoKey: Any]
        ) {
            taken((info[.originalImage] as? UIImage)?.jpegData(compressionQuality: 0.9))
        }

        func imagePickerControllerDidCancel(_ picker: UIImagePickerController) { taken(nil) }
    }
}
