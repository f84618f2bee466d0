import Combine
import Foundation
import SenApp
import UIKit

/// Keeps the screen to the person, as far as iOS lets: it refuses no screenshot, but says that one was made, and it says when the
/// screen is recorded or mirrored.
@MainActor
public final class ScreenGuard: ObservableObject {
    /// What to tell the person.
    @Published public private(set) var warnings: [Line] = []
    /// Whether another sees the screen: no code is drawn then.
    @Published public private(set) var isRecorded = false
    private var before: CGFloat?
    private var watching: [any NSObjectProtocol] = []

    public init() {
        let centre = NotificationCenter.default
        watching = [
            centre.addObserver(forName: UIApplication.userDidTakeScreenshotNotification, object: nil, queue: .main) { [weak self] _ in
                MainActor.assumeIsolated { self?.photographed() }
            },
            centre.addObserver(forName: UIScreen.capturedDidChangeNotification, object: nil, queue: .main) { [weak self] _ in
                MainActor.assumeIsolated { self?.look() }
            },
        ]
        look()
    }

    private func photographed() {
        // Of a screen without a code nobody needs to know.
        if before != nil { warnings.append(Line(.screenshotTaken, warning: true)) }
    }

    private func look() {
        isRecorded = UIScreen.main.isCaptured
        warnings.removeAll { $0.word == .screenRecorded }
        if isRecorded { warnings.append(Line(.screenRecorded, warning: true)) }
    }

    /// Full brightness, and no sleep, while a code is shown; the person's own setting otherwise.
    public func bright(_ on: Bool) {
        if on, before == nil {
            before = UIScreen.main.brightness
            UIScreen.main.brightness = 1
            warnings.removeAll { $0.word == .screenshotTaken }
        } else if !on, let own = before {
            UIScreen.main.brightness = own
            before = nil
        }
        UIApplication.shared.isIdleTimerDisabled = on
    }
}
