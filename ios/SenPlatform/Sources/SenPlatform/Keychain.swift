import Foundation
import Security
import SenApp

/// One kind of secrets in the Keychain: on this phone alone, with a passcode set, in no backup and no other phone.
struct Keychain: Cabinet {
    let service: String

    /// What the Keychain answered, in numbers.
    struct Refused: Error {
        let status: OSStatus
    }

    private func one(_ name: String) -> [CFString: Any] {
        [
            kSecClass: kSecClassGenericPassword, kSecAttrService: service, kSecAttrAccount: name, kSecAttrSynchronizable: false,
            kSecUseDataProtectionKeychain: true,
        ]
    }

    func load(_ name: String) throws -> Data? {
        var found: CFTypeRef?
        let status = SecItemCopyMatching(one(name).merging([kSecReturnData: true]) { $1 } as CFDictionary, &found)
        if status == errSecItemNotFound { return nil }
        guard status == errSecSuccess, let data = found as? Data else { throw Refused(status: status) }
        return data
    }

    func save(_ name: String, _ content: Data) throws {
        let status = SecItemUpdate(one(name) as CFDictionary, [kSecValueData: content] as CFDictionary)
        if status == errSecSuccess { return }
        guard status == errSecItemNotFound else { throw Refused(status: status) }
        let new = one(name).merging([kSecValueData: content, kSecAttrAccessible: kSecAttrAccessibleWhenPasscodeSetThisDeviceOnly]) { $1 }
        let added = SecItemAdd(new as CFDictionary, nil)
        guard added == errSecSuccess else { throw Refused(status: added) }
    }

    /// Deleting what is not there is no error.
    func delete(_ name: String) throws { try delete(one(name)) }

    func deleteAll() throws {
        try delete([kSecClass: kSecClassGenericPassword, kSecAttrService: service, kSecUseDataProtectionKeychain: true])
    }

    private func delete(_ query: [CFString: Any]) throws {
        let status = SecItemDelete(query as CFDictionary)
        guard status == errSecSuccess || status == errSecItemNotFound else { throw Refused(status: status) }
    }
}
