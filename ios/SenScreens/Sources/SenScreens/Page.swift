import SenApp
import SenPlatform
import SwiftUI
import UIKit

/// A page: one column of large type that follows the system's setting, with what the screen's guard and a busy server have to say on top.
struct Page<Content: View>: View {
    @EnvironmentObject private var guarding: ScreenGuard
    @Environment(\.busy) private var busy
    private let title: Word
    private let content: Content

    init(_ title: Word, @ViewBuilder content: () -> Content) { (self.title, self.content) = (title, content()) }

    var body: some View {
        ScrollView {
            VStack(alignment: .leading, spacing: 16) {
                Sentences(guarding.warnings)
                if let busy { Following(busy) { line in if let line { Sentence(line) } } }
                content
            }
            .frame(maxWidth: .infinity, alignment: .leading)
            .padding(20)
        }
        .font(.title3)
        .navigationTitle(said(title))
    }
}

private struct BusyKey: EnvironmentKey {
    static var defaultValue: BusyServer? { nil }
}

extension EnvironmentValues {
    /// Who tells that a server is busy.
    var busy: BusyServer? {
        get { self[BusyKey.self] }
        set { self[BusyKey.self] = newValue }
    }
}

/// Draws what a presenter says for as long as the screen is there.
struct Following<Said: Equatable & Sendable, Content: View>: View {
    private let followed: Shown<Said>
    private let content: (Said) -> Content
    @State private var said: Said

    init(_ followed: Shown<Said>, @ViewBuilder content: @escaping (Said) -> Content) {
        (self.followed, self.content) = (followed, content)
        _said = State(initialValue: followed.state)
    }

    var body: some View {
        content(said).task { for await next in followed.states() { said = next } }
    }
}

/// A line in words; a warning is bold and has a sign that is read out.
struct Sentence: View {
    private let line: Line

    init(_ line: Line) { self.line = line }

    var body: some View {
        if line.isWarning {
            Label(said(line), systemImage: "exclamationmark.triangle.fill").bold()
        } else {
            Text(said(line))
        }
    }
}

/// Lines below each other, in their order.
struct Sentences: View {
    private let lines: [Line]

    init(_ lines: [Line]) { self.lines = lines }

    var body: some View {
        ForEach(lines.indices, id: \.self) { Sentence(lines[$0]) }
    }
}

/// What belongs together, in a box as wide as the page.
struct Card<Content: View>: View {
    private let content: Content

    init(@ViewBuilder content: () -> Content) { self.content = content() }

    var body: some View {
        GroupBox {
            VStack(alignment: .leading, spacing: 12) { content }.frame(maxWidth: .infinity, alignment: .leading)
        }
    }
}

/// What went wrong. It is read out at once, wherever the reader is.
struct ProblemText: View {
    private let problem: Problem?

    init(_ problem: Problem?) { self.problem = problem }

    var body: some View {
        if let problem {
            Sentence(problem.line)
                .onAppear { announce(problem) }
                .onChange(of: problem) { announce($0) }
            if let theirs = problem.theirs { Sentence(theirs) }
        }
    }

    private func announce(_ problem: Problem) { UIAccessibility.post(notification: .announcement, argument: said(problem.line)) }
}

/// What went wrong, and the button for what the person does next: it leads to what is missing, or the same is tried `again`.
struct Refused: View {
    private let house: House
    private let problem: Problem?
    private let again: @MainActor () -> Void

    init(_ house: House, _ problem: Problem?, again: @escaping @MainActor () -> Void) {
        (self.house, self.problem, self.again) = (house, problem, again)
    }

    var body: some View {
        ProblemText(problem)
        switch problem?.next {
        case .raiseLevel: NavigationLink(said(.raiseLevel)) { CardView(house, .raiseLevel) }
        case .obtainAgain: NavigationLink(said(.wallet)) { WalletView(house) }
        case .tryLater, .nothing: Press(.again, action: again)
        default: EmptyView()
        }
    }
}

/// The server is asked; there is nothing to press.
struct Loading: View {
    var body: some View {
        Sentence(Line(.loading))
        ProgressView()
    }
}

/// A button as wide as the page, high enough for any finger.
struct Press: View {
    private let line: Line
    private let role: ButtonRole?
    private let action: @MainActor () -> Void

    init(_ word: Word, role: ButtonRole? = nil, action: @escaping @MainActor () -> Void) {
        self.init(Line(word), role: role, action: action)
    }

    init(_ line: Line, role: ButtonRole? = nil, action: @escaping @MainActor () -> Void) {
        (self.line, self.role, self.action) = (line, role, action)
    }

    var body: some View {
        Button(role: role, action: action) { Text(said(line)).frame(maxWidth: .infinity, minHeight: 44) }
            .buttonStyle(.bordered)
    }
}

/// A field for what nobody beside the person may read.
struct SecretField: View {
    private let word: Word
    @Binding private var text: String

    init(_ word: Word, _ text: Binding<String>) { (self.word, _text) = (word, text) }

    var body: some View {
        VStack(alignment: .leading) {
            Text(said(word)).accessibilityHidden(true)
            SecureField("", text: $text)
                .textFieldStyle(.roundedBorder)
                .keyboardType(.numberPad)
                .textContentType(.none)
                .accessibilityLabel(said(word))
        }
    }
}

/// A field with its name above it. What is typed here is nobody's to remember or to fill in.
struct Field: View {
    private let word: Word
    private let isNumeric: Bool
    @Binding private var text: String

    init(_ word: Word, _ text: Binding<String>, numeric: Bool = true) { (self.word, _text, isNumeric) = (word, text, numeric) }

    var body: some View {
        VStack(alignment: .leading) {
            Text(said(word)).accessibilityHidden(true)
            TextField("", text: $text)
                .textFieldStyle(.roundedBorder)
                .keyboardType(isNumeric ? .numberPad : .default)
                .autocorrectionDisabled()
                .textInputAutocapitalization(.never)
                .accessibilityLabel(said(word))
        }
    }
}
