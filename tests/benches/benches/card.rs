//! Reading a chip card: exchanges and octets on the wire, the radio's time by a model of the link, the host's own time,
//! and secure messaging against the bare cipher and checksum.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a bench stops where its world does not stand"
)]
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use aes::Aes128;
use card::apdu::CommandApdu;
use card::messaging::{Cipher, SecureMessaging, SessionKeys, derive_key};
use card::{
    AccessKey, AccessPolicy, Can, CardReading, CardTransport, CscaAnchors, FileId, MrzKey, ReadRequest,
    TransportError, Unwatched, read_card,
};
use cbc::cipher::block_padding::NoPadding;
use cbc::cipher::{BlockModeEncrypt, KeyInit, KeyIvInit};
use cmac::{Cmac, Mac};
use sandbox::chip::{Behaviour, Chip, ChipTransport, Content, FileName, Files};
use sen_benches::{begin, count, seconds, time};
use trust::random::SystemRandom;
use trust::time::Timestamp;

fn main() {
    begin(
        "card",
        "Reading a chip card: exchanges, octets, the radio's time by a model, the host's own time.",
        &[
            "card.exchanges",
            "card.wire",
            "card.radio",
            "card.link",
            "card.host.whole-reading",
            "card.messaging.20-kb",
        ],
    );
    exchanges();
    proofs();
    host();
    messaging();
}

/// A link to a chip that notes the octets of each exchange and how long the chip took.
struct Link {
    inner: ChipTransport,
    exchanges: Vec<(usize, usize)>,
    chip: Duration,
}

impl Link {
    fn new(chip: Chip, max_command_len: usize) -> Self {
        let inner = ChipTransport::new(chip).with_max_command_len(max_command_len);
        Self { inner, exchanges: Vec::new(), chip: Duration::ZERO }
    }

    fn octets(&self) -> usize {
        self.exchanges.iter().map(|(command, answer)| command + answer).sum()
    }
}

impl CardTransport for Link {
    fn max_command_len(&self) -> usize {
        self.inner.max_command_len()
    }

    fn transceive(&mut self, command: &[u8]) -> Result<Vec<u8>, TransportError> {
        let start = Instant::now();
        let answer = self.inner.transceive(command)?;
        self.chip += start.elapsed();
        self.exchanges.push((command.len(), answer.len()));
        Ok(answer)
    }
}

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../vectors/emrtd/vn_cccd").join(name)
}

fn read(link: &mut Link, can: &str, request: &ReadRequest) -> CardReading {
    read_with(link, &AccessKey::Can(Can::parse(can).unwrap()), request)
}

fn read_with(link: &mut Link, key: &AccessKey, request: &ReadRequest) -> CardReading {
    read_card(link, key, request, &mut SystemRandom::new(), &Unwatched).unwrap()
}

fn object(tag: u8, octets: usize) -> Vec<u8> {
    let head = match octets {
        0..=0x81 => vec![tag, u8::try_from(octets - 2).unwrap()],
        0x82..=0x102 => vec![tag, 0x81, u8::try_from(octets - 3).unwrap()],
        _ => {
            let [.., high, low] = (octets - 4).to_be_bytes();
            vec![tag, 0x82, high, low]
        }
    };
    [head.clone(), vec![0; octets - head.len()]].concat()
}

/// Octets of the reference card's files: DG1 is a real one's.
const REFERENCE: [(FileName, u8, usize); 6] = [
    (FileName::SOD, 0x77, 2000),
    (FileName::data_group(1), 0x61, 95),
    (FileName::data_group(2), 0x75, 20_480),
    (FileName::data_group(13), 0x6d, 500),
    (FileName::data_group(14), 0x6e, 400),
    (FileName::data_group(15), 0x6f, 300),
];
const COM: usize = 30;
const PAYLOAD: usize = 23_805;

/// Its security object is none, so that the listing of EF.COM counts.
fn reference_card() -> Chip {
    let mut files = Files::from_folder(&folder("b_bp384_named_2024")).unwrap();
    for (name, tag, octets) in REFERENCE.into_iter().filter(|(_, tag, _)| *tag != 0x61) {
        files.insert(name, Content::Octets(object(tag, octets)));
    }
    let head = [0x60, 0x1c, 0x5f, 0x01, 0x04, b'0', b'1', b'0', b'7', 0x5f, 0x36, 0x06];
    let list = [0x5c, 0x05, 0x61, 0x75, 0x6d, 0x6e, 0x6f, 0x53, 0x03, 0, 0, 0];
    files.insert(FileName::COM, Content::Octets([&head[..], b"040000", &list].concat()));
    Chip::new(files)
}

