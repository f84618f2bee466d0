import Foundation
import Sen

/// Counts what came out right among all.
final class Counted: @unchecked Sendable {
    private let lock = NSLock()
    private var counts = (right: 0, all: 0)

    func add(right: Bool) {
        lock.withLock {
            counts.all += 1
            counts.right += right ? 1 : 0
        }
    }

    var right: Int { lock.withLock { counts.right } }
    var all: Int { lock.withLock { counts.all } }
}

/// Is not passed before it is opened.
final class Gate: @unchecked Sendable {
    private let semaphore = DispatchSemaphore(value: 0)

    func open() { semaphore.signal() }

    /// Blocks a worker thread, as a slow card does.
    func wait() { _ = semaphore.wait(timeout: .now() + 20) }

    func passed() async {
        await withCheckedContinuation { passed in
            DispatchQueue.global().async {
                self.wait()
                passed.resume()
            }
        }
    }
}

/// A person who wants an end when told.
final class Wanted: ReadingListener, @unchecked Sendable {
    private let lock = NSLock()
    private var over = false

    func end() { lock.withLock { over = true } }

    func step(step: ReadingStep) {}

    func cancelled() -> Bool { lock.withLock { over } }
}
