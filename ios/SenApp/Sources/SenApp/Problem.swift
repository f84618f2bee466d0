import Foundation
import Sen

/// What the screen offers next.
public enum Next: Sendable, CaseIterable {
    case tryCardAgain, typeAgain, stop, enrolAgain, nothing, tryLater, obtainAgain, raiseLevel, report
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

/// The account comes to this phone when the time to object is over.
let deviceWaiting = "account.device_waiting"

extension SenError {
    /// One place decides what each kind of error means to a person.
    public var problem: Problem {
        switch self {
        case .TryCardAgain: Problem(Line(.cardLost), .tryCardAgain, code)
        case .WrongAccessKey: Problem(Line(.cardWrongNumber), .typeAgain, code)
        case .CardNotGenuine: Problem(.warning(.cardNotGenuine), .stop, code)
        case .CardUnsupported: Problem(Line(.cardUnsupported), .stop, code)
        case .DeviceKeyLost: Problem(gone, .enrolAgain, code)
        case .UserCancelled: Problem(plain ?? Line(.cancelled), .nothing, code)
        case .NoNetwork: Problem(waiting ?? Line(.noNetwork), .tryLater, code)
        case .IssuerRefused: Problem(waiting ?? plain ?? Line(.refusedByIssuer, code), .stop, code)
        case .CredentialExpired: Problem(Line(code == noApprovalKey ? .obtainToApprove : .credentialExpired), .obtainAgain, code)
        case .NotReady: Problem(missing, missingAt[code] ?? .typeAgain, code)
        case .Bug: Problem(Line(.bug, code), .report, code)
        }
    }

    /// The same where it is known what time it is: a phone that waits for the account is told until when, and not to try again.
    func problem(_ now: Int64, _ zone: TimeZone) -> Problem {
        guard code == deviceWaiting, let wait = waitSeconds else { return problem }
        return Problem(Line(.accountWaiting, minute(now + Int64(wait), zone)), .stop, code)
    }

    private var gone: Line {
        if code == "account.device_replaced" { return Line(.accountElsewhere) }
        return code.hasPrefix("store.") ? .warning(.walletLost) : Line(.keyLost)
    }

    private var waiting: Line? { waitSeconds.map { Line(.waitSeconds, "\($0)") } }

    private var missing: Line {
        if let plain { return plain }
        if let left = attemptsLeft { return Line(.wrongCode, "\(left)") }
        if code.hasPrefix("challenge.") { return Line(.scanAgain) }
        return waiting ?? Line(.notReady, code)
    }

    private var plain: Line? { plainly[code].map { Line($0) } }
}

/// What can be said more plainly than that something is missing or was refused.
private let plainly: [String: Word] = [
    "account.unknown_person": .personUnknown,
    "account.phone_not_registered": .personUnknown,
    "account.code_expired": .codeOver,
    "account.too_many_attempts": .codeOver,
    "account.face_not_matched": .faceDiffers,
    "account.card_number_mismatch": .cardOfOther,
    "account.card_expired": .cardExpired,
    "account.account_locked": .accountLocked,
    "card.no_reader": .cardNoReader,
    "card.access_number": .canWrong,
    "key.locked": .keyLocked,
    "present.no_credential": .noCredential,
    "online.number_needed": .twoDigitsAgain,
    "online.bad_number": .twoDigitsAgain,
    "online.bad_link": .scanAgain,
    "issuance.bad_offer": .scanAgain,
    "issuance.tx_code_required": .transactionCodeAgain,
    "issuance.tx_code_wrong": .transactionCodeAgain,
    "account.bad_transfer_code": .scanAgain,
    "account.transfer_code_old": .scanAgain,
    "account.bad_reader_code": .scanAgain,
    "account.reader_code_old": .scanAgain,
    "history.no_entry": .reportGone,
    "history.bad_words": .reportTooLong,
    levelRequired: .level2Needed,
]

/// Where what is missing is to be had.
private let missingAt: [String: Next] = [levelRequired: .raiseLevel, "present.no_credential": .obtainAgain]

private let levelRequired = "account.level_required"
