//! What is held fetched anew in time.
use holder::{Renewed, Silent};
use trust::time::Timestamp;

use crate::documents::Document;
use crate::error::SenError;
use crate::records::Credential;
use crate::wallet::Wallet;

/// What was fetched anew, in place of the earlier.
#[derive(Clone, Debug, uniffi::Record)]
pub struct Refreshed {
    /// Credentials of the account's provider.
    pub credentials: Vec<Credential>,
    /// Documents, also those that were awaited.
    pub documents: Vec<Document>,
}

#[uniffi::export(async_runtime = "tokio")]
impl Wallet {
    /// The ids of what should be fetched anew by now, and of what is awaited and may be there: credentials in the middle of their life,
    /// documents at half of it or when each of several copies was shown. What comes with a new offer alone is not among them.
    pub fn due(&self, now: i64) -> Result<Vec<String>, SenError> {
        let due = self.0.due(Timestamp::from_unix(now))?;
        Ok(due.iter().map(|one| one.id().to_owned()).collect())
    }

    /// Fetches anew all that is due, and the nation's trust list; keys that ask the person ask here, too. The error is the first one: what
    /// could be fetched is kept all the same.
    pub async fn refresh_due(&self, now: i64) -> Result<Refreshed, SenError> {
        let renewed = self.0.account().refresh_due(&Silent, Timestamp::from_unix(now)).await?;
        Ok(self.refreshed(renewed, now))
    }
}

impl Wallet {
    pub(crate) fn refreshed(&self, renewed: Vec<Renewed>, now: i64) -> Refreshed {
        let mut refreshed = Refreshed { credentials: Vec::new(), documents: Vec::new() };
        for one in renewed {
            match one {
                Renewed::Credentials(new) => refreshed.credentials.extend(self.told(new, now)),
                Renewed::Documents(new) => refreshed.documents.extend(new.into_iter().map(Document::from)),
                _ => {}
            }
        }
        refreshed
    }
}
