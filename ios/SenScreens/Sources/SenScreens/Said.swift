import Foundation
import SenApp

/// A word of the table in the person's language. The presenters name words; the string files are made from the same table.
public func said(_ word: Word, _ values: String...) -> String { said(word, values) }

/// A sentence with its values.
public func said(_ line: Line) -> String { said(line.word, line.values.map(said)) }

private func said(_ part: Part) -> String {
    switch part {
    case .own(let text): text
    case .line(let line): said(line)
    case .listed(let parts): parts.map(said).joined(separator: ", ")
    }
}

private func said(_ word: Word, _ values: [String]) -> String {
    String(format: Bundle.main.localizedString(forKey: word.rawValue, value: nil, table: nil), arguments: values)
}
