import COpenSSL
import Foundation
import Sen

/// Keys of OpenSSL, where a phone has its own hardware.
public final class SoftwareKeys: KeyStore, @unchecked Sendable {
    private let lock = NSLock()
    private var keys: [String: Pair] = [:]
    private var failure: (any Error)?

    public init() {}

    public var count: Int { lock.withLock { keys.count } }

    /// What every use of a key throws from now on.
    public var fault: (any Error)? {
        get { lock.withLock { failure } }
        set { lock.withLock { failure = newValue } }
    }

    public func create(id: String, perUse: Bool, challenge: Data) throws -> any DeviceKey {
        let pair = try Pair()
        lock.withLock { keys[id] = pair }
        return SoftwareKey(pair, self)
    }

    public func find(id: String) throws -> any DeviceKey {
        guard let pair = lock.withLock({ keys[id] }) else { throw DeviceKeyError.Lost }
        return SoftwareKey(pair, self)
    }

    public func delete(id: String) throws { lock.withLock { keys[id] = nil } }
}

private final class Pair: @unchecked Sendable {
    let key: OpaquePointer

    init() throws {
        guard let key = EC_KEY_new_by_curve_name(NID_X9_62_prime256v1), EC_KEY_generate_key(key) == 1 else {
            throw DeviceKeyError.Unavailable
        }
        self.key = key
    }

    deinit { EC_KEY_free(key) }
}

private final class SoftwareKey: DeviceKey, @unchecked Sendable {
    private let pair: Pair
    private let store: SoftwareKeys

    init(_ pair: Pair, _ store: SoftwareKeys) {
        (self.pair, self.store) = (pair, store)
        Held.shared.add(1)
    }

    deinit { Held.shared.add(-1) }

    func publicKey() throws -> Data {
        var point = [UInt8](repeating: 0, count: 65)
        let length = point.withUnsafeMutableBufferPointer { buffer in
            var end = buffer.baseAddress
            return i2o_ECPublicKey(pair.key, &end)
        }
        guard length == 65 else { throw DeviceKeyError.Unavailable }
        return Data(point)
    }

    func sign(message: Data) throws -> Data {
        if let fault = store.fault { throw fault }
        let bytes = [UInt8](message)
        var digest = [UInt8](repeating: 0, count: 32)
        SHA256(bytes, bytes.count, &digest)
        guard let signature = ECDSA_do_sign(digest, 32, pair.key) else { throw DeviceKeyError.Unavailable }
        defer { ECDSA_SIG_free(signature) }
        var (r, s) = ([UInt8](repeating: 0, count: 32), [UInt8](repeating: 0, count: 32))
        BN_bn2binpad(ECDSA_SIG_get0_r(signature), &r, 32)
        BN_bn2binpad(ECDSA_SIG_get0_s(signature), &s, 32)
        return Data(r + s)
    }

    func attestation() throws -> KeyAttestation { .unattested }
}

/// Whether this public key of 65 octets verifies the message's signature, by OpenSSL.
@Sendable public func verifies(_ key: Data, _ message: Data, _ signature: Data) -> Bool {
    guard let group = EC_KEY_new_by_curve_name(NID_X9_62_prime256v1), signature.count == 64 else { return false }
    defer { EC_KEY_free(group) }
    let (point, bytes, raw) = ([UInt8](key), [UInt8](message), [UInt8](signature))
    // It refuses what is not on the curve.
    guard EC_KEY_oct2key(group, point, point.count, nil) == 1, let parts = ECDSA_SIG_new() else { return false }
    defer { ECDSA_SIG_free(parts) }
    ECDSA_SIG_set0(parts, BN_bin2bn(raw, 32, nil), BN_bin2bn(Array(raw[32...]), 32, nil))
    var digest = [UInt8](repeating: 0, count: 32)
    SHA256(bytes, bytes.count, &digest)
    return ECDSA_do_verify(digest, 32, parts, group) == 1
}

/// One secret in memory.
public final class SecretInMemory: SecretStore, @unchecked Sendable {
    private let lock = NSLock()
    private var secret: Data?

    public init() {}

    public func load() throws -> Data? { lock.withLock { secret } }

    public func save(secret: Data) throws { lock.withLock { self.secret = secret } }

    public func erase() throws { lock.withLock { secret = nil } }
}
