import Foundation
import Sen

/// A card in a field, for the contract alone: what lies behind the port, and how it leaves for good.
public struct CardInField: Sendable {
    let transport: any CardTransport
    let remove: @Sendable () -> Void

    public init(_ transport: any CardTransport, remove: @escaping @Sendable () -> Void) {
        (self.transport, self.remove) = (transport, remove)
    }
}

/// The application of identity documents (ICAO Doc 9303-10).
private let select = Data([0, 0xa4, 4, 0x0c, 7, 0xa0, 0, 0, 2, 0x47, 0x10, 1])

/// CLA INS P1 P2, Lc of three octets and Le of two, 65,535 octets between.
private let extended = 65_544

/// A command of exactly so many octets that changes nothing: GET CHALLENGE with data that no card expects.
private func command(_ length: Int) -> Data {
    let head = Data([0, 0x84, 0, 0])
    if length <= 261 { return head + [255] + Data(count: 255) + [0] }
    let data = length - 9
    return head + [0, UInt8(data >> 8), UInt8(data & 0xff)] + Data(count: data) + [0, 0]
}

/// The promises of a `CardTransport` (`docs/ports.md`). Each check gets a card of its own: any that answers a SELECT with two status octets.
public func cardTransportContract(_ card: @escaping @Sendable () throws -> CardInField) -> [Check] {
    [
        Check("an answer ends with two status octets") {
            try holds(card().transport.transceive(command: select).count >= 2, "no status")
        },
        Check("answers come in the order of their commands") {
            let transport = try card().transport
            // The second instruction is one that no card has.
            let (known, unknown) = (try transport.transceive(command: select), try transport.transceive(command: Data([0, 3, 0, 0])))
            try holds(known.suffix(2) != unknown.suffix(2), "the same answer to both")
            try same(known.suffix(2), transport.transceive(command: select).suffix(2))
        },
        Check("a short command always fits") { try holds(card().transport.maxCommandLen() >= 261, "less than a short command") },
        Check("the longest command that it names goes through") {
            let transport = try card().transport
            let longest = try min(Int(transport.maxCommandLen()), extended)
            try holds(transport.transceive(command: command(longest)).count >= 2, "no answer")
        },
        Check("a card that left is lost, for every command from then on") {
            let field = try card()
            _ = try field.transport.transceive(command: select)
            field.remove()
            for _ in 0..<3 { try throwing(TransportFailure.TagLost) { try field.transport.transceive(command: select) } }
        },
        Check("how long a command may be is known without a card") {
            let field = try card()
            let before = try field.transport.maxCommandLen()
            field.remove()
            try same(before, field.transport.maxCommandLen())
        },
    ]
}
