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

/// The six digits, the face, the card.
struct CardView: View {
    private let house: House
    private let purpose: CardPurpose
    @State private var card: CardPresenter
    @State private var field = CardField()
    @State private var can = ""
    @State private var isPictured = false

    init(_ house: House, _ purpose: CardPurpose) {
        (self.house, self.purpose) = (house, purpose)
        _card = State(initialValue: CardPresenter(house.around))
    }

    var body: some View {
        Page(.readCard) {
            Following(card) { shown in
                VStack(alignment: .leading, spacing: 16) {
                    switch shown {
                    case .number(let problem):
                        Sentence(Line(.cardNumberHint))
                        ProblemText(problem)
                        Field(.can, $can)
                        Press(.readCard) { begin() }
                    case .hold(let line, let fraction):
                        Sentence(line)
                        if let fraction { ProgressView(value: fraction) }
                        Press(.decline) { card.stop() }
                    case .comparing: Sentence(Line(.comparingFace))
                    case .done(let line): Sentence(line)
                    case .failed(let problem): ProblemText(problem)
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
        .onDisappear {
            card.stop()
            field.close()
        }
    }

    /// Whose card is read for another phone has their face taken there.
    private func begin() { if case .lend = purpose { read(Data()) } else { isPictured = true } }

    private func read(_ face: Data) {
        let card = card
        switch purpose {
        case .raiseLevel: card.raiseLevel(can: can, face: face)
        case .recoverPin: card.recoverPin(can: can, face: face)
        case .moveHere(let who): card.moveHere(house.provider, who, can: can, face: face)
        case .lend(let request): card.lend(request, house.provider, can: can)
        }
        field.open(saying: said(.holdTop), seen: { card.tag($0) }, closed: { card.sheetClosed() })
    }

    /// The system's sheet lies over this screen: it says the same.
    private func sheet(_ shown: CardScreen) {
        switch shown {
        case .hold(let line, _) where line.word == .cardLost: field.again(saying: said(line))
        case .hold(let line, _): field.say(said(line))
        case .number(let problem?), .failed(let problem): field.close(failing: said(problem.line))
        case .number(nil), .comparing, .done: field.close()
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
