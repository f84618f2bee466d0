extension SenError {
    /// The stable code of the reason, such as `account.wrong_code`.
    public var code: String {
        switch self {
        case .TryCardAgain(let code), .WrongAccessKey(let code), .CardNotGenuine(let code), .CardUnsupported(let code),
            .DeviceKeyLost(let code), .UserCancelled(let code), .NoNetwork(let code, _, _), .IssuerRefused(let code, _, _),
            .CredentialExpired(let code), .NotReady(let code, _, _), .Bug(let code):
            code
        }
    }

    /// Attempts that a server says are left.
    public var attemptsLeft: UInt32? {
        switch self {
        case .NoNetwork(_, let left, _), .IssuerRefused(_, let left, _), .NotReady(_, let left, _): left
        default: nil
        }
    }

    /// Seconds that a server asks to wait.
    public var waitSeconds: UInt32? {
        switch self {
        case .NoNetwork(_, _, let wait), .IssuerRefused(_, _, let wait), .NotReady(_, _, let wait): wait
        default: nil
        }
    }
}
