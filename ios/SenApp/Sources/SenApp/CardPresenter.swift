import Foundation
import Sen

/// What the card's screens show.
public enum CardScreen: Equatable, Sendable {
    /// What opens the card is typed: its six digits, `can` where the camera read them, or the lines of its machine-readable zone.
    case number(byZone: Bool = false, can: String? = nil, problem: Problem? = nil)
    /// The card is to be held, or is being read; `fraction` of all of it, where that is known.
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
    private let lock = NSLock()
    private var zoned = false

    private var byZone: Bool {
        get { lock.withLock { zoned } }
        set { lock.withLock { zoned = newValue } }
    }

    public init(_ around: Surroundings) { super.init(.number(), around) }

    /// The shell saw a card in the field.
    public func tag(_ transport: any CardTransport) { tags.seen(transport) }

    /// The system's own sheet was closed: where a card is waited for or read, the person gave up.
    public func sheetClosed() { if case .hold = state { stop() } }

    /// Not every card has six digits, or they cannot be read any more: the lines of its zone do as well.
    public func useZone(_ zone: Bool) {
        byZone = zone
        show(.number(byZone: zone))
    }

    /// The camera read the code on the card.
    public func scanned(can: String) { show(.number(can: can)) }

    /// What was typed, or nothing where it cannot be right: asked before anybody takes a picture or holds a card.
    public func key(_ typed: String) -> CardKey? {
        let can = typed.trimmed
        let key = byZone ? zone(typed).map { CardKey.mrz(lines: $0) } : isCan(can) ? CardKey.can(number: can) : nil
        if key == nil { show(.number(byZone: byZone, problem: mistyped)) }
        return key
    }

    /// Level 2, with what opens the card and what the camera took.
    @discardableResult
    public func raiseLevel(_ key: CardKey, face: Data) -> Task<Void, Never> {
        start(key, face) { [self] in try await wallet.beginStepUp(now: now()) }
    }

    /// The account moves to this phone, without the old one.
    @discardableResult
    public func moveHere(_ provider: AccountProvider, _ who: AccountApplicant, _ key: CardKey, face: Data) -> Task<Void, Never> {
        start(key, face) { [self] in try await wallet.beginNewPhone(provider: provider, applicant: who, now: now()) }
    }

    /// A forgotten PIN.
    @discardableResult
    public func recoverPin(_ key: CardKey, face: Data) -> Task<Void, Never> {
        start(key, face) { [self] in try await wallet.beginPinRecovery(now: now()) }
    }

    /// The person gives up, or leaves; a command that is on its way is the last. What the provider has in its hands goes on.
    public func stop() {
        if state == .comparing { return }
        let turn = newTurn()
        running.end()
        show(.number(byZone: byZone), in: turn)
    }

    /// Lends this phone: reads another person's card for the phone that asked. Without an account here it goes through `provider`.
    @discardableResult
    public func lend(_ request: ReadingRequest, _ provider: AccountProvider, _ key: CardKey) -> Task<Void, Never> {
        run(key) { [self] in
            Reading(
                isRead: { request.isRead() },
                read: { try await request.read(transport: $0, key: $1, listener: $2) },
                finish: { [self] in
                    try await request.send(provider: provider, now: now())
                    return Line(.lendSent)
                })
        }
    }

    private func start(_ key: CardKey, _ face: Data, _ begin: @escaping @Sendable () async throws -> CardProof) -> Task<Void, Never> {
        run(key) { [self] in
            let proof = try await begin()
            return Reading(
                isRead: { proof.isRead() },
                read: { try await proof.read(transport: $0, key: $1, listener: $2) },
                finish: { [self] in said(try await proof.finish(faceCapture: face, now: now()), around) })
        }
    }

    private func run(_ key: CardKey, _ begin: @escaping @Sendable () async throws -> Reading) -> Task<Void, Never> {
        let turn = newTurn()
        running.end()
        // A card that left before has nothing to say to this.
        tags.forget()
        let task = work(refused: { [self] in show(failed($0), in: turn) }) { [self] in
            let reading = try await begin()
            show(.hold(Line(.holdTop)), in: turn)
            let progress = Progress { [weak self] in
                self?.show($0, in: turn)
            } isOver: { [weak self] in
                self?.isOver(turn) ?? true
            }
            while !reading.isRead() {
                guard let transport = await tags.next(), !isOver(turn) else { return }
                do {
                    try await reading.read(transport, key, progress)
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

    private func failed(_ problem: Problem) -> CardScreen {
        // The check digits of the zone did not fit.
        if problem.code == badKey { return .number(byZone: byZone, problem: mistyped) }
        return problem.next == .typeAgain ? .number(byZone: byZone, problem: problem) : .failed(problem)
    }

    private var mistyped: Problem { Problem(Line(byZone ? .mrzWrong : .canWrong), .typeAgain, badKey) }
}

private let badKey = "card.access_number"

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

private final class Progress: ReadingListener, @unchecked Sendable {
    private let lock = NSLock()
    private var bar = ReadingBar()
    private let show: @Sendable (CardScreen) -> Void
    private let isOver: @Sendable () -> Bool

    init(show: @escaping @Sendable (CardScreen) -> Void, isOver: @escaping @Sendable () -> Bool) {
        (self.show, self.isOver) = (show, isOver)
    }

    func step(step: ReadingStep) {
        switch step {
        case .reading(let file, let bytes, let total):
            let what = Line(file == portraitFile ? .filePortrait : .fileData)
            show(.hold(Line(.keepStill, parts: [.line(what)]), fraction: lock.withLock { bar.at(file, bytes, of: total) }))
        case .provingChip: show(.hold(Line(.cardProving)))
        default: break
        }
    }

    func cancelled() -> Bool { isOver() }
}
