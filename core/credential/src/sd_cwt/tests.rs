mod bounds;

use ring::signature::{ECDSA_P384_SHA384_FIXED, UnparsedPublicKey};
use serde_json::Value;
use test_key::TestKey;
use trust::cbor::Encoder;
use trust::cose::{ALG, Draft};
use trust::random::SystemRandom;

use super::*;
use crate::claims::{CitizenClaims, ClaimKey, Sex, key};
use crate::digest::sha256;

const NOW: Timestamp = Timestamp::from_unix(1_800_000_000);

fn citizen() -> Claims {
    let claims = CitizenClaims {
        number: "000190000002".into(),
        name: "Nguyễn Thị Mẫu".into(),
        birth_date: jiff::civil::date(1990, 2, 2),
        sex: Sex::Female,
        level_policy: Some(3),
        portrait_hash: Some([7; 16]),
        guardian: None,
    };
    claims.into()
}

fn draft(redaction: Redaction) -> SdCwtDraft {
    SdCwtDraft {
        iss: "vn-c06".into(),
        sub: "Zk3x8QpA".into(),
        kid: b"c06".to_vec(),
        vct: Vct::Citizen,
        iat: NOW,
        exp: NOW.plus_seconds(LONGEST_LIFE),
        cnf: TestKey::new().public(),
        status: StatusReference { uri: "s:7".into(), index: 900_000 },
        claims: citizen(),
        redaction,
    }
}

fn issued(issuer: &TestKey, draft: &SdCwtDraft) -> Vec<u8> {
    let unsigned = draft.prepare(&mut SystemRandom::new()).unwrap();
    unsigned.assemble(&issuer.sign(&unsigned.to_be_signed()))
}

/// A token with other headers or another payload, signed anew so that nothing but the change is wrong.
fn resigned(issuer: &TestKey, protected: Vec<u8>, unprotected: Vec<u8>, payload: Vec<u8>) -> Vec<u8> {
    let draft = Draft::new(protected, unprotected, payload);
    draft.assemble(&issuer.sign(&draft.to_be_signed()))
}

fn refusal(bytes: &[u8]) -> SdCwtError {
    SdCwt::parse(bytes).unwrap_err()
}

#[test]
fn the_verified_credential_says_what_was_issued() {
    let issuer = TestKey::new();
    for redaction in [Redaction::None, Redaction::EachClaim] {
        let draft = draft(redaction);
        let token = issued(&issuer, &draft);
        let parsed = SdCwt::parse(&token).unwrap();
        assert_eq!((parsed.issuer(), parsed.key_id()), ("vn-c06", b"c06".as_slice()));
        let verified = parsed.verify(&issuer.public()).unwrap();
        assert_eq!(*verified.claims(), draft.claims);
        assert_eq!(*verified.holder_key(), draft.cnf);
        assert_eq!(*verified.status(), draft.status);
        assert_eq!((verified.subject(), verified.vct()), ("Zk3x8QpA", Vct::Citizen));
        assert_eq!((verified.issued_at(), verified.expires()), (draft.iat, draft.exp));
    }
    let token = issued(&issuer, &draft(Redaction::None));
    let other = SdCwt::parse(&token).unwrap().verify(&TestKey::new().public());
    assert_eq!(other.unwrap_err(), SdCwtError::SignatureInvalid);
}

#[test]
fn the_holder_discloses_the_selected_claims_and_no_others() {
    let issuer = TestKey::new();
    let token = issued(&issuer, &draft(Redaction::EachClaim));
    for keys in [vec![], vec![key::NAME], vec![key::NUMBER, key::BIRTH_DATE, key::PORTRAIT_HASH]] {
        let shown = select(&token, &keys).unwrap();
        let verified = SdCwt::parse(&shown).unwrap().verify(&issuer.public()).unwrap();
        let mut expected = [keys.as_slice(), &[key::LEVEL_POLICY]].concat();
        expected.sort_unstable();
        assert_eq!(verified.claims().keys(), expected);
        let name = "Mẫu".as_bytes();
        let found = shown.windows(name.len()).any(|window| window == name);
        assert_eq!(found, keys.contains(&key::NAME), "an undisclosed value is not in the bytes");
    }
}

