//! Two-way mode: a desk asks, the phone answers, and the answer is good there, once, and nowhere else.
use credential::claims::key;
use presentation::challenge::{self, DESK_AUTHORITY, DeskCertificateDraft, VerifiedChallenge};
use presentation::{encryption, frame};
use test_key::TestKey;
use trust::anchors::Issuer;
use trust::p256::PublicKey;
use trust::random::SystemRandom;
use verifier::{Decision, DeskName, Freshness, NoQuestion, OpenChallenge, Questions, Wanted};

use crate::world::{NOW, World, refused};

/// One clinic's desk: its name, its key, its questions.
struct Desk {
    name: DeskName,
    key: TestKey,
    questions: Questions,
}

/// The world of the one-way tests and an authority that names desks.
struct Clinics {
    world: World,
    authority: TestKey,
}

impl Clinics {
    fn new() -> Self {
        let (mut world, authority) = (World::new(), TestKey::new());
        world.list.issuers.push(Issuer {
            iss: "vn-desks".into(),
            kid: b"d1".to_vec(),
            key: authority.public(),
            name: "Register of clinics of the tests".into(),
            vcts: vec![DESK_AUTHORITY.into()],
            not_before: NOW.minus_seconds(100 * 86_400),
            not_after: NOW.plus_seconds(100 * 86_400),
            revoked: false,
        });
        Self { world, authority }
    }

    fn desk(&self, name: &str) -> Desk {
        let key = TestKey::new();
        let draft = DeskCertificateDraft {
            iss: "vn-desks",
            kid: b"d1",
            name,
            key: &key.public(),
            issued_at: NOW.minus_seconds(86_400),
            expires_at: NOW.plus_seconds(86_400),
            may_ask: &key::CLINIC_SET,
        }
        .prepare()
        .unwrap();
        let certificate = draft.assemble(&self.authority.sign(&draft.to_be_signed()));
        Desk { name: DeskName { name: name.into(), certificate }, key, questions: Questions::new() }
    }

    /// What the phone makes of the desk's screen: a code for its own screen.
    fn answer(&mut self, screen: &str) -> String {
        let asked = challenge::verify(screen, &self.world.trust(), NOW.minus_seconds(3)).unwrap();
        let token = self.token(&asked);
        match asked.encryption_key() {
            Some(key) => frame::encode(&encryption::encrypt(&token, key, asked.cnonce()).unwrap()),
            None => frame::encode(&token),
        }
    }

    fn token(&mut self, asked: &VerifiedChallenge) -> Vec<u8> {
        asked.desk().clone_into(&mut self.world.audience);
        self.world.cnonce = Some(asked.cnonce().to_vec());
        self.world.token()
    }

    /// What a desk with open questions says to a text.
    fn decide(&mut self, desk: &mut Desk, text: &str) -> Decision {
        let text = desk.questions.decrypt(text, NOW).text;
        self.world.policy.open_challenges = desk.questions.open(NOW);
        self.world.decide_on(&text)
    }
}

impl Desk {
    fn ask(&mut self, encrypted: bool) -> String {
        self.ask_for(&Wanted { encrypted, ..Wanted::default() })
    }

    fn ask_for(&mut self, wanted: &Wanted) -> String {
        let asked = self.questions.ask(&self.name, wanted, &mut SystemRandom::new(), NOW.minus_seconds(10));
        let draft = asked.unwrap().draft;
        challenge::encode(&draft.assemble(&self.key.sign(&draft.to_be_signed())))
    }
}

fn accepted(decision: &Decision) -> (Freshness, Option<Vec<u8>>) {
    let Decision::Accepted(accepted) = decision else { panic!("{decision:?}") };
    (accepted.facts().freshness(), accepted.facts().answered().map(<[u8]>::to_vec))
}

#[test]
fn accepts_the_answer_to_the_question_on_its_screen_and_says_which() {
    let mut clinics = Clinics::new();
    let mut desk = clinics.desk("79034 · Quầy 1");
    let text = {
        let screen = desk.ask(false);
        clinics.answer(&screen)
    };
    let (freshness, answered) = accepted(&clinics.decide(&mut desk, &text));
    assert_eq!(freshness, Freshness::Challenged);
    assert!(desk.questions.close(&answered.unwrap()));
    assert!(desk.questions.open(NOW).is_empty());
}

#[test]
fn an_answer_captured_for_one_desk_is_refused_at_another_and_for_another_question() {
    let mut clinics = Clinics::new();
    let (mut here, mut there) = (clinics.desk("79034 · Quầy 1"), clinics.desk("01001 · Quầy 2"));
    let screen = here.ask(false);
    there.ask(false);
    let captured = clinics.answer(&screen);
    assert_eq!(refused(&clinics.decide(&mut there, &captured)), ["stale", "wrong_audience"]);
    // The same desk, later: it asks something else by then.
    here.questions = Questions::new();
    here.ask(false);
    assert_eq!(refused(&clinics.decide(&mut here, &captured)), ["stale"]);
    // A desk that asks nothing takes codes for any clinic, and this is none.
    there.questions = Questions::new();
    assert_eq!(refused(&clinics.decide(&mut there, &captured)), ["stale", "wrong_audience"]);
}

