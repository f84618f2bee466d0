"""The figures of `../src/main.rs` through the Python package.

    phone.py STATE FOLDER
"""
import asyncio
import json
import pathlib
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[4] / "bindings/python/tests"))
from nation import CAN, Chip, Listener, Reader, now  # noqa: E402

import sen  # noqa: E402

ROTATION, FURTHER_CODES, WARMING, CONSENTS, APDUS = 10, 11, 20, 40, 1000


class KeptSecret(sen.SecretStore):
    def __init__(self, secret):
        self.secret = secret

    def load(self):
        return self.secret

    def save(self, secret):
        self.secret = secret

    def erase(self):
        raise sen.SecretStoreFailure.Unavailable()


class KeptKey(sen.DeviceKey):
    """Answers at once with octets that are no signature: a phone's hardware takes its own time, whatever the language."""

    def __init__(self, point):
        self.point = point

    def public_key(self):
        return self.point

    def sign(self, message):
        return bytes([1]) * 64

    def attestation(self):
        return sen.KeyAttestation.UNATTESTED()


class KeptKeys(sen.KeyStore):
    def __init__(self, points):
        self.points = points

    def create(self, id, per_use, challenge):
        raise sen.DeviceKeyError.Unavailable()

    def open(self, id):
        if id not in self.points:
            raise sen.DeviceKeyError.Lost()
        return KeptKey(bytes.fromhex(self.points[id]))

    def delete(self, id):
        pass


class Timed(Reader):
    """Short APDUs alone, with the times that were not the chip's."""

    def __init__(self, chip):
        super().__init__(chip)
        self.answered, self.gaps = None, []

    def max_command_len(self):
        return 261

    def transceive(self, command):
        if self.answered:
            self.gaps.append(time.perf_counter() - self.answered)
        answer = super().transceive(command)
        self.answered = time.perf_counter()
        return answer


def frames_of_one_consent(wallet):
    began = now()
    consent = wallet.ask_consent("health-insurance", None, None, began).grant(sen.Recognised.BY_DEVICE, began)
    codes, wholes = [], []
    last = wallet.present_qr(consent, began).text
    for code in range(1, FURTHER_CODES + 1):
        start = time.perf_counter()
        text = wallet.present_qr(consent, began + code * ROTATION).text
        codes.append(time.perf_counter() - start)
        modules = sen.draw_qr(text)
        wholes.append(time.perf_counter() - start)
        assert len(modules.dark) == modules.size ** 2 and text != last
        last = text
    return codes, wholes


def gaps(wallet, state):
    request = wallet.read_reading_request(state["request"], state["made_at"])
    chip, found = Chip(), []
    try:
        while len(found) < APDUS:
            timed = Timed(chip)
            asyncio.run(request.read(timed, sen.CardKey.CAN(CAN), Listener()))
            found += timed.gaps
    finally:
        chip.close()
    return found


def tenth_and_median(times):
    """In microseconds."""
    return [sorted(times)[len(times) // part] * 1e6 for part in (10, 2)]


def measure():
    state = json.loads(pathlib.Path(sys.argv[1]).read_text())
    wallet = sen.Wallet.open(sys.argv[2], KeptSecret(bytes.fromhex(state["secret"])), KeptKeys(state["keys"]))
    first = frames_of_one_consent(wallet)[1][0]
    for _ in range(WARMING):
        frames_of_one_consent(wallet)
    codes, wholes = [], []
    for _ in range(CONSENTS):
        one = frames_of_one_consent(wallet)
        codes += one[0]
        wholes += one[1]
    between = gaps(wallet, state)
    print(json.dumps({
        "language": "python", "first_us": first * 1e6, "code_us": tenth_and_median(codes), "frame_us": tenth_and_median(wholes),
        "apdus": len(between), "gap_us": tenth_and_median(between)}))


measure()