#[test]
fn salts_and_the_order_of_hashes_say_nothing_of_the_claims() {
    let issuer = TestKey::new();
    let draft = draft(Redaction::EachClaim);
    let (one, two) = (issued(&issuer, &draft), issued(&issuer, &draft));
    let payload = |token: &[u8]| Sign1::parse(token, Profile::Deterministic).unwrap().payload().to_vec();
    assert_ne!(payload(&one), payload(&two));
    let payload = payload(&one);
    let claims = Item::parse(&payload, Profile::Deterministic).unwrap().as_map().unwrap();
    let identity = claims.get_int(cwt::IDENTITY).unwrap().as_map().unwrap();
    let hashes: Vec<_> = identity.get_simple(59).unwrap().as_array().unwrap().collect();
    assert!(hashes.windows(2).all(|pair| pair[0].as_bytes().unwrap() < pair[1].as_bytes().unwrap()));
    // What always stands open, and the hashes.
    assert_eq!(identity.count(), 2);
}

#[test]
fn no_holder_keeps_back_what_the_key_is_worth_or_who_acts_for_whom() {
    let issuer = TestKey::new();
    let mut draft = draft(Redaction::EachClaim);
    draft.claims.guardian = Some("000190000001".into());
    let shown = select(&issued(&issuer, &draft), &[]).unwrap();
    let verified = SdCwt::parse(&shown).unwrap().verify(&issuer.public()).unwrap();
    assert_eq!(verified.claims().keys(), ALWAYS_OPEN);
    // An issuer that lets it be kept back is not read where it is shown.
    for (number, value) in [(key::LEVEL_POLICY, 2), (key::PORTRAIT_HASH, 2), (key::GUARDIAN, 2)] {
        let content = protected(|e| {
            e.array(3).bytes(&[3; 16]).int(value).int(number);
        });
        let disclosure = protected(|e| {
            e.bytes(&content);
        });
        let identity = protected(|e| {
            e.map(1).simple(59).array(1).bytes(&sha256(&disclosure));
        });
        let unprotected = protected(|e| {
            e.map(1).int(SD_CLAIMS).array(1).raw(&disclosure);
        });
        let refused = refused_with(&issuer, cwt::IDENTITY, Some(&identity), unprotected);
        // Another claim may be kept back: only its form is wrong here.
        let expected = match number {
            key::PORTRAIT_HASH => SdCwtError::Form(ClaimForm(number)),
            _ => SdCwtError::Disclosure,
        };
        assert_eq!(refused, expected, "{number}");
    }
}

#[test]
fn every_changed_byte_and_every_cut_is_refused() {
    let issuer = TestKey::new();
    let token = issued(&issuer, &draft(Redaction::EachClaim));
    let accepted =
        |bytes: &[u8]| SdCwt::parse(bytes).is_ok_and(|token| token.verify(&issuer.public()).is_ok());
    assert!(accepted(&token));
    for at in 0..token.len() {
        let mut changed = token.clone();
        changed[at] ^= 1;
        assert!(!accepted(&changed), "byte {at}");
        assert!(!accepted(&token[..at]), "cut at {at}");
    }
    let longer = [token.as_slice(), &[0]].concat();
    assert_eq!(refusal(&longer), SdCwtError::Malformed(cbor::Error::TrailingBytes));
}

fn protected(write: impl FnOnce(&mut Encoder)) -> Vec<u8> {
    let mut out = Encoder::new();
    write(&mut out);
    out.finish()
}

#[test]
fn refuses_headers_outside_the_profile() {
    let issuer = TestKey::new();
    let token = issued(&issuer, &draft(Redaction::None));
    let payload = Sign1::parse(&token, Profile::Deterministic).unwrap().payload().to_vec();
    let with = |protected: Vec<u8>| {
        SdCwt::parse(&resigned(&issuer, protected, vec![0xa0], payload.clone())).map(|_| ())
    };
    let plain = |alg: i64, typ: u64| {
        protected(|e| {
            e.map(3).int(ALG).int(alg).int(KID).bytes(b"c06").int(TYP).uint(typ);
        })
    };
    assert_eq!(with(plain(-7, 293)), Ok(()));
    assert_eq!(with(plain(-9, 293)), Ok(()));
    assert_eq!(with(plain(-35, 293)), Err(SdCwtError::WrongAlgorithm));
    assert_eq!(with(plain(-9, 294)), Err(SdCwtError::WrongType));
    let hash = |alg: i64| {
        protected(|e| {
            e.map(4).int(ALG).int(-9).int(KID).bytes(b"c06").int(TYP).uint(293).int(SD_ALG).int(alg);
        })
    };
    assert_eq!(with(hash(SHA_256)), Ok(()));
    assert_eq!(with(hash(-44)), Err(SdCwtError::WrongAlgorithm));
    let without_kid = protected(|e| {
        e.map(2).int(ALG).int(-9).int(TYP).uint(293);
    });
    assert_eq!(with(without_kid), Err(SdCwtError::Claim(KID)));
    let critical = protected(|e| {
        e.map(4).int(ALG).int(-9).int(2).array(1).int(99).int(KID).bytes(b"c06").int(TYP).uint(293);
    });
    assert_eq!(with(critical), Err(SdCwtError::Claim(2)));
    let padded = resigned(&issuer, plain(-9, 293), vec![0xa1, 0x18, 0x63, 0x00], payload.clone());
    assert_eq!(refusal(&padded), SdCwtError::Claim(99));
}