#[test]
fn the_right_number_for_a_desk_of_another_name_is_a_wrong_audience() {
    let mut clinics = Clinics::new();
    clinics.world.policy.open_challenges = vec![OpenChallenge {
        desk: "79034 · Quầy 1".into(),
        cnonce: vec![7; 16],
        expires_at: NOW.plus_seconds(50),
        asked: Vec::new(),
        minimum_level: None,
    }];
    clinics.world.cnonce = Some(vec![7; 16]);
    clinics.world.audience = "79034 · Quầy 2".into();
    assert_eq!(clinics.world.refusal(), ["wrong_audience"]);
    clinics.world.audience = "vn.clinic".into();
    assert_eq!(clinics.world.refusal(), ["wrong_audience"]);
    clinics.world.audience = "79034 · Quầy 1".into();
    assert_eq!(accepted(&clinics.world.decide()).0, Freshness::Challenged);
}

#[test]
fn a_question_is_over_after_its_minute() {
    let mut clinics = Clinics::new();
    let desk = "79034 · Quầy 1".to_owned();
    let open = |expires_at| {
        let (asked, minimum_level) = (Vec::new(), None);
        vec![OpenChallenge { desk: desk.clone(), cnonce: vec![7; 16], expires_at, asked, minimum_level }]
    };
    clinics.world.cnonce = Some(vec![7; 16]);
    clinics.world.audience.clone_from(&desk);
    clinics.world.policy.open_challenges = open(NOW);
    assert_eq!(clinics.world.refusal(), ["stale"]);
    clinics.world.policy.open_challenges = open(NOW.plus_seconds(1));
    assert_eq!(accepted(&clinics.world.decide()).0, Freshness::Challenged);
    let mut questions = clinics.desk(&desk);
    questions.ask(false);
    assert_eq!(questions.questions.open(NOW.plus_seconds(49)).len(), 1);
    assert!(questions.questions.open(NOW.plus_seconds(50)).is_empty());
}

#[test]
fn a_question_is_answered_once_even_by_two_different_presentations() {
    let mut clinics = Clinics::new();
    let mut desk = clinics.desk("79034 · Quầy 1");
    let screen = desk.ask(false);
    let (first, second) = (clinics.answer(&screen), clinics.answer(&screen));
    assert_ne!(first, second);
    accepted(&clinics.decide(&mut desk, &first));
    assert_eq!(refused(&clinics.decide(&mut desk, &second)), ["replayed"]);
}

#[test]
fn a_desk_may_demand_answers_and_then_takes_no_code_for_any_clinic() {
    let mut clinics = Clinics::new();
    let mut desk = clinics.desk("79034 · Quầy 1");
    let screen = desk.ask(false);
    let one_way = clinics.world.text();
    clinics.world.policy.challenged_only = true;
    assert_eq!(refused(&clinics.decide(&mut desk, &one_way)), ["stale"]);
    let answer = clinics.answer(&screen);
    assert_eq!(accepted(&clinics.decide(&mut desk, &answer)).0, Freshness::Challenged);
    clinics.world.policy.challenged_only = false;
    assert_eq!(accepted(&clinics.decide(&mut desk, &one_way)), (Freshness::OneWay, None));
}

#[test]
fn an_answer_must_hold_what_its_question_asked_for_and_may_hold_it() {
    let mut clinics = Clinics::new();
    let mut desk = clinics.desk("79034 · Quầy 1");
    let wanted = |claims: &[i64]| Wanted { claims: claims.to_vec(), ..Wanted::default() };
    let answer = |clinics: &mut Clinics, desk: &mut Desk, claims: &[i64]| {
        let screen = desk.ask_for(&wanted(claims));
        clinics.answer(&screen)
    };
    let text = answer(&mut clinics, &mut desk, &[key::NAME, key::GUARDIAN]);
    assert_eq!(refused(&clinics.decide(&mut desk, &text)), ["missing_claim"]);
    clinics.world.policy.required.push(key::AREA);
    let text = answer(&mut clinics, &mut desk, &[]);
    assert_eq!(refused(&clinics.decide(&mut desk, &text)), ["missing_claim"], "the policy's");
    let text = answer(&mut clinics, &mut desk, &[key::NAME]);
    accepted(&clinics.decide(&mut desk, &text));
    clinics.world.policy.permitted.retain(|permitted| *permitted != key::SEX);
    let text = answer(&mut clinics, &mut desk, &[key::NAME]);
    assert_eq!(refused(&clinics.decide(&mut desk, &text)), ["over_disclosed"]);
    let text = answer(&mut clinics, &mut desk, &[key::NAME, key::SEX]);
    accepted(&clinics.decide(&mut desk, &text));
}

