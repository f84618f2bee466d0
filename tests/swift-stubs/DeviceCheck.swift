import Foundation

public struct DCError: Error {
    public enum Code: Int, Sendable {
        case unknownSystemFailure, featureUnsupported, invalidInput, invalidKey, serverUnavailable
    }

    public let code: Code
    public init(_ code: Code) { self.code = code }
}

public final class DCAppAttestService: @unchecked Sendable {
    public class var shared: DCAppAttestService { DCAppAttestService() }
    public var isSupported: Bool { false }
    public func generateKey(completionHandler: @escaping @Sendable (String?, (any Error)?) -> Void) {}
    public func attestKey(_ keyId: String, clientDataHash: Data, completionHandler: @escaping @Sendable (Data?, (any Error)?) -> Void) {}
    public func generateAssertion(
        _ keyId: String, clientDataHash: Data, completionHandler: @escaping @Sendable (Data?, (any Error)?) -> Void
    ) {}
}
