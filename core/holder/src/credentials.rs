//! The credentials that the wallet holds.

use credential::claims::Vct;
use serde::{Deserialize, Serialize};
use trust::time::Timestamp;

use crate::Error;
use crate::history::{Event, append};
use crate::issuance::IssuanceError;
use crate::keys::Keys;
use crate::store::{Change, Store, Table};
use crate::wallet::Wallet;

/// A credential that the provider issues, by its name in commands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum CredentialName {
    /// The citizen identity credential.
    Citizen,
    /// The health-insurance credential for clinics.
    HealthInsurance,
}

impl CredentialName {
    /// The name, as in `sen credential obtain NAME`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Citizen => "citizen",
            Self::HealthInsurance => "health-insurance",
        }
    }

    /// The credential of this name.
    pub fn from_text(text: &str) -> Option<Self> {
        [Self::Citizen, Self::HealthInsurance].into_iter().find(|name| name.as_str() == text)
    }

    /// Its type (`vct`).
    pub fn vct(self) -> Vct {
        match self {
            Self::Citizen => Vct::Citizen,
            Self::HealthInsurance => Vct::HealthInsurance,
        }
    }
}

/// What a list of credentials shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CredentialInfo {
    /// The wallet's own name for it.
    pub id: String,
    /// Its type, such as `urn:vn:health-insurance:1`.
    pub vct: String,
    /// Who issued it, in the trust list's words.
    pub issuer: String,
    /// When it was issued.
    pub issued_at: Timestamp,
    /// Its last second but one: at this time it is expired.
    pub expires_at: Timestamp,
}

/// A credential as stored. It was verified before it came here.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct CredentialRecord {
    pub(crate) vct: String,
    pub(crate) issuer: String,
    pub(crate) issuer_url: String,
    pub(crate) configuration: String,
    pub(crate) key: String,
    #[serde(with = "serde_bytes")]
    pub(crate) bytes: Vec<u8>,
    /// The numbers of the claims inside.
    pub(crate) claims: Vec<i64>,
    pub(crate) issued_at: i64,
    pub(crate) expires_at: i64,
}

impl Wallet {
    /// The credentials held, newest issue first.
    pub fn credentials(&self) -> Result<Vec<CredentialInfo>, Error> {
        let mut found = list(&self.vault.store())?;
        found.sort_by_key(|(_, record)| std::cmp::Reverse(record.issued_at));
        Ok(found.into_iter().map(|(id, record)| info(id, record)).collect())
    }

    /// Deletes a credential and its device key.
    ///
    /// # Errors
    /// [`IssuanceError::NotFound`] where there is none of this id.
    pub fn delete_credential(&self, id: &str, now: Timestamp) -> Result<(), Error> {
        let key = self.vault.change(|change| {
            let record: CredentialRecord =
                change.read(Table::Credential, id)?.ok_or(IssuanceError::NotFound)?;
            remove(change, id, &record.key)?;
            append(change, now, Event::CredentialDeleted { vct: record.vct })?;
            Ok(record.key)
        })?;
        self.stop_showing();
        self.keys.delete(&self.vault, &key)
    }
}

/// Removes a credential; its key goes once the change is kept.
pub(crate) fn remove(change: &mut Change<'_>, id: &str, key: &str) -> Result<(), Error> {
    change.delete(Table::Credential, id)?;
    Ok(Keys::doom(change, key)?)
}

pub(crate) fn list(store: &Store) -> Result<Vec<(String, CredentialRecord)>, Error> {
    Ok(store.list(Table::Credential)?)
}

pub(crate) fn info(id: String, record: CredentialRecord) -> CredentialInfo {
    CredentialInfo {
        id,
        vct: record.vct,
        issuer: record.issuer,
        issued_at: Timestamp::from_unix(record.issued_at),
        expires_at: Timestamp::from_unix(record.expires_at),
    }
}
