import Foundation
import Sen

/// Asks the device for the person, by finger, face or the device's code, and says by which; nothing where they declined.
public protocol Recogniser: Sendable {
    func recognise() async -> Recognised?
}

/// What every presenter works with.
public final class Surroundings: Sendable {
    let wallet: Wallet
    let recogniser: any Recogniser
    let now: Now
    let zone: TimeZone

    public init(wallet: Wallet, recogniser: any Recogniser, now: @escaping Now = systemNow, zone: TimeZone = .current) {
        (self.wallet, self.recogniser, self.now, self.zone) = (wallet, recogniser, now, zone)
    }
}

/// Holds what one screen shows, and changes it. It knows no platform.
public class Presenter<State: Equatable & Sendable>: @unchecked Sendable {
    let around: Surroundings
    private let lock = NSLock()
    private var shown: State
    private var turn = 0
    private var watchers: [UUID: AsyncStream<State>.Continuation] = [:]

    init(_ start: State, _ around: Surroundings) { (shown, self.around) = (start, around) }

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

    var wallet: Wallet { around.wallet }

    func now() -> Int64 { around.now() }

    func show(_ state: State) { change { $0 = state } }

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
    func show(_ state: State, in wanted: Int) -> Bool {
        lock.withLock {
            guard turn == wanted else { return false }
            shown = state
            for watcher in watchers.values { _ = watcher.yield(shown) }
            return true
        }
    }

    func isOver(_ wanted: Int) -> Bool { lock.withLock { turn != wanted } }

    /// Does something with the core; what it refuses becomes what the screen shows.
    func work(refused: @escaping @Sendable (Problem) -> Void, _ block: @escaping @Sendable () async throws -> Void) -> Task<Void, Never> {
        Task {
            do {
                try await block()
            } catch let error as SenError {
                refused(error.problem)
            } catch is CancellationError {
                return
            } catch {
                // Nothing that the core announced: what it says may hold anything, so it is not shown.
                refused(Problem(Line(.bug, "app.unexpected"), .report, "app.unexpected"))
            }
        }
    }

    /// A call of the core that blocks, or prompts: on a thread of its own, since the runtime has as few as there are cores.
    func calling<T: Sendable>(_ call: @escaping @Sendable (Wallet) throws -> T) async throws -> T {
        let wallet = wallet
        return try await withCheckedThrowingContinuation { done in
            DispatchQueue.global(qos: .userInitiated).async { done.resume(with: Result { try call(wallet) }) }
        }
    }
}
