import Foundation
import Sen

/// What the Keychain holds of a key in the Secure Enclave: nothing that signs without it.
public struct KeptKey: Equatable, Codable, Sendable {
    /// The enclave's own sealed form of the key.
    public let sealed: Data
    /// Whether the person is asked for each signature.
    public let perUse: Bool
    /// What App Attest said when the key was made.
    public let vouched: Vouched

    /// What App Attest said of a key.
    public enum Vouched: Equatable, Codable, Sendable {
        case nothing
        /// The attestation object of a new App Attest key.
        case attested(Data)
        /// An assertion by an App Attest key of before.
        case asserted(Data)
    }

    public init(sealed: Data, perUse: Bool, vouched: Vouched) { (self.sealed, self.perUse, self.vouched) = (sealed, perUse, vouched) }

    public init(kept: Data) throws { self = try PropertyListDecoder().decode(Self.self, from: kept) }

    public func encoded() throws -> Data {
        let encoder = PropertyListEncoder()
        encoder.outputFormat = .binary
        return try encoder.encode(self)
    }
}
