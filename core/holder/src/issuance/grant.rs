//! Fetching documents anew without the person: the refresh token that came with them (OpenID4VCI 1.0 section 13.5).

use serde::{Deserialize, Serialize};
use trust::time::Timestamp;
use zeroize::Zeroizing;

use super::IssuanceError;
use super::by_offer::{Issuers, Visit};
use super::copies::Asked;
use super::exchange::{self, Token};
use super::keep::Grant;
use super::line::Line;
use super::metadata::{self, ServerMetadata};
use crate::Error;
use crate::documents::{DocumentInfo, DocumentRecord};
use crate::history::Action;
use crate::keys::Keys;
use crate::ports::{ProgressListener, Step};
use crate::store::{Change, Table};
use crate::wallet::Wallet;

/// What another access token is had with, where the issuer gave one, and whom the person believed when the first was.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct GrantRecord {
    pub(super) refresh_token: Option<String>,
    /// The key that the refresh token is bound to (RFC 9449 section 5).
    pub(super) proof_key: Option<String>,
    /// The client that it is for, where it is not anonymous.
    pub(super) client_id: Option<String>,
    /// The authorization server, where the offer named one.
    pub(super) authorization_server: Option<String>,
    #[serde(with = "serde_bytes")]
    pub(super) roots_pem: Vec<u8>,
    /// Without them the nation's trust list says whom to believe.
    pub(super) anchors_pem: Option<String>,
    /// The documents that came with it and can be fetched anew, and those that are awaited.
    pub(super) documents: Vec<String>,
}

impl Wallet {
    /// Fetches a document anew with new keys, where its issuer gave leave to; the earlier one is replaced. `None` where the issuer has
    /// it later: it is [awaited](Self::awaited) from here on, and asked for instead of another one; the earlier stays until it is there.
    ///
    /// # Errors
    /// [`IssuanceError::NotFound`] where there is none of this id, [`IssuanceError::NotRefreshable`] where the person must follow
    /// a new offer; all that [`obtain_documents`](Self::obtain_documents) has.
    pub async fn refresh_document(
        &self,
        id: &str,
        progress: &dyn ProgressListener,
        now: Timestamp,
    ) -> Result<Option<DocumentInfo>, Error> {
        if let Some(awaited) = self.awaited_anew(id)? {
            return self.fetch_awaited(&awaited, progress, now).await;
        }
        let obtained = self.fetch_anew(id, progress, now).await;
        self.note_refusal(Action::Obtain, now, obtained)
    }

    async fn fetch_anew(
        &self,
        id: &str,
        progress: &dyn ProgressListener,
        now: Timestamp,
    ) -> Result<Option<DocumentInfo>, Error> {
        let (document, grant_id, mut grant) = {
            let store = self.vault.store();
            let document: DocumentRecord = store.read(Table::Document, id)?.ok_or(IssuanceError::NotFound)?;
            let grant_id = document.grant.clone().ok_or(IssuanceError::NotRefreshable)?;
            let grant: GrantRecord =
                store.read(Table::Grant, &grant_id)?.ok_or(IssuanceError::NotRefreshable)?;
            (document, grant_id, grant)
        };
        let there = self.there(now);
        progress.began(Step::Issuer);
        let (roots_pem, anchors_pem) = (grant.roots_pem.clone(), grant.anchors_pem.clone());
        let issuers = Issuers { roots_pem: &roots_pem, anchors_pem: anchors_pem.as_deref() };
        let anchors = issuers.anchors(self, now).await?;
        let client = self.client(&roots_pem)?;
        let issuer = metadata::fetch_issuer(&client, &document.issuer_url, Some((&anchors, there))).await?;
        let asked = Asked::of(&issuer, &document.configuration)?;
        let named = grant.authorization_server.clone();
        let server = metadata::fetch_server(&client, &issuer, named.as_deref(), None).await?;
        let key = grant.proof_key.as_deref().map(|key| self.keys.find(key)).transpose()?;
        let mut line = self.line_with(&client, &server, key, now).await?;
        let token = self.renew(&mut line, &server, &grant_id, &mut grant, there).await?;
        let (wallet, issuer, anchors, named) = (self, &issuer, &anchors, named.as_deref());
        let visit = Visit { wallet, issuer, issuers, anchors, named, progress, now, there };
        let grant = Grant { id: grant_id, record: grant, new_key: None };
        let kept = visit.fetch_and_keep(&mut line, &token, &[asked], grant).await?;
        Ok(kept.into_iter().next())
    }

    /// Has another access token, and keeps the newest refresh token: the one just used may be worth nothing from here on, whatever
    /// becomes of the document.
    pub(super) async fn renew(
        &self,
        line: &mut Line,
        server: &ServerMetadata,
        id: &str,
        grant: &mut GrantRecord,
        there: Timestamp,
    ) -> Result<Token, Error> {
        let spent = grant.refresh_token.clone().map(Zeroizing::new).ok_or(IssuanceError::NotRefreshable)?;
        let mut fields = vec![("grant_type", "refresh_token"), ("refresh_token", spent.as_str())];
        let client_id = grant.client_id.clone();
        fields.extend(client_id.as_deref().map(|id| ("client_id", id)));
        let mut token = exchange::ask_token(line, server, &fields, there).await?;
        if let Some(next) = token.refresh.take() {
            grant.refresh_token = Some(next.to_string());
            self.vault.change(|change| Ok(change.put(Table::Grant, id, grant)?))?;
        }
        token.client_id = client_id;
        Ok(token)
    }
}

/// Parts a document from its grant, in the change that removes it. A grant without documents goes; gives the key that goes with
/// it once the change is kept.
pub(crate) fn part(change: &mut Change<'_>, grant: &str, document: &str) -> Result<Option<String>, Error> {
    let Some(mut record) = change.read::<GrantRecord>(Table::Grant, grant)? else { return Ok(None) };
    record.documents.retain(|id| id != document);
    if !record.documents.is_empty() {
        change.put(Table::Grant, grant, &record)?;
        return Ok(None);
    }
    change.delete(Table::Grant, grant)?;
    if let Some(key) = &record.proof_key {
        Keys::doom(change, key)?;
    }
    Ok(record.proof_key)
}
