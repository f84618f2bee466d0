//! Signed records of readings, and revoked signers, as a person or a script meets them.
use sandbox::factory::{Authority, CardOrder, Person, Sex};
use trust::random::SystemRandom;
use trust::time::Timestamp;

use crate::sen::{CARD_A, CARD_B, Home, Ran, card, csca};

const NONCE: &str = "00112233445566778899aabbccddeeff";

/// Reads card B into `record.cose` for a nonce.
fn record(home: &Home) -> (String, serde_json::Value) {
    let (folder, file) = (card(CARD_B), home.path("record.cose"));
    let report = home
        .run(&[
            "card",
            "read",
            "--simulate",
            &folder,
            "--can",
            "067891",
            "--csca",
            &csca(CARD_B),
            "--json",
            "--evidence",
            &file,
            "--nonce",
            NONCE,
        ])
        .exits(0);
    (file, report)
}

fn verify(home: &Home, saved: &str, more: &[&str]) -> Ran {
    let csca = csca(CARD_B);
    let mut words = vec!["card", "verify", saved, "--csca", &csca, "--json"];
    words.extend(more);
    home.run(&words)
}

#[test]
fn a_record_is_proven_again_without_the_card() {
    let home = Home::new();
    let (file, read) = record(&home);
    assert_eq!(read["chip_authentication"]["result"], "verified");
    let pin = home.path("home/card-evidence.pub");
    let report = verify(&home, &file, &["--signer", &pin, "--nonce", NONCE]).exits(0);
    assert_eq!(report["personal_number"], "000204067891");
    assert_eq!(report["passive_authentication"]["result"], "verified");
    assert_eq!(report["active_authentication"]["result"], "verified");
    // The reader held the keys of this one itself.
    assert_eq!(report["chip_authentication"]["result"], "asserted_by_reader");
    assert_eq!(report["access"]["protocol"], "pace-gm");
    assert!(report["apdus"].is_null());
    let evidence = &report["evidence"];
    assert_eq!(evidence["nonce"], NONCE);
    assert_eq!(evidence["signer_trusted"], true);
    assert_eq!(evidence["certificates_now"], "valid");
    assert_eq!(evidence["signer"], read["evidence"]["signer"]);
    assert_eq!(evidence["signed_at"], read["evidence"]["signed_at"]);

    let unpinned = verify(&home, &file, &[]).exits(0);
    assert_eq!(unpinned["evidence"]["signer_trusted"], false);
    assert_eq!(unpinned["evidence"]["signer"], evidence["signer"]);
    // Years later the certificates have expired: a believed signer stands for the time of the reading, nobody else does.
    let later = ["--at", "2090-01-01T00:00:00Z"];
    let pinned = verify(&home, &file, &[&later[..], &["--signer", &pin]].concat()).exits(0);
    assert_eq!(pinned["evidence"]["certificates_now"], "expired");
    let unpinned = verify(&home, &file, &later).exits(1);
    assert_eq!(unpinned["passive_authentication"]["reason"], "expired");
}

#[cfg(unix)]
#[test]
fn a_record_is_for_its_owner_alone_whatever_lay_in_its_place() {
    use std::os::unix::fs::PermissionsExt;
    let home = Home::new();
    for left in ["record.cose", "record.unfinished"] {
        std::fs::write(home.path(left), "left by something else").unwrap();
        std::fs::set_permissions(home.path(left), PermissionsExt::from_mode(0o644)).unwrap();
        let (file, _) = record(&home);
        assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600, "{left}");
    }
}

#[test]
fn the_key_of_records_stays_and_each_reading_has_its_own_nonce() {
    let home = Home::new();
    let (file, read) = record(&home);
    let first = std::fs::read(&file).unwrap();
    let again = home
        .run(&[
            "card",
            "read",
            "--simulate",
            &card(CARD_B),
            "--can",
            "067891",
            "--csca",
            &csca(CARD_B),
            "--json",
            "--evidence",
            &file,
        ])
        .exits(0);
    assert_eq!(read["evidence"]["signer"], again["evidence"]["signer"]);
    assert_eq!(again["evidence"]["nonce"].as_str().unwrap().len(), 64);
    assert_ne!(first, std::fs::read(&file).unwrap());
}

