import Foundation
import Sen
import SenNation
import Testing

/// What these tests have between them: a wallet at level 2 with one credential.
final class Shared: @unchecked Sendable {
    let nation: Nation
    let chip: Chip
    let keys = SoftwareKeys()
    let wallet: Wallet

    init() async throws {
        let thao = Person.thao
        nation = try Nation()
        chip = try Chip()
        wallet = try Wallet.open(folder: nation.wallet("one"), secretStore: SecretInMemory(), keyStore: keys)
        let provider = AccountProvider(url: nation.url, rootsPem: nation.roots)
        let applicant = AccountApplicant(personalNumber: thao.number, phone: thao.phone, deviceName: "swift")
        _ = try await wallet.openAccount(provider: provider, applicant: applicant, now: systemNow())
        _ = try await wallet.activateAccount(code: nation.mailedCode(thao.phone), now: systemNow())
        _ = try await wallet.stepUp(
            transport: ChipReader(chip), key: .can(number: thao.can), faceCapture: Data("capture".utf8), listener: Steps(), now: systemNow()
        )
        _ = try await wallet.obtainCredential(nameOrOffer: "health-insurance", ward: nil, transactionCode: nil, now: systemNow())
    }

    private static let making = Task { try await Shared() }

    static func made() async throws -> Shared { try await making.value }
}

/// One wallet under many threads and tasks, readings that are given up, and objects that are released under a call.
@Suite(.serialized, .timeLimit(.minutes(2)))
struct SharedWalletTests {
    private func show(_ wallet: Wallet) throws -> Consent {
        let request = try wallet.askConsent(credential: "health-insurance", ward: nil, challenge: nil, now: systemNow())
        return try request.grant(recognised: .byDevice, now: systemNow())
    }

    /// One of four kinds of work, five times.
    private func work(_ wallet: Wallet, _ number: Int) async throws {
        for _ in 0..<5 {
            switch number % 4 {
            case 0: #expect(try wallet.presentQr(consent: show(wallet), now: systemNow()).text.hasPrefix("7360"))
            case 1: #expect(try wallet.credentials(now: systemNow()).count == 1)
            case 2: #expect(try wallet.history(before: nil, limit: 3).count == 3)
            default: #expect(try await wallet.showAccount(now: systemNow()).level == 2)
            }
        }
    }

    @Test("sixty-four tasks on one wallet all get what they asked for")
    func tasks() async throws {
        let wallet = try await Shared.made().wallet
        let done = try await withThrowingTaskGroup(of: Int.self) { group in
            for number in 0..<64 {
                group.addTask {
                    try await work(wallet, number)
                    return 1
                }
            }
            return try await group.reduce(0, +)
        }
        #expect(done == 64)
        #expect(try wallet.history(before: nil, limit: 1).first?.sequence == wallet.verifyHistory())
    }

    @Test("sixty-four threads on one wallet all get what they asked for")
    func threads() async throws {
        let wallet = try await Shared.made().wallet
        let over = Counted()
        for number in 0..<64 {
            // Threads of the system: the runtime's own are as few as there are cores.
            let thread = Thread {
                do {
                    for _ in 0..<5 {
                        let text = try number % 2 == 0 ? wallet.presentQr(consent: show(wallet), now: systemNow()).text : "7360"
                        let held = try wallet.credentials(now: systemNow())
                        over.add(right: text.hasPrefix("7360") && held.count == 1)
                    }
                } catch {
                    over.add(right: false)
                }
            }
            thread.start()
        }
        for _ in 0..<600 where over.all < 64 * 5 { try await Task.sleep(for: .milliseconds(100)) }
        #expect(over.right == 64 * 5)
        #expect(over.all == 64 * 5)
        #expect(try wallet.history(before: nil, limit: 1).first?.sequence == wallet.verifyHistory())
    }

    @Test("a reading that is given up ends before its next command and is begun again")
    func givenUp() async throws {
        let shared = try await Shared.made()
        let proof = try await shared.wallet.beginStepUp(now: systemNow())
        let wanted = Wanted()
        let reader = try ChipReader(shared.chip) { if $0 == 8 { wanted.end() } }
        await refused(.userCancelled, "card.cancelled") {
            try await proof.read(transport: reader, key: .can(number: Person.thao.can), listener: wanted)
        }
        #expect(reader.commands == 8)
        let again = try ChipReader(shared.chip)
        try await proof.read(transport: again, key: .can(number: Person.thao.can), listener: Steps())
        #expect(again.commands > 8)
        #expect(proof.isRead())
    }

