import CryptoKit
import Sen
import SenContracts
import SenPlatform
import XCTest

/// What the ports promise, on a phone or simulator with a passcode: the same code as on a computer. On a phone somebody answers the prompts.
final class PortContractsTests: XCTestCase {
    private func run(_ checks: [Check]) {
        let done = expectation(description: "all checks")
        // Prompts stand before the main thread, which waits here.
        DispatchQueue.global().async {
            for check in checks {
                do { try check.run() } catch { XCTFail("\(check.description): \(error)") }
            }
            done.fulfill()
        }
        wait(for: [done], timeout: 600)
    }

    func testASecretInTheKeychain() { run(secretStoreContract { keychainSecretStore("vn.sen.contract.secret") }) }

    func testKeysOfTheSecureEnclave() throws {
        try XCTSkipUnless(SecureEnclave.isAvailable, "a simulator without one")
        let device = DeviceAuthenticator(words: "contract")
        run(
            keyStoreContract({ secureEnclaveKeyStore(device, "vn.sen.contract.keys") }) { key, message, signature in
                guard let key = try? P256.Signing.PublicKey(x963Representation: key),
                    let signature = try? P256.Signing.ECDSASignature(rawRepresentation: signature)
                else { return false }
                return key.isValidSignature(signature, for: message)
            })
    }
}
