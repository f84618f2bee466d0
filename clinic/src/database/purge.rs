//! Forgetting: nothing about a person is kept longer than the clinic says.
use trust::time::Timestamp;

use super::{DatabaseError, Statements, forget_sightings};

/// Removes checks, their faces and queue entries that were made before this time, sessions that are over, and sightings that
/// nobody asks for any more: those go by their own times.
pub fn purge(
    statements: &mut dyn Statements,
    before: Timestamp,
    now: Timestamp,
) -> Result<(), DatabaseError> {
    let before = before.as_unix();
    statements.execute(
        "DELETE FROM faces WHERE check_id IN (SELECT id FROM checks WHERE at < $1)",
        &[before.into()],
    )?;
    statements.execute("DELETE FROM queue WHERE at < $1", &[before.into()])?;
    statements.execute("DELETE FROM checks WHERE at < $1", &[before.into()])?;
    statements.execute("DELETE FROM synced WHERE at < $1", &[before.into()])?;
    statements.execute("DELETE FROM sessions WHERE until < $1", &[now.as_unix().into()])?;
    forget_sightings(statements, now)
}
