import Foundation
import Sen
import SenNation

// The figures of `src/main.rs` of this bench through the Swift package: STATE FOLDER.

let rotation: Int64 = 10
let furtherCodes: Int64 = 11
let warming = 20
let consents = 40
let apdus = 1_000

final class KeptSecret: SecretStore, @unchecked Sendable {
    private let lock = NSLock()
    private var secret: Data

    init(_ secret: Data) { self.secret = secret }

    func load() throws -> Data? { lock.withLock { secret } }

    func save(secret: Data) throws { lock.withLock { self.secret = secret } }

    func erase() throws { throw SecretStoreFailure.Unavailable }
}

final class KeptKeys: KeyStore, @unchecked Sendable {
    private let points: [String: Data]

    init(_ points: [String: Data]) { self.points = points }

    func create(id: String, perUse: Bool, challenge: Data) throws -> any DeviceKey { throw DeviceKeyError.Unavailable }

    func find(id: String) throws -> any DeviceKey {
        guard let point = points[id] else { throw DeviceKeyError.Lost }
        return KeptKey(point)
    }

    func delete(id: String) throws {}
}

/// Answers at once with octets that are no signature: a phone's hardware takes its own time, whatever the language.
final class KeptKey: DeviceKey, @unchecked Sendable {
    private let point: Data

    init(_ point: Data) { self.point = point }

    func publicKey() throws -> Data { point }

    func sign(message: Data) throws -> Data { Data(repeating: 1, count: 64) }

    func attestation() throws -> KeyAttestation { .unattested }
}

/// Short APDUs alone, with the times that were not the chip's.
final class Timed: CardTransport, @unchecked Sendable {
    private let reader: ChipReader
    private var answered: UInt64?
    private(set) var gaps: [UInt64] = []

    init(_ chip: Chip) throws { reader = try ChipReader(chip) }

    func maxCommandLen() -> UInt32 { 261 }

    func transceive(command: Data) throws -> Data {
        if let answered { gaps.append(nanoseconds() - answered) }
        let answer = try reader.transceive(command: command)
        answered = nanoseconds()
        return answer
    }
}

func nanoseconds() -> UInt64 { DispatchTime.now().uptimeNanoseconds }

func octets(_ hex: String) -> Data {
    let digits = Array(hex.utf8).map { UInt8(strtoul(String(UnicodeScalar($0)), nil, 16)) }
    return Data(stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] })
}

/// In microseconds.
func tenthAndMedian(_ times: [UInt64]) -> [Double] { [10, 2].map { Double(times.sorted()[times.count / $0]) / 1e3 } }

/// Nanoseconds of all codes of one consent but the first, which is written into the history: alone, and with their drawing.
func framesOfOneConsent(_ wallet: Wallet) throws -> (codes: [UInt64], wholes: [UInt64]) {
    let now = systemNow()
    let asked = try wallet.askConsent(credential: "health-insurance", ward: nil, challenge: nil, now: now)
    let consent = try asked.grant(recognised: .byDevice, now: now)
    var (codes, wholes): ([UInt64], [UInt64]) = ([], [])
    var last = try wallet.presentQr(consent: consent, now: now).text
    for code in 1...furtherCodes {
        let start = nanoseconds()
        let text = try wallet.presentQr(consent: consent, now: now + code * rotation).text
        codes.append(nanoseconds() - start)
        let modules = try drawQr(digits: text)
        wholes.append(nanoseconds() - start)
        precondition(modules.dark.count == Int(modules.size * modules.size) && text != last)
        last = text
    }
    return (codes, wholes)
}

func gaps(_ wallet: Wallet, _ request: String, madeAt: Int64) async throws -> [UInt64] {
    let request = try wallet.readReadingRequest(scanned: request, now: madeAt)
    let chip = try Chip()
    defer { chip.close() }
    var gaps: [UInt64] = []
    while gaps.count < apdus {
        let timed = try Timed(chip)
        try await request.read(transport: timed, key: .can(number: Person.thao.can), listener: Steps())
        gaps += timed.gaps
    }
    return gaps
}

let words = CommandLine.arguments
guard words.count == 3, let state = try JSONSerialization.jsonObject(with: Data(contentsOf: URL(fileURLWithPath: words[1]))) as? [String: Any],
    let secret = state["secret"] as? String, let keys = state["keys"] as? [String: String],
    let request = state["request"] as? String, let madeAt = state["made_at"] as? Int64
else { fatalError("STATE FOLDER") }
let wallet = try Wallet.open(folder: words[2], secretStore: KeptSecret(octets(secret)), keyStore: KeptKeys(keys.mapValues(octets)))
let first = try framesOfOneConsent(wallet).wholes[0]
for _ in 0..<warming { _ = try framesOfOneConsent(wallet) }
let frames = try (0..<consents).map { _ in try framesOfOneConsent(wallet) }
let between = try await gaps(wallet, request, madeAt: madeAt)
let told: [String: Any] = [
    "language": "swift", "first_us": Double(first) / 1e3, "code_us": tenthAndMedian(frames.flatMap(\.codes)),
    "frame_us": tenthAndMedian(frames.flatMap(\.wholes)), "apdus": between.count, "gap_us": tenthAndMedian(between),
]
print(String(decoding: try JSONSerialization.data(withJSONObject: told), as: UTF8.self))
