//! The nation's status: snapshots and deltas that a believed signer signed.
#![no_main]
use std::sync::OnceLock;

use sen_fuzz::desk::NOW;
use sen_fuzz::signed::{KID, sign, status_signers, token};
use trust::status::{DELTA_TYP, NationalDraft, NationalStatus, Run, SNAPSHOT_TYP};

/// All states together are at most this large.
const LARGEST: usize = 64 << 20;

fn base() -> &'static NationalStatus {
    static BASE: OnceLock<NationalStatus> = OnceLock::new();
    BASE.get_or_init(|| {
        let run = Run { prefix: "s:".to_owned(), first: 0, count: 2, entries: 1024 };
        let draft = NationalDraft::new(1, NOW, NOW.plus_seconds(60), 2, vec![run]).unwrap();
        let snapshot = draft.snapshot(KID).unwrap();
        let snapshot = snapshot.assemble(&sign(&snapshot.to_be_signed()));
        NationalStatus::verify(&snapshot, &status_signers()).unwrap()
    })
}

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    let (signers, base) = (status_signers(), base());
    let snapshot = token(SNAPSHOT_TYP, input);
    let read =
        sen_fuzz::inflated("snapshot", &snapshot, LARGEST, |token| NationalStatus::verify(token, &signers));
    if let Ok(read) = read {
        let _ = (read.get("s:0", 0), read.get("s:18446744073709551615", u64::MAX), read.get("", 0));
    }
    let delta = token(DELTA_TYP, input);
    let _ = sen_fuzz::bounded("delta", &delta, |token| base.apply(token, &signers));
});
