"""Our mdocs and SD-JWT VCs before verifiers that nobody here wrote, and theirs before ours.

mdoc: PyPI `pymdoccbor`, and for the device's signature `cbor2` with `cryptography`. SD-JWT: PyPI `sd-jwt`, the reference
implementation. Ours is `exchange`, an example of the credential crate.
"""
import base64
import datetime
import json
import logging
import os
import subprocess
import sys
import tempfile
import unittest

import cbor2
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, utils
from jwcrypto.jwk import JWK
from pymdoccbor.mdoc.issuer import MdocCborIssuer
from pymdoccbor.mdoc.verifier import MdocCbor
from sd_jwt.common import SDObj
from sd_jwt.holder import SDJWTHolder
from sd_jwt.issuer import SDJWTIssuer
from sd_jwt.verifier import SDJWTVerifier

EXCHANGE = os.path.abspath(os.environ["EXCHANGE"])
TYPE, AUDIENCE, NONCE = "vn.gov.citizen.1", "x509_hash:abc", "nonce"
logging.disable(logging.CRITICAL)


def exchange(*words, given=b""):
    return subprocess.run([EXCHANGE, *words], input=given, capture_output=True, timeout=60)


def pem(key):
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                             serialization.NoEncryption())


def certificate(name, key, issuer_name, issuer_key, authority):
    now = datetime.datetime.now(datetime.timezone.utc)
    day = datetime.timedelta(days=1)
    named = [x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, one)]) for one in (name, issuer_name)]
    usage = dict.fromkeys(["content_commitment", "key_encipherment", "data_encipherment", "key_agreement", "crl_sign",
                           "encipher_only", "decipher_only"], False)
    return (x509.CertificateBuilder().subject_name(named[0]).issuer_name(named[1]).public_key(key.public_key())
            .serial_number(x509.random_serial_number()).not_valid_before(now - day).not_valid_after(now + 400 * day)
            .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
            .add_extension(x509.KeyUsage(digital_signature=not authority, key_cert_sign=authority, **usage), critical=True)
            .sign(issuer_key, hashes.SHA256()))


