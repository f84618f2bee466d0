import Foundation

/// For how long a person who was recognised need not be asked again for a key that shows codes: a rotating QR must not prompt every
/// ten seconds. `now` is of a clock that nobody sets.
public final class Recognition<Proof>: @unchecked Sendable {
    private let lock = NSLock()
    private var last: (proof: Proof, at: TimeInterval)?

    /// Seconds.
    public static var usable: TimeInterval { 120 }

    public init() {}

    /// The proof of before while it is good; a new one else. One is asked for at a time.
    public func proof(now: TimeInterval, _ ask: () throws -> Proof) rethrows -> Proof {
        try lock.withLock {
            if let last, now >= last.at, now - last.at < Self.usable { return last.proof }
            return try renewed(now, ask)
        }
    }

    /// A new one in any case.
    public func newProof(now: TimeInterval, _ ask: () throws -> Proof) rethrows -> Proof {
        try lock.withLock { try renewed(now, ask) }
    }

    private func renewed(_ now: TimeInterval, _ ask: () throws -> Proof) rethrows -> Proof {
        last = nil
        let proof = try ask()
        last = (proof, now)
        return proof
    }
}
