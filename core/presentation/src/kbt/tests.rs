use credential::claims::{
    CitizenClaims, Claims, ClinicClaims, InsuranceClaims, Sex, StatusReference, Vct, cwt,
};
use credential::sd_cwt::{LONGEST_LIFE, Redaction, SdCwtDraft};
use jiff::civil::date;
use trust::random::SystemRandom;

use super::*;
use crate::level_statement::LevelStatementDraft;
use crate::{frame, qr};
use test_key::TestKey;

const NOW: Timestamp = Timestamp::from_unix(1_800_000_000);

/// The sample person of the size table: the eight claims that a clinic asks for.
fn clinic_claims(portrait_hash: Option<[u8; 16]>) -> Claims {
    let person = CitizenClaims {
        number: "000190000002".into(),
        name: "Nguyễn Thị Phương Thảo".into(),
        birth_date: date(1990, 2, 2),
        sex: Sex::Female,
        level_policy: Some(3),
        portrait_hash,
        guardian: None,
    };
    let insurance = InsuranceClaims {
        number: "DN4000000000001".into(),
        valid_from: None,
        valid_to: date(2026, 12, 31),
        facility: "01C54".into(),
        benefit_level: 4,
        five_years_from: None,
        area: None,
        object_group: None,
    };
    ClinicClaims { person, insurance }.into()
}

fn credential(issuer: &TestKey, holder: &TestKey, portrait_hash: Option<[u8; 16]>) -> Vec<u8> {
    let draft = SdCwtDraft {
        iss: "vn.bhxh1".into(),
        sub: "Zk3x8QpA".into(),
        kid: b"bhxh2026".to_vec(),
        vct: Vct::HealthInsurance,
        iat: NOW,
        exp: NOW.plus_seconds(LONGEST_LIFE),
        cnf: holder.public(),
        status: StatusReference { uri: "s:7".into(), index: 900_000 },
        claims: clinic_claims(portrait_hash),
        redaction: Redaction::None,
    };
    let unsigned = draft.prepare(&mut SystemRandom::new()).unwrap();
    unsigned.assemble(&issuer.sign(&unsigned.to_be_signed()))
}

fn present(holder: &TestKey, draft: &KbtDraft<'_>) -> Vec<u8> {
    let unsigned = draft.prepare();
    unsigned.assemble(&holder.sign(&unsigned.to_be_signed()))
}

fn draft(sd_cwt: &[u8]) -> KbtDraft<'_> {
    KbtDraft { sd_cwt, audience: ANY_CLINIC, issued_at: NOW, cnonce: None, level: Some(2), stated: None }
}

#[test]
fn gives_back_what_the_holder_signed() {
    let (issuer, holder) = (TestKey::new(), TestKey::new());
    let sd_cwt = credential(&issuer, &holder, None);
    let cnonce = [9; 8];
    let token = present(&holder, &KbtDraft { cnonce: Some(&cnonce), ..draft(&sd_cwt) });
    let kbt = Kbt::parse(&token).unwrap();
    let claims = KbtClaims {
        audience: ANY_CLINIC.into(),
        issued_at: NOW,
        cnonce: Some(cnonce.into()),
        level: Some(2),
        stated: None,
    };
    assert_eq!(*kbt.claims(), claims);
    let verified = kbt.credential().clone().verify(&issuer.public()).unwrap();
    assert_eq!(kbt.verify(verified.holder_key()), Ok(()));
    let unsigned = KbtDraft { cnonce: Some(&cnonce), ..draft(&sd_cwt) }.prepare();
    assert_eq!(kbt.to_be_signed(), unsigned.to_be_signed(), "what a seen-list names it by");
    assert_eq!(kbt.verify(&issuer.public()), Err(KbtError::SignatureInvalid));
    assert_eq!(*verified.claims(), clinic_claims(None));
}

#[test]
fn the_clinic_presentation_keeps_to_its_size() {
    let (issuer, holder) = (TestKey::new(), TestKey::new());
    let cnonce = [9; 8];
    for (hash, cnonce, most_bytes, most_version) in
        [(None, None, 415, 13), (Some([7; 16]), None, 430, 14), (Some([7; 16]), Some(&cnonce[..]), 460, 15)]
    {
        let sd_cwt = credential(&issuer, &holder, hash);
        let token = present(&holder, &KbtDraft { cnonce, ..draft(&sd_cwt) });
        let digits = frame::encode(&token);
        let code = qr::encode_at(&digits, qr::Level::Low, 25).unwrap();
        println!("{} bytes, {} digits, version {} at level L", token.len(), digits.len(), code.version());
        assert!(token.len() <= most_bytes, "{} bytes", token.len());
        assert!(code.version() <= most_version, "version {}", code.version());
    }
}

