"""The whole path through the generated Python package, against the real sandbox and a chip behind a socket.

The device keys are Python's; the other sides run in processes of their own (`nation.py`).
"""
import asyncio
import json
import time
import unittest

import sen
from nation import CAN, CHILD, NUMBER, PHONE, Chip, Keys, Listener, Nation, Reader, Secret


class WholePath(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.nation, cls.chip = Nation(), Chip()
        cls.keys, cls.secret = Keys(), Secret()
        cls.wallet = cls.nation.wallet("wallet", cls.keys, cls.secret)

    @classmethod
    def tearDownClass(cls):
        cls.chip.close()
        cls.nation.close()

    def refuses(self, kind, code, work):
        with self.assertRaises(kind) as refused:
            asyncio.run(work)
        self.assertIn(code, str(refused.exception))

    def step_up(self, can=CAN, listener=None, **faults):
        reader = Reader(self.chip, **faults)
        key = sen.CardKey.CAN(can)
        return self.wallet.step_up(reader, key, b"capture", listener or Listener(), int(time.time()))

    def check(self, content, now=None):
        return self.nation.check(content, now)

    def show(self, now):
        """The person agrees to show the insurance card to any clinic."""
        return self.wallet.present_qr(self.agree(now), now)

    def agree(self, now):
        request = self.wallet.ask_consent("health-insurance", None, None, now)
        consent = request.grant(sen.Recognised.BY_DEVICE, now)
        self.assertEqual(consent.expires_at(), now + 120)
        return consent

    def test_1_an_empty_wallet_has_nothing_to_show(self):
        now = int(time.time())
        with self.assertRaises(sen.SenError.NotReady) as refused:
            self.show(now)
        self.assertIn("present.no_credential", str(refused.exception))
        self.assertEqual(self.wallet.credentials(now), [])

    def test_2_the_account_opens_and_reaches_level_1(self):
        now = int(time.time())
        provider = self.nation.provider
        applicant = sen.AccountApplicant(personal_number=NUMBER, phone=PHONE, device_name="python")
        asyncio.run(self.wallet.open_account(provider, applicant, now))
        code = self.nation.mailbox()
        wrong = f"{(int(code) + 1) % 1_000_000:06}"
        self.refuses(sen.SenError.NotReady, "account.wrong_code", self.wallet.activate_account(wrong, now))
        self.assertEqual(asyncio.run(self.wallet.activate_account(code, now)), 1)

    def test_3_what_goes_wrong_at_the_card_is_typed(self):
        self.refuses(sen.SenError.WrongAccessKey, "card.", self.step_up(can="999999"))
        self.refuses(sen.SenError.TryCardAgain, "card.", self.step_up(lose_at=12))
        self.refuses(sen.SenError.UserCancelled, "card.", self.step_up(listener=Listener(cancel_after=3)))
        self.refuses(sen.SenError.NotReady, "card.no_reader", self.step_up(explode_at=7))
        with self.assertRaises(sen.SenError.NotReady):
            asyncio.run(self.step_up(can="12"))

    def test_4_a_lost_card_is_read_on_and_raises_the_account_to_level_2(self):
        proof, key = asyncio.run(self.wallet.begin_step_up(int(time.time()))), sen.CardKey.CAN(CAN)
        self.refuses(sen.SenError.NotReady, "card.not_read", proof.finish(b"capture", int(time.time())))
        self.refuses(sen.SenError.TryCardAgain, "card.lost", proof.read(Reader(self.chip, lose_at=17), key, Listener()))
        listener = Listener()
        asyncio.run(proof.read(Reader(self.chip), key, listener))
        self.assertTrue(proof.is_read())
        self.assertGreater(len(listener.steps), 3)
        self.assertEqual(asyncio.run(proof.finish(b"capture", int(time.time()))), sen.Proven.LEVEL(2))

    def test_4b_the_account_is_looked_at_and_has_a_pin(self):
        now = int(time.time())
        self.refuses(sen.SenError.NotReady, "pin.too_easy", self.wallet.set_pin("111111", now))
        asyncio.run(self.wallet.set_pin("159357", now))
        with self.assertRaises(sen.SenError.NotReady) as refused:
            asyncio.run(self.wallet.change_pin("159358", "404071", now))
        self.assertGreater(refused.exception.attempts_left, 0)
        view = asyncio.run(self.wallet.show_account(now))
        self.assertEqual((view.state, view.level, view.pin.set), (sen.AccountState.ACTIVE, 2, True))
        self.assertEqual([phone.name for phone in view.phones], ["python"])
        self.assertEqual(self.wallet.remembered_account().as_of, view.as_of)
        code = asyncio.run(self.wallet.new_revocation_code(now)).code
        self.assertGreaterEqual(sum(digit.isdigit() for digit in code), 18)

    def test_5_credentials_are_issued_to_keys_of_this_device(self):
        now = int(time.time())
        before = len(self.keys.keys)
        for name in ("citizen", "health-insurance"):
            obtained = asyncio.run(self.wallet.obtain_credential(name, None, None, now))
            self.assertEqual([c.vct for c in obtained], [f"urn:vn:{name}:1"])
        self.assertEqual(len(self.keys.keys), before + 2)
        self.assertEqual(len(self.wallet.credentials(now)), 2)

    def test_5b_a_credential_says_when_to_fetch_it_anew_and_what_ends(self):
        now = int(time.time())
        held = self.wallet.credentials(now)[0]
        self.assertTrue(held.issued_at < held.refresh_at < held.expires_at)
        self.assertEqual(held.warnings, [])
        late = self.wallet.credentials(held.expires_at + 1)[0]
        self.assertIn(sen.Warning.EXPIRED(), late.warnings)

    def test_5c_a_guardian_holds_a_childs_card_beside_the_own(self):
        now = int(time.time())
        with self.assertRaises(sen.SenError.NotReady):
            self.wallet.ask_consent("health-insurance", CHILD, None, now)
        obtained = asyncio.run(self.wallet.obtain_credential("health-insurance", CHILD, None, now))
        self.assertEqual([c.ward for c in obtained], [CHILD])
        request = self.wallet.ask_consent("health-insurance", CHILD, None, now)
        self.assertEqual((request.details().ward, request.details().needs_guardian), (CHILD, True))
        self.assertIsNone(self.wallet.ask_consent("health-insurance", None, None, now).details().ward)
        with self.assertRaises(sen.SenError.NotReady):
            request.grant(sen.Recognised.BY_BIOMETRICS, now)
        code = self.wallet.present_qr(request.grant_as_guardian(sen.Recognised.BY_DEVICE, now), now)
        event = json.loads(self.wallet.history(None, 1)[0].event)["presented"]
        self.assertEqual((event["ward"], event["by_guardian"]), (CHILD, True))
        decided = self.check(code.text)
        self.assertEqual((decided["presented_by"], decided["claims"]["personal_number"]), ("guardian", CHILD))
        self.wallet.delete_credential(obtained[0].id, now)

    def test_6_a_clinic_accepts_the_code_once_and_no_other(self):
        now = int(time.time())
        request = self.wallet.ask_consent("health-insurance", None, None, now)
        self.assertIsNone(request.details().desk)
        self.assertIn(75, request.details().disclosed)
        pictured = request.with_portrait()
        self.assertTrue(pictured.details().shows_portrait)
        frames = self.wallet.portrait_frames(pictured.grant(sen.Recognised.BY_DEVICE, now), now)
        self.assertTrue(1 <= len(frames) <= 4 and all(frame.startswith("7362") for frame in frames))
        self.assertEqual(self.wallet.due(now), [])
        self.assertEqual(asyncio.run(self.wallet.refresh_due(now)), sen.Refreshed(credentials=[], documents=[]))
        self.wallet.decline(request, now)
        self.assertIn("declined", self.wallet.history(None, 1)[0].event)
        code = self.show(now)
        self.assertEqual(self.check(code.text)["verdict"], "accepted")
        self.assertEqual(self.check(code.text)["reasons"], ["replayed"])
        self.assertEqual(self.check(code.text, now + 600)["verdict"], "refused")
        middle = len(code.text) // 2
        changed = code.text[:middle] + str((int(code.text[middle]) + 1) % 10) + code.text[middle + 1:]
        self.assertEqual(self.check(changed)["verdict"], "refused")
        with self.assertRaises(sen.CheckError):
            sen.check_scanned("", sen.ClinicFolders(trust="/nowhere", status=None, seen=None), now)

    def test_6b_codes_come_one_after_the_other_until_the_person_is_asked_again(self):
        async def all_codes(start):
            stream, codes = self.wallet.qr_codes(self.agree(start)), []
            # Forty seconds between two calls: no code is waited for.
            while code := await stream.next(start + 40 * len(codes)):
                codes.append(code)
            return codes

        start = int(time.time())
        codes = asyncio.run(all_codes(start))
        self.assertEqual([code.expires_at - start for code in codes], [10, 50, 90])
        self.assertEqual(len({code.text for code in codes}), 3)

    def test_6c_a_portal_is_signed_in_to_with_the_digits_of_its_screen(self):
        now, nation = int(time.time()), self.nation
        (document,) = asyncio.run(self.wallet.obtain_document("citizen_sd_jwt", nation.pem("documents"), now))
        self.assertEqual([held.id for held in self.wallet.documents()], [document.id])
        believed = nation.believed(nation.pem("askers"), nation.pem("askers"))
        # The same by the nation's trust list alone.
        named = nation.believed()
        begun = nation.post("/portal/start", {"other_screen": False})
        asked = asyncio.run(self.wallet.read_request(begun["link"], named, now)).details()
        self.assertEqual(asked.registration.name, "Cổng dịch vụ công Mẫu")
        (document,) = asyncio.run(self.wallet.obtain_document("citizen_sd_jwt", "", now))
        begun = nation.post("/portal/start", {"other_screen": True})
        request = asyncio.run(self.wallet.read_request(begun["link"], believed, now))
        self.assertTrue(request.details().needs_number)
        self.assertIsInstance(request.details().approval, sen.Approval.SIGN_IN)
        with self.assertRaises(sen.SenError.NotReady):
            request.grant(sen.Recognised.BY_BIOMETRICS, None, now)
        number = nation.post("/asking/state", {"view": begun["view"]})["number"]
        asyncio.run(self.wallet.answer_request(request.grant(sen.Recognised.BY_BIOMETRICS, number, now), believed, now))
        self.assertEqual(nation.post("/asking/state", {"view": begun["view"]})["state"], "done")
        (line,) = self.wallet.history(None, 1)
        self.assertEqual((line.kind, line.what), ("presented_online", [document.kind]))
        self.assertEqual(self.wallet.history(line.sequence, 1)[0].sequence, line.sequence - 1)

    def test_7_a_lost_key_and_a_gone_network_are_told_apart(self):
        now = int(time.time())
        kept = dict(self.keys.keys)
        self.show(now)
        empty = self.wallet.obtain_credential("openid-credential-offer://?credential_offer=%7B%7D", None, None, now)
        self.refuses(sen.SenError.NotReady, "issuance.bad_offer", empty)
        self.nation.stop()
        with self.assertRaises(sen.SenError.NoNetwork):
            asyncio.run(self.wallet.lock_account(now))
        self.assertTrue(self.show(now).text.startswith("7360"))
        self.assertEqual(self.keys.keys, kept)
        self.assertGreater(len(self.wallet.history(None, 50)), 5)
