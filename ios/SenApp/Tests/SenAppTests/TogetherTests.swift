import Foundation
import Sen
import SenNation
import Testing

@testable import SenApp

/// What these tests have between them: a nation, a phone and a friend's phone.
final class Together: @unchecked Sendable {
    static let shared = try! Together()

    let nation: Nation
    let chip: Chip
    let provider: AccountProvider
    let person = PersonInFront()
    let busy = BusyServer()
    let own: Surroundings
    let friend: Surroundings

    init() throws {
        nation = try Nation()
        chip = try Chip()
        provider = AccountProvider(url: nation.url, rootsPem: nation.roots)
        let zone = try #require(TimeZone(identifier: "Asia/Ho_Chi_Minh"))
        let wallet = try Wallet.open(
            folder: nation.wallet("own"), secretStore: SecretInMemory(), keyStore: SoftwareKeys(), waitListener: busy)
        own = Surroundings(wallet: wallet, recogniser: person, busy: busy, zone: zone)
        let other = try Wallet.open(folder: nation.wallet("friend"), secretStore: SecretInMemory(), keyStore: SoftwareKeys())
        friend = Surroundings(wallet: other, recogniser: PersonInFront(), zone: zone)
    }
}

/// The person in front of the browser: what a test does there, and where it ends.
private final class BrowserInFront: Browser, @unchecked Sendable {
    private let visiting: @Sendable (String) async throws -> String?

    init(_ visiting: @escaping @Sendable (String) async throws -> String?) { self.visiting = visiting }

    func visit(_ page: URL, until scheme: String) async -> String? {
        guard let address = try? await visiting(page.absoluteString), address.hasPrefix("\(scheme):") else { return nil }
        return address
    }
}

/// With others: another phone as the reader, a desk that asks and demands, an issuer's page in the browser, and several documents that
/// would do.
@Suite(.serialized, .timeLimit(.minutes(2)))
struct TogetherTests {
    private let all = Together.shared
    private var nation: Nation { all.nation }
    private var own: Surroundings { all.own }
    private let thao = Person.thao

    @Test("another person's phone reads the card, and the face is taken on the own")
    func borrowed() async throws {
        let account = AccountPresenter(own, all.provider)
        await account.open(number: thao.number, phone: thao.phone, device: "own phone").value
        await account.activate(code: try nation.mailedCode(thao.phone)).value
        let borrow = BorrowPresenter(own, pause: .milliseconds(200))
        borrow.start()
        let shown = try await borrow.until { if case .showing = $0 { true } else { false } }
        guard case .showing(let digits, let lines) = shown else { return }
        let request = try #require(try await lent(digits, lines))
        try await read(request)
        #expect(try await borrow.until { $0 != shown } == .face())
        await borrow.finish(face: Data([0])).value
        #expect(borrow.state == .done(Line(.levelReached)))
        await account.refresh().value
        #expect(account.state.lines == [Line(.level2)])
        let held = WalletPresenter(own)
        await held.obtain("health-insurance").value
        #expect(held.state.problem == nil && held.state.awaited.isEmpty)
    }

    /// What the friend is asked for, once both compared the six digits.
    private func lent(_ digits: String, _ lines: [Line]) async throws -> ReadingRequest? {
        let lend = LendPresenter(all.friend)
        await lend.scanned("736412345").value
        guard case .failed(let problem) = lend.state else { return nil }
        #expect(problem.next == .typeAgain)
        await lend.scanned(digits).value
        guard case .compare(let asked) = lend.state else { return nil }
        #expect(asked.first == Line(.lendFor, "own phone"))
        #expect(asked.contains(try #require(lines.first { $0.word == .bothShow })))
        lend.differ()
        lend.same()
        #expect(lend.state == .failed(.digitsDiffer))
        await lend.scanned(digits).value
        lend.same()
        guard case .read(let request) = lend.state else { return nil }
        return request
    }

