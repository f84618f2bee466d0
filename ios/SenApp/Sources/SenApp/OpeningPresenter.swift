import Foundation
import Sen

public enum OpeningScreen: Equatable, Sendable {
    case opening
    case open
    /// What opens the wallet is gone, or the wallet is not as it was left: it can be deleted, where `deleting` after the person was asked
    /// once more.
    case lost(Problem, deleting: Bool = false)
    /// Another time it may open.
    case failed(Problem)
}

/// The wallet is opened, or the person is told why it is not. The only presenter without a wallet.
public final class OpeningPresenter<House: Sendable>: Shown<OpeningScreen>, @unchecked Sendable {
    private let opened = Kept<House>()
    private let open: @Sendable () throws -> House
    private let erase: @Sendable () throws -> Void

    /// Both block.
    public init(open: @escaping @Sendable () throws -> House, erase: @escaping @Sendable () throws -> Void) {
        (self.open, self.erase) = (open, erase)
        super.init(.opening)
    }

    /// What was opened.
    public var house: House? { opened.value }

    @discardableResult
    public func start() -> Task<Void, Never> { work(state) {} }

    /// Asks once more before it is gone.
    public func askToDelete() { ask(true) }

    public func keep() { ask(false) }

    /// After the person was asked once more; the next wallet is a new one.
    @discardableResult
    public func delete() -> Task<Void, Never> {
        let shown = state
        guard case .lost(_, deleting: true) = shown else { return Task {} }
        return work(shown, erase)
    }

    private func ask(_ deleting: Bool) {
        change { if case .lost(let problem, _) = $0 { $0 = .lost(problem, deleting: deleting) } }
    }

    /// Begins where this is still shown: two wallets are not opened in one folder.
    private func work(_ from: OpeningScreen, _ first: @escaping @Sendable () throws -> Void) -> Task<Void, Never> {
        guard from != .open, replace(from, .opening) else { return Task {} }
        return Task {
            do {
                opened.value = try await away { [open] in
                    try first()
                    return try open()
                }
                show(.open)
            } catch let error as SenError {
                if case .DeviceKeyLost = error { show(.lost(error.problem)) } else { show(.failed(error.problem)) }
            } catch {
                // What the platform says may hold anything, so it is not shown.
                show(.failed(Problem(Line(.bug, "app.not_opened"), .report, "app.not_opened")))
            }
        }
    }
}

/// On a thread of its own: the runtime has as few as there are cores.
func away<T: Sendable>(_ call: @escaping @Sendable () throws -> T) async throws -> T {
    try await withCheckedThrowingContinuation { done in
        DispatchQueue.global(qos: .userInitiated).async { done.resume(with: Result { try call() }) }
    }
}
