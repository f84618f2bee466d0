"""Documents of any issuer, and those who ask for them online: offers, a browser between, the choice among several, whom the nation names."""
import json
import re
import ssl
import time
from urllib.parse import parse_qs, urlencode, urlsplit

import sen
from nation import NUMBER, Chip, Nation, TestCase, now, run

RETURN_TO = "http://127.0.0.1:7360/returned"


class Documents(TestCase):
    @classmethod
    def setUpClass(cls):
        cls.nation, cls.chip = Nation(), Chip()
        cls.wallet = cls.nation.wallet("one")
        cls.nation.at_level_2(cls.wallet, cls.chip)

    @classmethod
    def tearDownClass(cls):
        cls.chip.close()
        cls.nation.close()

    def offer(self, nation=None, **wish):
        return (nation or self.nation).post("/sandbox/offer", wish)["credential_offer"]

    def asked(self, nation=None):
        """A portal asks: what the wallet read, and the portal's view."""
        begun = (nation or self.nation).post("/portal/start", {"other_screen": True})
        return run(self.wallet.read_request(begun["link"], self.nation.believed(), now())), begun["view"]

    def outcome(self, view):
        for _ in range(100):
            found = self.nation.post("/asking/state", {"view": view})
            if found["state"] in ("done", "refused"):
                return found
            time.sleep(0.1)
        self.fail("the portal did not decide")

    def test_1_an_offer_is_read_followed_and_its_document_deleted(self):
        link = self.offer(number=NUMBER, credential="citizen_mdoc")
        read = run(self.wallet.read_offer(link, self.nation.issuers()))
        self.assertEqual((read.credentials, read.in_browser, read.transaction_code), (["citizen_mdoc"], False, None))
        self.assertTrue(run(self.wallet.offers_documents(link, None)))
        self.assertTrue(run(self.wallet.offers_documents(link, self.nation.roots)))
        insurance = self.offer(number=NUMBER, credential="health-insurance")
        self.assertFalse(run(self.wallet.offers_documents(insurance, None)))
        (card,) = run(self.wallet.obtain_documents(link, self.nation.issuers(), None, now()))
        # One copy is kept for approvals.
        self.assertEqual((card.format, card.copies, card.can_approve), ("mso_mdoc", card.unshown + 1, True))
        self.assertFalse(card.refreshable)
        self.refuses(sen.SenError.NotReady, "issuance.not_refreshable", self.wallet.refresh_document, card.id, now())
        self.wallet.delete_document(card.id, now())
        self.refuses(sen.SenError.NotReady, "credential.not_found", self.wallet.delete_document, card.id, now())
        self.assertEqual(self.wallet.awaited_documents(), [])
        self.refuses(sen.SenError.NotReady, "credential.not_found", self.wallet.fetch_awaited, card.id, now())
        self.refuses(sen.SenError.NotReady, "credential.not_found", self.wallet.give_up_awaited, card.id, now())

    def begin(self):
        link = self.offer(credential="residence_sd_jwt", browser=True)
        self.assertTrue(run(self.wallet.read_offer(link, self.nation.issuers())).in_browser)
        return run(self.wallet.begin_authorisation(link, self.nation.issuers(), "sen", RETURN_TO, now()))

    def browse(self, address, answer):
        """A browser at the issuer's page: logs in, answers, and is sent back."""
        status, _, page = self.nation.open(address, content_type="application/x-www-form-urlencoded")
        self.assertEqual(status, 200)
        visit = re.search(r'name="visit" value="([^"]+)"', page)[1]

        def post(**fields):
            form = urlencode({"visit": visit, **fields}).encode()
            return self.nation.open(f"{self.nation.url}/authorize", form, "application/x-www-form-urlencoded")

        self.assertEqual(post(number=NUMBER)[0], 200)
        status, headers, _ = post(code=self.nation.mailbox(), answer=answer)
        self.assertEqual(status, 303)
        return headers["location"]

    def test_2_a_person_agrees_in_a_browser_and_no_other_app_answers_for_it(self):
        authorisation = self.begin()
        self.assertTrue(authorisation.url().startswith(self.nation.url))
        back = self.browse(authorisation.url(), "yes")
        state = parse_qs(urlsplit(back).query)["state"][0]
        for foreign in (back.replace(state, "x"), back.replace("/returned", "/other"), RETURN_TO, "no address"):
            self.assertFalse(run(authorisation.is_answer(foreign)), foreign)
        self.assertTrue(run(authorisation.is_answer(back)))
        (document,) = run(authorisation.finish(back, now()))
        self.assertEqual(document.kind, "urn:vn:residence:1")
        self.assertFalse(run(authorisation.is_answer(back)))
        self.refuses(sen.SenError.NotReady, "issuance.finished", authorisation.finish, back, now())

        declined = self.begin()
        back = self.browse(declined.url(), "no")
        self.refuses(sen.SenError.UserCancelled, "issuance.declined", declined.finish, back, now())
        # One that is released, and never went on, leaves no document.
        self.assertTrue(self.begin().url())
        self.assertEqual([held.kind for held in self.wallet.documents()], ["urn:vn:residence:1"])

    def test_3_of_two_documents_that_would_do_the_person_picks_one(self):
        other = Nation()
        try:
            stranger = other.wallet("stranger")
            other.at_level_1(stranger)
            (own,) = run(self.wallet.obtain_document("citizen_sd_jwt", "", now()))
            # The two must not be of one second: the newer comes first.
            time.sleep(1.1)
            link = self.offer(other, number=NUMBER, credential="citizen_sd_jwt")
            (foreign,) = run(self.wallet.obtain_documents(link, other.issuers(), None, now()))
        finally:
            other.close()
        request, view = self.asked()
        (shown,) = request.details().choices
        self.assertEqual((shown.document, shown.issued_at, shown.approves), (foreign.id, foreign.issued_at, True))
        self.assertEqual([one.document for one in request.alternatives(shown.query)], [own.id])
        self.assertEqual(request.alternatives("another"), [])
        self.refuses(sen.SenError.NotReady, "online.not_an_alternative", request.with_document, shown.query, "none")
        picked = request.with_document(shown.query, own.id)
        (choice,) = picked.details().choices
        self.assertEqual((choice.document, choice.approves), (own.id, True))
        self.assertEqual([one.document for one in picked.alternatives(shown.query)], [foreign.id])
        self.assertIsNone(picked.details().unanswerable)
        # Nothing here can be left out.
        self.assertEqual(picked.without_optional().details(), picked.details())
        number = self.nation.post("/asking/state", {"view": view})["number"]
        consent = picked.grant(sen.Recognised.BY_BIOMETRICS, number, now())
        run(self.wallet.answer_request(consent, self.nation.believed(), now()))
        self.assertEqual(self.outcome(view)["result"]["number"], NUMBER)
        self.assertIsNone(consent.verifier_words())
        self.wallet.delete_document(foreign.id, now())

    def test_4_a_request_that_is_declined_is_told_so(self):
        request, view = self.asked()
        run(self.wallet.decline_request(request, self.nation.believed(), now()))
        self.assertEqual(self.outcome(view)["state"], "refused")
        self.assertEqual(self.wallet.history(None, 1)[0].kind, "declined_online")

    def test_4_b_a_refusal_comes_with_the_verifiers_own_words(self):
        request, view = self.asked()
        number = self.nation.post("/asking/state", {"view": view})["number"]
        consent = request.grant(sen.Recognised.BY_BIOMETRICS, "00" if number != "00" else "01", now())
        error = self.refuses(sen.SenError.IssuerRefused, "server.other",
                             self.wallet.answer_request, consent, self.nation.believed(), now())
        refused = self.outcome(view)
        self.assertEqual(consent.verifier_words(), f"wrong_number: {refused['en']}")
        self.assertNotIn("wrong_number", f"{error} {error!r}")

    def test_5_whom_the_nation_names_is_believed_until_it_is_withdrawn(self):
        named = run(self.wallet.national_anchors(now()))
        for role, whose in (("issuers", "documents"), ("verifiers", "askers"), ("registrars", None)):
            (anchor,) = getattr(named, role)
            if whose:
                self.assertEqual(anchor.certificate, ssl.PEM_cert_to_DER_cert(self.nation.pem(whose)), role)
            self.assertGreater(anchor.not_after, now())
            self.assertTrue(anchor.subject)
        self.nation.post("/sandbox/withdrawal", {"who": "askers", "withdrawn": True})
        # The list of today is believed until it is fetched anew.
        self.assertEqual(len(run(self.wallet.national_anchors(now())).verifiers), 1)
        self.assertEqual(run(self.wallet.refresh_trust_list(now())).verifiers, [])
        begun = self.nation.post("/portal/start", {"other_screen": True})
        self.refuses(sen.SenError.IssuerRefused, "online.unknown_verifier",
                     self.wallet.read_request, begun["link"], self.nation.believed(), now())
        self.nation.post("/sandbox/withdrawal", {"who": "askers", "withdrawn": False})
        self.assertEqual(len(run(self.wallet.refresh_trust_list(now())).verifiers), 1)

    def test_6_a_phone_checks_codes_with_the_list_that_its_wallet_keeps(self):
        self.assertIsNone(self.nation.wallet("empty").kept_trust_list())
        kept, folder = self.wallet.kept_trust_list(), self.nation.folder / "trust-on-the-phone"
        folder.mkdir()
        (folder / "root.pub").write_text(kept.root)
        (folder / "trust-list.cwt").write_bytes(kept.list)
        run(self.wallet.obtain_credential("health-insurance", None, None, now()))
        request = self.wallet.ask_consent("health-insurance", None, None, now())
        text = self.wallet.present_qr(request.grant(sen.Recognised.BY_DEVICE, now()), now()).text
        seen = str(folder / "seen.db")
        one = sen.ClinicFolders(trust=str(folder), status=self.nation.status, seen=seen, desk="one")
        self.assertEqual(json.loads(sen.check_scanned(text, one, now()))["verdict"], "accepted")
        # The desk's name counts: another that shares the list is warned of a card that was seen there just now.
        two = sen.ClinicFolders(trust=str(folder), status=self.nation.status, seen=seen, desk="two")
        again = self.wallet.ask_consent("health-insurance", None, None, now()).grant(sen.Recognised.BY_DEVICE, now())
        later = self.wallet.present_qr(again, now() + 11).text
        self.assertIn("seen_elsewhere", json.loads(sen.check_scanned(later, two, now() + 11))["reasons"])

    def test_7_a_code_is_drawn_of_digits_and_of_nothing_else(self):
        code = sen.draw_qr("73601234567890")
        self.assertEqual(len(code.dark), code.size ** 2)
        # The edge of the first finder pattern, and the light module beside it.
        self.assertEqual(list(code.dark[:8]), [1, 1, 1, 1, 1, 1, 1, 0])
        self.refuses(sen.SenError.NotReady, "qr.not_digits", sen.draw_qr, "7360a")
        self.refuses(sen.SenError.NotReady, "qr.too_long", sen.draw_qr, "7" * 10_000)
