//! Animated codes: the portrait of a loop is shown where the issuer vouches for it, and never otherwise.
use clinic::answer::Verdict;
use presentation::animated;
use ring::digest::{SHA256, digest};
use sen_clinic as clinic;

use crate::nation::Nation;
use crate::nation::world::NOW;

/// A nation whose holder's credential vouches for this portrait.
fn pictured(portrait: &[u8]) -> Nation {
    let mut nation = Nation::new();
    let hash = digest(&SHA256, portrait);
    nation.world.credential.claims.portrait_hash = hash.as_ref()[..16].try_into().ok();
    nation
}

/// What `sen clinic check` says of the lines: verdict, reasons, face.
fn face(nation: &Nation, lines: &[String]) -> (Verdict, Vec<String>, String) {
    let answer = nation.check(lines.join("\n").as_bytes(), NOW).unwrap();
    (answer.verdict, answer.reasons, answer.face)
}

fn accepted(face: &str) -> (Verdict, Vec<String>, String) {
    (Verdict::Accepted, Vec::new(), face.to_owned())
}

#[test]
fn shows_the_portrait_that_the_credential_vouches_for() {
    let portrait = vec![9; 800];
    let nation = pictured(&portrait);
    let mut lines = vec![nation.world.text()];
    assert_eq!(face(&nation, &lines), accepted("compare_with_card"));
    lines.extend(animated::split(&portrait).unwrap());
    lines.rotate_left(1);
    assert_eq!(face(&nation, &lines), accepted("shown"));
}

#[test]
fn another_portrait_a_missing_or_a_mixed_frame_shows_no_face_and_the_code_stays_good() {
    let portrait = vec![9; 800];
    let nation = pictured(&portrait);
    let (ours, others) = (animated::split(&portrait).unwrap(), animated::split(&[8; 800]).unwrap());
    let text = nation.world.text();
    let with = |frames: &[String]| face(&nation, &[std::slice::from_ref(&text), frames].concat());
    assert_eq!(with(&others), accepted("not_available"));
    assert_eq!(with(&ours[..2]), accepted("not_available"));
    assert_eq!(with(&[ours[0].clone(), others[1].clone(), ours[2].clone()]), accepted("not_available"));
    let mut changed = ours.clone();
    changed[1].pop();
    assert_eq!(with(&changed), accepted("not_available"));
}

#[test]
fn a_refused_code_shows_no_face_whatever_came_with_it() {
    let portrait = vec![9; 800];
    let mut nation = pictured(&portrait);
    nation.world.presented_at = NOW.minus_seconds(61);
    let mut lines = vec![nation.world.text()];
    lines.extend(animated::split(&portrait).unwrap());
    let refused = (Verdict::Refused, vec!["stale".to_owned()], "not_available".to_owned());
    assert_eq!(face(&nation, &lines), refused);
    let alone = animated::split(&portrait).unwrap();
    assert_eq!(face(&nation, &alone).0, Verdict::Refused);
}
