import SenPlatform
import SwiftUI

/// What whoever films the screen would have with it, a code above all: it is not drawn while the screen is recorded or mirrored.
struct Guarded<Content: View>: View {
    @EnvironmentObject private var guarding: ScreenGuard
    private let content: Content

    init(@ViewBuilder content: () -> Content) { self.content = content() }

    var body: some View { if !guarding.isRecorded { content } }
}

/// Nothing of the app in the list of recent apps.
private struct Cover: ViewModifier {
    @Environment(\.scenePhase) private var phase

    func body(content: Content) -> some View {
        content.overlay { if phase == .background { Color(uiColor: .systemBackground).ignoresSafeArea() } }
    }
}

extension View {
    /// For the root and for all that lies over it: a sheet is above what covers the page under it.
    func covered() -> some View { modifier(Cover()) }
}
