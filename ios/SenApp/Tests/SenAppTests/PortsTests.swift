import Foundation
import Testing

@testable import SenApp

/// What the ports of the phone stand on, without the phone.
@Suite
struct PortsTests {
    private struct Refused: Error, Equatable {}

    /// Off the main thread, as the core calls its ports.
    private func away<T: Sendable>(_ work: @escaping @Sendable () throws -> T) async throws -> T {
        try await withCheckedThrowingContinuation { done in
            DispatchQueue.global().async { done.resume(with: Result { try work() }) }
        }
    }

    @Test("an answer that comes later is waited for, and the first one counts")
    func waited() async throws {
        let answer = Waited<Int>()
        DispatchQueue.global().asyncAfter(deadline: .now() + 0.1) {
            answer.give(.success(1))
            answer.give(.success(2))
        }
        #expect(try await away { try answer.within(seconds: 20) } == 1)
    }

    @Test("what the platform refuses is thrown, and silence is nothing")
    func unanswered() async throws {
        let refused = Waited<Int>()
        refused.give(.failure(Refused()))
        await #expect(throws: Refused()) { try await away { try refused.within(seconds: 20) } }
        let began = ContinuousClock.now
        #expect(try await away { try Waited<Int>().within(seconds: 0.2) } == nil)
        #expect(ContinuousClock.now - began < .seconds(20))
    }

    @Test("a person who was recognised is not asked again for two minutes")
    func recognised() throws {
        let recognition = Recognition<Int>()
        var asked = 0
        func ask() -> Int {
            asked += 1
            return asked
        }
        #expect(recognition.proof(now: 1_000, ask) == 1)
        #expect(recognition.proof(now: 1_119.9, ask) == 1)
        #expect(recognition.proof(now: 1_120, ask) == 2)
        #expect(recognition.newProof(now: 1_121, ask) == 3)
        // Not from the time before a restart.
        #expect(recognition.proof(now: 10, ask) == 4)
    }

    @Test("who was not recognised is asked at the next key")
    func unrecognised() throws {
        let recognition = Recognition<Int>()
        #expect(recognition.proof(now: 0) { 1 } == 1)
        #expect(throws: Refused()) { try recognition.newProof(now: 1) { throw Refused() } }
        #expect(recognition.proof(now: 2) { 2 } == 2)
    }

    @Test(
        "what is kept of a key comes back as it was",
        arguments: [KeptKey.Vouched.nothing, .attested(Data([1, 2])), .asserted(Data([3]))])
    func kept(vouched: KeptKey.Vouched) throws {
        let key = KeptKey(sealed: Data([9, 8, 7]), perUse: true, vouched: vouched)
        #expect(try KeptKey(kept: key.encoded()) == key)
        #expect(throws: (any Error).self) { try KeptKey(kept: key.encoded().dropLast(1)) }
        #expect(throws: (any Error).self) { try KeptKey(kept: Data()) }
    }
}
