import Foundation
import Sen
import SenNation
import Testing

@testable import SenApp

@Suite
struct ScanTests {
    @Test("each code is told by how it begins")
    func begins() {
        #expect(Scanned(" 736110123\n") == .deskQuestion("736110123"))
        #expect(Scanned("736310123") == .newPhone("736310123"))
        #expect(Scanned("736410123") == .readingRequest("736410123"))
        #expect(Scanned("openid4vp://?x") == .request("openid4vp://?x"))
        #expect(Scanned("openid-credential-offer://?x") == .offer("openid-credential-offer://?x"))
        for code in ["736010123", "736210123"] { #expect(Scanned(code) == .forClinic) }
        // Digits of other scripts are no digits of a frame.
        for other in ["", "7365", "736", "https://example.org", "7361x", "٧٣٦١"] { #expect(Scanned(other) == .other) }
    }

    @Test("the scanner goes on looking until it sees what the screen wants")
    func looks() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("sen-scan-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let wallet = try Wallet.open(folder: folder.path, secretStore: SecretInMemory(), keyStore: SoftwareKeys())
        let scan = ScanPresenter(Surroundings(wallet: wallet, recogniser: PersonInFront())) {
            if case .newPhone = $0 { true } else { false }
        }
        scan.read("736012345")
        #expect(scan.state == .looking(Line(.scanForClinic)))
        scan.read("736112345")
        #expect(scan.state == .looking(Line(.scanOther)))
        scan.read("736312345")
        #expect(scan.state == .found(.newPhone("736312345")))
        // What comes into view afterwards changes nothing.
        scan.read("736012345")
        #expect(scan.state == .found(.newPhone("736312345")))
        scan.again()
        #expect(scan.state == .looking())
    }
}
