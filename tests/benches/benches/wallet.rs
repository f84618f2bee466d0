//! The wallet's file: how long it takes to open one with 20 credentials and list them, and to turn a page of a history of 10,000
//! entries; against SQLite and AES-GCM alone on the same rows of the same file.
#![allow(clippy::unwrap_used, reason = "a bench stops where its world does not stand")]
#![allow(clippy::indexing_slicing, reason = "a bench stops where its world does not stand")]
#![allow(clippy::cast_possible_truncation, reason = "small numbers")]
#[path = "../../e2e/doubles.rs"]
#[allow(dead_code, reason = "the tests use more of it")]
mod doubles;

use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;

use doubles::device::{MemoryKeyStore, MemorySecretStore};
use doubles::{World, citizen, code_from_mailbox, now, open_with, provider};
use holder::{CredentialName, SecretStore};
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use rusqlite::{Connection, params};
use sen_benches::{begin, time};
use serde_json::json;

const CREDENTIALS: usize = 20;
const ENTRIES: usize = 10_000;
const FIRST: usize = 1_000_000;
const PAGE: u32 = 50;

fn main() {
    begin(
        "wallet",
        "The wallet's file: opening one with 20 credentials, turning a page of its history.",
        &["wallet.open.20-credentials", "history.page"],
    );
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let (world, secret, keys) = runtime.block_on(insured());
    let place = world.folder.path();
    let file = place.join("bench/wallet.db");
    let key = sealing_key(&secret);
    multiply(&file, &key, "credential", CREDENTIALS - 1, |number| format!("copy-{number}"));
    // Far behind the others: they are no part of the chain, which a page does not follow.
    multiply(&file, &key, "history", ENTRIES, |number| format!("{:020}", FIRST + number));

    let open = || open_with(place, "bench", secret.clone(), keys.clone());
    assert_eq!(open().credentials().unwrap().len(), CREDENTIALS);
    let all = format!("SELECT id, version, sealed FROM credential LIMIT {CREDENTIALS}");
    time(
        "wallet.open.20-credentials",
        || assert_eq!(black_box(open().credentials().unwrap()).len(), CREDENTIALS),
        || assert_eq!(rows(&connect(&file), "credential", &all, &key), CREDENTIALS),
    );
    let (wallet, connection) = (open(), connect(&file));
    for (name, before) in [("newest", FIRST + ENTRIES), ("middle", FIRST + ENTRIES / 2)] {
        let page = format!(
            "SELECT id, version, sealed FROM history WHERE id < '{before:020}' ORDER BY id DESC LIMIT {PAGE}"
        );
        time(
            &format!("history.page.{name}-of-10000"),
            || assert_eq!(black_box(wallet.history(Some(before as u64), PAGE).unwrap()).len(), PAGE as usize),
            || assert_eq!(rows(&connection, "history", &page, &key), PAGE as usize),
        );
    }
}

/// The citizen's wallet at level 2 with the insurance card.
async fn insured() -> (World, Arc<MemorySecretStore>, Arc<MemoryKeyStore>) {
    let world = World::new();
    let (secret, keys) = (Arc::<MemorySecretStore>::default(), Arc::<MemoryKeyStore>::default());
    let wallet = open_with(world.folder.path(), "bench", secret.clone(), keys.clone());
    let account = wallet.account();
    account.open(&provider(&world.sandbox), &citizen("phone"), now()).await.unwrap();
    account.activate(&code_from_mailbox(&world.sandbox, doubles::PHONE).await, now()).await.unwrap();
    doubles::post(&world.sandbox, "/sandbox/level-2", &json!({"number": doubles::NUMBER})).await.unwrap();
    let wanted = holder::Wanted::Named(CredentialName::HealthInsurance, None);
    account.obtain_credential(wanted, None, &holder::Silent, now()).await.unwrap();
    (world, secret, keys)
}

/// The wallet's secret: one octet for its layout, then the key that seals.
fn sealing_key(secret: &MemorySecretStore) -> LessSafeKey {
    let secret = secret.load().unwrap().unwrap();
    LessSafeKey::new(UnboundKey::new(&AES_256_GCM, &secret.expose()[1..33]).unwrap())
}

fn bound(table: &str, id: &str, version: i64) -> Aad<Vec<u8>> {
    Aad::from([table.as_bytes(), &[0], id.as_bytes(), &[0], &version.to_be_bytes()].concat())
}

/// Many records of one: copies under other names, sealed as the wallet seals.
fn multiply(file: &Path, key: &LessSafeKey, table: &str, count: usize, name: impl Fn(usize) -> String) {
    let mut connection = connect(file);
    let find = format!("SELECT id, version, sealed FROM {table} LIMIT 1");
    let (id, version, mut sealed): (String, i64, Vec<u8>) =
        connection.query_row(&find, [], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).unwrap();
    let (nonce, body) = sealed.split_first_chunk_mut::<NONCE_LEN>().unwrap();
    let plain = key.open_in_place(Nonce::assume_unique_for_key(*nonce), bound(table, &id, version), body);
    let plain = plain.unwrap().to_vec();
    let change = connection.transaction().unwrap();
    for number in 0..count {
        let (id, mut nonce, mut body) = (name(number), [0; NONCE_LEN], plain.clone());
        nonce[..8].copy_from_slice(&(number as u64).to_be_bytes());
        let aad = bound(table, &id, 1);
        key.seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), aad, &mut body).unwrap();
        let put = format!("INSERT INTO {table} VALUES (?1, 1, ?2)");
        change.execute(&put, params![id, [&nonce[..], &body].concat()]).unwrap();
    }
    change.commit().unwrap();
}

fn connect(file: &Path) -> Connection {
    let connection = Connection::open(file).unwrap();
    connection.pragma_update(None, "journal_mode", "WAL").unwrap();
    connection
}

/// Reads and opens rows, and does nothing with them.
fn rows(connection: &Connection, table: &str, sql: &str, key: &LessSafeKey) -> usize {
    let mut statement = connection.prepare_cached(sql).unwrap();
    let mut rows = statement.query([]).unwrap();
    let mut count = 0;
    while let Some(row) = rows.next().unwrap() {
        let (id, version, mut sealed): (String, i64, Vec<u8>) =
            (row.get(0).unwrap(), row.get(1).unwrap(), row.get(2).unwrap());
        let (nonce, body) = sealed.split_first_chunk_mut::<NONCE_LEN>().unwrap();
        let nonce = Nonce::assume_unique_for_key(*nonce);
        black_box(key.open_in_place(nonce, bound(table, &id, version), body).unwrap());
        count += 1;
    }
    count
}
