import Foundation
import Sen

/// What the card's screens show.
public enum CardScreen: Equatable, Sendable {
    /// Six digits are typed.
    case number(Problem? = nil)
    /// The card is to be held, or is being read; `fraction` of all bytes, where that is known.
    case hold(Line, fraction: Double? = nil)
    /// The provider looks at it.
    case comparing
    case done(Line)
    /// It ends here.
    case failed(Problem)
}

/// Proves something with the card; a card that was lost is read on when it is back.
public final class CardPresenter: Presenter<CardScreen>, @unchecked Sendable {
    private let tags = Tags()
    private let running = Running()

    public init(_ around: Surroundings) { super.init(.number(), around) }

    /// The shell saw a card in the field.
    public func tag(_ transport: any CardTransport) { tags.seen(transport) }

    /// The system's own sheet was closed: where a card is waited for or read, the person gave up.
    public func sheetClosed() { if case .hold = state { stop() } }

    /// Level 2, with the six digits and what the camera took.
    @discardableResult
    public func raiseLevel(can: String, face: Data) -> Task<Void, Never> {
        start(can, face) { [self] in try await wallet.beginStepUp(now: now()) }
    }

    /// The account moves to this phone, without the old one.
    @discardableResult
    public func moveHere(_ provider: AccountProvider, _ who: AccountApplicant, can: String, face: Data) -> Task<Void, Never> {
        start(can, face) { [self] in try await wallet.beginNewPhone(provider: provider, applicant: who, now: now()) }
    }

    /// A forgotten PIN.
    @discardableResult
    public func recoverPin(can: String, face: Data) -> Task<Void, Never> {
        start(can, face) { [self] in try await wallet.beginPinRecovery(now: now()) }
    }

    /// The person gives up; a command that is on its way is the last.
    public func stop() {
        let turn = newTurn()
        running.end()
        show(.number(), in: turn)
    }

    /// Lends this phone: reads another person's card for the phone that asked. Without an account here it goes through `provider`.
    @discardableResult
    public func lend(_ request: ReadingRequest, _ provider: AccountProvider, can: String) -> Task<Void, Never> {
        run(can) { [self] in
            Reading(
                isRead: { request.isRead() },
                read: { try await request.read(transport: $0, key: $1, listener: $2) },
                finish: { [self] in
                    try await request.send(provider: provider, now: now())
                    return Line(.lendSent)
                })
        }
    }

    private func start(_ can: String, _ face: Data, _ begin: @escaping @Sendable () async throws -> CardProof) -> Task<Void, Never> {
        run(can) { [self] in
            let proof = try await begin()
            return Reading(
                isRead: { proof.isRead() },
                read: { try await proof.read(transport: $0, key: $1, listener: $2) },
                finish: { [self] in said(try await proof.finish(faceCapture: face, now: now()), around) })
        }
    }

    private func run(_ can: String, _ begin: @escaping @Sendable () async throws -> Reading) -> Task<Void, Never> {
        let turn = newTurn()
        running.end()
        // A card that left before has nothing to say to this.
        tags.forget()
        let task = work(refused: { [self] in show($0.next == .typeAgain ? .number($0) : .failed($0), in: turn) }) { [self] in
            let reading = try await begin()
            show(.hold(Line(.holdTop)), in: turn)
            while !reading.isRead() {
                guard let transport = await tags.next(), !isOver(turn) else { return }
                do {
                    let progress = Progress { [weak self] in
                        self?.show($0, in: turn)
                    } isOver: { [weak self] in
                        self?.isOver(turn) ?? true
                    }
                    try await reading.read(transport, .can(number: can.trimmed), progress)
                } catch let lost as SenError {
                    guard case .TryCardAgain = lost else { throw lost }
                    show(.hold(lost.problem.line), in: turn)
                }
            }
            show(.comparing, in: turn)
            show(.done(try await reading.finish()), in: turn)
        }
        running.begin(task)
        return task
    }
}

/// A reading in as many goes as it takes, and what becomes of it.
private struct Reading: Sendable {
    let isRead: @Sendable () -> Bool
    let read: @Sendable (any CardTransport, CardKey, any ReadingListener) async throws -> Void
    let finish: @Sendable () async throws -> Line
}

/// What a proof with the card came to.
func said(_ proven: Proven, _ around: Surroundings) -> Line {
    switch proven {
    case .level: Line(.levelReached)
    case .takesEffect(let at): Line(.takesEffect, minute(at, around.zone))
    }
}

/// The newest card that was seen, for one who waits for it.
private final class Tags: @unchecked Sendable {
    private let lock = NSLock()
    private var newest: (any CardTransport)?
    private var waiting: [UUID: CheckedContinuation<(any CardTransport)?, Never>] = [:]

    func seen(_ transport: any CardTransport) {
        let waiter = lock.withLock {
            let waiter = waiting.first
            if let waiter { waiting[waiter.key] = nil } else { newest = transport }
            return waiter?.value
        }
        waiter?.resume(returning: transport)
    }

    func forget() { lock.withLock { newest = nil } }

    /// Nothing where the task is cancelled first.
    func next() async -> (any CardTransport)? {
        let id = UUID()
        return await withTaskCancellationHandler {
            await withCheckedContinuation { waiter in
                let now: (any CardTransport)?? = lock.withLock {
                    if Task.isCancelled { return .some(nil) }
                    if let tag = newest {
                        newest = nil
                        return tag
                    }
                    waiting[id] = waiter
                    return nil
                }
                if let now { waiter.resume(returning: now) }
            }
        } onCancel: {
            lock.withLock { waiting.removeValue(forKey: id) }?.resume(returning: nil)
        }
    }
}

/// The one reading that goes on.
private final class Running: @unchecked Sendable {
    private let lock = NSLock()
    private var task: Task<Void, Never>?

    func begin(_ new: Task<Void, Never>) { lock.withLock { task = new } }

    func end() { lock.withLock { task }?.cancel() }
}

private final class Progress: ReadingListener {
    private let show: @Sendable (CardScreen) -> Void
    private let isOver: @Sendable () -> Bool

    init(show: @escaping @Sendable (CardScreen) -> Void, isOver: @escaping @Sendable () -> Bool) {
        (self.show, self.isOver) = (show, isOver)
    }

    func step(step: ReadingStep) {
        switch step {
        case .reading(let file, let bytes, let total):
            show(.hold(Line(.keepStill, file), fraction: total == 0 ? nil : Double(bytes) / Double(total)))
        case .provingChip: show(.hold(Line(.cardProving)))
        default: break
        }
    }

    func cancelled() -> Bool { isOver() }
}
