"""The other sides of a test: the nation in a box, a chip behind a socket, and a device's ports in Python.

The chip is `sen card serve` speaking the virtual reader's protocol to a listener here, the provider is `sen sandbox serve` over TLS:
nothing of them runs in this process.
"""
import asyncio
import json
import os
import pathlib
import shutil
import socket
import ssl
import struct
import subprocess
import tempfile
import threading
import time
import unittest
import urllib.request

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, utils

import sen

ROOT = pathlib.Path(__file__).resolve().parents[3]
CARD = ROOT / "tests/vectors/emrtd/vn_cccd/b_bp384_named_2024"
SEN = os.environ["SEN"]
NUMBER, PHONE, CAN = "000204067891", "0900000002", "067891"
CHILD = "000224000001"


def now():
    return int(time.time())


def run(work):
    return asyncio.run(work)


class TestCase(unittest.TestCase):
    def refuses(self, kind, code, call, *args):
        """That a call, awaited or not, ends in this error with this code; gives the error."""
        with self.assertRaises(kind) as refused:
            result = call(*args)
            if hasattr(result, "__await__"):
                run(result)
        self.assertEqual(refused.exception.code, code)
        return refused.exception


class Key(sen.DeviceKey):
    def __init__(self, private, store):
        self.private, self.store = private, store

    def public_key(self):
        self.store.fail("public_key")
        form = serialization.PublicFormat.UncompressedPoint
        return self.private.public_key().public_bytes(serialization.Encoding.X962, form)

    def sign(self, message):
        self.store.fail("sign")
        r, s = utils.decode_dss_signature(self.private.sign(message, ec.ECDSA(hashes.SHA256())))
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")

    def attestation(self):
        self.store.fail("attestation")
        return sen.KeyAttestation.UNATTESTED()


class Keys(sen.KeyStore):
    """Keys of this process. `faults` is what a method throws from now on, by its name."""

    def __init__(self):
        self.keys, self.faults = {}, {}

    def fail(self, method):
        if method in self.faults:
            raise self.faults[method]

    def create(self, id, per_use, challenge):
        self.fail("create")
        self.keys[id] = Key(ec.generate_private_key(ec.SECP256R1()), self)
        return self.keys[id]

    def open(self, id):
        self.fail("open")
        if id not in self.keys:
            raise sen.DeviceKeyError.Lost()
        return self.keys[id]

    def delete(self, id):
        self.fail("delete")
        self.keys.pop(id, None)


class Secret(sen.SecretStore):
    def __init__(self):
        self.secret, self.faults = None, {}

    def fail(self, method):
        if method in self.faults:
            raise self.faults[method]

    def load(self):
        self.fail("load")
        return self.secret

    def save(self, secret):
        self.fail("save")
        self.secret = secret

    def erase(self):
        self.fail("erase")
        self.secret = None


class Reader(sen.CardTransport):
    """The reader's side of the virtual card protocol: 2 bytes of length, then the APDU. A new one is the card put back."""

    def __init__(self, chip, lose_at=None, explode_at=None, before=None):
        self.chip, self.count, self.before = chip, 0, before
        self.lose_at, self.explode_at = lose_at, explode_at
        with chip.lock:
            chip.connection.sendall(struct.pack(">HB", 1, 0) + struct.pack(">HB", 1, 1))

    def max_command_len(self):
        return 65000

    def transceive(self, command):
        self.count += 1
        if self.before:
            self.before(self.count)
        if self.count == self.lose_at:
            raise sen.TransportFailure.TagLost()
        if self.count == self.explode_at:
            raise RuntimeError("a port that throws what it did not announce")
        # A reader that takes the place of another waits for the answer to the other's last command.
        with self.chip.lock:
            self.chip.connection.sendall(struct.pack(">H", len(command)) + command)
            (length,) = struct.unpack(">H", self.receive(2))
            return self.receive(length)

    def receive(self, length):
        data = b""
        while len(data) < length:
            more = self.chip.connection.recv(length - len(data))
            if not more:
                raise sen.TransportFailure.TagLost()
            data += more
        return data


class Listener(sen.ReadingListener):
    def __init__(self, cancel_after=None, explode=None):
        self.steps, self.cancel_after, self.explode = [], cancel_after, explode

    def step(self, step):
        if self.explode == "step":
            raise RuntimeError("a listener that throws")
        self.steps.append(step)

    def cancelled(self):
        if self.explode == "cancelled":
            raise RuntimeError("a listener that throws")
        return self.cancel_after is not None and len(self.steps) > self.cancel_after


class Waits(sen.WaitListener):
    """Keeps the seconds; may throw what it did not announce."""

    def __init__(self, explode=False):
        self.told, self.explode = [], explode

    def waits(self, seconds):
        self.told.append(seconds)
        if self.explode:
            raise RuntimeError("a listener that throws")


