//! What the old phone held and this one does not yet: credentials and documents of the account's provider, to be obtained anew.
//! Keys do not travel, and neither does what is bound to them.

use http_client::ServerCode;
use serde::{Deserialize, Serialize};
use trust::time::Timestamp;

use crate::account::Account;
use crate::issuance::{IssuanceError, Wanted};
use crate::ports::ProgressListener;
use crate::renewal::Renewed;
use crate::store::{Change, StoreError, Table};
use crate::{CredentialName, Error, Kind};

/// What is still to be obtained on this phone.
const CARRIED: &str = "carried-credentials";

/// Something that the old phone held.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Carried {
    /// What the provider calls it.
    pub(super) name: String,
    /// Whose it is, where not the holder's.
    pub(super) ward: Option<String>,
    /// In a standard format.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) document: bool,
}

impl Account<'_> {
    /// Obtains what the old phone held and this one does not yet: bound to keys of this phone. Each is struck off as it comes, or as it
    /// is refused for good, which the history tells; the others are tried all the same, and the next call goes on with what is left.
    ///
    /// # Errors
    /// The first one of what may still come, after all were tried: as [`Account::obtain_credential`] and [`Account::obtain_document`].
    /// What could be obtained is kept.
    pub async fn obtain_carried(
        self,
        progress: &dyn ProgressListener,
        now: Timestamp,
    ) -> Result<Vec<Renewed>, Error> {
        let (mut obtained, mut failed) = (Vec::new(), None);
        for next in self.carried()? {
            match self.obtain_one(&next, progress, now).await {
                Ok(renewed) => obtained.extend(renewed),
                Err(error) if is_final(&error) => {}
                // Whoever declined once is not asked for each of the others.
                Err(error) if error.kind() == Kind::UserCancelled => return Err(error),
                Err(error) => {
                    failed = failed.or(Some(error));
                    continue;
                }
            }
            self.wallet.vault.change(|change| {
                let mut left: Vec<Carried> = change.read(Table::Setting, CARRIED)?.unwrap_or_default();
                left.retain(|carried| *carried != next);
                Ok(change.put(Table::Setting, CARRIED, &left)?)
            })?;
        }
        failed.map_or(Ok(obtained), Err)
    }

    async fn obtain_one(
        &self,
        carried: &Carried,
        progress: &dyn ProgressListener,
        now: Timestamp,
    ) -> Result<Option<Renewed>, Error> {
        if carried.document {
            let documents = self.obtain_document(&carried.name, None, progress, now).await?;
            return Ok(Some(Renewed::Documents(documents)));
        }
        // What a later version held and this one does not know is struck off.
        let Some(name) = CredentialName::from_text(&carried.name) else { return Ok(None) };
        let wanted = Wanted::Named(name, carried.ward.as_deref());
        Ok(Some(Renewed::Credentials(self.obtain_credential(wanted, None, progress, now).await?)))
    }

    /// Whether something of the old phone is still to be obtained.
    pub fn has_carried(self) -> Result<bool, Error> {
        Ok(!self.carried()?.is_empty())
    }

    fn carried(&self) -> Result<Vec<Carried>, Error> {
        Ok(self.wallet.vault.store().read(Table::Setting, CARRIED)?.unwrap_or_default())
    }
}

/// Whether the same would be said again: it was refused, and not for a lock, a wait or a worn-out challenge.
fn is_final(error: &Error) -> bool {
    use ServerCode as Code;
    if error.kind() != Kind::IssuerRefused {
        return false;
    }
    match error {
        Error::Issuance(IssuanceError::Deferred | IssuanceError::TrustList | IssuanceError::NotValidNow) => {
            false
        }
        Error::Issuance(_) => true,
        Error::Network(http_client::Error::Status(refusal)) => !matches!(
            refusal.code,
            Code::None
                | Code::AccountLocked
                | Code::AccountNotActive
                | Code::DeviceWaiting
                | Code::ChallengeUnknown
                | Code::SequenceReplayed
                | Code::ClockSkew
                | Code::TooManyAttempts
                | Code::ServerError
                | Code::InvalidNonce
                | Code::UseDpopNonce
                | Code::InvalidDpopProof
                | Code::UseAttestationChallenge
                | Code::UseFreshAttestation
        ),
        _ => false,
    }
}

/// Notes what is to be obtained.
pub(super) fn keep(change: &mut Change<'_>, carried: &[Carried]) -> Result<(), StoreError> {
    change.put(Table::Setting, CARRIED, &carried)
}

pub(super) fn forget(change: &mut Change<'_>) -> Result<(), StoreError> {
    change.delete(Table::Setting, CARRIED).map(drop)
}
