import Sen

/// What happened; `more` is what was approved and told with it.
public struct HistoryRow: Equatable, Sendable, Identifiable {
    public let sequence: UInt64
    public let at: String
    public let line: Line
    public let more: [Line]
    /// Somebody else had a part in it.
    public let canReport: Bool

    public var id: UInt64 { sequence }
}

public struct HistoryScreen: Equatable, Sendable {
    public var rows: [HistoryRow] = []
    public var more = false
    public var lines: [Line] = []
    /// The one that the person takes for fraud, until it is noted down.
    public var reporting: UInt64?
    public var problem: Problem?
}

/// Every use and refusal, page by page.
public final class HistoryPresenter: Presenter<HistoryScreen>, @unchecked Sendable {
    private let page: UInt32

    public init(_ around: Surroundings, page: UInt32 = 20) {
        self.page = page
        super.init(HistoryScreen(), around)
    }

    @discardableResult
    public func start() -> Task<Void, Never> { turn([]) }

    @discardableResult
    public func more() -> Task<Void, Never> { turn(state.rows) }

    /// Asks what happened, before anything is written.
    public func askToReport(_ row: HistoryRow) { change { ($0.reporting, $0.problem) = (row.sequence, nil) } }

    public func stop() { change { ($0.reporting, $0.problem) = (nil, nil) } }

    /// Notes an entry down as fraud, in the person's words; nothing goes to anybody.
    @discardableResult
    public func report(_ sequence: UInt64, _ words: String) -> Task<Void, Never> {
        let asked = state
        guard asked.reporting == sequence else { return Task {} }
        var meanwhile = asked
        (meanwhile.reporting, meanwhile.problem) = (nil, nil)
        let task = once(asked, meanwhile) { [self] problem in
            change { ($0.reporting, $0.problem) = (sequence, problem) }
        } _: { [self] in
            let at = now()
            _ = try await calling { try $0.reportEntry(sequence: sequence, words: words, now: at) }
            try await list([])
        }
        return task ?? Task {}
    }

    private func turn(_ before: [HistoryRow]) -> Task<Void, Never> {
        work(refused: { [self] problem in
            change { $0.problem = problem }
        }) { [self] in
            try await list(before)
        }
    }

    private func list(_ before: [HistoryRow]) async throws {
        let limit = page
        let next = try await calling { try $0.history(before: before.last?.sequence, limit: limit) }
        let rows = before + next.map { row($0, minute($0.at, around.zone)) }
        let nothing = rows.isEmpty ? [Line(.historyNothing)] : []
        change { $0 = HistoryScreen(rows: rows, more: (next.last?.sequence ?? 0) > 1, lines: nothing, reporting: $0.reporting) }
    }
}

/// One line of the history in words, and whether it can be reported.
func row(_ of: HistoryLine, _ at: String) -> HistoryRow {
    let canReport = of.who != nil && of.kind != reported
    return HistoryRow(sequence: of.sequence, at: at, line: happened(of), more: told(of), canReport: canReport)
}

/// One line of the history in words.
func happened(_ of: HistoryLine) -> Line {
    let (what, who) = (Part.listed(of.what.map { .line(kind($0)) }), recipient(of.who ?? ""))
    return switch of.kind {
    case "presented": Line(.eventPresented, parts: [who, what])
    case "presented_online": Line(.eventPresentedOnline, parts: [who, what])
    case "declined", "declined_online": Line(.eventDeclined, parts: [who])
    case "refused": refused(of.code ?? "")
    case "credential_obtained": Line(.eventObtained, parts: [what])
    case "credential_deleted": Line(.eventDeleted, parts: [what])
    // Who it was is known of most; else the person's words say it.
    case reported: Line(.eventFraudReported, parts: [of.who == nil ? .own(of.words ?? "") : who])
    default: accountEvent(of.kind, who: who, ward: of.ward ?? "")
    }
}

/// Who stopped, or showed what was too old, was refused by nobody.
private func refused(_ code: String) -> Line {
    if code.hasSuffix(".cancelled") || code == "key.locked" { return Line(.cancelled) }
    return code == "present.expired" ? Line(.credentialExpired) : Line(.eventRefused, code)
}

/// Who in care, what was approved, and which claims were told; what the person was warned of stands by itself.
func told(_ of: HistoryLine) -> [Line] {
    let ward = ["presented", "declined"].contains(of.kind) ? of.ward.map { [Line(.forWard, $0)] } : nil
    let told = of.kind.hasPrefix("presented") ? of.claims.filter { !of.overAsked.contains($0) } : []
    func listed(_ word: Word, _ claims: [String], warning: Bool = false) -> [Line] {
        let parts = claims.map { Part.line(claim($0, of: of.what)) }
        return claims.isEmpty ? [] : [Line(word, parts: [.listed(parts)], warning: warning)]
    }
    let words = of.who == nil ? nil : of.words.map { [Line(.reportTold, $0)] }
    return (ward ?? []) + (words ?? []) + (of.approved.map { [Line(.historyApproved, parts: [approved($0)])] } ?? [])
        + listed(.historyTold, told) + listed(.overAsked, of.overAsked, warning: true)
}

private let reported = "fraud_reported"

/// The core says in English what it was that was approved; the rest of it are names and numbers, the same in each language.
private func approved(_ what: String) -> Part {
    for (start, word) in [("cash: ", Word.approvedCash), ("sign-in: ", .approvedSignIn)] where what.hasPrefix(start) {
        // What a cash machine was allowed to pay.
        return .line(Line(word, String(what.dropFirst(start.count)).replacing(/^[0-9]+(?= VND,)/) { money(String($0.output)) }))
    }
    return .own(what)
}
