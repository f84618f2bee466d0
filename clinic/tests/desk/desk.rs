//! The desk with its folders and its file, as `sen clinic check` uses them.
use std::fs;

use clinic::answer::Verdict;
use clinic::desk_file::DeskFile;
use clinic::picture::PictureError;
use clinic::{Error, FileKind};
use presentation::qr;
use sen_clinic as clinic;
use test_key::TestKey;
use trust::anchors::TrustError;
use trust::status::StatusError;
use verifier::{Seen, SeenList, Sighting};

use crate::nation::world::{INDEX, NOW};
use crate::nation::{Nation, national};

#[test]
fn the_answer_has_the_documented_form() {
    let nation = Nation::new();
    let answer = nation.check(&nation.code(), NOW).unwrap();
    let expected = serde_json::json!({
        "verdict": "accepted", "reasons": [], "format": "sen-frame", "holder_bound": true,
        "issued_by": "Issuer of the tests", "presented_at": "2027-01-15T07:59:56Z", "age_seconds": 4,
        "claims": {
            "name": "Nguyễn Thị Phương Thảo", "date_of_birth": "1999-01-01", "sex": "F",
            "personal_number": "000199012345",
            "insurance": {
                "number": "GD4000000012345", "valid_from": null, "valid_to": "2027-12-31", "facility": "79034",
                "benefit_level": 4, "five_years_from": null
            }
        },
        "status": {"result": "valid", "as_of": "2027-01-15T07:55:00Z", "age_seconds": 300},
        "trust_as_of": "2027-01-15T07:00:00Z",
        "freshness": "one_way", "window_seconds": 120, "replay": "not_checked", "face": "compare_with_card",
        "authentication_level": {"level": 1, "basis": "claimed"}, "presented_by": "holder",
        "entitlement": "not_looked_up"
    });
    assert_eq!(serde_json::to_value(answer).unwrap(), expected);
}

#[test]
fn a_refusal_shows_no_claims_and_still_says_why() {
    let mut nation = Nation::new();
    nation.world.statuses.set(INDEX, 1);
    nation.publish();
    let answer = nation.check(&nation.code(), NOW).unwrap();
    assert_eq!((answer.verdict, &answer.reasons[..]), (Verdict::Refused, &["revoked".to_owned()][..]));
    assert!(answer.claims.is_none() && answer.presented_by.is_none());
    assert_eq!((answer.status.result.as_str(), answer.face.as_str()), ("revoked", "not_available"));
    let answer = nation.check(b"0123", NOW).unwrap();
    assert_eq!((answer.verdict, &answer.reasons[..]), (Verdict::Refused, &["malformed".to_owned()][..]));
    assert_eq!(answer.holder_bound, None);
}

#[test]
fn a_second_scan_is_replayed_and_a_late_one_stale() {
    let nation = Nation::new();
    let code = nation.code();
    let first = nation.check_remembering(&code, NOW).unwrap();
    assert_eq!((first.verdict, first.replay.as_str()), (Verdict::Accepted, "first_seen"));
    let second = nation.check_remembering(&code, NOW.plus_seconds(5)).unwrap();
    assert_eq!((second.reasons, second.replay.as_str()), (vec!["replayed".to_owned()], "seen"));
    let late = nation.check_remembering(&code, NOW.plus_seconds(57)).unwrap();
    assert_eq!(late.reasons, ["stale"]);
}

#[test]
fn a_picture_of_a_code_is_read() {
    let nation = Nation::new();
    let matrix = qr::encode(&nation.world.text()).unwrap();
    let side = (matrix.size() + 8) * 5;
    let picture = image::GrayImage::from_fn(side, side, |x, y| {
        let module = |at: u32| i32::try_from(at / 5).unwrap() - 4;
        image::Luma([if matrix.is_dark(module(x), module(y)) { 0 } else { 255 }])
    });
    let mut png = std::io::Cursor::new(Vec::new());
    picture.write_to(&mut png, image::ImageFormat::Png).unwrap();
    assert_eq!(nation.check(png.get_ref(), NOW).unwrap().verdict, Verdict::Accepted);
}

#[test]
fn a_picture_without_a_code_or_a_broken_one_is_an_error() {
    let nation = Nation::new();
    let mut png = std::io::Cursor::new(Vec::new());
    image::GrayImage::new(64, 64).write_to(&mut png, image::ImageFormat::Png).unwrap();
    assert_eq!(nation.check(png.get_ref(), NOW).unwrap_err(), Error::Picture(PictureError::NoCode));
    let cut = &png.get_ref()[..20];
    assert_eq!(nation.check(cut, NOW).unwrap_err(), Error::Picture(PictureError::Unreadable));
}

