import Foundation

public struct NFCReaderError: Error {
    public enum Code: Int, Sendable {
        case readerErrorUnsupportedFeature, readerErrorSecurityViolation, readerErrorInvalidParameter, readerErrorRadioDisabled
        case readerTransceiveErrorTagConnectionLost, readerTransceiveErrorRetryExceeded, readerTransceiveErrorTagResponseError
        case readerTransceiveErrorSessionInvalidated, readerTransceiveErrorTagNotConnected, readerTransceiveErrorPacketTooLong
        case readerSessionInvalidationErrorUserCanceled, readerSessionInvalidationErrorSessionTimeout
        case readerSessionInvalidationErrorSystemIsBusy
    }

    public let code: Code
}

public final class NFCISO7816APDU: @unchecked Sendable {
    public init?(data: Data) { nil }
}

public protocol NFCISO7816Tag: AnyObject, Sendable {
    func sendCommand(apdu: NFCISO7816APDU, completionHandler: @escaping @Sendable (Data, UInt8, UInt8, (any Error)?) -> Void)
}

public enum NFCTag {
    case iso7816(any NFCISO7816Tag)
    case iso15693(AnyObject)
}

public protocol NFCTagReaderSessionDelegate: AnyObject {
    func tagReaderSessionDidBecomeActive(_ session: NFCTagReaderSession)
    func tagReaderSession(_ session: NFCTagReaderSession, didInvalidateWithError error: any Error)
    func tagReaderSession(_ session: NFCTagReaderSession, didDetect tags: [NFCTag])
}

public final class NFCTagReaderSession: @unchecked Sendable {
    public struct PollingOption: OptionSet, Sendable {
        public let rawValue: Int
        public init(rawValue: Int) { self.rawValue = rawValue }
        public static let iso14443 = PollingOption(rawValue: 1)
    }

    public class var readingAvailable: Bool { false }
    public var alertMessage = ""
    public init?(pollingOption: PollingOption, delegate: any NFCTagReaderSessionDelegate, queue: DispatchQueue? = nil) { nil }
    public func begin() {}
    public func invalidate() {}
    public func invalidate(errorMessage: String) {}
    public func restartPolling() {}
    public func connect(to tag: NFCTag, completionHandler: @escaping @Sendable ((any Error)?) -> Void) {}
}
