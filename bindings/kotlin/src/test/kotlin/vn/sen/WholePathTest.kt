package vn.sen

import kotlin.time.Duration.Companion.milliseconds
import kotlinx.coroutines.delay
import kotlinx.coroutines.flow.toList
import kotlinx.coroutines.runBlocking
import org.json.JSONObject
import org.junit.jupiter.api.AfterAll
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertNotEquals
import org.junit.jupiter.api.Assertions.assertNotNull
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.MethodOrderer
import org.junit.jupiter.api.Order
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.TestInstance
import org.junit.jupiter.api.TestMethodOrder
import vn.sen.nation.Chip
import vn.sen.nation.ChipReader
import vn.sen.nation.Nation
import vn.sen.nation.SecretInMemory
import vn.sen.nation.SoftwareKeys
import vn.sen.nation.Steps
import vn.sen.nation.THAO

/** Card, account, credential, QR and clinic through the Kotlin package, against the real sandbox and a chip in other processes. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation::class)
class WholePathTest {
    private val nation = Nation()
    private val chip: Chip = nation.chip()
    private val keys = SoftwareKeys()
    private val wallet = Wallet.open(nation.wallet("one"), SecretInMemory(), keys)
    private val newPhone = Wallet.open(nation.wallet("two"), SecretInMemory(), SoftwareKeys())
    private val provider get() = AccountProvider(nation.url, nation.roots)
    private val verifiers get() = BelievedVerifiers(nation.roots, nation.askersPem, nation.askersPem, false)

    private fun now() = Clock.system.now()

    @AfterAll
    fun end() {
        wallet.close()
        newPhone.close()
        chip.close()
        nation.close()
    }

    private inline fun <reified E : SenException> refused(code: String, crossinline work: suspend () -> Unit): E {
        val thrown = runCatching { runBlocking { work() } }.exceptionOrNull()
        assertTrue(thrown is E, "not ${E::class.simpleName}: $thrown")
        assertEquals(code, (thrown as E).code)
        return thrown
    }

    private suspend fun stepUp(can: String = THAO.can, reader: ChipReader = ChipReader(chip), steps: Steps = Steps()): UByte =
        wallet.stepUp(reader, CardKey.Can(can), "capture".toByteArray(), steps, now())

    private fun show(at: Long = now()): Consent = wallet.askConsent("health-insurance", null, null, at).grant(Recognised.BY_BIOMETRICS, at)

    private fun check(text: String): JSONObject {
        val folders = ClinicFolders(nation.trust, nation.status, nation.folder.resolve("seen.db").path)
        return JSONObject(checkScanned(text, folders, now()))
    }

    @Test
    @Order(1)
    fun `an empty wallet says what is missing`() {
        assertEquals(emptyList<Credential>(), wallet.credentials(now()))
        refused<SenException.NotReady>("present.no_credential") { show() }
        refused<SenException.NotReady>("account.no_account") { wallet.rememberedAccount() }
        assertNull(SenException.Bug("card.worker").attemptsLeft)
    }

    @Test
    @Order(2)
    fun `the account opens and reaches level 1`() = runBlocking {
        val opened = wallet.openAccount(provider, AccountApplicant(THAO.number, THAO.phone, "kotlin"), now())
        assertFalse(THAO.phone in opened.codeSentTo)
        val code = nation.mailedCode(THAO.phone)
        val wrong = "%06d".format((code.toInt() + 1) % 1_000_000)
        val error = refused<SenException.NotReady>("account.wrong_code") { wallet.activateAccount(wrong, now()) }
        assertTrue(error.attemptsLeft!! > 0u)
        assertEquals(1u.toUByte(), wallet.activateAccount(code, now()))
        assertEquals(AccountState.ACTIVE, wallet.rememberedAccount().state)
    }

    @Test
    @Order(3)
    fun `what goes wrong at the card says what to do`() {
        refused<SenException.WrongAccessKey>("card.wrong_access_key") { stepUp(can = "999999") }
        refused<SenException.NotReady>("card.access_number") { stepUp(can = "12") }
        refused<SenException.UserCancelled>("card.cancelled") { stepUp(steps = Steps(cancelAfter = 3)) }
        refused<SenException.TryCardAgain>("card.lost") { stepUp(reader = ChipReader(chip, loseAt = 9)) }
    }

    @Test
    @Order(4)
    fun `an exception that no port announced ends the call and not the process`() {
        refused<SenException.NotReady>("card.no_reader") { stepUp(reader = ChipReader(chip, explodeAt = 7)) }
        refused<SenException.Bug>("card.listener") { stepUp(steps = Steps(explode = true)) }
    }

    @Test
    @Order(5)
    fun `a lost card is read on where it broke off and raises the account to level 2`() = runBlocking {
        wallet.beginStepUp(now()).use { proof ->
            refused<SenException.NotReady>("card.not_read") { proof.finish(ByteArray(1), now()) }
            val lost = ChipReader(chip, loseAt = 17)
            refused<SenException.TryCardAgain>("card.lost") { proof.read(lost, CardKey.Can(THAO.can), Steps()) }
            assertFalse(proof.isRead())
            val again = ChipReader(chip)
            proof.read(again, CardKey.Can(THAO.can), Steps())
            assertTrue(proof.isRead())
            // EF.COM and EF.SOD tell whether it is the same card: nothing else is begun twice.
            assertEquals(setOf(0x1d, 0x1e), lost.begun.toSet().intersect(again.begun.toSet()).minus(0x1c))
            assertTrue(lost.begun.size > 3)
            assertEquals(Proven.Level(2u), proof.finish("capture".toByteArray(), now()))
        }
        val view = wallet.showAccount(now())
        assertEquals(LevelMethod.CHIP_AND_FACE, view.method)
        assertEquals(listOf(PhoneState.ACTIVE), view.phones.map(Phone::state))
    }

    @Test
    @Order(6)
    fun `a PIN is set, changed, counted and recovered with the card`() = runBlocking {
        refused<SenException.NotReady>("pin.too_easy") { wallet.setPin("111111", now()) }
        refused<SenException.NotReady>("pin.not_six_digits") { wallet.setPin("12345", now()) }
        wallet.setPin("159357", now())
        assertTrue(refused<SenException.NotReady>("account.wrong_pin") { wallet.changePin("159358", "404071", now()) }.attemptsLeft!! > 0u)
        wallet.changePin("159357", "404071", now())
        wallet.checkPin("404071", now())
        assertTrue(wallet.showAccount(now()).pin.set)
        wallet.beginPinRecovery(now()).use { proof ->
            proof.read(ChipReader(chip), CardKey.Can(THAO.can), Steps())
            assertTrue((proof.finish("capture".toByteArray(), now()) as Proven.TakesEffect).at > now())
        }
        assertEquals(PendingKind.PIN, wallet.showAccount(now()).pending?.kind)
        wallet.cancelPending(now())
        assertNull(wallet.showAccount(now()).pending)
    }

    @Test
    @Order(7)
    fun `a code for the lost phone has eighteen digits or more`() = runBlocking {
        val made = wallet.newRevocationCode(now())
        assertTrue(made.code.count(Char::isDigit) >= 18)
        assertTrue(made.useAt.startsWith(nation.url))
    }

    @Test
    @Order(8)
    fun `credentials are issued to keys of this device`() = runBlocking {
        val before = keys.keys.size
        for (name in listOf("citizen", "health-insurance")) {
            assertEquals(listOf("urn:vn:$name:1"), wallet.obtainCredential(name, null, null, now()).map(Credential::vct))
        }
        assertEquals(before + 2, keys.keys.size)
        assertEquals(emptyList<String>(), wallet.due(now()))
        assertEquals(Refreshed(emptyList(), emptyList()), wallet.refreshDue(now()))
        val held = wallet.credentials(now()).first()
        assertEquals(listOf(Warning.Expired), wallet.credentials(held.expiresAt + 1).first { it.id == held.id }.warnings.take(1))
    }

    @Test
    @Order(9)
    fun `those in care are listed and their cards held`() = runBlocking {
        val child = wallet.wards(now()).single()
        assertEquals("000224000001" to false, child.number to child.ward)
        val obtained = wallet.obtainCredential("health-insurance", child.number, null, now()).single()
        val request = wallet.askConsent("health-insurance", child.number, null, now())
        assertTrue(request.details().needsGuardian)
        refused<SenException.NotReady>("present.guardian_needed") { request.grant(Recognised.BY_BIOMETRICS, now()) }
        wallet.presentQr(request.grantAsGuardian(Recognised.BY_DEVICE, now()), now())
        assertEquals(child.number, wallet.history(null, 1u).single().ward)
        wallet.deleteCredential(obtained.id, now())
    }

    @Test
    @Order(10)
    fun `a clinic accepts a code once`() {
        val request = wallet.askConsent("health-insurance", null, null, now())
        assertNull(request.details().desk)
        assertTrue(75L in request.details().disclosed)
        wallet.decline(request, now())
        assertEquals("declined", wallet.history(null, 1u).single().kind)
        val text = wallet.presentQr(show(), now()).text
        assertEquals("accepted", check(text).getString("verdict"))
        assertEquals(listOf("replayed"), check(text).getJSONArray("reasons").toList())
        assertEquals("refused", check(text.dropLast(1)).getString("verdict"))
    }

    @Test
    @Order(11)
    fun `codes come as a stream until the person is to be asked again`() = runBlocking {
        val start = now()
        var calls = 0L
        // Forty seconds between two calls: no code is waited for.
        val codes = wallet.codes(show(start)) { start + 40 * calls++ }.toList()
        assertEquals(listOf(10L, 50L, 90L), codes.map { it.expiresAt - start })
        assertEquals(3, codes.map(QrCode::text).toSet().size)
    }

    @Test
    @Order(12)
    fun `the next code is waited for, and the wait can be given up`() = runBlocking {
        val start = now()
        wallet.qrCodes(show(start)).use { stream ->
            val first = stream.next(start)!!
            val began = System.nanoTime()
            val second = stream.next(start + 9)!!
            assertTrue(System.nanoTime() - began > 900_000_000)
            assertNotEquals(first.text, second.text)
            val waiting = kotlinx.coroutines.withTimeoutOrNull(200.milliseconds) { stream.next(start + 10) }
            assertNull(waiting)
        }
    }

    @Test
    @Order(13)
    fun `documents of an issuer are offered, obtained and deleted`() = runBlocking {
        val offer = nation.post("/sandbox/offer", JSONObject(mapOf("number" to THAO.number, "credential" to "citizen_mdoc")))
        val link = offer.getString("credential_offer")
        val issuers = BelievedIssuers(nation.roots, nation.documentsPem)
        assertEquals(listOf("citizen_mdoc"), wallet.readOffer(link, issuers).credentials)
        val card = wallet.obtainDocuments(link, issuers, null, now()).single()
        assertEquals("mso_mdoc", card.format)
        // One copy is kept for approvals.
        assertEquals(card.copies - 1u, card.unshown)
        assertTrue(card.canApprove)
        wallet.deleteDocument(card.id, now())
        refused<SenException.NotReady>("credential.not_found") { wallet.deleteDocument(card.id, now()) }
        refused<SenException.NotReady>("issuance.bad_offer") { wallet.readOffer("openid-credential-offer://?x=1", issuers) }
        assertEquals(listOf("dc+sd-jwt"), wallet.obtainDocument("citizen_sd_jwt", nation.documentsPem, now()).map(Document::format))
        assertEquals(emptyList<AwaitedDocument>(), wallet.awaitedDocuments())
    }

    @Test
    @Order(14)
    fun `a portal is signed in to with the digits of its screen`() = runBlocking {
        val (request, view) = askedByPortal()
        val details = request.details()
        assertEquals("Cổng dịch vụ công Mẫu", (details.approval as Approval.SignIn).service)
        assertNotNull(details.registration)
        assertTrue(details.asker is Asker.Certified)
        assertTrue(details.choices.single().claims.isNotEmpty())
        refused<SenException.NotReady>("online.number_needed") { request.grant(Recognised.BY_BIOMETRICS, null, now()) }
        val consent = request.grant(Recognised.BY_BIOMETRICS, state(view).getString("number"), now())
        wallet.answerRequest(consent, verifiers, now())
        assertEquals("done", over(view).getString("state"))
        val line = wallet.history(null, 1u).single()
        assertEquals("presented_online", line.kind)
        assertTrue("Cổng dịch vụ công Mẫu" in line.approved!!)
    }

    @Test
    @Order(15)
    fun `a portal that is declined or believed by nobody gets nothing`() = runBlocking {
        val (request, view) = askedByPortal()
        wallet.declineRequest(request, verifiers, now())
        assertEquals("refused", over(view).getString("state"))
        assertEquals("declined_online", wallet.history(null, 1u).single().kind)
        val link = nation.post("/portal/start", JSONObject(mapOf("other_screen" to true))).getString("link")
        refused<SenException.IssuerRefused>("online.unknown_verifier") { wallet.readRequest(link, verifiers.copy(verifiersPem = nation.documentsPem), now()) }
        refused<SenException.NotReady>("online.bad_anchors") { wallet.readRequest(link, verifiers.copy(verifiersPem = "nobody"), now()) }
        Unit
    }

    private suspend fun askedByPortal(): Pair<OnlineRequest, String> {
        val begun = nation.post("/portal/start", JSONObject(mapOf("other_screen" to true)))
        return wallet.readRequest(begun.getString("link"), verifiers, now()) to begun.getString("view")
    }

    private fun state(view: String) = nation.post("/asking/state", JSONObject(mapOf("view" to view)))

    private suspend fun over(view: String): JSONObject {
        repeat(100) {
            val found = state(view)
            if (found.getString("state") in setOf("done", "refused")) return found
            delay(100.milliseconds)
        }
        error("the portal did not decide")
    }

    @Test
    @Order(16)
    fun `the history is turned page by page and leaves nothing out`() {
        val pages = generateSequence(wallet.history(null, 5u)) { page -> wallet.history(page.last().sequence, 5u) }.takeWhile { it.isNotEmpty() }
        val numbers = pages.flatten().map { it.sequence.toLong() }.toList()
        assertEquals((wallet.verifyHistory().toLong() downTo 1).toList(), numbers)
        assertEquals(numbers.size, wallet.exportHistory().trim().lines().size)
        assertTrue(wallet.recipients().any { it.to == "vn.clinic" && it.uses > 0u })
        assertEquals(0uL, wallet.pruneHistory(now()))
    }

    @Test
    @Order(17)
    fun `a lost key, a locked device and a broken key store are told apart`() {
        keys.fault = DeviceKeyException.Lost()
        refused<SenException.DeviceKeyLost>("key.lost") { wallet.presentQr(show(), now()) }
        keys.fault = DeviceKeyException.Locked()
        refused<SenException.UserCancelled>("key.locked") { wallet.presentQr(show(), now()) }
        keys.fault = DeviceKeyException.UserCancelled()
        refused<SenException.UserCancelled>("key.cancelled") { wallet.presentQr(show(), now()) }
        keys.fault = IllegalStateException("what no key store announced")
        refused<SenException.Bug>("key.unavailable") { wallet.presentQr(show(), now()) }
        keys.fault = null
        assertTrue(wallet.presentQr(show(), now()).text.startsWith("7360"))
    }

    @Test
    @Order(18)
    fun `the account goes from phone to phone and the old one is emptied`() = runBlocking {
        wallet.lockAccount(now())
        assertEquals(LockedBy.HOLDER, wallet.showAccount(now()).lockedBy)
        wallet.unlockAccount(now())
        val shown = newPhone.receiveAccount(provider, "new phone", now())
        refused<SenException.NotReady>("account.no_hand_over") { newPhone.claimAccount(now()) }
        val read = wallet.readNewPhone(shown.text, now())
        assertEquals("new phone" to shown.checkDigits, read.name() to read.checkDigits())
        wallet.handOver(read, "404071", now())
        val received = newPhone.claimAccount(now())
        assertTrue(received.opened && received.history > 10u)
        assertTrue(newPhone.hasCarried())
        assertEquals(2, newPhone.obtainCarried(now()).credentials.size)
        refused<SenException.DeviceKeyLost>("account.device_replaced") { wallet.showAccount(now()) }
        assertEquals(emptyList<Credential>(), wallet.credentials(now()))
    }

    @Test
    @Order(19)
    fun `an account that is ended leaves the history and nothing else`() = runBlocking {
        newPhone.closeAccount(now())
        assertEquals(AccountState.CLOSED, newPhone.rememberedAccount().state)
        assertEquals(emptyList<Credential>(), newPhone.credentials(now()))
        assertEquals("account_closed", newPhone.history(null, 1u).single().kind)
    }

    @Test
    @Order(20)
    fun `a code is drawn of digits and of nothing else`() {
        val code = drawQr("73601234567890")
        assertEquals(code.size * code.size, code.dark.size.toUInt())
        // The edge of the first finder pattern, and the light module beside it.
        assertEquals(listOf(1, 1, 1, 1, 1, 1, 1, 0), code.dark.take(8).map(Byte::toInt))
        refused<SenException.NotReady>("qr.not_digits") { drawQr("7360a") }
        refused<SenException.NotReady>("qr.too_long") { drawQr("7".repeat(10_000)) }
    }
}