/// How a chip and a reader may meet: what the chip gives in one answer, by its own word or the reader's.
fn exchanges() {
    let plain = ReadRequest { chip_authentication: false, ..ReadRequest::default() };
    let announcing = reference_card().announcing_lengths(32_768, 32_768);
    let short = || reference_card().with_behaviour(Behaviour::short_only());
    for (name, chip, max_command_len, chunk) in [
        ("announced", announcing, 65_544, 32_735),
        ("extended", reference_card(), 65_544, 4096),
        ("short", short(), 261, 223),
    ] {
        let mut link = Link::new(chip, max_command_len);
        let reading = read(&mut link, "067891", &plain);
        let files = reading.files().iter().filter(|(file, _)| **file != FileId::CardAccess);
        assert_eq!(files.map(|(_, bytes)| bytes.len()).sum::<usize>(), PAYLOAD);
        // EF.CardAccess, five commands of PACE, the application, and each file in chunks of that size.
        let floor = 7 + chunks(chunk);
        count(&format!("card.exchanges.{name}"), link.exchanges.len(), "exchanges", Some(floor));
        count(&format!("card.wire.{name}"), link.octets(), "octets", Some(least_octets(&link, chunk)));
        on_air(name, &link.exchanges);
    }
    let mut link = Link::new(short(), 261);
    let key = AccessKey::Mrz(MrzKey::from_fields("204067891", "041231", "291231").unwrap());
    read_with(&mut link, &key, &ReadRequest { policy: AccessPolicy::BacOnly, ..plain });
    // The application, a challenge, the answer to both challenges.
    count("card.exchanges.bac-short", link.exchanges.len(), "exchanges", Some(3 + chunks(231)));
    on_air("bac-short", &link.exchanges);
    let by_160 = plan_of_160();
    count("card.exchanges.plan-of-160", by_160.len(), "exchanges", Some(7 + chunks(4096)));
    on_air("plan-of-160", &by_160);
}

/// Exchanges that the files take with so many octets in each.
fn chunks(chunk: usize) -> usize {
    COM.div_ceil(chunk) + REFERENCE.iter().map(|(_, _, octets)| octets.div_ceil(chunk)).sum::<usize>()
}

/// Seconds on air beside those of the payload alone; and with five milliseconds of chip and five of host an exchange.
fn on_air(name: &str, exchanges: &[(usize, usize)]) {
    let micros = |octets: usize| Duration::from_micros(u64::try_from(octets).unwrap());
    for rate in [106, 848] {
        seconds(&format!("card.radio.{name}.{rate}"), micros(radio(exchanges, rate)), micros(limit(rate)));
    }
    let turns = Duration::from_millis(10) * u32::try_from(exchanges.len()).unwrap();
    seconds(&format!("card.link.{name}.848+5+5"), micros(radio(exchanges, 848)) + turns, micros(limit(848)));
}

/// What Chip and Active Authentication cost in exchanges: a key agreement in two and its first answer, and one answer.
fn proofs() {
    let plain = ReadRequest { chip_authentication: false, ..ReadRequest::default() };
    let proven = ReadRequest { active_challenge: Some([7; 8]), ..ReadRequest::default() };
    let exchanges = |request: &ReadRequest| {
        let mut link = Link::new(Chip::from_folder(&folder("b_bp384_named_2024")).unwrap(), 65_544);
        read(&mut link, "067891", request);
        link.exchanges.len()
    };
    count("card.exchanges.both-proofs", exchanges(&proven) - exchanges(&plain), "exchanges", Some(4));
}

/// What the files cost at least under AES: access as it went, then each chunk padded, with its objects.
fn least_octets(link: &Link, chunk: usize) -> usize {
    let octets = || REFERENCE.iter().map(|(_, _, octets)| *octets).chain([COM]);
    let access = link.exchanges.iter().take(link.exchanges.len() - chunks(chunk));
    let file = |octets: usize| {
        (0..octets.div_ceil(chunk)).map(move |number| protected(chunk.min(octets - number * chunk)))
    };
    access.copied().chain(octets().flat_map(file)).map(|(command, answer)| command + answer).sum()
}

