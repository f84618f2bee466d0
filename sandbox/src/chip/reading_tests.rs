//! Whole conversations: the reader of the card crate on one side, the chip on the other, each with its own secure
//! messaging and its own protocol steps.
use std::path::PathBuf;
use std::sync::Mutex;

use card::{
    AccessKey, AccessPolicy, AccessProtocol, Can, CardReading, ChipOutcome, CscaAnchors, FileId, MrzKey,
    PassiveOutcome, ProgressListener, ReadError, ReadRequest, ReadStep, Reason, TransportError, Unwatched,
    read_card,
};
use trust::random::SystemRandom;
use trust::time::Timestamp;

use super::*;
use crate::factory::{ActiveKeyChoice, Authority, CardOrder, Pace, Person, Protocols, Sex};

const CHALLENGE: [u8; 8] = [1, 2, 3, 4, 5, 6, 7, 8];

/// Folder, card access number, and document number, birth and expiry.
const CARDS: [(&str, &str, [&str; 3]); 2] = [
    ("a_bp512_explicit_2021", "012345", ["199012345", "990101", "390101"]),
    ("b_bp384_named_2024", "067891", ["204067891", "041231", "291231"]),
];

fn folder(name: &str) -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/vectors/emrtd/vn_cccd")).join(name)
}

fn card_b() -> Chip {
    Chip::from_folder(&folder(CARDS[1].0)).unwrap()
}

fn can(digits: &str) -> AccessKey {
    AccessKey::Can(Can::parse(digits).unwrap())
}

fn request() -> ReadRequest {
    ReadRequest { active_challenge: Some(CHALLENGE), ..ReadRequest::default() }
}

fn read(transport: &mut ChipTransport, key: &AccessKey) -> Result<CardReading, ReadError> {
    read_card(transport, key, &request(), &mut SystemRandom::new(), &Unwatched)
}

fn read_chip(chip: Chip) -> Result<CardReading, ReadError> {
    read(&mut ChipTransport::new(chip), &can(CARDS[1].1))
}

fn at() -> Timestamp {
    Timestamp::parse_rfc3339("2025-06-01T00:00:00Z").unwrap()
}

fn anchors(name: &str) -> CscaAnchors {
    CscaAnchors::from_der(&std::fs::read(folder(name).join("csca.cer")).unwrap()).unwrap()
}

fn assert_same_files(reading: &CardReading, name: &str) {
    for (file, octets) in reading.files() {
        let path = folder(name).join(format!("{}.bin", file.file_stem()));
        assert_eq!(*octets, std::fs::read(path).unwrap(), "{file}");
    }
}

/// Person b again, on a card of the factory.
fn order() -> CardOrder {
    let birth = "2004-12-31".parse().unwrap();
    let person = Person::new("000204067891", "Đặng Quốc Ưu", birth, Sex::Male);
    CardOrder::new(person, "2024-09-02".parse().unwrap())
}

fn new_card(protocols: Protocols) -> (Chip, CscaAnchors) {
    let authority = Authority::generate(at()).unwrap();
    let order = order().with_protocols(protocols);
    let card = order.make(&authority, at(), &mut SystemRandom::new()).unwrap();
    (card.chip().unwrap(), CscaAnchors::from_der(card.csca_certificate()).unwrap())
}

#[test]
fn every_key_opens_both_cards_and_both_are_proven() {
    for (name, digits, [document, birth, expiry]) in CARDS {
        let mrz = || AccessKey::Mrz(MrzKey::from_fields(document, birth, expiry).unwrap());
        let ways = [
            (can(digits), AccessPolicy::PaceOnly, AccessProtocol::PaceGm),
            (mrz(), AccessPolicy::PaceOnly, AccessProtocol::PaceGm),
            (mrz(), AccessPolicy::BacOnly, AccessProtocol::Bac),
        ];
        for (key, policy, protocol) in ways {
            let mut transport = ChipTransport::new(Chip::from_folder(&folder(name)).unwrap());
            let request = ReadRequest { policy, ..request() };
            let reading =
                read_card(&mut transport, &key, &request, &mut SystemRandom::new(), &Unwatched).unwrap();
            assert_eq!(reading.access().unwrap().protocol, protocol);
            assert_same_files(&reading, name);
            let document = reading.verify(&anchors(name), at()).unwrap();
            assert_eq!(document.active(), ChipOutcome::Verified);
            assert_eq!(document.chip(), ChipOutcome::AssertedByReader);
            assert_eq!(transport.chip().failed_attempts(), 0);
            println!("{name} {}: {} APDUs", protocol.name(), reading.apdus());
            assert!(reading.apdus() <= 40);
        }
    }
}

