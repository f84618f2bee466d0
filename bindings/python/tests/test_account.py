"""An account in all that happens to it: raised with another phone's reader, its PIN, a stated level, those in care, other phones, its end."""

import sen
from nation import CAN, CHILD, NUMBER, PHONE, Chip, Keys, Listener, Nation, Reader, Secret, TestCase, now, run

KEY = sen.CardKey.CAN(CAN)


class AccountLife(TestCase):
    @classmethod
    def setUpClass(cls):
        cls.nation, cls.chip = Nation(), Chip()
        cls.wallet = cls.nation.wallet("one")
        cls.nation.at_level_1(cls.wallet)

    @classmethod
    def tearDownClass(cls):
        cls.chip.close()
        cls.nation.close()

    def last(self, wallet):
        return wallet.history(None, 1)[0].kind

    def test_1_another_phone_reads_the_card_for_one_that_cannot(self):
        proof = run(self.wallet.begin_step_up(now()))
        self.assertGreater(proof.expires_in(), 60)
        loan = run(proof.borrow_reader(now()))
        self.assertTrue(0 < loan.expires_in() <= proof.expires_in())
        self.assertIs(run(loan.take(now())), False)

        other = self.nation.wallet("lender")
        self.refuses(sen.SenError.NotReady, "account.bad_reader_code", other.read_reading_request, "7360", now())
        self.refuses(sen.SenError.NotReady, "account.reader_code_old", other.read_reading_request, loan.text(), now() + 400)
        asked = other.read_reading_request(loan.text(), now())
        self.assertEqual((asked.name(), asked.purpose(), asked.check_digits()), ("python", "level-2", loan.check_digits()))
        self.refuses(sen.SenError.NotReady, "card.not_read", asked.send, None, now())
        self.refuses(sen.SenError.TryCardAgain, "card.lost", asked.read, Reader(self.chip, lose_at=17), KEY, Listener())
        self.assertFalse(asked.is_read())
        again = Reader(self.chip)
        run(asked.read(again, KEY, Listener()))
        self.assertTrue(asked.is_read())
        # Nobody has an account there that would name a provider.
        self.refuses(sen.SenError.NotReady, "account.no_account", asked.send, None, now())
        run(asked.send(self.nation.provider, now()))
        self.assertEqual(self.last(other), "reader_lent")

        self.assertFalse(proof.is_read())
        self.assertIs(run(loan.take(now())), True)
        self.assertTrue(proof.is_read())
        self.assertEqual(run(proof.finish(b"capture", now())), sen.Proven.LEVEL(2))

    def test_2_a_pin_is_set_changed_counted_and_recovered_with_the_card(self):
        self.assertTrue(sen.pin_has_six_digits("159357"))
        self.assertFalse(sen.pin_has_six_digits("15935"))
        self.refuses(sen.SenError.NotReady, "account.no_pin", self.wallet.check_pin, "159357", now())
        run(self.wallet.set_pin("159357", now()))
        wrong = self.refuses(sen.SenError.NotReady, "account.wrong_pin", self.wallet.check_pin, "159358", now())
        self.assertGreater(wrong.attempts_left, 0)
        run(self.wallet.change_pin("159357", "404071", now()))
        run(self.wallet.check_pin("404071", now()))
        proof = run(self.wallet.begin_pin_recovery(now()))
        run(proof.read(Reader(self.chip), KEY, Listener()))
        proven = run(proof.finish(b"capture", now()))
        self.assertGreater(proven.at, now())
        self.assertEqual(run(self.wallet.show_account(now())).pending.kind, sen.PendingKind.PIN)
        run(self.wallet.cancel_pending(now()))
        self.assertIsNone(run(self.wallet.show_account(now())).pending)

    def test_3_a_level_that_the_provider_states_is_shown_while_it_lasts(self):
        run(self.wallet.obtain_credential("health-insurance", None, None, now()))

        def ask():
            return self.wallet.ask_consent("health-insurance", None, None, now())

        self.refuses(sen.SenError.NotReady, "present.level_not_stated", self.wallet.at_stated_level, ask(), 2, now())
        obtain = self.wallet.obtain_level_statement
        self.refuses(sen.SenError.NotReady, "account.wrong_pin", obtain, "health-insurance", None, "159358", None, now())
        stated = run(obtain("health-insurance", None, "404071", None, now()))
        self.assertEqual(stated.level, 2)
        self.assertTrue(now() + 200 < stated.expires_at <= now() + 300)
        self.refuses(sen.SenError.NotReady, "present.level_not_stated", self.wallet.at_stated_level, ask(), 4, now())
        self.assertEqual(run(obtain("health-insurance", None, "404071", b"capture", now())).level, 4)
        self.assertIsNone(ask().details().stated_level)
        request = self.wallet.at_stated_level(ask(), 4, now())
        self.assertEqual(request.details().stated_level.level, 4)
        self.refuses(sen.SenError.NotReady, "present.statement_old", self.wallet.at_stated_level, ask(), 4, now() + 400)
        text = self.wallet.present_qr(request.grant(sen.Recognised.BY_DEVICE, now()), now()).text
        told = self.nation.check(text)
        self.assertEqual((told["verdict"], told["authentication_level"]), ("accepted", {"level": 4, "basis": "server_statement"}))
        plain = self.wallet.present_qr(ask().grant(sen.Recognised.BY_DEVICE, now()), now() + 1).text
        self.assertEqual(self.nation.check(plain, seen=False)["authentication_level"]["level"], 1)
        self.wallet.stop_showing()

    def test_4_it_is_locked_and_unlocked_and_knows_where_it_is(self):
        run(self.wallet.lock_account(now()))
        self.assertEqual(run(self.wallet.show_account(now())).locked_by, sen.LockedBy.HOLDER)
        run(self.wallet.unlock_account(now()))
        self.assertIsNone(run(self.wallet.show_account(now())).locked_by)
        self.assertEqual(self.wallet.account_provider(), self.nation.provider)
        self.assertLess(abs(self.wallet.provider_time(now()) - now()), 5)

    def test_5_a_guardian_acts_for_a_child(self):
        self.assertEqual([(ward.number, ward.ward, ward.account) for ward in run(self.wallet.wards(now()))], [(CHILD, False, None)])
        child = self.nation.wallet("child")
        applicant = sen.AccountApplicant(personal_number=CHILD, phone="0900000003", device_name="tablet")
        run(child.open_account(self.nation.provider, applicant, now()))
        self.refuses(sen.SenError.IssuerRefused, "account.not_in_care", self.wallet.act_for_ward, "000199012345", sen.WardAct.LOCK, now())
        self.assertEqual(run(child.activate_account(self.nation.mailbox("0900000003"), now())), 0)
        run(self.wallet.act_for_ward(CHILD, sen.WardAct.CONSENT, now()))
        self.assertEqual(run(child.show_account(now())).state, sen.AccountState.ACTIVE)
        run(self.wallet.act_for_ward(CHILD, sen.WardAct.LOCK, now()))
        self.assertEqual(run(child.show_account(now())).locks, [sen.LockedBy.GUARDIAN])
        run(self.wallet.act_for_ward(CHILD, sen.WardAct.UNLOCK, now()))
        self.assertEqual(run(self.wallet.wards(now()))[0].account.locks, [])

    def test_6_it_goes_from_phone_to_phone_and_the_old_one_is_emptied(self):
        new = self.nation.wallet("two")
        shown = run(new.receive_account(self.nation.provider, "new phone", now()))
        self.assertGreater(shown.expires_in, 0)
        self.refuses(sen.SenError.NotReady, "account.no_hand_over", new.claim_account, now())
        self.refuses(sen.SenError.NotReady, "account.bad_transfer_code", self.wallet.read_new_phone, "7360", now())
        read = self.wallet.read_new_phone(shown.text, now())
        self.assertEqual((read.name(), read.check_digits()), ("new phone", shown.check_digits))
        self.refuses(sen.SenError.NotReady, "account.wrong_pin", self.wallet.hand_over, read, "159358", now())
        self.assertGreater(run(self.wallet.hand_over(read, "404071", now())), 0)
        received = run(new.claim_account(now()))
        self.assertTrue(received.opened and received.history > 5)
        self.assertTrue(new.has_carried())
        self.assertEqual(len(run(new.obtain_carried(now())).credentials), 1)
        self.assertFalse(new.has_carried())
        self.refuses(sen.SenError.DeviceKeyLost, "account.device_replaced", self.wallet.show_account, now())
        self.assertEqual(self.wallet.credentials(now()), [])
        type(self).wallet = new

    def test_7_it_goes_to_a_phone_that_reads_the_card_and_the_history_says_all(self):
        code = run(self.wallet.new_revocation_code(now()))
        self.assertTrue(code.use_at.startswith(self.nation.url))
        new = self.nation.wallet("three")
        applicant = sen.AccountApplicant(personal_number=NUMBER, phone=PHONE, device_name="third")
        proof = run(new.begin_new_phone(self.nation.provider, applicant, now()))
        run(proof.read(Reader(self.chip), KEY, Listener()))
        self.assertGreater(run(proof.finish(b"capture", now())).at, now())
        self.assertEqual(self.wallet.remembered_account().pending, None)
        pending = run(self.wallet.show_account(now())).pending
        self.assertEqual((pending.kind, pending.name), (sen.PendingKind.PHONE, "third"))
        waits = self.refuses(sen.SenError.IssuerRefused, "account.device_waiting", new.show_account, now())
        self.assertGreater(waits.wait_seconds, 0)
        self.nation.post("/sandbox/counter", {"number": NUMBER})
        self.assertEqual(run(new.show_account(now())).state, sen.AccountState.ACTIVE)
        self.refuses(sen.SenError.DeviceKeyLost, "account.device_replaced", self.wallet.show_account, now())
        pages, before = [], None
        while page := self.wallet.history(before, 4):
            pages += page
            before = page[-1].sequence
        self.assertEqual([line.sequence for line in pages], list(range(self.wallet.verify_history(), 0, -1)))
        self.assertEqual(len(self.wallet.export_history().splitlines()), len(pages))
        self.assertIn("vn.clinic", [recipient.to for recipient in self.wallet.recipients()])
        self.assertEqual(self.wallet.prune_history(now()), 0)
        shown = next(line for line in pages if line.kind == "presented")
        number = self.wallet.report_entry(shown.sequence, "Nobody was there", now())
        line = self.wallet.history(None, 1)[0]
        self.assertEqual((line.sequence, line.kind, line.who, line.words), (number, "fraud_reported", shown.who, "Nobody was there"))
        self.wallet.report_fraud("somebody on the phone", "They asked for my PIN", now())
        self.assertIn("They asked for my PIN", self.wallet.export_history())
        self.refuses(sen.SenError.NotReady, "history.no_entry", self.wallet.report_entry, 10_000, "nothing", now())
        self.refuses(sen.SenError.NotReady, "history.bad_words", self.wallet.report_fraud, "somebody", " ", now())
        type(self).wallet = new

    def test_8_its_end_leaves_the_history_and_an_erased_wallet_is_new(self):
        run(self.wallet.close_account(now()))
        self.assertEqual(self.wallet.remembered_account().state, sen.AccountState.CLOSED)
        self.assertEqual(self.last(self.wallet), "account_closed")
        secret, folder = Secret(), self.nation.folder / "erased"
        wallet = self.nation.wallet("erased", Keys(), secret)
        self.assertIsNotNone(secret.secret)
        del wallet
        sen.erase_wallet(str(folder), secret)
        self.assertIsNone(secret.secret)
        self.assertEqual(self.nation.wallet("erased", Keys(), secret).history(None, 1), [])
