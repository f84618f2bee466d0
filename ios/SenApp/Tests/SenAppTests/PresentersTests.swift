import Foundation
import Sen
import SenNation
import Testing

@testable import SenApp

/// What the tests of the app have between them.
final class App: @unchecked Sendable {
    static let shared = try! App()

    let nation: Nation
    let chip: Chip
    let keys = SoftwareKeys()
    let wallet: Wallet
    let person = PersonInFront()
    let accepted = Counter()
    let around: Surroundings
    let account: AccountPresenter

    init() throws {
        nation = try Nation()
        chip = try Chip()
        wallet = try Wallet.open(folder: nation.wallet("one"), secretStore: SecretInMemory(), keyStore: keys)
        let zone = try #require(TimeZone(identifier: "Asia/Ho_Chi_Minh"))
        around = Surroundings(wallet: wallet, recogniser: person, accepted: accepted.add, zone: zone)
        account = AccountPresenter(around, AccountProvider(url: nation.url, rootsPem: nation.roots))
    }
}

/// How often something was told.
final class Counter: @unchecked Sendable {
    private let lock = NSLock()
    private var count = 0

    func add() { lock.withLock { count += 1 } }

    var told: Int { lock.withLock { count } }
}

/// A phone whose browser does not open.
struct NoBrowser: Browser {
    func visit(_ page: URL, until scheme: String) async -> String? { nil }
}

/// Whom the device recognises from now on, if anybody.
final class PersonInFront: Recogniser, @unchecked Sendable {
    private let lock = NSLock()
    private var said: Recognised? = .byBiometrics

    var recognised: Recognised? {
        get { lock.withLock { said } }
        set { lock.withLock { said = newValue } }
    }

    func recognise() async -> Recognised? { recognised }
}

extension Presenter {
    /// Waits for what the screen shows to be like this.
    func until(_ at: SourceLocation = #_sourceLocation, _ wanted: @escaping @Sendable (State) -> Bool) async throws -> State {
        let states = states()
        return try await withThrowingTaskGroup(of: State?.self) { group in
            group.addTask { await states.first { wanted($0) } }
            group.addTask {
                try await Task.sleep(for: .seconds(30))
                return nil
            }
            defer { group.cancelAll() }
            let first = try await group.next() ?? nil
            return try #require(first, "it did not come to this", sourceLocation: at)
        }
    }
}

/// The app without its views, from nothing to a signed-in portal, against the real core and sandbox.
@Suite(.serialized, .timeLimit(.minutes(2)))
struct PresentersTests {
    private let app = App.shared
    private var nation: Nation { app.nation }
    private var around: Surroundings { app.around }
    private var account: AccountPresenter { app.account }
    private let thao = Person.thao

    @Test("an account is opened, a wrong code counted, a right one taken")
    func opened() async throws {
        await account.start().value
        #expect(account.state == AccountScreen(step: .open))
        await account.open(number: " \(thao.number) ", phone: thao.phone, device: "phone").value
        #expect(account.state.step == .code)
        account.startOver()
        #expect(account.state == AccountScreen(step: .open))
        // The app is opened again: it knows that a code is under way, and says once what to do with it.
        await account.start().value
        #expect(account.state.lines == [Line(.codeAwaited), Line(.codeSecret)])
        let code = try nation.mailedCode(thao.phone)
        await account.activate(code: String(format: "%06d", ((Int(code) ?? 0) + 1) % 1_000_000)).value
        #expect(account.state.problem?.line.word == .wrongCode)
        #expect(account.state.problem?.next == .typeAgain)
        #expect(account.state.step == .code)
        // What the provider knows of the phone's keys counts once it has the account in use.
        #expect(app.accepted.told == 0)
        await account.activate(code: code).value
        #expect(app.accepted.told == 1)
        let shown = account.state
        #expect(shown.step == .inUse && shown.lines == [Line(.level1)])
        #expect(shown.canRaise && shown.canLock && !shown.canUnlock)
        #expect(shown.phones == [Line(.phoneInUse, "phone")])
    }

