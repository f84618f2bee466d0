//! What the provider stated of the authentication level, kept sealed until its few minutes are over, and put into the codes of a
//! request that the person wants shown at that level.

use presentation::level_statement::LevelStatement;
use serde::{Deserialize, Serialize};
use trust::time::Timestamp;

use crate::Error;
use crate::consent::{ConsentRequest, clock_offset};
use crate::present::PresentError;
use crate::store::{Change, StoreError, Table};
use crate::wallet::Wallet;

const RECORD: &str = "level-statement";

#[derive(Serialize, Deserialize)]
struct Record {
    /// The wallet's name for the credential whose key it is about.
    credential: String,
    /// As it was verified.
    level: u8,
    #[serde(with = "serde_bytes")]
    statement: Vec<u8>,
}

/// A level, and the statement that says so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Stated {
    pub(crate) level: u8,
    pub(crate) statement: LevelStatement,
}

impl Stated {
    /// Whether it still says anything at this time of the provider's. A desk would give it a minute more for clocks that differ;
    /// that minute is the desk's.
    pub(crate) fn holds_at(&self, there: Timestamp) -> bool {
        there < self.statement.expires_at()
    }
}

impl Wallet {
    /// The same request, to be shown at this level, 2 to 4, by the statement that
    /// [`Account::obtain_level_statement`](crate::Account::obtain_level_statement) brought. It adds some 170 bytes to each code.
    ///
    /// # Errors
    /// [`PresentError::LevelNotStated`] where there is none of this credential, or of a lower level;
    /// [`PresentError::StatementOld`] where its time is over. Either way a new one is to be obtained, which needs the network.
    pub fn at_stated_level(
        &self,
        request: ConsentRequest,
        level: u8,
        now: Timestamp,
    ) -> Result<ConsentRequest, Error> {
        let store = self.vault.store();
        let record: Option<Record> = store.read(Table::Setting, RECORD)?;
        let there = now.plus_seconds(clock_offset(&store));
        drop(store);
        let record = record.filter(|record| record.credential == request.id() && record.level >= level);
        let record = record.filter(|_| level > 1).ok_or(PresentError::LevelNotStated)?;
        let statement = LevelStatement::parse(&record.statement).map_err(|_| StoreError::Record)?;
        let stated = Stated { level, statement };
        if !stated.holds_at(there) {
            return Err(PresentError::StatementOld.into());
        }
        Ok(request.stated_as(stated))
    }
}

/// Keeps a verified statement in place of an earlier one.
pub(crate) fn keep(
    change: &mut Change<'_>,
    credential: &str,
    level: u8,
    statement: &LevelStatement,
) -> Result<(), StoreError> {
    let record = Record { credential: credential.to_owned(), level, statement: statement.bytes().to_vec() };
    change.put(Table::Setting, RECORD, &record)
}

/// Forgets it, with the account that it was stated of.
pub(crate) fn forget(change: &mut Change<'_>) -> Result<(), StoreError> {
    change.delete(Table::Setting, RECORD).map(drop)
}
