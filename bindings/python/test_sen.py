"""The whole path through the generated Python package, against the real sandbox and a chip behind a socket.

The device keys are Python's, the chip is `sen card serve` speaking the virtual reader's protocol to a listener here,
and the provider is `sen sandbox serve` over TLS: nothing of the other sides runs in this process.
"""
import asyncio
import json
import os
import pathlib
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.request
import ssl

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, utils

import sen

ROOT = pathlib.Path(__file__).resolve().parents[2]
CARD = ROOT / "tests/vectors/emrtd/vn_cccd/b_bp384_named_2024"
SEN = os.environ["SEN"]
NUMBER, PHONE, CAN = "000204067891", "0900000002", "067891"
CHILD = "000224000001"


class Key(sen.DeviceKey):
    def __init__(self, private):
        self.private = private

    def public_key(self):
        form = serialization.PublicFormat.UncompressedPoint
        return self.private.public_key().public_bytes(serialization.Encoding.X962, form)

    def sign(self, message):
        r, s = utils.decode_dss_signature(self.private.sign(message, ec.ECDSA(hashes.SHA256())))
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")

    def attestation(self):
        return sen.KeyAttestation.UNATTESTED()


class Keys(sen.KeyStore):
    def __init__(self):
        self.keys = {}

    def create(self, id, per_use, challenge):
        self.keys[id] = Key(ec.generate_private_key(ec.SECP256R1()))
        return self.keys[id]

    def open(self, id):
        if id not in self.keys:
            raise sen.DeviceKeyError.Lost()
        return self.keys[id]

    def delete(self, id):
        self.keys.pop(id, None)


class Secret(sen.SecretStore):
    def __init__(self):
        self.secret = None

    def load(self):
        return self.secret

    def save(self, secret):
        self.secret = secret

    def erase(self):
        self.secret = None


class Reader(sen.CardTransport):
    """The reader's side of the virtual card protocol: 2 bytes of length, then the APDU."""

    def __init__(self, connection, lose_at=None, explode_at=None):
        self.connection, self.count = connection, 0
        self.lose_at, self.explode_at = lose_at, explode_at
        connection.sendall(struct.pack(">HB", 1, 0) + struct.pack(">HB", 1, 1))

    def max_command_len(self):
        return 65000

    def transceive(self, command):
        self.count += 1
        if self.count == self.lose_at:
            raise sen.TransportFailure.TagLost()
        if self.count == self.explode_at:
            raise RuntimeError("a port that throws what it did not announce")
        self.connection.sendall(struct.pack(">H", len(command)) + command)
        (length,) = struct.unpack(">H", self.receive(2))
        return self.receive(length)

    def receive(self, length):
        data = b""
        while len(data) < length:
            more = self.connection.recv(length - len(data))
            if not more:
                raise sen.TransportFailure.TagLost()
            data += more
        return data


class Listener(sen.ReadingListener):
    def __init__(self, cancel_after=None):
        self.steps, self.cancel_after = [], cancel_after

    def step(self, step):
        self.steps.append(step)

    def cancelled(self):
        return self.cancel_after is not None and len(self.steps) > self.cancel_after


