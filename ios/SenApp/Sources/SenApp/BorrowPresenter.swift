import Foundation
import Sen

public enum BorrowScreen: Equatable, Sendable {
    case start(Problem? = nil)
    /// The code for the other phone's camera.
    case showing(digits: String, lines: [Line])
    /// The reading is here; the face is taken on this phone.
    case face(Problem? = nil)
    case comparing
    case done(Line)
}

/// Level 2 for a phone that reads no card: another person's phone does.
public final class BorrowPresenter: Presenter<BorrowScreen>, @unchecked Sendable {
    private let pause: Duration
    private let proof = Kept<CardProof>()
    private let waiting = Kept<Task<Void, Never>>()

    public init(_ around: Surroundings, pause: Duration = .seconds(2)) {
        self.pause = pause
        super.init(.start(), around)
    }

    @discardableResult
    public func start() -> Task<Void, Never> {
        leave()
        let turn = newTurn()
        let task = work(refused: { [self] in show(.start($0), in: turn) }) { [self] in
            let begun = try await wallet.beginStepUp(now: now())
            let reader = try await begun.borrowReader(now: now())
            if isOver(turn) { return }
            proof.value = begun
            let until = now() + Int64(reader.expiresIn())
            let lines = [
                Line(.otherPhoneHint), Line(.bothShow, reader.checkDigits()), Line(.codeUntil, minute(until, around.zone)),
                Line(.readingAwaited),
            ]
            show(.showing(digits: reader.text(), lines: lines), in: turn)
            if try await becomes(until: until, pause: pause, { try await reader.take(now: now()) }) {
                show(.face(), in: turn)
                return
            }
            show(.start(Problem(Line(.noReading), .tryLater, "app.no_reading")), in: turn)
        }
        waiting.value = task
        return task
    }

    /// What the camera took.
    @discardableResult
    public func finish(face: Data) -> Task<Void, Never> {
        let turn = newTurn()
        // Without a network the reading stays; what the provider refused is begun anew.
        return work(refused: { [self] in show($0.next == .tryLater ? .face($0) : .start($0), in: turn) }) { [self] in
            guard let begun = proof.value else { return }
            show(.comparing, in: turn)
            let proven = try await begun.finish(faceCapture: face, now: now())
            proof.value = nil
            show(.done(said(proven, around)), in: turn)
        }
    }

    /// The screen is left: nobody waits for a reading any more.
    public func leave() {
        _ = newTurn()
        waiting.value?.cancel()
        proof.value = nil
    }
}
