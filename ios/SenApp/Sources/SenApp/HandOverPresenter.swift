import Sen

public enum HandOverScreen: Equatable, Sendable {
    /// The new phone's code is to be scanned.
    case scan(Problem? = nil)
    /// Both phones show the same six digits, or somebody swapped the code.
    case compare([Line])
    /// The PIN, and then it goes.
    case pin([Line], problem: Problem? = nil)
    /// It is on its way to the provider: the PIN is not sent twice.
    case sending
    /// The new phone is to take it.
    case waiting(Line)
    /// The account is on the new phone and this one was emptied.
    case done(Line)
    case failed(Problem)
}

/// The old phone's side of the move.
public final class HandOverPresenter: Presenter<HandOverScreen>, @unchecked Sendable {
    private let pause: Duration
    private let to = Kept<NewPhone>()

    public init(_ around: Surroundings, pause: Duration = .seconds(2)) {
        self.pause = pause
        super.init(.scan(), around)
    }

    @discardableResult
    public func scanned(_ text: String) -> Task<Void, Never> {
        work(refused: { [self] in show(.scan($0)) }) { [self] in
            to.value = nil
            let at = now()
            let phone = try await calling { try $0.readNewPhone(scanned: text, now: at) }
            to.value = phone
            show(.compare(named(phone)))
        }
    }

    public func same() { if let phone = to.value { show(.pin(named(phone))) } }

    /// Nothing goes to a phone that is not the one beside this.
    public func differ() {
        to.value = nil
        show(.failed(.digitsDiffer))
    }

    @discardableResult
    public func handOver(pin: String) -> Task<Void, Never> {
        let shown = state
        guard case .pin(let lines, _) = shown, let phone = to.value else { return Task {} }
        return once(shown, .sending, refused: { [self] in refused(lines, $0) }) { [self] in
            let seconds = try await wallet.handOver(to: phone, pin: pin.trimmed, now: now())
            show(.waiting(Line(.handedOver, "\(seconds)")))
            let taken = try await wasTaken(until: now() + Int64(seconds))
            show(taken ? .done(Line(.accountElsewhere)) : .failed(Problem(Line(.notTaken), .stop, "app.not_taken")))
        } ?? Task {}
    }

    public func leave() { to.value = nil }

    private func wasTaken(until: Int64) async throws -> Bool {
        try await becomes(until: until, pause: pause) {
            do {
                _ = try await wallet.showAccount(now: now())
                return false
            } catch SenError.DeviceKeyLost {
                return true
            }
        }
    }

    /// Once the provider took it, no PIN is asked for again.
    private func refused(_ lines: [Line], _ problem: Problem) {
        let again = state == .sending && (problem.next == .typeAgain || problem.next == .tryLater)
        show(again ? .pin(lines, problem: problem.ofPin) : .failed(problem))
    }

    private func named(_ phone: NewPhone) -> [Line] { [Line(.handOverTo, phone.name()), Line(.bothShow, phone.checkDigits())] }
}