class WholePath(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp())
        arguments = [SEN, "--json", "sandbox", "serve", "--listen", "127.0.0.1:0", "--data", str(cls.folder / "nation"),
                     "--csca", str(CARD / "csca.cer")]
        cls.sandbox = subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        text = b""
        while not text.rstrip().endswith(b"}"):
            line = cls.sandbox.stdout.readline()
            assert line, "the sandbox did not start"
            text += line
        cls.nation = json.loads(text)
        listener = socket.create_server(("127.0.0.1", 0))
        address = "127.0.0.1:%d" % listener.getsockname()[1]
        cls.chip = subprocess.Popen([SEN, "card", "serve", str(CARD), "--vpcd", address], stderr=subprocess.DEVNULL)
        listener.settimeout(20)
        cls.connection, _ = listener.accept()
        cls.connection.settimeout(20)
        listener.close()
        (cls.folder / "wallet").mkdir()
        cls.keys, cls.secret = Keys(), Secret()
        cls.wallet = sen.Wallet.open(str(cls.folder / "wallet"), cls.secret, cls.keys)
        cls.roots = pathlib.Path(cls.nation["roots"]).read_bytes()

    @classmethod
    def tearDownClass(cls):
        for process in (cls.chip, cls.sandbox):
            process.terminate()
            process.wait(10)
        cls.sandbox.stdout.close()
        cls.connection.close()
        shutil.rmtree(cls.folder)

    def fetch(self, path, **options):
        context = ssl.create_default_context(cadata=self.roots.decode())
        headers = {"accept": "application/json", "content-type": "application/json"}
        request = urllib.request.Request(f"{self.nation['url']}{path}", headers=headers, **options)
        with urllib.request.urlopen(request, context=context, timeout=10) as answer:
            return json.load(answer)

    def post(self, path, content):
        return self.fetch(path, data=json.dumps(content).encode())

    def mailbox(self):
        return self.fetch(f"/mailbox?phone={PHONE}")["messages"][0]["text"].split()[-1]

    def refuses(self, kind, code, work):
        with self.assertRaises(kind) as refused:
            asyncio.run(work)
        self.assertIn(code, str(refused.exception))

    def step_up(self, can=CAN, listener=None, **faults):
        reader = Reader(self.connection, **faults)
        key = sen.CardKey.CAN(can)
        return self.wallet.step_up(reader, key, b"capture", listener or Listener(), int(time.time()))

    def check(self, content, now=None):
        folders = sen.ClinicFolders(trust=self.nation["trust"], status=self.nation["status"], seen=str(self.folder / "seen.db"))
        return json.loads(sen.check_scanned(content, folders, now or int(time.time())))

    def show(self, now):
        """The person agrees to show the insurance card to any clinic."""
        return self.wallet.present_qr(self.agree(now), now)

    def agree(self, now):
        request = self.wallet.ask_consent("health-insurance", None, None, now)
        return request.grant(sen.Recognised.BY_DEVICE, now)

    def test_1_an_empty_wallet_has_nothing_to_show(self):
        now = int(time.time())
        with self.assertRaises(sen.SenError.NotReady) as refused:
            self.show(now)
        self.assertIn("present.no_credential", str(refused.exception))
        self.assertEqual(self.wallet.credentials(now), [])

    def test_2_the_account_opens_and_reaches_level_1(self):
        now = int(time.time())
        provider = sen.AccountProvider(url=self.nation["url"], roots_pem=self.roots)
        applicant = sen.AccountApplicant(personal_number=NUMBER, phone=PHONE, device_name="python")
        asyncio.run(self.wallet.open_account(provider, applicant, now))
        code = self.mailbox()
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
        self.refuses(sen.SenError.TryCardAgain, "card.lost", proof.read(Reader(self.connection, lose_at=17), key, Listener()))
        listener = Listener()
        asyncio.run(proof.read(Reader(self.connection), key, listener))
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
        decided = self.check(code.text.encode())
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
        self.assertEqual(asyncio.run(self.wallet.refresh_credentials(now)), [])
        self.wallet.decline(request, now)
        self.assertIn("declined", self.wallet.history(None, 1)[0].event)
        code = self.show(now)
        self.assertEqual(self.check(code.text.encode())["verdict"], "accepted")
        self.assertEqual(self.check(code.text.encode())["reasons"], ["replayed"])
        self.assertEqual(self.check(code.text.encode(), now + 600)["verdict"], "refused")
        middle = len(code.text) // 2
        changed = code.text[:middle] + str((int(code.text[middle]) + 1) % 10) + code.text[middle + 1:]
        self.assertEqual(self.check(changed.encode())["verdict"], "refused")
        with self.assertRaises(sen.CheckError):
            sen.check_scanned(b"", sen.ClinicFolders(trust="/nowhere", status=None, seen=None), now)

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
        now, nation = int(time.time()), self.folder / "nation"
        pem = {name: (nation / f"{name}-ca.pem").read_text() for name in ("documents", "askers")}
        (document,) = asyncio.run(self.wallet.obtain_document("citizen_sd_jwt", pem["documents"], now))
        self.assertEqual([held.id for held in self.wallet.documents()], [document.id])
        believed = sen.BelievedVerifiers(
            roots_pem=self.roots, verifiers_pem=pem["askers"], registrars_pem=pem["askers"], read_unsigned=False)
        # The same by the nation's trust list alone.
        named = sen.BelievedVerifiers(roots_pem=self.roots, verifiers_pem="", registrars_pem="", read_unsigned=False)
        begun = self.post("/portal/start", {"other_screen": False})
        asked = asyncio.run(self.wallet.read_request(begun["link"], named, now)).details()
        self.assertEqual(asked.registration.name, "Cổng dịch vụ công Mẫu")
        (document,) = asyncio.run(self.wallet.obtain_document("citizen_sd_jwt", "", now))
        begun = self.post("/portal/start", {"other_screen": True})
        request = asyncio.run(self.wallet.read_request(begun["link"], believed, now))
        self.assertTrue(request.details().needs_number)
        self.assertIsInstance(request.details().approval, sen.Approval.SIGN_IN)
        with self.assertRaises(sen.SenError.NotReady):
            request.grant(sen.Recognised.BY_BIOMETRICS, None, now)
        number = self.post("/asking/state", {"view": begun["view"]})["number"]
        asyncio.run(self.wallet.answer_request(request.grant(sen.Recognised.BY_BIOMETRICS, number, now), believed, now))
        self.assertEqual(self.post("/asking/state", {"view": begun["view"]})["state"], "done")
        (line,) = self.wallet.history(None, 1)
        self.assertEqual((line.kind, line.what), ("presented_online", [document.kind]))
        self.assertEqual(self.wallet.history(line.sequence, 1)[0].sequence, line.sequence - 1)

    def test_7_a_lost_key_and_a_gone_network_are_told_apart(self):
        now = int(time.time())
        kept = dict(self.keys.keys)
        self.show(now)
        empty = self.wallet.obtain_credential("openid-credential-offer://?credential_offer=%7B%7D", None, None, now)
        self.refuses(sen.SenError.NotReady, "issuance.bad_offer", empty)
        self.sandbox.terminate()
        self.sandbox.wait(10)
        with self.assertRaises(sen.SenError.NoNetwork):
            asyncio.run(self.wallet.lock_account(now))
        self.assertTrue(self.show(now).text.startswith("7360"))
        self.assertEqual(self.keys.keys, kept)
        self.assertGreater(len(self.wallet.history(None, 50)), 5)


if __name__ == "__main__":
    suite = unittest.TestLoader().loadTestsFromTestCase(WholePath)
    result = unittest.TextTestRunner(verbosity=2).run(suite)
    failed = len(result.failures) + len(result.errors)
    print(f"python: {result.testsRun - failed} passed, {failed} failed")
    sys.exit(failed > 0)
