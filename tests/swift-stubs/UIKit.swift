@_exported import Foundation

@MainActor
open class UIApplication: NSObject {
    public class var shared: UIApplication { UIApplication() }
    public nonisolated static let userDidTakeScreenshotNotification = Notification.Name("")
    public nonisolated static let openSettingsURLString = ""
    open var isIdleTimerDisabled = false
    open var connectedScenes: Set<UIScene> { [] }
}

@MainActor
open class UIScreen: NSObject {
    public class var main: UIScreen { UIScreen() }
    public nonisolated static let capturedDidChangeNotification = Notification.Name("")
    open var brightness: CGFloat = 0
    open var isCaptured: Bool { false }
}

@MainActor
open class UIDevice: NSObject {
    public class var current: UIDevice { UIDevice() }
    open var model: String { "" }
}

@MainActor
open class UIScene: NSObject {}

@MainActor
open class UIWindowScene: UIScene {
    open var windows: [UIWindow] { [] }
}

@MainActor
open class CALayer: NSObject {}

@MainActor
open class UIView: NSObject {
    open class var layerClass: AnyClass { CALayer.self }
    open var layer: CALayer { CALayer() }
}

@MainActor
open class UIWindow: UIView {
    open var isKeyWindow: Bool { false }
}

@MainActor
open class UIViewController: NSObject {}

public protocol UINavigationControllerDelegate: NSObjectProtocol {}

@MainActor
public protocol UIImagePickerControllerDelegate: NSObjectProtocol {
    func imagePickerController(
        _ picker: UIImagePickerController, didFinishPickingMediaWithInfo info: [UIImagePickerController.InfoKey: Any])
    func imagePickerControllerDidCancel(_ picker: UIImagePickerController)
}

@MainActor
open class UIImagePickerController: UIViewController {
    public enum SourceType: Sendable { case photoLibrary, camera }
    public enum CameraDevice: Sendable { case rear, front }
    public enum InfoKey: Sendable { case originalImage }
    open var sourceType = SourceType.photoLibrary
    open var cameraDevice = CameraDevice.rear
    open weak var delegate: (any UIImagePickerControllerDelegate & UINavigationControllerDelegate)?
}

open class UIImage: NSObject {
    open func jpegData(compressionQuality: CGFloat) -> Data? { nil }
}

open class UIColor: NSObject {
    public class var systemBackground: UIColor { UIColor() }
}

public enum UIKeyboardType: Sendable { case `default`, asciiCapable, numberPad }
public struct UITextContentType: Sendable {}

@MainActor
public enum UIAccessibility {
    public enum Notification: Sendable { case announcement }
    public nonisolated static func post(notification: Notification, argument: Any?) {}
}
