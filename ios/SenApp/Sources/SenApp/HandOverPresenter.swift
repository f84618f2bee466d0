import Sen

public enum HandOverScreen: Equatable, Sendable {
    /// The new phone's code is to be scanned.
    case scan(Problem? = nil)
    /// Both phones show the same six digits, or somebody swapped the code.
    case compare([Line])
    /// The PIN, and then it goes.
    case pin([Line], problem: Problem? = nil)
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
        work(refused: { [self] in refused($0) }) { [self] in
            guard let phone = to.value else { return }
            let seconds = try await wallet.handOver(to: phone, pin: pin.trimmed, now: now())
            show(.waiting(Line(.handedOver, "\(seconds)")))
            let taken = try await wasTaken(until: now() + Int64(seconds))
            show(taken ? .done(Line(.accountElsewhere)) : .failed(Problem(Line(.notTaken), .stop, "app.not_taken")))
        }
    }

    public func leave() { to.value = nil }

    private func wasTaken(until: Int64) async throws -> Bool {
        while now() < until {
            do {
                _ = try await wallet.showAccount(now: now())
            } catch SenError.DeviceKeyLost {
                return true
            } catch SenError.NoNetwork {
                // The provider may have been told all the same: asked again until the time is over.
            }
            try await Task.sleep(for: pause)
        }
        return false
    }

    private func refused(_ problem: Problem) {
        change {
            if case .pin(let lines, _) = $0, problem.next == .typeAgain || problem.next == .tryLater {
                $0 = .pin(lines, problem: problem.ofPin)
            } else {
                $0 = .failed(problem)
            }
        }
    }

    private func named(_ phone: NewPhone) -> [Line] { [Line(.handOverTo, phone.name()), Line(.bothShow, phone.checkDigits())] }
}
