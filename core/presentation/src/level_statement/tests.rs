use credential::claims::Vct;
use test_key::TestKey;
use trust::anchors::{Issuer, TrustListDraft};

use super::*;
use crate::vectors;

const NOW: Timestamp = Timestamp::from_unix(1_800_000_000);

/// A provider that the trust list names, and the key of a credential.
struct World {
    root: TestKey,
    provider: TestKey,
    holder: TestKey,
    listed: Issuer,
}

impl World {
    fn new() -> Self {
        let (root, provider, holder) = (TestKey::new(), TestKey::new(), TestKey::new());
        let listed = Issuer {
            iss: "vn-level".into(),
            kid: b"l1".to_vec(),
            key: provider.public(),
            name: "Provider of the tests".into(),
            vcts: vec![LEVEL_AUTHORITY.into()],
            not_before: NOW.minus_seconds(86_400),
            not_after: NOW.plus_seconds(86_400),
            revoked: false,
        };
        Self { root, provider, holder, listed }
    }

    fn list(&self) -> Vec<u8> {
        let draft = TrustListDraft {
            sequence: 1,
            issued: NOW.minus_seconds(3600),
            expires: NOW.plus_seconds(86_400),
            issuers: vec![self.listed.clone()],
            status_signers: Vec::new(),
            status_base: String::new(),
            successor: None,
        };
        let draft = draft.draft(b"root").unwrap();
        draft.assemble(&self.root.sign(&draft.to_be_signed()))
    }

    fn trust(&self) -> Trust {
        Trust::load(&[self.root.public()], &self.list(), 0, NOW).unwrap()
    }

    fn statement(&self, signer: &TestKey) -> Vec<u8> {
        let key = self.holder.public();
        let draft = draft(&key).prepare().unwrap();
        draft.assemble(&signer.sign(&draft.to_be_signed()))
    }

    fn verify(&self, bytes: &[u8], now: Timestamp) -> Result<u8, LevelStatementError> {
        LevelStatement::parse(bytes)?.verify(&self.trust(), &self.holder.public(), now)
    }
}

fn draft(key: &PublicKey) -> LevelStatementDraft<'_> {
    LevelStatementDraft {
        iss: "vn-level",
        kid: b"l1",
        key,
        level: 4,
        issued_at: NOW,
        expires_at: NOW.plus_seconds(LONGEST_LIFE),
    }
}

/// The header and payload of a sound statement, one item of either replaced by name.
fn written(header: &[(i64, &[u8])], claims: &[(i64, &[u8])], unprotected: &[u8]) -> Vec<u8> {
    let map = |members: &[(i64, &[u8])]| {
        let mut out = Encoder::new();
        out.map(members.len());
        for (label, value) in members {
            out.int(*label).raw(value);
        }
        out.finish()
    };
    trust::cose::assemble(&map(header), unprotected, &map(claims), &[1; 64])
}

const HEADER: [(i64, &[u8]); 3] = [(ALG, &[0x26]), (KID, &[0x42, b'l', b'1']), (TYP, &[0x19, 0xfd, 0xed])];
/// Issued at 1, over at 301, level 4.
const CLAIMS: [(i64, &[u8]); 5] = [
    (cwt::ISS, &[0x61, b'v']),
    (cwt::EXP, &[0x19, 0x01, 0x2d]),
    (cwt::IAT, &[0x01]),
    (
        cwt::CNF,
        &[
            0xa1, 0x05, 0x58, 0x20, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7,
            7, 7, 7, 7, 7, 7, 7, 7,
        ],
    ),
    (cwt::LEVEL, &[0x04]),
];
const EMPTY: [u8; 1] = [0xa0];

