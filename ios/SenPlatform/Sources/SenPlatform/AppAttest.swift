import CryptoKit
import DeviceCheck
import Foundation
import SenApp

/// What Apple says of this app and phone, for keys of the Secure Enclave, which have no attestation of their own.
struct AppAttest: Sendable {
    static let service = "vn.sen.app-attest"
    private let keychain = Keychain(service: service)
    private let name = "key"

    /// Apple's server is asked for the first.
    private static let patience: Double = 30

    /// Vouches for what a key states, with a new App Attest key or with the one of before. Where that fails nothing vouches for the
    /// key, which is of use all the same.
    func vouch(for statement: Data, anew: Bool) -> KeptKey.Vouched {
        guard DCAppAttestService.shared.isSupported else { return .nothing }
        let hash = Data(SHA256.hash(data: statement))
        do {
            if anew { return .attested(try attest(hash)) }
            guard let kept = try keychain.load(name), let key = String(data: kept, encoding: .utf8) else { return .nothing }
            return .asserted(try waited { DCAppAttestService.shared.generateAssertion(key, clientDataHash: hash, completionHandler: $0) })
        } catch {
            return .nothing
        }
    }

    private func attest(_ hash: Data) throws -> Data {
        let service = DCAppAttestService.shared
        let key: String = try waited { service.generateKey(completionHandler: $0) }
        let object: Data = try waited { service.attestKey(key, clientDataHash: hash, completionHandler: $0) }
        try keychain.save(name, Data(key.utf8))
        return object
    }

    private func waited<T: Sendable>(_ begin: (@escaping @Sendable (T?, (any Error)?) -> Void) -> Void) throws -> T {
        let answer = Waited<T>()
        begin { given, error in
            if let given { answer.give(.success(given)) } else { answer.give(.failure(error ?? DCError(.unknownSystemFailure))) }
        }
        guard let given = try answer.within(seconds: Self.patience) else { throw DCError(.serverUnavailable) }
        return given
    }
}
