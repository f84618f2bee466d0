import Sen

public struct HistoryRow: Equatable, Sendable, Identifiable {
    public let sequence: UInt64
    public let at: String
    public let line: Line

    public var id: UInt64 { sequence }
}

public struct HistoryScreen: Equatable, Sendable {
    public var rows: [HistoryRow] = []
    public var more = false
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
            show(HistoryScreen(rows: before + next.map(row), more: (next.last?.sequence ?? 0) > 1))
        }
    }

    private func row(_ of: HistoryLine) -> HistoryRow {
        HistoryRow(sequence: of.sequence, at: minute(of.at, around.zone), line: happened(of).warned(!of.overAsked.isEmpty))
    }
}

/// One line of the history in words.
func happened(_ of: HistoryLine) -> Line {
    let (what, who) = (of.what.joined(separator: ", "), of.who.map(commonName) ?? "")
    return switch of.kind {
    case "presented": Line(.eventPresented, who, what)
    case "presented_online": Line(.eventPresentedOnline, who, what)
    case "declined", "declined_online": Line(.eventDeclined, who)
    case "refused": Line(.eventRefused, of.code ?? "")
    case "credential_obtained": Line(.eventObtained, what)
    case "credential_deleted": Line(.eventDeleted, what)
    default: accountEvent(of.kind, who: who, ward: of.ward ?? "")
    }
}
