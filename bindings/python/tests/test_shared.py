"""One wallet under many threads, calls that are given up, ports that throw what nobody announced, and nothing that stays behind."""
import asyncio
import contextlib
import ctypes
import gc
import os
import tempfile
import threading
import time

import sen
from busy import BusyServer
from nation import CAN, NUMBER, PHONE, Chip, Keys, Listener, Nation, Reader, Secret, TestCase, Waits, now, run

KEY = sen.CardKey.CAN(CAN)
UNANNOUNCED = RuntimeError("a port that throws what it did not announce")
PORTS = ("CardTransport", "DeviceKey", "KeyStore", "ReadingListener", "SecretStore", "WaitListener")


def held():
    """Ports that the library holds. Each wallet that is alive there holds one key store."""
    return {port: len(getattr(sen, f"_UniffiFfiConverterType{port}")._handle_map) for port in PORTS}


def references(thing):
    """How often an object is held on the other side: the count that stands before it, this side's own included."""
    return ctypes.c_size_t.from_address(thing._handle - 2 * ctypes.sizeof(ctypes.c_size_t)).value


def system():
    """Open files and threads of this process."""
    return len(os.listdir("/proc/self/fd")), len(os.listdir("/proc/self/task"))


def settles(found, wanted, seconds=30):
    """Whether something comes to be as it was; workers and connections need a moment to end."""
    until = time.monotonic() + seconds
    while (last := found()) != wanted and time.monotonic() < until:
        gc.collect()
        time.sleep(0.1)
    return last


@contextlib.contextmanager
def standard_error():
    """What this process writes to standard error, the library included, which does so past Python."""
    kept = os.dup(2)
    with tempfile.TemporaryFile() as file:
        os.dup2(file.fileno(), 2)
        try:
            yield lambda: file.seek(0) or file.read().decode()
        finally:
            os.dup2(kept, 2)
            os.close(kept)


