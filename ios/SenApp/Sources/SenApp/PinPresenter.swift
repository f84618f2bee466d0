import Sen

/// What the PIN's screen shows.
public struct PinScreen: Equatable, Sendable {
    /// Whether one is set: the current one is asked for, too. Nothing while that is not known.
    public var isSet: Bool?
    public var lines: [Line] = []
    /// The card and a waiting time free a forgotten one.
    public var canRecover = false
    public var done = false
    /// The provider has not answered yet.
    public var busy = false
    public var problem: Problem?
}

/// Sets and changes the PIN. It is held no longer than the call.
public final class PinPresenter: Presenter<PinScreen>, @unchecked Sendable {
    public init(_ around: Surroundings) { super.init(PinScreen(), around) }

    @discardableResult
    public func start() -> Task<Void, Never> { ask { [self] in show(try await looked(done: false)) } }

    /// Compared here alone: the provider learns one.
    @discardableResult
    public func set(new: String, again: String) -> Task<Void, Never> {
        ask { [self] in
            guard agree(new, again) else { return }
            try await wallet.setPin(pin: new, now: now())
            show(try await looked(done: true))
        }
    }

    @discardableResult
    public func change(old: String, new: String, again: String) -> Task<Void, Never> {
        ask { [self] in
            guard agree(new, again) else { return }
            try await wallet.changePin(old: old, new: new, now: now())
            show(try await looked(done: true))
        }
    }

    private func agree(_ new: String, _ again: String) -> Bool {
        let wrong: Problem
        if !pinHasSixDigits(pin: new) {
            wrong = Problem(Line(.pinNotSix), .typeAgain, "pin.not_six_digits")
        } else if new != again {
            wrong = Problem(Line(.pinDiffers), .typeAgain, "app.pin_differs")
        } else {
            return true
        }
        change { ($0.done, $0.busy, $0.problem) = (false, false, wrong) }
        return false
    }

    private func looked(done: Bool) async throws -> PinScreen {
        let pin = try await wallet.showAccount(now: now()).pin
        let stands: Line =
            if pin.blocked { .warning(.accountBlocked) } else if done { Line(.pinDone) } else { Line(pin.set ? .pinIsSet : .pinNone) }
        let wait = pin.waitUntil.map { [Line(.pinWait, minute($0, around.zone), warning: true)] } ?? []
        return PinScreen(isSet: pin.set, lines: [stands] + wait + [Line(.pinSecret)], canRecover: pin.set, done: done)
    }

    private func ask(_ block: @escaping @Sendable () async throws -> Void) -> Task<Void, Never> {
        work(refused: { [self] problem in
            change { ($0.done, $0.busy, $0.problem) = (false, false, problem.ofPin) }
        }) { [self] in
            change { ($0.busy, $0.problem) = (true, nil) }
            try await block()
        }
    }
}

extension Problem {
    /// The same code means another sentence where it is a PIN that was typed.
    var ofPin: Problem {
        switch code {
        case "pin.not_six_digits": Problem(Line(.pinNotSix), next, code)
        case "pin.too_easy": Problem(Line(.pinTooEasy), next, code)
        case "account.no_pin": Problem(Line(.pinNone), next, code)
        default: line.word == .wrongCode ? Problem(Line(.pinWrong, parts: line.values), next, code) : self
        }
    }
}
