import Foundation
import Sen
import SenNation
import Testing

@testable import SenApp

/// What the tests of a move have between them: three phones.
final class Phones: @unchecked Sendable {
    static let shared = try! Phones()

    let nation: Nation
    let chip: Chip
    let provider: AccountProvider
    /// The new phone's keys. Their owner declines at the next prompt once the account has come, where the test wants that.
    let newKeys = SoftwareKeys()
    let declines = Kept<Bool>()
    let childKeys = SoftwareKeys()
    private let around: [String: Surroundings]

    init() throws {
        nation = try Nation()
        chip = try Chip()
        provider = AccountProvider(url: nation.url, rootsPem: nation.roots)
        var around: [String: Surroundings] = [:]
        for name in ["old", "new", "last"] {
            let keys = ["new": newKeys, "last": childKeys][name] ?? SoftwareKeys()
            let wallet = try Wallet.open(folder: nation.wallet(name), secretStore: SecretInMemory(), keyStore: keys)
            around[name] = Surroundings(
                wallet: wallet, recogniser: PersonInFront(),
                accepted: { [declines] in if declines.value == true { keys.fault = DeviceKeyError.UserCancelled } },
                zone: try #require(TimeZone(identifier: "Asia/Ho_Chi_Minh")))
        }
        self.around = around
    }

    subscript(name: String) -> Surroundings { around[name]! }
}

/// PIN, persons in care, settings, and the account on its way from phone to phone, against the real core and sandbox.
@Suite(.serialized, .timeLimit(.minutes(2)))
struct MoveTests {
    private let phones = Phones.shared
    private var nation: Nation { phones.nation }
    private var provider: AccountProvider { phones.provider }
    private var old: Surroundings { phones["old"] }
    private var new: Surroundings { phones["new"] }
    private let thao = Person.thao
    private let child = (number: "000224000001", phone: "0900000003")

    /// Holds the card to the phone once it is asked for.
    private func read(_ card: CardPresenter, _ task: Task<Void, Never>) async throws -> CardScreen {
        _ = try await card.until { if case .hold = $0 { true } else { false } }
        card.tag(try ChipReader(phones.chip))
        await task.value
        return card.state
    }

    @Test("an account of level 2 says how long it is prepared")
    func prepared() async throws {
        let account = AccountPresenter(old, provider)
        await account.open(number: thao.number, phone: thao.phone, device: "old phone").value
        await account.activate(code: try nation.mailedCode(thao.phone)).value
        #expect(account.state.prepared.isEmpty)
        let card = CardPresenter(old)
        #expect(try await read(card, card.raiseLevel(.can(number: thao.can), face: Data([0]))) == .done(Line(.levelReached)))
        let held = WalletPresenter(old)
        await held.obtain("citizen").value
        await held.obtain("health-insurance").value
        await account.refresh().value
        #expect(account.state.prepared.filter { $0.word == .validUntil }.count == 2)
    }

    @Test("a PIN is set and changed, and what is wrong with it said")
    func pin() async throws {
        let pin = PinPresenter(old)
        await pin.start().value
        #expect(pin.state.isSet == false && pin.state.lines.first?.word == .pinNone && !pin.state.canRecover)
        for (new, again, word) in [
            ("12345", "12345", Word.pinNotSix), ("159357", "159358", .pinDiffers), ("111111", "111111", .pinTooEasy),
        ] {
            await pin.set(new: new, again: again).value
            #expect(pin.state.problem?.line.word == word && pin.state.problem?.next == .typeAgain)
            #expect(!pin.state.done)
        }
        await pin.set(new: "159357", again: "159357").value
        #expect(pin.state.done && pin.state.isSet == true && pin.state.canRecover && pin.state.problem == nil)
        await pin.change(old: "159358", new: "404071", again: "404071").value
        #expect(pin.state.problem?.line.word == .pinWrong && !pin.state.done)
        await pin.change(old: "159357", new: "404071", again: "404071").value
        #expect(pin.state.done)
    }

    @Test("a forgotten PIN is freed by the card after a wait")
    func recovered() async throws {
        let card = CardPresenter(old)
        guard case .done(let line) = try await read(card, card.recoverPin(.can(number: thao.can), face: Data([0]))) else {
            Issue.record("\(card.state)")
            return
        }
        #expect(line.word == .takesEffect)
        let account = AccountPresenter(old, provider)
        await account.refresh().value
        #expect(account.state.canCancelPending)
        // A counter's proof takes the place of the wait.
        _ = try nation.post("/sandbox/counter", ["number": thao.number])
        let pin = PinPresenter(old)
        await pin.start().value
        #expect(pin.state.isSet == false)
        await pin.set(new: "404071", again: "404071").value
        #expect(pin.state.done)
    }