#[test]
fn a_wrong_access_key_is_tried_once() {
    let mut transport = ChipTransport::new(card_b());
    assert_eq!(read(&mut transport, &can("000000")).unwrap_err(), ReadError::WrongAccessKey);
    assert_eq!(transport.chip().failed_attempts(), 1);
    let wrong = AccessKey::Mrz(MrzKey::from_fields("204067891", "041231", "301231").unwrap());
    let request = ReadRequest { policy: AccessPolicy::BacOnly, ..request() };
    let outcome = read_card(&mut transport, &wrong, &request, &mut SystemRandom::new(), &Unwatched);
    assert_eq!(outcome.unwrap_err(), ReadError::WrongAccessKey);
    assert_eq!(transport.chip().failed_attempts(), 2);
}

#[test]
fn a_tag_lost_at_any_command_is_told_as_that_and_the_card_reads_again() {
    let commands = read_chip(card_b()).unwrap().apdus() as usize;
    for number in 1..=commands {
        let mut transport = ChipTransport::new(card_b().with_faults(FaultPlan::lose_tag_at(number)));
        let outcome = read(&mut transport, &can(CARDS[1].1));
        assert_eq!(outcome.unwrap_err(), ReadError::Transport(TransportError::TagLost), "{number}");
        assert_eq!(read(&mut transport, &can(CARDS[1].1)).unwrap_err(), TransportError::TagLost.into());
        transport.reconnect();
        if number % 7 == 0 {
            assert!(read(&mut transport, &can(CARDS[1].1)).is_ok(), "{number}");
        }
    }
}

#[test]
fn a_wrong_checksum_in_any_answer_ends_the_reading() {
    let commands = read_chip(card_b()).unwrap().apdus() as usize;
    let opened = first_protected_command();
    for number in opened..=commands {
        let chip = card_b().with_faults(FaultPlan::none().at(number, Fault::WrongMac));
        let outcome = read_chip(chip).unwrap_err();
        let told = matches!(outcome, ReadError::Messaging(_) | ReadError::ChipNotGenuine);
        assert!(told, "{number}: {outcome:?}");
    }
}

#[test]
fn a_status_word_in_the_clear_never_yields_another_file() {
    let opened = first_protected_command();
    for word in [0x6700, 0x6982, 0x6988, 0x6f00].map(StatusWord) {
        // Once: the reader may open the chip again and go on. For ever: it must give up.
        let once = FaultPlan::none().at(opened + 2, Fault::Status(word));
        if let Ok(reading) = read_chip(card_b().with_faults(once)) {
            assert_same_files(&reading, CARDS[1].0);
        }
        let stubborn = FaultPlan::none().starting_at(opened + 2, Fault::Status(word));
        let mut transport = ChipTransport::new(card_b().with_faults(stubborn));
        assert!(read(&mut transport, &can(CARDS[1].1)).is_err());
        assert!(transport.chip().commands() < 100);
        assert_eq!(transport.chip().failed_attempts(), 0);
    }
}

/// The command after PACE's last.
fn first_protected_command() -> usize {
    let mut transport = ChipTransport::new(card_b());
    let steps = Steps::default();
    let key = can(CARDS[1].1);
    read_card(&mut transport, &key, &request(), &mut SystemRandom::new(), &steps).unwrap();
    let commands_of_pace = transport.chip().first_protected.unwrap();
    assert!(commands_of_pace > 5);
    assert_eq!(steps.0.lock().unwrap().last(), Some(&ReadStep::Finished));
    commands_of_pace
}

#[derive(Default)]
struct Steps(Mutex<Vec<ReadStep>>);

