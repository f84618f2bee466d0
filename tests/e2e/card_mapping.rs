//! PACE with chip authentication mapping: what it proves, and that a forged proof proves nothing.
use card::curve::{BRAINPOOL_P256R1, P384};
use card::{
    AccessKey, AccessProtocol, Can, CardReading, CardTransport, ChipOutcome, CscaAnchors, FileId, ReadError,
    ReadRequest, TransportError, Unwatched, read_card,
};
use sandbox::chip::{Chip, ChipTransport, Content, FileName, Mapping, Suite};
use sandbox::factory::{Authority, CardOrder, Pace, Person, Protocols, Sex};
use trust::random::SystemRandom;
use trust::time::Timestamp;

/// The last answer of PACE with one octet of the object 8A changed.
struct Forged {
    inner: ChipTransport,
    octet: usize,
}

impl CardTransport for Forged {
    fn max_command_len(&self) -> usize {
        self.inner.max_command_len()
    }

    fn transceive(&mut self, command: &[u8]) -> Result<Vec<u8>, TransportError> {
        let mut answer = self.inner.transceive(command)?;
        if command.starts_with(&[0x00, 0x86, 0x00, 0x00]) {
            // 7C length 86 08 token 8A length proof.
            let proof = answer.windows(1).position(|octet| octet[0] == 0x86).unwrap() + 12;
            answer[proof + self.octet] ^= 1;
        }
        Ok(answer)
    }
}

fn at() -> Timestamp {
    Timestamp::parse_rfc3339("2025-06-01T00:00:00Z").unwrap()
}

fn card(authority: &Authority, pace: Vec<Pace>) -> Chip {
    let birth = "2004-12-31".parse().unwrap();
    let person = Person::new("000204067891", "Đặng Quốc Ưu", birth, Sex::Male);
    let chip_curve = if pace[0].parameter == 15 { &P384 } else { &BRAINPOOL_P256R1 };
    let order = CardOrder::new(person, "2024-09-02".parse().unwrap()).with_protocols(Protocols {
        pace,
        chip_curve,
        ..Protocols::default()
    });
    order.make(authority, at(), &mut SystemRandom::new()).unwrap().chip().unwrap()
}

fn read(transport: &mut dyn CardTransport) -> Result<CardReading, ReadError> {
    let key = AccessKey::Can(Can::parse("067891").unwrap());
    read_card(transport, &key, &ReadRequest::default(), &mut SystemRandom::new(), &Unwatched)
}

fn mapping(parameter: u8, suite: Suite) -> Pace {
    Pace { mapping: Mapping::ChipAuthentication, suite, parameter }
}

#[test]
fn the_mapping_is_taken_where_a_card_offers_it_and_spares_chip_authentication() {
    let authority = Authority::generate(at()).unwrap();
    let csca = CscaAnchors::from_der(authority.csca_certificate()).unwrap();
    let generic = Pace { mapping: Mapping::Generic, suite: Suite::Aes128, parameter: 13 };
    for pace in [
        vec![generic, mapping(13, Suite::Aes128)],
        vec![mapping(15, Suite::Aes256), mapping(15, Suite::Aes128)],
    ] {
        let suite = if pace.len() == 2 && pace[0] == generic { "aes-128" } else { "aes-256" };
        let reading = read(&mut ChipTransport::new(card(&authority, pace))).unwrap();
        let access = reading.access().unwrap();
        assert_eq!((access.protocol, access.cipher.name()), (AccessProtocol::PaceCam, suite));
        assert!(reading.files().contains_key(&FileId::CardSecurity));
        assert_eq!(reading.verify(&csca, at()).unwrap().chip(), ChipOutcome::AssertedByReader);
    }
}

#[test]
fn a_forged_proof_of_the_mapping_is_found_out() {
    let authority = Authority::generate(at()).unwrap();
    for octet in [0, 15, 16, 31, 32, 47] {
        let inner = ChipTransport::new(card(&authority, vec![mapping(13, Suite::Aes128)]));
        let error = read(&mut Forged { inner, octet }).unwrap_err();
        let told = [ReadError::ChipNotGenuine, ReadError::AccessMalformed];
        assert!(told.contains(&error), "octet {octet}: {error:?}");
    }
}

#[test]
fn a_key_that_no_believed_country_signed_is_not_proven_by_the_mapping() {
    let (authority, stranger) = (Authority::generate(at()).unwrap(), Authority::generate(at()).unwrap());
    let csca = CscaAnchors::from_der(authority.csca_certificate()).unwrap();
    // A cloner's chip: the data of a genuine card, EF.CardSecurity and the key of the cloner's own.
    let genuine = card(&authority, vec![mapping(13, Suite::Aes128)]);
    let mut clone = card(&stranger, vec![mapping(13, Suite::Aes128)]);
    for name in [FileName::COM, FileName::SOD].into_iter().chain((1..=16).map(FileName::data_group)) {
        if genuine.files().get(name).is_some() {
            let octets = genuine.files().octets(name).to_vec();
            clone = clone.with_file(name, Content::Octets(octets));
        }
    }
    let refused = read(&mut ChipTransport::new(clone)).unwrap().verify(&csca, at()).unwrap_err();
    assert!(matches!(refused.chip, ChipOutcome::Failed(_)), "{:?}", refused.chip);
}

#[test]
fn a_card_security_that_is_missing_or_another_cards_ends_the_reading() {
    let authority = Authority::generate(at()).unwrap();
    let new = || card(&authority, vec![mapping(13, Suite::Aes128)]);
    let other = new().files().octets(FileName::CARD_SECURITY).to_vec();
    let swapped = new().with_file(FileName::CARD_SECURITY, Content::Octets(other));
    assert_eq!(read(&mut ChipTransport::new(swapped)).unwrap_err(), ReadError::ChipNotGenuine);
    let empty = new().with_file(FileName::CARD_SECURITY, Content::Octets(vec![0x30, 0x00]));
    let error = read(&mut ChipTransport::new(empty)).unwrap_err();
    assert_eq!(error, ReadError::Malformed(FileId::CardSecurity));
}
