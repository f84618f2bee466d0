"""Our wallet before Credo, an issuer and verifier that nobody here wrote."""
import json
import pathlib
import sys
import tempfile
import unittest
import urllib.parse

from credo import Credo


class Peer(unittest.TestCase):
    """A folder and a Credo for each class of tests."""

    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory(prefix="sen-credo-")
        cls.addClassCleanup(folder.cleanup)
        cls.credo = Credo(pathlib.Path(folder.name))
        cls.addClassCleanup(cls.credo.stop)


class Issuer(Peer):
    def test_it_offers_by_reference_both_documents_and_asks_for_a_code(self):
        link, code = self.credo.offer(txCode=True)
        query = urllib.parse.parse_qs(urllib.parse.urlparse(link).query)
        offer = json.loads(self.credo.call(query["credential_offer_uri"][0].removeprefix(self.credo.url)))
        self.assertEqual(offer["credential_configuration_ids"], ["residence-sd-jwt", "licence-mdoc"])
        self.assertEqual(len(code), 6)

    def test_its_metadata_stand_at_the_inserted_path_alone(self):
        metadata = json.loads(self.credo.call("/.well-known/openid-credential-issuer/issuer/credo"))
        self.assertEqual(metadata["credential_issuer"], f"{self.credo.url}/issuer/credo")
        self.assertEqual(metadata["credential_configurations_supported"]["licence-mdoc"]
                         ["credential_signing_alg_values_supported"], [-7])


if __name__ == "__main__":
    tests = unittest.defaultTestLoader.loadTestsFromModule(sys.modules[__name__])
    result = unittest.TextTestRunner(verbosity=2).run(tests)
    bad = len(result.failures) + len(result.errors)
    # A class that could not be set up is one error more than there are tests.
    print(f"python: {max(result.testsRun - bad, 0)} passed, {bad} failed")
    sys.exit(0 if result.wasSuccessful() else 1)
