//! The documents that the wallet holds for use online: mdoc and SD-JWT VC, in copies with a key each.
//!
//! Two verifiers that are shown one copy can tell that they met the same person; so each showing takes the copy that was
//! shown least. Of several copies one is kept for approvals: its key asks the person at each use.

use credential::mdoc::IssuerSigned;
use presentation::openid4vp::DeviceStatement;
use serde::{Deserialize, Serialize};
use trust::time::Timestamp;

use crate::Error;
use crate::history::{Event, append};
use crate::issuance::{IssuanceError, grant};
use crate::keys::Keys;
use crate::store::{Change, Store, Table};
use crate::wallet::Wallet;

/// What a document is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub enum DocumentFormat {
    /// SD-JWT VC.
    SdJwt,
    /// ISO/IEC 18013-5.
    Mdoc,
}

impl DocumentFormat {
    /// The name in OpenID4VCI and OpenID4VP.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SdJwt => "dc+sd-jwt",
            Self::Mdoc => "mso_mdoc",
        }
    }
}

/// What a list of documents shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DocumentInfo {
    /// The wallet's own name for it.
    pub id: String,
    /// What it is made of.
    pub format: DocumentFormat,
    /// Its type: `vct` or `docType`.
    pub kind: String,
    /// The subject of the certificate that signed it (RFC 4514).
    pub issuer: String,
    /// The identifier of the issuer that it was obtained from.
    pub issuer_url: String,
    /// When it was issued.
    pub issued_at: Timestamp,
    /// When it expires, where it does.
    pub expires_at: Option<Timestamp>,
    /// How many copies there are.
    pub copies: usize,
    /// How many of those that are shown without approving anything were never shown: the copy that approves is not among them where there
    /// are others.
    pub unshown: usize,
    /// Whether it can approve transactions: a copy's key asks the person at each use, and the issuer lets it. A document without such a
    /// copy is to be obtained again for that.
    pub can_approve: bool,
    /// Whether it can be fetched anew without the person.
    pub refreshable: bool,
}

/// A document as stored. It was verified before it came here.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct DocumentRecord {
    pub(crate) format: DocumentFormat,
    pub(crate) kind: String,
    pub(crate) issuer: String,
    pub(crate) issuer_url: String,
    pub(crate) configuration: String,
    pub(crate) copies: Vec<DocumentCopy>,
    pub(crate) issued_at: i64,
    pub(crate) expires_at: Option<i64>,
    /// The record of [`Table::Grant`] that it can be fetched anew with.
    #[serde(default)]
    pub(crate) grant: Option<String>,
}

/// One copy: the same content, bound to a key of its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct DocumentCopy {
    pub(crate) key: String,
    /// As received: the compact text of an SD-JWT with its disclosures, or the CBOR of `IssuerSigned`.
    #[serde(with = "serde_bytes")]
    pub(crate) bytes: Vec<u8>,
    /// How often it was shown.
    pub(crate) shown: u32,
    /// Its key asks the person at each use. What an older wallet kept has no such key.
    #[serde(default)]
    pub(crate) approves: bool,
}

impl DocumentRecord {
    /// The copy to show next where nothing is approved; one that would prompt only where there is no other.
    pub(crate) fn next_copy(&self) -> Option<&DocumentCopy> {
        self.copies.iter().min_by_key(|copy| (copy.approves, copy.shown))
    }

    /// The copy that approves.
    pub(crate) fn approving_copy(&self) -> Option<&DocumentCopy> {
        self.copies.iter().filter(|copy| copy.approves).min_by_key(|copy| copy.shown)
    }

    /// Every key of an SD-JWT VC may approve, and one of an mdoc where its issuer lets it.
    fn can_approve(&self) -> bool {
        let issuer_lets = |copy: &DocumentCopy| {
            let mdoc = IssuerSigned::parse(&copy.bytes);
            mdoc.is_ok_and(|mdoc| DeviceStatement::may_approve(mdoc.authorizations()))
        };
        let copy = self.approving_copy();
        copy.is_some_and(|copy| self.format == DocumentFormat::SdJwt || issuer_lets(copy))
    }

    fn unshown(&self) -> usize {
        let some_present = self.copies.iter().any(|copy| !copy.approves);
        let presents = |copy: &&DocumentCopy| !(some_present && copy.approves);
        self.copies.iter().filter(presents).filter(|copy| copy.shown == 0).count()
    }

    /// Counts a showing of the copy with this key.
    pub(crate) fn note_shown(&mut self, key: &str) {
        for copy in self.copies.iter_mut().filter(|copy| copy.key == key) {
            copy.shown = copy.shown.saturating_add(1);
        }
    }

    /// The name of its first key is unique and says nothing: it names the document, too.
    pub(crate) fn id(&self) -> Option<&str> {
        self.copies.first().map(|copy| copy.key.as_str())
    }

