import Sen

public enum LendScreen: Equatable, Sendable {
    case reading
    /// For whom, and the six digits that both phones show.
    case compare([Line])
    /// The card is to be read, with a `CardPresenter`.
    case read(ReadingRequest)
    case failed(Problem)

    /// One request is the same as itself alone.
    public static func == (one: Self, other: Self) -> Bool {
        switch (one, other) {
        case (.reading, .reading): true
        case (.compare(let one), .compare(let other)): one == other
        case (.read(let one), .read(let other)): one === other
        case (.failed(let one), .failed(let other)): one == other
        default: false
        }
    }
}

/// This phone reads a card for one that cannot.
public final class LendPresenter: Presenter<LendScreen>, @unchecked Sendable {
    private let asked = Kept<ReadingRequest>()

    public init(_ around: Surroundings) { super.init(.reading, around) }

    @discardableResult
    public func scanned(_ text: String) -> Task<Void, Never> {
        work(refused: { [self] in show(.failed($0)) }) { [self] in
            leave()
            let at = now()
            let request = try await calling { try $0.readReadingRequest(scanned: text, now: at) }
            asked.value = request
            show(.compare([Line(.lendFor, request.name()), Line(.bothShow, request.checkDigits()), Line(.lendHint)]))
        }
    }

    public func same() { if let request = asked.value { show(.read(request)) } }

    /// No card is read for a phone that is not the one beside this.
    public func differ() {
        leave()
        show(.failed(.digitsDiffer))
    }

    /// Nothing of the card is kept.
    public func leave() { asked.value = nil }
}