#[test]
fn refuses_times_and_names_outside_the_profile_when_drafting() {
    let refused = |change: fn(&mut SdCwtDraft)| {
        let mut draft = draft(Redaction::None);
        change(&mut draft);
        draft.prepare(&mut SystemRandom::new()).map(|_| ()).unwrap_err()
    };
    assert_eq!(refused(|d| d.exp = d.iat), SdCwtError::Times);
    assert_eq!(refused(|d| d.exp = d.iat.plus_seconds(LONGEST_LIFE + 1)), SdCwtError::Times);
    assert_eq!(refused(|d| d.iss = "nine chars".into()), SdCwtError::Claim(cwt::ISS));
    assert_eq!(refused(|d| d.sub.clear()), SdCwtError::Claim(cwt::SUB));
    assert_eq!(refused(|d| d.kid = vec![0; 9]), SdCwtError::Claim(KID));
    assert_eq!(refused(|d| d.claims.number = Some("123".into())), SdCwtError::Form(ClaimForm(key::NUMBER)));
    assert_eq!(refused(|d| d.claims.level_policy = Some(5)), SdCwtError::Form(ClaimForm(key::LEVEL_POLICY)));
}

/// The claims of a good token with one of them replaced or left out, keys in order.
fn refused_claims(issuer: &TestKey, label: i64, value: Option<&[u8]>) -> SdCwtError {
    refused_with(issuer, label, value, vec![0xa0])
}

/// The same with this unprotected header.
fn refused_with(issuer: &TestKey, label: i64, value: Option<&[u8]>, unprotected: Vec<u8>) -> SdCwtError {
    let token = issued(issuer, &draft(Redaction::None));
    let token = Sign1::parse(&token, Profile::Deterministic).unwrap();
    let mut entries: Vec<(Vec<u8>, Vec<u8>)> = Vec::new();
    for (key, old) in token.payload_item().unwrap().as_map().unwrap() {
        if key.as_int() != Ok(label) {
            entries.push((key.raw().to_vec(), old.raw().to_vec()));
        }
    }
    if let Some(value) = value {
        entries.push((
            protected(|e| {
                e.int(label);
            }),
            value.to_vec(),
        ));
    }
    let payload = protected(|e| {
        e.sorted_map(entries);
    });
    refusal(&resigned(issuer, token.protected().to_vec(), unprotected, payload))
}

#[test]
fn refuses_each_missing_surplus_or_misshapen_claim_by_its_number() {
    let issuer = TestKey::new();
    for label in [cwt::ISS, cwt::SUB, cwt::EXP, cwt::IAT, cwt::CNF, cwt::VCT, cwt::IDENTITY, cwt::STATUS] {
        assert_eq!(refused_claims(&issuer, label, None), SdCwtError::Claim(label), "without {label}");
        assert_eq!(refused_claims(&issuer, label, Some(&[0xf6])), SdCwtError::Claim(label), "null {label}");
    }
    assert_eq!(refused_claims(&issuer, cwt::AUD, Some(&[0x61, 0x61])), SdCwtError::Claim(cwt::AUD));
    let time = |at: i64| {
        protected(|e| {
            e.int(at);
        })
    };
    let exp = |at: i64| refused_claims(&issuer, cwt::EXP, Some(&time(at)));
    assert_eq!(exp(NOW.as_unix()), SdCwtError::Times);
    assert_eq!(exp(NOW.as_unix() + LONGEST_LIFE + 1), SdCwtError::Times);
    let long = refused_claims(&issuer, cwt::EXP, Some(&[0x1b, 0, 0, 0, 0, 0x6b, 0x4b, 0xd1, 0]));
    assert_eq!(long, SdCwtError::Malformed(cbor::Error::NotShortest));
    let off_curve = protected(|e| {
        e.map(1).int(1).map(4).int(1).int(2).int(-1).int(1).int(-2).bytes(&[0xff; 32]).int(-3).bool(true);
    });
    assert_eq!(refused_claims(&issuer, cwt::CNF, Some(&off_curve)), SdCwtError::Claim(cwt::CNF));
}