/// The longest that a clinic asks for and the register holds, in answer to a desk, with a provider's statement of level 4.
#[test]
fn a_presentation_with_a_level_statement_fits_the_largest_code() {
    let (issuer, holder, provider) = (TestKey::new(), TestKey::new(), TestKey::new());
    let key = holder.public();
    let statement = LevelStatementDraft {
        iss: "vn-level",
        kid: b"level001",
        key: &key,
        level: 4,
        issued_at: NOW,
        expires_at: NOW.plus_seconds(300),
    };
    let statement = statement.prepare().unwrap();
    let statement = statement.assemble(&provider.sign(&statement.to_be_signed()));
    let statement = LevelStatement::parse(&statement).unwrap();
    let sd_cwt = credential(&issuer, &holder, Some([7; 16]));
    let desk = "Q".repeat(64);
    let longest = KbtDraft {
        audience: &desk,
        cnonce: Some(&[9; 64]),
        level: Some(4),
        stated: Some(&statement),
        ..draft(&sd_cwt)
    };
    let usual = KbtDraft { level: Some(4), stated: Some(&statement), ..draft(&sd_cwt) };
    for (draft, most_bytes, most_version) in [(usual, 590, 18), (longest, 720, 20)] {
        let token = present(&holder, &draft);
        assert_eq!(Kbt::parse(&token).unwrap().claims().stated.as_ref(), Some(&statement));
        let code = qr::encode(&frame::encode(&token)).unwrap();
        println!("{} bytes, version {} at level {:?}", token.len(), code.version(), code.level());
        assert!(token.len() <= most_bytes, "{} bytes", token.len());
        assert!(code.version() <= most_version, "version {}", code.version());
    }
}

#[test]
fn what_stands_in_place_of_a_statement_and_is_none_is_refused() {
    let (issuer, holder) = (TestKey::new(), TestKey::new());
    let sd_cwt = credential(&issuer, &holder, None);
    let token = present(&holder, &draft(&sd_cwt));
    let mut claims = Encoder::new();
    // The holder's own token where a provider's should be.
    claims
        .map(3)
        .int(cwt::AUD)
        .text(ANY_CLINIC)
        .int(cwt::IAT)
        .int(NOW.as_unix())
        .int(cwt::STATED)
        .raw(&token);
    let forged = Draft::new(
        Sign1::parse(&token, Profile::Deterministic).unwrap().protected().to_vec(),
        vec![0xa0],
        claims.finish(),
    );
    let forged = forged.assemble(&normalize_s(&holder.sign(&forged.to_be_signed())));
    assert_eq!(Kbt::parse(&forged).unwrap_err(), KbtError::Claim(cwt::STATED));
    assert!(Kbt::parse(&token).is_ok());
}

#[test]
fn a_high_s_and_a_padded_header_are_refused() {
    let (issuer, holder) = (TestKey::new(), TestKey::new());
    let sd_cwt = credential(&issuer, &holder, None);
    let token = present(&holder, &draft(&sd_cwt));
    let parsed = Sign1::parse(&token, Profile::Deterministic).unwrap();
    let padded = trust::cose::assemble(
        parsed.protected(),
        &[0xa1, 0x18, 0x63, 0x00],
        parsed.payload(),
        parsed.signature(),
    );
    assert_eq!(Kbt::parse(&padded).unwrap_err(), KbtError::NotCanonical);
    // n - s is the other valid form of the same signature.
    let order = hex::decode("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551").unwrap();
    let mut flipped = parsed.signature().to_vec();
    let mut borrow = 0;
    for at in (0..32).rev() {
        let difference = i16::from(order[at]) - i16::from(flipped[32 + at]) - borrow;
        borrow = i16::from(difference < 0);
        flipped[32 + at] = u8::try_from(difference.rem_euclid(256)).unwrap();
    }
    let copy = trust::cose::assemble(parsed.protected(), &[0xa0], parsed.payload(), &flipped);
    let as_signature: [u8; 64] = flipped.try_into().unwrap();
    assert!(
        holder.public().verify(&parsed.to_be_signed(), &as_signature).is_ok(),
        "the flipped form is valid as such"
    );
    assert_eq!(Kbt::parse(&copy).unwrap_err(), KbtError::NotCanonical);
}

