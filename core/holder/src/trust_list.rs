//! The provider's trust list, believed under the root that was pinned when the account was opened, and never an older one
//! than the newest seen. It names the nation's issuers, and by certificates those who ask and those who register them.

use http_client::Request;
use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;
use trust::anchors::{Role, Trust};
use trust::certificates::CertificateAnchors;
use trust::p256::PublicKey;
use trust::time::Timestamp;

use crate::Error;
use crate::account::Account;
use crate::account::message::Contact;
use crate::issuance::IssuanceError;
use crate::store::{Store, StoreError, Table};

const RECORD: &str = "trust-list";
/// As many bytes as a trust list may have.
const LONGEST: usize = 1 << 20;
/// Seconds after which the list is fetched anew before somebody is believed by it. Not at each use: the provider would learn when
/// and how often its holders show something.
const FRESH: i64 = 24 * 3600;

/// Whom the nation's trust list names by certificates.
#[derive(Debug, Clone, Default)]
pub struct NationalAnchors {
    /// Who vouches for issuers of documents (mdoc, SD-JWT VC).
    pub issuers: CertificateAnchors,
    /// Who vouches for those who ask.
    pub verifiers: CertificateAnchors,
    /// Who registers what they may ask for.
    pub registrars: CertificateAnchors,
}

impl NationalAnchors {
    fn of(trust: &Trust) -> Self {
        Self {
            issuers: trust.certificate_anchors(Role::Documents),
            verifiers: trust.certificate_anchors(Role::Requests),
            registrars: trust.certificate_anchors(Role::Registrations),
        }
    }
}

#[derive(Serialize, Deserialize)]
struct Record {
    /// The roots to believe from now on, uncompressed.
    roots: Vec<ByteBuf>,
    list: ByteBuf,
    highest_seen: u64,
    /// The provider's time when it was fetched.
    #[serde(default)]
    fetched_at: i64,
}

impl Account<'_> {
    /// Whom the provider's trust list names. A list of the last day is believed as it is; an older one is fetched anew, and serves on
    /// within its time where the provider cannot be reached.
    ///
    /// # Errors
    /// [`IssuanceError::TrustList`] for a list that is not acceptable, what the network says where there is none to go on with.
    pub async fn national_anchors(self, now: Timestamp) -> Result<NationalAnchors, Error> {
        let contact = Contact::of(self.wallet)?;
        let there = contact.record.corrected(now);
        let kept = kept(&self.wallet.vault.store(), there)?;
        match kept {
            Some((trust, true)) => Ok(NationalAnchors::of(&trust)),
            kept => match (refresh(&contact, there).await, kept) {
                (Ok(trust), _) | (Err(Error::Network(_)), Some((trust, _))) => {
                    Ok(NationalAnchors::of(&trust))
                }
                (Err(error), _) => Err(error),
            },
        }
    }

    /// Fetches the provider's trust list: what was withdrawn is believed no more from here on.
    ///
    /// # Errors
    /// [`IssuanceError::TrustList`], what the network says.
    pub async fn refresh_trust_list(self, now: Timestamp) -> Result<NationalAnchors, Error> {
        let contact = Contact::of(self.wallet)?;
        let trust = refresh(&contact, contact.record.corrected(now)).await?;
        Ok(NationalAnchors::of(&trust))
    }
}

/// The list at hand, where its time is not over, and whether it is fresh.
fn kept(store: &Store, now: Timestamp) -> Result<Option<(Trust, bool)>, Error> {
    let Some(record) = store.read::<Record>(Table::Setting, RECORD)? else { return Ok(None) };
    let Ok(trust) = Trust::load(&keys(&record.roots)?, &record.list, record.highest_seen, now) else {
        return Ok(None);
    };
    let age = now.seconds_since(Timestamp::from_unix(record.fetched_at));
    Ok(Some((trust, (0..FRESH).contains(&age))))
}

/// Fetches the newest list, checks it, and remembers it with the roots it leads to.
pub(crate) async fn refresh(contact: &Contact<'_>, now: Timestamp) -> Result<Trust, Error> {
    let address = format!("{}/trust/trust-list.cwt", contact.record.provider);
    let list = contact.client.fetch(Request::get(&address)?.limit(LONGEST)).await?.into_body();
    contact.wallet.vault.change(|change| {
        let (roots, highest_seen) = match change.read::<Record>(Table::Setting, RECORD)? {
            Some(record) => (keys(&record.roots)?, record.highest_seen),
            None => (vec![contact.record.trust_root()?], 0),
        };
        let trust = Trust::load(&roots, &list, highest_seen, now).map_err(|_| IssuanceError::TrustList)?;
        let roots = trust.roots().iter().map(|root| ByteBuf::from(root.uncompressed().to_vec())).collect();
        let (list, highest_seen) = (ByteBuf::from(list), trust.sequence());
        let record = Record { roots, list, highest_seen, fetched_at: now.as_unix() };
        change.put(Table::Setting, RECORD, &record)?;
        Ok(trust)
    })
}

/// The list last believed, as it came, with the root that it is to be checked under.
pub(crate) fn remembered(store: &Store) -> Result<Option<(PublicKey, Vec<u8>)>, Error> {
    let Some(record) = store.read::<Record>(Table::Setting, RECORD)? else { return Ok(None) };
    let root = keys(&record.roots)?.first().copied().ok_or(StoreError::Record)?;
    Ok(Some((root, record.list.into_vec())))
}

/// Forgets the list, with the account whose root it stands under.
pub(crate) fn forget(change: &mut crate::store::Change<'_>) -> Result<(), StoreError> {
    change.delete(Table::Setting, RECORD).map(drop)
}

fn keys(roots: &[ByteBuf]) -> Result<Vec<PublicKey>, StoreError> {
    roots.iter().map(|root| PublicKey::from_uncompressed(root).map_err(|_| StoreError::Record)).collect()
}
