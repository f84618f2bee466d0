//! Cards from the factory, read by the eyes of the card crate.
use std::collections::BTreeMap;

use card::{
    ActiveExchange, ChipOutcome, CscaAnchors, Evidence, FileId, PassiveOutcome, Reason, verify_document,
};
use trust::random::SystemRandom;

use super::*;

fn now() -> Timestamp {
    Timestamp::parse_rfc3339("2026-01-15T08:00:00Z").unwrap()
}

fn date(text: &str) -> Date {
    text.parse().unwrap()
}

fn person() -> Person {
    Person {
        ethnicity: Some("Kinh".to_owned()),
        residence: Some("Số 1 Phố Giả Lập, Phường Mẫu".to_owned()),
        father: Some("Trần Văn Giả".to_owned()),
        ..Person::new("000199000001", "Trần Thị Đoan Mẫu", date("1999-01-01"), Sex::Female)
    }
}

fn make(order: &CardOrder, authority: &Authority) -> IssuedCard {
    order.make(authority, now(), &mut SystemRandom::new()).unwrap()
}

fn as_read(card: &IssuedCard) -> BTreeMap<FileId, Vec<u8>> {
    let mut files = BTreeMap::new();
    for (name, octets) in card.files() {
        let id = FileId::all().find(|id| format!("{}.bin", id.file_stem()) == name.file_name()).unwrap();
        files.insert(id, octets.clone());
    }
    files
}

fn prove(
    files: &BTreeMap<FileId, Vec<u8>>,
    csca: &[u8],
    active: Option<&ActiveExchange>,
) -> Result<card::VerifiedDocument, card::CardNotProven> {
    let anchors = CscaAnchors::from_der(csca).unwrap();
    verify_document(Evidence { files, active, chip: ChipOutcome::NotDone }, &anchors, now())
}

#[test]
fn a_new_card_verifies_under_its_country_signing_certificate() {
    use card::curve::*;
    let pairs = [
        (Algorithm::P384, Algorithm::P256),
        (Algorithm::P256, Algorithm::P384),
        (
            Algorithm::ecdsa_explicit(&BRAINPOOL_P512R1, Hash::Sha512),
            Algorithm::ecdsa_explicit(&BRAINPOOL_P384R1, Hash::Sha384),
        ),
        (Algorithm::ecdsa(&P521, Hash::Sha512), Algorithm::ecdsa(&P224, Hash::Sha224)),
        (
            Algorithm::ecdsa(&BRAINPOOL_P320R1, Hash::Sha256),
            Algorithm::ecdsa_explicit(&BRAINPOOL_P224R1, Hash::Sha1),
        ),
        (Algorithm::ecdsa_explicit(&P256, Hash::Sha512), Algorithm::ecdsa(&BRAINPOOL_P256R1, Hash::Sha384)),
        (Algorithm::rsa_pss(2048, Hash::Sha384), Algorithm::rsa_pkcs1(2048, Hash::Sha256)),
    ];
    for (csca, signer) in pairs {
        let authority = Authority::generate_with(csca, signer, now()).unwrap();
        let card = make(&CardOrder::new(person(), date("2026-01-10")), &authority);
        let document = prove(&as_read(&card), card.csca_certificate(), None).unwrap();
        assert_eq!(document.personal_number().as_deref(), Some("000199000001"));
    }
}

#[test]
fn a_changed_data_group_or_another_authority_is_found_out() {
    let authority = Authority::generate(now()).unwrap();
    let card = make(&CardOrder::new(person(), date("2026-01-10")), &authority);
    let other = Authority::generate(now()).unwrap();
    let outcome = prove(&as_read(&card), other.csca_certificate(), None).unwrap_err().passive;
    // The other has the name that the signer's certificate gives, but it is not the key that signed it.
    assert_eq!(outcome, PassiveOutcome::Failed(Reason::ChainInvalid));
    let mut files = as_read(&card);
    *files.get_mut(&FileId::Dg(13)).unwrap().last_mut().unwrap() ^= 1;
    let outcome = prove(&files, card.csca_certificate(), None).unwrap_err().passive;
    assert_eq!(outcome, PassiveOutcome::Failed(Reason::DigestMismatch));
}

#[test]
fn the_zone_has_the_check_digits_of_the_published_example() {
    let person = Person::new("000199012345", "Nguyễn Thị Mẫu", date("1999-01-01"), Sex::Female);
    let zone = zone::zone(&person, Some(date("2039-01-01"))).unwrap();
    assert_eq!(
        zone,
        "IDVNM1990123456000199012345<<69901018F3901016VNM<<<<<<<<<<<4NGUYEN<<THI<MAU<<<<<<<<<<<<<<<"
    );
}

#[test]
fn data_groups_say_what_was_ordered() {
    let authority = Authority::generate(now()).unwrap();
    let card = make(&CardOrder::new(person(), date("2026-01-10")), &authority);
    let file = |number| card.files()[&FileName::data_group(number)].as_slice();
    let read = card::lds::dg13::dg13(file(13)).unwrap();
    assert_eq!(read.name.as_deref(), Some("Trần Thị Đoan Mẫu"));
    assert_eq!(read.expires.as_deref(), Some("01/01/2039"));
    assert_eq!((read.father.as_deref(), read.mother), (Some("Trần Văn Giả"), None));
    assert_eq!((read.religion, read.spouse, read.unknown.len()), (None, None, 0));
    assert_eq!(card::lds::dg1(file(1)).unwrap().name(), "TRAN THI DOAN MAU");
    let face = card::lds::face::dg2(file(2)).unwrap();
    assert_eq!(face.size, Some((240, 320)));
    assert_eq!(card::lds::com(file_com(&card)).unwrap(), [0x61, 0x75, 0x6d, 0x6e, 0x6f]);
}

