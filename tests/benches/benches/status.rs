//! The status of 67,910,130 cards: look-up, size and upkeep, as lists and as one national file.
#![allow(clippy::unwrap_used, reason = "a bench stops where its world does not stand")]
#![allow(clippy::indexing_slicing, clippy::panic, reason = "the floor reads a bare array")]
#[path = "../../../core/verifier/tests/world/mod.rs"]
mod world;

use std::collections::HashSet;
use std::hint::black_box;
use std::io::Read;
use std::ops::Range;
use std::sync::RwLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use peak_alloc::PeakAlloc;
use sen_benches::{Over, begin, count, each, time, wanted};
use test_key::TestKey;
use trust::anchors::StatusSigner;
use trust::cbor::Profile;
use trust::cose::Sign1;
use trust::status::{
    Lookup, NationalDraft, NationalStatus, Run, Status, StatusList, StatusListDraft, StatusStore,
};
use world::NOW;

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

const CARDS: u64 = 67_910_130;
const ENTRIES: u64 = 1 << 20;
const LISTS: u64 = 65;
/// New revocations of one day where one card in a hundred is revoked in a year.
const A_DAY: u64 = 1_860;

fn main() {
    begin(
        "status",
        "The status of 67,910,130 cards: look-up, size and upkeep, as lists and as one national file.",
        &[
            "status.national.snapshot",
            "status.national.delta",
            "status.national.verify.beside-65-lists",
            "status.lists.tokens",
            "status.store",
            "status.look-up.one-list",
            "status.look-up.with-choice-of-list",
            "status.list.verify-and-swap",
            "status.list.look-ups-meanwhile",
        ],
    );
    let key = TestKey::new();
    let signers = [StatusSigner { kid: b"s1".to_vec(), key: key.public() }];
    for (name, per_thousand) in [("0.1%", 1), ("1%", 10), ("5%", 50)] {
        if wanted("status.national.snapshot") {
            let mut random = Random(per_thousand);
            let mut national = national(1, 1);
            let revoked = CARDS * per_thousand / 1000;
            random.mark(&mut national, &mut HashSet::new(), revoked, 1);
            let token = sign(&key, &national.snapshot(b"s1").unwrap());
            let floor = Some(limit(CARDS, revoked));
            count(&format!("status.national.snapshot.{name}"), token.len(), "bytes", floor);
            two_bits(&key, name, revoked);
        }
        for (name, bits) in [(name.to_owned(), 1), (format!("two-bits.{name}"), 2)] {
            let figures = ["lists.tokens", "store", "look-up.one-list", "look-up.with-choice-of-list"];
            if figures.iter().any(|figure| wanted(&format!("status.{figure}.{name}"))) {
                let tokens = tokens(&key, per_thousand, bits);
                as_lists(&name, per_thousand, bits, &tokens);
                look_up(&signers, &name, bits, &tokens);
            }
        }
    }
    if wanted("status.national.delta") || wanted("status.national.verify") {
        upkeep(&key, &signers);
    }
    if wanted("status.list") {
        shard(&key, &signers);
    }
}

/// A snapshot with two bits a card: four of five are revoked, the fifth is suspended.
fn two_bits(key: &TestKey, name: &str, marked: u64) {
    let (mut random, mut drawn) = (Random(marked), HashSet::new());
    let mut national = national(1, 2);
    random.mark(&mut national, &mut drawn, marked - marked / 5, 1);
    random.mark(&mut national, &mut drawn, marked / 5, 2);
    let token = sign(key, &national.snapshot(b"s1").unwrap());
    // Which cards, and which of those are suspended.
    let limit = limit(CARDS, marked) + limit(marked, marked / 5);
    count(&format!("status.national.snapshot.two-bits.{name}"), token.len(), "bytes", Some(limit));
}

