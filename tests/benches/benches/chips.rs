//! The two cards of the vectors: how many commands each takes, opening a protected answer, and the curve of card a.
#![allow(clippy::unwrap_used, reason = "a bench stops where its world does not stand")]
use std::hint::black_box;
use std::path::{Path, PathBuf};

use aes::Aes128;
use card::messaging::{Cipher, SecureMessaging, SessionKeys, derive_key};
use card::passive::certificate::Certificate;
use card::signature::Verdict;
use card::{AccessKey, Can, ReadRequest, Unwatched, read_card};
use cbc::cipher::block_padding::NoPadding;
use cbc::cipher::{BlockModeDecrypt, BlockModeEncrypt, KeyIvInit};
use cbc::{Decryptor, Encryptor};
use cmac::{Cmac, KeyInit, Mac};
use sandbox::chip::{Behaviour, Chip, ChipTransport};
use sen_benches::{begin, count, time, time_alone};
use trust::random::SystemRandom;

const CARDS: [(&str, &str, &str); 2] =
    [("a", "a_bp512_explicit_2021", "012345"), ("b", "b_bp384_named_2024", "067891")];

fn main() {
    begin(
        "chips",
        "The two cards of the vectors: commands, opening a protected answer, the curve of card a.",
        &["curve.bp512-verify", "card.exchanges", "messaging.unprotect.aes-20k"],
    );
    exchanges();
    messaging();
    let csca = Certificate::parse(&file("a_bp512_explicit_2021", "csca.cer")).unwrap();
    time_alone("curve.bp512-verify", || assert_eq!(csca.verify_self_signed(), Verdict::Valid));
}

fn folder(card: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../vectors/emrtd/vn_cccd").join(card)
}

fn file(card: &str, name: &str) -> Vec<u8> {
    std::fs::read(folder(card).join(name)).unwrap()
}

/// A reading with both proofs of the chip.
fn exchanges() {
    let proven = ReadRequest { active_challenge: Some([7; 8]), ..ReadRequest::default() };
    for (name, card, can) in CARDS {
        let chip = || Chip::from_folder(&folder(card)).unwrap();
        let extended = commands(ChipTransport::new(chip()), can, &proven);
        count(&format!("card.exchanges.{name}.extended"), extended, "exchanges", None);
        let short = ChipTransport::new(chip().with_behaviour(Behaviour::short_only()));
        let short = commands(short.with_max_command_len(261), can, &proven);
        count(&format!("card.exchanges.{name}.short"), short, "exchanges", None);
    }
}

fn commands(mut transport: ChipTransport, can: &str, request: &ReadRequest) -> usize {
    let key = AccessKey::Can(Can::parse(can).unwrap());
    let random = &mut SystemRandom::new();
    let reading = read_card(&mut transport, &key, request, random, &Unwatched).unwrap();
    usize::try_from(reading.apdus()).unwrap()
}

/// Opening a protected answer of 20 KB, against its cipher and its checksum alone.
fn messaging() {
    let secret = [7; 32];
    let encryption = derive_key(Cipher::Aes128, &secret, 1).expose().clone();
    let checksum = derive_key(Cipher::Aes128, &secret, 2).expose().clone();
    let counter = 1_u128.to_be_bytes();
    let encrypt = |iv: &[u8], data: &[u8]| {
        let cipher = Encryptor::<Aes128>::new_from_slices(&encryption, iv).unwrap();
        cipher.encrypt_padded_vec::<NoPadding>(data)
    };
    let iv = encrypt(&[0; 16], &counter);
    let plain = vec![0x5a; 20_480];
    let mut padded = plain.clone();
    padded.push(0x80);
    padded.resize(20_496, 0);
    let encrypted = encrypt(&iv, &padded);
    let [high, low] = u16::try_from(encrypted.len() + 1).unwrap().to_be_bytes();
    let objects = [&[0x87, 0x82, high, low, 1][..], &encrypted, &[0x99, 2, 0x90, 0]].concat();
    let mut authenticated = [&counter[..], &objects, &[0x80]].concat();
    authenticated.resize(authenticated.len().next_multiple_of(16), 0);
    let mac = || <Cmac<Aes128> as KeyInit>::new_from_slice(&checksum).unwrap().chain_update(&authenticated);
    let answer =
        [&objects[..], &[0x8e, 8], mac().finalize().into_bytes().get(..8).unwrap(), &[0x90, 0]].concat();
    let work = || {
        let keys = SessionKeys::derive(Cipher::Aes128, &secret);
        let opened = SecureMessaging::new(keys, None).unprotect(black_box(&answer)).unwrap();
        assert!(opened.data.len() == plain.len() && opened.status == 0x9000);
    };
    let floor = || {
        black_box(mac().finalize().into_bytes());
        let cipher = Decryptor::<Aes128>::new_from_slices(&encryption, &iv).unwrap();
        black_box(cipher.decrypt_padded_vec::<NoPadding>(&encrypted).unwrap());
    };
    time("messaging.unprotect.aes-20k", work, floor);
}
