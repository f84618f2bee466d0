@preconcurrency import CoreNFC
import Foundation
import Sen
import SenApp

/// A chip card in the phone's field.
public final class NfcCardTransport: CardTransport, @unchecked Sendable {
    private let tag: any NFCISO7816Tag

    /// A chip computes for a second or two before it answers; a lost card is told at once all the same.
    private static let longestAnswer: Double = 5

    init(_ tag: any NFCISO7816Tag) { self.tag = tag }

    /// CoreNFC takes commands of extended length and names no limit of its own; beyond this some controllers break off.
    public func maxCommandLen() -> UInt32 { 2_048 }

    public func transceive(command: Data) throws -> Data {
        guard let apdu = NFCISO7816APDU(data: command) else { throw TransportFailure.Unavailable }
        let answer = Waited<Data>()
        tag.sendCommand(apdu: apdu) { data, sw1, sw2, error in
            answer.give(error.map { .failure($0) } ?? .success(data + [sw1, sw2]))
        }
        do {
            guard let given = try answer.within(seconds: Self.longestAnswer) else { throw TransportFailure.Timeout }
            return given
        } catch let error as NFCReaderError {
            throw Self.failure(error)
        }
    }

    private static func failure(_ error: NFCReaderError) -> TransportFailure {
        switch error.code {
        case .readerSessionInvalidationErrorUserCanceled: .UserCancelled
        case .readerTransceiveErrorPacketTooLong, .readerErrorUnsupportedFeature, .readerErrorRadioDisabled: .Unavailable
        // The system ends a session after a minute, and loses a tag in many ways: in all of them the card is held once more.
        default: .TagLost
        }
    }
}
