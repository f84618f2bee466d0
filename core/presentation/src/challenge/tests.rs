use credential::claims::{Vct, key};
use trust::anchors::{Issuer, TrustListDraft};
use trust::cose::KID;

use super::*;
use crate::qr;
use test_key::TestKey;

const NOW: Timestamp = Timestamp::from_unix(1_800_000_000);
const CNONCE: [u8; 16] = [9; 16];

type Change = fn(&mut Issuer);

/// An authority that names desks, and one desk.
struct World {
    root: TestKey,
    authority: TestKey,
    desk: TestKey,
    listed: Issuer,
    withdrawn: Vec<Issuer>,
    asked: Vec<i64>,
    named_at: Timestamp,
    named_until: Timestamp,
    asked_at: Timestamp,
    open_for: i64,
}

impl World {
    fn new() -> Self {
        let (root, authority, desk) = (TestKey::new(), TestKey::new(), TestKey::new());
        let listed = Issuer {
            iss: "vn-desks".into(),
            kid: b"d1".to_vec(),
            key: authority.public(),
            name: "Register of clinics of the tests".into(),
            vcts: vec![DESK_AUTHORITY.into()],
            not_before: NOW.minus_seconds(100 * 86_400),
            not_after: NOW.plus_seconds(100 * 86_400),
            revoked: false,
        };
        Self {
            root,
            authority,
            desk,
            listed,
            withdrawn: Vec::new(),
            asked: Vec::new(),
            named_at: NOW.minus_seconds(86_400),
            named_until: NOW.plus_seconds(86_400),
            asked_at: NOW.minus_seconds(5),
            open_for: 60,
        }
    }

    fn trust(&self) -> Trust {
        let list = TrustListDraft {
            sequence: 1,
            issued: NOW.minus_seconds(3600),
            expires: NOW.plus_seconds(86_400),
            issuers: [vec![self.listed.clone()], self.withdrawn.clone()].concat(),
            status_signers: Vec::new(),
            status_base: String::new(),
            successor: None,
        };
        let draft = list.draft(b"root").unwrap();
        let list = draft.assemble(&self.root.sign(&draft.to_be_signed()));
        Trust::load(&[self.root.public()], &list, 0, NOW).unwrap()
    }

    fn certificate(&self) -> Vec<u8> {
        let draft = DeskCertificateDraft {
            iss: "vn-desks",
            kid: b"d1",
            name: "79034 · Quầy 1",
            key: &self.desk.public(),
            issued_at: self.named_at,
            expires_at: self.named_until,
            may_ask: &key::CLINIC_SET,
        }
        .prepare()
        .unwrap();
        draft.assemble(&self.authority.sign(&draft.to_be_signed()))
    }

    fn draft<'a>(&'a self, certificate: &'a [u8]) -> ChallengeDraft<'a> {
        ChallengeDraft {
            certificate,
            issued_at: self.asked_at,
            expires_at: self.asked_at.plus_seconds(self.open_for),
            cnonce: &CNONCE,
            minimum_level: None,
            encryption_key: None,
            asked: &self.asked,
            purpose: "",
        }
    }

    fn text(&self) -> String {
        let certificate = self.certificate();
        let draft = self.draft(&certificate).prepare().unwrap();
        encode(&draft.assemble(&self.desk.sign(&draft.to_be_signed())))
    }

    fn verify(&self) -> Result<VerifiedChallenge, ChallengeError> {
        verify(&self.text(), &self.trust(), NOW)
    }

    /// The verdict on a question that [`ChallengeDraft::prepare`] might not make.
    fn by_hand(&self, write: &dyn Fn(&mut Encoder)) -> Result<(), ChallengeError> {
        self.asked_under(&self.certificate(), write)
    }

