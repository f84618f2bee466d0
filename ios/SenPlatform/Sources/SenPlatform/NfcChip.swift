@preconcurrency import CoreNFC
import Foundation
import Sen
import SenApp

/// A chip that CoreNFC found.
final class NfcChip: ChipInField, @unchecked Sendable {
    private let tag: any NFCISO7816Tag

    init(_ tag: any NFCISO7816Tag) { self.tag = tag }

    let takesExtended = true

    func send(_ command: Data, _ answer: Waited<Data>) {
        guard let apdu = NFCISO7816APDU(data: command) else { return answer.give(.failure(TransportFailure.Unavailable)) }
        tag.sendCommand(apdu: apdu) { data, sw1, sw2, error in
            answer.give(error.map { .failure($0) } ?? .success(data + [sw1, sw2]))
        }
    }

    func meant(_ error: any Error) -> TransportFailure {
        switch (error as? NFCReaderError)?.code {
        case .readerSessionInvalidationErrorUserCanceled: .UserCancelled
        case .readerTransceiveErrorPacketTooLong, .readerErrorUnsupportedFeature, .readerErrorRadioDisabled: .Unavailable
        // The system ends a session after a minute, and loses a tag in many ways: in all of them the card is held once more.
        default: .TagLost
        }
    }
}