    /// The friend's phone has no account: it sends through the provider that the app knows.
    private func read(_ request: ReadingRequest) async throws {
        let card = CardPresenter(all.friend)
        var task = card.lend(request, all.provider, .can(number: "999999"))
        _ = try await card.until { $0 == .hold(Line(.holdTop)) }
        card.tag(try ChipReader(all.chip))
        await task.value
        guard case .number(_, _, let problem?) = card.state else { throw NationError.broken("\(card.state)") }
        #expect(problem.line.word == .cardWrongNumber)
        task = card.lend(request, all.provider, .can(number: thao.can))
        _ = try await card.until { $0 == .hold(Line(.holdTop)) }
        card.tag(try ChipReader(all.chip))
        await task.value
        #expect(card.state == .done(Line(.lendSent)))
    }

    @Test("who leaves the screen borrows no more, and without a reading in time it is said")
    func unlent() async throws {
        let borrow = BorrowPresenter(own, pause: .milliseconds(200))
        let task = borrow.start()
        let shown = try await borrow.until { if case .showing = $0 { true } else { false } }
        borrow.leave()
        await task.value
        #expect(borrow.state == shown)
        // Nothing was read that a face could finish.
        await borrow.finish(face: Data([0])).value
        #expect(borrow.state == shown)
        let clock = Hurried()
        let late = Surroundings(wallet: own.wallet, recogniser: all.person, now: { clock.next() }, zone: own.zone)
        let nobody = BorrowPresenter(late, pause: .milliseconds(10))
        await nobody.start().value
        #expect(nobody.state == .start(Problem(Line(.noReading), .tryLater, "app.no_reading")))
    }

    @Test("a desk's question is answered for that desk")
    func asked() async throws {
        let question = try Desk(nation, "Quầy 1").ask()
        defer { question.close() }
        #expect(Scanned(question.digits) == .deskQuestion(question.digits))
        let qr = QrPresenter(own)
        await qr.ask(challenge: question.digits).value
        guard case .ask(let lines, needsGuardian: false, _, _) = qr.state else { throw NationError.broken("\(qr.state)") }
        #expect(lines.first { $0.word == .qrDesk }?.values.first == .own("Quầy 1"))
        #expect(lines.contains { $0.word == .purpose } && !lines.contains { $0.word == .levelDemanded })
        #expect(try question.decide(try await shown(qr))["freshness"] as? String == "challenged")
        qr.leave()
    }

    /// The digits of the code that is shown once the person agreed.
    private func shown(_ qr: QrPresenter) async throws -> String {
        qr.agree()
        let shown = try await qr.until {
            switch $0 {
            case .showing, .failed, .prove: true
            default: false
            }
        }
        guard case .showing(let digits, _, _, _) = shown else { throw NationError.broken("\(shown)") }
        return digits
    }

    @Test("a desk that demands level 4 gets the provider's word after PIN and face")
    func demanded() async throws {
        let question = try Desk(nation, "Quầy 2").ask("--level", "4")
        defer { question.close() }
        let qr = QrPresenter(own)
        await qr.ask(challenge: question.digits).value
        guard case .ask(let asked, _, _, _) = qr.state else { throw NationError.broken("\(qr.state)") }
        #expect(asked.contains(Line(.levelDemanded, "4")))
        await qr.agree().value
        #expect(qr.state == .prove([Line(.levelDemanded, "4"), Line(.levelProve)], needsFace: true))
        await qr.prove(pin: "159357", face: Data([0])).value
        #expect(problem(qr)?.line.word == .pinNone)
        await PinPresenter(own).set(new: "159357", again: "159357").value
        await qr.prove(pin: "159358", face: Data([0])).value
        #expect(problem(qr)?.line.word == .pinWrong)
        await qr.prove(pin: "159357", face: Data([0])).value
        guard case .ask(let stated, _, _, _) = qr.state else { throw NationError.broken("\(qr.state)") }
        #expect(stated.first { $0.word == .levelStated }?.values.first == .own("4"))
        #expect(!stated.contains { $0.word == .levelDemanded })
        let decided = try question.decide(try await shown(qr))
        #expect(decided["verdict"] as? String == "accepted")
        #expect((decided["authentication_level"] as? [String: Any])?["basis"] as? String == "server_statement")
        qr.leave()
    }

