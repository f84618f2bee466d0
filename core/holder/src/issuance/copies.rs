//! The copies of one document: as many keys as the issuer makes copies for, and each copy matched to its key by what it says.

use trust::p256::PublicKey;
use trust::time::Timestamp;

use super::IssuanceError;
use super::by_offer::Visit;
use super::checked::{Checked, check};
use super::deferred::AwaitedRecord;
use super::exchange::{self, Answered, IssuedCredential, Token};
use super::keep::Harvest;
use super::line::{AccessToken, Line};
use super::metadata::{IssuerMetadata, ProofWay};
use crate::Error;
use crate::documents::{DocumentCopy, DocumentFormat, DocumentRecord};
use crate::keys::NewKey;
use crate::ports::{KeyPolicy, Step};

/// One configuration that is asked for.
pub(super) struct Asked<'o> {
    pub(super) id: &'o str,
    pub(super) format: DocumentFormat,
    pub(super) kind: String,
    pub(super) way: ProofWay,
}

impl<'o> Asked<'o> {
    pub(super) fn of(issuer: &IssuerMetadata, id: &'o str) -> Result<Self, IssuanceError> {
        let configuration = issuer.configuration(id)?;
        let (format, kind) = configuration.document()?;
        let way = configuration.proof_way().ok_or(IssuanceError::ProofUnsupported)?;
        Ok(Self { id, format, kind: kind.to_owned(), way })
    }
}

/// A key that was proven, for a copy to come.
pub(super) struct Proved {
    pub(super) id: String,
    pub(super) public: PublicKey,
    /// It asks the person at each use.
    pub(super) approves: bool,
}

impl Proved {
    fn of(key: &NewKey<'_>) -> Result<Self, Error> {
        let (id, public) = (key.id().to_owned(), *key.key()?.public());
        Ok(Self { id, public, approves: key.policy() == KeyPolicy::Approval })
    }
}

/// One of several copies approves, and those that present prompt nobody at each use. A single one does both, and prompts.
fn policies(copies: usize) -> Vec<KeyPolicy> {
    let mut policies = vec![KeyPolicy::Presentation; copies.saturating_sub(1)];
    policies.push(KeyPolicy::Approval);
    policies
}

impl<'a> Visit<'a> {
    /// Fetches and verifies the copies of one document, or notes that they come later; the names to tell the issuer by are noted as soon as they are known.
    pub(super) async fn fetch_copies(
        &self,
        line: &mut Line,
        token: &Token,
        asked: &Asked<'_>,
        notifications: &mut Vec<String>,
        harvest: &mut Harvest<'a>,
    ) -> Result<(), Error> {
        self.progress.began(Step::Key);
        let mut proving = self.wallet.proving_to(&self.issuer.credential_issuer, asked.way, self.now)?;
        let keys = proving.new_keys(self.wallet, &policies(self.issuer.copies())).await?;
        self.progress.began(Step::Issuer);
        let answered =
            exchange::fetch_credentials(line, self.issuer, token, asked.id, &keys, &mut proving, self.there)
                .await?;
        match answered {
            Answered::Issued { credentials, notification } => {
                notifications.extend(notification);
                let proved = keys.iter().map(Proved::of).collect::<Result<_, _>>()?;
                let record = self.check_and_assign(asked, proved, &credentials)?;
                let of_copy = |key: &NewKey<'_>| record.copies.iter().any(|copy| copy.key == key.id());
                harvest.keys.extend(keys.into_iter().filter(of_copy));
                harvest.ready.push(record);
            }
            Answered::Deferred { transaction, interval } => {
                let approval_key = keys.iter().find(|key| key.policy() == KeyPolicy::Approval);
                harvest.later.push(AwaitedRecord {
                    format: asked.format,
                    kind: asked.kind.clone(),
                    issuer_url: self.issuer.credential_issuer.clone(),
                    configuration: asked.id.to_owned(),
                    transaction,
                    not_before: self.there.plus_seconds(interval).as_unix(),
                    keys: keys.iter().map(|key| key.id().to_owned()).collect(),
                    approval_key: approval_key.map(|key| key.id().to_owned()),
                    access_token: token.access.text().to_owned(),
                    bound: matches!(token.access, AccessToken::Dpop(_)),
                    grant: String::new(),
                });
                harvest.keys.extend(keys);
            }
        }
        Ok(())
    }

    /// Verifies the copies and gives each its key. The order says nothing (section 8.3), and a copy for a key that is not ours,
    /// or a second one for the same key, is of no use to us.
    pub(super) fn check_and_assign(
        &self,
        asked: &Asked<'_>,
        mut proved: Vec<Proved>,
        credentials: &[IssuedCredential],
    ) -> Result<DocumentRecord, Error> {
        let (format, kind) = (asked.format, asked.kind.as_str());
        let checked = credentials.iter().map(|issued| check(issued, format, kind, self.anchors, self.there));
        let checked = checked.collect::<Result<Vec<_>, _>>()?;
        let of_all = Common::of(&checked)?;
        let mut copies = Vec::with_capacity(checked.len());
        for Checked { key, bytes, .. } in checked {
            let at = proved.iter().position(|proved| proved.public == key).ok_or(IssuanceError::WrongKey)?;
            let Proved { id, approves, .. } = proved.swap_remove(at);
            copies.push(DocumentCopy { key: id, bytes, shown: 0, approves });
        }
        Ok(DocumentRecord {
            format,
            kind: asked.kind.clone(),
            issuer: of_all.issuer,
            issuer_url: self.issuer.credential_issuer.clone(),
            configuration: asked.id.to_owned(),
            copies,
            issued_at: of_all.issued_at.unwrap_or(self.there.as_unix()),
            expires_at: of_all.expires_at,
            grant: None,
        })
    }
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
