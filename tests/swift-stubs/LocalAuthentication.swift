import Foundation

public enum LAPolicy: Int, Sendable {
    case deviceOwnerAuthenticationWithBiometrics = 1, deviceOwnerAuthentication
}

public struct LAError: Error {
    public enum Code: Int, Sendable {
        case authenticationFailed, userCancel, userFallback, systemCancel, passcodeNotSet, appCancel, invalidContext, biometryNotAvailable
        case biometryNotEnrolled, biometryLockout, notInteractive
    }

    public let code: Code
}

open class LAContext: NSObject {
    open var localizedFallbackTitle: String?
    open func canEvaluatePolicy(_ policy: LAPolicy, error: UnsafeMutablePointer<NSError?>?) -> Bool { false }
    open func evaluatePolicy(_ policy: LAPolicy, localizedReason: String, reply: @escaping @Sendable (Bool, (any Error)?) -> Void) {}
    open func invalidate() {}
}
