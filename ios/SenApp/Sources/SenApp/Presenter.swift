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
    /// The one that the wallet was opened with.
    let busy: BusyServer
    let accepted: @Sendable () -> Void
    let now: Now
    let zone: TimeZone

    /// `accepted` is told that the provider took this phone's keys: for a key store that has to know it (`HardwareKeys.accepted`).
    public init(
        wallet: Wallet, recogniser: any Recogniser, busy: BusyServer = BusyServer(), accepted: @escaping @Sendable () -> Void = {},
        now: @escaping Now = systemNow, zone: TimeZone = .current
    ) {
        (self.wallet, self.recogniser, self.busy, self.accepted, self.now, self.zone) = (wallet, recogniser, busy, accepted, now, zone)
    }
}

/// Holds what one screen shows, and changes it. It knows no platform.
public class Presenter<State: Equatable & Sendable>: Shown<State>, @unchecked Sendable {
    let around: Surroundings

    init(_ start: State, _ around: Surroundings) {
        self.around = around
        super.init(start)
    }

    var wallet: Wallet { around.wallet }

    func now() -> Int64 { around.now() }

    /// Does something with the core; what it refuses becomes what the screen shows.
    func work(refused: @escaping @Sendable (Problem) -> Void, _ block: @escaping @Sendable () async throws -> Void) -> Task<Void, Never> {
        Task {
            defer { around.busy.over() }
            do {
                try await block()
            } catch let error as SenError {
                refused(error.problem(now(), around.zone))
            } catch is CancellationError {
                return
            } catch {
                // Nothing that the core announced: what it says may hold anything, so it is not shown.
                refused(Problem(Line(.bug, "app.unexpected"), .report, "app.unexpected"))
            }
        }
    }

    /// The same for what must not happen twice: begins where `from` is shown, with `meanwhile` in its place before anything is sent.
    func once(
        _ from: State, _ meanwhile: State, refused: @escaping @Sendable (Problem) -> Void,
        _ block: @escaping @Sendable () async throws -> Void
    ) -> Task<Void, Never>? {
        replace(from, meanwhile) ? work(refused: refused, block) : nil
    }

    /// Asks until it is so or the time is over; that the network is gone for a while changes nothing.
    func becomes(until: Int64, pause: Duration, _ isSo: () async throws -> Bool) async throws -> Bool {
        while now() < until {
            try Task.checkCancellation()
            do {
                if try await isSo() { return true }
            } catch SenError.NoNetwork {
                // The server may know all the same.
            }
            try await Task.sleep(for: pause)
        }
        return false
    }

    /// A call of the core that blocks, or prompts: on a thread of its own, since the runtime has as few as there are cores.
    func calling<T: Sendable>(_ call: @escaping @Sendable (Wallet) throws -> T) async throws -> T {
        let wallet = wallet
        return try await away { try call(wallet) }
    }
}
