import Sen

/// What the screen offers next.
public enum Next: Sendable, CaseIterable {
    case tryCardAgain, typeAgain, stop, enrolAgain, nothing, tryLater, obtainAgain, report
}

/// What went wrong, in words, with the core's stable code.
public struct Problem: Equatable, Sendable {
    public let line: Line
    public let next: Next
    public let code: String
    /// What the other side says of it, marked as its own words.
    public var theirs: Line?

    init(_ line: Line, _ next: Next, _ code: String) { (self.line, self.next, self.code) = (line, next, code) }

    /// The person did not show the device who they are: nothing was signed.
    static let notRecognised = Problem(Line(.cancelled), .nothing, "device.not_recognised")

    /// The person gave up what was begun.
    static let stopped = Problem(Line(.cancelled), .nothing, "app.stopped")

    /// The phone is not the one beside this.
    static let digitsDiffer = Problem(.warning(.digitsDiffer), .stop, "app.digits_differ")
}

/// A document is to be obtained again before it can approve.
let noApprovalKey = "online.no_approval_key"

extension SenError {
    /// One place decides what each kind of error means to a person.
    public var problem: Problem {
        switch self {
        case .TryCardAgain: Problem(Line(.cardLost), .tryCardAgain, code)
        case .WrongAccessKey: Problem(Line(.cardWrongNumber), .typeAgain, code)
        case .CardNotGenuine: Problem(.warning(.cardNotGenuine), .stop, code)
        case .CardUnsupported: Problem(Line(.cardUnsupported), .stop, code)
        case .DeviceKeyLost: Problem(Line(code == "account.device_replaced" ? .accountElsewhere : .keyLost), .enrolAgain, code)
        case .UserCancelled: Problem(Line(.cancelled), .nothing, code)
        case .NoNetwork: Problem(Line(.noNetwork), .tryLater, code)
        case .IssuerRefused: Problem(waiting ?? Line(.refusedByIssuer, code), .stop, code)
        case .CredentialExpired: Problem(Line(code == noApprovalKey ? .obtainToApprove : .credentialExpired), .obtainAgain, code)
        case .NotReady: Problem(missing, .typeAgain, code)
        case .Bug: Problem(Line(.bug, code), .report, code)
        }
    }

    private var waiting: Line? { waitSeconds.map { Line(.waitSeconds, "\($0)") } }

    private var missing: Line {
        if code == "card.no_reader" { return Line(.cardNoReader) }
        if let left = attemptsLeft { return Line(.wrongCode, "\(left)") }
        return waiting ?? Line(.notReady, code)
    }
}