impl ProgressListener for Steps {
    fn step(&self, step: ReadStep) {
        self.0.lock().unwrap().push(step);
    }
}

#[test]
fn readers_and_chips_of_short_lengths_read_the_same_files() {
    for (behaviour, max_command_len) in
        [(Behaviour::default(), 261), (Behaviour::short_only(), 261), (Behaviour::short_only(), 65_544)]
    {
        let chip = card_b().with_behaviour(behaviour);
        let mut transport = ChipTransport::new(chip).with_max_command_len(max_command_len);
        let reading = read(&mut transport, &can(CARDS[1].1)).unwrap();
        assert_same_files(&reading, CARDS[1].0);
        assert!(reading.verify(&anchors(CARDS[1].0), at()).is_ok());
        println!("short lengths: {} APDUs", reading.apdus());
    }
}

#[test]
fn a_chip_that_announces_its_lengths_is_read_in_fewer_commands() {
    let plain = read_chip(card_b()).unwrap();
    let announcing = read_chip(card_b().announcing_lengths(32_768, 32_768)).unwrap();
    assert_same_files(&plain, CARDS[1].0);
    assert!(announcing.apdus() < plain.apdus(), "{} {}", announcing.apdus(), plain.apdus());
}

#[test]
fn short_reads_and_silent_ends_of_file_lose_nothing() {
    let stutter = FaultPlan::none().on_instruction(0xb0, Fault::ShortRead(200));
    let silent = Behaviour { end_of_file_warning: false, master_selectable: true, ..Behaviour::default() };
    for chip in [card_b().with_faults(stutter), card_b().with_behaviour(silent)] {
        assert_same_files(&read_chip(chip).unwrap(), CARDS[1].0);
    }
}

#[test]
fn hostile_lengths_are_refused_without_reading_on() {
    for head in [&[0x6d, 0x84, 0xff, 0xff, 0xff, 0xff][..], &[0x6d, 0x83, 0x7f, 0xff, 0xff]] {
        let chip = card_b().with_file(FileName::data_group(13), Content::Endless(head.to_vec()));
        let mut transport = ChipTransport::new(chip);
        let outcome = read(&mut transport, &can(CARDS[1].1)).unwrap_err();
        assert_eq!(outcome, ReadError::TooLarge(FileId::Dg(13)));
        assert!(transport.chip().commands() < 40);
    }
    let empty = card_b().with_file(FileName::data_group(13), Content::Octets(Vec::new()));
    assert!(matches!(read_chip(empty).unwrap_err(), ReadError::File { .. } | ReadError::Malformed(_)));
}

#[test]
fn a_data_group_that_ends_before_its_length_is_refused_by_name() {
    let portrait = std::fs::read(folder(CARDS[1].0).join("EF_DG2.bin")).unwrap();
    let cut = portrait[..portrait.len() / 2].to_vec();
    let claims = [&[0x6d, 0x82, 0xff, 0xff][..], &[0x30; 200]].concat();
    for (number, octets) in [(2, cut), (13, claims)] {
        let chip = card_b().with_file(FileName::data_group(number), Content::Octets(octets));
        let mut transport = ChipTransport::new(chip);
        let outcome = read(&mut transport, &can(CARDS[1].1)).unwrap_err();
        let told = match outcome {
            ReadError::File { file, .. } | ReadError::Malformed(file) => file == FileId::Dg(number),
            _ => false,
        };
        assert!(told, "{outcome:?}");
        assert!(transport.chip().commands() < 60);
    }
}

#[test]
fn a_portrait_longer_than_any_real_one_is_refused_without_reading_on() {
    let head = vec![0x75, 0x83, 0x04, 0x00, 0x01];
    let chip = card_b().with_file(FileName::data_group(2), Content::Endless(head));
    let mut transport = ChipTransport::new(chip);
    assert_eq!(read(&mut transport, &can(CARDS[1].1)).unwrap_err(), ReadError::TooLarge(FileId::Dg(2)));
    assert!(transport.chip().commands() < 40);
}

