import Foundation
import SenApp
import SenPlatform
import SwiftUI

/// All screens: the account's first, what a link opens above it.
public struct RootView: View {
    @State private var opening = OpeningPresenter(open: { try House() }, erase: { try House.erase() })
    @State private var opened: Opened?
    @StateObject private var guarding = ScreenGuard()

    public init() {}

    private struct Opened: Identifiable {
        let id = UUID()
        let link: Link
    }

    public var body: some View {
        Following(opening) { shown in
            NavigationStack { first(shown) }
                .environmentObject(guarding)
                .environment(\.busy, opening.house?.busy)
                .covered()
                .sheet(item: $opened) {
                    asked($0.link).environmentObject(guarding).environment(\.busy, opening.house?.busy).covered()
                }
        }
        .task { opening.start() }
        .onOpenURL { url in
            let link = Link(url.absoluteString)
            if link != .unknown { opened = Opened(link: link) }
        }
    }

    @ViewBuilder private func first(_ shown: OpeningScreen) -> some View {
        switch shown {
        case .opening: ProgressView()
        case .open: if let house = opening.house { HomeView(house) }
        case .lost(let problem, let deleting):
            Page(.wallet) {
                ProblemText(problem)
                if deleting {
                    Press(.yesDelete, role: .destructive) { opening.delete() }
                    Press(.keep) { opening.keep() }
                } else {
                    Press(.walletErase, role: .destructive) { opening.askToDelete() }
                }
            }
        // Where the phone is locked, or has no passcode, there are no keys to open it with: it can be tried again.
        case .failed(let problem):
            Page(.wallet) {
                ProblemText(problem)
                Press(.again) { opening.start() }
            }
        }
    }

    @ViewBuilder private func asked(_ link: Link) -> some View {
        NavigationStack {
            if let house = opening.house {
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
}