    /// The verdict on a question of a desk whose certificate [`DeskCertificateDraft::prepare`] might not make.
    fn named_by_hand(&self, name: &str, may_ask: &[i64]) -> Result<(), ChallengeError> {
        let (mut protected, mut claims, key) = (Encoder::new(), Encoder::new(), self.desk.public());
        protected.map(3).int(ALG).int(ESP256).int(KID).bytes(b"d1").int(TYP).uint(desk::DESK_CERTIFICATE);
        claims.map(6).int(cwt::ISS).text("vn-desks").int(cwt::SUB).text(name);
        claims.int(cwt::EXP).int(self.named_until.as_unix()).int(cwt::IAT).int(self.named_at.as_unix());
        claims.int(cwt::CNF).map(1).int(1).map(4).int(1).int(2).int(-1).int(1).int(-2).bytes(key.x());
        claims.int(-3).bool(key.y()[31] & 1 == 1);
        write_keys(&mut claims, may_ask);
        let draft = Draft::new(protected.finish(), vec![0xa0], claims.finish());
        let certificate = draft.assemble(&self.authority.sign(&draft.to_be_signed()));
        let (iat, exp) = (NOW.as_unix(), NOW.as_unix() + 60);
        self.asked_under(&certificate, &|e| {
            written(e.map(3).int(4).int(exp).int(6).int(iat).int(39).bytes(&CNONCE));
        })
    }

    fn asked_under(&self, certificate: &[u8], write: &dyn Fn(&mut Encoder)) -> Result<(), ChallengeError> {
        let (mut protected, mut claims) = (Encoder::new(), Encoder::new());
        protected.map(3).int(ALG).int(ESP256).int(KCWT).raw(certificate).int(TYP).uint(CHALLENGE);
        write(&mut claims);
        let draft = Draft::new(protected.finish(), vec![0xa0], claims.finish());
        let token = draft.assemble(&self.desk.sign(&draft.to_be_signed()));
        verify(&encode(&token), &self.trust(), NOW).map(drop)
    }

    fn error(&self) -> ChallengeError {
        self.verify().unwrap_err()
    }
}

fn written(_: &mut Encoder) {}

#[test]
fn refuses_a_desk_whose_key_the_list_withdraws_and_no_other_desk() {
    let mut world = World::new();
    let entry = |key, revoked| Issuer { kid: b"stolen".to_vec(), key, revoked, ..world.listed.clone() };
    let (own, another) = (entry(world.desk.public(), true), entry(TestKey::new().public(), true));
    let listed_only = entry(world.desk.public(), false);
    for (entry, verdict) in [(own, Some(ChallengeError::DeskWithdrawn)), (another, None), (listed_only, None)]
    {
        world.withdrawn = vec![entry];
        assert_eq!(world.verify().err(), verdict);
    }
}

#[test]
fn tells_who_asks_for_what_and_who_named_the_desk() {
    let world = World::new();
    let (certificate, key) = (world.certificate(), TestKey::new().public());
    let asked = [key::NAME, key::GUARDIAN];
    let draft = ChallengeDraft {
        minimum_level: Some(3),
        encryption_key: Some(&key),
        asked: &asked,
        purpose: "khám bệnh",
        ..world.draft(&certificate)
    }
    .prepare()
    .unwrap();
    let token = draft.assemble(&world.desk.sign(&draft.to_be_signed()));
    let challenge = verify(&encode(&token), &world.trust(), NOW).unwrap();
    assert_eq!(challenge.desk(), "79034 · Quầy 1");
    assert_eq!(challenge.named_by(), "Register of clinics of the tests");
    assert_eq!(challenge.cnonce(), CNONCE);
    assert_eq!(challenge.expires_at(), NOW.plus_seconds(55));
    assert_eq!((challenge.minimum_level(), challenge.encryption_key()), (Some(3), Some(&key)));
    assert_eq!((challenge.asked(), challenge.over_asked()), (&asked[..], &[key::GUARDIAN][..]));
    assert_eq!(challenge.purpose(), Some("khám bệnh"));
}

