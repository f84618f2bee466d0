import Foundation
import Security
import Sen

/// Keeps the wallet's one secret in the Keychain.
public final class KeychainSecretStore: SecretStore, Sendable {
    private let keychain = Keychain(service: "vn.sen.secret")
    private let name = "wallet"

    public init() {}

    public func load() throws -> Data? { try translated { try keychain.load(name) } }

    public func save(secret: Data) throws { try translated { try keychain.save(name, secret) } }

    public func erase() throws { try translated { try keychain.delete(name) } }

    private func translated<T>(_ work: () throws -> T) throws -> T {
        do {
            return try work()
        } catch let refused as Keychain.Refused {
            throw refused.status == errSecUserCanceled ? SecretStoreFailure.UserCancelled : SecretStoreFailure.Unavailable
        }
    }
}

/// The Keychain outlives the app: what an app that was deleted left there belongs to nobody. To be called at the first start.
public func forgetEarlierInstallation() throws {
    for service in ["vn.sen.secret", SecureEnclaveKeyStore.service, AppAttest.service] { try Keychain(service: service).deleteAll() }
}
