import Sen

public enum ReceiveScreen: Equatable, Sendable {
    /// The phone is given a name.
    case name(Problem? = nil)
    /// The code for the old phone's camera, and what both phones say; good until then.
    case showing(digits: String, lines: [Line], until: Int64, problem: Problem? = nil)
    /// The account is here. Where one can go on, some of its documents are still to be obtained.
    case arrived([Line], canGoOn: Bool = false, problem: Problem? = nil)
}

/// The new phone's side of the move: shows a code and takes what the old phone hands over.
public final class ReceivePresenter: Presenter<ReceiveScreen>, @unchecked Sendable {
    private let provider: AccountProvider
    private let pause: Duration
    private let waiting = Kept<Task<Void, Never>>()
    private let carrying = Kept<Bool>()

    public init(_ around: Surroundings, _ provider: AccountProvider, pause: Duration = .seconds(2)) {
        (self.provider, self.pause) = (provider, pause)
        super.init(.name(), around)
    }

    /// Goes on where an earlier call was stopped.
    @discardableResult
    public func start(device: String) -> Task<Void, Never> {
        waiting.value?.cancel()
        let task = work(refused: { [self] in stay($0) }) { [self] in
            while true {
                guard let code = try await begun(device.trimmed) else { return try await arrived() }
                showCode(code)
                try Task.checkCancellation()
                if let received = try await claimed() {
                    around.accepted()
                    show(.arrived(said(received)))
                    return try await carry()
                }
                try await Task.sleep(for: pause)
            }
        }
        waiting.value = task
        return task
    }

    /// What the old phone held, after the network was gone; or what goes on already.
    @discardableResult
    public func goOn() -> Task<Void, Never> { work(refused: { [self] in stay($0) }) { [self] in try await carry() } }

    /// The screen is there again: it goes on with what it was at.
    @discardableResult
    public func comeBack(device: String) -> Task<Void, Never> {
        switch state {
        case .name: Task {}
        case .showing: start(device: device)
        // What failed waits for the person, who may have declined it.
        case .arrived(_, let canGoOn, _): canGoOn ? Task {} : goOn()
        }
    }

    /// The screen is left. The code stays good for its time, and the same one is shown again; what arrives goes on arriving.
    public func leave() { if case .showing = state { waiting.value?.cancel() } }

    /// Nothing where the account is here already.
    private func begun(_ device: String) async throws -> TransferCode? {
        do {
            return try await wallet.receiveAccount(provider: provider, deviceName: device, now: now())
        } catch SenError.NotReady("account.already_active", _, _) {
            return nil
        }
    }

    /// An earlier claim was taken, whose answer was lost: what the account is now the provider knows.
    private func arrived() async throws {
        let view = try await wallet.showAccount(now: now())
        around.accepted()
        show(.arrived([Line(.accountHere)] + (view.pin.set ? [] : [Line(.setPinNext)])))
        try await carry()
    }

    private func claimed() async throws -> Received? {
        do {
            return try await wallet.claimAccount(now: now())
        } catch SenError.NotReady("account.no_hand_over", _, _) {
            return nil
        }
    }

    private func carry() async throws {
        // Nothing is obtained twice where one call goes on already.
        if carrying.exchange(true) != nil { return }
        defer { carrying.value = nil }
        var lines: [Line] = []
        if case .arrived(let before, _, _) = state { lines = before }
        if try await calling({ try $0.hasCarried() }) {
            let obtained = try await wallet.obtainCarried(now: now())
            lines.append(Line(.obtained, "\(obtained.credentials.count + obtained.documents.count)"))
        }
        show(.arrived(lines))
    }

    private func showCode(_ code: TransferCode) {
        // The same code again is not drawn again, but what was wrong with the network is over.
        if case .showing(code.text, _, _, nil) = state { return }
        let until = now() + Int64(code.expiresIn)
        let lines = [Line(.moveHereHint), Line(.bothShow, code.checkDigits), Line(.codeUntil, minute(until, around.zone))]
        show(.showing(digits: code.text, lines: lines, until: until))
    }

    private func stay(_ problem: Problem) {
        change {
            switch $0 {
            case .name: $0 = .name(problem)
            case .showing(let digits, let lines, let until, _): $0 = .showing(digits: digits, lines: lines, until: until, problem: problem)
            case .arrived(let lines, _, _): $0 = .arrived(lines, canGoOn: true, problem: problem)
            }
        }
    }
}

/// What came along, and what did not.
func said(_ received: Received) -> [Line] {
    let leftOut = received.leftOut > 0 ? [Line(.historyLeftOut, "\(received.leftOut)")] : []
    let unopened: [Line] = received.opened ? [] : [.warning(.notCarried)]
    let others = received.otherIssuers > 0 ? [Line(.otherIssuersLeft, "\(received.otherIssuers)", warning: true)] : []
    return [Line(.movedHere, "\(received.history)")] + leftOut + unopened + others + [Line(.setPinNext)]
}
