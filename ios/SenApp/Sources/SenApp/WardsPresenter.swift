import Sen

/// A person in the holder's care, and what can be done for them.
public struct WardRow: Equatable, Sendable, Identifiable {
    public let number: String
    public let name: String
    public let lines: [Line]
    public let acts: [WardAct]

    public var id: String { number }
}

public struct WardsScreen: Equatable, Sendable {
    public var rows: [WardRow] = []
    public var lines: [Line] = []
    /// The provider has not answered yet.
    public var busy = false
    public var problem: Problem?
}

/// Children and persons under guardianship: their accounts, as the guardian acts for them.
public final class WardsPresenter: Presenter<WardsScreen>, @unchecked Sendable {
    public init(_ around: Surroundings) { super.init(WardsScreen(), around) }

    @discardableResult
    public func start() -> Task<Void, Never> { ask {} }

    @discardableResult
    public func act(_ number: String, _ act: WardAct) -> Task<Void, Never> {
        ask { [self] in try await wallet.actForWard(ward: number, act: act, now: now()) }
    }

    private func ask(_ first: @escaping @Sendable () async throws -> Void) -> Task<Void, Never> {
        work(refused: { [self] problem in
            change { ($0.busy, $0.problem) = (false, problem) }
        }) { [self] in
            change { ($0.busy, $0.problem) = (true, nil) }
            try await first()
            let rows = try await wallet.wards(now: now()).map(row)
            show(WardsScreen(rows: rows, lines: rows.isEmpty ? [Line(.wardNobody), Line(.wardWhatFor), Line(.wardHow)] : []))
        }
    }

    private func row(_ of: Ward) -> WardRow {
        let lines = [Line(of.ward ? .wardPerson : .wardChild)] + born(of.dateOfBirth) + [account(of)] + (of.account?.locks ?? []).map(why)
        return WardRow(number: of.number, name: of.name, lines: lines, acts: acts(of))
    }

    /// The year and no more: who looks over a shoulder needs no birthday.
    private func born(_ iso: String) -> [Line] {
        let year = iso.prefix(4)
        return year.count == 4 && year.utf8.allSatisfy { (0x30...0x39).contains($0) } ? [Line(.wardBorn, String(year))] : []
    }

    private func account(_ of: Ward) -> Line {
        guard let account = of.account else { return Line(.wardNoAccount) }
        return switch account.state {
        case .awaitingConsent: .warning(.awaitingConsent)
        case .active: Line(account.level >= 2 ? .level2 : .level1)
        case .locked: .warning(.accountLocked)
        case .blocked: .warning(.accountBlocked)
        case .closed: Line(.accountClosed)
        default: Line(.accountOther)
        }
    }

    private func acts(_ of: Ward) -> [WardAct] {
        switch of.account?.state {
        case .awaitingConsent: [.consent, .refuse]
        // Another's lock is not the guardian's to lift, but theirs can be added to it.
        case .active, .locked: of.account?.locks.contains(.guardian) == true ? [.unlock] : [.lock]
        default: []
        }
    }
}

/// Who locked an account, or why.
private func why(_ lock: LockedBy) -> Line {
    switch lock {
    case .holder: Line(.lockHolder)
    case .terms: Line(.lockTerms)
    case .cardWithdrawn: Line(.lockCardWithdrawn)
    case .death: Line(.lockDeath)
    case .authority: Line(.lockAuthority)
    case .expiry: Line(.lockExpiry)
    case .guardian: Line(.lockGuardian)
    case .other: Line(.lockOther)
    }
}

/// What the button says.
public func said(_ act: WardAct) -> Word {
    switch act {
    case .consent: .wardConsent
    case .refuse: .wardRefuse
    case .lock: .wardLock
    case .unlock: .wardUnlock
    }
}
