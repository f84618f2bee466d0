"""A signed record of a reading, opened by software that nobody here wrote: cwt for COSE and cbor2 for CBOR.

`sen card read --evidence` writes the record; nothing of ours takes part in checking it here.
"""
import hashlib
import os
import pathlib
import subprocess
import tempfile
import unittest

import cbor2
from cwt import COSE, COSEKey, VerifyError

ROOT = pathlib.Path(__file__).resolve().parents[3]
CARD = ROOT / "tests/vectors/emrtd/vn_cccd/b_bp384_named_2024"
SEN = os.environ["SEN"]
NONCE = bytes(range(16))


class Record(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        home = pathlib.Path(cls.folder.name)
        env = {**os.environ, "SEN_HOME": str(home), "XDG_RUNTIME_DIR": str(home)}
        env.pop("DBUS_SESSION_BUS_ADDRESS", None)
        words = ["card", "read", "--simulate", CARD, "--can", "067891", "--csca", CARD / "csca.cer"]
        record = home / "record.cose"
        subprocess.run([SEN, *words, "--evidence", record, "--nonce", NONCE.hex()], env=env, check=True,
                       capture_output=True)
        cls.record = record.read_bytes()
        point = bytes.fromhex((home / "card-evidence.pub").read_text())
        cls.key = {1: 2, -1: 1, -2: point[1:33], -3: point[33:]}

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def opened(self, record):
        """The payload, once its signature is right."""
        key = COSEKey.new({**self.key, 2: self.kid(), 3: -7})
        return COSE.new().decode(record, keys=[key])

    def kid(self):
        return hashlib.sha256(cbor2.dumps(self.key, canonical=True)).digest()

    def test_the_signature_is_right_and_that_of_a_changed_record_is_not(self):
        self.assertTrue(self.opened(self.record))
        changed = self.record.replace(b"DANG<", b"BANG<")
        self.assertNotEqual(changed, self.record)
        with self.assertRaises(VerifyError):
            self.opened(changed)

    def test_the_header_names_the_key_by_its_thumbprint_and_nothing_stands_outside_the_signature(self):
        tag = cbor2.loads(self.record)
        self.assertEqual(tag.tag, 18)
        header = {1: -7, 4: self.kid(), 16: "application/sen-card-evidence+cose"}
        self.assertEqual(cbor2.loads(tag.value[0]), header)
        self.assertEqual(tag.value[1], {})

    def test_the_payload_is_the_files_octet_for_octet_in_canonical_form(self):
        payload = self.opened(self.record)
        evidence = cbor2.loads(payload)
        self.assertEqual(cbor2.dumps(evidence, canonical=True), payload)
        self.assertEqual(evidence[1], 1)
        self.assertEqual(evidence[3], NONCE)
        for name, content in evidence[5].items():
            self.assertEqual(content, (CARD / f"EF_{name}.bin").read_bytes(), name)
        self.assertTrue({"SOD", "COM", "DG1", "DG2", "DG13", "DG14", "DG15"} <= set(evidence[5]))
        self.assertEqual(evidence[8], "asserted_by_reader")

    def test_the_challenge_comes_of_nonce_key_and_purpose(self):
        evidence = cbor2.loads(self.opened(self.record))
        thumbprint, purpose = evidence[6]
        self.assertEqual(thumbprint, self.kid())
        derived = hashlib.sha256(NONCE + thumbprint + purpose.encode()).digest()[:8]
        self.assertEqual(evidence[7][0], derived)
