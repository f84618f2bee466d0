/// The file with the portrait.
let portraitFile = "DG2"

/// How much of a card is read. What the files are long the chip says only as each begins; the portrait is most of it and comes last, so that
/// the small ones share the beginning of the bar and it fills with the portrait. It never goes back, also where a lost card is read on.
struct ReadingBar {
    /// What the small files have of the bar.
    private static let small = 0.2
    /// EF.COM, EF.SOD and four groups on a citizen card.
    private static let smallFiles = 6.0
    private var begun: Set<String> = []
    private var reached = 0.0

    mutating func at(_ file: String, _ bytes: UInt64, of total: UInt64) -> Double {
        let share = total == 0 ? 0 : min(Double(bytes) / Double(total), 1)
        if file == portraitFile {
            reached = max(reached, Self.small + (1 - Self.small) * share)
        } else {
            begun.insert(file)
            reached = max(reached, Self.small * min((Double(begun.count) - 1 + share) / Self.smallFiles, 1))
        }
        return reached
    }
}