/// Octets of a protected READ BINARY and of its answer.
fn protected(data: usize) -> (usize, usize) {
    let padded = 1 + (data + 1).next_multiple_of(16);
    let length = match padded {
        0..=0x7f => 1,
        0x80..=0xff => 2,
        _ => 3,
    };
    (if data > 223 { 23 } else { 19 }, 1 + length + padded + 4 + 10 + 2)
}

/// The plan that most readers use: SELECT, four octets for the length, then 160 at a time.
fn plan_of_160() -> Vec<(usize, usize)> {
    let mut exchanges = vec![(7, 2), (5, 56), (24, 2), (8, 22), (75, 73), (75, 73), (17, 14), (34, 16)];
    for octets in REFERENCE.iter().map(|(_, _, octets)| *octets).chain([COM]) {
        exchanges.extend([(35, 16), protected(4)]);
        let rest = octets - 4;
        exchanges.extend((0..rest.div_ceil(160)).map(|number| protected(160.min(rest - number * 160))));
    }
    exchanges
}

/// Microseconds on air by ISO 14443 type A: nine bit times an octet, two for start and stop, one octet of protocol and
/// two of checksum a frame of at most 256, an acknowledgement between chained frames, and the smallest delays between
/// frames at the carrier of 13.56 MHz.
fn radio(exchanges: &[(usize, usize)], kilobits: usize) -> usize {
    let frames = |octets: usize| octets.div_ceil(253).max(1);
    let bit_nanoseconds = 1_000_000 / kilobits;
    let direction = |octets: usize| {
        let frames = frames(octets);
        let acknowledgements = frames - 1;
        let bits = (octets + 3 * (frames + acknowledgements)) * 9 + 2 * (frames + acknowledgements);
        bits * bit_nanoseconds + (frames + acknowledgements) * 90_000
    };
    exchanges.iter().map(|(command, answer)| direction(*command) + direction(*answer)).sum::<usize>() / 1000
}

/// The payload alone at eight bits an octet.
fn limit(kilobits: usize) -> usize {
    PAYLOAD * 8 * 1000 / kilobits
}

/// The host's own time for a whole reading with every proof: PACE on brainpoolP256r1, Chip and Active Authentication,
/// a chain on brainpoolP512r1. Its floor is the time that the radio takes at 848 kbit/s.
fn host() {
    let csca =
        CscaAnchors::from_der(&std::fs::read(folder("a_bp512_explicit_2021").join("csca.cer")).unwrap())
            .unwrap();
    let request = ReadRequest { active_challenge: Some(*b"01234567"), ..ReadRequest::default() };
    let at = Timestamp::parse_rfc3339("2025-06-01T00:00:00Z").unwrap();
    let mut samples = Vec::new();
    for _ in 0..15 {
        let mut link = Link::new(Chip::from_folder(&folder("a_bp512_explicit_2021")).unwrap(), 65_544);
        let start = Instant::now();
        let reading = read(&mut link, "012345", &request);
        black_box(reading.verify(&csca, at).unwrap());
        samples.push((start.elapsed().saturating_sub(link.chip), radio(&link.exchanges, 848)));
    }
    samples.sort();
    let (host, radio) = samples[samples.len() / 2];
    let radio = Duration::from_micros(u64::try_from(radio).unwrap());
    // A tenth of the radio's time is allowed.
    seconds("card.host.whole-reading", host, radio);
}

fn messaging() {
    let secret = b"a shared secret";
    let data = vec![7; 20_480];
    let command = CommandApdu::new(0xd6, 0, 0).with_data(data.clone());
    let work = || {
        let mut session = SecureMessaging::new(SessionKeys::derive(Cipher::Aes128, secret), None);
        black_box(session.protect(&command));
    };
    let (encryption, checksum) =
        (derive_key(Cipher::Aes128, secret, 1), derive_key(Cipher::Aes128, secret, 2));
    let floor = || {
        let cipher = cbc::Encryptor::<Aes128>::new_from_slices(encryption.expose(), &[0; 16]).unwrap();
        let encrypted = cipher.encrypt_padded_vec::<NoPadding>(&data);
        let mac = <Cmac<Aes128> as KeyInit>::new_from_slice(checksum.expose()).unwrap();
        black_box(mac.chain_update(&encrypted).finalize());
    };
    time("card.messaging.20-kb", work, floor);
}
