import Foundation
import Sen
import SenNation
import Testing

/// What the tests of one path have between them: a nation, a chip, two phones.
final class Path: @unchecked Sendable {
    static let shared = try! Path()

    let nation: Nation
    let chip: Chip
    let keys = SoftwareKeys()
    let wallet: Wallet
    let newPhone: Wallet

    init() throws {
        nation = try Nation()
        chip = try Chip()
        wallet = try Wallet.open(folder: nation.wallet("one"), secretStore: SecretInMemory(), keyStore: keys)
        newPhone = try Wallet.open(folder: nation.wallet("two"), secretStore: SecretInMemory(), keyStore: SoftwareKeys())
    }
}

/// Card, account, credential, QR and clinic through the Swift package, against the real sandbox and a chip in other processes.
@Suite(.serialized, .timeLimit(.minutes(2)))
struct WholePathTests {
    private let path = Path.shared
    private var nation: Nation { path.nation }
    private var chip: Chip { path.chip }
    private var wallet: Wallet { path.wallet }
    private var newPhone: Wallet { path.newPhone }
    private var provider: AccountProvider { AccountProvider(url: nation.url, rootsPem: nation.roots) }
    private var now: Int64 { systemNow() }
    private let thao = Person.thao

    private func verifiers(_ pem: String? = nil) -> BelievedVerifiers {
        BelievedVerifiers(
            rootsPem: nation.roots, verifiersPem: pem ?? nation.askersPem, registrarsPem: nation.askersPem, readUnsigned: false)
    }

    private func stepUp(can: String? = nil, reader: ChipReader? = nil, steps: Steps = Steps()) async throws {
        let reader = try reader ?? ChipReader(chip)
        _ = try await wallet.stepUp(
            transport: reader, key: .can(number: can ?? thao.can), faceCapture: Data("capture".utf8), listener: steps, now: now)
    }

    private func show(_ at: Int64? = nil) throws -> Consent {
        let at = at ?? now
        let request = try wallet.askConsent(credential: "health-insurance", ward: nil, challenge: nil, now: at)
        return try request.grant(recognised: .byBiometrics, now: at)
    }

    private func check(_ text: String) throws -> [String: Any] {
        let seen = nation.folder.appendingPathComponent("seen.db").path
        let folders = ClinicFolders(trust: nation.trust, status: nation.status, seen: seen)
        let answer = try checkScanned(scanned: text, folders: folders, now: now)
        return try JSONSerialization.jsonObject(with: Data(answer.utf8)) as? [String: Any] ?? [:]
    }

    @Test("an empty wallet says what is missing")
    func empty() async throws {
        #expect(try wallet.credentials(now: now).isEmpty)
        await refused(.notReady, "present.no_credential") { _ = try show() }
        await refused(.notReady, "account.no_account") { _ = try wallet.rememberedAccount() }
        #expect(SenError.Bug(code: "card.worker").attemptsLeft == nil)
    }

    @Test("the account opens and reaches level 1")
    func opened() async throws {
        let applicant = AccountApplicant(personalNumber: thao.number, phone: thao.phone, deviceName: "swift")
        let opened = try await wallet.openAccount(provider: provider, applicant: applicant, now: now)
        #expect(!opened.codeSentTo.contains(thao.phone))
        let code = try nation.mailedCode(thao.phone)
        let wrong = String(format: "%06d", ((Int(code) ?? 0) + 1) % 1_000_000)
        let error = await refused(.notReady, "account.wrong_code") { _ = try await wallet.activateAccount(code: wrong, now: now) }
        #expect(try #require(error?.attemptsLeft) > 0)
        #expect(try await wallet.activateAccount(code: code, now: now) == 1)
        #expect(try wallet.rememberedAccount().state == .active)
    }

    @Test("what goes wrong at the card says what to do")
    func cardFaults() async throws {
        await refused(.wrongAccessKey, "card.wrong_access_key") { try await stepUp(can: "999999") }
        await refused(.notReady, "card.access_number") { try await stepUp(can: "12") }
        await refused(.userCancelled, "card.cancelled") { try await stepUp(steps: Steps(cancelAfter: 3)) }
        await refused(.tryCardAgain, "card.lost") { try await stepUp(reader: ChipReader(chip, loseAt: 9)) }
    }

    @Test("an error that no port announced ends the call and not the process")
    func unannounced() async throws {
        await refused(.notReady, "card.no_reader") { try await stepUp(reader: ChipReader(chip, explodeAt: 7)) }
    }

