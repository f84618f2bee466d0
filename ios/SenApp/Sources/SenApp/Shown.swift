import Foundation

/// What is shown at one place, and tells each that watches it when it changes.
public class Shown<State: Equatable & Sendable>: @unchecked Sendable {
    private let lock = NSLock()
    private var shown: State
    private var turn = 0
    private var watchers: [UUID: AsyncStream<State>.Continuation] = [:]

    init(_ start: State) { shown = start }

    deinit { for watcher in watchers.values { watcher.finish() } }

    /// What to show now.
    public var state: State { lock.withLock { shown } }

    /// What to show now, and then each time that it changes. Who is slow sees the newest alone.
    public func states() -> AsyncStream<State> {
        AsyncStream(bufferingPolicy: .bufferingNewest(1)) { watcher in
            let id = UUID()
            lock.withLock {
                watchers[id] = watcher
                _ = watcher.yield(shown)
            }
            watcher.onTermination = { [weak self] _ in self?.forget(id) }
        }
    }

    private func forget(_ id: UUID) { lock.withLock { watchers[id] = nil } }

    func show(_ state: State) { change { $0 = state } }

    /// Shows something where `from` is still shown, and says whether it was.
    func replace(_ from: State, _ to: State) -> Bool {
        var was = false
        change { if $0 == from { (was, $0) = (true, to) } }
        return was
    }

    /// Changes what is shown in one step.
    func change(_ how: (inout State) -> Void) {
        lock.withLock {
            how(&shown)
            for watcher in watchers.values { _ = watcher.yield(shown) }
        }
    }

    /// What is begun anew or left has nothing more to show: its turn is over.
    func newTurn() -> Int {
        lock.withLock {
            turn += 1
            return turn
        }
    }

    /// Whether this turn is still the one.
    @discardableResult
    func show(_ state: State, in wanted: Int) -> Bool { change(in: wanted) { $0 = state } }

    @discardableResult
    func change(in wanted: Int, _ how: (inout State) -> Void) -> Bool {
        lock.withLock {
            guard turn == wanted else { return false }
            how(&shown)
            for watcher in watchers.values { _ = watcher.yield(shown) }
            return true
        }
    }

    func isOver(_ wanted: Int) -> Bool { lock.withLock { turn != wanted } }
}
