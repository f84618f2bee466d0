import Foundation
import Security
import Sen
import SenApp

private let secrets = "vn.sen.secret"
private let keys = "vn.sen.keys"
private let signers = "vn.sen.app-attest"

/// The wallet's secret in the Keychain. Tests take a name of their own.
public func keychainSecretStore(_ service: String? = nil) -> any SecretStore {
    CabinetSecret(Keychain(service: service ?? secrets)) { ($0 as? Keychain.Refused)?.status == errSecUserCanceled }
}

/// Keys of the Secure Enclave, sealed in the Keychain. Tests take a name of their own.
public func secureEnclaveKeyStore(_ device: DeviceAuthenticator, _ service: String? = nil) -> HardwareKeys {
    HardwareKeys(
        Keychain(service: service ?? keys), signers: Keychain(service: service.map { "\($0).app-attest" } ?? signers),
        SecureEnclaveKeys(device), meant: SecureEnclaveKeys.meant)
}

/// The Keychain outlives the app: what an app that was deleted left there belongs to nobody. To be called at the first start.
public func forgetEarlierInstallation() throws {
    for service in [secrets, keys, signers] { try Keychain(service: service).deleteAll() }
}
