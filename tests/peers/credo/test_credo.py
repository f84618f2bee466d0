"""Our wallet before Credo, an issuer and verifier that nobody here wrote."""
import pathlib
import sys
import tempfile
import time
import unittest

from credo import Credo
from wallet import Wallet


class Peer(unittest.TestCase):
    """A folder and a Credo for each class of tests, and a wallet for each test."""

    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory(prefix="sen-credo-")
        cls.addClassCleanup(folder.cleanup)
        cls.folder = pathlib.Path(folder.name)
        cls.credo = Credo(cls.folder)
        cls.addClassCleanup(cls.credo.stop)

    def setUp(self):
        self.credo.wish()
        self.wallet = Wallet(self.folder / self.id().rsplit(".", 1)[1], self.credo)

    def refused(self, code, link, *words, status=1, **more):
        """The wallet ends with this code and holds nothing."""
        answer = self.wallet.obtain(link, *words, status=status, **more)
        self.assertEqual(answer["error"]["code"], code)
        self.assertEqual(self.wallet.documents(), [])


class Issuer(Peer):
    def test_both_documents_of_one_offer_come_in_two_copies_each_with_a_code_and_bound_tokens(self):
        link, code = self.credo.offer(txCode=True, dpop=True)
        obtained = self.wallet.obtain(link, code)["documents"]
        told = {(one["format"], one["type"]): one for one in obtained}
        self.assertEqual(set(told), {("dc+sd-jwt", "urn:vn:residence:1"), ("mso_mdoc", "org.iso.18013.5.1.mDL")})
        for one in obtained:
            # One of them is kept for approvals.
            self.assertEqual((one["copies"], one["unshown"]), (2, 1))
            self.assertIn("Credo test signer", one["issuer"])
            self.assertEqual(one["issuer_url"], f"{self.credo.url}/issuer/credo")
        self.assertEqual(sorted(one["id"] for one in self.wallet.documents()), sorted(one["id"] for one in obtained))

    def test_each_copy_finds_its_key_also_where_they_come_in_another_order(self):
        link, _ = self.credo.offer(backwards=True)
        self.assertEqual([one["copies"] for one in self.wallet.obtain(link)["documents"]], [2, 2])

    def test_a_leave_that_credo_has_ended_costs_no_document(self):
        # Credo's refresh tokens are for what it put off: none is of use once all is issued.
        link, _ = self.credo.offer("licence-mdoc", dpop=True, refresh=True)
        held = self.wallet.obtain(link)["documents"]
        self.assertTrue(held[0]["refreshable"])
        answer = self.wallet.sen("credential", "refresh", held[0]["id"], status=1)
        self.assertEqual(answer["error"]["code"], "issuer.invalid_grant")
        self.assertEqual(self.wallet.documents(), held)

    def test_what_credo_puts_off_is_awaited_and_fetched_in_its_time(self):
        link, _ = self.credo.offer(defer=True, dpop=True)
        told = self.wallet.obtain(link)
        self.assertEqual((len(told["documents"]), len(told["awaited"])), (0, 2))
        time.sleep(2)
        for one in told["awaited"]:
            self.assertEqual(self.wallet.sen("credential", "refresh", one["id"])["documents"][0]["copies"], 2)
        listed = self.wallet.sen("credential", "list")
        self.assertEqual((len(listed["documents"]), listed["awaited"]), (2, []))

    def test_a_late_copy_for_a_foreign_key_is_refused_and_the_document_still_awaited(self):
        link, _ = self.credo.offer(defer=True, foreignKey=True)
        awaited = self.wallet.obtain(link)["awaited"]
        time.sleep(2)
        for one in awaited:
            answer = self.wallet.sen("credential", "refresh", one["id"], status=1)
            self.assertEqual(answer["error"]["code"], "issuance.wrong_key")
        listed = self.wallet.sen("credential", "list")
        self.assertEqual((listed["documents"], len(listed["awaited"])), ([], 2))
        for one in awaited:
            self.wallet.sen("credential", "delete", one["id"], "--yes")
        self.assertEqual(self.wallet.sen("credential", "list")["awaited"], [])

    def test_a_wrong_code_can_be_typed_again(self):
        link, code = self.credo.offer("residence-sd-jwt", txCode=True)
        wrong = f"{(int(code) + 1) % 10**6:06}"
        self.refused("issuance.tx_code_wrong", link, wrong, status=2)
        self.assertEqual(len(self.wallet.obtain(link, code)["documents"]), 1)

    def test_a_code_is_asked_for_before_anything_is_sent_and_one_too_many_is_not_sent(self):
        link, code = self.credo.offer("residence-sd-jwt", txCode=True)
        self.refused("issuance.tx_code_required", link, status=2)
        self.wallet.obtain(link, code)
        uncoded, _ = self.credo.offer("licence-mdoc")
        answer = self.wallet.obtain(uncoded, "123456", status=2)
        self.assertEqual(answer["error"]["code"], "issuance.tx_code_unexpected")

    def test_a_copy_for_a_key_that_the_wallet_never_proved_is_refused_with_all_the_others(self):
        for one in ("residence-sd-jwt", "licence-mdoc"):
            link, _ = self.credo.offer(one, foreignKey=True)
            self.refused("issuance.wrong_key", link)

    def test_signed_metadata_under_roots_that_the_person_does_not_believe_are_refused(self):
        link, _ = self.credo.offer("licence-mdoc")
        self.refused("issuance.metadata_signer", link, issuers=self.credo.roots)

    def test_a_server_under_another_root_is_not_spoken_to(self):
        link, _ = self.credo.offer("licence-mdoc")
        self.refused("network.tls", link, roots=self.credo.issuers)

    def test_each_server_has_the_nonce_that_it_asked_for_in_the_repeated_request(self):
        self.credo.wish(dpopNonce="once")
        link, _ = self.credo.offer(dpop=True)
        self.assertEqual(len(self.wallet.obtain(link)["documents"]), 2)
        # Each asked once: what it gave is used from then on.
        self.assertEqual(self.credo.wish(), ["token", "resource"])

    def test_a_server_that_takes_no_nonce_at_all_is_given_up(self):
        self.credo.wish(dpopNonce="never")
        link, _ = self.credo.offer("licence-mdoc", dpop=True)
        self.refused("issuer.use_dpop_nonce", link)
        self.assertEqual(self.credo.wish(), ["token", "token"])

    def test_a_wallet_that_nobody_attests_is_told_so(self):
        link, _ = self.credo.offer("licence-mdoc", attestation=True)
        self.refused("issuer.invalid_client", link)

    def test_an_offer_serves_once(self):
        link, _ = self.credo.offer("licence-mdoc")
        held = self.wallet.obtain(link)["documents"]
        self.assertEqual(self.wallet.obtain(link, status=1)["error"]["code"], "server.refused")
        self.assertEqual(self.wallet.documents(), held)

    def test_a_deleted_document_is_gone(self):
        link, _ = self.credo.offer("licence-mdoc")
        held = self.wallet.obtain(link)["documents"][0]
        self.wallet.sen("credential", "delete", held["id"], "--yes")
        self.assertEqual(self.wallet.documents(), [])


