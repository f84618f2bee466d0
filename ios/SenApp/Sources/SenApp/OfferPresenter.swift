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
    /// What was agreed to is on its way: a code that is good for once is not sent twice.
    case sending
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
        let shown = state
        guard case .ask(let lines, let needsCode, _) = shown, let (link, isInBrowser) = asked.value else { return Task {} }
        let stay: @Sendable (Problem) -> Void = { [self] in
            show($0.next == .typeAgain ? .ask(lines, needsCode: needsCode, problem: $0) : .failed($0))
        }
        let task = once(shown, isInBrowser ? .reading : .sending, refused: stay) { [self] in
            if isInBrowser { return try await agreeInBrowser(link) }
            obtained(try await wallet.obtainDocuments(link: link, issuers: believed, transactionCode: code?.typed, now: now()))
        }
        if let task { waiting.value = task }
        return task ?? Task {}
    }

    /// The person gives up, or leaves; the browser closes. What the issuer was asked for already is taken.
    public func stop() {
        let shown = state
        switch shown {
        case .reading, .inBrowser: if replace(shown, .failed(.stopped)) { waiting.value?.cancel() }
        default: break
        }
    }

    private func agreeInBrowser(_ link: String) async throws {
        let authorisation = try await wallet.beginAuthorisation(
            link: link, issuers: believed, clientId: Self.client, redirectUri: Self.returnAddress, now: now())
        let away = OfferScreen.inBrowser(Line(.browserWaiting))
        guard replace(.reading, away) else { return }
        // The same rule as for every other page that is opened.
        let page = browsable(authorisation.url())
        let returned = if let page { await browser.visit(page, until: Self.scheme) } else { nil as String? }
        guard replace(away, returned == nil ? .failed(.stopped) : .sending), let returned else { return }
        obtained(try await authorisation.finish(returnedTo: returned, now: now()))
    }

    /// None where the issuer will have them later: the wallet's screen asks again.
    private func obtained(_ documents: [Document]) { show(.obtained(Line(.obtained, "\(documents.count)"))) }
}
