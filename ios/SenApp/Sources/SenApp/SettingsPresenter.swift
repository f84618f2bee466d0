import Sen

/// What the app holds and whom it told what; the end of the account.
public struct SettingsScreen: Equatable, Sendable {
    public var held: [Line] = []
    public var told: [Line] = []
    /// The person was asked once more.
    public var closing = false
    public var closed = false
    /// JSON lines, as the core writes them, for a file that the person chooses.
    public var exported: String?
    public var problem: Problem?
}

public final class SettingsPresenter: Presenter<SettingsScreen>, @unchecked Sendable {
    public init(_ around: Surroundings) { super.init(SettingsScreen(), around) }

    @discardableResult
    public func start() -> Task<Void, Never> { ask { [self] in show(try await looked()) } }

    @discardableResult
    public func export() -> Task<Void, Never> {
        ask { [self] in
            var shown = try await looked()
            shown.exported = try await calling { try $0.exportHistory() }
            show(shown)
        }
    }

    /// The file was written, or was not: the text is not kept.
    public func exportEnded() { change { $0.exported = nil } }

    /// Asks once more.
    public func close() { change { ($0.closing, $0.problem) = (true, nil) } }

    public func keep() { change { $0.closing = false } }

    /// The provider ends the account; documents and keys of this phone go with it.
    @discardableResult
    public func closeForGood() -> Task<Void, Never> {
        ask { [self] in
            guard state.closing else { return }
            try await wallet.closeAccount(now: now())
            var shown = try await looked()
            shown.closed = true
            show(shown)
        }
    }

    private func looked() async throws -> SettingsScreen {
        let at = now()
        let (papers, lines, told) = try await calling {
            // Counted by the check itself: a line that was changed is a problem and no number.
            (try $0.credentials(now: at).count + $0.documents().count, try $0.verifyHistory(), try $0.recipients())
        }
        return SettingsScreen(held: [Line(.heldPapers, "\(papers)"), Line(.heldHistory, "\(lines)")], told: told.map(said))
    }

    private func said(_ of: HistoryRecipient) -> Line {
        let who = Part.listed([recipient(of.name.isEmpty ? of.to : of.name), .line(kind(of.kind))])
        return Line(.heldRecipient, parts: [who, .own("\(of.uses)"), .own(day(of.last, around.zone))])
    }

    private func ask(_ block: @escaping @Sendable () async throws -> Void) -> Task<Void, Never> {
        work(
            refused: { [self] problem in
                change { ($0.closing, $0.exported, $0.problem) = (false, nil, problem) }
            }, block)
    }
}