#[test]
fn a_copied_chip_without_its_keys_is_found_out() {
    let other = std::fs::read(folder(CARDS[0].0).join("keys/ca_pkcs8.der")).unwrap();
    let own = std::fs::read(folder(CARDS[1].0).join("keys/aa_pkcs8.der")).unwrap();
    let copy = card_b().with_keys(Some(&own), Some(&other)).unwrap();
    assert_eq!(read_chip(copy).unwrap_err(), ReadError::ChipNotGenuine);
    let authority = Authority::generate(at()).unwrap();
    let order = order();
    let genuine = order.make(&authority, at(), &mut SystemRandom::new()).unwrap();
    let forged = order.make(&authority, at(), &mut SystemRandom::new()).unwrap();
    let anchors = CscaAnchors::from_der(authority.csca_certificate()).unwrap();
    let document = read_chip(genuine.chip().unwrap()).unwrap().verify(&anchors, at()).unwrap();
    assert_eq!((document.name().as_str(), document.active()), ("Đặng Quốc Ưu", ChipOutcome::Verified));
    let mut chip = genuine.chip().unwrap();
    chip.active = forged.chip().unwrap().active;
    let unproven = read_chip(chip).unwrap().verify(&anchors, at()).unwrap_err();
    assert!(matches!(unproven.active, ChipOutcome::Failed(_)));
}

#[test]
fn active_authentication_works_with_every_kind_of_key() {
    use card::curve::{BRAINPOOL_P256R1, BRAINPOOL_P512R1, P224, P384, P521};
    let choices = [
        (ActiveKeyChoice::Ecdsa(&P224), Behaviour::default()),
        (ActiveKeyChoice::Ecdsa(&P384), Behaviour { ecdsa_der: true, ..Behaviour::default() }),
        (ActiveKeyChoice::Ecdsa(&P521), Behaviour::default()),
        (ActiveKeyChoice::Ecdsa(&BRAINPOOL_P256R1), Behaviour { ecdsa_der: true, ..Behaviour::default() }),
        (ActiveKeyChoice::Ecdsa(&BRAINPOOL_P512R1), Behaviour::default()),
        (ActiveKeyChoice::NewRsa(1024), Behaviour { rsa_hash: Hash::Sha224, ..Behaviour::default() }),
        (ActiveKeyChoice::NewRsa(1280), Behaviour { rsa_hash: Hash::Sha256, ..Behaviour::default() }),
        (ActiveKeyChoice::NewRsa(2048), Behaviour { rsa_hash: Hash::Sha512, ..Behaviour::default() }),
    ];
    for (active, behaviour) in choices {
        let protocols = Protocols { active: active.clone(), ..Protocols::default() };
        let (chip, anchors) = new_card(protocols);
        let document = read_chip(chip.with_behaviour(behaviour)).unwrap().verify(&anchors, at()).unwrap();
        assert_eq!(document.active(), ChipOutcome::Verified, "{active:?}");
    }
}

/// A key for tests, made by OpenSSL.
const RSA_4096: &[u8] = include_bytes!("rsa4096_test_only.der");

#[test]
fn an_answer_of_4096_bits_is_proven_where_it_goes_through_and_is_not_done_elsewhere() {
    let active = ActiveKeyChoice::Rsa(RSA_4096.to_vec());
    let behaviour = Behaviour { rsa_hash: Hash::Sha384, ..Behaviour::default() };
    let (chip, anchors) = new_card(Protocols { active, ..Protocols::default() });
    let mut transport = ChipTransport::new(chip.with_behaviour(behaviour));
    let proven = |transport: &mut ChipTransport| {
        let document = read(transport, &can(CARDS[1].1)).unwrap().verify(&anchors, at());
        document.map(|document| document.active()).map_err(|refused| refused.active)
    };
    assert_eq!(proven(&mut transport), Ok(ChipOutcome::Verified));
    transport.reconnect();
    let mut short = transport.with_max_command_len(261);
    assert_eq!(proven(&mut short), Ok(ChipOutcome::NotDone));
    // Where the answer would go through, a refusal is one.
    short.reconnect();
    let mut refusing = short.with_max_command_len(65_544);
    refusing.chip_mut().active = None;
    assert_eq!(proven(&mut refusing), Err(ChipOutcome::Failed(Reason::SignatureInvalid)));
}

