import Foundation
import Sen
import Testing

/// The kinds of `SenError`, without what they carry.
enum Kind {
    case tryCardAgain, wrongAccessKey, cardNotGenuine, cardUnsupported, deviceKeyLost, userCancelled, noNetwork, issuerRefused
    case credentialExpired, notReady, bug

    init(_ error: SenError) {
        self =
            switch error {
            case .TryCardAgain: .tryCardAgain
            case .WrongAccessKey: .wrongAccessKey
            case .CardNotGenuine: .cardNotGenuine
            case .CardUnsupported: .cardUnsupported
            case .DeviceKeyLost: .deviceKeyLost
            case .UserCancelled: .userCancelled
            case .NoNetwork: .noNetwork
            case .IssuerRefused: .issuerRefused
            case .CredentialExpired: .credentialExpired
            case .NotReady: .notReady
            case .Bug: .bug
            }
    }
}

/// The work is refused with this kind and code, and nothing else.
@discardableResult
func refused(_ kind: Kind, _ code: String, at: SourceLocation = #_sourceLocation, _ work: () async throws -> Void) async -> SenError? {
    do {
        try await work()
        Issue.record("not refused", sourceLocation: at)
    } catch let error as SenError {
        #expect(Kind(error) == kind, sourceLocation: at)
        #expect(error.code == code, sourceLocation: at)
        return error
    } catch {
        Issue.record("not the core's: \(error)", sourceLocation: at)
    }
    return nil
}

/// A clock that goes on by so many seconds at each look.
final class Steady: @unchecked Sendable {
    private let lock = NSLock()
    private let step: Int64
    private var at: Int64

    init(start: Int64, step: Int64) { (at, self.step) = (start, step) }

    func next() -> Int64 {
        lock.withLock {
            defer { at += step }
            return at
        }
    }
}
