import Foundation
import Sen

/// What the Keychain is to the ports: content under names, on this phone alone.
public protocol Cabinet: Sendable {
    func load(_ name: String) throws -> Data?
    func save(_ name: String, _ content: Data) throws
    /// Deleting what is not there is no error.
    func delete(_ name: String) throws
}

/// What the Secure Enclave is to the ports. A key leaves it only sealed for itself.
public protocol KeyHardware: Sendable {
    /// A new key, sealed.
    func make(perUse: Bool) throws -> Data
    /// 65 octets, `04 || x || y`. Asks nobody.
    func publicKey(_ sealed: Data) throws -> Data
    /// 64 octets, `r || s`. Asks the person, as the key's policy says.
    func sign(_ message: Data, sealed: Data, perUse: Bool) throws -> Data
    /// Vouches for what a key states with a new App Attest key; nothing where Apple does not.
    func attest(_ statement: Data) -> Attested?
    /// The same with an App Attest key of before.
    func assertion(of statement: Data, by signer: String) -> Data?
}

/// What came of a new App Attest key.
public struct Attested: Sendable {
    /// The system's name for it.
    public let signer: String
    public let object: Data

    public init(signer: String, object: Data) { (self.signer, self.object) = (signer, object) }
}

/// Device keys of hardware, kept sealed in a cabinet.
public final class HardwareKeys: KeyStore, Sendable {
    private let cabinet: any Cabinet
    private let hardware: any KeyHardware
    private let signers: Signers
    private let meant: @Sendable (any Error) -> DeviceKeyError?

    /// `signers` is a cabinet for the names of App Attest keys. `meant` says what an error of the platform means for a key, where it
    /// means anything.
    public init(
        _ cabinet: any Cabinet, signers: any Cabinet, _ hardware: any KeyHardware,
        meant: @escaping @Sendable (any Error) -> DeviceKeyError?
    ) {
        (self.cabinet, self.signers, self.hardware, self.meant) = (cabinet, Signers(signers, keys: cabinet), hardware, meant)
    }

    public func create(id: String, perUse: Bool, challenge: Data) throws -> any DeviceKey {
        try translated(meant) {
            let sealed = try hardware.make(perUse: perUse)
            let statement = keyStatement(publicKey: try hardware.publicKey(sealed), perUse: perUse, challenge: challenge)
            let kept = KeptKey(sealed: sealed, perUse: perUse, vouched: try vouch(for: statement, of: id))
            try cabinet.save(id, kept.encoded())
            return HardwareKey(kept, hardware, meant)
        }
    }

    /// A key is vouched for on the word of the App Attest key that the account's provider knows, or else by a new one. Where that
    /// fails nothing vouches for it, and it is of use all the same.
    private func vouch(for statement: Data, of key: String) throws -> KeptKey.Vouched {
        if let known = try signers.known() {
            return hardware.assertion(of: statement, by: known).map(KeptKey.Vouched.asserted) ?? .nothing
        }
        guard let made = hardware.attest(statement) else { return .nothing }
        try signers.made(made.signer, for: key)
        return .attested(made.object)
    }

    /// The account's provider took the keys that there are: what was attested last counts from now on. To be called whenever the
    /// account is seen in use; where the platform refuses to note it, the next key is attested anew.
    public func accepted() { try? signers.accepted() }

    public func find(id: String) throws -> any DeviceKey {
        try translated(meant) {
            guard let kept = try cabinet.load(id) else { throw DeviceKeyError.Lost }
            return HardwareKey(try KeptKey(kept: kept), hardware, meant)
        }
    }

    public func delete(id: String) throws { try translated(meant) { try cabinet.delete(id) } }
}

private final class HardwareKey: DeviceKey, Sendable {
    private let kept: KeptKey
    private let hardware: any KeyHardware
    private let meant: @Sendable (any Error) -> DeviceKeyError?

    init(_ kept: KeptKey, _ hardware: any KeyHardware, _ meant: @escaping @Sendable (any Error) -> DeviceKeyError?) {
        (self.kept, self.hardware, self.meant) = (kept, hardware, meant)
    }

    func publicKey() throws -> Data { try translated(meant) { try hardware.publicKey(kept.sealed) } }

    func sign(message: Data) throws -> Data {
        try translated(meant) { try hardware.sign(message, sealed: kept.sealed, perUse: kept.perUse) }
    }

    func attestation() throws -> KeyAttestation {
        switch kept.vouched {
        case .nothing: .unattested
        case .attested(let object): .apple(object: object)
        case .asserted(let assertion): .appleAssertion(assertion: assertion)
        }
    }
}

private func translated<T>(_ meant: (any Error) -> DeviceKeyError?, _ work: () throws -> T) throws -> T {
    do {
        return try work()
    } catch let error as DeviceKeyError {
        throw error
    } catch {
        throw meant(error) ?? .Unavailable
    }
}

/// The wallet's one secret, in a cabinet.
public final class CabinetSecret: SecretStore, Sendable {
    private let cabinet: any Cabinet
    private let isDeclined: @Sendable (any Error) -> Bool
    private let name = "wallet"

    /// `isDeclined` says whether an error of the platform was the person's word.
    public init(_ cabinet: any Cabinet, isDeclined: @escaping @Sendable (any Error) -> Bool) {
        (self.cabinet, self.isDeclined) = (cabinet, isDeclined)
    }

    public func load() throws -> Data? { try translated { try cabinet.load(name) } }

    public func save(secret: Data) throws { try translated { try cabinet.save(name, secret) } }

    public func erase() throws { try translated { try cabinet.delete(name) } }

    private func translated<T>(_ work: () throws -> T) throws -> T {
        do {
            return try work()
        } catch {
            throw isDeclined(error) ? SecretStoreFailure.UserCancelled : .Unavailable
        }
    }
}