#[test]
fn a_copy_that_pretends_to_short_lengths_fails_where_the_transport_carries_the_answer() {
    let active = ActiveKeyChoice::NewRsa(2048);
    let (genuine, anchors) = new_card(Protocols { active, ..Protocols::default() });
    let mut copy = genuine.with_behaviour(Behaviour::short_only());
    copy.active = None;
    let refused = read_chip(copy).unwrap().verify(&anchors, at()).unwrap_err();
    assert_eq!(refused.active, ChipOutcome::Failed(Reason::SignatureInvalid));
}

#[test]
fn chip_authentication_works_with_every_cipher_and_curve() {
    use card::curve::{BRAINPOOL_P512R1, P224, P256, P521};
    for (chip, chip_curve) in [
        (Suite::TripleDes, &P224),
        (Suite::Aes128, &P256),
        (Suite::Aes192, &P521),
        (Suite::Aes256, &BRAINPOOL_P512R1),
    ] {
        let (chip, anchors) = new_card(Protocols { chip, chip_curve, ..Protocols::default() });
        let document = read_chip(chip).unwrap().verify(&anchors, at()).unwrap();
        assert_eq!(document.chip(), ChipOutcome::AssertedByReader);
    }
}

#[test]
fn chip_authentication_works_in_every_prime_field_that_goes_through_the_transport() {
    let fields = [(0, Suite::TripleDes), (0, Suite::Aes256), (1, Suite::Aes128), (2, Suite::Aes192)];
    for (field, suite) in fields {
        let new = || new_card(Protocols { chip: suite, chip_field: Some(field), ..Protocols::default() });
        let (chip, anchors) = new();
        let document = read_chip(chip).unwrap().verify(&anchors, at()).unwrap();
        assert_eq!(document.chip(), ChipOutcome::AssertedByReader, "{field}");
        // The same files without the key.
        let (mut copy, _) = new();
        copy.static_key = new().0.static_key;
        assert_eq!(read_chip(copy).unwrap_err(), ReadError::ChipNotGenuine, "{field}");
        // A public key of 2,048 bits goes into no short command.
        let (chip, anchors) = new();
        let mut short =
            ChipTransport::new(chip.with_behaviour(Behaviour::short_only())).with_max_command_len(261);
        let document = read(&mut short, &can(CARDS[1].1)).unwrap().verify(&anchors, at()).unwrap();
        let expected = if field == 0 { ChipOutcome::AssertedByReader } else { ChipOutcome::NotDone };
        assert_eq!(document.chip(), expected, "{field}");
    }
}

#[test]
fn a_card_access_that_lacks_a_signed_protocol_is_found_out() {
    let strong = Pace { mapping: Mapping::Generic, suite: Suite::Aes256, parameter: 13 };
    let weak = Pace { mapping: Mapping::Generic, suite: Suite::TripleDes, parameter: 13 };
    let (chip, anchors) = new_card(Protocols { pace: vec![strong, weak], ..Protocols::default() });
    let (only_weak, _) = new_card(Protocols { pace: vec![weak], ..Protocols::default() });
    let weak_offer = only_weak.files().octets(FileName::CARD_ACCESS).to_vec();
    let stripped = chip.with_file(FileName::CARD_ACCESS, Content::Octets(weak_offer));
    let reading = read_chip(stripped).unwrap();
    assert_eq!(reading.access().unwrap().cipher.name(), "3des");
    let refused = reading.verify(&anchors, at()).unwrap_err();
    assert_eq!(refused.passive, PassiveOutcome::Failed(Reason::DataGroupsDisagree));
}

