import Foundation
import Sen
import SenContracts
import SenNation
import Testing

private typealias Ports<Port> = KeyValuePairs<String, @Sendable () throws -> Port>

/// Each promise of the contracts is broken by one port at least, and found.
@Suite
struct ContractsCanFailTests {
    private func broken(_ checks: [Check]) -> [String] { checks.filter { (try? $0.run()) == nil }.map(\.description) }

    /// Every port breaks its own promise, and between them they break all.
    private func each<Port>(_ ports: Ports<Port>, _ contract: (@escaping @Sendable () throws -> Port) -> [Check]) throws {
        let all = contract(try #require(ports.first).value)
        #expect(ports.map(\.key) == all.map(\.description))
        for (promise, port) in ports { #expect(broken(contract(port)).contains(promise), "not found: \(promise)") }
    }

    @Test("each promise of a secret store can be broken")
    func secrets() throws {
        let kept = SecretInMemory()
        let ports: Ports<any SecretStore> = [
            "nothing was saved yet": { BrokenSecret(SecretInMemory(), load: { _ in Data() }) },
            "what was saved is loaded, also after a new start": { SecretInMemory() },
            "the last one counts, whatever its length": {
                BrokenSecret(kept, save: { try $0.save(secret: $1 + ($0.load() ?? Data()).dropFirst($1.count)) })
            },
            "what is erased is gone, and another can be saved": {
                BrokenSecret(kept, erase: { if try $0.load()?.count != 3 { try $0.erase() } })
            },
            "erasing nothing is no error": {
                BrokenSecret(kept, erase: { if try $0.load() == nil { throw SecretStoreFailure.Unavailable } else { try $0.erase() } })
            },
        ]
        try each(ports, secretStoreContract)
        #expect(broken(secretStoreContract { kept }) == [])
    }

    @Test("each promise of a key store can be broken")
    func keys() throws {
        let keys = SoftwareKeys()
        @Sendable func made(_ change: @escaping @Sendable (any DeviceKey, _ perUse: Bool) -> any DeviceKey) -> any KeyStore {
            BrokenKeys(keys, create: { change(try keys.create(id: $0, perUse: $1, challenge: $2), $1) })
        }
        @Sendable func isThere(_ id: String) -> Bool { (try? keys.find(id: id)) != nil }
        let forgetful = Names()
        let ports: Ports<any KeyStore> = [
            "a key that was made is found again, also after a new start": { SoftwareKeys() },
            "each key has a public key of its own, uncompressed": {
                made { key, _ in BrokenKey(key, publicKey: { Data([2]) + (try key.publicKey()).dropFirst() }) }
            },
            "a signature of 64 octets verifies under the key and for the message alone": {
                made { key, _ in BrokenKey(key, sign: { _ in try key.sign(message: Data()) }) }
            },
            "a key that asks at each use signs, too": {
                made { key, perUse in perUse ? BrokenKey(key, sign: { _ in throw DeviceKeyError.Locked }) : key }
            },
            "a key under a name that is taken takes its place": {
                BrokenKeys(keys, create: { try (try? keys.find(id: $0)) ?? keys.create(id: $0, perUse: $1, challenge: $2) })
            },
            "a key that was deleted is lost, and another is not": {
                BrokenKeys(
                    keys,
                    create: {
                        forgetful.add($0)
                        return try keys.create(id: $0, perUse: $1, challenge: $2)
                    },
                    delete: { _ in for name in forgetful.all { try keys.delete(id: name) } })
            },
            "a key that was never made is lost": {
                BrokenKeys(keys, find: { if isThere($0) { try keys.find(id: $0) } else { throw DeviceKeyError.Unavailable } })
            },
            "deleting what is not there is no error": {
                BrokenKeys(keys, delete: { if isThere($0) { try keys.delete(id: $0) } else { throw DeviceKeyError.Lost } })
            },
            "names of 64 characters are kept apart": {
                BrokenKeys(
                    keys, create: { try keys.create(id: String($0.prefix(63)), perUse: $1, challenge: $2) },
                    find: { try keys.find(id: String($0.prefix(63))) })
            },
            "what is said of a key stays the same when it is found again": {
                BrokenKeys(keys, find: { BrokenKey(try keys.find(id: $0), attestation: .apple(object: Data([1]))) })
            },
            "an empty challenge is none the worse": {
                BrokenKeys(
                    keys,
                    create: {
                        if $2.isEmpty { throw DeviceKeyError.Unavailable }
                        return try keys.create(id: $0, perUse: $1, challenge: $2)
                    })
            },
        ]
        try each(ports) { keyStoreContract($0, verifies: verifies) }
        #expect(broken(keyStoreContract({ keys }, verifies: verifies)) == [])
    }

    @Test("each promise of a card transport can be broken")
    func cards() throws {
        let ports: Ports<CardInField> = [
            "an answer ends with two status octets": { BrokenCard(answer: { _ in Data([1]) }).inField },
            "answers come in the order of their commands": { BrokenCard(answer: { _ in Data([0x90, 0]) }).inField },
            "a short command always fits": { BrokenCard(longest: { _ in 260 }).inField },
            "the longest command that it names goes through": { BrokenCard(takes: 1_000).inField },
            "a card that left is lost, for every command from then on": { BrokenCard(losses: 1).inField },
            "how long a command may be is known without a card": { BrokenCard(longest: { gone in gone ? 261 : 2_048 }).inField },
        ]
        try each(ports, cardTransportContract)
        #expect(broken(cardTransportContract { BrokenCard().inField }) == [])
    }
}

/// A secret store over another, with one of its ways replaced.
private final class BrokenSecret: SecretStore {
    private let kept: SecretInMemory
    private let loading: @Sendable (SecretInMemory) throws -> Data?
    private let saving: @Sendable (SecretInMemory, Data) throws -> Void
    private let erasing: @Sendable (SecretInMemory) throws -> Void

    init(
        _ kept: SecretInMemory, load: @escaping @Sendable (SecretInMemory) throws -> Data? = { try $0.load() },
        save: @escaping @Sendable (SecretInMemory, Data) throws -> Void = { try $0.save(secret: $1) },
        erase: @escaping @Sendable (SecretInMemory) throws -> Void = { try $0.erase() }
    ) {
        (self.kept, loading, saving, erasing) = (kept, load, save, erase)
    }

    func load() throws -> Data? { try loading(kept) }

    func save(secret: Data) throws { try saving(kept, secret) }

    func erase() throws { try erasing(kept) }
}

/// The same for a key store.
private final class BrokenKeys: KeyStore {
    private let creating: @Sendable (String, Bool, Data) throws -> any DeviceKey
    private let finding: @Sendable (String) throws -> any DeviceKey
    private let deleting: @Sendable (String) throws -> Void

    init(
        _ keys: SoftwareKeys, create: (@Sendable (String, Bool, Data) throws -> any DeviceKey)? = nil,
        find: (@Sendable (String) throws -> any DeviceKey)? = nil, delete: (@Sendable (String) throws -> Void)? = nil
    ) {
        creating = create ?? { try keys.create(id: $0, perUse: $1, challenge: $2) }
        finding = find ?? { try keys.find(id: $0) }
        deleting = delete ?? { try keys.delete(id: $0) }
    }

    func create(id: String, perUse: Bool, challenge: Data) throws -> any DeviceKey { try creating(id, perUse, challenge) }

    func find(id: String) throws -> any DeviceKey { try finding(id) }

    func delete(id: String) throws { try deleting(id) }
}

/// The same for a key.
private final class BrokenKey: DeviceKey {
    private let giving: @Sendable () throws -> Data
    private let signing: @Sendable (Data) throws -> Data
    private let saying: @Sendable () throws -> KeyAttestation

    init(
        _ key: any DeviceKey, publicKey: (@Sendable () throws -> Data)? = nil, sign: (@Sendable (Data) throws -> Data)? = nil,
        attestation: KeyAttestation? = nil
    ) {
        giving = publicKey ?? { try key.publicKey() }
        signing = sign ?? { try key.sign(message: $0) }
        saying = { try attestation ?? key.attestation() }
    }

    func publicKey() throws -> Data { try giving() }

    func sign(message: Data) throws -> Data { try signing(message) }

    func attestation() throws -> KeyAttestation { try saying() }
}

/// Names of keys that were made.
private final class Names: @unchecked Sendable {
    private let lock = NSLock()
    private var names: Set<String> = []

    var all: Set<String> { lock.withLock { names } }

    func add(_ name: String) { lock.withLock { _ = names.insert(name) } }
}

/// A card that keeps every promise but the one that is given.
private final class BrokenCard: CardTransport, @unchecked Sendable {
    private let answer: @Sendable (Data) -> Data
    private let longest: @Sendable (_ gone: Bool) -> UInt32
    private let takes: Int
    private let lock = NSLock()
    private var losses: Int
    private var isGone = false

    init(
        answer: @escaping @Sendable (Data) -> Data = { $0[1] == 0xa4 ? Data([0x90, 0]) : Data([0x6d, 0]) },
        longest: @escaping @Sendable (_ gone: Bool) -> UInt32 = { _ in 2_048 }, takes: Int = 2_048, losses: Int = .max
    ) {
        (self.answer, self.longest, self.takes, self.losses) = (answer, longest, takes, losses)
    }

    var inField: CardInField { CardInField(self) { self.lock.withLock { self.isGone = true } } }

    func maxCommandLen() -> UInt32 { longest(lock.withLock { isGone }) }

    func transceive(command: Data) throws -> Data {
        let isLost = lock.withLock {
            guard isGone, losses > 0 else { return false }
            losses -= 1
            return true
        }
        if isLost || command.count > takes { throw TransportFailure.TagLost }
        return answer(command)
    }
}