#[test]
fn an_answer_must_reach_the_level_that_its_question_asked_for() {
    let mut clinics = Clinics::new();
    let mut desk = clinics.desk("79034 · Quầy 1");
    clinics.world.credential.claims.level_policy = Some(4);
    let wanted = Wanted { minimum_level: Some(3), ..Wanted::default() };
    for (level, is_enough) in [(2, false), (3, true)] {
        clinics.world.level = Some(level);
        let screen = desk.ask_for(&wanted);
        let text = clinics.answer(&screen);
        let decision = clinics.decide(&mut desk, &text);
        if is_enough {
            accepted(&decision);
        } else {
            assert_eq!(refused(&decision), ["authentication_level"]);
        }
    }
}

#[test]
fn asks_nothing_that_no_phone_would_answer() {
    let mut desk = Clinics::new().desk("79034 · Quầy 1");
    let wanted = Wanted { purpose: "x".repeat(65), ..Wanted::default() };
    let asked = desk.questions.ask(&desk.name, &wanted, &mut SystemRandom::new(), NOW);
    assert!(matches!(asked, Err(NoQuestion::Wanted(_))));
    assert!(desk.questions.open(NOW).is_empty());
}

#[test]
fn an_encrypted_answer_is_read_by_the_desk_that_asked_and_by_nobody_else() {
    let mut clinics = Clinics::new();
    let (mut here, mut there) = (clinics.desk("79034 · Quầy 1"), clinics.desk("01001 · Quầy 2"));
    let screen = here.ask(true);
    there.ask(true);
    let filmed = clinics.answer(&screen);
    let inside = frame::decode(&filmed).unwrap();
    assert!(!inside.windows(12).any(|part| part == b"000199012345"), "a name that anybody can read");
    assert_eq!(refused(&clinics.decide(&mut there, &filmed)), ["stale"]);
    assert_eq!(accepted(&clinics.decide(&mut here, &filmed)).0, Freshness::Challenged);
    assert_eq!(refused(&clinics.decide(&mut here, &filmed)), ["replayed"], "it is there, and was used");
    let open = here.questions.open(NOW).remove(0);
    here.questions.close(&open.cnonce);
    assert_eq!(refused(&clinics.decide(&mut here, &filmed)), ["stale"], "its question is over");
}

#[test]
fn an_encrypted_answer_gives_the_same_until_its_question_is_closed_and_its_key_opens_no_other() {
    let mut clinics = Clinics::new();
    let mut desk = clinics.desk("79034 · Quầy 1");
    let screen = desk.ask(true);
    let (answer, other) = (clinics.answer(&screen), clinics.answer(&screen));
    let first = desk.questions.decrypt(&answer, NOW);
    assert_eq!(first.decrypted_for, Some(desk.questions.open(NOW).remove(0).cnonce));
    assert!(first == desk.questions.decrypt(&answer, NOW), "whatever came after the first may have failed");
    assert!(!format!("{:?}", desk.questions).contains(&first.text), "no person in a log");
    let unread = desk.questions.decrypt(&other, NOW);
    assert_eq!((unread.text, unread.decrypted_for), (other, None));
    desk.questions.close(&first.decrypted_for.unwrap());
    assert_eq!(desk.questions.decrypt(&answer, NOW).decrypted_for, None);
}

#[test]
fn an_answer_counts_from_its_first_character() {
    let mut clinics = Clinics::new();
    let mut desk = clinics.desk("79034 · Quầy 1");
    let screens = [desk.ask(false), desk.ask(true)];
    let answers = screens.map(|screen| clinics.answer(&screen));
    // Over at fifty; somebody is asked something else while a slow scanner types.
    let began = NOW.plus_seconds(49);
    let asked =
        desk.questions.ask(&desk.name, &Wanted::default(), &mut SystemRandom::new(), NOW.plus_seconds(109));
    asked.unwrap();
    (clinics.world.received_at, clinics.world.now) = (began, NOW.plus_seconds(109));
    for answer in answers {
        let text = desk.questions.decrypt(&answer, began).text;
        clinics.world.policy.open_challenges = desk.questions.open(began);
        let decision = clinics.world.decide_on(&text);
        assert_eq!(accepted(&decision).0, Freshness::Challenged);
    }
}