#[test]
fn each_thing_wrong_with_a_record_has_its_own_code() {
    let (home, stranger) = (Home::new(), Home::new());
    let (file, _) = record(&home);
    record(&stranger);
    let other = stranger.path("home/card-evidence.pub");
    verify(&home, &file, &["--signer", &other]).fails(1, "evidence.signer_not_trusted");
    verify(&home, &file, &["--nonce", "0011223344556677"]).fails(1, "evidence.other_nonce");
    verify(&home, &file, &["--at", "2025-06-01T00:00:00Z"]).fails(1, "evidence.from_the_future");
    let whole = std::fs::read(&file).unwrap();
    let changed = home.path("changed.cose");
    let mut bytes = whole.clone();
    let name = bytes.windows(5).position(|part| part == b"DANG<").unwrap();
    bytes[name] = b'B';
    std::fs::write(&changed, &bytes).unwrap();
    verify(&home, &changed, &[]).fails(1, "evidence.signature_invalid");
    std::fs::write(&changed, &whole[..whole.len() - 1]).unwrap();
    verify(&home, &changed, &[]).fails(1, "evidence.malformed");
    // Another country's card is what it was without a record.
    let words = ["card", "verify", &file, "--csca", &csca(CARD_A), "--json"];
    assert_eq!(home.run(&words).exits(1)["passive_authentication"]["result"], "no_trust_anchor");

    verify(&home, &file, &["--nonce", "xy"]).fails(2, "bad_nonce");
    verify(&home, &file, &["--signer", &file]).fails(2, "bad_signer");
    verify(&home, &card(CARD_B), &["--nonce", NONCE]).fails(2, "no_record");
}

#[test]
fn a_card_whose_signer_was_revoked_is_refused_from_then_on() {
    let home = Home::new();
    let now = Timestamp::parse_rfc3339("2025-06-01T00:00:00Z").unwrap();
    let (authority, random) = (Authority::generate(now).unwrap(), &mut SystemRandom::new());
    let birth = "1999-01-01".parse().unwrap();
    let person = Person::new("000199000001", "Trần Thị Đoan Mẫu", birth, Sex::Female);
    let issued = CardOrder::new(person, "2025-05-01".parse().unwrap()).make(&authority, now, random).unwrap();
    let (folder, anchors) = (home.path("card"), home.path("anchors"));
    issued.write_to(folder.as_ref()).unwrap();
    std::fs::create_dir_all(&anchors).unwrap();
    let root = format!("{folder}/csca.cer");
    // The list comes before the certificate that it hangs on.
    std::fs::copy(&root, format!("{anchors}/z.cer")).unwrap();
    std::fs::write(format!("{anchors}/read-me"), "not a certificate").unwrap();
    let list = format!("{anchors}/a.crl");
    let check = |anchors: &[&str], at: &str| {
        let mut words = vec!["card", "verify", &folder, "--json", "--at", at];
        for path in anchors {
            words.extend(["--csca", *path]);
        }
        home.run(&words)
    };
    let (before, after) = ("2025-06-01T12:00:00Z", "2025-06-03T00:00:00Z");
    let since = Some(Timestamp::parse_rfc3339("2025-06-02T00:00:00Z").unwrap());
    let revoked = authority.revocation_list(since, now, random).unwrap();
    std::fs::write(&list, &revoked).unwrap();
    check(&[&anchors], before).exits(0);
    check(&[&root], after).exits(0);
    for with in [&[&*anchors][..], &[&root, &list], &[&list, &root]] {
        let report = check(with, after).exits(1);
        assert_eq!(report["passive_authentication"]["result"], "failed");
        assert_eq!(report["passive_authentication"]["reason"], "revoked");
        assert!(report["name"].is_null());
    }
    // What should revoke and cannot be taken is never passed over.
    std::fs::write(&list, &revoked[..revoked.len() - 1]).unwrap();
    check(&[&anchors], after).fails(2, "crl_malformed");
    let stranger = Authority::generate(now).unwrap().revocation_list(since, now, random).unwrap();
    std::fs::write(&list, stranger).unwrap();
    check(&[&anchors], after).fails(2, "crl_not_signed");
    check(&[&list], after).fails(2, "crl_not_signed");
}
