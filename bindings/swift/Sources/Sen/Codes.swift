import Foundation

/// Seconds since 1970-01-01 UTC: the core reads no clock.
public typealias Now = @Sendable () -> Int64

/// The system's clock.
public let systemNow: Now = { Int64(Date().timeIntervalSince1970) }

extension Wallet {
    /// The codes of one consent as they are due, until the person has to be asked again. A task that is cancelled while it waits gets
    /// no further code: the wait is here, since a call into the library goes on to its end.
    public func codes(consent: Consent, now: @escaping Now = systemNow) -> AsyncThrowingStream<QrCode, any Error> {
        let due = Due(qrCodes(consent: consent), consent, now)
        return AsyncThrowingStream { try await due.next() }
    }
}

private actor Due {
    private let codes: QrCodes
    private let consent: Consent
    private let now: Now
    private var until: Int64?

    init(_ codes: QrCodes, _ consent: Consent, _ now: @escaping Now) { (self.codes, self.consent, self.now) = (codes, consent, now) }

    func next() async throws -> QrCode? {
        var at = now()
        // No code lasts longer than a consent: a clock that was set back does not stop the stream.
        let wait = min(until ?? at, consent.expiresAt()) - at
        if wait > 0 {
            try await Task.sleep(nanoseconds: UInt64(min(wait, 120)) * 1_000_000_000)
            at = now()
        }
        let code = try await codes.next(now: at)
        until = code?.expiresAt
        return code
    }
}