#[test]
fn a_card_that_hides_the_pace_it_signed_is_not_read_by_basic_access_unless_that_was_asked_for() {
    let key = AccessKey::Mrz(MrzKey::from_fields("204067891", "041231", "291231").unwrap());
    let chip_offer = new_card(Protocols { pace: Vec::new(), ..Protocols::default() }).0;
    let chip_offer = chip_offer.files().octets(FileName::CARD_ACCESS).to_vec();
    // Nothing is there, or nothing of PACE in it.
    for hidden in [Vec::new(), chip_offer] {
        let (chip, anchors) = new_card(Protocols::default());
        let mut transport =
            ChipTransport::new(chip.with_file(FileName::CARD_ACCESS, Content::Octets(hidden)));
        assert_eq!(read(&mut transport, &key).unwrap_err(), ReadError::AccessDowngraded);
        transport.reconnect();
        let asked = ReadRequest { policy: AccessPolicy::BacOnly, ..request() };
        let reading = read_card(&mut transport, &key, &asked, &mut SystemRandom::new(), &Unwatched).unwrap();
        assert_eq!(reading.access().unwrap().protocol, AccessProtocol::Bac);
        assert!(reading.verify(&anchors, at()).is_ok());
    }
}

#[test]
fn pace_works_with_every_mapping_cipher_and_group() {
    let suites = [Suite::TripleDes, Suite::Aes128, Suite::Aes192, Suite::Aes256];
    let mut ways = Vec::new();
    for (parameter, suite) in (0..=2).chain(8..=18).zip(suites.into_iter().cycle()) {
        ways.push(Pace { mapping: Mapping::Generic, suite, parameter });
        if parameter != 10 {
            ways.push(Pace { mapping: Mapping::Integrated, suite, parameter });
        }
    }
    for pace in ways {
        let protocols = Protocols { pace: vec![pace], ..Protocols::default() };
        let (chip, anchors) = new_card(protocols);
        let reading = read_chip(chip).unwrap_or_else(|error| panic!("{pace:?}: {error:?}"));
        assert_ne!(reading.access().unwrap().protocol, AccessProtocol::Bac, "{pace:?}");
        assert!(reading.verify(&anchors, at()).is_ok(), "{pace:?}");
    }
}

#[test]
fn chip_authentication_mapping_proves_the_chip_within_pace() {
    use card::curve::{BRAINPOOL_P256R1, P384};
    let curves = [(13, &BRAINPOOL_P256R1, Suite::Aes128), (15, &P384, Suite::Aes256)];
    for (parameter, chip_curve, suite) in curves {
        let pace = vec![Pace { mapping: Mapping::ChipAuthentication, suite, parameter }];
        let (chip, anchors) = new_card(Protocols { pace, chip_curve, ..Protocols::default() });
        let document = read_chip(chip).unwrap().verify(&anchors, at()).unwrap();
        assert_eq!(document.chip(), ChipOutcome::AssertedByReader);
    }
}

#[test]
fn chip_authentication_mapping_of_a_country_that_is_not_believed_is_no_failure_of_the_chip() {
    let pace = vec![Pace { mapping: Mapping::ChipAuthentication, suite: Suite::Aes128, parameter: 13 }];
    let (chip, _) = new_card(Protocols { pace, ..Protocols::default() });
    let unproven = read_chip(chip).unwrap().verify(&CscaAnchors::new(), at()).unwrap_err();
    assert_eq!((unproven.passive.result(), unproven.chip), ("no_trust_anchor", ChipOutcome::NotDone));
}

#[test]
fn chip_authentication_mapping_with_another_key_is_found_out() {
    let pace = vec![Pace { mapping: Mapping::ChipAuthentication, suite: Suite::Aes128, parameter: 13 }];
    let protocols = Protocols { pace, ..Protocols::default() };
    let (mut copy, _) = new_card(protocols.clone());
    copy.static_key = new_card(protocols).0.static_key;
    assert_eq!(read_chip(copy).unwrap_err(), ReadError::ChipNotGenuine);
}

#[test]
fn a_card_without_pace_is_opened_by_bac() {
    let (chip, anchors) = new_card(Protocols { pace: Vec::new(), ..Protocols::default() });
    let key = AccessKey::Mrz(MrzKey::from_fields("204067891", "041231", "291231").unwrap());
    let reading = read(&mut ChipTransport::new(chip), &key).unwrap();
    assert_eq!(reading.access().unwrap().protocol, AccessProtocol::Bac);
    assert!(reading.verify(&anchors, at()).is_ok());
}
