import Foundation
import Sen
import SenContracts
import SenNation
import Testing

@testable import SenApp

private struct Refused: Error {}

/// A Keychain of nothing.
private final class Drawer: Cabinet, @unchecked Sendable {
    private let lock = NSLock()
    private var all: [String: Data] = [:]
    var isShut = false

    private func inside<T>(_ work: (inout [String: Data]) -> T) throws -> T {
        try lock.withLock {
            if isShut { throw Refused() }
            return work(&all)
        }
    }

    func load(_ name: String) throws -> Data? { try inside { $0[name] } }
    func save(_ name: String, _ content: Data) throws { try inside { $0[name] = content } }
    func delete(_ name: String) throws { try inside { _ = $0.removeValue(forKey: name) } }
}

/// An enclave of OpenSSL: sealed is the name of a key that it keeps.
private final class SoftEnclave: KeyHardware, @unchecked Sendable {
    private let keys = SoftwareKeys()
    private let lock = NSLock()
    private var said: [(statement: Data, by: String)] = []
    private var asked: [Bool] = []
    var fault: (any Error)?
    /// Apple does not answer, or this is a phone without App Attest.
    var isUnattested = false

    var statements: [(statement: Data, by: String)] { lock.withLock { said } }
    var uses: [Bool] { lock.withLock { asked } }

    func make(perUse: Bool) throws -> Data {
        if let fault { throw fault }
        let name = UUID().uuidString
        _ = try keys.create(id: name, perUse: perUse, challenge: Data())
        return Data(name.utf8)
    }

    func publicKey(_ sealed: Data) throws -> Data { try keys.find(id: String(decoding: sealed, as: UTF8.self)).publicKey() }

    func sign(_ message: Data, sealed: Data, perUse: Bool) throws -> Data {
        if let fault { throw fault }
        lock.withLock { asked.append(perUse) }
        return try keys.find(id: String(decoding: sealed, as: UTF8.self)).sign(message: message)
    }

    /// The object and the assertion name their App Attest key.
    func attest(_ statement: Data) -> Attested? {
        if isUnattested { return nil }
        return lock.withLock {
            let signer = "signer-\(said.count)"
            said.append((statement, signer))
            return Attested(signer: signer, object: Data("attested by \(signer)".utf8))
        }
    }

    func assertion(of statement: Data, by signer: String) -> Data? {
        if isUnattested { return nil }
        lock.withLock { said.append((statement, signer)) }
        return Data("asserted by \(signer)".utf8)
    }
}

/// Answers SELECT and nothing else, later, until it leaves.
private final class FakeChip: ChipInField, @unchecked Sendable {
    let takesExtended: Bool
    private let lock = NSLock()
    private var result: Result<Data, any Error>?
    private var count = 0

    init(takesExtended: Bool = true) { self.takesExtended = takesExtended }

    /// What every command gets from now on; nothing where there is no result.
    func set(_ answer: Result<Data, any Error>?) { lock.withLock { result = answer } }

    var commands: Int { lock.withLock { count } }
    var isSilent = false

    func send(_ command: Data, _ answer: Waited<Data>) {
        let given = lock.withLock {
            count += 1
            return result ?? .success(command[1] == 0xa4 ? Data([0x90, 0]) : Data([0x6d, 0]))
        }
        if isSilent { return }
        DispatchQueue.global().async { answer.give(given) }
    }

    func meant(_ error: any Error) -> TransportFailure { error is Refused ? .UserCancelled : .TagLost }
}

private func hardwareKeys(_ cabinet: Drawer, _ hardware: SoftEnclave, signers: Drawer = Drawer()) -> HardwareKeys {
    HardwareKeys(cabinet, signers: signers, hardware) { $0 is Refused ? .Locked : nil }
}

extension KeyAttestation {
    fileprivate static func attested(by signer: String) -> Self { .apple(object: Data("attested by \(signer)".utf8)) }
    fileprivate static func asserted(by signer: String) -> Self { .appleAssertion(assertion: Data("asserted by \(signer)".utf8)) }
}

private let drawer = Drawer()
private let enclave = SoftEnclave()
// Outside the suite: the compiler does not take a closure inside a macro's words.
private let keyChecks = keyStoreContract({ hardwareKeys(drawer, enclave) }, verifies: verifies)
private let secretChecks = secretStoreContract { CabinetSecret(drawer) { _ in false } }
private let chipChecks = cardTransportContract {
    let chip = FakeChip()
    return CardInField(ChipTransport(chip)) { chip.set(.failure(CancellationError())) }
}

