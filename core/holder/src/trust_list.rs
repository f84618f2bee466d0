//! The provider's trust list, believed under the root that was pinned when the account was opened, and never an older one
//! than the newest seen.

use http_client::Request;
use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;
use trust::anchors::Trust;
use trust::p256::PublicKey;
use trust::time::Timestamp;

use crate::Error;
use crate::account::message::Contact;
use crate::issuance::IssuanceError;
use crate::store::{Store, StoreError, Table};

const RECORD: &str = "trust-list";
/// As many bytes as a trust list may have.
const LONGEST: usize = 1 << 20;

#[derive(Serialize, Deserialize)]
struct Record {
    /// The roots to believe from now on, uncompressed.
    roots: Vec<ByteBuf>,
    list: ByteBuf,
    highest_seen: u64,
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
        let record = Record { roots, list: ByteBuf::from(list), highest_seen: trust.sequence() };
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
