import Foundation
import Sen
import SenContracts
import SenNation
import Testing

private let chips = Chips()
private let keys = SoftwareKeys()
private let secret = SecretInMemory()
// Outside the suite: the compiler does not take a closure inside a macro's words.
private let keyChecks = keyStoreContract({ keys }, verifies: verifies)
private let secretChecks = secretStoreContract { secret }
private let chipChecks = cardTransportContract {
    let chip = try Chip()
    chips.add(chip)
    return CardInField(try ChipReader(chip)) { chip.close() }
}

/// Those that ran, to be ended.
private final class Chips: @unchecked Sendable {
    private let lock = NSLock()
    private var all: [Chip] = []

    func add(_ chip: Chip) { lock.withLock { all.append(chip) } }

    func close() -> Int {
        for chip in lock.withLock({ all }) { chip.close() }
        return all.count
    }
}

/// The ports that the tests of this package bring keep what a phone's adapters promise, too.
@Suite(.serialized, .timeLimit(.minutes(2)))
struct PortContractsTests {
    @Test("keys in memory", arguments: keyChecks)
    func keys(check: Check) throws { try check.run() }

    @Test("a secret in memory", arguments: secretChecks)
    func secret(check: Check) throws { try check.run() }

    @Test("a chip in another process", arguments: chipChecks)
    func chip(check: Check) throws { try check.run() }

    @Test("what ran beside the tests is ended")
    func ended() { #expect(chips.close() == chipChecks.count) }
}
