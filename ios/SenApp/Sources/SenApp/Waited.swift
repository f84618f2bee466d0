import Foundation
import Sen

/// An answer that the platform gives later, for a port, which blocks. Never on the thread that prompts.
public final class Waited<Answer: Sendable>: @unchecked Sendable {
    private let lock = NSLock()
    private let given = DispatchSemaphore(value: 0)
    private var answer: Result<Answer, any Error>?

    public init() {}

    /// The first answer counts.
    public func give(_ result: Result<Answer, any Error>) {
        let first = lock.withLock {
            defer { answer = answer ?? result }
            return answer == nil
        }
        if first { given.signal() }
    }

    /// The answer, or nothing after so many seconds.
    public func within(seconds: Double) throws -> Answer? {
        precondition(!Thread.isMainThread, "a prompt would wait for the thread that shows it")
        guard given.wait(timeout: .now() + seconds) == .success else { return nil }
        return try lock.withLock { try answer?.get() }
    }
}