/// The adapters of iOS over an enclave, a Keychain and a chip of nothing: the same promises as on a phone.
@Suite(.serialized, .timeLimit(.minutes(2)))
struct AdapterContractsTests {
    /// Off the main thread, as the core calls its ports.
    private func away<T: Sendable>(_ work: @escaping @Sendable () throws -> T) async throws -> T {
        try await withCheckedThrowingContinuation { done in
            DispatchQueue.global().async { done.resume(with: Result { try work() }) }
        }
    }

    @Test("keys of hardware", arguments: keyChecks)
    func keys(check: Check) throws { try check.run() }

    @Test("a secret in a cabinet", arguments: secretChecks)
    func secret(check: Check) throws { try check.run() }

    @Test("a chip behind a platform's class", arguments: chipChecks)
    func chip(check: Check) async throws { try await away { try check.run() } }

    @Test("a key is attested anew until the provider took one, later ones on that one's word, each over its own statement")
    func vouched() throws {
        let enclave = SoftEnclave()
        let keys = hardwareKeys(Drawer(), enclave)
        let first = try keys.create(id: "one", perUse: false, challenge: Data([1]))
        keys.accepted()
        let second = try keys.create(id: "two", perUse: true, challenge: Data([2]))
        #expect(try first.attestation() == .attested(by: "signer-0"))
        #expect(try second.attestation() == .asserted(by: "signer-0"))
        #expect(try enclave.statements[0].statement == keyStatement(publicKey: first.publicKey(), perUse: false, challenge: Data([1])))
        #expect(try enclave.statements[1].statement == keyStatement(publicKey: second.publicKey(), perUse: true, challenge: Data([2])))
        // Seen in use again and again.
        keys.accepted()
        #expect(try keys.create(id: "three", perUse: false, challenge: Data()).attestation() == .asserted(by: "signer-0"))
        // An account that was ended leaves no key: the next one begins anew.
        for id in ["one", "two", "three"] { try keys.delete(id: id) }
        #expect(try keys.create(id: "four", perUse: false, challenge: Data()).attestation() == .attested(by: "signer-3"))
    }

    @Test("an account that is begun again sends nothing by an App Attest key that no provider took")
    func begunAgain() throws {
        let (enclave, signers) = (SoftEnclave(), Drawer())
        let keys = hardwareKeys(Drawer(), enclave, signers: signers)
        // The core deletes the key of what came to nothing when the next one is kept.
        _ = try keys.create(id: "one", perUse: false, challenge: Data())
        #expect(try keys.create(id: "two", perUse: false, challenge: Data()).attestation() == .attested(by: "signer-1"))
        try keys.delete(id: "one")
        keys.accepted()
        #expect(try keys.create(id: "three", perUse: false, challenge: Data()).attestation() == .asserted(by: "signer-1"))
        // The newest one's key went with a call that was refused: whether the provider knows the one before is not known here.
        let again = hardwareKeys(Drawer(), enclave, signers: Drawer())
        _ = try again.create(id: "one", perUse: false, challenge: Data())
        _ = try again.create(id: "two", perUse: false, challenge: Data())
        try again.delete(id: "two")
        again.accepted()
        #expect(try again.create(id: "three", perUse: false, challenge: Data()).attestation() == .attested(by: "signer-5"))
    }

    @Test("where Apple does not answer, or nothing can be noted, the key is made all the same")
    func unvouched() throws {
        let (enclave, signers) = (SoftEnclave(), Drawer())
        let keys = hardwareKeys(Drawer(), enclave, signers: signers)
        enclave.isUnattested = true
        #expect(try keys.create(id: "one", perUse: false, challenge: Data()).attestation() == .unattested)
        enclave.isUnattested = false
        _ = try keys.create(id: "two", perUse: false, challenge: Data())
        signers.isShut = true
        keys.accepted()
        signers.isShut = false
        #expect(try keys.create(id: "three", perUse: false, challenge: Data()).attestation() == .attested(by: "signer-1"))
        keys.accepted()
        enclave.isUnattested = true
        #expect(try keys.create(id: "four", perUse: false, challenge: Data()).attestation() == .unattested)
    }

