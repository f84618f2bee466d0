import Foundation

/// What a presenter keeps from one press to the next.
final class Kept<Value: Sendable>: @unchecked Sendable {
    private let lock = NSLock()
    private var kept: Value?

    var value: Value? {
        get { lock.withLock { kept } }
        set { lock.withLock { kept = newValue } }
    }

    /// Keeps something in the place of what was kept until now, which it gives back.
    func exchange(_ new: Value) -> Value? {
        lock.withLock {
            defer { kept = new }
            return kept
        }
    }
}
