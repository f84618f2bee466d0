import Foundation
@preconcurrency import LocalAuthentication
import Sen
import SenApp

/// The system's own prompt. Called from the core's worker threads, which it blocks.
public final class DeviceAuthenticator: Recogniser, @unchecked Sendable {
    private let words: String
    private let recognition = Recognition<LAContext>()

    private static let patience: Double = 60

    /// The words say why the person is asked, in their language.
    public init(words: String) { self.words = words }

    /// For a key that asks once in two minutes.
    func recent() throws -> LAContext {
        try recognition.proof(now: ProcessInfo.processInfo.systemUptime) { try asked(.deviceOwnerAuthentication) }
    }

    /// For a key that asks at each use: face or finger, no passcode.
    func fresh() throws -> LAContext { try asked(.deviceOwnerAuthenticationWithBiometrics) }

    /// Asked anew, by face or finger where this phone has them set up, so that it can be said by which; then good for the keys that
    /// show codes.
    public func recognise() async -> Recognised? {
        await withCheckedContinuation { (done: CheckedContinuation<Recognised?, Never>) in
            DispatchQueue.global(qos: .userInitiated).async { [self] in
                let byBiometrics = LAContext().canEvaluatePolicy(.deviceOwnerAuthenticationWithBiometrics, error: nil)
                let policy: LAPolicy = byBiometrics ? .deviceOwnerAuthenticationWithBiometrics : .deviceOwnerAuthentication
                let proof = try? recognition.newProof(now: ProcessInfo.processInfo.systemUptime) { try asked(policy) }
                done.resume(returning: proof.map { _ in byBiometrics ? .byBiometrics : .byKnowledge })
            }
        }
    }

    private func asked(_ policy: LAPolicy) throws -> LAContext {
        let context = LAContext()
        if policy == .deviceOwnerAuthenticationWithBiometrics { context.localizedFallbackTitle = "" }
        let answer = Waited<Bool>()
        context.evaluatePolicy(policy, localizedReason: words) { recognised, error in
            answer.give(error.map { .failure($0) } ?? .success(recognised))
        }
        guard let recognised = try answer.within(seconds: Self.patience) else {
            context.invalidate()
            throw DeviceKeyError.UserCancelled
        }
        guard recognised else { throw DeviceKeyError.Locked }
        return context
    }
}