class SharedWallet(TestCase):
    @classmethod
    def setUpClass(cls):
        cls.nation, cls.chip, cls.keys = Nation(), Chip(), Keys()
        cls.wallet = cls.nation.wallet("one", cls.keys)
        cls.nation.at_level_2(cls.wallet, cls.chip)
        run(cls.wallet.obtain_credential("health-insurance", None, None, now()))

    @classmethod
    def tearDownClass(cls):
        cls.chip.close()
        cls.nation.close()

    def tearDown(self):
        self.keys.faults.clear()

    def agree(self):
        return self.wallet.ask_consent("health-insurance", None, None, now()).grant(sen.Recognised.BY_DEVICE, now())

    def test_1_sixty_four_threads_on_one_wallet_all_get_what_they_asked_for(self):
        begin, right, wrong = threading.Barrier(64), [], []
        lines = self.wallet.verify_history()

        def work(number):
            try:
                begin.wait(60)
                for _ in range(5):
                    match number % 4:
                        case 0:
                            assert self.wallet.present_qr(self.agree(), now()).text.startswith("7360")
                        case 1:
                            assert len(self.wallet.credentials(now())) == 1
                        case 2:
                            assert len(self.wallet.history(None, 3)) == 3
                        case _:
                            assert run(self.wallet.show_account(now())).level == 2
                right.append(number)
            except BaseException as error:  # noqa: BLE001: whatever it is, it is told below
                wrong.append((number, error))

        threads = [threading.Thread(target=work, args=(number,)) for number in range(64)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(120)
        self.assertEqual((wrong, len(right)), ([], 64))
        # What was shown is in the history, each consent once, and the chain holds.
        self.assertTrue(lines < self.wallet.verify_history() <= lines + 80)

    def test_2_a_reading_that_is_given_up_ends_before_its_next_command(self):
        reached, go_on = threading.Event(), threading.Event()

        def before(count):
            if count == 8:
                reached.set()
                go_on.wait(20)

        async def give_up(proof, reader):
            reading = asyncio.create_task(proof.read(reader, KEY, Listener()))
            while not reached.is_set():
                await asyncio.sleep(0.01)
            reading.cancel()
            with self.assertRaises(asyncio.CancelledError):
                await reading

        proof, reader = run(self.wallet.begin_step_up(now())), Reader(self.chip, before=before)
        run(give_up(proof, reader))
        # It is still at its eighth command: another reading has to wait, and to ask does not.
        self.refuses(sen.SenError.NotReady, "card.being_read", proof.read, Reader(self.chip), KEY, Listener())
        self.assertFalse(proof.is_read())
        self.refuses(sen.SenError.NotReady, "card.not_read", proof.finish, b"capture", now())
        go_on.set()
        again = self.read_when_free(proof)
        self.assertEqual(reader.count, 8)
        self.assertGreater(again.count, 8)
        self.assertTrue(proof.is_read())

    def read_when_free(self, proof):
        for _ in range(200):
            reader = Reader(self.chip)
            try:
                run(proof.read(reader, KEY, Listener()))
                return reader
            except sen.SenError.NotReady as busy:
                self.assertEqual(busy.code, "card.being_read")
                time.sleep(0.05)
        self.fail("the reading did not end")

    def test_3_what_is_released_under_a_call_goes_when_the_call_is_over(self):
        before, system_before = held(), self.least_system()
        reached, go_on = threading.Event(), threading.Event()

        def hold(count):
            if count == 5:
                reached.set()
                go_on.wait(20)

        async def release(wallet, reader):
            proof = await wallet.begin_step_up(now())
            reading = asyncio.create_task(proof.read(reader, KEY, Listener()))
            while not reached.is_set():
                await asyncio.sleep(0.01)
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)

        other = self.nation.wallet("released")
        applicant = sen.AccountApplicant(personal_number="000199012345", phone="0900000001", device_name="python")
        run(other.open_account(self.nation.provider, applicant, now()))
        run(other.activate_account(self.nation.mailbox("0900000001"), now()))
        self.assertEqual(held()["KeyStore"], before["KeyStore"] + 1)
        run(release(other, Reader(self.chip, before=hold)))
        del other
        # Wallet and proof are gone at once; what waits for the card's answer holds the reader alone.
        self.assertEqual(settles(lambda: held()["KeyStore"], before["KeyStore"], 5), before["KeyStore"])
        self.assertEqual(held()["CardTransport"], before["CardTransport"] + 1)
        go_on.set()
        self.assertEqual(settles(held, before), before)
        files, threads = self.least_system(until=system_before)
        self.assertLessEqual(files, system_before[0])
        self.assertLessEqual(threads, system_before[1])

    def test_4_calls_that_are_dropped_before_their_end_hold_nothing(self):
        before, references_before = held(), references(self.wallet)

        # None of them gives an object: uniffi 0.32 forgets one that was made in the instant before its call is dropped.
        async def drop():
            calls = [self.wallet.show_account(now()), self.wallet.national_anchors(now()), self.wallet.refresh_trust_list(now())]
            tasks = [asyncio.create_task(call) for call in calls]
            await asyncio.sleep(0)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

        for _ in range(20):
            run(drop())
        self.assertEqual(settles(held, before), before)
        self.assertEqual(settles(lambda: references(self.wallet), references_before), references_before)
        self.assertEqual(run(self.wallet.show_account(now())).level, 2)

    def use_everything_once(self):
        """Each kind of object that holds the wallet, made and released."""
        proof = run(self.wallet.begin_step_up(now()))
        run(proof.read(Reader(self.chip), KEY, Listener()))
        run(proof.borrow_reader(now()))
        run(self.wallet.qr_codes(self.agree()).next(now()))
        link = self.nation.post("/sandbox/offer", {"credential": "residence_sd_jwt", "browser": True})["credential_offer"]
        run(self.wallet.begin_authorisation(link, self.nation.issuers(), "sen", "http://127.0.0.1:7360/returned", now()))
        begun = self.nation.post("/portal/start", {"other_screen": True})
        run(self.wallet.read_request(begun["link"], self.nation.believed(), now())).details()
        # A wallet of its own, opened and released, with its files.
        self.nation.wallet("opened", Keys(), self.opened_secret, Waits()).history(None, 1)

    def test_5_nothing_stays_behind_after_its_use(self):
        self.opened_secret = Secret()
        for _ in range(3):
            self.use_everything_once()
        gc.collect()
        self.wallet.stop_showing()
        quiet = lambda: (held(), references(self.wallet))  # noqa: E731
        before = settles(quiet, (held(), 1))
        self.assertEqual(before[1], 1, "something still holds the wallet")
        # That the count would show it.
        proof = run(self.wallet.begin_step_up(now()))
        self.assertEqual(references(self.wallet), 2)
        del proof
        # Idle workers and connections end after some seconds: what they leave is what counts.
        system_before = self.least_system()
        for _ in range(15):
            self.use_everything_once()
        for _ in range(50):
            self.wallet.present_qr(self.agree(), now())
        self.wallet.stop_showing()
        self.assertEqual(settles(quiet, before), before)
        files, threads = self.least_system(until=system_before)
        self.assertLessEqual(files, system_before[0])
        self.assertLessEqual(threads, system_before[1])

    def least_system(self, until=None):
        """The fewest files and threads within fifteen seconds, or as soon as there are no more than these."""
        least, end = system(), time.monotonic() + 15
        while time.monotonic() < end:
            gc.collect()
            least = tuple(map(min, least, system()))
            if until and all(found <= wanted for found, wanted in zip(least, until)):
                break
            time.sleep(0.2)
        return least

    def test_6_an_exception_that_no_port_announced_ends_the_call_and_not_the_process(self):
        with standard_error() as said:
            self.ports_throw()
            # The text of an exception may be about a person.
            self.assertEqual(said(), "")

    def ports_throw(self):
        Error, present = sen.SenError, lambda: self.wallet.present_qr(self.agree(), now())

        def obtain():
            return self.wallet.obtain_credential("citizen", None, None, now())

        def read(reader, listener):
            proof = run(self.wallet.begin_step_up(now()))
            return proof.read(reader, KEY, listener)

        def opened(secret):
            return sen.Wallet.open(str(self.nation.folder / "faulty"), secret, Keys())

        (self.nation.folder / "faulty").mkdir()
        for method, call in (("create", obtain), ("open", present), ("public_key", present), ("sign", present)):
            self.wallet.stop_showing()
            self.keys.faults = {method: UNANNOUNCED}
            with self.subTest(port="KeyStore, DeviceKey", method=method):
                self.refuses(Error.Bug, "key.unavailable", call)
        # A key store that cannot say what it made vouches for nothing; the key is of use all the same.
        self.keys.faults = {"attestation": UNANNOUNCED}
        (credential,) = run(obtain())
        self.keys.faults = {"delete": UNANNOUNCED}
        self.refuses(Error.Bug, "key.unavailable", self.wallet.delete_credential, credential.id, now())
        self.keys.faults = {}

        class Mute(Reader):
            def max_command_len(self):
                raise UNANNOUNCED

        self.refuses(Error.NotReady, "card.no_reader", read, Reader(self.chip, explode_at=7), Listener())
        self.refuses(Error.NotReady, "card.no_reader", read, Mute(self.chip), Listener())
        for method in ("step", "cancelled"):
            self.refuses(Error.Bug, "card.listener", read, Reader(self.chip), Listener(explode=method))
        secret = Secret()
        for method in ("load", "save"):
            secret.faults = {method: UNANNOUNCED}
            self.refuses(Error.Bug, "secret.unavailable", opened, secret)
        secret.faults = {}
        opened(secret)
        gc.collect()
        secret.faults = {"erase": UNANNOUNCED}
        self.refuses(Error.Bug, "secret.unavailable", sen.erase_wallet, str(self.nation.folder / "faulty"), secret)
        # All of it is as usable as before.
        self.assertTrue(present().text.startswith("7360"))
        self.assertEqual(run(self.wallet.show_account(now())).level, 2)

    def test_7_a_person_hears_that_a_busy_server_is_waited_for_and_how_long(self):
        for listener in (Waits(), Waits(explode=True), None):
            server = BusyServer(waits=[1, 2])
            try:
                wallet = self.nation.wallet("waiting", listener=listener)
                provider = sen.AccountProvider(url=server.url, roots_pem=server.roots)
                applicant = sen.AccountApplicant(personal_number=NUMBER, phone=PHONE, device_name="python")
                began = time.monotonic()
                with self.assertRaises(sen.SenError):
                    run(wallet.open_account(provider, applicant, now()))
                self.assertGreaterEqual(time.monotonic() - began, 3)
                if listener:
                    self.assertEqual(listener.told, [1, 2])
            finally:
                server.close()
                del wallet
                gc.collect()
                for file in (self.nation.folder / "waiting").iterdir():
                    file.unlink()
