import Foundation

/// Where a link that another app, the browser or the camera gave leads.
public enum Link: Equatable, Sendable {
    /// A portal, bank or cash machine asks.
    case request(String)
    /// An issuer offers.
    case offer(String)
    /// Nothing that this app opens.
    case unknown

    /// Longer ones are nobody's.
    private static let longest = 64 * 1024

    /// The core checks what is in it.
    public init(_ text: String?) {
        guard let text, text.utf8.count <= Self.longest else {
            self = .unknown
            return
        }
        let scheme = text.prefix { $0 != ":" }.lowercased()
        guard text.dropFirst(scheme.count).hasPrefix("://") else {
            self = .unknown
            return
        }
        switch scheme {
        case "openid4vp", "haip-vp": self = .request(text)
        case "openid-credential-offer": self = .offer(text)
        default: self = .unknown
        }
    }
}

/// Where the browser may be sent after an answer: to https, and nothing else.
public func browsable(_ address: String) -> URL? {
    guard let url = URL(string: address), url.scheme?.lowercased() == "https", url.host?.isEmpty == false else { return nil }
    return url
}
