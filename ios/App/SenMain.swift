import SenScreens
import SwiftUI

@main
struct SenMain: App {
    var body: some Scene { WindowGroup { RootView() } }
}