    @Test("a lost card is read on where it broke off and raises the account to level 2")
    func levelTwo() async throws {
        let proof = try await wallet.beginStepUp(now: now)
        await refused(.notReady, "card.not_read") { _ = try await proof.finish(faceCapture: Data([0]), now: now) }
        let lost = try ChipReader(chip, loseAt: 17)
        await refused(.tryCardAgain, "card.lost") { try await proof.read(transport: lost, key: .can(number: thao.can), listener: Steps()) }
        #expect(!proof.isRead())
        let (again, steps) = (try ChipReader(chip), Steps())
        try await proof.read(transport: again, key: .can(number: thao.can), listener: steps)
        #expect(proof.isRead())
        #expect(steps.all.last == .finished)
        // EF.COM and EF.SOD tell whether it is the same card: nothing else is begun twice.
        #expect(Set(lost.begun).intersection(again.begun).subtracting([0x1c]) == [0x1d, 0x1e])
        #expect(lost.begun.count > 3)
        #expect(try await proof.finish(faceCapture: Data("capture".utf8), now: now) == .level(level: 2))
        let view = try await wallet.showAccount(now: now)
        #expect(view.method == .chipAndFace)
        #expect(view.phones.map(\.state) == [.active])
    }

    @Test("a PIN is set, changed, counted and recovered with the card")
    func pin() async throws {
        await refused(.notReady, "pin.too_easy") { try await wallet.setPin(pin: "111111", now: now) }
        await refused(.notReady, "pin.not_six_digits") { try await wallet.setPin(pin: "12345", now: now) }
        try await wallet.setPin(pin: "159357", now: now)
        let wrong = await refused(.notReady, "account.wrong_pin") { try await wallet.changePin(old: "159358", new: "404071", now: now) }
        #expect(try #require(wrong?.attemptsLeft) > 0)
        try await wallet.changePin(old: "159357", new: "404071", now: now)
        try await wallet.checkPin(pin: "404071", now: now)
        let proof = try await wallet.beginPinRecovery(now: now)
        try await proof.read(transport: ChipReader(chip), key: .can(number: thao.can), listener: Steps())
        guard case .takesEffect(let at) = try await proof.finish(faceCapture: Data("capture".utf8), now: now) else {
            Issue.record("the PIN was freed at once")
            return
        }
        #expect(at > now)
        #expect(try await wallet.showAccount(now: now).pending?.kind == .pin)
        try await wallet.cancelPending(now: now)
        #expect(try await wallet.showAccount(now: now).pending == nil)
    }

    @Test("a code for the lost phone has eighteen digits or more")
    func revocation() async throws {
        let made = try await wallet.newRevocationCode(now: now)
        #expect(made.code.filter(\.isNumber).count >= 18)
        #expect(made.useAt.hasPrefix(nation.url))
    }

    @Test("credentials are issued to keys of this device")
    func credentials() async throws {
        let before = path.keys.count
        for name in ["citizen", "health-insurance"] {
            let obtained = try await wallet.obtainCredential(nameOrOffer: name, ward: nil, transactionCode: nil, now: now)
            #expect(obtained.map(\.vct) == ["urn:vn:\(name):1"])
        }
        #expect(path.keys.count == before + 2)
        #expect(try wallet.due(now: now).isEmpty)
        let refreshed = try await wallet.refreshDue(now: now)
        #expect(refreshed.credentials.isEmpty && refreshed.documents.isEmpty)
        let held = try #require(try wallet.credentials(now: now).first)
        let late = try wallet.credentials(now: held.expiresAt + 1).first { $0.id == held.id }
        #expect(late?.warnings.first == .expired)
    }