fn with<'a>(members: &[(i64, &'a [u8])], label: i64, value: &'a [u8]) -> Vec<(i64, &'a [u8])> {
    let replaced = |(known, old): &(i64, &'a [u8])| (*known, if *known == label { value } else { *old });
    members.iter().map(replaced).collect()
}

#[test]
fn gives_back_what_the_provider_signed() {
    let world = World::new();
    let bytes = world.statement(&world.provider);
    let statement = LevelStatement::parse(&bytes).unwrap();
    assert_eq!(statement.bytes(), bytes);
    assert_eq!((statement.issued_at(), statement.expires_at()), (NOW, NOW.plus_seconds(300)));
    assert_eq!(world.verify(&bytes, NOW), Ok(4));
    assert!(bytes.len() <= 160, "{} bytes", bytes.len());
}

#[test]
fn each_check_refuses_what_it_is_for() {
    let sound = World::new();
    let bytes = sound.statement(&sound.provider);
    let listed = |change: fn(&mut Issuer)| {
        let mut world = World::new();
        change(&mut world.listed);
        world.verify(&world.statement(&world.provider), NOW).unwrap_err()
    };
    assert_eq!(listed(|issuer| issuer.iss = "vn-other".into()), LevelStatementError::UnknownSigner);
    assert_eq!(listed(|issuer| issuer.kid = b"l2".to_vec()), LevelStatementError::UnknownSigner);
    assert_eq!(
        listed(|issuer| issuer.vcts = vec![Vct::HealthInsurance.urn().into()]),
        LevelStatementError::UnknownSigner
    );
    assert_eq!(listed(|issuer| issuer.not_before = NOW.plus_seconds(1)), LevelStatementError::UnknownSigner);
    assert_eq!(listed(|issuer| issuer.revoked = true), LevelStatementError::SignerWithdrawn);
    assert_eq!(
        sound.verify(&sound.statement(&sound.holder), NOW),
        Err(LevelStatementError::SignatureInvalid)
    );
    let statement = LevelStatement::parse(&bytes).unwrap();
    assert_eq!(
        statement.verify(&sound.trust(), &sound.provider.public(), NOW),
        Err(LevelStatementError::OtherKey)
    );
    assert_eq!(sound.verify(&bytes, NOW.minus_seconds(60)), Ok(4));
    assert_eq!(sound.verify(&bytes, NOW.minus_seconds(61)), Err(LevelStatementError::NotYetValid));
    assert_eq!(sound.verify(&bytes, NOW.plus_seconds(359)), Ok(4));
    assert_eq!(sound.verify(&bytes, NOW.plus_seconds(360)), Err(LevelStatementError::Old));
}

#[test]
fn a_provider_can_draft_nothing_that_no_desk_would_take() {
    let key = TestKey::new().public();
    let wrong = |change: fn(&mut LevelStatementDraft<'_>)| {
        let mut draft = draft(&key);
        change(&mut draft);
        draft.prepare().unwrap_err()
    };
    assert_eq!(wrong(|draft| draft.level = 0), LevelStatementError::Claim(cwt::LEVEL));
    assert_eq!(wrong(|draft| draft.level = 5), LevelStatementError::Claim(cwt::LEVEL));
    assert_eq!(wrong(|draft| draft.iss = ""), LevelStatementError::Claim(cwt::ISS));
    assert_eq!(wrong(|draft| draft.iss = "123456789"), LevelStatementError::Claim(cwt::ISS));
    assert_eq!(wrong(|draft| draft.kid = b""), LevelStatementError::Claim(KID));
    let too_long = |draft: &mut LevelStatementDraft<'_>| draft.expires_at = NOW.plus_seconds(301);
    assert_eq!(wrong(too_long), LevelStatementError::Claim(cwt::EXP));
    assert_eq!(wrong(|draft| draft.expires_at = NOW), LevelStatementError::Claim(cwt::EXP));
}

#[test]
fn a_token_of_another_form_is_no_statement() {
    let parsed = |bytes: Vec<u8>| LevelStatement::parse(&bytes).map(|statement| statement.level);
    assert_eq!(parsed(written(&HEADER, &CLAIMS, &EMPTY)), Ok(4));
    let header = |label, value: &[u8]| parsed(written(&with(&HEADER, label, value), &CLAIMS, &EMPTY));
    assert_eq!(header(ALG, &[0x27]), Err(LevelStatementError::WrongAlgorithm));
    assert_eq!(header(KID, &[0x40]), Err(LevelStatementError::Claim(KID)));
    // A desk's certificate.
    assert_eq!(header(TYP, &[0x19, 0xfd, 0xeb]), Err(LevelStatementError::WrongType));
    let claim = |label, value: &[u8]| parsed(written(&HEADER, &with(&CLAIMS, label, value), &EMPTY));
    assert_eq!(claim(cwt::ISS, &[0x60]), Err(LevelStatementError::Claim(cwt::ISS)));
    assert_eq!(claim(cwt::EXP, &[0x01]), Err(LevelStatementError::Claim(cwt::EXP)));
    assert_eq!(claim(cwt::EXP, &[0x19, 0x01, 0x2e]), Err(LevelStatementError::Claim(cwt::EXP)));
    assert_eq!(claim(cwt::IAT, &[0x60]), Err(LevelStatementError::Claim(cwt::IAT)));
    assert_eq!(claim(cwt::CNF, &[0xa0]), Err(LevelStatementError::Claim(cwt::CNF)));
    assert_eq!(claim(cwt::LEVEL, &[0x00]), Err(LevelStatementError::Claim(cwt::LEVEL)));
    assert_eq!(claim(cwt::LEVEL, &[0x05]), Err(LevelStatementError::Claim(cwt::LEVEL)));
    for (left_out, _) in CLAIMS {
        let rest: Vec<_> = CLAIMS.into_iter().filter(|(label, _)| *label != left_out).collect();
        assert_eq!(parsed(written(&HEADER, &rest, &EMPTY)), Err(LevelStatementError::Claim(left_out)));
    }
    let [issuer, others @ ..] = CLAIMS;
    let surplus: Vec<_> = [issuer, (cwt::AUD, &[0x60])].into_iter().chain(others).collect();
    assert_eq!(parsed(written(&HEADER, &surplus, &EMPTY)), Err(LevelStatementError::Claim(cwt::AUD)));
    let more: Vec<_> = HEADER.into_iter().chain([(99, &[0x00][..])]).collect();
    assert_eq!(parsed(written(&more, &CLAIMS, &EMPTY)), Err(LevelStatementError::Claim(99)));
    let padded = written(&HEADER, &CLAIMS, &[0xa1, 0x18, 0x63, 0x00]);
    assert_eq!(parsed(padded), Err(LevelStatementError::Claim(99)));
    let untagged = written(&HEADER, &CLAIMS, &EMPTY)[1..].to_vec();
    assert_eq!(parsed(untagged), Err(LevelStatementError::WrongType));
    assert!(matches!(parsed(vec![0xd2]), Err(LevelStatementError::Malformed(_))));
}

/// One statement each, with the trust list that it stands under and the key that it is held against; `time` is the desk's.
#[test]
fn sen_level_vectors() {
    vectors::for_each("qr/sen-level", |name, case| {
        let hexed = |field: &str| hex::decode(case[field].as_str().unwrap()).unwrap();
        let key = |field: &str| PublicKey::from_compressed(&hexed(field)).unwrap();
        let trust = Trust::load_even_expired(&[key("root")], &hexed("trust_list"), 0).unwrap();
        let now = Timestamp::from_unix(case["time"].as_i64().unwrap());
        let parsed = LevelStatement::parse(&hexed("statement"));
        let result = match parsed.and_then(|statement| statement.verify(&trust, &key("key"), now)) {
            Ok(level) => {
                assert_eq!(u64::from(level), case["level"].as_u64().unwrap(), "{name}");
                "ok"
            }
            Err(LevelStatementError::UnknownSigner) => "unknown_signer",
            Err(LevelStatementError::SignerWithdrawn) => "signer_withdrawn",
            Err(LevelStatementError::SignatureInvalid) => "signature",
            Err(LevelStatementError::OtherKey) => "other_key",
            Err(LevelStatementError::NotYetValid) => "not_yet_valid",
            Err(LevelStatementError::Old) => "old",
            Err(_) => "malformed",
        };
        assert_eq!(result, case["result"].as_str().unwrap(), "{name}");
    });
}

/// Writes the vectors anew: `cargo test -p sen-presentation writes_the_level -- --ignored`, with a folder in `SEN_WRITE`.
#[test]
#[ignore = "writes files"]
fn writes_the_level_vectors() {
    let folder = std::path::PathBuf::from(std::env::var_os("SEN_WRITE").unwrap());
    let mut world = World::new();
    let (holder, other) = (world.holder.public(), TestKey::new());
    let sound = world.statement(&world.provider);
    let long = written(&HEADER, &with(&CLAIMS, cwt::EXP, &[0x19, 0x01, 0x2e]), &EMPTY);
    let plain = world.list();
    let listed = world.listed.clone();
    let mut listing = |change: &dyn Fn(&mut Issuer)| {
        world.listed = listed.clone();
        change(&mut world.listed);
        world.list()
    };
    let withdrawn = listing(&|issuer| issuer.revoked = true);
    let issuer_only = listing(&|issuer| issuer.vcts = vec![Vct::HealthInsurance.urn().into()]);
    let before_its_time = listing(&|issuer| issuer.not_before = NOW.plus_seconds(1));
    let stranger = listing(&|issuer| issuer.kid = b"l2".to_vec());
    let forged = world.statement(&other);
    let other = other.public();
    let cases = [
        ("ok", &sound, &plain, &holder, 0, "ok"),
        ("ok_five_minutes_and_the_skew", &sound, &plain, &holder, 359, "ok"),
        ("old", &sound, &plain, &holder, 360, "old"),
        ("not_yet_valid", &sound, &plain, &holder, -61, "not_yet_valid"),
        ("other_key", &sound, &plain, &other, 0, "other_key"),
        ("signature", &forged, &plain, &holder, 0, "signature"),
        ("signer_withdrawn", &sound, &withdrawn, &holder, 0, "signer_withdrawn"),
        ("signer_of_another_type", &sound, &issuer_only, &holder, 0, "unknown_signer"),
        ("signer_before_its_time", &sound, &before_its_time, &holder, 0, "unknown_signer"),
        ("signer_not_listed", &sound, &stranger, &holder, 0, "unknown_signer"),
        ("lives_too_long", &long, &plain, &holder, 0, "malformed"),
    ];
    for (name, statement, list, key, after, result) in cases {
        let case = serde_json::json!({
            "root": hex::encode(world.root.public().compressed()),
            "trust_list": hex::encode(list),
            "time": NOW.as_unix() + after,
            "statement": hex::encode(statement),
            "key": hex::encode(key.compressed()),
            "signer_key": hex::encode(world.provider.public().uncompressed()),
            "level": 4,
            "result": result,
        });
        let text = serde_json::to_string_pretty(&case).unwrap() + "\n";
        std::fs::write(folder.join(format!("{name}.json")), text).unwrap();
    }
}