    @Test("a phone that shows a second code for the account vouches for its new key anew")
    func secondCode() async throws {
        let nation = try Nation()
        defer { nation.close() }
        let enclave = SoftEnclave()
        let keys = hardwareKeys(Drawer(), enclave)
        let wallet = try Wallet.open(folder: nation.wallet("apple"), secretStore: SecretInMemory(), keyStore: keys)
        let provider = AccountProvider(url: nation.url, rootsPem: nation.roots)
        let first = try await wallet.receiveAccount(provider: provider, deviceName: "phone", now: systemNow())
        let second = try await wallet.receiveAccount(provider: provider, deviceName: "another name", now: systemNow())
        #expect(first.text != second.text)
        #expect(enclave.statements.map(\.by) == ["signer-0", "signer-1"])
    }

    @Test("a key remembers whether the person is asked each time")
    func policy() throws {
        let enclave = SoftEnclave()
        let keys = hardwareKeys(Drawer(), enclave)
        for (id, perUse) in [("one", true), ("two", false)] { _ = try keys.create(id: id, perUse: perUse, challenge: Data()) }
        for id in ["one", "two"] { _ = try keys.find(id: id).sign(message: Data()) }
        #expect(enclave.uses == [true, false])
    }

    @Test("what the platform throws is told apart, and what it did not announce is unavailable")
    func faults() throws {
        let (drawer, enclave) = (Drawer(), SoftEnclave())
        let keys = hardwareKeys(drawer, enclave)
        let key = try keys.create(id: "one", perUse: false, challenge: Data())
        enclave.fault = Refused()
        #expect(throws: DeviceKeyError.Locked) { try key.sign(message: Data()) }
        #expect(throws: DeviceKeyError.Locked) { try keys.create(id: "two", perUse: false, challenge: Data()) }
        enclave.fault = DeviceKeyError.UserCancelled
        #expect(throws: DeviceKeyError.UserCancelled) { try key.sign(message: Data()) }
        enclave.fault = CancellationError()
        #expect(throws: DeviceKeyError.Unavailable) { try key.sign(message: Data()) }
        // What is kept and cannot be read is not called lost: that would be for good.
        try drawer.save("torn", Data([1, 2, 3]))
        #expect(throws: DeviceKeyError.Unavailable) { try keys.find(id: "torn") }
        drawer.isShut = true
        #expect(throws: DeviceKeyError.Locked) { try keys.find(id: "one") }
        #expect(throws: SecretStoreFailure.Unavailable) { try CabinetSecret(drawer) { _ in false }.load() }
        #expect(throws: SecretStoreFailure.UserCancelled) { try CabinetSecret(drawer) { $0 is Refused }.save(secret: Data()) }
    }

    @Test("why a chip did not answer is told apart, and one that was lost is asked nothing more")
    func chipFaults() async throws {
        let cases: [(Result<Data, any Error>, TransportFailure, Int)] = [
            (.failure(CancellationError()), .TagLost, 1), (.failure(Refused()), .UserCancelled, 2), (.success(Data([0x90])), .TagLost, 1),
            (.success(Data()), .TagLost, 1), (.failure(TransportFailure.Unavailable), .Unavailable, 2),
        ]
        for (answer, wanted, asked) in cases {
            let chip = FakeChip()
            let transport = ChipTransport(chip)
            chip.set(answer)
            await #expect(throws: wanted) { try await away { try transport.transceive(command: Data([0, 0xa4, 0, 0])) } }
            chip.set(nil)
            _ = try? await away { try transport.transceive(command: Data([0, 0xa4, 0, 0])) }
            #expect(chip.commands == asked)
        }
    }

    @Test("a silent chip is a time-out, and its late answer is nobody's")
    func silent() async throws {
        let chip = FakeChip()
        let transport = ChipTransport(chip, patience: 0.2)
        chip.isSilent = true
        await #expect(throws: TransportFailure.Timeout) { try await away { try transport.transceive(command: Data([0, 0xa4, 0, 0])) } }
        chip.isSilent = false
        await #expect(throws: TransportFailure.TagLost) { try await away { try transport.transceive(command: Data([0, 0xa4, 0, 0])) } }
    }

    @Test("short commands alone go where the phone has no others")
    func lengths() {
        #expect(ChipTransport(FakeChip()).maxCommandLen() == 2_048)
        #expect(ChipTransport(FakeChip(takesExtended: false)).maxCommandLen() == 261)
    }
}
