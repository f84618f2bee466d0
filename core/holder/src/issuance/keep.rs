//! What a visit to an issuer brought, stored in one transaction.

use super::IssuanceError;
use super::by_offer::Visit;
use super::deferred::{self, AwaitedRecord};
use super::dpop::jti;
use super::grant::GrantRecord;
use crate::Error;
use crate::documents::{self, DocumentInfo, DocumentRecord};
use crate::history::{Event, append};
use crate::keys::{Keys, NewKey};
use crate::store::{Change, StoreError, Table};

/// What was brought.
#[derive(Default)]
pub(super) struct Harvest<'w> {
    /// New keys of documents and of what is awaited.
    pub(super) keys: Vec<NewKey<'w>>,
    pub(super) ready: Vec<DocumentRecord>,
    pub(super) later: Vec<AwaitedRecord>,
    /// What was awaited and is ready now.
    pub(super) settled: Option<(String, AwaitedRecord)>,
}

/// The grant that it was brought with, by its name.
pub(super) struct Grant<'w> {
    pub(super) id: String,
    pub(super) record: GrantRecord,
    /// Its key, where nothing owns that yet.
    pub(super) new_key: Option<NewKey<'w>>,
}

impl<'a> Visit<'a> {
    /// Stores it, in place of earlier documents of the same type and issuer. A grant stays as long as something can be fetched with
    /// it.
    pub(super) fn keep(
        &self,
        harvest: Harvest<'a>,
        mut grant: Grant<'a>,
    ) -> Result<Vec<DocumentInfo>, Error> {
        let vault = &self.wallet.vault;
        let Harvest { mut keys, ready, later, settled } = harvest;
        let refreshable = grant.record.refresh_token.is_some();
        if refreshable || !later.is_empty() {
            keys.extend(grant.new_key.take());
        }
        let earlier = documents::list(&vault.store())?;
        let replaced = earlier.into_iter().filter(|(_, old)| ready.iter().any(|new| new.replaces(old)));
        let replaced: Vec<_> = replaced.collect();
        let (stored, doomed) = NewKey::keep_all(vault, keys, |change| {
            let owners = &mut grant.record.documents;
            let mut doomed = Vec::new();
            for (id, mut old) in replaced {
                // This grant is brought up to date below.
                old.grant = old.grant.filter(|old| *old != grant.id);
                doomed.extend(documents::remove(change, &id, &old)?);
                owners.retain(|owner| *owner != id);
            }
            if let Some((id, awaited)) = &settled {
                let used = ready.iter().flat_map(|record| record.copies.iter().map(|copy| copy.key.clone()));
                doomed.extend(deferred::settle(change, id, awaited, &used.collect::<Vec<_>>())?);
                owners.retain(|owner| owner != id);
            }
            let mut stored = Vec::with_capacity(ready.len());
            for mut record in ready {
                record.grant = refreshable.then(|| grant.id.clone());
                let id = record.id().ok_or(IssuanceError::BadCredential)?.to_owned();
                change.put(Table::Document, &id, &record)?;
                let (vct, issuer) = (record.kind.clone(), record.issuer.clone());
                append(change, self.now, Event::CredentialObtained { vct, issuer })?;
                owners.extend(refreshable.then(|| id.clone()));
                stored.push(record.info(id));
            }
            for mut record in later {
                record.grant.clone_from(&grant.id);
                let id = jti()?;
                change.put(Table::Awaited, &id, &record)?;
                owners.push(id);
            }
            doomed.extend(grant.store(change)?);
            Ok((stored, doomed))
        })?;
        doomed.iter().try_for_each(|key| self.wallet.keys.delete(vault, key))?;
        Ok(stored)
    }
}

impl Grant<'_> {
    /// Stores the grant while it has owners; else gives the key that goes with it once the change is kept.
    fn store(&self, change: &mut Change<'_>) -> Result<Option<String>, StoreError> {
        if !self.record.documents.is_empty() {
            change.put(Table::Grant, &self.id, &self.record)?;
            return Ok(None);
        }
        let stored = change.delete(Table::Grant, &self.id)?;
        let key = self.record.proof_key.as_ref().filter(|_| stored);
        key.map(|key| Keys::doom(change, key).map(|()| key.clone())).transpose()
    }
}