    @Test("a guardian sees a child's account, consents to it, locks and unlocks it")
    func wards() async throws {
        let wards = WardsPresenter(old)
        await wards.start().value
        #expect(wards.state.rows.map(\.lines) == [[Line(.wardChild), Line(.wardBorn, "2024"), Line(.wardNoAccount)]])
        #expect(wards.state.rows.first?.acts == [])
        await wards.act(child.number, .lock).value
        #expect(wards.state.rows.count == 1 && wards.state.problem != nil)
        let own = AccountPresenter(phones["last"], provider)
        await own.open(number: child.number, phone: child.phone, device: "child").value
        await own.activate(code: try nation.mailedCode(child.phone)).value
        #expect(own.state.step == .wait && own.state.lines.first?.word == .awaitingConsent)
        await wards.start().value
        #expect(wards.state.rows.first?.acts == [.consent, .refuse])
        for (act, next) in [(WardAct.consent, WardAct.lock), (.lock, .unlock), (.unlock, .lock)] {
            await wards.act(child.number, act).value
            #expect(wards.state.rows.first?.acts == [next] && wards.state.problem == nil)
            let stands = act == .lock ? [.warning(.accountLocked), Line(.lockGuardian)] : [Line(.level1)]
            #expect(wards.state.rows.first?.lines.suffix(stands.count) == stands[...])
        }
        let nobody = WardsPresenter(phones["last"])
        await nobody.start().value
        #expect(nobody.state.problem?.code == "account.level_required")
    }

    @Test("the settings say what is held and who was told, and give the history")
    func settings() async throws {
        let qr = QrPresenter(old)
        await qr.ask().value
        let showing = qr.agree()
        _ = try await qr.until { if case .showing = $0 { true } else { false } }
        qr.leave()
        await showing.value
        let settings = SettingsPresenter(old)
        await settings.start().value
        #expect(settings.state.held.first == Line(.heldPapers, "2"))
        #expect(settings.state.told.contains { $0.word == .heldRecipient })
        await settings.export().value
        let text = try #require(settings.state.exported)
        #expect(settings.state.held.last == Line(.heldHistory, "\(text.split(separator: "\n").count)"))
        settings.exportEnded()
        #expect(settings.state.exported == nil)
        // Once is not enough.
        await settings.closeForGood().value
        #expect(!settings.state.closed)
        settings.close()
        #expect(settings.state.closing)
        settings.keep()
        #expect(!settings.state.closing)
    }

    @Test("the account goes to the phone that shows the same digits, with the PIN")
    func handedOver() async throws {
        let pause = Duration.milliseconds(200)
        let receive = ReceivePresenter(new, provider, pause: pause)
        await receive.start(device: "").value
        guard case .name(.some) = receive.state else {
            Issue.record("\(receive.state)")
            return
        }
        let first = receive.start(device: "new phone")
        let shown = try await receive.until { if case .showing = $0 { true } else { false } }
        guard case .showing(let digits, let lines, _, _) = shown else { return }
        let both = try #require(lines.first { $0.word == .bothShow })
        // Left and come back to: the same code.
        receive.leave()
        await first.value
        let back = ReceivePresenter(new, provider, pause: pause)
        let receiving = back.start(device: "new phone")
        let again = try await back.until { if case .showing = $0 { true } else { false } }
        guard case .showing(digits, _, _, _) = again else {
            Issue.record("another code")
            return
        }
        phones.declines.value = true
        try await handOver(digits, both, pause)
        await receiving.value
        phones.declines.value = nil
        try await carriedOn(back)
        let before = AccountPresenter(old, provider)
        await before.start().value
        #expect(before.state.step == .gone)
    }

    /// The account is there, and the person declined before its documents were.
    private func carriedOn(_ receive: ReceivePresenter) async throws {
        guard case .arrived(_, canGoOn: true, problem: .some) = receive.state else {
            Issue.record("\(receive.state)")
            return
        }
        // What they declined waits for them, also in the wallet.
        await receive.comeBack(device: "new phone").value
        let held = WalletPresenter(new)
        await held.start().value
        #expect(held.state.hasCarried)
        await held.obtainCarried().value
        #expect(held.state.problem?.next == .nothing && held.state.hasCarried && held.state.rows.isEmpty)
        phones.newKeys.fault = nil
        // The screen is left to set the PIN, and come back to: it goes on, once.
        let going = receive.goOn()
        receive.leave()
        await receive.goOn().value
        await going.value
        guard case .arrived(let arrived, canGoOn: false, problem: nil) = receive.state else {
            Issue.record("\(receive.state)")
            return
        }
        #expect(arrived.map(\.word) == [.movedHere, .setPinNext, .obtained])
        #expect(arrived.last == Line(.obtained, "2"))
        await held.start().value
        #expect(!held.state.hasCarried && held.state.rows.count == 2)
    }