#[test]
fn an_answer_in_the_clear_will_not_do_where_encryption_was_asked_for() {
    let mut clinics = Clinics::new();
    let mut desk = clinics.desk("79034 · Quầy 1");
    let screen = desk.ask(true);
    let asked = challenge::verify(&screen, &clinics.world.trust(), NOW).unwrap();
    let clear = frame::encode(&clinics.token(&asked));
    assert_eq!(refused(&clinics.decide(&mut desk, &clear)), ["stale", "wrong_audience"]);
    let answer = clinics.answer(&screen);
    accepted(&clinics.decide(&mut desk, &answer));
}

#[test]
fn a_changed_encrypted_answer_is_refused_and_closes_its_question() {
    let mut clinics = Clinics::new();
    let mut desk = clinics.desk("79034 · Quầy 1");
    let screen = desk.ask(true);
    let answer = clinics.answer(&screen);
    let mut bytes = frame::decode(&answer).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    assert_eq!(refused(&clinics.decide(&mut desk, &frame::encode(&bytes))), ["stale"]);
    assert_eq!(refused(&clinics.decide(&mut desk, &answer)), ["stale"]);
}

#[test]
fn an_answer_with_its_number_keeps_to_its_size() {
    // With all that it can hold: level, attested level, portrait hash; for a usual desk and for the longest name.
    let longest = "Q".repeat(64);
    for (name, (clear, encrypted)) in
        [("79034 · Quầy 1", ((460, 15), (570, 17))), (&longest, ((520, 16), (620, 17)))]
    {
        let mut clinics = Clinics::new();
        let mut desk = clinics.desk(name);
        clinics.world.credential.claims.portrait_hash = Some([7; 16]);
        clinics.world.credential.claims.level_policy = Some(3);
        clinics.world.level = Some(3);
        let screen = desk.ask(true);
        let asked = challenge::verify(&screen, &clinics.world.trust(), NOW).unwrap();
        let token = clinics.token(&asked);
        let key: &PublicKey = asked.encryption_key().unwrap();
        let sealed = encryption::encrypt(&token, key, asked.cnonce()).unwrap();
        for (what, bytes, (most_bytes, most_version)) in
            [("clear", &token, clear), ("encrypted", &sealed, encrypted)]
        {
            let code =
                presentation::qr::encode_at(&frame::encode(bytes), presentation::qr::Level::Low, 25).unwrap();
            let name = name.len();
            println!("{what}, name of {name}: {} bytes, version {} at level L", bytes.len(), code.version());
            assert!(bytes.len() <= most_bytes && code.version() <= most_version, "{what}: {}", bytes.len());
        }
    }
}

#[test]
fn asking_clears_away_what_is_over_and_nothing_else() {
    let mut desk = Clinics::new().desk("79034 · Quầy 1");
    let mut ask = |now| {
        let asked = desk.questions.ask(&desk.name, &Wanted::default(), &mut SystemRandom::new(), now);
        (asked.unwrap().expires_at, desk.questions.open(NOW).len())
    };
    let (expires_at, open) = ask(NOW);
    assert_eq!((expires_at, open), (NOW.plus_seconds(60), 1));
    assert_eq!(ask(NOW.plus_seconds(1)).1, 2);
    assert_eq!(ask(expires_at.plus_seconds(59)).1, 3, "a scan may have begun before its end");
    assert_eq!(ask(expires_at.plus_seconds(60)).1, 3, "the first is over");
}

#[test]
fn of_two_encrypted_questions_each_reads_its_own_answer() {
    let mut clinics = Clinics::new();
    let mut desk = clinics.desk("79034 · Quầy 1");
    let screens = [desk.ask(true), desk.ask(true)];
    for screen in screens.iter().rev() {
        let answer = clinics.answer(screen);
        let (freshness, answered) = accepted(&clinics.decide(&mut desk, &answer));
        assert_eq!(freshness, Freshness::Challenged);
        assert!(desk.questions.close(&answered.unwrap()));
        clinics.world.presented_at = NOW.minus_seconds(2);
    }
}

#[test]
fn a_question_that_is_over_reads_no_encrypted_answer() {
    let mut clinics = Clinics::new();
    let mut desk = clinics.desk("79034 · Quầy 1");
    let screen = desk.ask(true);
    let answer = clinics.answer(&screen);
    let over = NOW.plus_seconds(50);
    assert_eq!(desk.questions.decrypt(&answer, over).text, answer);
    assert_ne!(desk.questions.decrypt(&answer, over.minus_seconds(1)).text, answer);
}

#[test]
fn closing_says_whether_the_question_was_there() {
    let mut desk = Clinics::new().desk("79034 · Quầy 1");
    desk.ask(false);
    assert!(!desk.questions.close(&[7; 16]));
    let cnonce = desk.questions.open(NOW).remove(0).cnonce;
    assert!(desk.questions.close(&cnonce));
    assert!(!desk.questions.close(&cnonce));
}
