//! The credentials that the wallet holds.

use credential::claims::Vct;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use trust::random::{Random, RandomError};
use trust::time::Timestamp;

use crate::Error;
use crate::consent::clock_offset;
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

    /// The credential of this type.
    pub fn from_vct(urn: &str) -> Option<Self> {
        [Self::Citizen, Self::HealthInsurance].into_iter().find(|name| name.vct().urn() == urn)
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
    /// Its last second but one: at this time it is expired. Until then it can be shown without a network.
    pub expires_at: Timestamp,
    /// From when on a new one should be fetched, at a random time of the middle of its life, so that a nation's phones do not all
    /// ask on one day.
    pub refresh_at: Timestamp,
    /// The personal number of the minor whose credential it is; `None` for the holder's own.
    pub ward: Option<String>,
    /// The last day of the insurance or document that it certifies, where it names one (ISO 8601).
    pub valid_to: Option<String>,
}

/// What the person should be told of a credential in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Warning {
    /// It cannot be shown any more: connect and obtain it again.
    Expired,
    /// It can be shown for less than two days, and could not be refreshed so far.
    SoonUnprepared,
    /// What it certifies has ended.
    Ended,
    /// What it certifies ends in so many days, at most 30.
    EndsSoon(u8),
}

/// Seconds before its end from which on a credential that was not refreshed is told.
const UNPREPARED: i64 = 2 * 86_400;
/// Days before the end of what it certifies from which on that is told.
const ENDS_SOON: i64 = 30;
/// Seconds by which Vietnam's clocks are ahead of UTC all year: the days of a card are days there.
const VIETNAM: i64 = 7 * 3600;

impl Warning {
    /// A stable name for programs.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Expired => "expired",
            Self::SoonUnprepared => "soon_unprepared",
            Self::Ended => "ended",
            Self::EndsSoon(_) => "ends_soon",
        }
    }

    /// Days until the end of what the credential certifies, where it ends soon.
    pub const fn days_left(self) -> Option<u8> {
        match self {
            Self::EndsSoon(days) => Some(days),
            _ => None,
        }
    }
}

impl CredentialInfo {
    /// What to tell at this time of the provider's, the most urgent first.
    fn warnings(&self, there: Timestamp) -> Vec<Warning> {
        let left = self.expires_at.seconds_since(there);
        let of_validity = match left {
            ..=0 => Some(Warning::Expired),
            1..UNPREPARED if there >= self.refresh_at => Some(Warning::SoonUnprepared),
            _ => None,
        };
        let end = self.valid_to.as_ref().and_then(|day| day.parse::<Date>().ok());
        let of_insurance = end.and_then(|end| {
            let days = i64::from(there.plus_seconds(VIETNAM).date().until(end).ok()?.get_days());
            match days {
                ..0 => Some(Warning::Ended),
                0..=ENDS_SOON => Some(Warning::EndsSoon(u8::try_from(days).ok()?)),
                _ => None,
            }
        });
        of_validity.into_iter().chain(of_insurance).collect()
    }
}

/// When a credential of this life is to be refreshed: between half and three quarters of it.
pub(crate) fn refresh_time(
    issued_at: i64,
    expires_at: i64,
    random: &mut dyn Random,
) -> Result<i64, RandomError> {
    let life = expires_at.saturating_sub(issued_at).max(0);
    let mut octets = [0; 8];
    random.fill(&mut octets)?;
    let span = u64::try_from(life / 4).unwrap_or_default() + 1;
    let jitter = i64::try_from(u64::from_be_bytes(octets) % span).unwrap_or_default();
    Ok(issued_at + life / 2 + jitter)
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
    /// The portrait whose hash is claim 84; empty where there is none.
    #[serde(default, with = "serde_bytes")]
    pub(crate) portrait: Vec<u8>,
    /// The numbers of the claims inside.
    pub(crate) claims: Vec<i64>,
    pub(crate) issued_at: i64,
    pub(crate) expires_at: i64,
    /// Absent in a wallet of before: then at half of its life.
    #[serde(default)]
    pub(crate) refresh_at: Option<i64>,
    /// ISO 8601.
    #[serde(default)]
    pub(crate) valid_to: Option<String>,
    /// Whose it is, where not the holder's.
    #[serde(default)]
    pub(crate) ward: Option<String>,
}

impl Wallet {
    /// The credentials held, newest issue first.
    pub fn credentials(&self) -> Result<Vec<CredentialInfo>, Error> {
        let mut found = list(&self.vault.store())?;
        found.sort_by_key(|(_, record)| std::cmp::Reverse(record.issued_at));
        Ok(found.into_iter().map(|(id, record)| info(id, record)).collect())
    }

    /// What to tell the person of a credential at this time of the device's, the most urgent first.
    pub fn warnings(&self, info: &CredentialInfo, now: Timestamp) -> Vec<Warning> {
        let offset = clock_offset(&self.vault.store());
        info.warnings(now.plus_seconds(offset))
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
    let half = record.issued_at + (record.expires_at - record.issued_at) / 2;
    CredentialInfo {
        id,
        vct: record.vct,
        issuer: record.issuer,
        issued_at: Timestamp::from_unix(record.issued_at),
        expires_at: Timestamp::from_unix(record.expires_at),
        refresh_at: Timestamp::from_unix(record.refresh_at.unwrap_or(half)),
        valid_to: record.valid_to,
        ward: record.ward,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As a wallet of before kept it: without the moment, and with none of what came later.
    #[test]
    fn a_credential_kept_without_its_moment_is_refreshed_at_half_of_its_life() {
        #[derive(Serialize)]
        struct Before {
            vct: &'static str,
            issuer: &'static str,
            issuer_url: &'static str,
            configuration: &'static str,
            key: &'static str,
            #[serde(with = "serde_bytes")]
            bytes: &'static [u8],
            claims: [i64; 1],
            issued_at: i64,
            expires_at: i64,
        }
        let before = Before {
            vct: "urn:vn:citizen:1",
            issuer: "Issuer",
            issuer_url: "https://127.0.0.1",
            configuration: "citizen",
            key: "sen-0",
            bytes: b"token",
            claims: [1],
            issued_at: 1000,
            expires_at: 3000,
        };
        let kept = trust::cbor::to_vec(&before).unwrap();
        let record: CredentialRecord = trust::cbor::from_slice(&kept).unwrap();
        assert_eq!(info(String::new(), record.clone()).refresh_at, Timestamp::from_unix(2000));
        // A moment that is there counts, whatever number it is.
        let record = CredentialRecord { refresh_at: Some(0), ..record };
        let kept: CredentialRecord = trust::cbor::from_slice(&trust::cbor::to_vec(&record).unwrap()).unwrap();
        assert_eq!(info(String::new(), kept).refresh_at, Timestamp::from_unix(0));
    }
}