    @Test("the six digits are asked for again, a lost card is read on, and the level rises")
    func card() async throws {
        let card = CardPresenter(around)
        var task = card.raiseLevel(.can(number: "999999"), face: Data([0]))
        _ = try await card.until { $0 == .hold(Line(.holdTop)) }
        card.tag(try ChipReader(app.chip))
        await task.value
        guard case .number(_, _, let problem?) = card.state else {
            Issue.record("\(card.state)")
            return
        }
        #expect(problem.line.word == .cardWrongNumber)
        #expect(card.key("06789") == nil && card.state == .number(problem: Problem(Line(.canWrong), .typeAgain, "card.access_number")))
        card.scanned(can: thao.can)
        #expect(card.state == .number(can: thao.can))
        card.useZone(true)
        #expect(card.key(thao.can) == nil)
        guard case .number(byZone: true, _, let mistyped?) = card.state else {
            Issue.record("\(card.state)")
            return
        }
        #expect(mistyped.line == Line(.mrzWrong))
        // The machine-readable zone of the same card.
        let zone = "IDVNM2040678917000204067891<<7\n0412317M2912316VNM<<<<<<<<<<<2\nDANG<<QUOC<UU<<<<<<<<<<<<<<<<<"
        task = card.raiseLevel(try #require(card.key(zone)), face: Data([0]))
        _ = try await card.until { $0 == .hold(Line(.holdTop)) }
        let lost = try ChipReader(app.chip, loseAt: 17)
        card.tag(lost)
        _ = try await card.until { $0 == .hold(Line(.cardLost)) }
        let back = try ChipReader(app.chip)
        card.tag(back)
        await task.value
        #expect(card.state == .done(Line(.levelReached)))
        // EF.COM and EF.SOD tell whether it is the same card: nothing else is begun twice.
        #expect(Set(lost.begun).intersection(back.begun).subtracting([0x1c]) == [0x1d, 0x1e])
        await account.refresh().value
        #expect(account.state.lines == [Line(.level2)])
        #expect(!account.state.canRaise)
    }

    @Test("a reading that the person stops ends before its next command and begins anew")
    func stopped() async throws {
        let card = CardPresenter(around)
        var task = card.raiseLevel(.can(number: thao.can), face: Data([0]))
        _ = try await card.until { $0 == .hold(Line(.holdTop)) }
        card.stop()
        await task.value
        #expect(card.state == .number())
        task = card.raiseLevel(.can(number: thao.can), face: Data([0]))
        _ = try await card.until { $0 == .hold(Line(.holdTop)) }
        let reader = try ChipReader(app.chip) { if $0 == 8 { card.sheetClosed() } }
        card.tag(reader)
        await task.value
        #expect(reader.commands == 8)
        #expect(card.state == .number())
    }

    @Test("what a reader throws that it did not announce becomes words")
    func broken() async throws {
        let card = CardPresenter(around)
        let task = card.raiseLevel(.can(number: thao.can), face: Data([0]))
        _ = try await card.until { $0 == .hold(Line(.holdTop)) }
        card.tag(try ChipReader(app.chip, explodeAt: 7))
        await task.value
        guard case .number(_, _, let problem?) = card.state else {
            Issue.record("\(card.state)")
            return
        }
        #expect(problem.line == Line(.cardNoReader))
    }

    @Test("the wallet lists what it holds, in the words of the table")
    func held() async throws {
        let held = WalletPresenter(around)
        await held.start().value
        #expect(held.state == WalletScreen())
        await held.obtain("citizen").value
        await held.obtain("health-insurance").value
        let rows = held.state.rows
        #expect(Set(rows.map(\.title.word)) == [.citizen, .healthInsurance])
        #expect(rows.filter(\.showsAtClinic).count == 1)
        #expect(rows.allSatisfy { isMinute($0.lines.first?.values.first) })
        await held.obtain("driving").value
        #expect(held.state.problem?.next == .typeAgain)
        #expect(held.state.rows == rows)
        #expect(held.state.due == 0)
    }

    @Test("the code is shown after the person agreed, and gone when the screen is left")
    func code() async throws {
        let qr = QrPresenter(around)
        await qr.ask().value
        guard case .ask(let lines, needsGuardian: false, canShowPortrait: true, problem: nil) = qr.state else {
            Issue.record("\(qr.state)")
            return
        }
        #expect(lines.contains(Line(.qrAnyClinic)) && lines.contains(Line(.claim75)))
        app.person.recognised = nil
        await qr.agree().value
        #expect(qr.state == .ask(lines, needsGuardian: false, canShowPortrait: true, problem: .notRecognised))
        app.person.recognised = .byBiometrics
        let task = qr.agree()
        let shown = try await qr.until { if case .showing = $0 { true } else { false } }
        guard case .showing(let digits, let since, let until, portrait: []) = shown else { return }
        #expect((1...10).contains(until - since))
        #expect(try clinic(digits) == "accepted")
        let uses = try app.wallet.history(before: nil, limit: 1).first?.sequence
        qr.leave()
        await task.value
        #expect(qr.state == .empty)
        #expect(try app.wallet.history(before: nil, limit: 1).first?.sequence == uses)
        await qr.ask().value
        await qr.decline().value
        #expect(qr.state == .over(Line(.declined)))
        await qr.ask(challenge: "7361").value
        guard case .failed(let problem) = qr.state else {
            Issue.record("\(qr.state)")
            return
        }
        #expect(problem.next == .typeAgain)
    }

    @Test("agreed to twice, the code that is shown first gives way")
    func agreedTwice() async throws {
        // A clock that stands still: the first code would be waited for as long as one lasts.
        let at = systemNow() / 10 * 10
        let qr = QrPresenter(Surroundings(wallet: app.wallet, recogniser: app.person, now: { at }, zone: around.zone))
        await qr.ask().value
        let first = qr.agree()
        _ = try await qr.until { if case .showing = $0 { true } else { false } }
        let began = ContinuousClock.now
        let second = qr.agree()
        await first.value
        #expect(ContinuousClock.now - began < .seconds(3))
        _ = try await qr.until { if case .showing = $0 { true } else { false } }
        await qr.decline().value
        await second.value
        #expect(qr.state == .over(Line(.declined)))
    }

    private func clinic(_ text: String) throws -> String? {
        let seen = nation.folder.appendingPathComponent("seen.db").path
        let folders = ClinicFolders(trust: nation.trust, status: nation.status, seen: seen)
        let answer = try checkScanned(scanned: text, folders: folders, now: systemNow())
        return (try JSONSerialization.jsonObject(with: Data(answer.utf8)) as? [String: Any])?["verdict"] as? String
    }

    @Test("a key that is lost, or declined, is told in words and shows no code")
    func keys() async throws {
        for (fault, word) in [(DeviceKeyError.Lost, Word.keyLost), (.UserCancelled, .cancelled), (.Unavailable, .bug)] {
            let qr = QrPresenter(around)
            await qr.ask().value
            app.keys.fault = fault
            await qr.agree().value
            app.keys.fault = nil
            guard case .failed(let problem) = qr.state else {
                Issue.record("\(qr.state)")
                return
            }
            #expect(problem.line.word == word)
        }
    }

    @Test("the portrait goes along in further codes where the person wants that, and no desk asked for a sealed answer")
    func portrait() async throws {
        let qr = QrPresenter(around)
        await qr.ask().value
        await qr.withPortrait().value
        guard case .ask(let lines, _, canShowPortrait: false, problem: nil) = qr.state else {
            Issue.record("\(qr.state)")
            return
        }
        #expect(lines.contains(Line(.withPortraitTold, warning: true)))
        let task = qr.agree()
        let shown = try await qr.until { if case .showing = $0 { true } else { false } }
        guard case .showing(let digits, _, _, let portrait) = shown else { return }
        #expect(digits.hasPrefix("7360") && !portrait.isEmpty && portrait.allSatisfy { $0.hasPrefix("7362") })
        qr.leave()
        await task.value
        // Sealed for the desk: codes that anybody can read do not go beside it.
        let question = try Desk(nation, "Quầy 9").ask("--encrypted")
        await qr.ask(challenge: question.digits).value
        guard case .ask(_, _, canShowPortrait: false, _) = qr.state else {
            Issue.record("\(qr.state)")
            return
        }
        question.close()
    }

    @Test("an offer is shown before it is taken up")
    func offer() async throws {
        let made = try nation.post("/sandbox/offer", ["number": thao.number, "credential": "citizen_sd_jwt"])
        let link = try #require(made["credential_offer"] as? String)
        #expect(Link(link) == .offer(link))
        let offer = OfferPresenter(around, BelievedIssuers(rootsPem: nation.roots, anchorsPem: nation.documentsPem), NoBrowser())
        await offer.read(link).value
        guard case .ask(let lines, needsCode: false, problem: nil) = offer.state else {
            Issue.record("\(offer.state)")
            return
        }
        #expect(lines.count == 2)
        // Left before anything was agreed to, there is nothing to stop.
        offer.stop()
        let taken = offer.agree(code: nil)
        #expect(offer.state == .sending)
        // Pressed again, and left: the issuer's code is good for once, and what it gave is shown.
        await offer.agree(code: nil).value
        offer.stop()
        await taken.value
        #expect(offer.state == .obtained(Line(.obtained, "1")))
        offer.stop()
        #expect(offer.state == .obtained(Line(.obtained, "1")))
        let held = WalletPresenter(around)
        await held.start().value
        let document = try #require(held.state.rows.first { $0.isDocument })
        // Nothing shows it without a network.
        #expect(document.lines.first?.word == .documentUntil)
        await held.delete(document).value
        held.askToDelete(document)
        #expect(held.state.deleting == document.id)
        held.keep()
        await held.delete(document).value
        #expect(held.state.deleting == nil && held.state.rows.contains(document))
        await offer.read("openid-credential-offer://?").value
        expect(if: offer.state) { if case .failed = $0 { true } else { false } }
    }

    @Test("a portal is answered with its two digits after all was shown")
    func portal() async throws {
        let (portal, view) = try await askedByPortal()
        guard case .ask(let asked) = portal.state else {
            Issue.record("\(portal.state)")
            return
        }
        #expect(asked.lines.first?.word == .approveSignIn)
        #expect(asked.needsNumber && asked.canAgree)
        #expect(asked.lines.contains(Line(.claim1)) && !asked.lines.contains { $0.isWarning })
        await portal.agree(number: "").value
        #expect(problem(portal)?.code == "online.number_needed")
        // The key that approves asks the person, and nothing else does.
        app.person.recognised = nil
        app.keys.fault = DeviceKeyError.UserCancelled
        await portal.agree(number: try number(view)).value
        #expect(problem(portal)?.code == "key.cancelled")
        app.keys.fault = nil
        let before = try newest()
        let digits = try number(view)
        let sent = portal.agree(number: digits)
        #expect(portal.state == .sending)
        // Pressed again, or declined, while it is on its way: one answer, and one use in the history.
        await portal.agree(number: digits).value
        await portal.decline().value
        await portal.leaveOut().value
        await sent.value
        #expect(try newest() == before + 1)
        app.person.recognised = .byBiometrics
        expect(if: portal.state) { if case .answered = $0 { true } else { false } }
        for _ in 0..<100 where try state(view) != "done" { try await Task.sleep(for: .milliseconds(100)) }
        #expect(try state(view) == "done")
        let (other, unread) = try await askedByPortal()
        let declined = other.decline()
        #expect(other.state == .sending)
        await other.decline().value
        await other.agree(number: try number(unread)).value
        await declined.value
        #expect(other.state == .declined)
        #expect(try state(unread) == "refused")
        #expect(try newest() == before + 2)
    }

    private func newest() throws -> UInt64 { try app.wallet.history(before: nil, limit: 1).first?.sequence ?? 0 }

    @Test("where nothing is approved the device asks who the person is")
    func shop() async throws {
        let asked = #"{"id":"who","format":"dc+sd-jwt","meta":{"vct_values":["urn:vn:citizen:1"]},"claims":[{"path":["name"]}]}"#
        let address = "https://shop.example.vn/answer"
        let parameters = [
            "client_id": "redirect_uri:\(address)", "response_type": "vp_token", "response_mode": "direct_post", "response_uri": address,
            "nonce": "n-1", "dcql_query": "{\"credentials\":[\(asked)]}",
        ]
        let encoded = parameters.map { "\($0.key)=\($0.value.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? "")" }
        let (roots, askers) = (nation.roots, nation.askersPem)
        let shop = OnlinePresenter(
            around, BelievedVerifiers(rootsPem: roots, verifiersPem: askers, registrarsPem: askers, readUnsigned: true))
        await shop.read("openid4vp://?\(encoded.joined(separator: "&"))").value
        app.person.recognised = nil
        await shop.agree(number: nil).value
        app.person.recognised = .byBiometrics
        #expect(problem(shop) == .notRecognised)
    }

    @Test("why a portal refuses is said in its own words")
    func refusedPortal() async throws {
        let (portal, view) = try await askedByPortal()
        let other = (Int(try number(view) ?? "") ?? 0) + 1
        await portal.agree(number: String(format: "%02d", other % 100)).value
        guard case .failed(let problem) = portal.state, let theirs = problem.theirs, case .own(let said) = theirs.values.first else {
            throw NationError.broken("\(portal.state)")
        }
        #expect(theirs.word == .verifierSays && said.hasPrefix("wrong_number"))
    }

    private func isMinute(_ part: Part?) -> Bool {
        if case .own(let text) = part { text.wholeMatch(of: /\d\d:\d\d \d\d\/\d\d\/\d{4}/) != nil } else { false }
    }

    private func askedByPortal() async throws -> (OnlinePresenter, String) {
        let begun = try nation.post("/portal/start", ["other_screen": true])
        let link = try #require(begun["link"] as? String)
        #expect(Link(link) == .request(link))
        let askers = nation.askersPem
        let believed = BelievedVerifiers(rootsPem: nation.roots, verifiersPem: askers, registrarsPem: askers, readUnsigned: false)
        let portal = OnlinePresenter(around, believed)
        await portal.read(link).value
        return (portal, try #require(begun["view"] as? String))
    }

    private func problem(_ portal: OnlinePresenter) -> Problem? {
        if case .ask(let question) = portal.state { question.problem } else { nil }
    }

    private func state(_ view: String) throws -> String? { try nation.post("/asking/state", ["view": view])["state"] as? String }

    private func number(_ view: String) throws -> String? { try nation.post("/asking/state", ["view": view])["number"] as? String }

    @Test("the history is turned page by page")
    func history() async throws {
        let history = HistoryPresenter(around, page: 4)
        await history.start().value
        #expect(history.state.rows.count == 4)
        while history.state.more { await history.more().value }
        let numbers = history.state.rows.map(\.sequence)
        #expect(numbers == (1...UInt64(numbers.count)).reversed())
        let words = Set(history.state.rows.map(\.line.word))
        #expect(words.isSuperset(of: [.eventPresented, .eventPresentedOnline, .eventDeclined, .eventObtained, .eventAccountOpened]))
    }

    @Test("fraud is noted down once, in the person's words, after the person was asked for them")
    func fraud() async throws {
        let history = HistoryPresenter(around)
        await history.start().value
        let before = history.state
        let row = try #require(before.rows.first { $0.line.word == .eventPresentedOnline })
        #expect(row.canReport)
        // Nobody asked.
        await history.report(row.sequence, "early").value
        #expect(history.state == before)
        history.askToReport(row)
        await history.report(row.sequence, " ").value
        #expect(history.state.reporting == row.sequence && history.state.problem?.line == Line(.reportTooLong))
        history.stop()
        #expect(history.state == before)
        history.askToReport(row)
        let first = history.report(row.sequence, " They asked\nfor my \"PIN\" ")
        await history.report(row.sequence, "twice").value
        await first.value
        #expect(history.state.reporting == nil && history.state.problem == nil)
        let noted = try #require(history.state.rows.first)
        #expect(noted.line == Line(.eventFraudReported, parts: Array(row.line.values.prefix(1))))
        #expect(noted.more == [Line(.reportTold, "They asked for my \"PIN\"")])
        #expect(noted.sequence == (before.rows.first?.sequence ?? 0) + 1)
    }

    @Test("what is awaited is given up after the person was asked once more")
    func givenUp() async throws {
        let held = WalletPresenter(around)
        await held.start().value
        let before = held.state
        let row = AwaitedRow(id: "none", line: Line(.awaited, parts: [.line(Line(.residence))]), canAsk: true)
        await held.giveUp(row).value
        #expect(held.state == before)
        held.askToDelete(row)
        #expect(held.state.deleting == "none")
        held.keep()
        #expect(held.state == before)
        held.askToDelete(row)
        await held.giveUp(row).value
        // The sandbox's issuer has nothing later: the wallet was asked, and knows of none.
        #expect(held.state.problem?.code == "credential.not_found" && held.state.deleting == nil)
    }

    @Test("a lost phone is prepared for, the account locked and unlocked")
    func locked() async throws {
        await account.newRevocationCode().value
        let code = try #require(account.state.revocationCode)
        #expect(code.filter(\.isNumber).count >= 18)
        // Half copied, it stays when the page is asked for anew.
        await account.refresh().value
        await account.start().value
        #expect(account.state.revocationCode == code && account.state.revocationHint?.word == .revocationCodeHint)
        #expect(account.state.lines == [Line(.level2)])
        await account.lock().value
        #expect(account.state.canUnlock && account.state.lines.first?.isWarning == true)
        await account.unlock().value
        // Shown once.
        let home = AccountPresenter(around, AccountProvider(url: nation.url, rootsPem: nation.roots))
        await home.start().value
        #expect(home.state.canLock && home.state.revocationCode == nil)
        #expect(account.state.canLock)
    }

    @Test("what is due is counted, and fetched anew where the person wants it")
    func due() async throws {
        let due = try #require(try app.wallet.credentials(now: systemNow()).map(\.refreshAt).max())
        let held = WalletPresenter(Surroundings(wallet: app.wallet, recogniser: app.person, now: { due }, zone: around.zone))
        await held.start().value
        let before = held.state
        #expect(before.due >= 2)
        await held.renewDue().value
        let after = held.state
        #expect(after.problem == nil && after.due == 0)
        #expect(after.rows.count == before.rows.count)
        let old = before.rows.filter { !$0.isDocument }.map(\.id)
        #expect(old.count == 2 && Set(after.rows.map(\.id)).isDisjoint(with: old))
        // That clock was wrong by days: the wallet learns the time again.
        await account.refresh().value
    }

    @Test("without a network the screens stay and the code still shows")
    func noNetwork() async throws {
        nation.stop()
        let before = account.state
        await account.lock().value
        #expect(account.state.problem?.next == .tryLater)
        var after = account.state
        after.problem = before.problem
        #expect(after == before)
        // The app is opened again: nobody asked for the network, so nothing is said of it.
        let home = AccountPresenter(around, AccountProvider(url: nation.url, rootsPem: nation.roots))
        await home.start().value
        #expect(home.state.step == .inUse && home.state.problem == nil)
        let qr = QrPresenter(around)
        await qr.ask().value
        let task = qr.agree()
        _ = try await qr.until { if case .showing = $0 { true } else { false } }
        qr.leave()
        await task.value
    }

    @Test("what ran beside the tests is ended")
    func ended() {
        app.chip.close()
        nation.close()
        #expect(!FileManager.default.fileExists(atPath: nation.folder.path))
    }
}

extension PresentersTests {
    /// What a screen shows is of this kind.
    private func expect<State>(if state: State, at: SourceLocation = #_sourceLocation, _ wanted: (State) -> Bool) {
        if !wanted(state) { Issue.record("\(state)", sourceLocation: at) }
    }
}
