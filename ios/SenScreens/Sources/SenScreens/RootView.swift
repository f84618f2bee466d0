import Foundation
import SenApp
import SenPlatform
import SwiftUI

/// All screens: the account's first, what a link opens above it.
public struct RootView: View {
    @State private var house: House?
    @State private var failed: Line?
    @State private var opened: Opened?
    @StateObject private var guarding = ScreenGuard()
    @Environment(\.scenePhase) private var phase

    public init() {}

    private struct Opened: Identifiable {
        let id = UUID()
        let link: Link
    }

    public var body: some View {
        NavigationStack {
            if let house {
                HomeView(house)
            } else if let failed {
                Page(.appName) {
                    Sentence(failed)
                    Press(.again) { Task { await open() } }
                }
            } else {
                ProgressView()
            }
        }
        .environmentObject(guarding)
        .environment(\.busy, house?.busy)
        .task { await open() }
        .onOpenURL { url in
            let link = Link(url.absoluteString)
            if link != .unknown { opened = Opened(link: link) }
        }
        .sheet(item: $opened) { asked($0.link).environmentObject(guarding).environment(\.busy, house?.busy) }
        // Nothing of it in the list of recent apps.
        .overlay { if phase == .background { Color(uiColor: .systemBackground).ignoresSafeArea() } }
    }

    @ViewBuilder private func asked(_ link: Link) -> some View {
        NavigationStack {
            if let house {
                Group {
                    switch link {
                    case .request(let text): OnlineView(house, text)
                    case .offer(let text): OfferView(house, text)
                    case .unknown: EmptyView()
                    }
                }
                .toolbar { Button(said(.back)) { opened = nil } }
            } else {
                ProgressView()
            }
        }
    }

    /// Where the phone is locked, or has no passcode, there are no keys to open it with: it can be tried again.
    private func open() async {
        failed = nil
        do {
            house = try await Task.detached { try House() }.value
        } catch let error as House.NoNation {
            failed = Line(.bug, "app.no_nation.\(error.file)")
        } catch {
            failed = Line(.bug, "app.not_opened")
        }
    }
}