class Chip:
    """A chip that `sen card serve` plays."""

    def __init__(self, card=CARD):
        listener = socket.create_server(("127.0.0.1", 0))
        listener.settimeout(20)
        address = "127.0.0.1:%d" % listener.getsockname()[1]
        self.process = subprocess.Popen([SEN, "card", "serve", str(card), "--vpcd", address], stderr=subprocess.DEVNULL)
        self.connection, _ = listener.accept()
        self.connection.settimeout(20)
        listener.close()
        self.lock = threading.Lock()

    def close(self):
        self.connection.close()
        self.process.terminate()
        self.process.wait(10)


class Nation:
    """The nation in a box in a process of its own, and what its people do at its pages."""

    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="sen-python-"))
        words = ["--json", "sandbox", "serve", "--listen", "127.0.0.1:0", "--data", self.folder / "nation", "--csca", CARD / "csca.cer"]
        # What runs beside the tests has its log looked through for names.
        log = os.environ.get("SEN_LOGS")
        self.log = tempfile.NamedTemporaryFile(prefix="python-", dir=log, delete=False) if log else None
        self.process = subprocess.Popen([SEN, *words], stdout=subprocess.PIPE, stderr=self.log or subprocess.DEVNULL)
        text = b""
        while not text.rstrip().endswith(b"}"):
            line = self.process.stdout.readline()
            assert line, "the sandbox did not start"
            text += line
        told = json.loads(text)
        self.url, self.trust, self.status = told["url"], told["trust"], told["status"]
        self.roots = pathlib.Path(told["roots"]).read_bytes()
        self.provider = sen.AccountProvider(url=self.url, roots_pem=self.roots)

    def pem(self, whose):
        """Those who vouch for whoever signs `documents`, and for the `askers`."""
        return (self.folder / "nation" / f"{whose}-ca.pem").read_text()

    def believed(self, verifiers=None, registrars=None):
        """By the nation's trust list, where nobody else is named."""
        return sen.BelievedVerifiers(
            roots_pem=self.roots, verifiers_pem=verifiers or "", registrars_pem=registrars or "", read_unsigned=False)

    def issuers(self):
        return sen.BelievedIssuers(roots_pem=self.roots, anchors_pem=self.pem("documents"))

    def open(self, address, body=None, content_type="application/json"):
        """Status, headers and body; a redirect is not followed."""
        class Stay(urllib.request.HTTPRedirectHandler):
            def redirect_request(self, *_):
                return None

        context = ssl.create_default_context(cadata=self.roots.decode())
        opener = urllib.request.build_opener(urllib.request.HTTPSHandler(context=context), Stay)
        headers = {"accept": "text/html" if content_type.endswith("urlencoded") else "application/json", "content-type": content_type}
        request = urllib.request.Request(address, data=body, headers=headers)
        try:
            with opener.open(request, timeout=20) as answer:
                return answer.status, answer.headers, answer.read().decode()
        except urllib.error.HTTPError as answer:
            with answer:
                return answer.code, answer.headers, answer.read().decode()

    def post(self, path, content):
        status, _, text = self.open(self.url + path, json.dumps(content).encode())
        assert status == 200, f"{path} answered {status}"
        return json.loads(text) if text else {}

    def mailbox(self, phone=PHONE):
        """The newest one-time code sent to a phone."""
        _, _, text = self.open(f"{self.url}/mailbox?phone={phone}")
        return json.loads(text)["messages"][0]["text"].split()[-1]

    def wallet(self, name, keys=None, secret=None, listener=None):
        folder = self.folder / name
        folder.mkdir(exist_ok=True)
        return sen.Wallet.open(str(folder), secret or Secret(), keys or Keys(), listener)

    def at_level_1(self, wallet, name="python"):
        applicant = sen.AccountApplicant(personal_number=NUMBER, phone=PHONE, device_name=name)
        run(wallet.open_account(self.provider, applicant, now()))
        assert run(wallet.activate_account(self.mailbox(), now())) == 1

    def at_level_2(self, wallet, chip, name="python"):
        self.at_level_1(wallet, name)
        key = sen.CardKey.CAN(CAN)
        assert run(wallet.step_up(Reader(chip), key, b"capture", Listener(), now())) == 2

    def check(self, content, at=None, seen=True):
        seen = str(self.folder / "seen.db") if seen else None
        folders = sen.ClinicFolders(trust=self.trust, status=self.status, seen=seen)
        return json.loads(sen.check_scanned(content, folders, at or now()))

    def stop(self):
        """Ends it: the network is gone."""
        self.process.terminate()
        self.process.wait(10)

    def close(self):
        self.stop()
        self.process.stdout.close()
        if self.log:
            self.log.close()
        shutil.rmtree(self.folder)
