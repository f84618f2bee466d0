import Sen

/// What happened; `more` is what was approved and told with it.
public struct HistoryRow: Equatable, Sendable, Identifiable {
    public let sequence: UInt64
    public let at: String
    public let line: Line
    public let more: [Line]

    public var id: UInt64 { sequence }
}

public struct HistoryScreen: Equatable, Sendable {
    public var rows: [HistoryRow] = []
    public var more = false
    public var lines: [Line] = []
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

    private func turn(_ before: [HistoryRow]) -> Task<Void, Never> {
        work(refused: { [self] problem in
            change { $0.problem = problem }
        }) { [self] in
            let limit = page
            let next = try await calling { try $0.history(before: before.last?.sequence, limit: limit) }
            let rows = before + next.map(row)
            show(HistoryScreen(rows: rows, more: (next.last?.sequence ?? 0) > 1, lines: rows.isEmpty ? [Line(.historyNothing)] : []))
        }
    }

    private func row(_ of: HistoryLine) -> HistoryRow {
        HistoryRow(sequence: of.sequence, at: minute(of.at, around.zone), line: happened(of), more: told(of))
    }
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
    return (ward ?? []) + (of.approved.map { [Line(.historyApproved, parts: [approved($0)])] } ?? [])
        + listed(.historyTold, told) + listed(.overAsked, of.overAsked, warning: true)
}

/// The core says in English what it was that was approved; the rest of it are names and numbers, the same in each language.
private func approved(_ what: String) -> Part {
    for (start, word) in [("cash: ", Word.approvedCash), ("sign-in: ", .approvedSignIn)] where what.hasPrefix(start) {
        // What a cash machine was allowed to pay.
        return .line(Line(word, String(what.dropFirst(start.count)).replacing(/^[0-9]+(?= VND,)/) { money(String($0.output)) }))
    }
    return .own(what)
}
