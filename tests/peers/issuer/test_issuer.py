"""Our wallet before an issuer that nobody here wrote: PyPI `openid4vci` 1.0.0a1, which is no relative of Credo.

What that package cannot do, and what becomes of it here:

- It knows no DPoP: its tokens are for whoever holds them. Our wallet takes such a token where the server promises no other, and
  refuses it where the server does.
- It has the pre-authorised code alone: no authorization code, no refresh token, no client attestation.
- Its metadata takes algorithms by name alone, for mdoc as well, where the specification has numbers. Our wallet reads both.
- It would serve the metadata of an issuer with a path below that path; `issuer.py` serves it where the specification says.
- Its SD-JWT VC has neither certificate nor times; `issuer.py` signs with its certificate, and a test leaves it out.
- Neither format has a status, and its mdoc lets the device's key sign nothing.
"""
import pathlib
import sys
import tempfile
import time
import unittest

from issuer import DOCTYPE, VCT, Issuer, authority, certificate, ec
from wallet import Wallet


class Obtaining(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory(prefix="sen-issuer-")
        cls.addClassCleanup(folder.cleanup)
        cls.folder = pathlib.Path(folder.name)
        cls.issuer = Issuer(cls.folder)
        cls.addClassCleanup(cls.issuer.stop)

    def setUp(self):
        self.issuer.reset()
        self.wallet = Wallet(self.folder / self.id().rsplit(".", 1)[1], self.issuer)

    def events(self):
        """What the wallet told the issuer of what it got."""
        return [one.event.value for one in self.issuer.notifications]

    def refused(self, code, *configurations, status=1, events=("credential_failure",), **wishes):
        """The wallet ends with this code, holds nothing, and tells the issuer so."""
        self.issuer.reset()
        self.issuer.wishes = wishes
        answer = self.wallet.obtain(self.issuer.offer(*(configurations or ["residence"])), status=status)
        self.assertEqual(answer["error"]["code"], code)
        self.assertEqual(self.wallet.documents(), [])
        self.assertEqual(self.events(), list(events))

    def test_both_formats_come_in_two_copies_each_by_the_identifiers_that_came_with_the_token(self):
        obtained = self.wallet.obtain(self.issuer.offer("residence", "licence"))["documents"]
        self.assertEqual({(one["format"], one["type"]) for one in obtained}, {("dc+sd-jwt", VCT), ("mso_mdoc", DOCTYPE)})
        for one in obtained:
            self.assertEqual((one["copies"], one["issuer_url"]), (2, self.issuer.url))
            self.assertIn("openid4vci test signer", one["issuer"])
        self.assertEqual(self.events(), ["credential_accepted", "credential_accepted"])

    def test_an_anonymous_wallet_proves_its_keys_without_a_name_each_with_the_nonce_it_got(self):
        self.wallet.obtain(self.issuer.offer("residence"))
        first, second = self.issuer.seen["proofs"][0]
        self.assertEqual((first["aud"], first["nonce"]), (self.issuer.url, second["nonce"]))
        self.assertNotIn("iss", first)
        self.assertNotIn("client_id", self.issuer.seen["token"][0])

    def test_an_offer_by_reference_is_fetched(self):
        link = self.issuer.offer("licence", by_reference=True)
        self.assertEqual(len(self.wallet.obtain(link)["documents"]), 1)

    def test_a_code_is_asked_for_sent_and_may_be_typed_again(self):
        link = self.issuer.offer("residence", code="493536")
        for typed, code in [(None, "issuance.tx_code_required"), ("493537", "issuance.tx_code_wrong")]:
            answer = self.wallet.obtain(link, typed, status=2)
            self.assertEqual(answer["error"]["code"], code)
        self.assertEqual(len(self.issuer.seen["token"]), 1)
        self.assertEqual(len(self.wallet.obtain(link, "493536")["documents"]), 1)

    def test_a_code_of_letters_is_sent_as_it_was_typed(self):
        link = self.issuer.offer("residence", code="Sen-2026")
        self.assertEqual(len(self.wallet.obtain(link, "Sen-2026")["documents"]), 1)

    def test_an_offer_serves_once(self):
        link = self.issuer.offer("residence")
        held = self.wallet.obtain(link)["documents"]
        self.assertEqual(self.wallet.obtain(link, status=1)["error"]["code"], "issuer.invalid_grant")
        self.assertEqual(self.wallet.documents(), held)

    def test_a_nonce_that_it_takes_no_longer_is_renewed_once_and_no_more(self):
        self.issuer.wishes = {"stale": 1}
        self.assertEqual(len(self.wallet.obtain(self.issuer.offer("residence"))["documents"]), 1)
        self.wallet.sen("credential", "delete", self.wallet.documents()[0]["id"], "--yes")
        self.refused("issuer.invalid_nonce", events=(), stale=2)

    def test_what_it_puts_off_is_fetched_in_its_time(self):
        self.issuer.wishes = {"defers": True}
        told = self.wallet.obtain(self.issuer.offer("residence", "licence"))
        self.assertEqual((len(told["documents"]), len(told["awaited"])), (0, 2))
        time.sleep(2)
        for one in told["awaited"]:
            self.assertEqual(self.wallet.sen("credential", "refresh", one["id"])["documents"][0]["copies"], 2)
        self.assertEqual(len(self.wallet.documents()), 2)

    def test_what_it_has_forgotten_is_awaited_no_more(self):
        self.issuer.wishes = {"defers": True}
        told = self.wallet.obtain(self.issuer.offer("residence"))["awaited"][0]
        self.issuer.transactions._open.clear()
        time.sleep(2)
        answer = self.wallet.sen("credential", "refresh", told["id"], status=1)
        self.assertEqual(answer["error"]["code"], "issuer.invalid_transaction_id")
        self.assertEqual(self.wallet.sen("credential", "list")["awaited"], [])

    def test_requests_and_answers_are_encrypted_where_it_wants_that(self):
        self.issuer.wishes = {"encrypts": True}
        self.assertEqual(len(self.wallet.obtain(self.issuer.offer("residence", "licence"))["documents"]), 2)
        self.assertEqual(len(self.issuer.seen["sealed"]), 2)

    def test_an_answer_in_the_clear_where_it_promised_none_is_refused(self):
        # The issuer says that it encrypts answers, and gives no key to encrypt the request to.
        encryption = {"alg_values_supported": ["ECDH-ES"], "enc_values_supported": ["A256GCM"], "encryption_required": True}
        self.refused("issuance.encryption_unsupported", events=(), metadata={"credential_response_encryption": encryption})

    def test_a_token_for_anybody_is_refused_where_the_server_promises_one_for_our_key(self):
        self.refused("issuance.bad_token", events=(), server={"dpop_signing_alg_values_supported": ["ES256"]})

    def test_proofs_for_another_issuer_are_none_for_it(self):
        self.refused("issuer.invalid_proof", events=(), audience=f"{self.issuer.url}/")

    def test_a_configuration_that_it_does_not_have_is_not_asked_for(self):
        self.refused("issuance.unknown_configuration", "passport", events=())
        self.assertEqual(self.issuer.seen["token"], [])

    def test_a_copy_for_a_key_that_was_never_proved_is_refused_with_the_others(self):
        for configuration in ("residence", "licence"):
            self.refused("issuance.wrong_key", configuration, foreign_key=True)

    def test_a_signer_under_another_root_is_refused(self):
        key = ec.generate_private_key(ec.SECP256R1())
        signer = certificate("signer", key, authority("another root")), key
        for configuration in ("residence", "licence"):
            self.refused("issuance.unknown_issuer", configuration, signer=signer)

    def test_a_signature_by_another_key_than_the_certificate_s_is_refused(self):
        signer = self.issuer.signing[0], ec.generate_private_key(ec.SECP256R1())
        for configuration in ("residence", "licence"):
            self.refused("issuance.issuer_signature", configuration, signer=signer)

    def test_its_own_sd_jwt_without_a_certificate_names_nobody(self):
        self.refused("issuance.unknown_issuer", no_certificate=True)

    def test_another_type_than_was_offered_is_refused(self):
        self.refused("issuance.wrong_type", vct="urn:vn:other:1")
        self.refused("issuance.wrong_type", "licence", doctype="org.example.other")

    def test_what_has_expired_is_refused(self):
        self.refused("issuance.not_valid_now", life=-60)

    def test_metadata_of_another_issuer_or_server_are_refused_before_the_code_is_spent(self):
        for wish in ({"metadata": {"credential_issuer": f"{self.issuer.url}/"}},
                     {"metadata": {"credential_issuer": self.issuer.base}}, {"server": {"issuer": self.issuer.base}}):
            self.refused("issuance.issuer_mix_up", events=(), **wish)
        self.assertEqual(self.issuer.seen["token"], [])

    def test_endpoints_without_https_are_not_spoken_to(self):
        plain = self.issuer.url.replace("https://", "http://")
        self.refused("issuance.bad_metadata", events=(), metadata={"credential_endpoint": f"{plain}/credential"})
        self.refused("issuance.bad_metadata", events=(), server={"token_endpoint": f"{plain}/token"})

    def test_a_server_under_another_root_is_not_spoken_to(self):
        answer = self.wallet.obtain(self.issuer.offer("residence"), status=1, roots=self.issuer.issuers)
        self.assertEqual(answer["error"]["code"], "network.tls")


if __name__ == "__main__":
    tests = unittest.defaultTestLoader.loadTestsFromModule(sys.modules[__name__])
    result = unittest.TextTestRunner(verbosity=2).run(tests)
    bad = len(result.failures) + len(result.errors)
    # A class that could not be set up is one error more than there are tests.
    print(f"python: {max(result.testsRun - bad, 0)} passed, {bad} failed")
    sys.exit(0 if result.wasSuccessful() else 1)
