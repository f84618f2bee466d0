"""Our codes, tokens and FHIR before software that nobody here wrote.

Readers: zbar and ZXing-C++ on the pictures of `sen present qr --png`. Verifiers: `cwt` and `claim169` on the tokens inside.
FHIR: the R4B models of `fhir.resources`. What is done here by hand is the digits frame and no cryptography.
"""
import csv
import io
import json
import sys
import unittest
import zlib

import cbor2
import claim169
import cwt
import zxingcpp
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils
from fhir.resources.R4B.bundle import Bundle
from PIL import Image
from pyzbar import pyzbar

from nation import NUMBER, Desk, Nation

SIZES = {17: 7, 15: 6, 13: 5, 10: 4, 8: 3, 5: 2, 3: 1}
DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
ALGORITHM, KID, KCWT, CNF, IDENTITY = 1, 4, 13, 8, 169


def unframe(text):
    """The token in the digits: magic 7360, version 1, flags 0, blocks of 17 digits for 7 bytes, CRC-32 modulo 10^6."""
    body, check = text[:-6], text[-6:]
    if zlib.crc32(body.encode()) % 10**6 != int(check):
        raise ValueError("check digits")
    if body[:6] != "736010":
        raise ValueError("magic, version or flags")
    blocks = [body[at:at + 17] for at in range(6, len(body), 17)]
    return b"".join(int(block).to_bytes(SIZES[len(block)], "big") for block in blocks)


def base45(data):
    """RFC 9285."""
    out = ""
    for at in range(0, len(data), 2):
        pair = data[at:at + 2]
        value, count = int.from_bytes(pair, "big"), 3 if len(pair) == 2 else 2
        for _ in range(count):
            out += DIGITS[value % 45]
            value //= 45
    return out


def point(compressed):
    numbers = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), compressed).public_numbers()
    return numbers.x.to_bytes(32, "big"), numbers.y.to_bytes(32, "big")


def key(compressed, protected):
    x, y = point(compressed)
    parameters = {1: 2, 3: protected[ALGORITHM], -1: 1, -2: x, -3: y}
    # The library looks for a key of the name in the header.
    return cwt.COSEKey.new(parameters | ({2: protected[KID]} if KID in protected else {}))


def header(token):
    return cbor2.loads(cbor2.loads(token).value[0])


def verify(token, compressed):
    """The payload of a COSE_Sign1, by the library `cwt`."""
    return cwt.COSE().decode(token, key(compressed, header(token)))


def holder_key(claims):
    """The compressed point in `cnf`; RFC 9053 lets y be the sign alone."""
    cose = claims[CNF][1]
    return (b"\x03" if cose[-3] else b"\x02") + cose[-2]


def uncompressed(hexadecimal):
    number = bytes.fromhex(hexadecimal)
    return (b"\x03" if number[-1] & 1 else b"\x02") + number[1:33]