#[test]
fn every_changed_byte_is_refused_somewhere() {
    let (issuer, holder) = (TestKey::new(), TestKey::new());
    let sd_cwt = credential(&issuer, &holder, Some([7; 16]));
    let token = present(&holder, &draft(&sd_cwt));
    for at in 0..token.len() {
        let mut changed = token.clone();
        changed[at] ^= 1;
        let accepted = Kbt::parse(&changed).and_then(|kbt| {
            kbt.verify(&holder.public())?;
            Ok(kbt.into_credential().verify(&issuer.public())?)
        });
        assert!(accepted.is_err(), "byte {at}");
    }
}

fn signed(holder: &TestKey, protected: Vec<u8>, claims: Vec<u8>) -> Vec<u8> {
    let draft = Draft::new(protected, vec![0xa0], claims);
    draft.assemble(&normalize_s(&holder.sign(&draft.to_be_signed())))
}

#[test]
fn refuses_a_missing_audience_or_time_and_what_is_surplus() {
    let (issuer, holder) = (TestKey::new(), TestKey::new());
    let sd_cwt = credential(&issuer, &holder, None);
    let token = present(&holder, &draft(&sd_cwt));
    let protected = Sign1::parse(&token, Profile::Deterministic).unwrap().protected().to_vec();
    let claims = |write: &dyn Fn(&mut Encoder)| {
        let mut out = Encoder::new();
        write(&mut out);
        Kbt::parse(&signed(&holder, protected.clone(), out.finish())).map(|_| ())
    };
    let ok = claims(&|e| {
        e.map(2).int(cwt::AUD).text("vn.clinic").int(cwt::IAT).int(NOW.as_unix());
    });
    assert_eq!(ok, Ok(()));
    let no_audience = claims(&|e| {
        e.map(1).int(cwt::IAT).int(NOW.as_unix());
    });
    assert_eq!(no_audience, Err(KbtError::Claim(cwt::AUD)));
    let no_time = claims(&|e| {
        e.map(1).int(cwt::AUD).text("vn.clinic");
    });
    assert_eq!(no_time, Err(KbtError::Claim(cwt::IAT)));
    let with_issuer = claims(&|e| {
        e.map(3).int(1).text("x").int(3).text("vn.clinic").int(6).int(NOW.as_unix());
    });
    assert_eq!(with_issuer, Err(KbtError::Claim(cwt::ISS)));
    let short_nonce = claims(&|e| {
        e.map(3).int(3).text("vn.clinic").int(6).int(0).int(39).bytes(&[1; 7]);
    });
    assert_eq!(short_nonce, Err(KbtError::Claim(cwt::CNONCE)));
    let level_five = claims(&|e| {
        e.map(3).int(3).text("vn.clinic").int(6).int(0).int(cwt::LEVEL).uint(5);
    });
    assert_eq!(level_five, Err(KbtError::Claim(cwt::LEVEL)));
}

#[test]
fn refuses_another_type_and_algorithm() {
    let (issuer, holder) = (TestKey::new(), TestKey::new());
    let sd_cwt = credential(&issuer, &holder, None);
    let token = present(&holder, &draft(&sd_cwt));
    let payload = Sign1::parse(&token, Profile::Deterministic).unwrap().payload().to_vec();
    let header = |alg: i64, typ: u64| {
        let mut out = Encoder::new();
        out.map(3).int(ALG).int(alg).int(KCWT).raw(&sd_cwt).int(TYP).uint(typ);
        Kbt::parse(&signed(&holder, out.finish(), payload.clone())).map(|_| ())
    };
    assert_eq!(header(-7, 294), Ok(()));
    assert_eq!(header(-9, 293), Err(KbtError::WrongType));
    assert_eq!(header(-8, 294), Err(KbtError::WrongAlgorithm));
    assert_eq!(Kbt::parse(&sd_cwt).unwrap_err(), KbtError::WrongType);
}