#[test]
fn asks_for_all_that_the_certificate_covers_where_it_names_nothing() {
    let challenge = World::new().verify().unwrap();
    assert_eq!((challenge.asked(), challenge.over_asked().len()), (&key::CLINIC_SET[..], 0));
    assert_eq!(
        (challenge.minimum_level(), challenge.encryption_key(), challenge.purpose()),
        (None, None, None)
    );
}

#[test]
fn fits_a_screen_in_a_small_code() {
    let world = World::new();
    let (certificate, key) = (world.certificate(), TestKey::new().public());
    let draft = ChallengeDraft { encryption_key: Some(&key), ..world.draft(&certificate) }.prepare().unwrap();
    let token = draft.assemble(&world.desk.sign(&draft.to_be_signed()));
    let code = qr::encode(&encode(&token)).unwrap();
    println!("{} bytes, version {}", token.len(), code.version());
    assert!(code.version() <= 14, "version {}", code.version());
}

#[test]
fn a_question_that_is_over_is_expired_and_one_from_the_future_not_valid_yet() {
    let mut world = World::new();
    world.asked_at = NOW.minus_seconds(60);
    assert_eq!(world.error(), ChallengeError::Expired);
    world.asked_at = NOW.minus_seconds(59);
    assert!(world.verify().is_ok());
    world.asked_at = NOW.plus_seconds(60);
    assert!(world.verify().is_ok());
    world.asked_at = NOW.plus_seconds(61);
    assert_eq!(world.error(), ChallengeError::NotYetValid);
}

#[test]
fn a_question_that_stays_open_for_longer_than_a_minute_is_refused() {
    let mut world = World::new();
    for open_for in [0, -1, 61] {
        let (iat, exp) = (NOW.as_unix(), NOW.as_unix() + open_for);
        let by_hand =
            world.by_hand(&|e| written(e.map(3).int(4).int(exp).int(6).int(iat).int(39).bytes(&CNONCE)));
        assert_eq!(by_hand, Err(ChallengeError::Claim(cwt::EXP)), "{open_for}");
        world.open_for = open_for;
        let draft = world.draft(&[]).prepare();
        assert_eq!(draft.unwrap_err(), ChallengeError::Claim(cwt::EXP), "{open_for}");
    }
}

#[test]
fn a_purpose_or_a_name_that_a_screen_would_not_show_as_it_is_is_refused() {
    let world = World::new();
    let (iat, exp) = (NOW.as_unix(), NOW.as_unix() + 60);
    for hidden in
        ["\u{1b}[2J", "\u{7}", "\u{7f}", "\u{9b}", "\n", "\u{202e}", "\u{2066}", "\u{200b}", "\u{feff}"]
    {
        let text = format!("khám {hidden}bệnh");
        let purpose = world.by_hand(&|e| {
            e.map(4).int(4).int(exp).int(6).int(iat).int(39).bytes(&CNONCE).int(cwt::PURPOSE).text(&text);
        });
        assert_eq!(purpose, Err(ChallengeError::Claim(cwt::PURPOSE)), "{hidden:?}");
        let named = world.named_by_hand(&text, &key::CLINIC_SET);
        assert_eq!(named, Err(ChallengeError::Claim(cwt::SUB)), "{hidden:?}");
    }
    assert_eq!(world.named_by_hand("79034 · Quầy 1", &key::CLINIC_SET), Ok(()));
}

