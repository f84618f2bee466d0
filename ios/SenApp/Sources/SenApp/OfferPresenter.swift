import Foundation
import Sen

public enum OfferScreen: Equatable, Sendable {
    case reading
    /// What the issuer offers; nothing went to it yet.
    case ask([Line], needsCode: Bool, problem: Problem? = nil)
    case obtained(Line)
    case failed(Problem)
}

/// Takes up an issuer's offer.
public final class OfferPresenter: Presenter<OfferScreen>, @unchecked Sendable {
    private let believed: BelievedIssuers
    private let link = Kept<String>()

    public init(_ around: Surroundings, _ believed: BelievedIssuers) {
        self.believed = believed
        super.init(.reading, around)
    }

    @discardableResult
    public func read(_ offered: String) -> Task<Void, Never> {
        work(refused: { [self] in show(.failed($0)) }) { [self] in
            let offer = try await wallet.readOffer(link: offered, issuers: believed)
            link.value = offered
            show(.ask([Line(.offerFrom, offer.issuer)] + offer.credentials.map(kind), needsCode: offer.transactionCode != nil))
        }
    }

    @discardableResult
    public func agree(code: String?) -> Task<Void, Never> {
        work(refused: { [self] in stay($0) }) { [self] in
            guard let link = link.value else { return }
            let documents = try await wallet.obtainDocuments(link: link, issuers: believed, transactionCode: code?.typed, now: now())
            show(.obtained(Line(.obtained, "\(documents.count)")))
        }
    }

    private func stay(_ problem: Problem) {
        change {
            if case .ask(let lines, let needsCode, _) = $0, problem.next == .typeAgain {
                $0 = .ask(lines, needsCode: needsCode, problem: problem)
            } else {
                $0 = .failed(problem)
            }
        }
    }
}

/// What a presenter keeps from one press to the next.
final class Kept<Value: Sendable>: @unchecked Sendable {
    private let lock = NSLock()
    private var kept: Value?

    var value: Value? {
        get { lock.withLock { kept } }
        set { lock.withLock { kept = newValue } }
    }
}