    /// Whether this is the same document in a newer issue.
    pub(crate) fn replaces(&self, old: &Self) -> bool {
        self.format == old.format && self.kind == old.kind && self.issuer_url == old.issuer_url
    }

    pub(crate) fn info(&self, id: String) -> DocumentInfo {
        DocumentInfo {
            id,
            format: self.format,
            kind: self.kind.clone(),
            issuer: self.issuer.clone(),
            issuer_url: self.issuer_url.clone(),
            issued_at: Timestamp::from_unix(self.issued_at),
            expires_at: self.expires_at.map(Timestamp::from_unix),
            copies: self.copies.len(),
            unshown: self.unshown(),
            can_approve: self.can_approve(),
            refreshable: self.grant.is_some(),
        }
    }
}

impl Wallet {
    /// The documents held, newest issue first.
    pub fn documents(&self) -> Result<Vec<DocumentInfo>, Error> {
        let mut found = list(&self.vault.store())?;
        found.sort_by_key(|(_, record)| std::cmp::Reverse(record.issued_at));
        Ok(found.into_iter().map(|(id, record)| record.info(id)).collect())
    }

    /// Deletes a document with all its copies and their keys.
    ///
    /// # Errors
    /// [`IssuanceError::NotFound`] where there is none of this id.
    pub fn delete_document(&self, id: &str, now: Timestamp) -> Result<(), Error> {
        let doomed = self.vault.change(|change| {
            let record: DocumentRecord = change.read(Table::Document, id)?.ok_or(IssuanceError::NotFound)?;
            let doomed = remove(change, id, &record)?;
            append(change, now, Event::CredentialDeleted { vct: record.kind })?;
            Ok(doomed)
        })?;
        doomed.iter().try_for_each(|key| self.keys.delete(&self.vault, key))
    }
}

/// Removes a document; gives the keys that go once the change is kept.
pub(crate) fn remove(
    change: &mut Change<'_>,
    id: &str,
    record: &DocumentRecord,
) -> Result<Vec<String>, Error> {
    change.delete(Table::Document, id)?;
    let mut keys: Vec<String> = record.copies.iter().map(|copy| copy.key.clone()).collect();
    for key in &keys {
        Keys::doom(change, key)?;
    }
    if let Some(grant) = &record.grant {
        keys.extend(grant::part(change, grant, id)?);
    }
    Ok(keys)
}

pub(crate) fn list(store: &Store) -> Result<Vec<(String, DocumentRecord)>, Error> {
    Ok(store.list(Table::Document)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shows_each_copy_once_before_one_is_shown_again() {
        let mut record = record(vec![copy("a", false), copy("b", false), copy("c", false)]);
        let mut shown = Vec::new();
        for unshown in (0..3).rev() {
            let key = record.next_copy().unwrap().key.clone();
            record.note_shown(&key);
            shown.push(key);
            assert_eq!(record.info(String::new()).unshown, unshown);
        }
        assert_eq!(shown, ["a", "b", "c"]);
    }

    fn copy(key: &str, approves: bool) -> DocumentCopy {
        DocumentCopy { key: key.to_owned(), bytes: Vec::new(), shown: 0, approves }
    }

    fn record(copies: Vec<DocumentCopy>) -> DocumentRecord {
        DocumentRecord {
            format: DocumentFormat::SdJwt,
            kind: String::new(),
            issuer: String::new(),
            issuer_url: String::new(),
            configuration: String::new(),
            copies,
            issued_at: 0,
            expires_at: None,
            grant: None,
        }
    }

    #[test]
    fn the_copy_that_approves_presents_only_where_it_is_alone() {
        let mut several = record(vec![copy("approves", true), copy("a", false), copy("b", false)]);
        for key in ["a", "b", "a", "b"] {
            assert_eq!(several.next_copy().unwrap().key, key);
            several.note_shown(key);
        }
        assert_eq!(several.approving_copy().unwrap().key, "approves");
        let info = several.info(String::new());
        assert_eq!((info.copies, info.unshown, info.can_approve), (3, 0, true));
        let mut alone = record(vec![copy("approves", true)]);
        assert_eq!((alone.next_copy(), alone.unshown()), (alone.approving_copy(), 1));
        alone.note_shown("approves");
        assert_eq!(alone.unshown(), 0);
    }

    #[test]
    fn a_copy_that_an_older_wallet_kept_presents_and_does_not_approve() {
        let older = serde_json::json!({"key": "a", "bytes": [], "shown": 2});
        let kept: DocumentCopy = serde_json::from_value(older).unwrap();
        let record = record(vec![kept]);
        assert_eq!((record.next_copy().map(|copy| copy.shown), record.approving_copy()), (Some(2), None));
        assert!(!record.info(String::new()).can_approve);
    }
}