#[test]
fn signs_no_question_and_no_name_that_no_phone_would_take() {
    let world = World::new();
    let good = world.draft(&[]);
    let refused = |draft: &ChallengeDraft<'_>| draft.prepare().err();
    let claim = |label| Some(ChallengeError::Claim(label));
    let (long, keys) = ("x".repeat(65), [1; 33]);
    assert_eq!(refused(&ChallengeDraft { purpose: &long, ..good.clone() }), claim(cwt::PURPOSE));
    assert_eq!(refused(&ChallengeDraft { purpose: &long[1..], ..good.clone() }), None);
    assert_eq!(refused(&ChallengeDraft { purpose: "a\tb", ..good.clone() }), claim(cwt::PURPOSE));
    assert_eq!(refused(&ChallengeDraft { asked: &keys, ..good.clone() }), claim(cwt::ASKED));
    assert_eq!(refused(&ChallengeDraft { asked: &keys[1..], ..good.clone() }), None);
    assert_eq!(refused(&ChallengeDraft { cnonce: &[1; 7], ..good.clone() }), claim(cwt::CNONCE));
    for level in [0, 5] {
        assert_eq!(
            refused(&ChallengeDraft { minimum_level: Some(level), ..good.clone() }),
            claim(cwt::LEVEL)
        );
    }
    let key = world.desk.public();
    let good = DeskCertificateDraft {
        iss: "vn-desks",
        kid: b"d1",
        name: "79034 · Quầy 1",
        key: &key,
        issued_at: NOW,
        expires_at: NOW.plus_seconds(60),
        may_ask: &key::CLINIC_SET,
    };
    let refused = |draft: &DeskCertificateDraft<'_>| draft.prepare().err();
    assert_eq!(refused(&good), None);
    for name in ["", &long, "a\u{1b}b"] {
        assert_eq!(refused(&DeskCertificateDraft { name, ..good.clone() }), claim(cwt::SUB));
    }
    for may_ask in [&[][..], &keys] {
        assert_eq!(refused(&DeskCertificateDraft { may_ask, ..good.clone() }), claim(cwt::ASKED));
    }
    assert_eq!(refused(&DeskCertificateDraft { iss: "ninechars", ..good.clone() }), claim(cwt::ISS));
    assert_eq!(refused(&DeskCertificateDraft { kid: &[1; 9], ..good.clone() }), claim(KID));
}

#[test]
fn a_desk_that_signed_with_another_key_is_refused() {
    let world = World::new();
    let certificate = world.certificate();
    let draft = world.draft(&certificate).prepare().unwrap();
    let text = encode(&draft.assemble(&TestKey::new().sign(&draft.to_be_signed())));
    assert_eq!(verify(&text, &world.trust(), NOW), Err(ChallengeError::DeskSignature));
}

#[test]
fn a_certificate_that_the_authority_did_not_sign_is_refused() {
    let mut world = World::new();
    world.listed.key = TestKey::new().public();
    assert_eq!(world.error(), ChallengeError::AuthoritySignature);
}

#[test]
fn an_authority_that_is_unknown_revoked_out_of_its_time_or_for_other_things_names_no_desk() {
    let changes: [(&str, Change); 5] = [
        ("another name", |listed| listed.iss = "vn-other".into()),
        ("another key id", |listed| listed.kid = b"d2".to_vec()),
        ("revoked", |listed| listed.revoked = true),
        ("too late", |listed| listed.not_after = NOW.minus_seconds(86_401)),
        ("issues credentials", |listed| listed.vcts = vec![Vct::HealthInsurance.urn().into()]),
    ];
    for (what, change) in changes {
        let mut world = World::new();
        change(&mut world.listed);
        assert_eq!(world.error(), ChallengeError::UnknownAuthority, "{what}");
    }
}

#[test]
fn a_certificate_out_of_its_time_is_refused() {
    let mut world = World::new();
    world.named_until = NOW;
    assert_eq!(world.error(), ChallengeError::CertificateExpired);
    world.named_until = NOW.plus_seconds(86_400);
    world.named_at = NOW.plus_seconds(61);
    assert_eq!(world.error(), ChallengeError::CertificateExpired);
    world.named_at = NOW.plus_seconds(60);
    assert!(world.verify().is_ok(), "a clock may be a minute behind");
}

