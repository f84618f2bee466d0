//! The answer on the frames of an animated code.
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use presentation::{animated, frame};
use trust::anchors::Trust;
use trust::status::StatusStore;
use trust::time::Timestamp;

use crate::answer::Answer;
use crate::{Decision, Face, Policy, SeenList, Shown, verify};

/// The answer on the frames of an animated code, in any order, and the portrait where the issuer vouches for it. Where frames are
/// missing, mixed or changed the presentation among them is decided on, without a face.
pub fn answer_frames(
    texts: &[&str],
    (trust, status): (&Trust, &StatusStore),
    policy: &Policy,
    seen: &mut dyn SeenList,
    received_at: Timestamp,
    now: Timestamp,
) -> (Answer, Option<Vec<u8>>) {
    let collected = animated::collect(texts).ok();
    let presentation = || texts.iter().rev().find(|text| frame::is_frame(text)).or(texts.first());
    // An empty portrait is nobody's.
    let nobodys: &[u8] = &[];
    let (scanned, portrait) = collected.as_ref().map_or_else(
        || (presentation().copied().unwrap_or_default(), Some(nobodys)),
        |collected| (collected.presentation.as_str(), collected.portrait.as_deref()),
    );
    let decision = verify(scanned, trust, status, policy, seen, received_at, now);
    let mut answer = Answer::new(&decision, trust.issued(), now);
    let (Decision::Accepted(shown) | Decision::Unsure { shown: Shown::Presentation(shown), .. }) = &decision
    else {
        return (answer, None);
    };
    let face = shown.face(portrait);
    face.code().clone_into(&mut answer.face);
    (answer, portrait.filter(|_| face == Face::Shown).map(<[u8]>::to_vec))
}

/// A portrait as a `data:` address. The issuer makes one format (the sandbox's small portrait): JPEG.
pub fn portrait_address(jpeg: &[u8]) -> String {
    format!("data:image/jpeg;base64,{}", STANDARD.encode(jpeg))
}
