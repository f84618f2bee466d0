import CryptoKit
import Foundation
@preconcurrency import LocalAuthentication
import Security
import Sen
import SenApp

/// Keys of the Secure Enclave. Those that show codes ask once in two minutes, by face, finger or passcode; those that approve ask each
/// time, by the face or fingers of the day they were made.
final class SecureEnclaveKeys: KeyHardware {
    private let device: DeviceAuthenticator
    private let appAttest = AppAttest()

    init(_ device: DeviceAuthenticator) { self.device = device }

    func make(perUse: Bool) throws -> Data {
        guard SecureEnclave.isAvailable else { throw DeviceKeyError.Unavailable }
        // A new face or finger ends a key that approves; one that shows a QR survives it.
        let flags: SecAccessControlCreateFlags = perUse ? [.privateKeyUsage, .biometryCurrentSet] : [.privateKeyUsage, .userPresence]
        guard let access = SecAccessControlCreateWithFlags(nil, kSecAttrAccessibleWhenPasscodeSetThisDeviceOnly, flags, nil) else {
            throw DeviceKeyError.Unavailable
        }
        return try SecureEnclave.P256.Signing.PrivateKey(accessControl: access).dataRepresentation
    }

    func publicKey(_ sealed: Data) throws -> Data {
        try SecureEnclave.P256.Signing.PrivateKey(dataRepresentation: sealed).publicKey.x963Representation
    }

    func sign(_ message: Data, sealed: Data, perUse: Bool) throws -> Data {
        let context = try perUse ? device.fresh() : device.recent()
        let key = try SecureEnclave.P256.Signing.PrivateKey(dataRepresentation: sealed, authenticationContext: context)
        return try key.signature(for: message).rawRepresentation
    }

    func attest(_ statement: Data) -> Attested? { appAttest.attest(statement) }

    func assertion(of statement: Data, by signer: String) -> Data? { appAttest.assertion(of: statement, by: signer) }

    /// What the platform throws, as what the core understands.
    @Sendable static func meant(_ error: any Error) -> DeviceKeyError? {
        if let error = error as? LAError { return meant(error.code) }
        if let refused = error as? Keychain.Refused { return meant(refused.status) }
        let error = error as NSError
        return error.domain == NSOSStatusErrorDomain ? meant(OSStatus(truncatingIfNeeded: error.code)) : nil
    }

    private static func meant(_ code: LAError.Code) -> DeviceKeyError? {
        switch code {
        case .userCancel, .appCancel, .systemCancel, .userFallback: .UserCancelled
        case .authenticationFailed, .passcodeNotSet, .biometryLockout, .biometryNotEnrolled, .biometryNotAvailable, .notInteractive: .Locked
        default: nil
        }
    }

    private static func meant(_ status: OSStatus) -> DeviceKeyError? {
        switch status {
        case errSecUserCanceled: .UserCancelled
        case errSecInteractionNotAllowed: .Locked
        // The person was recognised before the key was asked: what it refuses then, it refuses for good.
        case errSecAuthFailed, errSecItemNotFound: .Lost
        default: nil
        }
    }
}
