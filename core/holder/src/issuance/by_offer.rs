//! Obtaining documents (mdoc, SD-JWT VC) from any issuer whose offer the person follows and whose roots the person believes.
//! An offer's documents are all stored or none, and the issuer is told which.

use http_client::Client;
use serde_json::{Map, json};
use trust::certificates::CertificateAnchors;
use trust::time::Timestamp;

use super::copies::Asked;
use super::dpop;
use super::exchange::{self, Token};
use super::grant::GrantRecord;
use super::keep::{Grant, Harvest};
use super::line::Line;
use super::metadata::{self, IssuerMetadata};
use super::notify::{self, Outcome};
use super::offer::{Offer, OfferLink};
use super::{IssuanceError, OfferAnswer, OfferInfo};
use crate::Error;
use crate::account::Account;
use crate::account::message::Contact;
use crate::consent::clock_offset;
use crate::documents::DocumentInfo;
use crate::history::Action;
use crate::keys::NewKey;
use crate::ports::{ProgressListener, Step};
use crate::wallet::Wallet;

/// Whom to believe: an issuer that the account's provider does not vouch for is believed by the person's own decision.
#[derive(Debug, Clone, Copy)]
pub struct Issuers<'a> {
    /// Certificates of the roots of its TLS servers, PEM.
    pub roots_pem: &'a [u8],
    /// Certificates of the roots of those who sign documents, PEM; without them those whom the nation's trust list names.
    pub anchors_pem: Option<&'a str>,
}

impl Issuers<'_> {
    /// Whose documents are believed.
    pub(super) async fn anchors(&self, wallet: &Wallet, now: Timestamp) -> Result<CertificateAnchors, Error> {
        let is_empty = |anchors: &CertificateAnchors| anchors.is_empty();
        let Some(pem) = self.anchors_pem else {
            let named = wallet.account().national_anchors(now).await?.issuers;
            return if is_empty(&named) { Err(IssuanceError::UnknownIssuer.into()) } else { Ok(named) };
        };
        let given = CertificateAnchors::from_pem(pem).ok().filter(|anchors| !is_empty(anchors));
        Ok(given.ok_or(IssuanceError::BadAnchors)?)
    }
}

impl Wallet {
    /// Reads an offer link; fetches the offer where the link only refers to it. Nothing goes to the issuer's endpoints.
    pub async fn read_offer(&self, link: &str, issuers: Issuers<'_>) -> Result<OfferInfo, Error> {
        let offer = resolve(&self.client(issuers.roots_pem)?, link).await?;
        Ok(offer.info())
    }

    /// Obtains the documents of an offer and stores them, all or none; earlier ones of the same type and issuer are replaced.
    /// `transaction_code` is what the person typed, where the offer asks for it.
    ///
    /// # Errors
    /// [`IssuanceError`] for offers, metadata and documents that break a rule or that nobody believed vouches for; what the issuer
    /// refuses.
    pub async fn obtain_documents(
        &self,
        link: &str,
        issuers: Issuers<'_>,
        transaction_code: Option<&str>,
        progress: &dyn ProgressListener,
        now: Timestamp,
    ) -> Result<Vec<DocumentInfo>, Error> {
        let obtained = self.follow_offer(link, issuers, transaction_code, progress, now).await;
        self.note_refusal(Action::Obtain, now, obtained)
    }

    async fn follow_offer(
        &self,
        link: &str,
        issuers: Issuers<'_>,
        transaction_code: Option<&str>,
        progress: &dyn ProgressListener,
        now: Timestamp,
    ) -> Result<Vec<DocumentInfo>, Error> {
        let anchors = issuers.anchors(self, now).await?;
        let client = self.client(issuers.roots_pem)?;
        let there = self.there(now);
        progress.began(Step::Issuer);
        let offer = resolve(&client, link).await?;
        let grant = offer.pre_authorised()?;
        let issuer = metadata::fetch_issuer(&client, &offer.issuer, Some((&anchors, there))).await?;
        // What cannot be used is found out before the code is spent.
        let asked = offer.configurations.iter().map(|id| Asked::of(&issuer, id));
        let asked = asked.collect::<Result<Vec<_>, _>>()?;
        for one in &asked {
            self.proving(one.way, now)?;
        }
        let named = grant.authorization_server.as_deref();
        let server = metadata::fetch_server(&client, &issuer, named, Some(metadata::PRE_AUTHORISED)).await?;
        let (proof_key, mut line) = self.line(&client, &server, now).await?;
        let token = exchange::fetch_token(&mut line, &server, grant, transaction_code, there).await?;
        let (wallet, issuer, anchors) = (self, &issuer, &anchors);
        let visit = Visit { wallet, issuer, issuers, anchors, named, progress, now, there };
        visit.obtain(&mut line, token, &asked, proof_key).await
    }