fn file_com(card: &IssuedCard) -> &[u8] {
    &card.files()[&FileName::COM]
}

#[test]
fn takes_the_face_of_another_card_and_refuses_what_is_no_image() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/vectors/emrtd/vn_cccd/");
    for (name, size) in
        [("a_bp512_explicit_2021/face.jpeg", (240, 320)), ("b_bp384_named_2024/face.jp2", (240, 320))]
    {
        let image = std::fs::read(format!("{folder}{name}")).unwrap();
        let person = Person { face: Some(image.clone()), ..person() };
        let face = card::lds::face::dg2(&data_groups::dg2(&person).unwrap()).unwrap();
        assert_eq!((face.size, face.bytes), (Some(size), image), "{name}");
    }
    let person = Person { face: Some(b"no image".to_vec()), ..person() };
    assert!(matches!(data_groups::dg2(&person), Err(FactoryError::Portrait)));
}

#[test]
fn refuses_numbers_and_names_that_cannot_stand_on_a_card() {
    let bad = |number: &str, name: &str| {
        zone::zone(&Person::new(number, name, date("1999-01-01"), Sex::Male), None)
    };
    assert!(matches!(bad("12345", "Trần"), Err(FactoryError::PersonalNumber)));
    assert!(matches!(bad("00019900000x", "Trần"), Err(FactoryError::PersonalNumber)));
    assert!(matches!(bad("000199000001", "Trần 2"), Err(FactoryError::Name)));
    assert!(matches!(bad("000199000001", ""), Err(FactoryError::Name)));
}

#[test]
fn cards_expire_at_twenty_five_forty_sixty_and_never() {
    let born = date("2000-02-29");
    for (issued, expires) in [
        ("2015-01-01", Some("2025-03-01")),
        ("2022-12-31", Some("2025-03-01")),
        ("2023-03-01", Some("2040-02-29")),
        ("2050-01-01", Some("2060-02-29")),
        ("2059-01-01", None),
    ] {
        assert_eq!(zone::usual_expiry(born, date(issued)), expires.map(date), "{issued}");
    }
}

#[test]
fn an_authority_comes_back_from_its_folder() {
    let folder = std::env::temp_dir().join(format!("sen-authority-{}", std::process::id()));
    let first = Authority::open(&folder, now()).unwrap();
    let again = Authority::open(&folder, now().plus_seconds(1000)).unwrap();
    std::fs::remove_dir_all(&folder).unwrap();
    assert_eq!(first.csca_certificate(), again.csca_certificate());
    let card = make(&CardOrder::new(person(), date("2026-01-10")), &again);
    assert!(prove(&as_read(&card), first.csca_certificate(), None).is_ok());
}

#[test]
fn a_card_written_to_a_folder_is_the_same_chip() {
    let authority = Authority::generate(now()).unwrap();
    let rsa = std::fs::read(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../tests/vectors/emrtd/vn_cccd/b_bp384_named_2024/keys/aa_pkcs8.der"
    ));
    let order = CardOrder::new(person(), date("2026-01-10"))
        .expiring(None)
        .with_protocols(Protocols { active: ActiveKeyChoice::Rsa(rsa.unwrap()), ..Protocols::default() });
    let card = make(&order, &authority);
    let folder = std::env::temp_dir().join(format!("sen-card-{}", std::process::id()));
    card.write_to(&folder).unwrap();
    let chip = Chip::from_folder(&folder).unwrap();
    let made = card.chip().unwrap();
    std::fs::remove_dir_all(&folder).unwrap();
    for name in card.files().keys() {
        assert_eq!(chip.files().octets(*name), made.files().octets(*name));
    }
    assert!(prove(&as_read(&card), card.csca_certificate(), None).is_ok());
}

#[test]
fn a_revoked_signer_is_revoked_from_then_on_and_an_empty_list_revokes_nobody() {
    let (authority, random) = (Authority::generate(now()).unwrap(), &mut SystemRandom::new());
    let card = make(&CardOrder::new(person(), date("2026-01-01")), &authority);
    let later = now().plus_seconds(60);
    for (since, reason) in [
        (None, None),
        (Some(now().plus_seconds(61)), None),
        (Some(now().plus_seconds(60)), Some(Reason::Revoked)),
    ] {
        let mut anchors = CscaAnchors::from_der(card.csca_certificate()).unwrap();
        anchors.revoke_by(&authority.revocation_list(since, now(), random).unwrap()).unwrap();
        let (files, chip) = (as_read(&card), ChipOutcome::NotDone);
        let evidence = Evidence { files: &files, active: None, chip };
        let outcome = verify_document(evidence, &anchors, later);
        assert_eq!(outcome.err().and_then(|refused| refused.passive.reason()), reason, "{since:?}");
    }
}
