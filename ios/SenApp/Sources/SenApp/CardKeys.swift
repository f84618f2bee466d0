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
