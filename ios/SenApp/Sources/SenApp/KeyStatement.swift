import Foundation

/// What an App Attest key signs to vouch for a key in the Secure Enclave: a fixed beginning, the key's policy, its 65 octets
/// (`04 || x || y`), the challenge. Apple's frameworks take its SHA-256 as the hash of the client data.
public func keyStatement(publicKey: Data, perUse: Bool, challenge: Data) -> Data {
    Data("sen device key 1\0".utf8) + Data([perUse ? 2 : 1]) + publicKey + challenge
}
