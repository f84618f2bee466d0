import Foundation
import Sen
import SenApp
import SenPlatform

/// One wallet for the whole app, opened on a worker thread, and whom it believes.
public final class House: Sendable {
    let around: Surroundings
    let provider: AccountProvider
    let issuers: BelievedIssuers
    let verifiers: BelievedVerifiers
    let browser = SystemBrowser()
    let busy = BusyServer()

    /// Files that whoever builds the app puts into `App/nation`: no nation is believed by default.
    public init(bundle: Bundle = .main) throws {
        func file(_ name: String) throws -> Data {
            // This build has no folder `nation` with what it needs.
            guard let url = bundle.url(forResource: name, withExtension: nil, subdirectory: "nation") else {
                throw SenError.Bug(code: "app.no_nation.\(name)")
            }
            return try Data(contentsOf: url)
        }
        func text(_ name: String) throws -> String {
            String(decoding: try file(name), as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
        }
        let (roots, askers) = (try file("ca.pem"), try text("askers-ca.pem"))
        provider = AccountProvider(url: try text("provider"), rootsPem: roots)
        issuers = BelievedIssuers(rootsPem: roots, anchorsPem: try text("documents-ca.pem"))
        verifiers = BelievedVerifiers(rootsPem: roots, verifiersPem: askers, registrarsPem: askers, readUnsigned: false)
        let device = DeviceAuthenticator(words: said(.confirmPerson))
        let keys = secureEnclaveKeyStore(device)
        let wallet = try Wallet.open(
            folder: try Self.folder().path, secretStore: keychainSecretStore(), keyStore: keys, waitListener: busy)
        around = Surroundings(wallet: wallet, recogniser: device, busy: busy, accepted: keys.accepted)
    }

    /// Empties a wallet that does not open any more; what is opened next is a new one.
    static func erase() throws { try eraseWallet(folder: try folder().path, secretStore: keychainSecretStore()) }

    /// In no backup, and closed while the phone is locked.
    private static func folder() throws -> URL {
        let support = try FileManager.default.url(for: .applicationSupportDirectory, in: .userDomainMask, appropriateFor: nil, create: true)
        var folder = support.appendingPathComponent("wallet", isDirectory: true)
        if !FileManager.default.fileExists(atPath: folder.path) {
            // What an app that was deleted left in the Keychain is nobody's.
            try forgetEarlierInstallation()
            try FileManager.default.createDirectory(
                at: folder, withIntermediateDirectories: true, attributes: [.protectionKey: FileProtectionType.complete])
        }
        var values = URLResourceValues()
        values.isExcludedFromBackup = true
        try folder.setResourceValues(values)
        return folder
    }
}
