import Foundation
import Sen

public enum QrScreen: Equatable, Sendable {
    case empty
    /// Who would be told what; nothing is shown before the person agrees. Where `canShowPortrait` it can be shown with it, and the person
    /// has not said so yet.
    case ask([Line], needsGuardian: Bool, canShowPortrait: Bool = false, problem: Problem? = nil)
    /// The desk demands more than the device's word: the PIN, and where `needsFace` a picture.
    case prove([Line], needsFace: Bool, problem: Problem? = nil)
    /// The digits of the code, and when the next one comes: a ring counts down to it. After it, in a loop, those of the portrait.
    case showing(digits: String, since: Int64, until: Int64, portrait: [String] = [])
    case over(Line)
    case failed(Problem)
}

/// Shows the health insurance at a clinic, to anybody who scans or to the desk whose question was scanned.
public final class QrPresenter: Presenter<QrScreen>, @unchecked Sendable {
    /// What the core says where the device's word is too little.
    private static let tooLittle: Set = ["present.level_too_low", "present.level_not_stated", "present.statement_old"]

    /// The provider states this level with the PIN alone.
    private static let withPin = 2

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
            show(try await question(request))
        }
    }

    /// The portrait with it, in further codes that anybody can read.
    @discardableResult
    public func withPortrait() -> Task<Void, Never> {
        let turn = newTurn()
        return work(refused: { [self] in show(stay($0), in: turn) }) { [self] in
            guard let request = asked.value else { return }
            let pictured = try await calling { _ in try request.withPortrait() }
            if isOver(turn) { return }
            show(try await question(pictured), in: turn)
        }
    }

    /// The provider states the level for some minutes; then the question is shown again, with the level in it.
    @discardableResult
    public func prove(pin: String, face: Data?) -> Task<Void, Never> {
        let turn = newTurn()
        return work(refused: { [self] in show(stillProving($0), in: turn) }) { [self] in
            guard let request = asked.value else { return }
            let details = request.details()
            _ = try await wallet.obtainLevelStatement(
                credential: "health-insurance", ward: details.ward, pin: pin.trimmed, faceCapture: face, now: now())
            let at = now()
            let stated = try await calling { try $0.atStatedLevel(request: request, level: details.minimumLevel, now: at) }
            if isOver(turn) { return }
            show(try await question(stated), in: turn)
        }
    }

    private func question(_ request: ConsentRequest) async throws -> QrScreen {
        asked.value = request
        let details = request.details()
        let canShow = details.showsPortrait ? false : try await calling { _ in hasPortrait(request) }
        return .ask(lines(details), needsGuardian: details.needsGuardian, canShowPortrait: canShow)
    }

    /// The person agreed; the device asks who they are. Where they decline that, the question stays, and says so. Pressed twice it is once.
    @discardableResult
    public func agree() -> Task<Void, Never> {
        // One that is shown already would show its next code, and then end the use of this one.
        showing.value?.cancel()
        let turn = newTurn()
        let task = work(refused: { [self] in show(more($0), in: turn) }) { [self] in
            guard let request = asked.value else { return }
            let answer = await around.recogniser.recognise()
            // Meanwhile it was pressed once more, declined or left.
            if isOver(turn) { return }
            guard let recognised = answer else {
                show(stay(.notRecognised), in: turn)
                return
            }
            let at = now()
            let details = request.details()
            let guardian = details.needsGuardian
            let consent = try await calling { _ in
                try guardian ? request.grantAsGuardian(recognised: recognised, now: at) : request.grant(recognised: recognised, now: at)
            }
            if isOver(turn) { return }
            let portrait = details.showsPortrait ? try await calling { try $0.portraitFrames(consent: consent, now: at) } : []
            for try await code in wallet.codes(consent: consent, now: around.now) {
                let shown = QrScreen.showing(digits: code.text, since: now(), until: code.expiresAt, portrait: portrait)
                guard show(shown, in: turn) else { return wallet.stopShowing() }
            }
            if show(.over(Line(.qrOver)), in: turn) { wallet.stopShowing() }
        }
        showing.value = task
        return task
    }

    @discardableResult
    public func decline() -> Task<Void, Never> {
        showing.value?.cancel()
        let turn = newTurn()
        return work(refused: { [self] in show(.failed($0), in: turn) }) { [self] in
            if let request = asked.value {
                let at = now()
                try await calling { try $0.decline(request: request, now: at) }
            }
            show(.over(Line(.declined)), in: turn)
        }
    }

    /// The screen is left: no code stays behind it.
    public func leave() {
        let turn = newTurn()
        showing.value?.cancel()
        wallet.stopShowing()
        show(.empty, in: turn)
    }

    /// Where the device's word is too little, the provider's is asked for.
    private func more(_ problem: Problem) -> QrScreen {
        guard Self.tooLittle.contains(problem.code), let level = asked.value?.details().minimumLevel else { return .failed(problem) }
        let needsFace = level > Self.withPin
        return .prove([Line(.levelDemanded, "\(level)"), Line(needsFace ? .levelProve : .levelProvePin)], needsFace: needsFace)
    }

    private func stay(_ problem: Problem) -> QrScreen {
        guard case .ask(let lines, let needsGuardian, let canShow, _) = state else { return .failed(problem) }
        return .ask(lines, needsGuardian: needsGuardian, canShowPortrait: canShow, problem: problem)
    }

    private func stillProving(_ problem: Problem) -> QrScreen {
        guard case .prove(let lines, let needsFace, _) = state, problem.next == .typeAgain || problem.next == .tryLater else {
            return .failed(problem)
        }
        return .prove(lines, needsFace: needsFace, problem: problem.ofPin)
    }

    private func lines(_ details: ConsentDetails) -> [Line] {
        let to = details.desk.map { Line(.qrDesk, $0, details.deskNamedBy ?? "") } ?? Line(.qrAnyClinic)
        let who = [kind(details.credential), details.ward.map { Line(.forWard, $0) }, to, details.purpose.map { Line(.purpose, $0) }]
        let guardian = details.needsGuardian ? [Line(.guardianNeeded)] : []
        let stated = details.statedLevel.map { [Line(.levelStated, "\($0.level)", minute($0.expiresAt, around.zone))] }
        let demanded = details.minimumLevel > 1 ? [Line(.levelDemanded, "\(details.minimumLevel)")] : []
        let portrait = details.showsPortrait ? [Line.warning(.withPortraitTold)] : []
        return who.compactMap { $0 } + guardian + (stated ?? demanded) + named(Line(.toldThese), details.disclosed.map { claim($0) })
            + portrait + named(.warning(.overAskedThese), details.overAsked.map { claim($0) })
            + named(Line(.missingThese), details.missing.map { claim($0) })
    }
}

/// Whether there is one that may go with it.
private func hasPortrait(_ request: ConsentRequest) -> Bool { (try? request.withPortrait()) != nil }