    /// The servers' time as far as the wallet knows it.
    pub(super) fn there(&self, now: Timestamp) -> Timestamp {
        now.plus_seconds(clock_offset(&self.vault.store()))
    }
}

impl Account<'_> {
    /// Obtains a document of the account's provider by its name there, such as `licence_mdoc`. Its signers are believed under these
    /// roots (PEM), without them under the provider's trust list; its servers under the roots of the account.
    ///
    /// # Errors
    /// As [`Wallet::obtain_documents`], and what the provider refuses.
    pub async fn obtain_document(
        self,
        name: &str,
        anchors_pem: Option<&str>,
        progress: &dyn ProgressListener,
        now: Timestamp,
    ) -> Result<Vec<DocumentInfo>, Error> {
        progress.began(Step::Provider);
        let mut contact = Contact::of(self.wallet)?;
        let members = Map::from_iter([("credential".to_owned(), json!(name))]);
        let answer = contact.ask::<OfferAnswer>("/account/offer", "offer", members, now).await;
        let answer = self.wallet.note_refusal(Action::Obtain, now, answer)?;
        let issuers = Issuers { roots_pem: &contact.record.roots_pem, anchors_pem };
        self.wallet.obtain_documents(&answer.credential_offer, issuers, None, progress, now).await
    }
}

/// One visit to an issuer.
pub(super) struct Visit<'a> {
    pub(super) wallet: &'a Wallet,
    pub(super) issuer: &'a IssuerMetadata,
    pub(super) issuers: Issuers<'a>,
    /// Whose documents are believed.
    pub(super) anchors: &'a CertificateAnchors,
    /// The authorization server that the offer named.
    pub(super) named: Option<&'a str>,
    pub(super) progress: &'a dyn ProgressListener,
    /// The device's time, and the servers'.
    pub(super) now: Timestamp,
    pub(super) there: Timestamp,
}

impl<'a> Visit<'a> {
    /// Obtains the documents with a new token, and keeps the leave to fetch them anew where the token brought one.
    pub(super) async fn obtain(
        &self,
        line: &mut Line,
        mut token: Token,
        asked: &[Asked<'_>],
        proof_key: Option<NewKey<'a>>,
    ) -> Result<Vec<DocumentInfo>, Error> {
        let record = GrantRecord {
            refresh_token: token.refresh.take().map(|text| text.to_string()),
            proof_key: proof_key.as_ref().map(|key| key.id().to_owned()),
            client_id: token.client_id.clone(),
            authorization_server: self.named.map(str::to_owned),
            roots_pem: self.issuers.roots_pem.to_vec(),
            anchors_pem: self.issuers.anchors_pem.map(str::to_owned),
            documents: Vec::new(),
        };
        let grant = Grant { id: dpop::jti()?, record, new_key: proof_key };
        self.fetch_and_keep(line, &token, asked, grant).await
    }

    /// Fetches the documents asked for, stores all or none, and tells the issuer.
    pub(super) async fn fetch_and_keep(
        &self,
        line: &mut Line,
        token: &Token,
        asked: &[Asked<'_>],
        grant: Grant<'a>,
    ) -> Result<Vec<DocumentInfo>, Error> {
        let mut notifications = Vec::new();
        let kept = match self.fetch_all(line, token, asked, &mut notifications).await {
            Ok(harvest) => {
                self.progress.began(Step::Storing);
                self.keep(harvest, grant)
            }
            Err(error) => Err(error),
        };
        let outcome = if kept.is_ok() { Outcome::Accepted } else { Outcome::Failure };
        notify::tell(line, self.issuer, token, &notifications, outcome, self.there).await;
        kept
    }

    async fn fetch_all(
        &self,
        line: &mut Line,
        token: &Token,
        asked: &[Asked<'_>],
        notifications: &mut Vec<String>,
    ) -> Result<Harvest<'a>, Error> {
        let mut harvest = Harvest::default();
        for one in asked {
            self.fetch_copies(line, token, one, notifications, &mut harvest).await?;
        }
        Ok(harvest)
    }
}

pub(super) async fn resolve(client: &Client, link: &str) -> Result<Offer, Error> {
    match OfferLink::parse(link)? {
        OfferLink::Value(offer) => Ok(offer),
        OfferLink::Reference(address) => {
            let request = http_client::Request::get(&address)?.limit(super::offer::LONGEST);
            Ok(Offer::parse(client.fetch(request).await?.body())?)
        }
    }
}
