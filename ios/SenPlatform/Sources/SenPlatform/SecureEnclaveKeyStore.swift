import CryptoKit
import Foundation
@preconcurrency import LocalAuthentication
import Security
import Sen
import SenApp

/// Keys of the Secure Enclave. Those that show codes ask once in two minutes, by face, finger or passcode; those that approve ask each
/// time, by the face or fingers of the day they were made.
public final class SecureEnclaveKeyStore: KeyStore, Sendable {
    static let service = "vn.sen.keys"
    private let keychain = Keychain(service: service)
    private let device: DeviceAuthenticator
    private let attest = AppAttest()

    public init(_ device: DeviceAuthenticator) { self.device = device }

    public func create(id: String, perUse: Bool, challenge: Data) throws -> any DeviceKey {
        try translated {
            guard SecureEnclave.isAvailable else { throw DeviceKeyError.Unavailable }
            let key = try SecureEnclave.P256.Signing.PrivateKey(accessControl: Self.access(perUse))
            // The first key of a phone is vouched for by an App Attest key of its own, later ones on that key's word.
            let isFirst = try keychain.names().isEmpty
            let statement = keyStatement(publicKey: key.publicKey.x963Representation, perUse: perUse, challenge: challenge)
            let vouched = attest.vouch(for: statement, anew: isFirst)
            try keychain.save(id, KeptKey(sealed: key.dataRepresentation, perUse: perUse, vouched: vouched).encoded())
            return try find(id: id)
        }
    }

    public func find(id: String) throws -> any DeviceKey {
        try translated {
            guard let kept = try keychain.load(id) else { throw DeviceKeyError.Lost }
            return EnclaveKey(try KeptKey(kept: kept), device)
        }
    }

    public func delete(id: String) throws { try translated { try keychain.delete(id) } }

    private static func access(_ perUse: Bool) throws -> SecAccessControl {
        // A new face or finger ends a key that approves; one that shows a QR survives it.
        let flags: SecAccessControlCreateFlags = perUse ? [.privateKeyUsage, .biometryCurrentSet] : [.privateKeyUsage, .userPresence]
        guard let access = SecAccessControlCreateWithFlags(nil, kSecAttrAccessibleWhenPasscodeSetThisDeviceOnly, flags, nil) else {
            throw DeviceKeyError.Unavailable
        }
        return access
    }
}

private final class EnclaveKey: DeviceKey, Sendable {
    private let kept: KeptKey
    private let device: DeviceAuthenticator

    init(_ kept: KeptKey, _ device: DeviceAuthenticator) { (self.kept, self.device) = (kept, device) }

    /// Asks nobody.
    func publicKey() throws -> Data {
        try translated { try SecureEnclave.P256.Signing.PrivateKey(dataRepresentation: kept.sealed).publicKey.x963Representation }
    }

    func sign(message: Data) throws -> Data {
        try translated {
            let context = try kept.perUse ? device.fresh() : device.recent()
            let key = try SecureEnclave.P256.Signing.PrivateKey(dataRepresentation: kept.sealed, authenticationContext: context)
            return try key.signature(for: message).rawRepresentation
        }
    }

    func attestation() throws -> KeyAttestation {
        switch kept.vouched {
        case .nothing: .unattested
        case .attested(let object): .apple(object: object)
        case .asserted(let assertion): .appleAssertion(assertion: assertion)
        }
    }
}

/// What the platform throws, as what the core understands. Anything else is not announced and becomes `Unavailable`.
func translated<T>(_ work: () throws -> T) throws -> T {
    do {
        return try work()
    } catch let error as LAError {
        throw failure(error)
    } catch let refused as Keychain.Refused {
        throw failure(refused.status)
    } catch let error as NSError where error.domain == NSOSStatusErrorDomain {
        throw failure(OSStatus(truncatingIfNeeded: error.code))
    }
}

private func failure(_ error: LAError) -> DeviceKeyError {
    switch error.code {
    case .userCancel, .appCancel, .systemCancel, .userFallback: .UserCancelled
    case .authenticationFailed, .passcodeNotSet, .biometryLockout, .biometryNotEnrolled, .biometryNotAvailable, .notInteractive: .Locked
    default: .Unavailable
    }
}

private func failure(_ status: OSStatus) -> DeviceKeyError {
    switch status {
    case errSecUserCanceled: .UserCancelled
    case errSecInteractionNotAllowed: .Locked
    // The person was recognised before the key was asked: what it refuses then, it refuses for good.
    case errSecAuthFailed, errSecItemNotFound: .Lost
    default: .Unavailable
    }
}
