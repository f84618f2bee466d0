import Foundation

/// A card access number as citizen cards have it.
func isCan(_ text: String) -> Bool { text.utf8.count == 6 && areDigits(text) }

/// The machine-readable zone of a card as it was typed, without what people put between; nothing where it is not three lines of 30
/// (TD1 of ICAO 9303-5).
func zone(_ typed: String) -> String? {
    let zone = typed.uppercased().filter { !$0.isWhitespace }
    let fits = zone.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) || $0 == 0x3C }
    return fits && zone.utf8.count == 90 ? zone : nil
}

/// The six digits from the code that is printed on a citizen card: the last ones of its number, which stands first in it. Nothing else of it
/// is looked at.
func canOfCard(_ code: String) -> String? {
    // Number, old number, name, birth, sex, address, day of issue; newer cards have more behind.
    let fields = code.split(separator: "|", omittingEmptySubsequences: false)
    guard fields.count >= 7, let number = fields.first, number.utf8.count == 12, areDigits(number) else { return nil }
    return String(number.suffix(6))
}

/// Digits of other scripts are none.
func areDigits(_ text: some StringProtocol) -> Bool { text.utf8.allSatisfy { (0x30...0x39).contains($0) } }

/// The file with the portrait.
let portraitFile = "DG2"

/// How much of a card is read. What the files are long the chip says only as each begins; the portrait is most of it and comes last, so that
/// the small ones share the beginning of the bar and it fills with the portrait. It never goes back, also where a lost card is read on.
struct ReadingBar {
    /// What the small files have of the bar.
    private static let small = 0.2
    /// EF.COM, EF.SOD and four groups on a citizen card.
    private static let smallFiles = 6.0
    private var begun: Set<String> = []
    private var reached = 0.0

    mutating func at(_ file: String, _ bytes: UInt64, of total: UInt64) -> Double {
        let share = total == 0 ? 0 : min(Double(bytes) / Double(total), 1)
        if file == portraitFile {
            reached = max(reached, Self.small + (1 - Self.small) * share)
        } else {
            begun.insert(file)
            reached = max(reached, Self.small * min((Double(begun.count) - 1 + share) / Self.smallFiles, 1))
        }
        return reached
    }
}
