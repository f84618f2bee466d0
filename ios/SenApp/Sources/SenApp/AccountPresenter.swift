import Foundation
import Sen

/// Where the account is for the person.
public enum AccountStep: Sendable {
    case open, code, wait, inUse, gone
}

/// What the account's screens show.
public struct AccountScreen: Equatable, Sendable {
    public var step: AccountStep
    public var lines: [Line] = []
    public var phones: [Line] = []
    public var canRaise = false
    public var canLock = false
    public var canUnlock = false
    public var canCancelPending = false
    /// How long each credential can be shown without a network, and what ends soon.
    public var prepared: [Line] = []
    /// Shown once, to be copied by hand: it stays until another is made or the screen ends.
    public var revocationCode: String?
    /// What is said of it.
    public var revocationHint: Line?
    public var problem: Problem?
}

/// Opening, activating, looking at, locking the account; its phones.
public final class AccountPresenter: Presenter<AccountScreen>, @unchecked Sendable {
    /// Seconds, far below the time to object.
    private static let pause: Int64 = 600

    private let provider: AccountProvider
    private let askedAt = Kept<Int64>()

    public init(_ around: Surroundings, _ provider: AccountProvider) {
        self.provider = provider
        super.init(AccountScreen(step: .open), around)
    }

    /// What this phone remembers, which needs no network; then what the provider knows, so that a phone in use hears of it when its account
    /// is being taken. The key may ask the person who they are, so not each time that the screen comes back.
    @discardableResult
    public func start() -> Task<Void, Never> {
        ask { [self] turn in
            let remembered = try await refreshed(try await calling { try $0.rememberedAccount() })
            let isFresh = askedAt.value.map { now() - Self.pause < $0 } ?? false
            // Elsewhere nothing happens of which this phone does not know.
            guard !isFresh, remembered.step == .inUse || remembered.step == .wait, show(remembered, in: turn) else { return remembered }
            do {
                return try await asked()
            } catch let error as SenError where isQuiet(error) {
                return remembered
            }
        }
    }

    /// Nobody asked for this, so it says nothing of a network that is gone, a wait, or a person who does not want it.
    private func isQuiet(_ error: SenError) -> Bool {
        switch error {
        case .NoNetwork: return true
        case .UserCancelled:
            askedAt.value = now()
            return true
        default: return error.waitSeconds != nil
        }
    }

    @discardableResult
    public func refresh() -> Task<Void, Never> { ask { [self] _ in try await asked() } }

    @discardableResult
    public func open(number: String, phone: String, device: String) -> Task<Void, Never> {
        ask { [self] _ in
            let applicant = AccountApplicant(personalNumber: number.trimmed, phone: phone.trimmed, deviceName: device.trimmed)
            let opened = try await wallet.openAccount(provider: provider, applicant: applicant, now: now())
            return AccountScreen(step: .code, lines: [Line(.codeSent, opened.codeSentTo), Line(.codeSecret)])
        }
    }

    /// No code came: another number, or the same one once more. An account that was never activated is given up for the next.
    public func startOver() { show(AccountScreen(step: .open), in: newTurn()) }

    @discardableResult
    public func activate(code: String) -> Task<Void, Never> {
        ask { [self] _ in
            _ = try await wallet.activateAccount(code: code.trimmed, now: now())
            return try await asked()
        }
    }

    @discardableResult
    public func lock() -> Task<Void, Never> {
        ask { [self] _ in
            try await wallet.lockAccount(now: now())
            return try await asked()
        }
    }

    @discardableResult
    public func unlock() -> Task<Void, Never> {
        ask { [self] _ in
            try await wallet.unlockAccount(now: now())
            return try await asked()
        }
    }

    @discardableResult
    public func cancelPending() -> Task<Void, Never> {
        ask { [self] _ in
            try await wallet.cancelPending(now: now())
            return try await asked()
        }
    }

    @discardableResult
    public func newRevocationCode() -> Task<Void, Never> {
        ask { [self] _ in
            let made = try await wallet.newRevocationCode(now: now())
            var shown = state
            (shown.revocationCode, shown.revocationHint, shown.problem) = (made.code, Line(.revocationCodeHint, made.useAt), nil)
            return shown
        }
    }

