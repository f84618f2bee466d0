//! From what was scanned to the answer.
use std::path::Path;

use presentation::frame;
use trust::time::Timestamp;
use verifier::{NoSeenList, Policy, SeenList, answer_frames, verify};

use crate::Error;
use crate::answer::Answer;
use crate::desk_file::DeskFile;
use crate::folder::{self, Data};
use crate::picture;

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
        return answer_frames(&lines, (&data.trust, &data.status), policy, seen, now, now).0;
    }
    check_text(scanned, data, policy, seen, now, now)
}

/// Where the data of a desk without a server lie.
#[derive(Clone, Copy, Debug)]
pub struct Folders<'a> {
    /// The trust folder.
    pub trust: &'a Path,
    /// The status folder; without it no status is known.
    pub status: Option<&'a Path>,
    /// The desk's file, made when absent; without it replays are not noticed.
    pub seen: Option<&'a Path>,
    /// The counter's name: of two that share the file, the second to see a card is warned.
    pub desk: &'a str,
}

/// The whole of `sen clinic check`: text or picture, decided with what lies in the folders.
pub fn check_files(content: &[u8], folders: &Folders<'_>, now: Timestamp) -> Result<Answer, Error> {
    if picture::is_picture(content) {
        check_scanned(&picture::read(content)?, folders, now)
    } else {
        check_scanned(&String::from_utf8_lossy(content), folders, now)
    }
}

/// A scanned text, or the frames of an animated code one a line, decided with what lies in the folders. It needs no reader of pictures.
pub fn check_scanned(scanned: &str, folders: &Folders<'_>, now: Timestamp) -> Result<Answer, Error> {
    decide(folders, |data, seen| check_lines(scanned, data, &data.policy(), seen, now))
}

/// Decides with what lies in the folders. Nothing is answered where the sighting cannot be kept.
pub fn decide(
    folders: &Folders<'_>,
    decision: impl FnOnce(&Data, &mut dyn SeenList) -> Answer,
) -> Result<Answer, Error> {
    let Some(seen) = folders.seen else {
        let data = folder::load(folders.trust, folders.status, None)?;
        return Ok(decision(&data, &mut NoSeenList));
    };
    let mut desk = DeskFile::open(seen, folders.desk)?;
    let data = folder::load(folders.trust, folders.status, Some(&mut desk))?;
    let answer = decision(&data, &mut desk);
    if desk.has_failed() { Err(Error::SeenList) } else { Ok(answer) }
}
