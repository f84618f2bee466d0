//! Documents that come later (OpenID4VCI 1.0 section 9): what is awaited is kept with its keys, and asked for again when the issuer
//! said so.

use http_client::ServerCode;
use serde::{Deserialize, Serialize};
use serde_json::json;
use trust::time::Timestamp;
use zeroize::Zeroizing;

use super::by_offer::{Issuers, Visit};
use super::copies::{Asked, Proved};
use super::dpop::Dpop;
use super::exchange::{self, Answered, Token};
use super::grant::{self, GrantRecord};
use super::keep::{Grant, Harvest};
use super::line::{AccessToken, Line};
use super::metadata::{self, ProofWay};
use super::notify::{self, Outcome};
use super::{IssuanceError, encryption};
use crate::Error;
use crate::documents::{DocumentFormat, DocumentInfo};
use crate::history::{Action, Event, append};
use crate::keys::Keys;
use crate::ports::{ProgressListener, Step};
use crate::store::{Change, Table};
use crate::wallet::Wallet;

/// A document that its issuer will have later.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AwaitedInfo {
    /// The wallet's own name for it.
    pub id: String,
    /// What it will be made of.
    pub format: DocumentFormat,
    /// Its type: `vct` or `docType`.
    pub kind: String,
    /// The identifier of its issuer.
    pub issuer_url: String,
    /// Before this time there is no use in asking.
    pub not_before: Timestamp,
}

/// The same as stored.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct AwaitedRecord {
    pub(super) format: DocumentFormat,
    pub(super) kind: String,
    pub(crate) issuer_url: String,
    pub(crate) configuration: String,
    pub(super) transaction: String,
    pub(super) not_before: i64,
    /// The keys that were proved.
    pub(super) keys: Vec<String>,
    /// The one of them that approves; none in what an older wallet kept.
    #[serde(default)]
    pub(super) approval_key: Option<String>,
    pub(super) access_token: String,
    /// The token is bound to the grant's key.
    pub(super) bound: bool,
    /// The record of [`Table::Grant`] with what the person believed.
    pub(super) grant: String,
}

impl AwaitedInfo {
    /// Whether it will be this document in a newer issue.
    pub(crate) fn replaces(&self, held: &DocumentInfo) -> bool {
        self.format == held.format && self.kind == held.kind && self.issuer_url == held.issuer_url
    }
}

impl Wallet {
    /// The documents that are awaited.
    pub fn awaited(&self) -> Result<Vec<AwaitedInfo>, Error> {
        let records: Vec<(String, AwaitedRecord)> = self.vault.store().list(Table::Awaited)?;
        let info = |(id, record): (String, AwaitedRecord)| AwaitedInfo {
            id,
            format: record.format,
            kind: record.kind,
            issuer_url: record.issuer_url,
            not_before: Timestamp::from_unix(record.not_before),
        };
        Ok(records.into_iter().map(info).collect())
    }

    /// What is awaited in place of this document, where it is fetched anew and its issuer has it later.
    ///
    /// # Errors
    /// [`IssuanceError::NotFound`] where there is no document of this id.
    pub(crate) fn awaited_anew(&self, document: &str) -> Result<Option<String>, Error> {
        let documents = self.documents()?;
        let held = documents.iter().find(|held| held.id == document).ok_or(IssuanceError::NotFound)?;
        Ok(self.awaited()?.into_iter().find(|awaited| awaited.replaces(held)).map(|awaited| awaited.id))
    }

    /// Stops awaiting a document; its keys are deleted, and what its issuer may still make is of no use to anybody.
    ///
    /// # Errors
    /// [`IssuanceError::NotFound`] where nothing of this id is awaited.
    pub fn give_up_awaited(&self, id: &str, now: Timestamp) -> Result<(), Error> {
        let doomed = self.vault.change(|change| {
            let record = change.read::<AwaitedRecord>(Table::Awaited, id)?.ok_or(IssuanceError::NotFound)?;
            append(change, now, Event::CredentialDeleted { vct: record.kind })?;
            give_up(change, id)
        })?;
        doomed.iter().try_for_each(|key| self.keys.delete(&self.vault, key))
    }

    /// Asks for an awaited document; `None` while it is not ready, and without asking before its time.
    ///
    /// # Errors
    /// [`IssuanceError::NotFound`] where nothing of this id is awaited. Where the issuer refuses for good, or takes neither the token any
    /// more nor gives another, nothing is awaited any more.
    pub async fn fetch_awaited(
        &self,
        id: &str,
        progress: &dyn ProgressListener,
        now: Timestamp,
    ) -> Result<Option<DocumentInfo>, Error> {
        let fetched = self.ask_again(id, progress, now).await;
        if let Err(Error::Network(error)) = &fetched
            && match error.server_code() {
                // The last one is of the refresh token.
                ServerCode::InvalidTransactionId
                | ServerCode::CredentialRequestDenied
                | ServerCode::InvalidGrant => true,
                ServerCode::InvalidToken => !self.has_leave(id)?,
                _ => false,
            }
        {
            let doomed = self.vault.change(|change| give_up(change, id))?;
            doomed.iter().try_for_each(|key| self.keys.delete(&self.vault, key))?;
        }
        self.note_refusal(Action::Obtain, now, fetched)
    }

    /// Whether another access token can be had for what is awaited.
    fn has_leave(&self, id: &str) -> Result<bool, Error> {
        let store = self.vault.store();
        let Some(record) = store.read::<AwaitedRecord>(Table::Awaited, id)? else { return Ok(false) };
        let grant: Option<GrantRecord> = store.read(Table::Grant, &record.grant)?;
        Ok(grant.is_some_and(|grant| grant.refresh_token.is_some()))
    }