    private func handOver(_ digits: String, _ both: Line, _ pause: Duration) async throws {
        let give = HandOverPresenter(old, pause: pause)
        await give.scanned("736312345").value
        guard case .scan(let problem?) = give.state else {
            Issue.record("\(give.state)")
            return
        }
        #expect(problem.next == .typeAgain)
        await give.scanned(digits).value
        give.differ()
        #expect(give.state == .failed(Problem(.warning(.digitsDiffer), .stop, "app.digits_differ")))
        // Nothing goes without a phone that was compared.
        await give.handOver(pin: "404071").value
        #expect(give.state == .failed(Problem(.warning(.digitsDiffer), .stop, "app.digits_differ")))
        await give.scanned(digits).value
        #expect(give.state == .compare([Line(.handOverTo, "new phone"), both]))
        give.same()
        await give.handOver(pin: "404072").value
        guard case .pin(_, problem: let wrong?) = give.state else {
            Issue.record("\(give.state)")
            return
        }
        #expect(wrong.line.word == .pinWrong)
        let sent = give.handOver(pin: "404071")
        #expect(give.state == .sending)
        // Pressed again meanwhile.
        await give.handOver(pin: "404071").value
        await sent.value
        #expect(give.state == .done(Line(.accountElsewhere)))
        #expect(try old.wallet.history(before: nil, limit: 20).filter { $0.kind == "handed_over" }.count == 1)
    }

    @Test("without the old phone the account comes by the card, and the phone in use can object")
    func byCard() async throws {
        let card = CardPresenter(old)
        let who = AccountApplicant(personalNumber: thao.number, phone: thao.phone, deviceName: "old again")
        guard case .done(let line) = try await read(card, card.moveHere(provider, who, .can(number: thao.can), face: Data([0]))) else {
            Issue.record("\(card.state)")
            return
        }
        #expect(line.word == .takesEffect)
        let here = AccountPresenter(old, provider)
        await here.start().value
        #expect(here.state.step == .wait && here.state.lines.map(\.word) == [.accountWaiting])
        // Whatever is begun here meanwhile, it waits, and says until when.
        await here.refresh().value
        #expect(here.state == AccountScreen(step: .wait, lines: here.state.lines) && here.state.lines.map(\.word) == [.accountWaiting])
        await here.open(number: thao.number, phone: thao.phone, device: "old again").value
        #expect(here.state.step == .wait && here.state.lines.map(\.word) == [.accountWaiting])
        let receive = ReceivePresenter(old, provider)
        await receive.start(device: "old again").value
        guard case .name(let waits?) = receive.state else {
            Issue.record("\(receive.state)")
            return
        }
        #expect(waits.line.word == .accountWaiting)
        await card.moveHere(provider, who, .can(number: thao.can), face: Data([0])).value
        guard case .failed(let refused) = card.state else {
            Issue.record("\(card.state)")
            return
        }
        #expect(refused.line.word == .accountWaiting)
        // The app is opened on the phone in use, which is told of it there.
        let inUse = AccountPresenter(new, provider)
        await inUse.start().value
        #expect(inUse.state.canCancelPending && inUse.state.lines.contains { $0.word == .pendingPhone && $0.isWarning })
        _ = try nation.post("/sandbox/counter", ["number": thao.number])
        await here.refresh().value
        #expect(here.state.step == .inUse)
        await inUse.refresh().value
        #expect(inUse.state.step == .gone)
        // It arrived: there is nothing to be received.
        await receive.start(device: "old again").value
        guard case .arrived(let arrived, _, nil) = receive.state else {
            Issue.record("\(receive.state)")
            return
        }
        #expect(arrived.first == Line(.accountHere))
    }

    @Test("a phone that lost its key says so, and can be opened or moved to again")
    func keyLost() async throws {
        let child = AccountPresenter(phones["last"], provider)
        phones.childKeys.fault = DeviceKeyError.Lost
        await child.refresh().value
        #expect(child.state.step == .gone && child.state.problem?.line == Line(.keyLost))
        phones.childKeys.fault = nil
        // The app is opened again.
        await child.start().value
        #expect(child.state == AccountScreen(step: .gone, lines: [.warning(.keyLost)]))
        let receive = ReceivePresenter(phones["last"], provider)
        let receiving = receive.start(device: "last")
        _ = try await receive.until { if case .showing = $0 { true } else { false } }
        receive.leave()
        await receiving.value
    }

    @Test("the account ends when the person said so twice")
    func closed() async throws {
        let settings = SettingsPresenter(old)
        await settings.start().value
        settings.close()
        await settings.closeForGood().value
        #expect(settings.state.closed && settings.state.held.first == Line(.heldPapers, "0"))
        let account = AccountPresenter(old, provider)
        await account.start().value
        #expect(account.state.lines == [Line(.accountClosed)])
    }

    @Test("what ran beside the tests is ended")
    func ended() {
        phones.chip.close()
        nation.close()
        #expect(!FileManager.default.fileExists(atPath: nation.folder.path))
    }
}
