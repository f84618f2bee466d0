//! From what was scanned to the answer.
use std::path::Path;

use presentation::frame;
use trust::time::Timestamp;
use verifier::{NoSeenList, Policy, SeenList, answer_frames, verify};

use crate::Error;
use crate::answer::Answer;
use crate::desk_file::DeskFile;
use crate::folder::{self, Data};
use crate::picture::{self, PictureError};

/// The answer on a scanned text. `received_at` is when its first character came.
pub fn check_text(
    scanned: &str,
    data: &Data,
    policy: &Policy,
    seen: &mut dyn SeenList,
    received_at: Timestamp,
    now: Timestamp,
) -> Answer {
    let decision = verify(scanned, &data.trust, &data.status, policy, seen, received_at, now);
    Answer::new(&decision, data.trust.issued(), now)
}

/// The answer on the frames of an animated code, in any order, and the portrait where the issuer vouches for it. Where frames are
/// missing, mixed or changed the presentation among them is decided on, without a face.
pub fn check_frames(
    texts: &[&str],
    data: &Data,
    policy: &Policy,
    seen: &mut dyn SeenList,
    received_at: Timestamp,
    now: Timestamp,
) -> (Answer, Option<Vec<u8>>) {
    answer_frames(texts, (&data.trust, &data.status), policy, seen, received_at, now)
}

/// The answer on a text of one line, or on the frames of an animated code, one a line.
fn check_lines(
    scanned: &str,
    data: &Data,
    policy: &Policy,
    seen: &mut dyn SeenList,
    now: Timestamp,
) -> Answer {
    let lines: Vec<&str> = scanned.split_ascii_whitespace().collect();
    if lines.len() > 1 && lines.iter().any(|line| frame::is_further(line)) {
        return check_frames(&lines, data, policy, seen, now, now).0;
    }
    check_text(scanned, data, policy, seen, now, now)
}

/// The answer on a picture of a code.
pub fn check_picture(
    picture: &[u8],
    data: &Data,
    policy: &Policy,
    seen: &mut dyn SeenList,
    now: Timestamp,
) -> Result<Answer, PictureError> {
    let scanned = picture::read(picture)?;
    Ok(check_text(&scanned, data, policy, seen, now, now))
}

/// Where the data of [`check_files`] lie.
#[derive(Clone, Copy, Debug)]
pub struct Folders<'a> {
    /// The trust folder.
    pub trust: &'a Path,
    /// The status folder; without it no status is known.
    pub status: Option<&'a Path>,
    /// The desk's file, made when absent; without it replays are not noticed.
    pub seen: Option<&'a Path>,
}

/// The whole of `sen clinic check`: text or picture, decided with what lies in the folders.
pub fn check_files(content: &[u8], folders: &Folders<'_>, now: Timestamp) -> Result<Answer, Error> {
    let scanned = if picture::is_picture(content) {
        picture::read(content)?
    } else {
        String::from_utf8_lossy(content).into_owned()
    };
    let Some(seen) = folders.seen else {
        let data = folder::load(folders.trust, folders.status, None)?;
        return Ok(check_lines(&scanned, &data, &data.policy(), &mut NoSeenList, now));
    };
    let mut desk = DeskFile::open(seen, "")?;
    let data = folder::load(folders.trust, folders.status, Some(&mut desk))?;
    let answer = check_lines(&scanned, &data, &data.policy(), &mut desk, now);
    if desk.has_failed() { Err(Error::SeenList) } else { Ok(answer) }
}