#[test]
fn a_missing_file_or_a_list_of_another_root_is_an_error() {
    let nation = Nation::new();
    nation.publish_signed_by(&TestKey::new());
    let refused = nation.check(&nation.code(), NOW).unwrap_err();
    assert_eq!(refused, Error::TrustList(TrustError::SignatureInvalid));
    fs::write(nation.folder.join("trust/root.pub"), "04").unwrap();
    assert_eq!(nation.check(&nation.code(), NOW).unwrap_err(), Error::Root);
    fs::remove_file(nation.folder.join("trust/root.pub")).unwrap();
    assert_eq!(nation.check(&nation.code(), NOW).unwrap_err(), Error::Unreadable(FileKind::Root));
    let nation = Nation::new();
    fs::remove_dir_all(nation.folder.join("status")).unwrap();
    assert_eq!(nation.check(&nation.code(), NOW).unwrap_err(), Error::Unreadable(FileKind::Status));
}

#[test]
fn a_broken_status_file_is_passed_over() {
    let nation = Nation::new();
    fs::write(nation.folder.join("status/7.cwt"), b"no token").unwrap();
    fs::write(nation.folder.join("status/readme.txt"), b"no list").unwrap();
    assert_eq!(nation.check(&nation.code(), NOW).unwrap().reasons, ["status_unknown"]);
    let data = clinic::folder::load(&nation.folder.join("trust"), Some(&nation.folder.join("status")), None)
        .unwrap();
    assert_eq!(data.passed_over.len(), 1);
}

#[test]
fn an_older_trust_list_does_not_replace_a_newer_one() {
    let mut nation = Nation::new();
    nation.world.list.sequence = 2;
    nation.world.list.issuers[0].revoked = true;
    nation.publish();
    assert_eq!(nation.check_remembering(&nation.code(), NOW).unwrap().reasons, ["issuer_revoked"]);
    nation.world.list.sequence = 1;
    nation.world.list.issuers[0].revoked = false;
    nation.publish();
    assert_eq!(nation.check_remembering(&nation.code(), NOW).unwrap().reasons, ["issuer_revoked"]);
    assert_eq!(
        nation.check(&nation.code(), NOW).unwrap().verdict,
        Verdict::Accepted,
        "nothing is remembered"
    );
}

#[test]
fn an_older_status_list_is_reported_and_the_newer_one_decides() {
    let mut nation = Nation::new();
    nation.check_remembering(&nation.code(), NOW).unwrap();
    nation.world.statuses.issued = NOW.minus_seconds(900);
    nation.publish();
    let answer = nation.check_remembering(&nation.code(), NOW).unwrap();
    assert_eq!((answer.verdict, answer.reasons), (Verdict::Unsure, vec!["rollback".to_owned()]));
    assert_eq!(answer.status.age_seconds, Some(300));
}

#[test]
fn the_announced_root_takes_over_on_the_desk() {
    let mut nation = Nation::new();
    let (second, third) = (TestKey::new(), TestKey::new());
    nation.world.list.successor = Some(second.public());
    nation.publish();
    assert_eq!(nation.check_remembering(&nation.code(), NOW).unwrap().verdict, Verdict::Accepted);
    nation.world.list.sequence = 2;
    nation.world.list.successor = Some(third.public());
    nation.publish_signed_by(&third);
    let skipped = nation.check_remembering(&nation.code(), NOW).unwrap_err();
    assert_eq!(skipped, Error::TrustList(TrustError::SignatureInvalid));
    nation.publish_signed_by(&second);
    assert_eq!(nation.check_remembering(&nation.code(), NOW).unwrap().verdict, Verdict::Accepted);
    nation.world.list.sequence = 3;
    nation.publish_signed_by(&third);
    assert_eq!(nation.check_remembering(&nation.code(), NOW).unwrap().verdict, Verdict::Accepted);
    nation.publish_signed_by(&nation.world.root);
    let old_root = nation.check_remembering(&nation.code(), NOW).unwrap_err();
    assert_eq!(old_root, Error::TrustList(TrustError::SignatureInvalid));
}

#[test]
fn a_clock_set_back_behind_what_the_desk_has_seen_is_told() {
    let mut nation = Nation::new();
    nation.check_remembering(&nation.code(), NOW).unwrap();
    let earlier = NOW.minus_seconds(2 * 3600);
    nation.world.presented_at = earlier;
    nation.world.list.issued = earlier;
    nation.world.statuses.issued = earlier;
    let answer = nation.check_remembering(&nation.code(), earlier).unwrap();
    assert_eq!((answer.verdict, answer.reasons), (Verdict::Unsure, vec!["clock_suspect".to_owned()]));
}

