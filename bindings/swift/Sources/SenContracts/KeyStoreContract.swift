import Foundation
import Sen

private let id = "contract-one"
private let other = "contract-two"
private let challenge = Data(0..<32)

/// The promises of a `KeyStore` and its `DeviceKey`s (`docs/ports.md`). `keys` gives the same store each time, as an app finds it when it
/// starts again; `verifies` says whether a public key of 65 octets verifies a message's signature of 64. On a phone a person is asked for
/// signatures.
public func keyStoreContract(
    _ keys: @escaping @Sendable () throws -> any KeyStore,
    verifies: @escaping @Sendable (_ key: Data, _ message: Data, _ signature: Data) -> Bool
) -> [Check] {
    func check(_ name: String, _ body: @escaping @Sendable () throws -> Void) -> Check {
        Check(name) {
            defer { for name in [id, other] { try? keys().delete(id: name) } }
            try body()
        }
    }
    @Sendable func made(_ name: String, perUse: Bool = false) throws -> any DeviceKey {
        try keys().create(id: name, perUse: perUse, challenge: challenge)
    }
    return [
        check("a key that was made is found again, also after a new start") {
            try same(made(id).publicKey(), keys().find(id: id).publicKey())
        },
        check("each key has a public key of its own, uncompressed") {
            let (one, two) = (try made(id).publicKey(), try made(other).publicKey())
            try holds(one != two, "the same key twice")
            for point in [one, two] { try holds(point.count == 65 && point.first == 4, "no uncompressed point") }
        },
        check("a signature of 64 octets verifies under the key and for the message alone") {
            let (key, another) = (try made(id), try made(other))
            let point = try key.publicKey()
            for message in [Data(), Data("message".utf8), Data(repeating: 9, count: 100_000)] {
                let signature = try key.sign(message: message)
                try same(64, signature.count)
                try holds(verifies(point, message, signature), "does not verify")
                try holds(!verifies(point, message + [0], signature), "verifies for another message")
                try holds(!verifies(try another.publicKey(), message, signature), "verifies under another key")
            }
        },
        check("a key that asks at each use signs, too") {
            let key = try made(id, perUse: true)
            try holds(verifies(key.publicKey(), challenge, key.sign(message: challenge)), "does not verify")
        },
        check("a key under a name that is taken takes its place") {
            let (first, second) = (try made(id).publicKey(), try made(id).publicKey())
            try holds(first != second, "the old key")
            try same(second, keys().find(id: id).publicKey())
        },
        check("a key that was deleted is lost, and another is not") {
            _ = try made(id)
            let point = try made(other).publicKey()
            try keys().delete(id: id)
            try throwing(DeviceKeyError.Lost) { try keys().find(id: id) }
            try same(point, keys().find(id: other).publicKey())
        },
        check("a key that was never made is lost") { try throwing(DeviceKeyError.Lost) { try keys().find(id: id) } },
        check("deleting what is not there is no error") {
            try keys().delete(id: id)
            try keys().delete(id: id)
        },
        check("names of 64 characters are kept apart") {
            let names = ["0", "1"].map { String(repeating: "a", count: 63) + $0 }
            defer { for name in names { try? keys().delete(id: name) } }
            let first = try made(names[0]).publicKey()
            _ = try made(names[1])
            try same(first, keys().find(id: names[0]).publicKey())
        },
        check("what is said of a key stays the same when it is found again") {
            try same(made(id).attestation(), keys().find(id: id).attestation())
        },
        check("an empty challenge is none the worse") {
            try same(65, keys().create(id: id, perUse: false, challenge: Data()).publicKey().count)
        },
    ]
}
