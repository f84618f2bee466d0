use super::*;
use crate::status::{Lookup, StatusList, StatusListDraft, StatusStore};
use crate::testkey::TestKey;

const NOW: Timestamp = Timestamp::from_unix(1_800_000_000);
const ENTRIES: u64 = 4096;
const LISTS: u64 = 5;

fn runs() -> Vec<Run> {
    let run = |prefix: &str, first, count| Run { prefix: prefix.into(), first, count, entries: ENTRIES };
    vec![run("s:", 0, LISTS - 1), run("t:", 7, 1)]
}

fn draft(sequence: u64) -> NationalDraft {
    let issued = NOW.plus_seconds(i64::try_from(sequence).unwrap());
    NationalDraft::new(sequence, issued, NOW.plus_seconds(86_400), 2, runs()).unwrap()
}

fn uri(list: u64) -> String {
    if list == LISTS - 1 { "t:7".into() } else { format!("s:{list}") }
}

/// The value of an index on a day: a few more each day, and some come back.
fn value(list: u64, index: u64, day: u64) -> u8 {
    match (index * 31 + list * 7) % 97 {
        n if n < day => 1,
        n if n == day => 2,
        _ => 0,
    }
}

fn of_day(day: u64) -> NationalDraft {
    let mut national = draft(day);
    for list in 0..LISTS {
        for index in 0..ENTRIES {
            assert!(national.set(&uri(list), index, value(list, index, day)));
        }
    }
    national
}

fn sign(key: &TestKey, token: &Draft) -> Vec<u8> {
    token.assemble(&key.sign(&token.to_be_signed()))
}

fn signers(key: &TestKey) -> [StatusSigner; 1] {
    [StatusSigner { kid: b"s1".to_vec(), key: key.public() }]
}

#[test]
fn says_exactly_what_the_lists_say_as_snapshot_and_by_deltas() {
    let key = TestKey::new();
    let snapshot = sign(&key, &of_day(1).snapshot(b"s1").unwrap());
    let mut national = NationalStatus::verify(&snapshot, &signers(&key)).unwrap();
    for day in 2..=5 {
        let delta = sign(&key, &of_day(day).delta_since(&of_day(day - 1), b"s1").unwrap());
        national = national.apply(&delta, &signers(&key)).unwrap();
        let whole = sign(&key, &of_day(day).snapshot(b"s1").unwrap());
        let whole = NationalStatus::verify(&whole, &signers(&key)).unwrap();
        assert_eq!((whole.digest, whole.sequence), (national.digest, national.sequence));
        for list in 0..LISTS {
            let mut bits = StatusListDraft::new(&uri(list), 2, ENTRIES, NOW, NOW.plus_seconds(9)).unwrap();
            (0..ENTRIES).for_each(|index| assert!(bits.set(index, value(list, index, day))));
            let token = sign(&key, &bits.draft(b"s1").unwrap());
            let bits = StatusList::verify(&token, &signers(&key)).unwrap();
            for index in 0..=ENTRIES {
                assert_eq!(national.get(&uri(list), index), bits.get(index), "{list} {index}");
            }
        }
    }
    assert_eq!(national.issued(), NOW.plus_seconds(5));
}

#[test]
fn one_merged_delta_leads_where_the_daily_ones_do() {
    let key = TestKey::new();
    let first = sign(&key, &of_day(1).snapshot(b"s1").unwrap());
    let first = NationalStatus::verify(&first, &signers(&key)).unwrap();
    let merged = sign(&key, &of_day(8).delta_since(&of_day(1), b"s1").unwrap());
    let last = sign(&key, &of_day(8).snapshot(b"s1").unwrap());
    let last = NationalStatus::verify(&last, &signers(&key)).unwrap();
    assert_eq!(first.apply(&merged, &signers(&key)).unwrap().digest, last.digest);
}

#[test]
fn knows_no_other_names_and_no_other_indexes() {
    let key = TestKey::new();
    let token = sign(&key, &of_day(1).snapshot(b"s1").unwrap());
    let national = NationalStatus::verify(&token, &signers(&key)).unwrap();
    for uri in ["s:4", "s:00", "s:+1", "s:", "t:6", "t:8", "u:0", "", "s:18446744073709551615"] {
        assert_eq!(national.get(uri, 0), None, "{uri}");
    }
    assert_eq!(national.get("s:0", ENTRIES), None);
    assert_eq!(national.get("s:0", u64::MAX), None);
}

