//! Cards through the real PC/SC daemon and the virtual reader. `tests/run reader` starts the daemon.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]
mod sen;

use std::path::Path;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use card::curve::{BRAINPOOL_P256R1, P256, P384};
use sandbox::chip::{Mapping, Suite};
use sandbox::factory::{ActiveKeyChoice, Authority, CardOrder, Pace, Person, Protocols, Sex};
use sen::{CARD_A, CARD_B, Home, Ran, Running, card, csca};
use serde_json::{Value, json};
use trust::random::SystemRandom;
use trust::time::Timestamp;

/// The virtual reader has two slots; each test that puts a card in has one of its own.
const FIRST: (&str, u16) = ("Virtual PCD 00 00", 0);
const SECOND: (&str, u16) = ("Virtual PCD 00 01", 1);
/// Where the first slot listens as its package sets it up; `SEN_VPCD` names another port.
const PORT: u16 = 35_963;
/// The daemon serves one test at a time.
static TURN: Mutex<()> = Mutex::new(());

const CAN: &str = "067891";

fn need_daemon() {
    assert!(
        std::env::var_os("SEN_PCSCD").is_some_and(|set| set == "1"),
        "this test needs pcscd and vsmartcard-vpcd: run `tests/run reader`, or start `pcscd -f` and set SEN_PCSCD=1"
    );
}

/// A slot with a card in it. The daemon is slow to notice a card that follows another into a slot, so one process holds
/// the slot, and its card is swapped.
struct Slot {
    home: Home,
    reader: &'static str,
    folder: String,
    serving: Running,
}

