import Foundation
import Sen
import Testing

@testable import SenApp

@Suite
struct WordsTests {
    @Test("each kind of error has its own next step, and says the code where a person can do nothing")
    func errors() {
        let errors: [(SenError, Next)] = [
            (.TryCardAgain(code: "card.lost"), .tryCardAgain),
            (.WrongAccessKey(code: "card.wrong_access_key"), .typeAgain),
            (.CardNotGenuine(code: "card.chip_not_genuine"), .stop),
            (.CardUnsupported(code: "card.file.malformed"), .stop),
            (.DeviceKeyLost(code: "key.lost"), .enrolAgain),
            (.UserCancelled(code: "key.cancelled"), .nothing),
            (.NoNetwork(code: "network.timeout", attemptsLeft: nil, waitSeconds: nil), .tryLater),
            (.IssuerRefused(code: "account.pin_delayed", attemptsLeft: nil, waitSeconds: 30), .stop),
            (.CredentialExpired(code: "present.expired"), .obtainAgain),
            (.NotReady(code: "online.number_needed", attemptsLeft: nil, waitSeconds: nil), .typeAgain),
            (.Bug(code: "store.bug"), .report),
        ]
        for (error, next) in errors { #expect(error.problem.next == next) }
        #expect(errors[7].0.problem.line == Line(.waitSeconds, "30"))
        #expect(errors[10].0.problem.line == Line(.bug, "store.bug"))
        #expect(errors[2].0.problem.line.isWarning)
        #expect(SenError.CredentialExpired(code: "online.no_approval_key").problem.line.word == .obtainToApprove)
        #expect(SenError.DeviceKeyLost(code: "account.device_replaced").problem.line.word == .accountElsewhere)
        #expect(SenError.DeviceKeyLost(code: "store.rolled_back").problem.line == .warning(.walletLost))
        #expect(SenError.UserCancelled(code: "key.locked").problem.line == Line(.keyLocked))
        #expect(errors[5].0.problem.line == Line(.cancelled))
    }

    @Test("what is missing is said plainly where that can be, and where it is to be had")
    func missing() {
        func notReady(_ code: String, _ left: UInt32? = nil) -> Problem {
            SenError.NotReady(code: code, attemptsLeft: left, waitSeconds: nil).problem
        }
        let level = notReady("account.level_required")
        #expect(level.line == Line(.level2Needed) && level.next == .raiseLevel)
        let nothing = notReady("present.no_credential")
        #expect(nothing.line == Line(.noCredential) && nothing.next == .obtainAgain)
        #expect(notReady("challenge.expired").line == Line(.scanAgain))
        #expect(notReady("account.wrong_code", 2).line == Line(.wrongCode, "2"))
        #expect(notReady("card.unheard_of").line == Line(.notReady, "card.unheard_of"))
        #expect(notReady("history.bad_words").line == Line(.reportTooLong) && notReady("history.bad_words").next == .typeAgain)
        #expect(notReady("history.no_entry").line == Line(.reportGone))
        let unknown = SenError.IssuerRefused(code: "account.unknown_person", attemptsLeft: nil, waitSeconds: nil)
        #expect(unknown.problem.line == Line(.personUnknown))
        let refused = SenError.IssuerRefused(code: "issuer.invalid_grant", attemptsLeft: nil, waitSeconds: nil)
        #expect(refused.problem.line == Line(.refusedByIssuer, "issuer.invalid_grant"))
        #expect(SenError.NoNetwork(code: "network.timeout", attemptsLeft: nil, waitSeconds: 7).problem.line == Line(.waitSeconds, "7"))
    }

    @Test("a phone that waits for the account is told until when")
    func waiting() throws {
        let zone = try #require(TimeZone(identifier: "Asia/Ho_Chi_Minh"))
        let waits = SenError.IssuerRefused(code: "account.device_waiting", attemptsLeft: nil, waitSeconds: 1800)
        let line = Line(.accountWaiting, "00:30 01/02/2030")
        #expect(waits.problem(1_896_109_200, zone) == Problem(line, .stop, "account.device_waiting"))
        let other = SenError.IssuerRefused(code: "account.pin_delayed", attemptsLeft: nil, waitSeconds: 30)
        #expect(other.problem(1_896_109_200, zone) == other.problem)
    }

    @Test("what came along is said, and warned of what did not")
    func received() {
        func received(leftOut: UInt64, others: UInt64) -> [Line] {
            said(Received(history: 7, leftOut: leftOut, credentials: 1, documents: 1, otherIssuers: others, opened: true))
        }
        #expect(received(leftOut: 0, others: 0) == [Line(.movedHere, "7"), Line(.setPinNext)])
        let some = received(leftOut: 3, others: 2).dropFirst().dropLast()
        #expect(Array(some) == [Line(.historyLeftOut, "3"), Line(.otherIssuersLeft, "2", warning: true)])
    }

    @Test("every word is a sentence in both languages, with as many places as it has values", arguments: ["vi", "en"])
    func table(language: String) throws {
        let root = try #require(ProcessInfo.processInfo.environment["SEN_ROOT"])
        let text = try String(contentsOfFile: "\(root)/ios/words/\(language).lproj/Localizable.strings", encoding: .utf8)
        let sentences = text.matches(of: /"([a-z0-9_]+)" = "((?:[^"\\]|\\.)+)";/).map { (String($0.1), String($0.2)) }
        let said = Dictionary(uniqueKeysWithValues: sentences)
        #expect(Set(said.keys) == Set(Word.allCases.map(\.rawValue)))
        for word in Word.allCases {
            let places = Set(said[word.rawValue, default: ""].matches(of: /%([0-9])\$@/).map { String($0.1) })
            #expect(places == Set((0..<word.places).map { String($0 + 1) }), "\(word)")
        }
    }

    /// Words that this app has no use for, and why.
    private let elsewhere: [(why: String, words: Set<Word>)] = [
        ("a card goes to the top edge of each iPhone", [.holdCard, .holdDot, .holdPicture, .holdUpper, .holdCameras, .holdUnsure]),
        ("NFC is always on", [.nfcSettings]),
        ("no app draws over another, and none reads the screen of another", [.overlayWarning, .accessibilityWarning]),
        ("the system's own sharing saves the history", [.fileNotSaved, .historySaved]),
        ("the system lays the browser over the app", [.browserOpen]),
        ("the language is set in the system's settings", [.languagePhone, .languageVi, .languageEn]),
        ("the app's name is the system's to show", [.appName]),
        ("the property list asks in these", [.nfcUsage, .faceUsage, .cameraUsage]),
    ]

    @Test("every word is said, but for those of Android alone")
    func used() throws {
        let root = try #require(ProcessInfo.processInfo.environment["SEN_ROOT"])
        var named: Set<String> = []
        for part in ["SenApp", "SenScreens", "SenPlatform"] {
            let folder = "\(root)/ios/\(part)/Sources/\(part)"
            for name in try FileManager.default.contentsOfDirectory(atPath: folder) where name != "Word.swift" {
                let source = try String(contentsOfFile: "\(folder)/\(name)", encoding: .utf8)
                // A case is named without its type or with it, and never called.
                let cases = /(?:^|[^A-Za-z0-9_)\]}?!"]|\bWord)\.([a-z][A-Za-z0-9]*)\b(?!\()/.anchorsMatchLineEndings()
                named.formUnion(source.matches(of: cases).map { String($0.1) })
            }
        }
        // Those of the core's stable names are found by them.
        let byName = /(?:event_.*|claim_[0-9]+)/
        let unsaid = Word.allCases.filter { !named.contains("\($0)") && $0.rawValue.wholeMatch(of: byName) == nil }
        #expect(Set(unsaid) == elsewhere.reduce(into: []) { $0.formUnion($1.words) })
    }

    @Test("the property list opens the links that are followed, and asks in the words of the table")
    func propertyList() throws {
        let root = try #require(ProcessInfo.processInfo.environment["SEN_ROOT"])
        let content = try Data(contentsOf: URL(fileURLWithPath: "\(root)/ios/App/Info.plist"))
        let list = try #require(try PropertyListSerialization.propertyList(from: content, format: nil) as? [String: Any])
        let types = try #require(list["CFBundleURLTypes"] as? [[String: Any]])
        let schemes = types.flatMap { $0["CFBundleURLSchemes"] as? [String] ?? [] }
        #expect(schemes.sorted() == ["haip-vp", "openid-credential-offer", "openid4vp"])
        #expect(schemes.allSatisfy { Link("\($0)://?x") != .unknown })
        // Without the application of travel documents CoreNFC shows no card.
        #expect(list["com.apple.developer.nfc.readersession.iso7816.select-identifiers"] as? [String] == ["A0000002471001"])
        let asked = try String(contentsOfFile: "\(root)/ios/words/vi.lproj/InfoPlist.strings", encoding: .utf8)
        for use in ["NFCReaderUsageDescription", "NSFaceIDUsageDescription", "NSCameraUsageDescription"] {
            #expect(asked.contains("\"\(use)\" = \"\(try #require(list[use] as? String))\";"))
        }
    }

    @Test("days are written as in Vietnam")
    func days() throws {
        let zone = try #require(TimeZone(identifier: "Asia/Ho_Chi_Minh"))
        #expect(day(0, zone) == "01/01/1970")
        #expect(minute(1_896_111_000, zone) == "00:30 01/02/2030")
    }

    @Test("money is written in groups of three")
    func amounts() {
        for said in ["", "5", "500", "1.500", "2.000.000"] { #expect(money(said.filter(\.isNumber)) == said) }
    }

    @Test("a document that is awaited is asked for when its time has come")
    func awaitedDocument() throws {
        let zone = try #require(TimeZone(identifier: "Asia/Ho_Chi_Minh"))
        let document = AwaitedDocument(
            id: "one", format: "dc+sd-jwt", kind: "urn:vn:residence:1", issuerUrl: "https://issuer", notBefore: 1_896_111_000)
        let residence = Part.line(Line(.residence))
        let early = AwaitedRow(id: "one", line: Line(.awaitedFrom, parts: [residence, .own("00:30 01/02/2030")]), canAsk: false)
        #expect(awaited(document, 1_896_110_999, zone) == early)
        #expect(awaited(document, 1_896_111_000, zone) == AwaitedRow(id: "one", line: Line(.awaited, parts: [residence]), canAsk: true))
    }

    @Test("what is not in the table is named as it is")
    func unnamed() {
        #expect(claim(75) == Line(.claim75))
        #expect(claim(99) == Line(.claimOther, "99"))
        #expect(kind("urn:somebody:1") == Line(.otherDocument, "urn:somebody:1"))
        #expect(accountEvent("new_event", who: .own(""), ward: "") == Line(.eventAccount, "new_event"))
        #expect(accountEvent("presented", who: .own(""), ward: "") == Line(.eventAccount, "presented"))
    }

    @Test("each document of the nation has words, in each form")
    func documents() {
        let names: [(Word, [String])] = [
            (.citizen, ["urn:vn:citizen:1", "vn.citizen.1", "citizen", "citizen_sd_jwt"]),
            (.healthInsurance, ["urn:vn:health-insurance:1", "vn.health-insurance.1", "health-insurance", "health_insurance_sd_cwt"]),
            (.drivingLicence, ["urn:vn:driving-licence:1", "org.iso.18013.5.1.mDL", "driving_licence_mdoc"]),
            (.residence, ["urn:vn:residence:1", "vn.residence.1", "residence_mdoc"]),
            (.adult, ["urn:vn:adult:1", "vn.adult.1", "adult_mdoc"]),
        ]
        for (word, types) in names { for type in types { #expect(kind(type) == Line(word)) } }
    }

    @Test("each event of the core's history has words")
    func events() throws {
        let root = try #require(ProcessInfo.processInfo.environment["SEN_ROOT"])
        let source = try String(contentsOfFile: "\(root)/core/holder/src/history.rs", encoding: .utf8)
        let from = try #require(source.range(of: "pub enum Event {")).upperBound
        let to = try #require(source.range(of: "\n}\n", range: from..<source.endIndex)).lowerBound
        let names = source[from..<to].matches(of: /\n    ([A-Z][A-Za-z]+)[ ,{]/).map { snake(String($0.1)) }
        // A pattern that finds nothing any more would prove nothing.
        #expect(names.count >= 23)
        for name in names {
            let event = HistoryLine(
                sequence: 1, at: 0, kind: name, who: "phone", what: [], claims: [], overAsked: [], approved: nil, ward: "000224000001",
                code: "some.code", event: "")
            #expect(happened(event).word != .eventAccount, "\(name)")
        }
        #expect(accountEvent("acted_for_ward", who: .own("phone"), ward: "000224000001") == Line(.eventActedForWard, "000224000001"))
        #expect(accountEvent("handed_over", who: .own("phone"), ward: "") == Line(.eventHandedOver, "phone"))
    }

    @Test("each claim of the nation's documents has words, in both forms, and somebody else's are theirs")
    func claims() throws {
        let names = try found(/\("([a-z_0-9]+)", (?:Fact::|sex\()/, in: "sandbox/src/nation/facts.rs")
        #expect(names.count >= 28)
        for name in names {
            #expect(claim(name).word != .claimOwnWord, "\(name)")
            for namespace in ["vn.citizen.1", "vn.health-insurance.1", "org.iso.18013.5.1", "vn.residence.1", "vn.adult.1"] {
                #expect(claim("\(namespace).\(name)") == claim(name))
            }
        }
        #expect(claim("org.iso.18013.5.1.driving_privileges[0]") == Line(.claimDrivingPrivileges))
        #expect(claim("com.example.name") == Line(.claimOwnWord, "com.example.name"))
        #expect(recipient("vn.clinic") == .line(Line(.anyClinic)) && recipient("C=VN,CN=Cổng mẫu") == .own("Cổng mẫu"))
    }

    @Test("the history says what was approved and told, and warns of what nobody was entitled to")
    func approvals() throws {
        for start in try found(/format!\("([a-z-]+: )\{/, in: "core/holder/src/online/answer.rs") {
            let first = told(presented(approved: "\(start)A, B")).first?.values.first
            let isInWords = if case .line? = first { true } else { false }
            #expect(isInWords, "\(start)")
        }
        let claims = ["urn:vn:citizen:1: name", "urn:vn:citizen:1: sex"]
        let line = presented(claims: claims, overAsked: ["urn:vn:citizen:1: sex"], approved: "cash: 2000000 VND, Bank")
        #expect(happened(line) == Line(.eventPresentedOnline, parts: [.own("Shop"), .listed([.line(Line(.citizen))])]))
        #expect(
            told(line) == [
                Line(.historyApproved, parts: [.line(Line(.approvedCash, "2.000.000 VND, Bank"))]),
                Line(.historyTold, parts: [.listed([.line(Line(.claim4))])]),
                Line(.overAsked, parts: [.listed([.line(Line(.claim9))])], warning: true),
            ])
    }

    @Test("who stopped, or showed what was too old, was refused by nobody")
    func stopped() {
        func refused(_ code: String) -> Line {
            happened(
                HistoryLine(
                    sequence: 1, at: 0, kind: "refused", who: nil, what: [], claims: [], overAsked: [], approved: nil, ward: nil,
                    code: code,
                    event: ""))
        }
        for code in ["card.cancelled", "key.cancelled", "key.locked"] { #expect(refused(code) == Line(.cancelled)) }
        #expect(refused("present.expired") == Line(.credentialExpired))
        #expect(refused("issuer.invalid_grant") == Line(.eventRefused, "issuer.invalid_grant"))
    }

    @Test("what was noted as fraud says whom it is about, and the person's words")
    func reported() {
        func noted(_ who: String?) -> HistoryRow {
            row(entry("fraud_reported", who, words: "Said police"), "")
        }
        #expect(noted("CN=Shop").line == Line(.eventFraudReported, "Shop"))
        #expect(noted("CN=Shop").more == [Line(.reportTold, "Said police")])
        #expect(noted(nil).line == Line(.eventFraudReported, "Said police") && noted(nil).more.isEmpty)
        #expect(!noted("CN=Shop").canReport)
    }

    @Test("what somebody else had a part in can be reported")
    func reportable() {
        for kind in ["presented", "presented_online", "declined", "declined_online", "handed_over"] {
            #expect(row(entry(kind, "x"), "").canReport, "\(kind)")
        }
        #expect(!row(entry("account_opened", nil), "").canReport)
    }

    private func entry(_ kind: String, _ who: String?, words: String? = nil) -> HistoryLine {
        HistoryLine(
            sequence: 8, at: 0, kind: kind, who: who, what: [], claims: [], overAsked: [], approved: nil, ward: nil, code: nil,
            event: "", words: words)
    }

    private func presented(claims: [String] = [], overAsked: [String] = [], approved: String) -> HistoryLine {
        HistoryLine(
            sequence: 7, at: 0, kind: "presented_online", who: "CN=Shop", what: ["urn:vn:citizen:1"], claims: claims, overAsked: overAsked,
            approved: approved, ward: nil, code: nil, event: "")
    }

    /// Each first group; a pattern that finds nothing any more would prove nothing.
    private func found(_ pattern: Regex<(Substring, Substring)>, in path: String) throws -> Set<String> {
        let root = try #require(ProcessInfo.processInfo.environment["SEN_ROOT"])
        let names = Set(try String(contentsOfFile: "\(root)/\(path)", encoding: .utf8).matches(of: pattern).map { String($0.1) })
        try #require(!names.isEmpty)
        return names
    }

    private func snake(_ name: String) -> String {
        name.replacing(/[A-Z]/) { "_\($0.output.lowercased())" }.trimmingCharacters(in: ["_"])
    }

    @Test("a certificate's subject is said as its name, where it has one")
    func names() {
        #expect(commonName("C=VN,CN=Cổng mẫu\\, TEST ONLY") == "Cổng mẫu, TEST ONLY")
        #expect(commonName("CN=A CN=B") == "A CN=B")
        for other in ["", "O=Nobody", "CN=One,CN=Other", "CN=One+CN=Other", "CN=#0c0141", "CN=A\\00B", "OCN=A"] {
            #expect(commonName(other) == other)
        }
    }

    @Test("only links of wallets are followed")
    func links() {
        #expect(Link("openid4vp://?client_id=x") == .request("openid4vp://?client_id=x"))
        #expect(Link("haip-vp://?x") == .request("haip-vp://?x"))
        #expect(Link("OpenID-credential-offer://?x") == .offer("OpenID-credential-offer://?x"))
        let others = ["", "openid4vp", "openid4vp:?x", "https://example.org/openid4vp://", "javascript:1"]
        for other in others + ["openid4vp://" + String(repeating: "x", count: 70_000)] { #expect(Link(other) == .unknown) }
        #expect(Link(nil) == .unknown)
    }

    @Test("the browser is sent to https and nowhere else")
    func browser() {
        #expect(browsable("https://example.org/a?b=c")?.host == "example.org")
        for other in ["http://example.org", "javascript:alert(1)", "openid4vp://x", "https://", "", "tel:113"] {
            #expect(browsable(other) == nil)
        }
    }

    @Test("what an App Attest key signs names the key, its policy and the challenge")
    func statement() {
        let (key, challenge) = (Data([4] + [UInt8](repeating: 7, count: 64)), Data("challenge".utf8))
        let head = Data("sen device key 1".utf8) + [0]
        #expect(keyStatement(publicKey: key, perUse: false, challenge: challenge) == head + [1] + key + challenge)
        #expect(keyStatement(publicKey: key, perUse: true, challenge: challenge) == head + [2] + key + challenge)
    }
}
