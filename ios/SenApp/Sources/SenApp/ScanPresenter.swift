import Foundation

/// What a scanned code is, by how it begins. The core checks what is in it.
public enum Scanned: Equatable, Sendable {
    /// The question on a clinic desk's screen, for the two-way mode.
    case deskQuestion(String)
    /// A new phone asks for the account.
    case newPhone(String)
    /// A phone without NFC asks for a reading of its owner's card.
    case readingRequest(String)
    /// A portal, bank or cash machine asks.
    case request(String)
    /// An issuer offers.
    case offer(String)
    /// The code printed on a citizen card: of it the six digits that open the chip.
    case citizenCard(can: String)
    /// What another wallet shows to a clinic.
    case forClinic
    /// Nothing of this app.
    case other

    /// Digits are frames of this project, told apart by their first four; anything else can only be a link.
    public init(_ content: String) {
        let text = content.trimmed
        guard !text.isEmpty, areDigits(text) else {
            if let can = canOfCard(text) {
                self = .citizenCard(can: can)
                return
            }
            switch Link(text) {
            case .request(let link): self = .request(link)
            case .offer(let link): self = .offer(link)
            case .unknown: self = .other
            }
            return
        }
        switch text.prefix(4) {
        case "7361": self = .deskQuestion(text)
        case "7363": self = .newPhone(text)
        case "7364": self = .readingRequest(text)
        case "7360", "7362": self = .forClinic
        default: self = .other
        }
    }
}

public enum ScanScreen: Equatable, Sendable {
    /// The camera looks; the line says what was wrong with the code that it saw last.
    case looking(Line? = nil)
    /// Something of this app: the shell goes to its screen.
    case found(Scanned)
}

/// One scanner for everything but a card, which its own screen asks for: it says what it read. `wanted` leaves out what the screen that
/// opened it has no use for.
public final class ScanPresenter: Presenter<ScanScreen>, @unchecked Sendable {
    private let wanted: @Sendable (Scanned) -> Bool

    public init(
        _ around: Surroundings,
        wanted: @escaping @Sendable (Scanned) -> Bool = { if case .citizenCard = $0 { false } else { true } }
    ) {
        self.wanted = wanted
        super.init(.looking(), around)
    }

    /// The content of a code, as the camera sees it again and again.
    public func read(_ content: String) {
        change { shown in
            guard case .looking = shown else { return }
            let what = Scanned(content)
            if what == .forClinic {
                shown = .looking(Line(.scanForClinic))
            } else if what == .other || !wanted(what) {
                shown = .looking(Line(.scanOther))
            } else {
                shown = .found(what)
            }
        }
    }

    /// Looks again.
    public func again() { show(.looking()) }
}
