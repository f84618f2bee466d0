import Sen
import SenApp
import SwiftUI

/// A code, black on white whatever the theme, with a ring that closes until the next one comes; or several in a loop, for a camera.
struct CodeView: View {
    let codes: [String]
    let until: Int64

    /// Seconds of each in a loop: cameras see it several times, and it flashes less than three times a second (WCAG 2.2, 2.3.1).
    private static let turn: Double = 0.4

    /// Seconds that a code lasts.
    private static let longest: Double = 10

    var body: some View {
        VStack(spacing: 16) {
            if codes.count > 1 {
                TimelineView(.periodic(from: .now, by: Self.turn)) { time in
                    ModulesView(digits: codes[Int(time.date.timeIntervalSince1970 / Self.turn) % codes.count])
                }
            } else if let digits = codes.first {
                ModulesView(digits: digits)
            }
            TimelineView(.periodic(from: .now, by: 0.1)) { time in ring(Double(until) - time.date.timeIntervalSince1970) }
        }
    }

    private func ring(_ left: Double) -> some View {
        Circle()
            .trim(from: 0, to: min(max(left / Self.longest, 0), 1))
            .stroke(lineWidth: 6)
            .rotationEffect(.degrees(-90))
            .frame(width: 48, height: 48)
            .frame(maxWidth: .infinity)
            .accessibilityLabel(said(.secondsLeft, "\(max(0, Int(left.rounded(.up))))"))
    }
}

/// The code itself, with the quiet zone that scanners need.
struct ModulesView: View {
    let digits: String

    private static let quiet = 4

    var body: some View {
        if let code = try? drawQr(digits: digits) { Guarded { modules(code) } }
    }

    private func modules(_ code: QrModules) -> some View {
        Canvas { canvas, size in
            canvas.fill(Path(CGRect(origin: .zero, size: size)), with: .color(.white))
            let across = Int(code.size) + 2 * Self.quiet
            // Whole points a module, or cameras see a pattern that is not there.
            let module = max(1, (size.width / CGFloat(across)).rounded(.down))
            let edge = (size.width - module * CGFloat(code.size)) / 2
            var dark = Path()
            for (index, octet) in code.dark.enumerated() where octet != 0 {
                let (row, column) = index.quotientAndRemainder(dividingBy: Int(code.size))
                dark.addRect(CGRect(x: edge + CGFloat(column) * module, y: edge + CGFloat(row) * module, width: module, height: module))
            }
            canvas.fill(dark, with: .color(.black))
        }
        .aspectRatio(1, contentMode: .fit)
        .accessibilityLabel(said(.showQr))
    }
}