    private func problem(_ qr: QrPresenter) -> Problem? {
        if case .prove(_, _, let problem) = qr.state { problem } else { nil }
    }

    @Test("where the device's word is too little the PIN alone may do")
    func pinAlone() async throws {
        all.person.recognised = .byDevice
        defer { all.person.recognised = .byBiometrics }
        let question = try Desk(nation, "Quầy 3").ask("--level", "2")
        defer { question.close() }
        let qr = QrPresenter(own)
        await qr.ask(challenge: question.digits).value
        await qr.agree().value
        #expect(qr.state == .prove([Line(.levelDemanded, "2"), Line(.levelProvePin)], needsFace: false))
        await qr.prove(pin: "159357", face: nil).value
        _ = try await shown(qr)
        qr.leave()
        // Who leaves while the provider is asked sees nothing afterwards.
        await qr.ask(challenge: question.digits).value
        let proving = qr.prove(pin: "159357", face: nil)
        qr.leave()
        await proving.value
        #expect(qr.state == .empty)
    }

    @Test("an issuer that wants a browser gets the person's word there")
    func inBrowser() async throws {
        let (nation, thao) = (nation, thao)
        let agreeing = BrowserInFront { page in
            let form = try nation.browse(page).page
            guard let visit = form.firstMatch(of: /name="visit" value="([^"]+)"/).map({ String($0.1) }) else { return nil }
            _ = try nation.browse("\(nation.url)/authorize", form: ["visit": visit, "number": thao.number])
            let agreed = ["visit": visit, "code": try nation.mailedCode(thao.phone), "answer": "yes"]
            return try nation.browse("\(nation.url)/authorize", form: agreed).location
        }
        let offer = try await offered(agreeing)
        guard case .ask(let lines, needsCode: false, problem: nil) = offer.state else { throw NationError.broken("\(offer.state)") }
        #expect(lines.last == Line(.browserNeeded))
        await offer.agree(code: nil).value
        #expect(offer.state == .obtained(Line(.obtained, "1")))
        // An answer to another visit ends this one.
        let mistaken = try await offered(BrowserInFront { _ in "vn.sen.app:/authorised?code=1&state=2&iss=\(nation.url)" })
        await mistaken.agree(code: nil).value
        guard case .failed(let problem) = mistaken.state else { throw NationError.broken("\(mistaken.state)") }
        #expect(problem.code == "issuance.issuer_mix_up")
    }

    @Test("a browser that is closed, or left by the app, obtains nothing")
    func browserClosed() async throws {
        let closed = try await offered(BrowserInFront { _ in nil })
        await closed.agree(code: nil).value
        #expect(closed.state == .failed(.stopped))
        let waiting = try await offered(
            BrowserInFront { _ in
                try await Task.sleep(for: .seconds(30))
                return nil
            })
        let task = waiting.agree(code: nil)
        _ = try await waiting.until { $0 == .inBrowser(Line(.browserWaiting)) }
        waiting.stop()
        await task.value
        #expect(waiting.state == .failed(.stopped))
    }

    private func offered(_ browser: BrowserInFront) async throws -> OfferPresenter {
        let wish: [String: Any] = ["number": thao.number, "credential": "citizen_sd_jwt", "browser": true]
        let link = try #require(try nation.post("/sandbox/offer", wish)["credential_offer"] as? String)
        let offer = OfferPresenter(own, BelievedIssuers(rootsPem: nation.roots, anchorsPem: nation.documentsPem), browser)
        await offer.read(link).value
        return offer
    }

    @Test("of several documents that would do the person chooses one")
    func chosen() async throws {
        try await obtainAbroad()
        // The other nation's is the older one of two.
        try await Task.sleep(for: .milliseconds(1_100))
        _ = try await own.wallet.obtainDocument(name: "citizen_sd_jwt", anchorsPem: nation.documentsPem, now: systemNow())
        let begun = try nation.post("/portal/start", ["other_screen": true])
        let (link, view) = (try #require(begun["link"] as? String), try #require(begun["view"] as? String))
        let askers = nation.askersPem
        let believed = BelievedVerifiers(rootsPem: nation.roots, verifiersPem: askers, registrarsPem: askers, readUnsigned: false)
        let portal = OnlinePresenter(own, believed)
        await portal.read(link).value
        guard case .ask(let asked) = portal.state else { throw NationError.broken("\(portal.state)") }
        let other = try #require(asked.others.first)
        #expect(asked.others.count == 1 && other.line.word == .chooseThis)
        await portal.choose(other).value
        guard case .ask(let chosen) = portal.state else { throw NationError.broken("\(portal.state)") }
        // The one that was chosen before would do now.
        let first = try #require(chosen.others.first)
        #expect(chosen.canAgree && first.document != other.document)
        await portal.choose(first).value
        #expect(portal.state == .ask(asked))
        await portal.choose(OtherDocument(query: other.query, document: "none", line: other.line)).value
        guard case .ask(let still) = portal.state else { throw NationError.broken("\(portal.state)") }
        #expect(still.problem?.code == "online.not_an_alternative")
        // A portal that requires everything has nothing to leave out.
        #expect(!asked.canLeaveOut)
        await portal.leaveOut().value
        #expect(portal.state == .ask(asked))
        await portal.agree(number: try nation.post("/asking/state", ["view": view])["number"] as? String).value
        guard case .answered = portal.state else { throw NationError.broken("\(portal.state)") }
    }

    /// The same document from another nation, where the friend's phone has an account in the person's name.
    private func obtainAbroad() async throws {
        let foreign = try Nation()
        defer { foreign.close() }
        let account = AccountPresenter(all.friend, AccountProvider(url: foreign.url, rootsPem: foreign.roots))
        await account.open(number: thao.number, phone: thao.phone, device: "friend").value
        await account.activate(code: try foreign.mailedCode(thao.phone)).value
        let made = try foreign.post("/sandbox/offer", ["number": thao.number, "credential": "citizen_sd_jwt"])
        let link = try #require(made["credential_offer"] as? String)
        let offer = OfferPresenter(own, BelievedIssuers(rootsPem: foreign.roots, anchorsPem: foreign.documentsPem), NoBrowser())
        await offer.read(link).value
        await offer.agree(code: nil).value
        #expect(offer.state == .obtained(Line(.obtained, "1")))
    }

    @Test("the person is told that a server is busy for as long as the call waits")
    func busy() async throws {
        all.busy.waits(seconds: 7)
        #expect(all.busy.state == Line(.serverBusy, "7"))
        await AccountPresenter(own, all.provider).refresh().value
        #expect(all.busy.state == nil)
    }

    @Test("a network that is gone for a while gives up no reading that is awaited")
    func patient() async throws {
        let clock = Looked()
        let around = Surroundings(wallet: own.wallet, recogniser: all.person, now: clock.now, zone: own.zone)
        let borrow = BorrowPresenter(around, pause: .milliseconds(50))
        let task = borrow.start()
        let shown = try await borrow.until { if case .showing = $0 { true } else { false } }
        nation.stop()
        let looks = clock.looks
        // Two looks a time that it asks.
        for _ in 0..<300 where clock.looks < looks + 8 && borrow.state == shown { try await Task.sleep(for: .milliseconds(100)) }
        #expect(borrow.state == shown && clock.looks >= looks + 8)
        borrow.leave()
        await task.value
    }

    @Test("what ran beside the tests is ended")
    func ended() {
        all.chip.close()
        nation.close()
        #expect(!FileManager.default.fileExists(atPath: nation.folder.path))
    }
}

/// A clock that counts who looks at it.
private final class Looked: @unchecked Sendable {
    private let lock = NSLock()
    private var count = 0

    var looks: Int { lock.withLock { count } }

    func now() -> Int64 {
        lock.withLock { count += 1 }
        return systemNow()
    }
}

/// A clock that runs a quarter of an hour at each look, once the code is made.
private final class Hurried: @unchecked Sendable {
    private let lock = NSLock()
    private var looks: Int64 = 0

    func next() -> Int64 {
        lock.withLock {
            looks += 1
            return systemNow() + max(0, looks - 3) * 900
        }
    }
}
