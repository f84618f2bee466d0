import Foundation
import Sen

/// One credential or document.
public struct HeldRow: Equatable, Sendable, Identifiable {
    public let id: String
    public let title: Line
    public let lines: [Line]
    public let isDocument: Bool
    public let showsAtClinic: Bool
    public var ward: String?
}

/// A document that its issuer will have later; asked for before its time it would not be there.
public struct AwaitedRow: Equatable, Sendable, Identifiable {
    public let id: String
    public let line: Line
    public let canAsk: Bool
}

public struct WalletScreen: Equatable, Sendable {
    public var rows: [HeldRow] = []
    public var awaited: [AwaitedRow] = []
    /// How many of them should be fetched anew by now.
    public var due = 0
    /// The account moved here, and not all that the old phone held was obtained yet.
    public var hasCarried = false
    public var busy = false
    /// The one that the person was asked about once more.
    public var deleting: String?
    public var problem: Problem?
}

/// What the person holds.
public final class WalletPresenter: Presenter<WalletScreen>, @unchecked Sendable {
    public init(_ around: Surroundings) { super.init(WalletScreen(), around) }

    @discardableResult
    public func start() -> Task<Void, Never> { ask {} }

    /// `citizen` or `health-insurance`, the person's own or that of somebody in their care.
    @discardableResult
    public func obtain(_ name: String, ward: String? = nil) -> Task<Void, Never> {
        ask { [self] in _ = try await wallet.obtainCredential(nameOrOffer: name, ward: ward, transactionCode: nil, now: now()) }
    }

    /// All that is due. The keys ask the person, so that it begins where the person wants it.
    @discardableResult
    public func renewDue() -> Task<Void, Never> { ask { [self] in _ = try await wallet.refreshDue(now: now()) } }

    /// What the old phone held, where it stopped half-way.
    @discardableResult
    public func obtainCarried() -> Task<Void, Never> { ask { [self] in _ = try await wallet.obtainCarried(now: now()) } }

    /// Whether an awaited document is there by now.
    @discardableResult
    public func askFor(_ row: AwaitedRow) -> Task<Void, Never> {
        ask { [self] in _ = try await wallet.fetchAwaited(id: row.id, now: now()) }
    }

    /// Asks once more before it is gone.
    public func askToDelete(_ row: HeldRow) { change { ($0.deleting, $0.problem) = (row.id, nil) } }

    public func askToDelete(_ row: AwaitedRow) { change { ($0.deleting, $0.problem) = (row.id, nil) } }

    public func keep() { change { $0.deleting = nil } }

    /// After the person was asked once more.
    @discardableResult
    public func delete(_ row: HeldRow) -> Task<Void, Never> {
        ask { [self] in
            guard state.deleting == row.id else { return }
            let at = now()
            try await calling { try row.isDocument ? $0.deleteDocument(id: row.id, now: at) : $0.deleteCredential(id: row.id, now: at) }
        }
    }

    /// An awaited document is waited for no longer, after the person was asked once more.
    @discardableResult
    public func giveUp(_ row: AwaitedRow) -> Task<Void, Never> {
        ask { [self] in
            guard state.deleting == row.id else { return }
            let at = now()
            try await calling { try $0.giveUpAwaited(id: row.id, now: at) }
        }
    }

    private func ask(_ first: @escaping @Sendable () async throws -> Void) -> Task<Void, Never> {
        work(refused: { [self] problem in
            change { ($0.busy, $0.problem) = (false, problem) }
        }) { [self] in
            change { ($0.busy, $0.problem) = (true, nil) }
            do {
                try await first()
            } catch {
                // What is held is shown anew also where not all of it worked.
                try await list()
                throw error
            }
            try await list()
        }
    }

    private func list() async throws {
        let at = now()
        let (credentials, documents, later, due, carried) = try await calling {
            (try $0.credentials(now: at), try $0.documents(), try $0.awaitedDocuments(), try $0.due(now: at), try $0.hasCarried())
        }
        let rows = credentials.map(row) + documents.map(row)
        show(WalletScreen(rows: rows, awaited: later.map { awaited($0, at, around.zone) }, due: due.count, hasCarried: carried))
    }

    private func row(_ held: Credential) -> HeldRow {
        let shows = held.vct == "urn:vn:health-insurance:1"
        let lines = Array(prepared(held, around.zone).dropFirst())
        return HeldRow(id: held.id, title: kind(held.vct), lines: lines, isDocument: false, showsAtClinic: shows, ward: held.ward)
    }

    private func row(_ held: Document) -> HeldRow {
        let until = held.expiresAt.map { [Line(.documentUntil, day($0, around.zone))] } ?? []
        let lines = until + [Line(.offerFrom, commonName(held.issuer))]
        return HeldRow(id: held.id, title: kind(held.kind), lines: lines, isDocument: true, showsAtClinic: false)
    }
}

/// What is said of a document that is awaited.
func awaited(_ of: AwaitedDocument, _ now: Int64, _ zone: TimeZone) -> AwaitedRow {
    let canAsk = now >= of.notBefore
    let what = Part.line(kind(of.kind))
    let line = canAsk ? Line(.awaited, parts: [what]) : Line(.awaitedFrom, parts: [what, .own(minute(of.notBefore, zone))])
    return AwaitedRow(id: of.id, line: line, canAsk: canAsk)
}

/// What a credential is, until when it can be shown without a network, and what the core warns of.
func prepared(_ held: Credential, _ zone: TimeZone) -> [Line] {
    let ward = held.ward.map { [Line(.forWard, $0)] } ?? []
    return [kind(held.vct)] + ward + [Line(.validUntil, minute(held.expiresAt, zone))] + held.warnings.map(warned)
}

private func warned(_ of: Warning) -> Line {
    switch of {
    case .expired: .warning(.warningExpired)
    case .soonUnprepared: .warning(.warningSoon)
    case .ended: .warning(.warningEnded)
    case .endsSoon(let days): Line(.warningEnds, "\(days)", warning: true)
    }
}
