import Foundation

/// A clinic's desk with a name that phones believe: `sen clinic enrol` and `sen clinic ask` in processes of their own.
public final class Desk: Sendable {
    private let nation: Nation
    private let folder: URL

    public init(_ nation: Nation, _ name: String) throws {
        (self.nation, folder) = (nation, nation.folder.appendingPathComponent("desk-\(UUID().uuidString)"))
        let words = ["clinic", "enrol", "--desk", folder.path, "--name", name, "--register", "\(nation.url)/sandbox/desk"]
        let enrolled = try program(words + ["--roots", nation.rootsPath], output: nil)
        for _ in 0..<3_000 where enrolled.isRunning { usleep(10_000) }
        guard !enrolled.isRunning, enrolled.terminationStatus == 0 else { throw NationError.notStarted("the desk got no name") }
    }

    /// Shows a question; `decide` of it takes the answer.
    public func ask(_ more: String...) throws -> Question {
        let file = nation.folder.appendingPathComponent("question-\(UUID().uuidString)")
        let words = ["--json", "clinic", "ask", "--desk", folder.path, "--trust", nation.trust, "--status", nation.status]
        let (input, output) = (Pipe(), Pipe())
        let process = try program(words + ["--text", file.path] + more, input: input, output: output)
        func written() -> String { (try? String(contentsOf: file, encoding: .utf8)) ?? "" }
        for _ in 0..<600 where written().isEmpty { usleep(50_000) }
        let digits = written().trimmingCharacters(in: .whitespacesAndNewlines)
        guard !digits.isEmpty else { throw NationError.notStarted("the desk asked nothing") }
        return Question(digits: digits, process: process, input: input, output: output)
    }

    /// What stands on the desk's screen.
    public final class Question: @unchecked Sendable {
        public let digits: String
        private let process: Process
        private let input: Pipe
        private let output: Pipe

        fileprivate init(digits: String, process: Process, input: Pipe, output: Pipe) {
            (self.digits, self.process, self.input, self.output) = (digits, process, input, output)
        }

        /// What the desk decides of a scanned answer.
        public func decide(_ answer: String) throws -> [String: Any] {
            try input.fileHandleForWriting.write(contentsOf: Data("\(answer)\n".utf8))
            try input.fileHandleForWriting.close()
            defer { close() }
            return try firstObject(output.fileHandleForReading)
        }

        /// Nobody answers, or somebody did.
        public func close() { if process.isRunning { end(process) } }
    }
}