/// Daily deltas and a merged one at one per cent a year, and what it takes to read a snapshot.
fn upkeep(key: &TestKey, signers: &[StatusSigner]) {
    let mut random = Random(7);
    let (mut days, mut drawn) = (vec![national(1, 1)], HashSet::new());
    random.mark(&mut days[0], &mut drawn, CARDS / 100, 1);
    for day in 2..=8 {
        let mut next = days.last().unwrap().clone();
        next.sequence = day;
        random.mark(&mut next, &mut drawn, A_DAY, 1);
        days.push(next);
    }
    let delta = |from: usize, to: usize| sign(key, &days[to].delta_since(&days[from], b"s1").unwrap());
    let daily: Vec<usize> = (1..8).map(|day| delta(day - 1, day).len()).collect();
    count("status.national.delta.day", daily[0], "bytes", Some(limit(CARDS, A_DAY)));
    count("status.national.delta.week-as-seven", daily.iter().sum(), "bytes", Some(7 * limit(CARDS, A_DAY)));
    count("status.national.delta.week-merged", delta(0, 7).len(), "bytes", Some(limit(CARDS, 7 * A_DAY)));
    let snapshot = sign(key, &days[0].snapshot(b"s1").unwrap());
    // What the same state takes as 65 lists: each a signature and an inflation.
    let lists = tokens(key, 10, 1);
    time(
        "status.national.verify.beside-65-lists",
        || drop(black_box(NationalStatus::verify(&snapshot, signers))),
        || {
            for list in &lists {
                black_box(StatusList::verify(list, signers).unwrap());
            }
        },
    );
}

/// The 65 lists of the nation as signed tokens. So many of a thousand are revoked; with two bits, every fifth of those is
/// suspended instead.
fn tokens(key: &TestKey, per_thousand: u64, bits: u8) -> Vec<Vec<u8>> {
    let mut random = Random(per_thousand);
    let list = |number| {
        let mut list =
            StatusListDraft::new(&format!("s:{number}"), bits, ENTRIES, NOW, NOW.plus_seconds(9)).unwrap();
        let (marked, mut drawn) = (ENTRIES * per_thousand / 1000, HashSet::new());
        while drawn.len() < usize::try_from(marked).unwrap() {
            let index = random.below(ENTRIES);
            let state = if bits == 2 && drawn.len() % 5 == 0 { 2 } else { 1 };
            assert!(!drawn.insert(index) || list.set(index, state));
        }
        sign(key, &small(&list))
    };
    (0..LISTS).map(list).collect()
}

/// As the issuer writes it.
fn small(list: &StatusListDraft) -> trust::cose::Draft {
    let zlib = |bytes: &[u8]| {
        let mut compressor = libdeflater::Compressor::new(libdeflater::CompressionLvl::best());
        let mut out = vec![0; compressor.zlib_compress_bound(bytes.len())];
        let length = compressor.zlib_compress(bytes, &mut out).ok()?;
        out.truncate(length);
        Some(out)
    };
    list.draft_with(b"s1", zlib).unwrap()
}

/// All lists as they travel.
fn as_lists(name: &str, per_thousand: u64, bits: u8, tokens: &[Vec<u8>]) {
    let (bytes, marked) = (tokens.iter().map(Vec::len).sum(), CARDS * per_thousand / 1000);
    let which = if bits == 2 { limit(marked, marked / 5) } else { 0 };
    count(&format!("status.lists.tokens.{name}"), bytes, "bytes", Some(limit(CARDS, marked) + which));
}

/// One look-up in all lists, against a bare read in one array of all; and what they take in memory.
fn look_up(signers: &[StatusSigner], name: &str, bits: u8, tokens: &[Vec<u8>]) {
    let (mut random, mut store, before) = (Random(3), StatusStore::new(), MEMORY.current_usage());
    for token in tokens {
        store.insert(StatusList::verify(token, signers).unwrap()).unwrap();
    }
    let (held, width) = (MEMORY.current_usage() - before, u64::from(bits));
    let all_bits = usize::try_from(LISTS * ENTRIES * width / 8).unwrap();
    count(&format!("status.store.{name}"), held, "bytes", Some(all_bits));
    let names: Vec<String> = (0..LISTS).map(|number| format!("s:{number}")).collect();
    let listed = |status| u64::from(status != Status::Valid);
    let found = |lookup| match lookup {
        Lookup::Found { status, .. } => listed(status),
        _ => panic!("a list is missing"),
    };
    let mut bare = Vec::with_capacity(all_bits);
    for token in tokens {
        let token = Sign1::parse(token, Profile::Interoperable).unwrap();
        flate2::read::ZlibDecoder::new(packed(&token)).read_to_end(&mut bare).unwrap();
    }
    assert_eq!(bare.len(), all_bits);
    let first = StatusList::verify(&tokens[0], signers).unwrap();
    let asked: Vec<(usize, u64)> = (0..1 << 16)
        .map(|_| (usize::try_from(random.below(LISTS)).unwrap(), random.below(ENTRIES)))
        .collect();
    let mask = u8::MAX >> (8 - bits);
    let read = |at: u64| {
        let at = at * width;
        u64::from(bare[usize::try_from(at / 8).unwrap()] >> (at % 8) & mask != 0)
    };
    // Each look-up waits for the one before: the time of one, and not of many side by side.
    let chain = |piece: Range<usize>, look: &dyn Fn(usize, u64) -> u64| {
        black_box(asked[piece].iter().fold(0, |last, (list, index)| look(*list, index ^ last)));
    };
    each(
        &format!("status.look-up.one-list.{name}"),
        asked.len(),
        |piece| chain(piece, &|_, index| first.get(index).map_or(0, listed)),
        |piece| chain(piece, &|_, index| read(index)),
    );
    each(
        &format!("status.look-up.with-choice-of-list.{name}"),
        asked.len(),
        |piece| chain(piece, &|list, index| found(store.look_up(&names[list], index, NOW))),
        |piece| chain(piece, &|list, index| read(list as u64 * ENTRIES + index)),
    );
}

