import Foundation
import Sen

/// A promise that was broken, in words without anything of a person.
public struct Broken: Error, Equatable, CustomStringConvertible {
    public let description: String
}

/// What a port promises, each promise under its name: the same code on a computer, over fakes, and on a phone.
public struct Check: Sendable, CustomStringConvertible {
    public let description: String
    /// Throws `Broken` where it is broken.
    public let run: @Sendable () throws -> Void

    init(_ description: String, _ run: @escaping @Sendable () throws -> Void) { (self.description, self.run) = (description, run) }
}

func same<T: Equatable>(_ wanted: T, _ found: T) throws {
    if wanted != found { throw Broken(description: "wanted \(wanted), found \(found)") }
}

func holds(_ claim: Bool, _ what: String) throws {
    if !claim { throw Broken(description: what) }
}

/// What it throws, by its exact kind: a port says no more than it announced.
func throwing<E: Error & Equatable, T>(_ wanted: E, _ work: () throws -> T) throws {
    do {
        _ = try work()
    } catch let error as E where error == wanted {
        return
    } catch {
        throw Broken(description: "wanted \(wanted), found \(error)")
    }
    throw Broken(description: "wanted \(wanted), and nothing was thrown")
}
