import Sen

public enum OnlineScreen: Equatable, Sendable {
    case reading
    case ask(OnlineQuestion)
    /// The answer is on its way: nothing is pressed twice.
    case sending
    /// Sent; the address is to be opened in the browser.
    case answered(goOn: String?)
    case declined
    case failed(Problem)
}

/// All that is asked, in the order in which it is read. Where `canAgree` is false it can only be declined.
public struct OnlineQuestion: Equatable, Sendable {
    public let lines: [Line]
    public let needsNumber: Bool
    public let canAgree: Bool
    /// Other documents that would do.
    public let others: [OtherDocument]
    /// Something is not required and can be left out.
    public let canLeaveOut: Bool
    public var problem: Problem?
}

/// A document that would answer `query`, too.
public struct OtherDocument: Equatable, Sendable, Identifiable {
    public let query: String
    public let document: String
    public let line: Line

    public var id: [String] { [query, document] }
}

/// Answers a portal, bank or cash machine after its request was shown in full.
public final class OnlinePresenter: Presenter<OnlineScreen>, @unchecked Sendable {
    private let believed: BelievedVerifiers
    private let asked = Kept<OnlineRequest>()

    public init(_ around: Surroundings, _ believed: BelievedVerifiers) {
        self.believed = believed
        super.init(.reading, around)
    }

    @discardableResult
    public func read(_ link: String) -> Task<Void, Never> {
        work(refused: { [self] in show(.failed($0)) }) { [self] in
            let request = try await wallet.readRequest(link: link, believed: believed, now: now())
            ask(request)
        }
    }

    /// Another document in answer to one question.
    @discardableResult
    public func choose(_ other: OtherDocument) -> Task<Void, Never> {
        once(.reading) { [self] request, _ in ask(try request.withDocument(query: other.query, document: other.document)) }
    }

    /// No more than what is required.
    @discardableResult
    public func leaveOut() -> Task<Void, Never> { once(.reading) { [self] request, _ in ask(request.withoutOptional()) } }

    /// Nothing is agreed to that is not shown, and nothing twice: what begins takes the place of the question.
    private func once(
        _ meanwhile: OnlineScreen, _ block: @escaping @Sendable (OnlineRequest, OnlineQuestion) async throws -> Void
    ) -> Task<Void, Never> {
        let shown = state
        guard case .ask(let question) = shown, let request = asked.value else { return Task {} }
        return once(shown, meanwhile, refused: { [self] in stay(question, $0) }) { try await block(request, question) } ?? Task {}
    }

    private func ask(_ request: OnlineRequest) {
        asked.value = request
        let details = request.details()
        show(
            .ask(
                OnlineQuestion(
                    lines: lines(details), needsNumber: details.needsNumber,
                    canAgree: !details.choices.isEmpty && details.unanswerable == nil,
                    others: details.choices.flatMap { request.alternatives(query: $0.query).map(other) },
                    canLeaveOut: details.choices.contains(where: \.optional))))
    }

    private func other(_ choice: OnlineChoice) -> OtherDocument {
        let which = Part.listed([.line(kind(choice.kind)), .own(commonName(choice.issuer)), .own(day(choice.issuedAt, around.zone))])
        return OtherDocument(query: choice.query, document: choice.document, line: Line(.chooseThis, parts: [which]))
    }

    /// A number that is not two digits, or a person whom the device does not recognise, leaves the question as it is.
    @discardableResult
    public func agree(number: String?) -> Task<Void, Never> {
        once(.sending) { [self] request, question in
            guard let recognised = await recognised(request) else { return stay(question, .notRecognised) }
            let at = now()
            let consent = try await calling { _ in try request.grant(recognised: recognised, number: number?.typed, now: at) }
            do {
                show(.answered(goOn: try await wallet.answerRequest(consent: consent, believed: believed, now: now())))
            } catch let error as SenError {
                var problem = error.problem
                problem.theirs = consent.verifierWords().map { Line(.verifierSays, $0) }
                stay(question, problem)
            }
        }
    }

    /// A key that approves asks for finger or face itself, before anything is sent: nobody is asked twice for one answer.
    private func recognised(_ request: OnlineRequest) async -> Recognised? {
        request.details().approval == nil ? await around.recogniser.recognise() : .byBiometrics
    }

    @discardableResult
    public func decline() -> Task<Void, Never> {
        once(.sending) { [self] request, _ in
            _ = try await wallet.declineRequest(request: request, believed: believed, now: now())
            show(.declined)
        }
    }

    private func stay(_ question: OnlineQuestion, _ problem: Problem) {
        guard problem.next == .typeAgain || problem.next == .nothing else { return show(.failed(problem)) }
        var shown = question
        shown.problem = problem
        show(.ask(shown))
    }

    private func lines(_ details: OnlineDetails) -> [Line] {
        let registered =
            details.registration.map { [Line(.registered, $0.name, commonName($0.registrar)), Line(.purpose, $0.purpose)] } ?? [
                .warning(.notRegistered)
            ]
        let shown = details.choices.flatMap { choice($0, registered: details.registration != nil) }
        let why = Line(details.unanswerable == noApprovalKey ? .obtainToApprove : .nothingAnswers)
        let nothing = details.choices.isEmpty || details.unanswerable != nil ? [why] : []
        return approval(details.approval) + asker(details.asker) + registered + shown + nothing
    }

    private func approval(_ approval: Approval?) -> [Line] {
        switch approval {
        case .cashWithdrawal(let bank, let terminal, let place, let amount): [Line(.approveCash, money("\(amount)"), bank, terminal, place)]
        case .signIn(let service, let origin, _): [Line(.approveSignIn, service, origin)]
        case nil: []
        }
    }

    private func asker(_ asker: Asker) -> [Line] {
        switch asker {
        case .certified(let subject, _, let vouchedBy): [Line(.askedBy, commonName(subject)), Line(.vouchedBy, commonName(vouchedBy))]
        case .unproven(let host): [Line(.nobodyVouches, host, warning: true)]
        }
    }

    private func choice(_ choice: OnlineChoice, registered: Bool) -> [Line] {
        let optional = choice.optional ? [Line(.optional)] : []
        // Where nobody registered them all is asked too much, and that was said already.
        let over = registered ? choice.overAsked : []
        let told = choice.claims.filter { !over.contains($0) }
        return [Line(.fromDocument, parts: [.line(kind(choice.kind))])] + optional + named(Line(.toldThese), told.map { claim($0) })
            + named(.warning(.overAskedThese), over.map { claim($0) })
    }
}
