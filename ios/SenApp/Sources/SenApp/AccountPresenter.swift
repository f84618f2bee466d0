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
    /// Shown once, to be copied by hand.
    public var revocationCode: String?
    public var problem: Problem?
}

/// Opening, activating, looking at, locking the account; its phones.
public final class AccountPresenter: Presenter<AccountScreen>, @unchecked Sendable {
    private let provider: AccountProvider

    public init(_ around: Surroundings, _ provider: AccountProvider) {
        self.provider = provider
        super.init(AccountScreen(step: .open), around)
    }

    /// What this phone remembers; needs no network.
    @discardableResult
    public func start() -> Task<Void, Never> {
        ask { [self] in try await refreshed(try await calling { try $0.rememberedAccount() }) }
    }

    @discardableResult
    public func refresh() -> Task<Void, Never> { ask { [self] in try await asked() } }

    @discardableResult
    public func open(number: String, phone: String, device: String) -> Task<Void, Never> {
        ask { [self] in
            let applicant = AccountApplicant(personalNumber: number.trimmed, phone: phone.trimmed, deviceName: device.trimmed)
            let opened = try await wallet.openAccount(provider: provider, applicant: applicant, now: now())
            return AccountScreen(step: .code, lines: [Line(.codeSent, opened.codeSentTo)])
        }
    }

    @discardableResult
    public func activate(code: String) -> Task<Void, Never> {
        ask { [self] in
            _ = try await wallet.activateAccount(code: code.trimmed, now: now())
            return try await asked()
        }
    }

    @discardableResult
    public func lock() -> Task<Void, Never> {
        ask { [self] in
            try await wallet.lockAccount(now: now())
            return try await asked()
        }
    }

    @discardableResult
    public func unlock() -> Task<Void, Never> {
        ask { [self] in
            try await wallet.unlockAccount(now: now())
            return try await asked()
        }
    }

    @discardableResult
    public func cancelPending() -> Task<Void, Never> {
        ask { [self] in
            try await wallet.cancelPending(now: now())
            return try await asked()
        }
    }

    @discardableResult
    public func newRevocationCode() -> Task<Void, Never> {
        ask { [self] in
            let made = try await wallet.newRevocationCode(now: now())
            var shown = state
            (shown.revocationCode, shown.lines, shown.problem) = (made.code, [Line(.revocationCodeHint, made.useAt)], nil)
            return shown
        }
    }

    private func asked() async throws -> AccountScreen { try await refreshed(try await wallet.showAccount(now: now())) }

    /// Without an account there is nothing wrong yet.
    private func ask(_ next: @escaping @Sendable () async throws -> AccountScreen) -> Task<Void, Never> {
        work(refused: { [self] problem in
            if problem.code == "account.no_account" {
                show(AccountScreen(step: .open))
            } else if problem.next == .enrolAgain {
                show(AccountScreen(step: .gone, problem: problem))
            } else {
                change { $0.problem = problem }
            }
        }) { [self] in
            show(try await next())
        }
    }

    private func refreshed(_ view: AccountView) async throws -> AccountScreen {
        let at = now()
        let isInUse = step(view.state) == .inUse
        if isInUse { around.accepted() }
        let held = isInUse ? try await calling { try $0.credentials(now: at) } : []
        return AccountScreen(
            step: step(view.state),
            lines: lines(view),
            phones: view.phones.map(phone),
            canRaise: view.state == .active && view.level < 2,
            canLock: view.state == .active,
            canUnlock: view.state == .locked && view.lockedBy == .holder,
            canCancelPending: view.pending != nil && step(view.state) == .inUse,
            prepared: held.flatMap { prepared($0, around.zone) }
        )
    }

    private func step(_ state: AccountState) -> AccountStep {
        switch state {
        case .awaitingCode: .code
        case .active, .locked, .blocked: .inUse
        // A move that was begun and stopped is begun again, or given up for another way.
        case .receiving, .proving: .open
        case .closed, .cancelled, .replaced, .lost: .gone
        default: .wait
        }
    }

    private func lines(_ view: AccountView) -> [Line] {
        let stands =
            switch view.state {
            case .awaitingCode: Line(.oneTimeCode)
            case .awaitingConsent: Line(.awaitingConsent)
            case .active: Line(view.level >= 2 ? .level2 : .level1)
            case .locked: Line.warning(.accountLocked)
            case .blocked: Line.warning(.accountBlocked)
            case .closed: Line(.accountClosed)
            case .replaced, .lost, .cancelled: Line.warning(.accountElsewhere)
            case .receiving, .proving: Line(.moveHere)
            case .waiting: Line(.accountWaiting, view.pending.map { minute($0.effectiveAt, around.zone) } ?? "")
            default: Line(.accountOther)
            }
        let locked = view.state == .locked && view.lockedBy != .holder ? Line(.lockedByOther) : nil
        let pending = step(view.state) == .inUse ? view.pending.map(pending) : nil
        return [stands, locked, pending].compactMap { $0 }
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