fn disclosure(value: &str, key: Option<i64>) -> Vec<u8> {
    protected(|e| {
        let content = protected(|e| {
            e.array(2 + usize::from(key.is_some())).bytes(&[3; 16]).text(value);
            if let Some(key) = key {
                e.int(key);
            }
        });
        e.bytes(&content);
    })
}

/// A token of anybody whose claims are `{500: "clear", 59: hashes}` and whose list holds these disclosures.
fn opened(hashes: &[[u8; 32]], disclosures: Option<&[Vec<u8>]>) -> Result<(), SdCwtError> {
    let payload = protected(|e| {
        e.map(2).int(500).text("clear").simple(59).array(hashes.len());
        for hash in hashes {
            e.bytes(hash);
        }
    });
    let unprotected = protected(|e| match disclosures {
        None => {
            e.map(0);
        }
        Some(list) => {
            e.map(1).int(SD_CLAIMS).array(list.len());
            for disclosure in list {
                e.raw(disclosure);
            }
        }
    });
    open(&trust::cose::assemble(&[0xa1, 0x01, 0x26], &unprotected, &payload, &[0; 64])).map(|_| ())
}

#[test]
fn refuses_disclosures_that_do_not_fit_the_redactions() {
    let good = disclosure("a", Some(501));
    let hash = sha256(&good);
    assert_eq!(opened(&[hash], Some(std::slice::from_ref(&good))), Ok(()));
    assert_eq!(opened(&[hash], None), Ok(()), "nothing disclosed");
    assert_eq!(opened(&[hash], Some(&[])), Err(SdCwtError::Disclosure), "empty list");
    let without_hash = opened(&[[1; 32]], Some(std::slice::from_ref(&good)));
    assert_eq!(without_hash, Err(SdCwtError::Disclosure));
    let twice = opened(&[hash], Some(&[good.clone(), good.clone()]));
    assert_eq!(twice, Err(SdCwtError::Disclosure), "the same disclosure twice");
    assert_eq!(
        opened(&[hash, hash], Some(std::slice::from_ref(&good))),
        Err(SdCwtError::Disclosure),
        "the same hash twice"
    );
    let existing = disclosure("a", Some(500));
    assert_eq!(
        opened(&[sha256(&existing)], Some(&[existing])),
        Err(SdCwtError::Disclosure),
        "a clear key again"
    );
    let other = disclosure("b", Some(501));
    let same_key = opened(&[hash, sha256(&other)], Some(&[good.clone(), other]));
    assert_eq!(same_key, Err(SdCwtError::Disclosure), "a disclosed key again");
    let element = disclosure("a", None);
    assert_eq!(
        opened(&[sha256(&element)], Some(&[element])),
        Err(SdCwtError::Disclosure),
        "an element among keys"
    );
    for plain in [cwt::ISS, cwt::AUD, cwt::EXP, cwt::NBF, cwt::IAT, cwt::CTI, cwt::CNF, cwt::CNONCE] {
        let plain = disclosure("a", Some(plain));
        assert_eq!(
            opened(&[sha256(&plain)], Some(&[plain])),
            Err(SdCwtError::Disclosure),
            "a claim never redacted"
        );
    }
    let content_hash = sha256(Item::parse(&good, Profile::Deterministic).unwrap().as_bytes().unwrap());
    assert_eq!(
        opened(&[content_hash], Some(&[good])),
        Err(SdCwtError::Disclosure),
        "hash without the header"
    );
}

#[test]
fn decoys_are_passed_over() {
    let decoy = protected(|e| {
        e.bytes(&protected(|e| {
            e.array(1).bytes(&[3; 16]);
        }));
    });
    assert_eq!(opened(&[[9; 32], sha256(&decoy)], Some(&[decoy])), Ok(()));
}

