import CryptoKit
import DeviceCheck
import Foundation
import SenApp

/// What Apple says of this app and phone, for keys of the Secure Enclave, which have no attestation of their own.
struct AppAttest: Sendable {
    /// Apple's server is asked for a new key.
    private static let patience: Double = 30

    /// Vouches for what a key states with a new App Attest key; nothing where Apple does not.
    func attest(_ statement: Data) -> Attested? {
        let service = DCAppAttestService.shared
        guard service.isSupported else { return nil }
        do {
            let signer: String = try waited { service.generateKey(completionHandler: $0) }
            let object: Data = try waited { service.attestKey(signer, clientDataHash: hash(statement), completionHandler: $0) }
            return Attested(signer: signer, object: object)
        } catch {
            return nil
        }
    }

    /// The same with an App Attest key of before.
    func assertion(of statement: Data, by signer: String) -> Data? {
        let service = DCAppAttestService.shared
        guard service.isSupported else { return nil }
        return try? waited { service.generateAssertion(signer, clientDataHash: hash(statement), completionHandler: $0) }
    }

    private func hash(_ statement: Data) -> Data { Data(SHA256.hash(data: statement)) }

    private func waited<T: Sendable>(_ begin: (@escaping @Sendable (T?, (any Error)?) -> Void) -> Void) throws -> T {
        let answer = Waited<T>()
        begin { given, error in
            if let given { answer.give(.success(given)) } else { answer.give(.failure(error ?? DCError(.unknownSystemFailure))) }
        }
        guard let given = try answer.within(seconds: Self.patience) else { throw DCError(.serverUnavailable) }
        return given
    }
}
