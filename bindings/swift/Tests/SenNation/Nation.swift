import Foundation
import Glibc

/// A person of the sandbox's register and their card.
public struct Person: Sendable {
    public let number: String
    public let phone: String
    public let can: String
    let card: String

    public static let thao = Person(number: "000204067891", phone: "0900000002", can: "067891", card: "b_bp384_named_2024")
}

/// What went wrong beside the wallet: no test goes on after it.
public enum NationError: Error {
    case notStarted(String)
    case answered(String)
    case broken(String)
}

/// The nation in a box: `sen sandbox serve` in a process of its own, over TLS.
public final class Nation: @unchecked Sendable {
    public let folder: URL
    private let data: URL
    private let process: Process
    private let told: [String: Any]

    public init() throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("sen-swift-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        data = folder.appendingPathComponent("nation")
        let csca = cardFolder(.thao).appendingPathComponent("csca.cer").path
        let output = Pipe()
        process = try program(
            ["--json", "sandbox", "serve", "--listen", "127.0.0.1:0", "--data", data.path, "--csca", csca], output: output)
        told = try firstObject(output.fileHandleForReading)
    }

    public var url: String { word("url") }
    public var trust: String { word("trust") }
    public var status: String { word("status") }
    public var rootsPath: String { word("roots") }
    public var roots: Data { FileManager.default.contents(atPath: rootsPath) ?? Data() }

    /// Those who vouch for whoever signs documents, and for whoever asks for them.
    public var documentsPem: String { text("documents-ca.pem") }
    public var askersPem: String { text("askers-ca.pem") }

    private func word(_ name: String) -> String { told[name] as? String ?? "" }

    private func text(_ name: String) -> String {
        (try? String(contentsOf: data.appendingPathComponent(name), encoding: .utf8)) ?? ""
    }

    /// A folder for a wallet.
    public func wallet(_ name: String) throws -> String {
        let one = folder.appendingPathComponent(name)
        try FileManager.default.createDirectory(at: one, withIntermediateDirectories: true)
        return one.path
    }

    /// The newest one-time code sent to a phone.
    public func mailedCode(_ phone: String) throws -> String {
        let messages = try ask("/mailbox?phone=\(phone)", nil)["messages"] as? [[String: Any]]
        guard let text = messages?.first?["text"] as? String, let code = text.split(whereSeparator: \.isWhitespace).last else {
            throw NationError.answered("no message")
        }
        return String(code)
    }

    public func post(_ path: String, _ content: [String: Any]) throws -> [String: Any] { try ask(path, content) }

    private func ask(_ path: String, _ content: [String: Any]?) throws -> [String: Any] {
        var (words, sent) = (["--header", "accept: application/json"], Data())
        if let content {
            words += ["--header", "content-type: application/json", "--data-binary", "@-"]
            sent = try JSONSerialization.data(withJSONObject: content)
        }
        let answer = try curl(words + [url + path], sent)
        return answer.isEmpty ? [:] : try JSONSerialization.jsonObject(with: answer) as? [String: Any] ?? [:]
    }

    /// What a browser gets that stops at each redirect, so that the test sees it.
    public func browse(_ address: String, form: [String: String] = [:]) throws -> (page: String, location: String?) {
        let fields = form.flatMap { ["--data-urlencode", "\($0.key)=\($0.value)"] }
        let answer = String(decoding: try curl(["--include"] + fields + [address], Data()), as: UTF8.self)
        let parts = answer.split(separator: "\r\n\r\n", maxSplits: 1, omittingEmptySubsequences: false)
        let heads = parts[0].split(separator: "\r\n").map { $0.split(separator: ": ", maxSplits: 1) }
        let location = heads.first { $0.count == 2 && $0[0].lowercased() == "location" }?[1]
        return (parts.count == 2 ? String(parts[1]) : "", location.map(String.init))
    }

    /// Foundation on Linux takes no anchors of a session's own.
    private func curl(_ words: [String], _ sent: Data) throws -> Data {
        let (input, output) = (Pipe(), Pipe())
        let curl = Process()
        curl.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        curl.arguments = ["curl", "--silent", "--show-error", "--fail", "--max-time", "20", "--cacert", rootsPath] + words
        curl.standardInput = input
        curl.standardOutput = output
        try curl.run()
        try input.fileHandleForWriting.write(contentsOf: sent)
        try input.fileHandleForWriting.close()
        let answer = output.fileHandleForReading.readDataToEndOfFile()
        for _ in 0..<100 where curl.isRunning { usleep(10_000) }
        guard curl.terminationStatus == 0 else { throw NationError.answered("\(words.last ?? ""): \(curl.terminationStatus)") }
        return answer
    }

    /// Ends it for good: the network is gone.
    public func stop() {
        end(process)
    }

    public func close() {
        stop()
        try? FileManager.default.removeItem(at: folder)
    }
}

/// The folder of a person's card among the known answers.
func cardFolder(_ person: Person) -> URL {
    let root = ProcessInfo.processInfo.environment["SEN_ROOT"] ?? "."
    return URL(fileURLWithPath: root).appendingPathComponent("tests/vectors/emrtd/vn_cccd/\(person.card)")
}

/// `sen` with these words. What it has to say goes where the tests' logs are looked through for names.
func program(_ words: [String], input: Pipe? = nil, output: Pipe?) throws -> Process {
    let environment = ProcessInfo.processInfo.environment
    guard let binary = environment["SEN_BINARY"] else { throw NationError.notStarted("SEN_BINARY names no program") }
    let process = Process()
    process.executableURL = URL(fileURLWithPath: binary)
    process.arguments = words
    process.standardInput = input ?? FileHandle.nullDevice
    process.standardOutput = output ?? FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    if let logs = environment["SEN_LOGS"] {
        let log = URL(fileURLWithPath: logs).appendingPathComponent("swift-\(UUID().uuidString)")
        guard FileManager.default.createFile(atPath: log.path, contents: nil) else { throw NationError.notStarted("no log") }
        process.standardError = try FileHandle(forWritingTo: log)
    }
    try process.run()
    return process
}

/// For good: threads of tasks block the gentler signals, and what they start inherits that. Foundation's own wait needs a run loop,
/// which a task has not.
func end(_ process: Process) {
    kill(process.processIdentifier, SIGKILL)
    for _ in 0..<100 where process.isRunning { usleep(100_000) }
    precondition(!process.isRunning, "a program did not end")
}

/// The first JSON object of a program that goes on to run.
func firstObject(_ from: FileHandle) throws -> [String: Any] {
    var text = Data()
    while true {
        let more = from.availableData
        guard !more.isEmpty else { throw NationError.notStarted("the sandbox did not start") }
        text.append(more)
        if let object = try? JSONSerialization.jsonObject(with: text) as? [String: Any] { return object }
    }
}
