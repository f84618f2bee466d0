@preconcurrency import CoreNFC
import Foundation
import Sen
import SenApp

/// Sees cards while a screen asks for them, under the system's own sheet.
public final class CardField: NSObject, NFCTagReaderSessionDelegate, @unchecked Sendable {
    private let queue = DispatchQueue(label: "vn.sen.card-field")
    private let lock = NSLock()
    private var session: NFCTagReaderSession?
    private var seen: (@Sendable (any CardTransport) -> Void)?
    private var closed: (@Sendable () -> Void)?

    public override init() { super.init() }

    /// Whether this phone reads tags at all.
    public var isThere: Bool { NFCTagReaderSession.readingAvailable }

    /// Opens the sheet with these words. `closed` is called where the person or the system closes it, not this app.
    public func open(saying words: String, seen: @escaping @Sendable (any CardTransport) -> Void, closed: @escaping @Sendable () -> Void) {
        close()
        // The system itself selects the applications that Info.plist names: the one of travel documents.
        guard let session = NFCTagReaderSession(pollingOption: [.iso14443], delegate: self, queue: queue) else { return closed() }
        session.alertMessage = words
        lock.withLock { (self.session, self.seen, self.closed) = (session, seen, closed) }
        session.begin()
    }

    /// Other words on the open sheet.
    public func say(_ words: String) { lock.withLock { session }?.alertMessage = words }

    /// The card was lost: the same sheet waits for it to come back.
    public func again(saying words: String) {
        say(words)
        lock.withLock { session }?.restartPolling()
    }

    /// Closes the sheet with a mark of success or, with words, of failure.
    public func close(failing words: String? = nil) {
        let mine = lock.withLock {
            defer { (session, seen, closed) = (nil, nil, nil) }
            return session
        }
        if let words { mine?.invalidate(errorMessage: words) } else { mine?.invalidate() }
    }

    public func tagReaderSessionDidBecomeActive(_ session: NFCTagReaderSession) {}

    public func tagReaderSession(_ session: NFCTagReaderSession, didInvalidateWithError error: any Error) {
        let closed = lock.withLock {
            // One that this app closed, or another that was opened since, has nothing to say.
            guard self.session === session else { return nil as (@Sendable () -> Void)? }
            defer { (self.session, self.seen, self.closed) = (nil, nil, nil) }
            return self.closed
        }
        closed?()
    }

    public func tagReaderSession(_ session: NFCTagReaderSession, didDetect tags: [NFCTag]) {
        // With two cards in the field nobody knows which one answers.
        guard tags.count == 1, let first = tags.first, case .iso7816(let tag) = first else { return session.restartPolling() }
        session.connect(to: first) { error in
            if error != nil { return session.restartPolling() }
            let seen = self.lock.withLock { self.session === session ? self.seen : nil }
            seen?(ChipTransport(NfcChip(tag)))
        }
    }
}
