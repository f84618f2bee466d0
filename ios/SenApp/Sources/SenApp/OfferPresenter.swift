import Foundation
import Sen

/// The system's browser, for one visit.
public protocol Browser: Sendable {
    /// Opens a page; gives the address of this scheme at which the visit ended, nothing where the person closed it, the task was
    /// cancelled or no browser opened.
    func visit(_ page: URL, until scheme: String) async -> String?
}

public enum OfferScreen: Equatable, Sendable {
    case reading
    /// What the issuer offers; nothing went to it yet.
    case ask([Line], needsCode: Bool, problem: Problem? = nil)
    /// The person agrees in the browser, which lies over the app.
    case inBrowser(Line)
    case obtained(Line)
    case failed(Problem)
}

/// Takes up an issuer's offer, with a browser between where the issuer wants one.
public final class OfferPresenter: Presenter<OfferScreen>, @unchecked Sendable {
    /// How this wallet is known to authorization servers.
    private static let client = "sen"

    /// Where the browser returns to: a scheme by the app's own name (RFC 8252 section 7.1), which the system keeps to the visit.
    private static let scheme = "vn.sen.app"
    private static let returnAddress = "\(scheme):/authorised"

    private let believed: BelievedIssuers
    private let browser: any Browser
    private let asked = Kept<(link: String, inBrowser: Bool)>()
    private let waiting = Kept<Task<Void, Never>>()

    public init(_ around: Surroundings, _ believed: BelievedIssuers, _ browser: any Browser) {
        (self.believed, self.browser) = (believed, browser)
        super.init(.reading, around)
    }

    @discardableResult
    public func read(_ offered: String) -> Task<Void, Never> {
        work(refused: { [self] in show(.failed($0)) }) { [self] in
            let offer = try await wallet.readOffer(link: offered, issuers: believed)
            asked.value = (offered, offer.inBrowser)
            let browser = offer.inBrowser ? [Line(.browserNeeded)] : []
            let lines = [Line(.offerFrom, offer.issuer)] + offer.credentials.map(kind) + browser
            show(.ask(lines, needsCode: offer.transactionCode != nil))
        }
    }

    @discardableResult
    public func agree(code: String?) -> Task<Void, Never> {
        let turn = newTurn()
        let task = work(refused: { [self] in stay($0, in: turn) }) { [self] in
            guard let (link, isInBrowser) = asked.value else { return }
            if isInBrowser { return try await agreeInBrowser(link, in: turn) }
            let documents = try await wallet.obtainDocuments(link: link, issuers: believed, transactionCode: code?.typed, now: now())
            obtained(documents, in: turn)
        }
        waiting.value = task
        return task
    }

    /// The person gives up, or leaves; the browser closes.
    public func stop() {
        let turn = newTurn()
        waiting.value?.cancel()
        show(.failed(.stopped), in: turn)
    }

    private func agreeInBrowser(_ link: String, in turn: Int) async throws {
        let authorisation = try await wallet.beginAuthorisation(
            link: link, issuers: believed, clientId: Self.client, redirectUri: Self.returnAddress, now: now())
        guard show(.inBrowser(Line(.browserWaiting)), in: turn) else { return }
        // The same rule as for every other page that is opened.
        guard let page = browsable(authorisation.url()), let returned = await browser.visit(page, until: Self.scheme) else {
            show(.failed(.stopped), in: turn)
            return
        }
        obtained(try await authorisation.finish(returnedTo: returned, now: now()), in: turn)
    }

    /// None where the issuer will have them later: the wallet's screen asks again.
    private func obtained(_ documents: [Document], in turn: Int) { show(.obtained(Line(.obtained, "\(documents.count)")), in: turn) }

    private func stay(_ problem: Problem, in turn: Int) {
        if case .ask(let lines, let needsCode, _) = state, problem.next == .typeAgain {
            show(.ask(lines, needsCode: needsCode, problem: problem), in: turn)
        } else {
            show(.failed(problem), in: turn)
        }
    }
}
