//! From what was scanned to the answer.
use std::path::Path;

use trust::time::Timestamp;
use verifier::{NoSeenList, Policy, SeenList, verify};

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
        return Ok(check_text(&scanned, &data, &data.policy(), &mut NoSeenList, now, now));
    };
    let mut desk = DeskFile::open(seen, "")?;
    let data = folder::load(folders.trust, folders.status, Some(&mut desk))?;
    let answer = check_text(&scanned, &data, &data.policy(), &mut desk, now, now);
    if desk.has_failed() { Err(Error::SeenList) } else { Ok(answer) }
}
