@_exported import Foundation

@MainActor
open class UIApplication: NSObject {
    public class var shared: UIApplication { UIApplication() }
    public nonisolated static let userDidTakeScreenshotNotification = Notification.Name("")
    public nonisolated static let openSettingsURLString = ""
    open var isIdleTimerDisabled = false
}

@MainActor
open class UIScreen: NSObject {
    public class var main: UIScreen { UIScreen() }
    public nonisolated static let capturedDidChangeNotification = Notification.Name("")
    open var brightness: CGFloat = 0
    open var isCaptured: Bool { false }
}