#[test]
fn an_unsigned_question_and_other_tokens_and_frames_are_told_apart() {
    let world = World::new();
    let trust = world.trust();
    let bare = encode(&[0xa1, 0x04, 0x00]);
    assert_eq!(verify(&bare, &trust, NOW), Err(ChallengeError::WrongType));
    assert_eq!(verify(&encode(&world.certificate()), &trust, NOW), Err(ChallengeError::WrongType));
    let presentation = frame::encode(&world.certificate());
    assert!(matches!(
        verify(&presentation, &trust, NOW),
        Err(ChallengeError::Frame(FrameError::Malformed(_)))
    ));
    let mut cut = world.text();
    cut.pop();
    assert_eq!(verify(&cut, &trust, NOW), Err(ChallengeError::Frame(FrameError::ScanIncomplete)));
    assert!(
        matches!(frame::decode(&world.text()), Err(FrameError::Malformed(_))),
        "a desk reads no question"
    );
}

#[test]
fn every_changed_byte_is_refused() {
    let world = World::new();
    let (token, trust) = (frame::decode_as(Content::Challenge, &world.text()).unwrap(), world.trust());
    for at in 0..token.len() {
        let mut changed = token.clone();
        changed[at] ^= 1;
        let accepted = Challenge::parse(&changed).and_then(|challenge| challenge.verify(&trust, NOW));
        assert!(accepted.is_err(), "byte {at}");
    }
}

#[test]
fn claims_that_are_missing_surplus_or_of_the_wrong_kind_are_named() {
    let world = World::new();
    let refused = |write: &dyn Fn(&mut Encoder)| world.by_hand(write);
    let (iat, exp) = (NOW.as_unix(), NOW.as_unix() + 60);
    let with = |label: i64, write: &dyn Fn(&mut Encoder)| {
        refused(&|e| {
            e.map(4).int(4).int(exp).int(6).int(iat).int(39).bytes(&CNONCE).int(label);
            write(e);
        })
    };
    let nonce = |length: usize| {
        refused(&|e| written(e.map(3).int(4).int(exp).int(6).int(iat).int(39).bytes(&vec![1; length])))
    };
    assert_eq!(nonce(8), Ok(()));
    assert_eq!(nonce(64), Ok(()));
    for length in [0, 7, 65] {
        assert_eq!(nonce(length), Err(ChallengeError::Claim(cwt::CNONCE)));
    }
    assert_eq!(
        refused(&|e| written(e.map(2).int(4).int(exp).int(6).int(iat))),
        Err(ChallengeError::Claim(39))
    );
    assert_eq!(with(41, &|e| written(e.uint(0))), Err(ChallengeError::Claim(41)));
    assert_eq!(with(cwt::LEVEL, &|e| written(e.uint(4))), Ok(()));
    assert_eq!(with(cwt::LEVEL, &|e| written(e.uint(5))), Err(ChallengeError::Claim(cwt::LEVEL)));
    assert_eq!(
        with(cwt::ENCRYPTION_KEY, &|e| written(e.bytes(&[2; 32]))),
        Err(ChallengeError::Claim(cwt::ENCRYPTION_KEY))
    );
    assert_eq!(with(cwt::ASKED, &|e| written(e.array(0))), Err(ChallengeError::Claim(cwt::ASKED)));
    assert_eq!(
        with(cwt::ASKED, &|e| written((0..33).fold(e.array(33), |e, key| e.int(key)))),
        Err(ChallengeError::Claim(cwt::ASKED))
    );
    assert_eq!(
        with(cwt::PURPOSE, &|e| written(e.text(&"x".repeat(65)))),
        Err(ChallengeError::Claim(cwt::PURPOSE))
    );
}

