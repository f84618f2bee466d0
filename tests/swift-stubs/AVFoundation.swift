import Foundation
import UIKit

public enum AVMediaType: Sendable { case video }

public final class AVCaptureDevice: NSObject, @unchecked Sendable {
    public class func `default`(for type: AVMediaType) -> AVCaptureDevice? { nil }
    public class func requestAccess(for type: AVMediaType, completionHandler: @escaping @Sendable (Bool) -> Void) {}
}

open class AVCaptureInput: NSObject {}
open class AVCaptureOutput: NSObject {}
open class AVCaptureConnection: NSObject {}

public final class AVCaptureDeviceInput: AVCaptureInput {
    public init(device: AVCaptureDevice) throws {}
}

public final class AVCaptureSession: NSObject, @unchecked Sendable {
    public func canAddInput(_ input: AVCaptureInput) -> Bool { false }
    public func addInput(_ input: AVCaptureInput) {}
    public func canAddOutput(_ output: AVCaptureOutput) -> Bool { false }
    public func addOutput(_ output: AVCaptureOutput) {}
    public func startRunning() {}
    public func stopRunning() {}
}

open class AVMetadataObject: NSObject {
    public enum ObjectType: Sendable { case qr, ean13 }
}

public final class AVMetadataMachineReadableCodeObject: AVMetadataObject {
    public var stringValue: String? { nil }
}

public protocol AVCaptureMetadataOutputObjectsDelegate: NSObjectProtocol {
    func metadataOutput(_ output: AVCaptureMetadataOutput, didOutput objects: [AVMetadataObject], from connection: AVCaptureConnection)
}

public final class AVCaptureMetadataOutput: AVCaptureOutput {
    public var metadataObjectTypes: [AVMetadataObject.ObjectType] = []
    public func setMetadataObjectsDelegate(_ delegate: (any AVCaptureMetadataOutputObjectsDelegate)?, queue: DispatchQueue?) {}
}

public enum AVLayerVideoGravity: Sendable { case resizeAspect, resizeAspectFill }

public final class AVCaptureVideoPreviewLayer: CALayer {
    public var session: AVCaptureSession?
    public var videoGravity = AVLayerVideoGravity.resizeAspect
}