/// One list of 2^20 verified, inflated and swapped in while another thread looks up, as a desk does: it decides under a
/// lock that many may read. The signature and the inflation alone have the same thread beside them.
fn shard(key: &TestKey, signers: &[StatusSigner]) {
    let token = tokens(key, 10, 1).swap_remove(7);
    count("status.list.token", token.len(), "bytes", None);
    let parsed = Sign1::parse(&token, Profile::Interoperable).unwrap();
    let packed = packed(&parsed);
    let mut store = StatusStore::new();
    store.insert(StatusList::verify(&token, signers).unwrap()).unwrap();
    let (store, over, looks) = (RwLock::new(store), Over::default(), AtomicUsize::new(0));
    std::thread::scope(|threads| {
        threads.spawn(|| {
            let mut random = Random(5);
            while !over.is_over() {
                let status = store.read().unwrap().look_up("s:7", random.below(ENTRIES), NOW);
                assert!(matches!(status, Lookup::Found { .. }), "never without the list");
                looks.fetch_add(1, Ordering::Relaxed);
            }
        });
        let swaps = AtomicUsize::new(0);
        over.after(|| {
            time(
                "status.list.verify-and-swap",
                || {
                    let before = looks.load(Ordering::Relaxed);
                    let list = StatusList::verify(&token, signers).unwrap();
                    store.write().unwrap().insert(list).unwrap();
                    swaps.fetch_add(usize::from(looks.load(Ordering::Relaxed) > before), Ordering::Relaxed);
                },
                || {
                    parsed.verify(&signers[0].key).unwrap();
                    let mut out = Vec::with_capacity(131_072);
                    flate2::read::ZlibDecoder::new(packed).read_to_end(&mut out).unwrap();
                    black_box(out);
                },
            );
        });
        let measured = wanted("status.list.verify-and-swap");
        assert!(!measured || swaps.load(Ordering::Relaxed) > 0, "nothing was looked up during a swap");
    });
    count("status.list.look-ups-meanwhile", looks.load(Ordering::Relaxed), "look-ups", None);
}

/// The list of a token as zlib wrote it.
fn packed<'a>(token: &Sign1<'a>) -> &'a [u8] {
    let list = token.payload_item().unwrap().as_map().unwrap().get_int(65_533).unwrap();
    list.as_map().unwrap().get_text("lst").unwrap().as_bytes().unwrap()
}

fn national(sequence: u64, bits: u8) -> NationalDraft {
    let run = Run { prefix: "s:".into(), first: 0, count: LISTS, entries: ENTRIES };
    NationalDraft::new(sequence, NOW, NOW.plus_seconds(86_400), bits, vec![run]).unwrap()
}

fn sign(key: &TestKey, token: &trust::cose::Draft) -> Vec<u8> {
    token.assemble(&key.sign(&token.to_be_signed()))
}

/// What information theory allows for `some` of `all`, in bytes.
#[allow(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a size"
)]
fn limit(all: u64, some: u64) -> usize {
    let p = some as f64 / all as f64;
    (all as f64 * -(p * p.log2() + (1.0 - p) * (1.0 - p).log2()) / 8.0) as usize
}

struct Random(u64);

impl Random {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 32) * end) >> 32
    }

    /// Gives this status to exactly so many cards that have none yet.
    fn mark(&mut self, national: &mut NationalDraft, marked: &mut HashSet<u64>, cards: u64, status: u8) {
        for _ in 0..cards {
            let mut card = self.below(CARDS);
            while !marked.insert(card) {
                card = self.below(CARDS);
            }
            assert!(national.set(&format!("s:{}", card / ENTRIES), card % ENTRIES, status));
        }
    }
}
