//! The strict pre-scan takes no heap for maps of at most 32 entries, which all honest messages have. The allocator counts
//! for the whole process, so this is one test in a program of its own.
#![allow(clippy::unwrap_used, reason = "a test stops where its world does not stand")]
extern crate sen_trust as trust;

use peak_alloc::PeakAlloc;
use trust::cbor::{Encoder, Item, Profile, scan};

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

/// The most memory that was held at one time during a call, beside what was held before.
fn held(call: impl FnOnce()) -> usize {
    let before = MEMORY.current_usage();
    MEMORY.reset_peak_usage();
    call();
    MEMORY.peak_usage() - before
}

/// So many entries, the last key first where it is to be out of order; each value is again a map, `levels` deep.
fn map(entries: usize, levels: usize, in_order: bool) -> Vec<u8> {
    fn put(out: &mut Encoder, entries: usize, levels: usize, in_order: bool) {
        out.map(entries);
        for entry in 0..entries {
            out.uint(u64::try_from(if in_order { entry } else { entries - 1 - entry }).unwrap());
            if levels > 1 && entry == 0 {
                put(out, entries, levels - 1, in_order);
            } else {
                out.text("Nguyễn");
            }
        }
    }
    let mut out = Encoder::new();
    put(&mut out, entries, levels, in_order);
    out.finish()
}

#[test]
fn the_scan_takes_no_heap_for_maps_of_at_most_32_entries() {
    // The counter counts one byte, and sees the tree that keys beyond the 32nd go to: else nothing below could fail.
    assert!(held(|| drop(std::hint::black_box(Box::new(1_u8)))) >= 1);
    let large = map(33, 1, false);
    assert!(held(|| scan(&large, Profile::Interoperable).unwrap()) > 0);

    for levels in [1, 16] {
        let (sorted, unsorted) = (map(32, levels, true), map(32, levels, false));
        assert_eq!(held(|| scan(&sorted, Profile::Deterministic).unwrap()), 0, "in order, {levels} levels");
        assert_eq!(
            held(|| scan(&unsorted, Profile::Interoperable).unwrap()),
            0,
            "any order, {levels} levels"
        );
        let read = || {
            assert_eq!(Item::parse(&unsorted, Profile::Interoperable).unwrap().as_map().unwrap().count(), 32);
        };
        assert_eq!(held(read), 0, "read as well, {levels} levels");
    }
    // Keys in order are compared with the one before alone, however many they are.
    let many = map(1024, 1, true);
    assert_eq!(held(|| scan(&many, Profile::Deterministic).unwrap()), 0);
    // Nor does a refusal.
    let twice = [0xa2, 1, 1, 1, 1];
    assert_eq!(held(|| assert!(scan(&twice, Profile::Interoperable).is_err())), 0);
}
