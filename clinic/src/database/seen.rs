//! The seen-list and the newest lists, as statements within a transaction.
use trust::time::Timestamp;
use verifier::{Seen, Sighting};

use super::{DatabaseError, Statements};

/// For how many seconds a card seen at another desk is a warning.
const ELSEWHERE: i64 = 3600;
/// Sightings are kept two days longer than asked: a page that was alone hands in what it saw hours later, and what is a replay
/// must be found then. A clock that jumps ahead for a day does not empty the list either.
const GRACE: i64 = 2 * 86_400;

/// Looks a sighting up and adds it where it is new. Of two that ask at once one is told that it is new: the second one's
/// insertion waits for the first one's transaction.
pub fn note(statements: &mut dyn Statements, sighting: &Sighting, desk: &str) -> Result<Seen, DatabaseError> {
    let at = sighting.received_at.as_unix();
    let (presentation, credential) = (&sighting.presentation[..], &sighting.credential[..]);
    let insert = "INSERT INTO seen VALUES ($1, $2) ON CONFLICT DO NOTHING";
    let new = statements.execute(insert, &[presentation.into(), sighting.keep_until.as_unix().into()])?;
    if new == 0 {
        return Ok(Seen::Again);
    }
    // Two codes of one card at two desks at once: the second waits, and is warned.
    let [a, b, c, d, e, f, g, h, ..] = sighting.credential;
    statements.lock(i64::from_be_bytes([a, b, c, d, e, f, g, h]))?;
    // A sighting that a page hands in late stands among later ones.
    let elsewhere = statements.query(
        "SELECT 1 FROM shown WHERE credential = $1 AND desk <> $2 AND at >= $3 AND at <= $4 LIMIT 1",
        &[credential.into(), desk.into(), (at - ELSEWHERE).into(), (at + ELSEWHERE).into()],
    )?;
    statements.execute(
        "INSERT INTO shown VALUES ($1, $2, $3) ON CONFLICT (credential, desk) DO UPDATE SET at = excluded.at
            WHERE excluded.at > shown.at",
        &[credential.into(), desk.into(), at.into()],
    )?;
    Ok(if elsewhere.is_empty() { Seen::First } else { Seen::FirstHereAfterAnotherDesk })
}

/// Removes the sightings that nobody asks for any more.
pub(crate) fn forget_sightings(statements: &mut dyn Statements, now: Timestamp) -> Result<(), DatabaseError> {
    let before = now.minus_seconds(GRACE).as_unix();
    statements.execute("DELETE FROM seen WHERE keep_until < $1", &[before.into()])?;
    // Sightings that come late are compared with those of their own time, so these live as long.
    statements.execute("DELETE FROM shown WHERE at < $1", &[(before - ELSEWHERE).into()]).map(drop)
}

/// The newest list of this name in the nation of this root: its sequence and its bytes.
pub(crate) fn newest(
    statements: &mut dyn Statements,
    nation: &[u8],
    name: &str,
) -> Result<Option<(u64, Vec<u8>)>, DatabaseError> {
    let query = "SELECT sequence, data FROM newest WHERE nation = $1 AND name = $2";
    let rows = statements.query(query, &[nation.into(), name.into()])?;
    rows.first().map(|row| Ok((row.int(0)?.cast_unsigned(), row.bytes(1)?))).transpose()
}

/// Remembers a list where it is newer than the one remembered.
pub(crate) fn remember(
    statements: &mut dyn Statements,
    nation: &[u8],
    name: &str,
    sequence: u64,
    data: &[u8],
) -> Result<(), DatabaseError> {
    let upsert = "INSERT INTO newest VALUES ($1, $2, $3, $4) ON CONFLICT (nation, name) DO UPDATE
        SET sequence = excluded.sequence, data = excluded.data WHERE excluded.sequence > newest.sequence";
    let values = [nation.into(), name.into(), sequence.cast_signed().into(), data.into()];
    statements.execute(upsert, &values).map(drop)
}
