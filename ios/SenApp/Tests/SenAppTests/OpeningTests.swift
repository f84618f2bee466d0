import Foundation
import Sen
import SenNation
import Testing

@testable import SenApp

/// The wallet is opened, or the person is told why it is not.
@Suite
struct OpeningTests {
    private let folder = FileManager.default.temporaryDirectory.appendingPathComponent("sen-opening-\(UUID().uuidString)")
    private let secret = SecretInMemory()

    private func opening(_ wanted: @escaping @Sendable () throws -> Void = {}) -> OpeningPresenter<Wallet> {
        let (path, secret) = (folder.path, secret)
        return OpeningPresenter(
            open: {
                try wanted()
                return try Wallet.open(folder: path, secretStore: secret, keyStore: SoftwareKeys())
            }, erase: { try eraseWallet(folder: path, secretStore: secret) })
    }

    @Test("a wallet whose secret is gone is deleted after one more question, and the next one is new")
    func lost() async throws {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let first = opening()
        await first.start().value
        #expect(first.state == .open && first.house != nil)
        try secret.erase()
        let opening = opening()
        await opening.start().value
        let problem = Problem(.warning(.walletLost), .enrolAgain, "store.secret_lost")
        #expect(opening.state == .lost(problem) && opening.house == nil)
        // Once is not enough.
        await opening.delete().value
        #expect(opening.state == .lost(problem))
        opening.askToDelete()
        #expect(opening.state == .lost(problem, deleting: true))
        opening.keep()
        await opening.delete().value
        #expect(opening.state == .lost(problem))
        opening.askToDelete()
        await opening.delete().value
        #expect(opening.state == .open)
        // Its account and history are gone with it.
        let around = Surroundings(wallet: try #require(opening.house), recogniser: PersonInFront())
        let account = AccountPresenter(around, AccountProvider(url: "https://nobody.example", rootsPem: Data()))
        await account.start().value
        #expect(account.state == AccountScreen(step: .open))
        let history = HistoryPresenter(around)
        await history.start().value
        #expect(history.state == HistoryScreen(lines: [Line(.historyNothing)]))
    }

    @Test("what may go another time is tried again, and nothing is deleted for it")
    func failed() async throws {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let fault = Kept<any Error>()
        let opening = opening { if let fault = fault.value { throw fault } }
        let faults: [(any Error, String)] = [
            (SenError.Bug(code: "store.unavailable"), "store.unavailable"), (CocoaError(.fileNoSuchFile), "app.not_opened"),
        ]
        for (error, code) in faults {
            fault.value = error
            await opening.start().value
            #expect(opening.state == .failed(Problem(Line(.bug, code), .report, code)))
            opening.askToDelete()
            await opening.delete().value
            #expect(opening.state == .failed(Problem(Line(.bug, code), .report, code)))
        }
        fault.value = nil
        await opening.start().value
        #expect(opening.state == .open)
        // Opened is opened.
        await opening.start().value
        #expect(opening.state == .open)
    }
}