class Formats(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.issued = json.loads(exchange("issue").stdout)
        # An issuer of theirs below a root that ours is told to believe.
        folder = tempfile.TemporaryDirectory(prefix="sen-formats-")
        cls.addClassCleanup(folder.cleanup)
        root, cls.key, cls.device = (ec.generate_private_key(ec.SECP256R1()) for _ in range(3))
        cls.leaf = certificate("issuer", cls.key, "root", root, False)
        cls.root = os.path.join(folder.name, "root.pem")
        with open(cls.root, "wb") as file:
            file.write(certificate("root", root, "root", root, True).public_bytes(serialization.Encoding.PEM))
        cls.other = os.path.join(folder.name, "other.pem")
        with open(cls.other, "w", encoding="ascii") as file:
            file.write(cls.issued["root"])

    def test_pymdoccbor_believes_our_mdoc_and_no_changed_one(self):
        response = bytes.fromhex(self.issued["response"])
        roots = [x509.load_pem_x509_certificate(self.issued["root"].encode())]
        mdoc = MdocCbor()
        mdoc.loads(response)
        self.assertTrue(mdoc.verify(roots))
        self.assertEqual(mdoc.disclosure_map, {TYPE: {"family_name": "Nguyễn"}})
        changed = MdocCbor()
        changed.loads(response.replace("Nguyễn".encode(), "Nguyên".encode()[:8].ljust(8, b"n")))
        self.assertFalse(changed.verify(roots))

    def test_cryptography_believes_our_device_signature_for_its_session_alone(self):
        document = cbor2.loads(bytes.fromhex(self.issued["response"]))["documents"][0]
        signed = document["deviceSigned"]
        protected, _, payload, signature = signed["deviceAuth"]["deviceSignature"]
        self.assertIsNone(payload)
        x, y = (base64.urlsafe_b64decode(self.issued["device_key"][name] + "=") for name in "xy")
        key = ec.EllipticCurvePublicNumbers(int.from_bytes(x, "big"), int.from_bytes(y, "big"), ec.SECP256R1())
        halves = [int.from_bytes(half, "big") for half in (signature[:32], signature[32:])]

        def check(transcript):
            over = ["DeviceAuthentication", transcript, document["docType"], signed["nameSpaces"]]
            over = cbor2.dumps(cbor2.CBORTag(24, cbor2.dumps(over)))
            over = cbor2.dumps(["Signature1", protected, b"", over])
            key.public_key().verify(utils.encode_dss_signature(*halves), over, ec.ECDSA(hashes.SHA256()))

        transcript = cbor2.loads(bytes.fromhex(self.issued["transcript"]))
        check(transcript)
        with self.assertRaises(InvalidSignature):
            check([None, None, ["OpenID4VPHandover", bytes(32)]])

    def test_we_believe_an_mdoc_of_pymdoccbor_and_no_changed_one(self):
        secret = self.key.private_numbers().private_value.to_bytes(32, "big")
        issuer = MdocCborIssuer(alg="ES256", kid="1", private_key={"KTY": "EC2", "CURVE": "P_256", "ALG": "ES256",
                                                                   "D": secret, "KID": b"1"})
        numbers = self.device.public_key().public_numbers()
        device = {"KTY": "EC2", "CURVE": "P_256", "X": numbers.x.to_bytes(32, "big"), "Y": numbers.y.to_bytes(32, "big")}
        today = datetime.date.today()
        validity = {"issuance_date": today.isoformat(), "expiry_date": (today + datetime.timedelta(days=90)).isoformat()}
        chain = [self.leaf.public_bytes(serialization.Encoding.DER)]
        issuer.new(data={TYPE: {"family_name": "Nguyễn", "birth_year": 1990}}, doctype=TYPE, validity=validity,
                   devicekeyinfo=device, x509_chain=chain)
        # As an issuer answers: the issuer's part alone.
        mdoc = cbor2.dumps(cbor2.loads(issuer.dump())["documents"][0]["issuerSigned"])
        read = exchange("mdoc", self.root, TYPE, given=mdoc)
        self.assertEqual(read.returncode, 0, read.stderr)
        self.assertEqual(json.loads(read.stdout)["claims"], {TYPE: {"family_name": "Nguyễn", "birth_year": 1990}})
        for root, doc_type, given in [(self.other, TYPE, mdoc), (self.root, "org.iso.18013.5.1.mDL", mdoc),
                                      (self.root, TYPE, mdoc.replace(b"Nguy", b"Ngux"))]:
            self.assertEqual(exchange("mdoc", root, doc_type, given=given).returncode, 1)

    def test_sd_jwt_believes_our_presentation_and_no_changed_one(self):
        key = JWK(**self.issued["issuer_key"])

        def claims(text, nonce=NONCE):
            return SDJWTVerifier(text, lambda issuer, header: key, AUDIENCE, nonce).get_verified_payload()

        shown = claims(self.issued["presentation"])
        self.assertEqual((shown["family_name"], shown["nationalities"]), ("Nguyễn", ["VN"]))
        self.assertNotIn("address", shown)
        with self.assertRaises(Exception):
            claims(self.issued["presentation"], "another")
        jws, _, rest = self.issued["presentation"].partition("~")
        with self.assertRaises(Exception):
            claims(jws[:-1] + ("A" if jws[-1] != "A" else "B") + "~" + rest)
        everything = SDJWTVerifier(self.issued["sd_jwt"], lambda issuer, header: key).get_verified_payload()
        self.assertEqual(everything["address"], {"province": "01", "street": "1 Đường Mẫu"})
        self.assertEqual(everything["nationalities"], ["VN", "XX"])

    def test_we_believe_a_presentation_of_sd_jwt_and_no_changed_one(self):
        key, device = JWK.from_pem(pem(self.key)), JWK.from_pem(pem(self.device))
        day = int(datetime.datetime.now().timestamp()) + 86400
        claims = {"iss": "https://issuer.example", "vct": "urn:vn:citizen:1", "exp": day, SDObj("family_name"): "Nguyễn",
                  SDObj("address"): {"province": "01", SDObj("street"): "1 Đường Mẫu"},
                  "nationalities": ["VN", SDObj("XX")]}
        x5c = base64.b64encode(self.leaf.public_bytes(serialization.Encoding.DER)).decode()
        header = {"typ": "dc+sd-jwt", "x5c": [x5c]}
        issued = SDJWTIssuer(claims, key, device, add_decoy_claims=True, extra_header_parameters=header).sd_jwt_issuance
        holder = SDJWTHolder(issued)
        holder.create_presentation({"family_name": True, "address": {"street": True}, "nationalities": [False, True]},
                                   NONCE, AUDIENCE, device)
        text = holder.sd_jwt_presentation.encode()
        read = exchange("sd-jwt", self.root, AUDIENCE, NONCE, given=text)
        self.assertEqual(read.returncode, 0, read.stderr)
        shown = json.loads(read.stdout)
        self.assertEqual(shown["address"], {"province": "01", "street": "1 Đường Mẫu"})
        self.assertEqual((shown["family_name"], shown["nationalities"]), ("Nguyễn", ["VN", "XX"]))
        jws, *disclosures, binding = text.split(b"~")
        fewer = b"~".join([jws, *disclosures[1:], binding])
        for root, audience, nonce, given in [(self.other, AUDIENCE, NONCE, text), (self.root, "x509_hash:b", NONCE, text),
                                             (self.root, AUDIENCE, "another", text), (self.root, AUDIENCE, NONCE, fewer)]:
            self.assertEqual(exchange("sd-jwt", root, audience, nonce, given=given).returncode, 1)


if __name__ == "__main__":
    tests = unittest.defaultTestLoader.loadTestsFromModule(sys.modules[__name__])
    result = unittest.TextTestRunner(verbosity=2).run(tests)
    bad = len(result.failures) + len(result.errors)
    # A class that could not be set up is one error more than there are tests.
    print(f"python: {max(result.testsRun - bad, 0)} passed, {bad} failed")
    sys.exit(0 if result.wasSuccessful() else 1)
