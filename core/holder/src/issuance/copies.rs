//! The copies of one document: as many keys as the issuer makes copies for, and each copy matched to its key by what it says.

use trust::p256::PublicKey;
use trust::time::Timestamp;

use super::IssuanceError;
use super::by_offer::Visit;
use super::checked::{Checked, check};
use super::exchange::{self, Answered, Token};
use super::line::Line;
use super::metadata::IssuerMetadata;
use crate::Error;
use crate::documents::{DocumentCopy, DocumentFormat, DocumentRecord};
use crate::keys::NewKey;
use crate::ports::{KeyPolicy, Step};

/// One configuration that is asked for.
pub(super) struct Asked<'o> {
    pub(super) id: &'o str,
    pub(super) format: DocumentFormat,
    pub(super) kind: String,
}

/// A document with the keys of its copies, which nothing owns yet.
pub(super) struct Copies<'w> {
    pub(super) keys: Vec<NewKey<'w>>,
    pub(super) record: DocumentRecord,
}

impl<'o> Asked<'o> {
    pub(super) fn of(issuer: &IssuerMetadata, id: &'o str) -> Result<Self, IssuanceError> {
        let configuration = issuer.configuration(id)?;
        let (format, kind) = configuration.document()?;
        Ok(Self { id, format, kind: kind.to_owned() })
    }
}

impl<'a> Visit<'a> {
    /// Fetches and verifies the copies of one document; the names to tell the issuer by are noted as soon as they are known.
    pub(super) async fn fetch_copies(
        &self,
        line: &mut Line,
        token: &Token,
        asked: &Asked<'_>,
        notifications: &mut Vec<String>,
    ) -> Result<Copies<'a>, Error> {
        self.progress.began(Step::Key);
        let (wallet, policy) = (self.wallet, KeyPolicy::Presentation);
        let new_key = |_| wallet.keys.create(&wallet.vault, policy, &[]);
        let keys = (0..self.issuer.copies()).map(new_key).collect::<Result<Vec<_>, _>>()?;
        let signing = keys.iter().map(NewKey::key).collect::<Result<Vec<_>, _>>()?;
        self.progress.began(Step::Issuer);
        let answered =
            exchange::fetch_credentials(line, self.issuer, token, asked.id, &signing, self.there).await?;
        let Answered::Issued { credentials, notification } = answered else {
            return Err(IssuanceError::Deferred.into());
        };
        notifications.extend(notification);
        let anchors = self.issuers.anchors()?;
        let (format, kind) = (asked.format, asked.kind.as_str());
        let checked = credentials.iter().map(|issued| check(issued, format, kind, &anchors, self.there));
        let checked = checked.collect::<Result<Vec<_>, _>>()?;
        self.assign(asked, keys, checked)
    }

    /// Gives each copy its key. The order says nothing (section 8.3), and a copy for a key that is not ours, or a second one for
    /// the same key, is of no use to us.
    fn assign(
        &self,
        asked: &Asked<'_>,
        mut free: Vec<NewKey<'a>>,
        checked: Vec<Checked>,
    ) -> Result<Copies<'a>, Error> {
        let of_all = Common::of(&checked)?;
        let (mut keys, mut copies) = (Vec::with_capacity(checked.len()), Vec::with_capacity(checked.len()));
        for one in checked {
            let key = take(&mut free, &one.key)?;
            copies.push(DocumentCopy { key: key.id().to_owned(), bytes: one.bytes, shown: 0 });
            keys.push(key);
        }
        let record = DocumentRecord {
            format: asked.format,
            kind: asked.kind.clone(),
            issuer: of_all.issuer,
            issuer_url: self.issuer.credential_issuer.clone(),
            configuration: asked.id.to_owned(),
            copies,
            issued_at: of_all.issued_at.unwrap_or(self.there.as_unix()),
            expires_at: of_all.expires_at,
            grant: None,
        };
        Ok(Copies { keys, record })
    }
}

fn take<'w>(free: &mut Vec<NewKey<'w>>, public: &PublicKey) -> Result<NewKey<'w>, Error> {
    let is_of = |key: &NewKey<'_>| key.key().is_ok_and(|key| key.public() == public);
    let at = free.iter().position(is_of).ok_or(IssuanceError::WrongKey)?;
    Ok(free.swap_remove(at))
}

/// What is said of the document as a whole.
struct Common {
    issuer: String,
    issued_at: Option<i64>,
    expires_at: Option<i64>,
}

impl Common {
    /// One issuer, the earliest issue and the earliest end.
    fn of(checked: &[Checked]) -> Result<Self, IssuanceError> {
        let first = checked.first().ok_or(IssuanceError::BadCredential)?;
        if checked.iter().any(|one| one.issuer != first.issuer) {
            return Err(IssuanceError::BadCredential);
        }
        let issued = checked.iter().filter_map(|one| one.issued_at).map(Timestamp::as_unix).min();
        let expires = checked.iter().filter_map(|one| one.expires_at).map(Timestamp::as_unix).min();
        Ok(Self { issuer: first.issuer.clone(), issued_at: issued, expires_at: expires })
    }
}