#[test]
fn floods_are_refused() {
    assert_eq!(opened(&vec![[9; 32]; 257], None), Err(SdCwtError::Disclosure));
    assert_eq!(opened(&vec![[9; 32]; 1_000_000], None), Err(SdCwtError::Malformed(cbor::Error::TooMany)));
    let many: Vec<_> = (0..65).map(|key| disclosure("a", Some(600 + key))).collect();
    let hashes: Vec<_> = many.iter().map(|disclosure| sha256(disclosure)).collect();
    assert_eq!(opened(&hashes, Some(&many)), Err(SdCwtError::Disclosure));
    let array = |length: usize| {
        let content = protected(|e| {
            e.array(3).bytes(&[3; 16]).array(length);
            for _ in 0..length {
                e.int(0);
            }
            e.int(600);
        });
        protected(|e| {
            e.bytes(&content);
        })
    };
    let (long, too_long) = (array(8_000), array(8_192));
    assert_eq!(opened(&[sha256(&long)], Some(&[long])), Ok(()));
    let refused = opened(&[sha256(&too_long)], Some(&[too_long]));
    assert_eq!(refused, Err(SdCwtError::Malformed(cbor::Error::TooMany)));
    // One disclosure inside another, 64 deep: each is flat by itself.
    let mut chain = vec![disclosure("end", Some(600))];
    for _ in 0..63 {
        let inner = sha256(chain.last().unwrap());
        let content = protected(|e| {
            e.array(3).bytes(&[3; 16]).map(1).simple(59).array(1).bytes(&inner).int(600);
        });
        chain.push(protected(|e| {
            e.bytes(&content);
        }));
    }
    let outermost = sha256(chain.last().unwrap());
    assert_eq!(opened(&[outermost], Some(&chain)), Err(SdCwtError::Malformed(cbor::Error::TooDeep)));
}

/// The form of `expected.json`: keys as texts, bytes as `{"hex"}`.
fn as_json(value: &ClaimValue<'_>) -> Value {
    match value {
        ClaimValue::Int(number) => (*number).into(),
        ClaimValue::Bytes(bytes) => serde_json::json!({"hex": hex::encode(bytes)}),
        ClaimValue::Text(text) => (*text).into(),
        ClaimValue::Array(elements) => elements.iter().map(as_json).collect(),
        ClaimValue::Map(entries) => {
            let name = |key: &ClaimKey<'_>| match key {
                ClaimKey::Int(number) => number.to_string(),
                ClaimKey::Text(text) => (*text).to_owned(),
            };
            Value::Object(entries.iter().map(|(key, value)| (name(key), as_json(value))).collect())
        }
        ClaimValue::Tag(_, inner) => as_json(inner),
        ClaimValue::Bool(truth) => (*truth).into(),
        _ => Value::Null,
    }
}

#[test]
fn sd_cwt_vectors() {
    let given = std::env::var_os("SEN_VECTORS").map(std::path::PathBuf::from);
    let ours = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/vectors");
    let folder = given.clone().unwrap_or(ours).join("qr/sd-cwt");
    if given.is_some() && !folder.exists() {
        println!("vectors qr/sd-cwt: absent, skipped");
        return;
    }
    let json =
        |name: &str| -> Value { serde_json::from_slice(&std::fs::read(folder.join(name)).unwrap()).unwrap() };
    let keys = json("keys.json");
    let point = |owner: &str| {
        let coordinate = |name: &str| hex::decode(keys[owner][name].as_str().unwrap()).unwrap();
        [vec![4], coordinate("x"), coordinate("y")].concat()
    };
    let cases = json("expected.json");
    for case in cases.as_array().unwrap() {
        let name = case["file"].as_str().unwrap();
        let bytes = std::fs::read(folder.join(name)).unwrap();
        let outer = Sign1::parse(&bytes, Profile::Interoperable).unwrap();
        let inner = outer.header(13).map_or(bytes.as_slice(), |kcwt| kcwt.raw());
        let (token, claims) = open(inner).unwrap();
        let issuer = UnparsedPublicKey::new(&ECDSA_P384_SHA384_FIXED, point("issuer"));
        let signed = issuer.verify(&token.to_be_signed(), token.signature()).is_ok();
        assert_eq!(signed, case["cwt_sig_ok"].as_bool().unwrap(), "{name}");
        assert_eq!(as_json(&claims), case["validated_claims"], "{name}");
        assert_eq!(token.algorithm(), case["cwt_protected"]["1"].as_i64(), "{name}");
        if let Some(signed) = case["kbt_sig_ok"].as_bool() {
            let holder = PublicKey::from_uncompressed(&point("holder")).unwrap();
            assert_eq!(outer.verify(&holder).is_ok(), signed, "{name}");
        }
    }
    println!("vectors qr/sd-cwt: {} cases", cases.as_array().unwrap().len());
    assert!(given.is_some() || !cases.as_array().unwrap().is_empty());
}
