//! Chip Authentication with a server's ephemeral key: the reader in between can invent nothing.
use std::path::{Path, PathBuf};

use card::{
    AccessKey, AccessPolicy, Can, CscaAnchors, FileId, ReadError, ReadRequest, RemoteChallenge,
    RemoteChipAuthentication, RemoteError, Unwatched, VerifiedDocument, answer_remote_challenge, read_card,
};
use sandbox::chip::{Chip, ChipTransport};
use trust::random::SystemRandom;
use trust::secret::Secret;
use trust::time::Timestamp;

const A: (&str, &str) = ("a_bp512_explicit_2021", "012345");
const B: (&str, &str) = ("b_bp384_named_2024", "067891");

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../vectors/emrtd/vn_cccd").join(name)
}

fn key(can: &str) -> AccessKey {
    AccessKey::Can(Can::parse(can).unwrap())
}

fn chip(name: &str) -> ChipTransport {
    ChipTransport::new(Chip::from_folder(&folder(name)).unwrap())
}

fn proven(name: &str, can: &str) -> VerifiedDocument {
    let request = ReadRequest { chip_authentication: false, ..ReadRequest::default() };
    let mut random = SystemRandom::new();
    let reading = read_card(&mut chip(name), &key(can), &request, &mut random, &Unwatched).unwrap();
    let csca = CscaAnchors::from_der(&std::fs::read(folder(name).join("csca.cer")).unwrap()).unwrap();
    reading.verify(&csca, Timestamp::parse_rfc3339("2025-06-01T00:00:00Z").unwrap()).unwrap()
}

fn dg14(document: &VerifiedDocument) -> &[u8] {
    &document.files()[&FileId::Dg(14)]
}

fn answer(chip: &mut ChipTransport, can: &str, challenge: &RemoteChallenge) -> Result<Vec<u8>, ReadError> {
    let mut random = SystemRandom::new();
    let policy = AccessPolicy::default();
    answer_remote_challenge(chip, &key(can), policy, challenge, &mut random, &Unwatched)
}

#[test]
fn a_genuine_chip_proves_itself_to_a_server() {
    for (name, can) in [A, B] {
        let document = proven(name, can);
        let (kept, challenge) =
            RemoteChipAuthentication::begin(dg14(&document), &mut SystemRandom::new()).unwrap();
        let response = answer(&mut chip(name), can, &challenge).unwrap();
        kept.verify(&document, &response).unwrap();
        // From what the server stored it comes to the same.
        let private_key = Secret::new(kept.private_key().expose().clone());
        let (again, same) = RemoteChipAuthentication::with_private_key(dg14(&document), private_key).unwrap();
        assert_eq!(same, challenge);
        again.verify(&document, &response).unwrap();
        for position in 0..response.len() - 2 {
            let mut changed = response.clone();
            changed[position] ^= 1;
            assert_eq!(kept.verify(&document, &changed), Err(RemoteError::NotProven), "octet {position}");
        }
    }
}

#[test]
fn an_answer_to_another_challenge_proves_nothing() {
    let (name, can) = B;
    let document = proven(name, can);
    let begin = || RemoteChipAuthentication::begin(dg14(&document), &mut SystemRandom::new()).unwrap();
    let (_, first) = begin();
    let (second, _) = begin();
    let response = answer(&mut chip(name), can, &first).unwrap();
    assert_eq!(second.verify(&document, &response), Err(RemoteError::NotProven));
    assert_eq!(second.verify(&document, &[0x90, 0x00]), Err(RemoteError::NotProven));
    assert_eq!(second.verify(&document, &[]), Err(RemoteError::NotProven));
}

#[test]
fn the_challenge_of_one_document_does_not_prove_another() {
    let (mine, other) = (proven(B.0, B.1), proven(A.0, A.1));
    let (kept, challenge) = RemoteChipAuthentication::begin(dg14(&mine), &mut SystemRandom::new()).unwrap();
    let response = answer(&mut chip(B.0), B.1, &challenge).unwrap();
    assert_eq!(kept.verify(&other, &response), Err(RemoteError::OtherDocument));
}

#[test]
fn a_copy_with_another_key_is_found_out() {
    let (name, can) = B;
    let document = proven(name, can);
    let other = std::fs::read(folder(A.0).join("keys/ca_pkcs8.der")).unwrap();
    let copy = Chip::from_folder(&folder(name)).unwrap().with_keys(None, Some(&other)).unwrap();
    let (kept, challenge) =
        RemoteChipAuthentication::begin(dg14(&document), &mut SystemRandom::new()).unwrap();
    let response = answer(&mut ChipTransport::new(copy), can, &challenge).unwrap();
    assert_eq!(kept.verify(&document, &response), Err(RemoteError::NotProven));
    let bare = Chip::from_folder(&folder(name)).unwrap().with_keys(None, None).unwrap();
    let outcome = answer(&mut ChipTransport::new(bare), can, &challenge);
    assert_eq!(outcome, Err(ReadError::ChipNotGenuine));
}

#[test]
fn there_is_no_challenge_without_a_key() {
    let random = &mut SystemRandom::new();
    let without = [0x6e, 0x02, 0x31, 0x00];
    assert_eq!(RemoteChipAuthentication::begin(&without, random).unwrap_err(), RemoteError::NotSupported);
    assert!(matches!(RemoteChipAuthentication::begin(&[], random), Err(RemoteError::Malformed(_))));
}