    async fn ask_again(
        &self,
        id: &str,
        progress: &dyn ProgressListener,
        now: Timestamp,
    ) -> Result<Option<DocumentInfo>, Error> {
        let (mut record, mut grant) = {
            let store = self.vault.store();
            let record: AwaitedRecord = store.read(Table::Awaited, id)?.ok_or(IssuanceError::NotFound)?;
            let grant: GrantRecord =
                store.read(Table::Grant, &record.grant)?.ok_or(IssuanceError::NotFound)?;
            (record, grant)
        };
        let there = self.there(now);
        if there.as_unix() < record.not_before {
            return Ok(None);
        }
        progress.began(Step::Issuer);
        let (roots_pem, anchors_pem) = (grant.roots_pem.clone(), grant.anchors_pem.clone());
        let issuers = Issuers { roots_pem: &roots_pem, anchors_pem: anchors_pem.as_deref() };
        let anchors = issuers.anchors(self, now).await?;
        let client = self.client(&roots_pem)?;
        let signers = Some((&anchors, there));
        let issuer = metadata::fetch_issuer(&client, &record.issuer_url, signers).await?;
        let endpoint = issuer.deferred_credential_endpoint.clone().ok_or(IssuanceError::BadMetadata)?;
        let key = grant.proof_key.as_deref().map(|key| self.keys.find(key)).transpose()?;
        let mut line = Line::new(&client, key.clone().map(Dpop::new));
        let text = Zeroizing::new(record.access_token.clone());
        let access = if record.bound { AccessToken::Dpop(text) } else { AccessToken::Bearer(text) };
        let mut token = Token::known(access, grant.client_id.clone());
        let mut renewed = grant.refresh_token.is_none();
        let answer = loop {
            let body = json!({"transaction_id": record.transaction});
            match encryption::post(&mut line, &issuer, &token, &endpoint, body, there).await {
                // What takes days outlives an access token.
                Err(Error::Network(error)) if error.server_code() == ServerCode::InvalidToken && !renewed => {
                    renewed = true;
                    let named = grant.authorization_server.clone();
                    let server = metadata::fetch_server(&client, &issuer, named.as_deref(), None).await?;
                    line = self.line_with(&client, &server, key.clone(), now).await?;
                    token = self.renew(&mut line, &server, &record.grant, &mut grant, there).await?;
                    token.access.text().clone_into(&mut record.access_token);
                    self.vault.change(|change| Ok(change.put(Table::Awaited, id, &record)?))?;
                }
                answer => break answer?,
            }
        };
        let (credentials, notification) = match exchange::answered(&answer, record.keys.len())? {
            Answered::Issued { credentials, notification } => (credentials, notification),
            Answered::Deferred { interval, .. } => {
                record.not_before = there.plus_seconds(interval).as_unix();
                self.vault.change(|change| Ok(change.put(Table::Awaited, id, &record)?))?;
                return Ok(None);
            }
        };
        let proved = |id: &String| {
            let public = *self.keys.find(id)?.public();
            Ok(Proved { id: id.clone(), public, approves: record.approval_key.as_ref() == Some(id) })
        };
        let keys = record.keys.iter().map(proved).collect::<Result<Vec<_>, Error>>()?;
        let asked = Asked {
            id: &record.configuration,
            format: record.format,
            kind: record.kind.clone(),
            way: ProofWay::Jwt,
        };
        let (wallet, issuer, anchors, named) = (self, &issuer, &anchors, None);
        let visit = Visit { wallet, issuer, issuers, anchors, named, progress, now, there };
        let kept = visit.check_and_assign(&asked, keys, &credentials).and_then(|document| {
            progress.began(Step::Storing);
            let settled = Some((id.to_owned(), record.clone()));
            let harvest = Harvest { ready: vec![document], settled, ..Harvest::default() };
            visit.keep(harvest, Grant { id: record.grant.clone(), record: grant, new_key: None })
        });
        let outcome = if kept.is_ok() { Outcome::Accepted } else { Outcome::Failure };
        let notifications: Vec<String> = notification.into_iter().collect();
        notify::tell(&mut line, visit.issuer, &token, &notifications, outcome, there).await;
        Ok(kept?.into_iter().next())
    }
}

/// Stops awaiting it: gives the keys that go once the change is kept.
fn give_up(change: &mut Change<'_>, id: &str) -> Result<Vec<String>, Error> {
    let Some(record) = change.read::<AwaitedRecord>(Table::Awaited, id)? else { return Ok(Vec::new()) };
    change.delete(Table::Awaited, id)?;
    let mut doomed = record.keys;
    for key in &doomed {
        Keys::doom(change, key)?;
    }
    doomed.extend(grant::part(change, &record.grant, id)?);
    Ok(doomed)
}

/// Stops awaiting anything: gives the keys that go once the change is kept.
pub(crate) fn give_up_all(change: &mut Change<'_>) -> Result<Vec<String>, Error> {
    let mut doomed = Vec::new();
    for (id, _) in change.list::<AwaitedRecord>(Table::Awaited)? {
        doomed.extend(give_up(change, &id)?);
    }
    Ok(doomed)
}

/// Takes what was awaited off the list, now that its document is stored; gives the keys that no copy came for.
pub(super) fn settle(
    change: &mut Change<'_>,
    id: &str,
    record: &AwaitedRecord,
    used: &[String],
) -> Result<Vec<String>, Error> {
    change.delete(Table::Awaited, id)?;
    let unused: Vec<String> = record.keys.iter().filter(|key| !used.contains(key)).cloned().collect();
    for key in &unused {
        Keys::doom(change, key)?;
    }
    Ok(unused)
}