    @Test("those in care are listed and their cards held")
    func wards() async throws {
        let all = try await wallet.wards(now: now)
        let child = try #require(all.first)
        #expect(all.count == 1 && child.number == "000224000001" && !child.ward)
        let obtained = try await wallet.obtainCredential(
            nameOrOffer: "health-insurance", ward: child.number, transactionCode: nil, now: now)
        let request = try wallet.askConsent(credential: "health-insurance", ward: child.number, challenge: nil, now: now)
        #expect(request.details().needsGuardian)
        await refused(.notReady, "present.guardian_needed") { _ = try request.grant(recognised: .byBiometrics, now: now) }
        _ = try wallet.presentQr(consent: request.grantAsGuardian(recognised: .byDevice, now: now), now: now)
        #expect(try wallet.history(before: nil, limit: 1).map(\.ward) == [child.number])
        try wallet.deleteCredential(id: try #require(obtained.first).id, now: now)
    }

    @Test("a clinic accepts a code once")
    func clinic() async throws {
        let request = try wallet.askConsent(credential: "health-insurance", ward: nil, challenge: nil, now: now)
        #expect(request.details().desk == nil)
        #expect(request.details().disclosed.contains(75))
        try wallet.decline(request: request, now: now)
        #expect(try wallet.history(before: nil, limit: 1).map(\.kind) == ["declined"])
        let text = try wallet.presentQr(consent: show(), now: now).text
        #expect(try check(text)["verdict"] as? String == "accepted")
        #expect(try check(text)["reasons"] as? [String] == ["replayed"])
        #expect(try check(String(text.dropLast()))["verdict"] as? String == "refused")
    }

    @Test("codes come as a stream until the person is to be asked again")
    func stream() async throws {
        let start = now
        // Forty seconds between two calls: no code is waited for.
        let clock = Steady(start: start, step: 40)
        var codes: [QrCode] = []
        for try await code in wallet.codes(consent: try show(start), now: { clock.next() }) { codes.append(code) }
        #expect(codes.map { $0.expiresAt - start } == [10, 50, 90])
        #expect(Set(codes.map(\.text)).count == 3)
    }

    @Test("the next code is waited for, and comes no more once nothing is to be shown")
    func waiting() async throws {
        let start = now
        let codes = wallet.qrCodes(consent: try show(start))
        let first = try #require(try await codes.next(now: start))
        let began = ContinuousClock.now
        let second = try #require(try await codes.next(now: start + 9))
        #expect(ContinuousClock.now - began > .milliseconds(900))
        #expect(first.text != second.text)
        // Two minutes after the consent.
        #expect(try await codes.next(now: start + 121) == nil)
    }

    @Test("documents of an issuer are offered, obtained and deleted")
    func documents() async throws {
        let offer = try nation.post("/sandbox/offer", ["number": thao.number, "credential": "citizen_mdoc"])
        let link = try #require(offer["credential_offer"] as? String)
        let issuers = BelievedIssuers(rootsPem: nation.roots, anchorsPem: nation.documentsPem)
        #expect(try await wallet.readOffer(link: link, issuers: issuers).credentials == ["citizen_mdoc"])
        let obtained = try await wallet.obtainDocuments(link: link, issuers: issuers, transactionCode: nil, now: now)
        let card = try #require(obtained.first)
        // One copy is kept for approvals.
        #expect(card.format == "mso_mdoc" && card.copies == card.unshown + 1 && card.canApprove)
        try wallet.deleteDocument(id: card.id, now: now)
        await refused(.notReady, "credential.not_found") { try wallet.deleteDocument(id: card.id, now: now) }
        await refused(.notReady, "issuance.bad_offer") {
            _ = try await wallet.readOffer(link: "openid-credential-offer://?x=1", issuers: issuers)
        }
        let other = try await wallet.obtainDocument(name: "citizen_sd_jwt", anchorsPem: nation.documentsPem, now: now)
        #expect(other.map(\.format) == ["dc+sd-jwt"])
        #expect(try wallet.awaitedDocuments().isEmpty)
    }

    @Test("a portal is signed in to with the digits of its screen")
    func portal() async throws {
        let (request, view) = try await askedByPortal()
        let details = request.details()
        guard case .signIn("Cổng dịch vụ công Mẫu", _, _) = details.approval, case .certified = details.asker else {
            Issue.record("another asker")
            return
        }
        #expect(details.registration != nil)
        #expect(details.choices.count == 1 && details.choices.allSatisfy { !$0.claims.isEmpty })
        await refused(.notReady, "online.number_needed") { _ = try request.grant(recognised: .byBiometrics, number: nil, now: now) }
        let digits = try state(view)["number"] as? String
        let consent = try request.grant(recognised: .byBiometrics, number: digits, now: now)
        _ = try await wallet.answerRequest(consent: consent, believed: verifiers(), now: now)
        #expect(try await over(view) == "done")
        let line = try #require(try wallet.history(before: nil, limit: 1).first)
        #expect(line.kind == "presented_online")
        #expect(try #require(line.approved).contains("Cổng dịch vụ công Mẫu"))
    }

    @Test("a portal that is declined or believed by nobody gets nothing")
    func declined() async throws {
        let (request, view) = try await askedByPortal()
        _ = try await wallet.declineRequest(request: request, believed: verifiers(), now: now)
        #expect(try await over(view) == "refused")
        #expect(try wallet.history(before: nil, limit: 1).map(\.kind) == ["declined_online"])
        let link = try #require(try nation.post("/portal/start", ["other_screen": true])["link"] as? String)
        await refused(.issuerRefused, "online.unknown_verifier") {
            _ = try await wallet.readRequest(link: link, believed: verifiers(nation.documentsPem), now: now)
        }
        await refused(.notReady, "online.bad_anchors") {
            _ = try await wallet.readRequest(link: link, believed: verifiers("nobody"), now: now)
        }
    }

    private func askedByPortal() async throws -> (OnlineRequest, String) {
        let begun = try nation.post("/portal/start", ["other_screen": true])
        let link = try #require(begun["link"] as? String)
        return (try await wallet.readRequest(link: link, believed: verifiers(), now: now), try #require(begun["view"] as? String))
    }

    private func state(_ view: String) throws -> [String: Any] { try nation.post("/asking/state", ["view": view]) }

    private func over(_ view: String) async throws -> String {
        for _ in 0..<100 {
            if let found = try state(view)["state"] as? String, ["done", "refused"].contains(found) { return found }
            try await Task.sleep(for: .milliseconds(100))
        }
        return "the portal did not decide"
    }

    @Test("the history is turned page by page and leaves nothing out")
    func history() throws {
        var (numbers, page) = ([UInt64](), try wallet.history(before: nil, limit: 5))
        while let last = page.last {
            numbers += page.map(\.sequence)
            page = try wallet.history(before: last.sequence, limit: 5)
        }
        let newest = try wallet.verifyHistory()
        #expect(numbers == (1...newest).reversed())
        #expect(try wallet.exportHistory().split(separator: "\n").count == numbers.count)
        #expect(try wallet.recipients().contains { $0.to == "vn.clinic" && $0.uses > 0 })
        #expect(try wallet.pruneHistory(now: now) == 0)
    }

    @Test("a lost key, a locked device and a broken key store are told apart")
    func keyFaults() async throws {
        path.keys.fault = DeviceKeyError.Lost
        await refused(.deviceKeyLost, "key.lost") { _ = try wallet.presentQr(consent: show(), now: now) }
        path.keys.fault = DeviceKeyError.Locked
        await refused(.userCancelled, "key.locked") { _ = try wallet.presentQr(consent: show(), now: now) }
        path.keys.fault = DeviceKeyError.UserCancelled
        await refused(.userCancelled, "key.cancelled") { _ = try wallet.presentQr(consent: show(), now: now) }
        path.keys.fault = NationError.broken("what no key store announced")
        await refused(.bug, "key.unavailable") { _ = try wallet.presentQr(consent: show(), now: now) }
        path.keys.fault = nil
        #expect(try wallet.presentQr(consent: show(), now: now).text.hasPrefix("7360"))
    }

    @Test("the account goes from phone to phone and the old one is emptied")
    func transfer() async throws {
        try await wallet.lockAccount(now: now)
        #expect(try await wallet.showAccount(now: now).lockedBy == .holder)
        try await wallet.unlockAccount(now: now)
        let shown = try await newPhone.receiveAccount(provider: provider, deviceName: "new phone", now: now)
        await refused(.notReady, "account.no_hand_over") { _ = try await newPhone.claimAccount(now: now) }
        let read = try wallet.readNewPhone(scanned: shown.text, now: now)
        #expect(read.name() == "new phone" && read.checkDigits() == shown.checkDigits)
        _ = try await wallet.handOver(to: read, pin: "404071", now: now)
        let received = try await newPhone.claimAccount(now: now)
        #expect(received.opened && received.history > 10)
        #expect(try newPhone.hasCarried())
        #expect(try await newPhone.obtainCarried(now: now).credentials.count == 2)
        await refused(.deviceKeyLost, "account.device_replaced") { _ = try await wallet.showAccount(now: now) }
        #expect(try wallet.credentials(now: now).isEmpty)
    }

    @Test("an account that is ended leaves the history and nothing else")
    func closed() async throws {
        try await newPhone.closeAccount(now: now)
        #expect(try newPhone.rememberedAccount().state == .closed)
        #expect(try newPhone.credentials(now: now).isEmpty)
        #expect(try newPhone.history(before: nil, limit: 1).map(\.kind) == ["account_closed"])
    }

    @Test("a code is drawn of digits and of nothing else")
    func drawn() async throws {
        let code = try drawQr(digits: "73601234567890")
        #expect(Int(code.size * code.size) == code.dark.count)
        // The edge of the first finder pattern, and the light module beside it.
        #expect([UInt8](code.dark.prefix(8)) == [1, 1, 1, 1, 1, 1, 1, 0])
        await refused(.notReady, "qr.not_digits") { _ = try drawQr(digits: "7360a") }
        await refused(.notReady, "qr.too_long") { _ = try drawQr(digits: String(repeating: "7", count: 10_000)) }
    }

    /// The last of these: what ran beside the tests ends.
    @Test("what ran beside the tests is ended")
    func ended() {
        path.chip.close()
        nation.close()
        #expect(!FileManager.default.fileExists(atPath: nation.folder.path))
    }
}
