use test_key::TestKey;

use super::*;
use crate::store::seal::SealingKey;

/// Five entries of which the first two were pruned, and what the secret store knows of it.
fn pruned(key: &TestKey) -> (Store, Kept) {
    let mut store = Store::open_in_memory(None, SealingKey::new(&[7; 32]).unwrap()).unwrap();
    let mut heads = Vec::new();
    for at in 0..5 {
        let add = |change: &mut Change<'_>| append(change, Timestamp::from_unix(at), Event::AccountLocked);
        heads.push(store.change::<_, StoreError>(add).unwrap());
    }
    let kept = Kept { head: heads[4], start: heads[1] };
    begin(&mut store, kept.start, key);
    for sequence in [1, 2] {
        remove(&mut store, sequence);
    }
    (store, kept)
}

fn put(store: &mut Store, anchor: &Anchor) {
    store.change::<_, StoreError>(|change| change.put(Table::Setting, ANCHOR, anchor)).unwrap();
}

/// Puts an anchor here that this key signed.
fn begin(store: &mut Store, start: Head, key: &TestKey) {
    let signature = key.sign(&statement(start)).to_vec();
    put(store, &Anchor { start, signature, key: key.public().uncompressed().to_vec() });
}

fn remove(store: &mut Store, sequence: u64) {
    assert!(store.change::<_, StoreError>(|change| change.delete(Table::History, &id(sequence))).unwrap());
}

fn anchor(store: &Store) -> Anchor {
    store.read(Table::Setting, ANCHOR).unwrap().unwrap()
}

const ROLLED_BACK: Result<(), StoreError> = Err(StoreError::RolledBack);

#[test]
fn a_pruned_history_is_whole_behind_its_anchor() {
    let (store, kept) = pruned(&TestKey::new());
    assert_eq!((verify(&store), continues(&store, &kept)), (Ok(5), Ok(())));
}

#[test]
fn notices_an_anchor_whose_start_signature_or_key_was_changed() {
    let change_start = |anchor: &mut Anchor| anchor.start.hash[0] ^= 1;
    let change_number = |anchor: &mut Anchor| anchor.start.sequence += 1;
    let change_signature = |anchor: &mut Anchor| anchor.signature[0] ^= 1;
    let change_key = |anchor: &mut Anchor| anchor.key = TestKey::new().public().uncompressed().to_vec();
    for change in [&change_start as &dyn Fn(&mut Anchor), &change_number, &change_signature, &change_key] {
        let (mut store, kept) = pruned(&TestKey::new());
        let mut anchor = anchor(&store);
        change(&mut anchor);
        put(&mut store, &anchor);
        assert_eq!((verify(&store).map(drop), continues(&store, &kept)), (ROLLED_BACK, ROLLED_BACK));
    }
}

#[test]
fn notices_an_entry_that_is_missing_behind_the_anchor() {
    for sequence in 3..=5 {
        let (mut store, kept) = pruned(&TestKey::new());
        remove(&mut store, sequence);
        assert_eq!(verify(&store), Err(StoreError::RolledBack), "{sequence}");
        let at_opening = continues(&store, &kept);
        assert_eq!(at_opening, if sequence == 5 { ROLLED_BACK } else { Ok(()) }, "{sequence}");
    }
}

#[test]
fn whoever_can_seal_records_cannot_begin_the_history_later_under_a_key_of_their_own() {
    for begins_after in 3..=5 {
        let (mut store, kept) = pruned(&TestKey::new());
        let mut start = kept.start;
        each(&store, |link| {
            start = link.head();
            Ok(link.sequence < begins_after)
        })
        .unwrap();
        begin(&mut store, start, &TestKey::new());
        for sequence in 3..=begins_after {
            remove(&mut store, sequence);
        }
        // What is there hangs together; where it may begin only the secret store says.
        assert_eq!(verify(&store), Ok(5));
        assert_eq!(continues(&store, &kept), ROLLED_BACK, "{begins_after}");
        assert_eq!(continues(&store, &Kept { start: Head::EMPTY, ..kept }), ROLLED_BACK);
    }
}

#[test]
fn notices_an_anchor_that_was_removed_with_what_it_stood_for() {
    let (mut store, kept) = pruned(&TestKey::new());
    store.change::<_, StoreError>(|change| change.delete(Table::Setting, ANCHOR)).unwrap();
    assert_eq!((verify(&store).map(drop), continues(&store, &kept)), (ROLLED_BACK, ROLLED_BACK));
}

#[test]
fn a_beginning_that_was_noted_and_not_made_is_no_roll_back() {
    let (store, kept) = pruned(&TestKey::new());
    let mut next = kept.start;
    each(&store, |link| {
        next = link.head();
        Ok(false)
    })
    .unwrap();
    assert_eq!(continues(&store, &Kept { start: next, ..kept }), Ok(()));
    next.hash[0] ^= 1;
    assert_eq!(continues(&store, &Kept { start: next, ..kept }), ROLLED_BACK);
}
