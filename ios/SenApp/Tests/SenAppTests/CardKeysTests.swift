import Foundation
import Testing

@testable import SenApp

/// As the code on a citizen card says it; the person is invented.
private let onCard = "000204067891||Đặng Quốc Ưu|31122004|Nam|12/3 Hẻm Ví Dụ|02092024"

@Suite
struct CardKeysTests {
    @Test("the code on a citizen card has the six digits, and no other code has")
    func code() {
        #expect(Scanned("\(onCard)\n") == .citizenCard(can: "067891"))
        #expect(Scanned("\(onCard)|||") == .citizenCard(can: "067891"))
        let others = [
            "00020406789||a|b|c|d|e", "00020406789x||a|b|c|d|e", "000204067891||a|b|c|d", "٠٠٠204067891||a|b|c|d|e",
            "a|b|c|d|e|f|000204067891",
        ]
        for other in others { #expect(Scanned(other) == .other, "\(other)") }
    }

    @Test("six digits are six digits")
    func can() {
        #expect(isCan("067891"))
        for other in ["", "06789", "0678911", "06789x", "٠٦٧٨٩١", "٠٦٧", "06789 "] { #expect(!isCan(other), "\(other)") }
    }

    @Test("the zone is taken as it was typed, with or without line breaks")
    func lines() {
        let lines = ["IDVNM2040678917000204067891<<7", "0412317M2912316VNM<<<<<<<<<<<2", "DANG<<QUOC<UU<<<<<<<<<<<<<<<<<"]
        let whole = lines.joined()
        let breaks = [lines.joined(separator: "\n"), lines.joined(separator: " \n ").lowercased()]
        for typed in [whole] + breaks { #expect(zone(typed) == whole) }
        let rest = whole.dropFirst()
        for other in ["", String(rest), whole + "<", "«" + rest, "Đ" + rest, "Đ" + rest.dropFirst()] {
            #expect(zone(other) == nil, "\(other)")
        }
    }

    @Test("the bar fills with the portrait, and never goes back")
    func bar() {
        var bar = ReadingBar()
        let small = ["COM", "SOD", "DG14", "DG1", "DG13", "DG15"].map { bar.at($0, 100, of: 100) }
        #expect(small == small.sorted() && small[0] < 0.05 && small[5] <= 0.2, "\(small)")
        let half = bar.at("DG2", 5_000, of: 10_000)
        #expect(abs(half - 0.6) < 0.001)
        // Read on after the card was lost: the small files come once more.
        #expect(bar.at("COM", 100, of: 100) == half)
        #expect(bar.at("DG2", 10_000, of: 10_000) == 1)
        // Nothing is known of its length yet; a chip that says more than there is fills no more than the bar.
        var other = ReadingBar()
        #expect(other.at("DG2", 0, of: 0) <= 0.2)
        #expect(other.at("DG2", 20, of: 10) == 1)
    }
}
