use p256::elliptic_curve::sec1::ToSec1Point;
use trust::p256::PublicKey;

use super::*;

const CNONCE: [u8; 16] = [7; 16];

fn written(_: &mut Encoder) {}

#[test]
fn opens_what_was_encrypted_to_it_and_hides_it() {
    let key = AnswerKey::generate().unwrap();
    let sealed = encrypt(b"a token of the phone", key.public(), &CNONCE).unwrap();
    assert!(!sealed.windows(5).any(|part| part == b"token"));
    assert_ne!(encrypt(b"a token of the phone", key.public(), &CNONCE).unwrap(), sealed);
    let answer = EncryptedAnswer::parse(&sealed).unwrap();
    assert!(answer.answers(&CNONCE) && !answer.answers(&[8; 16]));
    assert_eq!(key.open(&answer).unwrap(), b"a token of the phone");
}

#[test]
fn another_key_does_not_open_it() {
    let (key, other) = (AnswerKey::generate().unwrap(), AnswerKey::generate().unwrap());
    let sealed = encrypt(b"token", key.public(), &CNONCE).unwrap();
    let answer = EncryptedAnswer::parse(&sealed).unwrap();
    assert_eq!(other.open(&answer), Err(EncryptionError::Unreadable));
}

#[test]
fn every_changed_byte_is_refused() {
    let length = encrypt(b"token", AnswerKey::generate().unwrap().public(), &CNONCE).unwrap().len();
    for at in 0..length {
        let key = AnswerKey::generate().unwrap();
        let mut sealed = encrypt(b"token", key.public(), &CNONCE).unwrap();
        sealed[at] ^= 1;
        let opened = EncryptedAnswer::parse(&sealed).and_then(|answer| key.open(&answer));
        assert!(opened.is_err(), "byte {at}");
    }
}

#[test]
fn an_answer_longer_than_any_code_is_refused_unread() {
    let key = AnswerKey::generate().unwrap();
    let overhead = encrypt(b"", key.public(), &CNONCE).unwrap().len();
    // A length above 255 takes two bytes more.
    let sealed = |length: usize| encrypt(&vec![7; length], key.public(), &CNONCE).unwrap();
    let longest = sealed(LONGEST - overhead - 2);
    assert_eq!(longest.len(), LONGEST);
    assert!(EncryptedAnswer::parse(&longest).is_ok());
    let longer = sealed(LONGEST - overhead - 1);
    assert_eq!(EncryptedAnswer::parse(&longer).unwrap_err(), EncryptionError::WrongType);
    assert!(EncryptedAnswer::parse(&sealed(LONGEST)).is_err());
}

#[test]
fn a_key_shows_nothing_of_itself() {
    assert_eq!(format!("{:?}", AnswerKey::generate().unwrap()), "AnswerKey");
}

#[test]
fn refuses_other_headers_and_algorithms_by_name() {
    let key = AnswerKey::generate().unwrap();
    let ek = key.public().uncompressed();
    let token = |protected: &dyn Fn(&mut Encoder), unprotected: &dyn Fn(&mut Encoder)| {
        let mut inner = Encoder::new();
        protected(&mut inner);
        let mut out = Encoder::new();
        out.tag(ENCRYPT0).array(3).bytes(&inner.finish());
        unprotected(&mut out);
        out.bytes(&[0; 20]);
        EncryptedAnswer::parse(&out.finish()).map(drop)
    };
    let good = |e: &mut Encoder| written(e.map(2).int(1).int(35).int(4).bytes(&[7; 8]));
    let with_ek = |e: &mut Encoder| written(e.map(1).int(-4).bytes(ek));
    assert_eq!(token(&good, &with_ek), Ok(()));
    let wrong = |e: &mut Encoder| written(e.map(2).int(1).int(37).int(4).bytes(&[7; 8]));
    assert_eq!(token(&wrong, &with_ek), Err(EncryptionError::WrongAlgorithm));
    let no_kid = |e: &mut Encoder| written(e.map(1).int(1).int(35));
    assert_eq!(token(&no_kid, &with_ek), Err(EncryptionError::Header(4)));
    let critical =
        |e: &mut Encoder| written(e.map(3).int(1).int(35).int(2).array(1).int(9).int(4).bytes(&[7; 8]));
    assert_eq!(token(&critical, &with_ek), Err(EncryptionError::Header(2)));
    let no_ek = |e: &mut Encoder| written(e.map(0));
    assert_eq!(token(&good, &no_ek), Err(EncryptionError::Header(-4)));
    let off_curve = |e: &mut Encoder| written(e.map(1).int(-4).bytes(&[4; 65]));
    assert_eq!(token(&good, &off_curve), Err(EncryptionError::Header(-4)));
    let padded = |e: &mut Encoder| written(e.map(2).int(99).int(0).int(-4).bytes(ek));
    assert_eq!(token(&good, &padded), Err(EncryptionError::Header(99)));
    assert_eq!(EncryptedAnswer::parse(&[0xd2, 0x84]).map(drop), Err(EncryptionError::WrongType));
}

/// The draft's own examples: a private key is given, so the agreement is made by other code than in use.
#[test]
fn cose_hpke_vectors() {
    crate::vectors::for_each("qr/cose-hpke", |name, case| {
        let field = |field: &str| hex::decode(case[field].as_str().unwrap()).unwrap();
        let token = field("token");
        let parts: Vec<_> = Item::parse(&token, Profile::Interoperable)
            .unwrap()
            .as_tag()
            .unwrap()
            .1
            .as_array()
            .unwrap()
            .collect();
        let ek = parts[1].as_map().unwrap().get_int(EK).unwrap().as_bytes().unwrap();
        let sender = p256::PublicKey::from_sec1_bytes(ek).unwrap();
        let private = p256::NonZeroScalar::try_from(&field("d")[..]).unwrap();
        let agreed = (sender.to_projective() * *private).to_affine().to_sec1_point(false);
        let recipient = PublicKey::from_coordinates(&field("x"), &field("y")).unwrap();
        let mut aad = Encoder::new();
        aad.array(3).text("Encrypt0").bytes(parts[0].as_bytes().unwrap()).bytes(&field("external_aad"));
        let context = Context::new(agreed.x().unwrap(), ek, recipient.uncompressed(), &field("info"));
        let plain = context.open(&aad.finish(), parts[2].as_bytes().unwrap());
        assert_eq!(plain.unwrap(), field("plaintext"), "{name}");
    });
}