class Peers(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.nation = Nation()
        cls.addClassCleanup(cls.nation.stop)
        cls.text, cls.picture = cls.nation.code("code.png")
        cls.token = unframe(cls.text)
        root = uncompressed((cls.nation.trust / "root.pub").read_text().strip())
        cls.root = root
        cls.list = (cls.nation.trust / "trust-list.cwt").read_bytes()
        cls.trusted = cbor2.loads(verify(cls.list, root))
        cls.sd_cwt = cbor2.dumps(header(cls.token)[KCWT])
        kid = header(cls.sd_cwt)[KID]
        cls.issuer = next(one["key"] for one in cls.trusted["issuers"] if one["kid"] == kid)

    def check(self, text):
        file = self.nation.home / "scanned.txt"
        file.write_text(text)
        return self.nation.sen("clinic", "check", str(file), "--trust", str(self.nation.trust), "--status",
                               str(self.nation.status), statuses=(0, 1))

    def test_zbar_reads_our_picture(self):
        found = pyzbar.decode(Image.open(self.picture), symbols=[pyzbar.ZBarSymbol.QRCODE])
        self.assertEqual([code.data.decode() for code in found], [self.text])

    def test_zxing_reads_our_picture(self):
        found = zxingcpp.read_barcodes(Image.open(self.picture))
        self.assertEqual([code.text for code in found], [self.text])

    def test_both_read_it_small_turned_and_grey(self):
        picture = Image.open(self.picture).convert("L")
        smaller = picture.resize((picture.width * 2 // 3, picture.height * 2 // 3))
        worn = smaller.point(lambda value: 60 + value // 2).rotate(90, expand=True)
        self.assertEqual(zxingcpp.read_barcode(worn).text, self.text)
        self.assertEqual(pyzbar.decode(worn)[0].data.decode(), self.text)

    def test_what_a_foreign_reader_read_is_accepted_by_the_clinic(self):
        text, picture = self.nation.code("scanned.png")
        read = zxingcpp.read_barcode(Image.open(picture)).text
        self.assertEqual(read, text)
        answer = self.check(read)
        self.assertEqual((answer["verdict"], answer["claims"]["personal_number"]), ("accepted", NUMBER))

    def test_cwt_verifies_the_trust_list(self):
        self.assertTrue(self.trusted["issuers"] and self.trusted["status_signers"])

    def test_cwt_verifies_every_status_list(self):
        signers = {one["kid"]: one["key"] for one in self.trusted["status_signers"]}
        lists = [file.read_bytes() for file in self.nation.status.glob("*.cwt")]
        self.assertTrue(lists)
        for token in lists:
            verify(token, signers[header(token)[KID]])

    def test_cwt_verifies_issuer_and_holder_and_reads_the_same_claims(self):
        claims = cbor2.loads(verify(self.sd_cwt, self.issuer))
        bound = cbor2.loads(verify(self.token, holder_key(claims)))
        self.assertEqual(bound[3], "vn.clinic")
        told = self.check(self.text)["claims"]
        person = claims[IDENTITY]
        self.assertEqual((person[1], person[4]), (told["personal_number"], told["name"]))
        self.assertEqual(person[8], told["date_of_birth"].replace("-", ""))
        self.assertEqual((person[75], person[78], person[79]),
                         tuple(told["insurance"][name] for name in ("number", "facility", "benefit_level")))

    def test_cwt_refuses_our_tokens_under_another_key_and_with_another_byte(self):
        claims = cbor2.loads(verify(self.sd_cwt, self.issuer))
        with self.assertRaises(cwt.VerifyError):
            verify(self.token, self.issuer)
        with self.assertRaises(cwt.VerifyError):
            verify(self.sd_cwt, holder_key(claims))
        changed = self.token[:-1] + bytes([self.token[-1] ^ 1])
        with self.assertRaises(cwt.VerifyError):
            verify(changed, holder_key(claims))

    def test_claim169_reads_the_person_from_the_credential(self):
        """It does not know ESP256 (RFC 9864) yet, so that it asks back for the signature over what it took apart."""
        asked = []

        def openssl(algorithm, _key_id, data, signature):
            asked.append(str(algorithm))
            halves = (int.from_bytes(half, "big") for half in (signature[:32], signature[32:]))
            issuer.verify(utils.encode_dss_signature(*halves), data, ec.ECDSA(hashes.SHA256()))

        issuer = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), self.issuer)
        qr = base45(zlib.compress(self.sd_cwt))
        read = claim169.decode_with_verifier(qr, openssl)
        told = self.check(self.text)["claims"]
        self.assertEqual((read.claim169.id, read.claim169.full_name), (told["personal_number"], told["name"]))
        self.assertEqual((read.is_verified(), asked), (True, ["ESP256"]))
        issuer = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), self.root)
        with self.assertRaises(claim169.SignatureError):
            claim169.decode_with_verifier(qr, openssl)


class HospitalSoftware(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.nation = Nation()
        cls.addClassCleanup(cls.nation.stop)
        cls.desk = Desk(cls.nation)
        cls.checked = cls.desk.json("POST", "/api/checks", {"text": cls.nation.code("code.png")[0]})
        cls.claims = cls.checked["answer"]["claims"]
        cls.path = f"/api/checks/{cls.checked['id']}"

    def test_the_bundle_is_valid_fhir(self):
        content, _ = self.desk.call("GET", f"{self.path}/fhir")
        patient, coverage = (entry.resource for entry in Bundle.model_validate_json(content).entry)
        self.assertEqual(patient.name[0].text, self.claims["name"])
        self.assertEqual(patient.birthDate.isoformat(), self.claims["date_of_birth"])
        self.assertEqual(coverage.subscriberId, self.claims["insurance"]["number"])
        broken = json.loads(content)
        del broken["entry"][1]["resource"]["beneficiary"]
        with self.assertRaises(ValueError):
            Bundle.model_validate(broken)

    def test_the_row_is_csv_to_a_foreign_reader(self):
        row = self.desk.json("GET", f"{self.path}/row4750")
        names, values = csv.reader(io.StringIO(row["csv"], newline=""), strict=True)
        self.assertEqual(len(names), 26)
        self.assertEqual(list(zip(names, values)), [(one["name"], one["value"]) for one in row["fields"]])

    def test_the_portal_is_asked_when_the_clerk_wants_it(self):
        self.assertEqual(self.checked["answer"]["entitlement"], "not_looked_up")
        self.assertEqual(self.desk.json("POST", f"{self.path}/entitlement")["result"], "entitled")


if __name__ == "__main__":
    tests = unittest.defaultTestLoader.loadTestsFromModule(sys.modules[__name__])
    result = unittest.TextTestRunner(verbosity=2).run(tests)
    bad = len(result.failures) + len(result.errors)
    # A class that could not be set up is one error more than there are tests.
    print(f"python: {max(result.testsRun - bad, 0)} passed, {bad} failed")
    sys.exit(0 if result.wasSuccessful() else 1)
