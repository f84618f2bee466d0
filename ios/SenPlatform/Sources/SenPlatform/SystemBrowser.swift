@preconcurrency import AuthenticationServices
import Foundation
import SenApp
import UIKit

/// The browser that the system lays over the app. It closes at the first address of the app's own scheme, which it gives to this app
/// and to no other.
@MainActor
public final class SystemBrowser: NSObject, Browser, ASWebAuthenticationPresentationContextProviding {
    private var session: ASWebAuthenticationSession?
    private var ended: Once?

    public nonisolated override init() { super.init() }

    public func visit(_ page: URL, until scheme: String) async -> String? {
        await withTaskCancellationHandler {
            await withCheckedContinuation { done in
                let ended = Once(done)
                let session = ASWebAuthenticationSession(url: page, callbackURLScheme: scheme) { @Sendable returned, _ in
                    ended.give(returned?.absoluteString)
                }
                session.presentationContextProvider = self
                // The issuer's page begins without what the person did elsewhere in the browser, and leaves nothing there.
                session.prefersEphemeralWebBrowserSession = true
                (self.session, self.ended) = (session, ended)
                if Task.isCancelled || !session.start() { ended.give(nil) }
            }
        } onCancel: {
            Task { @MainActor in
                session?.cancel()
                // Whether the system says that it was cancelled by the app is not known here.
                ended?.give(nil)
            }
        }
    }

    public func presentationAnchor(for session: ASWebAuthenticationSession) -> ASPresentationAnchor {
        let scenes = UIApplication.shared.connectedScenes.compactMap { $0 as? UIWindowScene }
        return scenes.flatMap(\.windows).first(where: \.isKeyWindow) ?? ASPresentationAnchor()
    }
}

/// Goes on once: a session that could not start or was cancelled may say so twice.
private final class Once: @unchecked Sendable {
    private let lock = NSLock()
    private var waiting: CheckedContinuation<String?, Never>?

    init(_ waiting: CheckedContinuation<String?, Never>) { self.waiting = waiting }

    func give(_ address: String?) {
        let first = lock.withLock {
            defer { waiting = nil }
            return waiting
        }
        first?.resume(returning: address)
    }
}