#[test]
fn refuses_a_delta_of_another_state_and_an_older_one() {
    let key = TestKey::new();
    let token = sign(&key, &of_day(2).snapshot(b"s1").unwrap());
    let national = NationalStatus::verify(&token, &signers(&key)).unwrap();
    let skipping = sign(&key, &of_day(4).delta_since(&of_day(3), b"s1").unwrap());
    assert_eq!(national.apply(&skipping, &signers(&key)).unwrap_err(), StatusError::OtherBase);
    let older = sign(&key, &of_day(2).delta_since(&of_day(1), b"s1").unwrap());
    assert_eq!(national.apply(&older, &signers(&key)).unwrap_err(), StatusError::Rollback);
    let other = sign(&TestKey::new(), &of_day(3).delta_since(&of_day(2), b"s1").unwrap());
    assert_eq!(national.apply(&other, &signers(&key)).unwrap_err(), StatusError::SignatureInvalid);
    let snapshot = sign(&key, &of_day(3).snapshot(b"s1").unwrap());
    assert_eq!(national.apply(&snapshot, &signers(&key)).unwrap_err(), StatusError::WrongType);
}

#[test]
fn refuses_changes_that_do_not_lead_where_they_say() {
    let key = TestKey::new();
    let national = |draft: &NationalDraft| {
        NationalStatus::verify(&sign(&key, &draft.snapshot(b"s1").unwrap()), &signers(&key)).unwrap()
    };
    let good = of_day(3).delta_since(&of_day(2), b"s1").unwrap();
    let token = sign(&key, &good);
    let parsed = crate::cose::Sign1::parse(&token, crate::cbor::Profile::Interoperable).unwrap();
    let tamper = |change: fn(&mut DeltaRecord)| {
        let mut record: DeltaRecord = cbor::from_slice(parsed.payload()).unwrap();
        change(&mut record);
        sign(&key, &Draft::es256(b"s1", DELTA_TYP, cbor::to_vec(&record).unwrap()))
    };
    let base = national(&of_day(2));
    assert!(base.apply(&tamper(|_| ()), &signers(&key)).is_ok());
    let wrong = [
        tamper(|record| record.digest[0] ^= 1),
        tamper(|record| record.changes[0].old ^= 3),
        tamper(|record| record.changes[0].new = 4),
        tamper(|record| record.changes.truncate(1)),
    ];
    for delta in wrong {
        assert_eq!(base.apply(&delta, &signers(&key)).unwrap_err(), StatusError::Changes);
    }
}

#[test]
fn refuses_a_shape_that_is_too_large_or_not_of_whole_bytes() {
    let shape = |count, entries| {
        let run = Run { prefix: "s:".into(), first: 0, count, entries };
        NationalDraft::new(1, NOW, NOW, 1, vec![run]).map(drop)
    };
    assert_eq!(shape(1, 12), Err(StatusError::WrongWidth));
    assert_eq!(shape(u64::MAX, 8), Err(StatusError::TooLarge));
    assert_eq!(shape(1 << 20, 1 << 10), Err(StatusError::TooLarge));
    assert_eq!(shape(65, 1 << 20), Ok(()));
}

#[test]
fn the_store_answers_from_whichever_is_newer() {
    let key = TestKey::new();
    let mut store = StatusStore::new();
    let national = |draft: &NationalDraft| {
        NationalStatus::verify(&sign(&key, &draft.snapshot(b"s1").unwrap()), &signers(&key)).unwrap()
    };
    let mut first = draft(1);
    assert!(first.set("s:1", 9, 2));
    store.insert_national(national(&first)).unwrap();
    let as_of = first.issued;
    assert_eq!(store.look_up("s:1", 9, NOW), Lookup::Found { status: Status::Suspended, as_of });
    assert_eq!(store.look_up("s:1", ENTRIES, NOW), Lookup::Unknown);
    let issued = NOW.plus_seconds(60);
    let list = StatusListDraft::new("s:1", 2, ENTRIES, issued, NOW.plus_seconds(600)).unwrap();
    let list = StatusList::verify(&sign(&key, &list.draft(b"s1").unwrap()), &signers(&key)).unwrap();
    store.insert(list).unwrap();
    assert_eq!(store.look_up("s:1", 9, NOW), Lookup::Found { status: Status::Valid, as_of: issued });
    let mut later = draft(2);
    later.issued = NOW.plus_seconds(120);
    assert!(later.set("s:1", 9, 1));
    store.insert_national(national(&later)).unwrap();
    let as_of = later.issued;
    assert_eq!(store.look_up("s:1", 9, NOW), Lookup::Found { status: Status::Revoked, as_of });
    assert_eq!(store.look_up("s:1", 9, later.expires), Lookup::Expired { status: Status::Revoked, as_of });
    assert_eq!(store.insert_national(national(&first)), Err(StatusError::Rollback));
    assert_eq!(store.as_of(), Some(issued));
}