impl Slot {
    /// Puts the second test card in and waits until the daemon has noticed it.
    fn occupy((reader, slot): (&'static str, u16)) -> Self {
        let port = std::env::var("SEN_VPCD").map_or(PORT, |port| port.parse().unwrap());
        let address = &format!("127.0.0.1:{}", port + slot);
        let home = Home::new();
        let folder = home.path("card");
        copy(&card(CARD_B), &folder);
        let serving = home.start(&["card", "serve", &folder, "--vpcd", address]);
        let slot = Self { home, reader, folder, serving };
        let started = Instant::now();
        while let error = slot.power_cycle()
            && error != Ok(())
        {
            assert!(started.elapsed() < Duration::from_secs(15), "the card never came: {error:?}");
            std::thread::sleep(Duration::from_millis(50));
        }
        println!("the card was noticed after {} ms", started.elapsed().as_millis());
        slot
    }

    /// Puts another card in.
    fn swap(&self, with: impl FnOnce(&str)) {
        std::fs::remove_dir_all(&self.folder).unwrap();
        with(&self.folder);
        self.power_cycle().unwrap();
    }

    fn power_cycle(&self) -> Result<(), pcsc::Error> {
        let context = pcsc::Context::establish(pcsc::Scope::User)?;
        let readers = context.list_readers_owned()?;
        let named = readers.iter().find(|name| name.to_str().is_ok_and(|name| name == self.reader));
        let reader = named.ok_or(pcsc::Error::UnknownReader)?;
        let card = context.connect(reader, pcsc::ShareMode::Exclusive, pcsc::Protocols::ANY)?;
        card.disconnect(pcsc::Disposition::UnpowerCard).map_err(|(_, error)| error)
    }

    fn read(&self, csca: &str, more: &[&str]) -> Ran {
        let mut words = vec!["card", "read", "--reader", self.reader, "--csca", csca, "--json"];
        words.extend(more);
        self.home.run(&words)
    }
}

fn copy(from: &str, to: &str) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap().map(Result::unwrap) {
        let target = Path::new(to).join(entry.file_name());
        if entry.path().is_dir() {
            copy(entry.path().to_str().unwrap(), target.to_str().unwrap());
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// A new card of the factory, signed by an authority of its own.
fn make(protocols: Protocols, folder: &str) {
    let now = Timestamp::from_unix(jiff::Timestamp::now().as_second());
    let authority = Authority::generate(now).unwrap();
    let person = Person::new("000199067891", "Trần Thị Mẫu", "1999-01-01".parse().unwrap(), Sex::Female);
    let order = CardOrder::new(person, "2026-01-01".parse().unwrap()).with_protocols(protocols);
    order.make(&authority, now, &mut SystemRandom::new()).unwrap().write_to(Path::new(folder)).unwrap();
}

/// The zone printed on the back of a card, from its DG1: two octets of tag and length around each level.
fn zone(folder: &str) -> String {
    let dg1 = std::fs::read(format!("{folder}/EF_DG1.bin")).unwrap();
    String::from_utf8(dg1[dg1.len() - 90..].to_vec()).unwrap()
}

fn pace(mapping: Mapping, suite: Suite, parameter: u8) -> Vec<Pace> {
    vec![Pace { mapping, suite, parameter }]
}

/// Checks that all three proofs are there and that the chip was opened so.
#[track_caller]
fn proven(report: &Value, protocol: &str, cipher: &str, parameters: &Value) {
    let access = json!({"protocol": protocol, "cipher": cipher, "parameters": parameters, "assumed_card_access": false});
    assert_eq!(report["access"], access);
    for proof in ["passive_authentication", "active_authentication", "chip_authentication"] {
        assert_eq!(
            (&report[proof]["result"], &report[proof]["reason"]),
            (&json!("verified"), &Value::Null),
            "{proof}"
        );
    }
    println!("{protocol}: {} exchanges in {} ms", report["apdus"], report["milliseconds"]);
}

#[test]
fn every_way_in_and_every_proof_go_through_the_daemon() {
    need_daemon();
    let _turn = TURN.lock();
    let slot = Slot::occupy(FIRST);
    generic_mapping(&slot);
    another_card_of_the_vectors(&slot);
    let csca = format!("{}/csca.cer", slot.folder);
    // PACE with chip authentication mapping proves the key of EF.CardSecurity; no second proof follows.
    let mapped = Protocols {
        pace: pace(Mapping::ChipAuthentication, Suite::Aes256, 13),
        chip_curve: &BRAINPOOL_P256R1,
        active: ActiveKeyChoice::Ecdsa(&P384),
        ..Protocols::default()
    };
    slot.swap(|folder| make(mapped, folder));
    assert!(Path::new(&slot.folder).join("EF_CardSecurity.bin").exists());
    let kept = slot.home.path("mapped");
    let report = slot.read(&csca, &["--can", CAN, "--save", &kept]).exits(0);
    proven(&report, "pace-cam", "aes-256", &json!("brainpoolP256r1"));
    same_files(
        &kept,
        &slot.folder,
        &["EF_COM", "EF_SOD", "EF_DG1", "EF_DG2", "EF_DG13", "EF_DG14", "EF_DG15"],
    );
    a_card_that_knows_bac_alone(&slot, &csca);
    integrated_mapping_and_chip_authentication_with_3des(&slot, &csca);
    forgeries(&slot, &csca);
}

fn generic_mapping(slot: &Slot) {
    let kept = slot.home.path("kept");
    let report = slot.read(&csca(CARD_B), &["--can", CAN, "--save", &kept]).exits(0);
    assert_eq!(report["personal_number"], "000204067891");
    proven(&report, "pace-gm", "aes-128", &json!("brainpoolP256r1"));
    same_files(
        &kept,
        &slot.folder,
        &["EF_COM", "EF_SOD", "EF_DG1", "EF_DG2", "EF_DG13", "EF_DG14", "EF_DG15", "EF_CardAccess"],
    );
    slot.read(&csca(CARD_B), &["--can", "999999"]).fails(1, "card.wrong_access_key");
    // The zone opens PACE too.
    let report = slot.read(&csca(CARD_B), &["--mrz", &zone(&slot.folder)]).exits(0);
    proven(&report, "pace-gm", "aes-128", &json!("brainpoolP256r1"));
}

fn another_card_of_the_vectors(slot: &Slot) {
    slot.swap(|folder| copy(&card(CARD_A), folder));
    let report = slot.read(&csca(CARD_A), &["--can", "012345"]).exits(0);
    assert_eq!(report["personal_number"], "000199012345");
    proven(&report, "pace-gm", "aes-128", &json!("brainpoolP256r1"));
}

fn a_card_that_knows_bac_alone(slot: &Slot, csca: &str) {
    let protocols =
        Protocols { pace: Vec::new(), active: ActiveKeyChoice::NewRsa(2048), ..Protocols::default() };
    slot.swap(|folder| make(protocols, folder));
    let report = slot.read(csca, &["--mrz", &zone(&slot.folder)]).exits(0);
    proven(&report, "bac", "3des", &Value::Null);
    // BAC knows no card access number.
    slot.read(csca, &["--can", CAN]).fails(1, "card.not_read");
}

fn integrated_mapping_and_chip_authentication_with_3des(slot: &Slot, csca: &str) {
    let protocols = Protocols {
        pace: pace(Mapping::Integrated, Suite::Aes192, 12),
        chip: Suite::TripleDes,
        chip_curve: &P256,
        ..Protocols::default()
    };
    slot.swap(|folder| make(protocols, folder));
    let report = slot.read(csca, &["--can", CAN]).exits(0);
    proven(&report, "pace-im", "aes-192", &json!("P-256"));
}

/// Copies of the last card, each without one of its keys.
fn forgeries(slot: &Slot, csca: &str) {
    let stranger = slot.home.path("stranger");
    let protocols = Protocols { chip_curve: &P256, ..Protocols::default() };
    make(protocols, &stranger);
    let swap_key = |name: &str| {
        let (own, copied) = (format!("{}/keys/{name}", slot.folder), slot.home.path(name));
        std::fs::copy(&own, &copied).unwrap();
        std::fs::copy(format!("{stranger}/keys/{name}"), &own).unwrap();
        slot.power_cycle().unwrap();
        (own, copied)
    };
    let (own, copied) = swap_key("aa_pkcs8.der");
    let report = slot.read(csca, &["--can", CAN]).exits(1);
    assert_eq!(report["active_authentication"], json!({"result": "failed", "reason": "signature_invalid"}));
    assert_eq!(report["chip_authentication"]["result"], "verified");
    assert_eq!(report["passive_authentication"]["result"], "verified");
    std::fs::copy(copied, own).unwrap();
    swap_key("ca_pkcs8.der");
    slot.read(csca, &["--can", CAN]).fails(1, "card.chip_not_genuine");
    // A country of the same name with another key.
    slot.swap(|folder| copy(&stranger, folder));
    let other = slot.home.path("other");
    make(Protocols::default(), &other);
    let report = slot.read(&format!("{other}/csca.cer"), &["--can", CAN]).exits(1);
    let passive = &report["passive_authentication"];
    assert_eq!((&passive["result"], &passive["reason"]), (&json!("failed"), &json!("chain_invalid")));
    assert_eq!(report["name"], Value::Null);
}

#[track_caller]
fn same_files(read: &str, on_card: &str, names: &[&str]) {
    for name in names {
        let bytes = |folder: &str| std::fs::read(format!("{folder}/{name}.bin")).unwrap();
        assert!(bytes(read) == bytes(on_card), "{name}");
    }
}

#[test]
fn a_card_that_is_gone_is_said_in_one_line() {
    need_daemon();
    let _turn = TURN.lock();
    let slot = Slot::occupy(SECOND);
    slot.read(&csca(CARD_B), &["--can", CAN]).exits(0);
    let Slot { home, serving, reader, .. } = slot;
    drop(serving);
    let csca = csca(CARD_B);
    let words = ["card", "read", "--reader", reader, "--csca", &csca, "--json", "--can", CAN];
    // Until the daemon has noticed, the card is lost at the first command.
    let error = home.run(&words).exits(3);
    let code = error.pointer("/error/code").unwrap().as_str().unwrap();
    assert!(["no_card", "card.tag_lost"].contains(&code), "{error}");
    home.run(&words).fails(3, "no_card");
}

#[test]
fn an_unknown_reader_is_answered_with_those_there_are() {
    need_daemon();
    let _turn = TURN.lock();
    let csca = csca(CARD_B);
    let ran =
        Home::new().run(&["card", "read", "--reader", "no such", "--can", CAN, "--csca", &csca, "--json"]);
    ran.fails(3, "no_such_reader");
    assert!(ran.stderr.contains(FIRST.0), "{ran:?}");
}
