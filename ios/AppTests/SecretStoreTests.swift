import Sen
import SenPlatform
import XCTest

/// What the core relies on of a secret store, on the Keychain of a phone or simulator with a passcode.
final class SecretStoreTests: XCTestCase {
    private let store = KeychainSecretStore()

    override func setUpWithError() throws { try store.erase() }

    override func tearDownWithError() throws { try store.erase() }

    func testNothingIsThereBeforeItIsSaved() throws {
        XCTAssertNil(try store.load())
    }

    func testTheSecretLastSavedIsLoadedAlsoByAnother() throws {
        try store.save(secret: Data([1, 2, 3]))
        try store.save(secret: Data(repeating: 7, count: 128))
        XCTAssertEqual(try store.load(), Data(repeating: 7, count: 128))
        XCTAssertEqual(try KeychainSecretStore().load(), Data(repeating: 7, count: 128))
    }

    func testWhatWasErasedIsGoneAndErasingNothingIsNoError() throws {
        try store.save(secret: Data([1]))
        try store.erase()
        try store.erase()
        XCTAssertNil(try store.load())
    }

    func testWhatAnEarlierInstallationLeftIsForgotten() throws {
        try store.save(secret: Data([1]))
        try forgetEarlierInstallation()
        XCTAssertNil(try store.load())
    }
}
