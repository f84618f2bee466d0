import Foundation
import LocalAuthentication
import Security

public enum SecureEnclave {
    public static var isAvailable: Bool { false }

    public enum P256 {
        public enum Signing {
            public struct PrivateKey: Sendable {
                public init(
                    compactRepresentable: Bool = true, accessControl: SecAccessControl, authenticationContext: LAContext? = nil
                ) throws { throw CocoaError(.fileNoSuchFile) }
                public init(dataRepresentation: Data, authenticationContext: LAContext? = nil) throws { throw CocoaError(.fileNoSuchFile) }
                public var dataRepresentation: Data { Data() }
                public var publicKey: PublicKey { PublicKey() }
                public func signature<D: DataProtocol>(for data: D) throws -> ECDSASignature { ECDSASignature() }
            }

            public struct PublicKey: Sendable {
                public var x963Representation: Data { Data() }
            }

            public struct ECDSASignature: Sendable {
                public var rawRepresentation: Data { Data() }
            }
        }
    }
}

public enum P256 {
    public enum Signing {
        public struct PublicKey: Sendable {
            public init<D: ContiguousBytes>(x963Representation: D) throws { throw CocoaError(.fileNoSuchFile) }
            public func isValidSignature<D: DataProtocol>(_ signature: ECDSASignature, for data: D) -> Bool { false }
        }

        public struct ECDSASignature: Sendable {
            public init<D: DataProtocol>(rawRepresentation: D) throws { throw CocoaError(.fileNoSuchFile) }
        }
    }
}

public struct SHA256Digest: Sequence, Sendable {
    public func makeIterator() -> Array<UInt8>.Iterator { [].makeIterator() }
}

public struct SHA256: Sendable {
    public static func hash<D: DataProtocol>(data: D) -> SHA256Digest { SHA256Digest() }
}
