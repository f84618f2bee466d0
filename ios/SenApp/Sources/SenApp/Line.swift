import Foundation

/// What stands in the place of a sentence.
public enum Part: Equatable, Sendable {
    /// A number, a date, or somebody's own words: the same in each language.
    case own(String)
    case line(Line)
    /// Several in a row.
    case listed([Part])
}

/// A sentence with its values, for the shell to say in the person's language. A warning is never folded away.
public struct Line: Equatable, Sendable {
    public let word: Word
    public let values: [Part]
    public var isWarning: Bool

    /// As many values as the word has places.
    public init(_ word: Word, _ values: String..., warning: Bool = false) { self.init(word, parts: values.map(Part.own), warning: warning) }

    public init(_ word: Word, parts: [Part], warning: Bool = false) {
        precondition(parts.count == word.places, "\(word.rawValue) has \(word.places) places")
        (self.word, self.values, self.isWarning) = (word, parts, warning)
    }

    static func warning(_ word: Word) -> Line { Line(word, warning: true) }

    /// The same as a warning, where this is one.
    func warned(_ warning: Bool) -> Line {
        var line = self
        line.isWarning = warning
        return line
    }
}

/// Seconds since 1970 as a day, as it is written in Vietnam.
public func day(_ seconds: Int64, _ zone: TimeZone) -> String {
    let parts = parts(seconds, zone)
    return String(format: "%02d/%02d/%04d", parts.day ?? 0, parts.month ?? 0, parts.year ?? 0)
}

/// The same to the minute.
public func minute(_ seconds: Int64, _ zone: TimeZone) -> String {
    let parts = parts(seconds, zone)
    return String(format: "%02d:%02d ", parts.hour ?? 0, parts.minute ?? 0) + day(seconds, zone)
}

/// Dong in groups of three, as they are written in Vietnam: a nought too many is seen.
public func money(_ digits: String) -> String {
    let ends = stride(from: digits.count, to: 0, by: -3)
    return ends.map { digits.prefix($0).suffix(min($0, 3)) }.reversed().joined(separator: ".")
}

/// By the calendar of Vietnam, whatever the phone's own is.
private func parts(_ seconds: Int64, _ zone: TimeZone) -> DateComponents {
    var calendar = Calendar(identifier: .gregorian)
    calendar.timeZone = zone
    return calendar.dateComponents([.year, .month, .day, .hour, .minute], from: Date(timeIntervalSince1970: TimeInterval(seconds)))
}

/// What a certificate's subject (RFC 4514) says for people. One that names nobody, or two, stays as it is: whom it means is not for the
/// screen to choose.
public func commonName(_ subject: String) -> String {
    let found = subject.matches(of: /(?:^|,)CN=((?:[^\\,+]|\\.)+)(?=,|$)/)
    guard found.count == 1, let name = found.first.map({ String($0.1) }) else { return subject }
    // Octets in hexadecimal are for machines.
    if name.firstMatch(of: /^#|\\[0-9A-Fa-f]{2}/) != nil { return subject }
    return name.replacing(/\\(.)/) { String($0.1) }.trimmed
}