    @Test("two readings of one proof do not mix")
    func twoReadings() async throws {
        let shared = try await Shared.made()
        let proof = try await shared.wallet.beginStepUp(now: systemNow())
        let (reached, goOn) = (Gate(), Gate())
        let reader = try ChipReader(shared.chip) {
            if $0 == 4 {
                reached.open()
                goOn.wait()
            }
        }
        let first = Task { try await proof.read(transport: reader, key: .can(number: Person.thao.can), listener: Steps()) }
        await reached.passed()
        await refused(.notReady, "card.being_read") {
            try await proof.read(transport: reader, key: .can(number: Person.thao.can), listener: Steps())
        }
        goOn.open()
        try await first.value
        #expect(proof.isRead())
    }

    @Test("what is released under a call goes when the call is over")
    func released() async throws {
        let shared = try await Shared.made()
        let before = Held.shared.now
        let (folder, secret) = (try shared.nation.wallet("released"), SecretInMemory())
        let (reached, goOn) = (Gate(), Gate())
        let call: Task<Int, any Error>
        weak var released: Wallet?
        do {
            let other = try Wallet.open(folder: folder, secretStore: secret, keyStore: shared.keys)
            let provider = AccountProvider(url: shared.nation.url, rootsPem: shared.nation.roots)
            let applicant = AccountApplicant(personalNumber: "000199012345", phone: "0900000001", deviceName: "swift")
            _ = try await other.openAccount(provider: provider, applicant: applicant, now: systemNow())
            _ = try await other.activateAccount(code: shared.nation.mailedCode("0900000001"), now: systemNow())
            let proof = try await other.beginStepUp(now: systemNow())
            let reader = try ChipReader(shared.chip) {
                if $0 == 5 {
                    reached.open()
                    goOn.wait()
                }
            }
            call = Task {
                try await proof.read(transport: reader, key: .can(number: Person.thao.can), listener: Steps())
                return reader.commands
            }
            await reached.passed()
            released = other
        }
        // Between a command and its answer: the wallet is gone here, and the call alone holds the proof and what it needs.
        #expect(released == nil)
        #expect(Held.shared.now > before)
        goOn.open()
        #expect(try await call.value > 5)
        for _ in 0..<50 where Held.shared.now != before { try await Task.sleep(for: .milliseconds(100)) }
        #expect(Held.shared.now == before)
        // Nobody holds its folder any more: another can be opened in it.
        _ = try Wallet.open(folder: folder, secretStore: secret, keyStore: shared.keys)
    }

    @Test("no port stays behind after its call")
    func leaks() async throws {
        let shared = try await Shared.made()
        func readWhole() async throws {
            let proof = try await shared.wallet.beginStepUp(now: systemNow())
            try await proof.read(transport: ChipReader(shared.chip), key: .can(number: Person.thao.can), listener: Steps())
        }
        for _ in 0..<3 { try await readWhole() }
        let before = Held.shared.now
        for _ in 0..<10 { try await readWhole() }
        for _ in 0..<50 { _ = try shared.wallet.presentQr(consent: show(shared.wallet), now: systemNow()) }
        for _ in 0..<50 where Held.shared.now != before { try await Task.sleep(for: .milliseconds(100)) }
        #expect(Held.shared.now == before)
    }

    @Test("without a network the account cannot be asked and the code still shows")
    func noNetwork() async throws {
        let shared = try await Shared.made()
        shared.nation.stop()
        await #expect {
            try await shared.wallet.lockAccount(now: systemNow())
        } throws: { ($0 as? SenError).map(Kind.init) == .noNetwork }
        #expect(try shared.wallet.presentQr(consent: show(shared.wallet), now: systemNow()).text.hasPrefix("7360"))
        #expect(try shared.wallet.rememberedAccount().state == .active)
    }

    @Test("what ran beside the tests is ended")
    func ended() async throws {
        let shared = try await Shared.made()
        shared.chip.close()
        shared.nation.close()
        #expect(!FileManager.default.fileExists(atPath: shared.nation.folder.path))
    }
}
