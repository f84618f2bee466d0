use rusqlite::params;
use serde::{Deserialize, Serialize};

use super::seal::SealingKey;
use super::*;
use crate::history::chain;
use crate::history::{self, Event, Head, Kept};
use trust::time::Timestamp;

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Note {
    text: String,
}

fn note(text: &str) -> Note {
    Note { text: text.to_owned() }
}

struct Folder(std::path::PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("sen-store-{}-{name}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn store(&self) -> Store {
        Store::open(&self.0.join("wallet.db"), SealingKey::new(&[7; 32]).unwrap()).unwrap()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn put(store: &mut Store, id: &str, text: &str) {
    store.change::<_, StoreError>(|change| change.put(Table::Credential, id, &note(text))).unwrap();
}

fn append(store: &mut Store, count: i64) -> Head {
    let mut head = Head::EMPTY;
    for at in 0..count {
        let event = Event::AccountActivated { level: 1 };
        head = store
            .change::<_, StoreError>(|change| history::append(change, Timestamp::from_unix(at), event))
            .unwrap();
    }
    head
}

fn continues(store: &Store, head: Head) -> Result<(), StoreError> {
    history::continues(store, &Kept { head, start: Head::EMPTY })
}

#[test]
fn keeps_records_across_openings_and_replaces_them_by_id() {
    let folder = Folder::new("keep");
    put(&mut folder.store(), "a", "first");
    put(&mut folder.store(), "a", "second");
    put(&mut folder.store(), "b", "other");
    let all: Vec<(String, Note)> = folder.store().list(Table::Credential).unwrap();
    assert_eq!(all, [("a".to_owned(), note("second")), ("b".to_owned(), note("other"))]);
}

#[test]
fn writes_nothing_readable_to_the_disk() {
    let folder = Folder::new("sealed");
    put(&mut folder.store(), "a", "Nguyen Thi Mau 000199012345");
    for file in std::fs::read_dir(&folder.0).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        assert!(!bytes.windows(12).any(|window| window == b"000199012345"));
    }
}

#[test]
fn refuses_a_record_with_any_byte_flipped() {
    let folder = Folder::new("flip");
    let mut store = folder.store();
    put(&mut store, "a", "text");
    let sealed: Vec<u8> =
        store.connection.query_row("SELECT sealed FROM credential", [], |row| row.get(0)).unwrap();
    for index in 0..sealed.len() {
        let mut changed = sealed.clone();
        changed[index] ^= 1;
        store.connection.execute("UPDATE credential SET sealed = ?1", params![changed]).unwrap();
        assert_eq!(store.read::<Note>(Table::Credential, "a"), Err(StoreError::Tampered), "byte {index}");
    }
    for length in 0..sealed.len() {
        store.connection.execute("UPDATE credential SET sealed = ?1", params![&sealed[..length]]).unwrap();
        assert_eq!(store.read::<Note>(Table::Credential, "a"), Err(StoreError::Tampered), "length {length}");
    }
}

#[test]
fn refuses_a_record_moved_to_another_id_table_or_version() {
    let folder = Folder::new("move");
    let mut store = folder.store();
    for sql in [
        "UPDATE credential SET id = 'b'",
        "UPDATE credential SET version = version + 1",
        "INSERT INTO account SELECT 'a', version, sealed FROM credential",
    ] {
        store.connection.execute_batch("DELETE FROM credential; DELETE FROM account").unwrap();
        put(&mut store, "a", "text");
        store.connection.execute_batch(sql).unwrap();
        let found = [
            store.read::<Note>(Table::Credential, "b"),
            store.read::<Note>(Table::Credential, "a"),
            store.read::<Note>(Table::Account, "a"),
        ];
        assert!(found.contains(&Err(StoreError::Tampered)), "{sql}");
    }
}

#[test]
fn refuses_a_file_under_another_key() {
    let folder = Folder::new("key");
    put(&mut folder.store(), "a", "text");
    let store = Store::open(&folder.0.join("wallet.db"), SealingKey::new(&[8; 32]).unwrap()).unwrap();
    assert_eq!(store.read::<Note>(Table::Credential, "a"), Err(StoreError::Tampered));
}

#[test]
fn keeps_nothing_of_a_change_that_fails() {
    let folder = Folder::new("atomic");
    let mut store = folder.store();
    put(&mut store, "kept", "text");
    let failed: Result<(), StoreError> = store.change(|change| {
        change.put(Table::Credential, "half", &note("text"))?;
        change.delete(Table::Credential, "kept")?;
        history::append(change, Timestamp::from_unix(1), Event::AccountOpened)?;
        Err(StoreError::Bug)
    });
    assert_eq!(failed, Err(StoreError::Bug));
    let all: Vec<(String, Note)> = store.list(Table::Credential).unwrap();
    assert_eq!(all, [("kept".to_owned(), note("text"))]);
    assert_eq!(chain::verify(&store), Ok(0));
}

#[test]
fn refuses_a_file_of_a_newer_version() {
    let folder = Folder::new("newer");
    folder.store().connection.pragma_update(None, "user_version", 1_000).unwrap();
    let opened = Store::open(&folder.0.join("wallet.db"), SealingKey::new(&[7; 32]).unwrap());
    assert_eq!(opened.err(), Some(StoreError::TooNew));
}

#[test]
fn chains_history_and_pages_it_newest_first() {
    let folder = Folder::new("history");
    let mut store = folder.store();
    append(&mut store, 25);
    assert_eq!(chain::verify(&store), Ok(25));
    let first: Vec<u64> = chain::page(&store, None, 10).unwrap().iter().map(|entry| entry.sequence).collect();
    assert_eq!(first, (16..=25).rev().collect::<Vec<_>>());
    let last: Vec<u64> =
        chain::page(&store, Some(4), 10).unwrap().iter().map(|entry| entry.sequence).collect();
    assert_eq!(last, [3, 2, 1]);
}

#[test]
fn notices_history_that_was_left_out_swapped_changed_or_cut() {
    let one = "00000000000000000001";
    let two = "00000000000000000002";
    for sql in [
        format!("DELETE FROM history WHERE id = '{one}'"),
        format!("DELETE FROM history WHERE id = '{two}'"),
        "DELETE FROM history WHERE id = (SELECT max(id) FROM history)".to_owned(),
        format!(
            "UPDATE history SET sealed = (SELECT sealed FROM history WHERE id = '{one}') WHERE id = '{two}'"
        ),
        "DELETE FROM history".to_owned(),
    ] {
        let folder = Folder::new("tamper");
        let mut store = folder.store();
        append(&mut store, 5);
        store.connection.execute_batch(&sql).unwrap();
        assert!(chain::verify(&store).is_err(), "{sql}");
    }
}

#[test]
fn notices_an_older_copy_of_the_whole_file() {
    let folder = Folder::new("rollback");
    let mut store = folder.store();
    let early = append(&mut store, 3);
    store.connection.pragma_update(None, "journal_mode", "DELETE").unwrap();
    let old = std::fs::read(folder.0.join("wallet.db")).unwrap();
    let late = append(&mut store, 2);
    assert_eq!(continues(&store, early), Ok(()));
    assert_eq!(continues(&store, late), Ok(()));
    drop(store);
    std::fs::write(folder.0.join("wallet.db"), old).unwrap();
    let store = folder.store();
    assert_eq!(continues(&store, early), Ok(()));
    assert_eq!(continues(&store, late), Err(StoreError::RolledBack));
}