    private func asked() async throws -> AccountScreen {
        let view = try await wallet.showAccount(now: now())
        askedAt.value = now()
        return try await refreshed(view)
    }

    /// Without an account there is nothing wrong yet. What the person asks for counts, and no answer that was on its way before.
    private func ask(_ next: @escaping @Sendable (_ turn: Int) async throws -> AccountScreen) -> Task<Void, Never> {
        let turn = newTurn()
        return work(refused: { [self] problem in
            if problem.code == "account.no_account" {
                show(AccountScreen(step: .open), in: turn)
            } else if problem.code == deviceWaiting {
                show(AccountScreen(step: .wait, lines: [problem.line]), in: turn)
            } else if problem.next == .enrolAgain {
                show(AccountScreen(step: .gone, problem: problem), in: turn)
            } else {
                change(in: turn) { $0.problem = problem }
            }
        }) { [self] in
            show(try await next(turn), in: turn)
        }
    }

    private func refreshed(_ view: AccountView) async throws -> AccountScreen {
        let at = now()
        let isInUse = step(view.state) == .inUse
        if isInUse { around.accepted() }
        let held = isInUse ? try await calling { try $0.credentials(now: at) } : []
        let before = state
        return AccountScreen(
            step: step(view.state),
            lines: lines(view),
            phones: view.phones.map(phone),
            canRaise: view.state == .active && view.level < 2,
            canLock: view.state == .active,
            canUnlock: view.state == .locked && view.lockedBy == .holder,
            canCancelPending: view.pending != nil && step(view.state) == .inUse,
            prepared: held.flatMap { prepared($0, around.zone) },
            revocationCode: before.revocationCode,
            revocationHint: before.revocationHint
        )
    }

    private func step(_ state: AccountState) -> AccountStep {
        switch state {
        case .awaitingCode: .code
        case .active, .locked, .blocked: .inUse
        // A move that was begun and stopped is begun again, or given up for another way.
        case .receiving, .proving: .open
        case .closed, .cancelled, .replaced, .lost, .keyLost: .gone
        default: .wait
        }
    }

    private func lines(_ view: AccountView) -> [Line] {
        let stands: Line? =
            switch view.state {
            case .awaitingCode: Line(.codeAwaited)
            case .awaitingConsent: Line(.awaitingConsent)
            case .active: Line(view.level >= 2 ? .level2 : .level1)
            case .locked: .warning(.accountLocked)
            case .blocked: .warning(.accountBlocked)
            case .closed: Line(.accountClosed)
            case .replaced, .lost, .cancelled: .warning(.accountElsewhere)
            case .keyLost: .warning(.keyLost)
            // Begun and left: the screen is that of a phone without an account.
            case .receiving, .proving: nil
            case .waiting: Line(.accountWaiting, view.pending.map { minute($0.effectiveAt, around.zone) } ?? "")
            default: Line(.accountOther)
            }
        let secret = view.state == .awaitingCode ? Line(.codeSecret) : nil
        let locked = view.state == .locked && view.lockedBy != .holder ? Line(.lockedByOther) : nil
        let pending = step(view.state) == .inUse ? view.pending.map(pending) : nil
        return [stands, secret, locked, pending].compactMap { $0 }
    }

    /// What the holder may not know of: always a warning.
    private func pending(_ pending: Pending) -> Line {
        let at = minute(pending.effectiveAt, around.zone)
        return pending.kind == .pin ? Line(.pendingPin, at, warning: true) : Line(.pendingPhone, pending.name, at, warning: true)
    }

    private func phone(_ phone: Phone) -> Line {
        switch phone.state {
        case .active: Line(.phoneInUse, phone.name)
        case .lost: Line(.phoneLost, phone.name)
        default: Line(.phoneBefore, phone.name)
        }
    }
}

extension String {
    /// Without the blanks that keyboards put around what is typed.
    var trimmed: String { trimmingCharacters(in: .whitespacesAndNewlines) }

    /// Nothing where nothing was typed.
    var typed: String? { trimmed.isEmpty ? nil : trimmed }
}
