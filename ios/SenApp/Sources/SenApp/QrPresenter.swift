import Sen

public enum QrScreen: Equatable, Sendable {
    case empty
    /// Who would be told what; nothing is shown before the person agrees.
    case ask([Line], needsGuardian: Bool)
    /// The digits of the code, and when the next one comes: a ring counts down to it.
    case showing(digits: String, since: Int64, until: Int64)
    case over(Line)
    case failed(Problem)
}

/// Shows the health insurance at a clinic, to anybody who scans or to the desk whose question was scanned.
public final class QrPresenter: Presenter<QrScreen>, @unchecked Sendable {
    private let asked = Kept<ConsentRequest>()
    private let showing = Kept<Task<Void, Never>>()

    public init(_ around: Surroundings) { super.init(.empty, around) }

    @discardableResult
    public func ask(ward: String? = nil, challenge: String? = nil) -> Task<Void, Never> {
        work(refused: { [self] in show(.failed($0)) }) { [self] in
            let at = now()
            let request = try await calling {
                try $0.askConsent(credential: "health-insurance", ward: ward, challenge: challenge, now: at)
            }
            asked.value = request
            let details = request.details()
            show(.ask(lines(details), needsGuardian: details.needsGuardian))
        }
    }

    /// The person agreed; the device asks who they are. Where they decline that, the question stays.
    @discardableResult
    public func agree() -> Task<Void, Never> {
        let turn = newTurn()
        let task = work(refused: { [self] in show(.failed($0), in: turn) }) { [self] in
            guard let request = asked.value, let recognised = await around.recogniser.recognise() else { return }
            let at = now()
            let guardian = request.details().needsGuardian
            let consent = try await calling { _ in
                try guardian ? request.grantAsGuardian(recognised: recognised, now: at) : request.grant(recognised: recognised, now: at)
            }
            if isOver(turn) { return }
            for try await code in wallet.codes(consent: consent, now: around.now) {
                guard show(.showing(digits: code.text, since: now(), until: code.expiresAt), in: turn) else { return wallet.stopShowing() }
            }
            if show(.over(Line(.qrOver)), in: turn) { wallet.stopShowing() }
        }
        showing.value = task
        return task
    }

    @discardableResult
    public func decline() -> Task<Void, Never> {
        work(refused: { [self] in show(.failed($0)) }) { [self] in
            if let request = asked.value {
                let at = now()
                try await calling { try $0.decline(request: request, now: at) }
            }
            show(.over(Line(.declined)))
        }
    }

    /// The screen is left: no code stays behind it.
    public func leave() {
        let turn = newTurn()
        showing.value?.cancel()
        wallet.stopShowing()
        show(.empty, in: turn)
    }

    private func lines(_ details: ConsentDetails) -> [Line] {
        let to = details.desk.map { Line(.qrDesk, $0, details.deskNamedBy ?? "") } ?? Line(.qrAnyClinic)
        let who = [kind(details.credential), details.ward.map { Line(.forWard, $0) }, to, details.purpose.map { Line(.purpose, $0) }]
        let guardian = details.needsGuardian ? [Line(.guardianNeeded)] : []
        return who.compactMap { $0 } + guardian + named(Line(.toldThese), details.disclosed)
            + named(.warning(.overAskedThese), details.overAsked) + named(Line(.missingThese), details.missing)
    }

    /// A heading and the claims below it; nothing where there are none.
    private func named(_ heading: Line, _ claims: [Int64]) -> [Line] {
        claims.isEmpty ? [] : [heading] + claims.map { claim($0).warned(heading.isWarning) }
    }
}