#[test]
fn of_two_desks_on_one_file_only_one_is_told_that_a_code_is_new() {
    let nation = Nation::new();
    let file = nation.folder.join("seen.db");
    let sighting = |name| Sighting {
        presentation: [name; 32],
        credential: [9; 32],
        received_at: NOW,
        keep_until: NOW.plus_seconds(180),
    };
    let answers: Vec<Seen> = std::thread::scope(|scope| {
        let desks: Vec<_> = (0..4)
            .map(|_| {
                let file = &file;
                scope.spawn(move || {
                    let mut desk = DeskFile::open(file, "one").unwrap();
                    (0..25).map(|name| desk.note(&sighting(name))).collect::<Vec<_>>()
                })
            })
            .collect();
        desks.into_iter().flat_map(|desk| desk.join().unwrap()).collect()
    });
    assert_eq!(answers.iter().filter(|seen| **seen == Seen::First).count(), 25);
    assert_eq!(answers.iter().filter(|seen| **seen == Seen::Again).count(), 75);
    let mut other = DeskFile::open(&file, "two").unwrap();
    assert_eq!(other.note(&sighting(100)), Seen::FirstHereAfterAnotherDesk);
    assert!(!other.has_failed());
}

#[test]
fn the_second_counter_on_one_file_is_warned_of_a_card() {
    let nation = Nation::new();
    let reasons = |desk, code: Vec<u8>| nation.check_at(desk, &code, NOW).unwrap().reasons;
    assert!(reasons("one", nation.code()).is_empty());
    assert!(reasons("one", nation.code()).is_empty(), "the same counter");
    assert_eq!(reasons("two", nation.code()), ["seen_elsewhere"]);
}

#[test]
fn nothing_is_accepted_where_the_seen_list_cannot_be_written() {
    let nation = Nation::new();
    fs::create_dir(nation.folder.join("seen.db")).unwrap();
    assert_eq!(nation.check_remembering(&nation.code(), NOW).unwrap_err(), Error::SeenList);
}

#[test]
fn a_printed_code_fills_the_form_and_is_marked_as_unproven() {
    let nation = Nation::new();
    let card = "000190000002||Trần Thị B|02021990|Nữ|Thôn Mẫu, Xã Mẫu, Nghệ An|02022022\n";
    let answer = nation.check(card.as_bytes(), NOW).unwrap();
    assert_eq!((answer.verdict, answer.reasons), (Verdict::Unsure, vec!["not_holder_bound".to_owned()]));
    assert_eq!(
        (answer.format.as_str(), answer.holder_bound, answer.issued_by),
        ("card-qr", Some(false), None)
    );
    let claims = answer.claims.unwrap();
    assert_eq!(claims.personal_number.as_deref(), Some("000190000002"));
    assert!(claims.insurance.is_none() && answer.presented_by.is_none());
}

impl Nation {
    fn reasons(&self) -> Vec<String> {
        self.check(&self.code(), NOW).unwrap().reasons
    }
}

#[test]
fn the_nations_status_serves_in_place_of_lists_and_follows_its_deltas() {
    let nation = Nation::new();
    fs::remove_file(nation.folder.join("status/7.cwt")).unwrap();
    assert_eq!(nation.reasons(), ["status_unknown"]);
    nation.publish_status("1.cwt", &national(1).snapshot(b"s1").unwrap());
    assert!(nation.reasons().is_empty());
    nation.publish_status("b.cwt", &national(2).delta_since(&national(1), b"s1").unwrap());
    assert!(nation.reasons().is_empty());
    nation.publish_status("a.cwt", &national(3).delta_since(&national(2), b"s1").unwrap());
    assert_eq!(nation.reasons(), ["revoked"]);
    fs::remove_file(nation.folder.join("status/b.cwt")).unwrap();
    assert!(nation.reasons().is_empty(), "a delta that leads on from nothing is passed over");
    let folder = |name| nation.folder.join(name);
    let data = clinic::folder::load(&folder("trust"), Some(&folder("status")), None).unwrap();
    assert_eq!(data.passed_over, [(folder("status/a.cwt"), StatusError::OtherBase)]);
}

#[test]
fn an_older_national_status_is_reported_and_the_newer_one_decides() {
    let nation = Nation::new();
    fs::remove_file(nation.folder.join("status/7.cwt")).unwrap();
    nation.publish_status("1.cwt", &national(1).snapshot(b"s1").unwrap());
    nation.publish_status("2.cwt", &national(3).delta_since(&national(1), b"s1").unwrap());
    assert_eq!(nation.check_remembering(&nation.code(), NOW).unwrap().reasons, ["revoked"]);
    fs::remove_file(nation.folder.join("status/2.cwt")).unwrap();
    let answer = nation.check_remembering(&nation.code(), NOW).unwrap();
    assert_eq!((answer.verdict, answer.reasons.concat()), (Verdict::Refused, "revokedrollback".to_owned()));
}