RESIDENCE = {"id": "residence", "format": "dc+sd-jwt", "meta": {"vct_values": ["urn:vn:residence:1"]},
             "claims": [{"path": ["address", "locality"]}, {"path": ["birthdate"]}]}
LICENCE = {"id": "licence", "format": "mso_mdoc", "meta": {"doctype_value": "org.iso.18013.5.1.mDL"},
           "claims": [{"path": ["org.iso.18013.5.1", "family_name"]}]}
CASH = {"type": "urn:vn:cash-withdrawal:1", "credential_ids": ["residence"], "bank": "Ngân hàng Mẫu", "terminal": "0007",
        "place": "Huế", "amount": 2_000_000, "currency": "VND", "transaction_data_hashes_alg": ["sha-256"]}


class Verifier(Peer):
    def setUp(self):
        super().setUp()
        self.wallet.obtain(self.credo.offer()[0])

    def ask(self, *queries, **wishes):
        """A request, and the name of its session."""
        return self.credo.request({"credentials": list(queries)}, **wishes)

    def test_both_formats_are_believed_encrypted_and_hold_what_was_asked_alone(self):
        link, session = self.ask(RESIDENCE, LICENCE, redirect="https://portal.example.vn/done")
        told = self.wallet.present(link, "--yes")
        self.assertTrue(told["encrypted"])
        self.assertIn("Credo test verifier", told["by"])
        self.assertTrue(told["redirect_uri"].startswith("https://portal.example.vn/done"))
        seen = self.credo.session(session)
        self.assertEqual(seen["state"], "ResponseVerified")
        residence = seen["shown"]["residence"][0]
        self.assertEqual((residence["birthdate"], residence["address"]), ("1999-01-01", {"locality": "Hà Nội"}))
        self.assertNotIn("family_name", residence)
        self.assertEqual(seen["shown"]["licence"][0], [{"org.iso.18013.5.1": {"family_name": "Nguyễn"}}])
        self.assertEqual(sorted(one["unshown"] for one in self.wallet.documents()), [0, 0])

    def test_an_answer_goes_unencrypted_where_that_is_asked(self):
        link, session = self.ask(LICENCE, responseMode="direct_post")
        self.assertFalse(self.wallet.present(link, "--yes")["encrypted"])
        self.assertEqual(self.credo.session(session)["state"], "ResponseVerified")

    def test_a_withdrawal_is_approved_over_the_very_text(self):
        link, session = self.ask(RESIDENCE, transactionData=[CASH], seconds=60)
        self.assertTrue(self.wallet.present(link, "--yes", "--number", "47")["approved"])
        seen = self.credo.session(session)
        self.assertEqual((seen["state"], seen["transactions"]), ("ResponseVerified", 1))

    def test_what_cannot_be_shown_is_not_approved_and_credo_is_told(self):
        for wrong in ({"type": "payment"}, {"fee": 1}, {"amount": "2000000"}):
            link, session = self.ask(RESIDENCE, transactionData=[CASH | wrong], seconds=60)
            self.wallet.present(link, "--yes", "--number", "47", status=1)
            self.assertEqual(self.credo.session(session)["state"], "Error")

    def test_a_withdrawal_over_a_licence_is_refused_whose_issuer_lets_its_key_approve_nothing(self):
        link, session = self.ask(LICENCE, transactionData=[CASH | {"credential_ids": ["licence"]}], seconds=60)
        answer = self.wallet.present(link, "--yes", "--number", "47", status=1)
        self.assertEqual(answer["error"]["code"], "online.may_not_approve")
        self.assertEqual(self.credo.session(session)["state"], "Error")

    def test_of_two_that_might_approve_the_one_that_may_does(self):
        cash = CASH | {"credential_ids": ["licence", "residence"]}
        link, session = self.ask(LICENCE, RESIDENCE, transactionData=[cash], seconds=60)
        told = self.wallet.present(link, "--yes", "--number", "47")
        self.assertEqual([one["approves"] for one in told["shown"]], [False, True])
        self.assertEqual(self.credo.session(session)["state"], "ResponseVerified")

    def test_all_elements_of_an_array_or_those_of_a_value_are_shown(self):
        for asked, shown in [({"path": ["nationalities", None]}, ["VN", "LA"]),
                             ({"path": ["nationalities", None], "values": ["LA"]}, ["LA"]),
                             ({"path": ["nationalities", 0]}, ["VN"])]:
            link, session = self.ask(RESIDENCE | {"claims": [asked]})
            self.wallet.present(link, "--yes")
            seen = self.credo.session(session)
            self.assertEqual((seen["state"], seen["shown"]["residence"][0]["nationalities"]), ("ResponseVerified", shown))

    def test_a_value_that_differs_is_as_if_the_claim_were_not_there(self):
        for asked in ({"path": ["birthdate"], "values": ["2000-01-01"]}, {"path": ["nationalities", 1], "values": ["VN"]}):
            link, _ = self.ask(RESIDENCE | {"claims": [asked]})
            self.assertEqual(self.wallet.present(link, "--yes", status=1)["error"]["code"], "online.nothing_to_show")

    def test_requests_that_nobody_signed_or_nobody_vouches_for_are_not_answered(self):
        link, session = self.ask(LICENCE, unsigned=True)
        self.assertEqual(self.wallet.present(link, "--yes", status=1)["error"]["code"], "online.unsigned")
        self.assertEqual(self.credo.session(session)["state"], "RequestCreated")
        link, _ = self.ask(LICENCE)
        words = ["--roots", str(self.credo.roots), "--verifiers", str(self.credo.roots), "--yes"]
        answer = self.wallet.sen("present", "online", link, *words, status=1)
        self.assertEqual(answer["error"]["code"], "online.unknown_verifier")

    def test_a_request_that_is_over_is_served_no_more(self):
        link, _ = self.ask(LICENCE, seconds=1)
        time.sleep(2)
        self.assertEqual(self.wallet.present(link, "--yes", status=1)["error"]["code"], "server.refused")

    def test_credo_refuses_what_was_changed_on_its_way_and_the_answer_to_an_earlier_question(self):
        for query in (RESIDENCE, LICENCE):
            self.credo.wish()
            link, session = self.ask(query, responseMode="direct_post")
            self.wallet.present(link, "--yes")
            self.assertEqual(self.credo.session(session)["state"], "ResponseVerified")
            for alter in ("earlier", "signature", "claim", "missing"):
                self.wallet.obtain(self.credo.offer()[0])
                self.credo.wish(alter=alter)
                link, session = self.ask(query, responseMode="direct_post")
                self.wallet.present(link, "--yes", status=1)
                self.assertEqual(self.credo.session(session)["state"], "Error", f"{query['id']} {alter}")

    def test_a_no_and_a_wallet_without_the_claim_are_told_alike(self):
        link, session = self.ask(RESIDENCE)
        self.assertEqual(self.wallet.present(link, status=1)["error"]["code"], "declined")
        lacking = RESIDENCE | {"claims": [{"path": ["income"]}]}
        other, nothing = self.ask(lacking)
        self.assertEqual(self.wallet.present(other, "--yes", status=1)["error"]["code"], "online.nothing_to_show")
        seen = [self.credo.session(one) for one in (session, nothing)]
        self.assertEqual(seen[0]["state"], "Error")
        self.assertEqual(seen[0], seen[1])

    def test_the_history_says_who_received_what(self):
        self.wallet.present(self.ask(LICENCE)[0], "--yes")
        event = self.wallet.sen("history", "--limit", "1")["history"][0]["event"]["presented_online"]
        self.assertIn("Credo test verifier", event["by"])
        self.assertEqual(event["claims"], ["org.iso.18013.5.1.mDL: org.iso.18013.5.1.family_name"])


if __name__ == "__main__":
    tests = unittest.defaultTestLoader.loadTestsFromModule(sys.modules[__name__])
    result = unittest.TextTestRunner(verbosity=2).run(tests)
    bad = len(result.failures) + len(result.errors)
    # A class that could not be set up is one error more than there are tests.
    print(f"python: {max(result.testsRun - bad, 0)} passed, {bad} failed")
    sys.exit(0 if result.wasSuccessful() else 1)