/// One challenge each, with the trust list that it stands under; `time` is the phone's.
#[test]
fn sen_challenge_vectors() {
    crate::vectors::for_each("qr/sen-challenge", |name, case| {
        let hexed = |field: &str| hex::decode(case[field].as_str().unwrap()).unwrap();
        let root = PublicKey::from_compressed(&hexed("root")).unwrap();
        let trust = Trust::load_even_expired(&[root], &hexed("trust_list"), 0).unwrap();
        let now = Timestamp::from_unix(case["time"].as_i64().unwrap());
        let result = match verify(case["challenge"].as_str().unwrap(), &trust, now) {
            Ok(challenge) => {
                assert_eq!(challenge.desk(), case["desk"].as_str().unwrap(), "{name}");
                assert_eq!(hex::encode(challenge.cnonce()), case["cnonce"].as_str().unwrap(), "{name}");
                "ok"
            }
            Err(ChallengeError::Frame(FrameError::ScanIncomplete)) => "scan_incomplete",
            Err(ChallengeError::Expired) => "expired",
            Err(ChallengeError::NotYetValid) => "not_yet_valid",
            Err(ChallengeError::CertificateExpired) => "certificate_expired",
            Err(ChallengeError::UnknownAuthority) => "unknown_authority",
            Err(ChallengeError::AuthoritySignature) => "authority_signature",
            Err(ChallengeError::DeskSignature) => "desk_signature",
            Err(_) => "malformed",
        };
        assert_eq!(result, case["result"].as_str().unwrap(), "{name}");
    });
}

/// Writes the vectors anew: `cargo test -p sen-presentation writes_the_challenge -- --ignored`, with a folder in `SEN_WRITE`.
#[test]
#[ignore = "writes files"]
fn writes_the_challenge_vectors() {
    let folder = std::path::PathBuf::from(std::env::var_os("SEN_WRITE").unwrap());
    let world = World::new();
    let (certificate, key, other) = (world.certificate(), TestKey::new().public(), TestKey::new());
    let draft = ChallengeDraft { encryption_key: Some(&key), ..world.draft(&certificate) }.prepare().unwrap();
    let text = encode(&draft.assemble(&world.desk.sign(&draft.to_be_signed())));
    let forged = encode(&draft.assemble(&other.sign(&draft.to_be_signed())));
    let mut revoked = world.listed.clone();
    revoked.revoked = true;
    let list = |world: &World, issuer: &Issuer| {
        let draft = TrustListDraft {
            sequence: 1,
            issued: NOW.minus_seconds(3600),
            expires: NOW.plus_seconds(86_400),
            issuers: vec![issuer.clone()],
            status_signers: Vec::new(),
            status_base: String::new(),
            successor: None,
        }
        .draft(b"root")
        .unwrap();
        draft.assemble(&world.root.sign(&draft.to_be_signed()))
    };
    let stranger = Issuer { key: other.public(), ..world.listed.clone() };
    let cases = [
        ("ok", &text, &world.listed, 0, "ok"),
        ("expired", &text, &world.listed, 55, "expired"),
        ("not_yet_valid", &text, &world.listed, -66, "not_yet_valid"),
        ("certificate_expired", &text, &world.listed, 86_400, "certificate_expired"),
        ("authority_revoked", &text, &revoked, 0, "unknown_authority"),
        ("authority_signature", &text, &stranger, 0, "authority_signature"),
        ("desk_signature", &forged, &world.listed, 0, "desk_signature"),
    ];
    for (name, challenge, issuer, after, result) in cases {
        let case = serde_json::json!({
            "root": hex::encode(world.root.public().compressed()),
            "trust_list": hex::encode(list(&world, issuer)),
            "time": NOW.as_unix() + after,
            "challenge": challenge,
            "desk": "79034 · Quầy 1",
            "cnonce": hex::encode(CNONCE),
            "desk_key": hex::encode(world.desk.public().uncompressed()),
            "authority_key": hex::encode(world.authority.public().uncompressed()),
            "result": result,
        });
        let text = serde_json::to_string_pretty(&case).unwrap() + "\n";
        std::fs::write(folder.join(format!("{name}.json")), text).unwrap();
    }
}
