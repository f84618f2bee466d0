import Foundation

/// Which App Attest key the account's provider knows. It learns one with the key that it vouches for: an account that was begun and
/// came to nothing left one that nobody knows, and its word would be refused.
final class Signers: Sendable {
    private let cabinet: any Cabinet
    private let keys: any Cabinet

    private struct Signer: Codable {
        let name: String
        /// The device key that it vouched for when it was made. Where that is gone, so is the account that it was for.
        let key: String
    }

    init(_ cabinet: any Cabinet, keys: any Cabinet) { (self.cabinet, self.keys) = (cabinet, keys) }

    /// The one that the provider knows, if any.
    func known() throws -> String? { try found("known")?.name }

    /// A new one vouched for this device key; nobody knows it yet.
    func made(_ name: String, for key: String) throws {
        try cabinet.save("made", PropertyListEncoder().encode(Signer(name: name, key: key)))
    }

    /// The provider knows the newest.
    func accepted() throws {
        guard try found("made") != nil, let made = try cabinet.load("made") else { return }
        try cabinet.save("known", made)
        try cabinet.delete("made")
    }

    private func found(_ name: String) throws -> Signer? {
        guard let kept = try cabinet.load(name) else { return nil }
        let signer = try PropertyListDecoder().decode(Signer.self, from: kept)
        return try keys.load(signer.key) == nil ? nil : signer
    }
}
