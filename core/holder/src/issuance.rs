//! Obtaining credentials by OpenID4VCI 1.0 with a pre-authorised code: each bound to its own new device key, each verified
//! before it is stored, and nothing left half where anything fails.

mod authorise;
mod by_offer;
mod checked;
mod copies;
pub(crate) mod deferred;
mod dpop;
mod encryption;
mod exchange;
#[cfg(fuzzing)]
pub mod fuzzing;
pub(crate) mod grant;
mod keep;
mod line;
mod metadata;
mod notify;
pub(crate) mod offer;
mod proving;
mod received;
mod signed_metadata;
mod vouched;

use serde::Deserialize;
use serde_json::{Map, json};
use trust::random::SystemRandom;
use trust::time::Timestamp;

use crate::Error;
use crate::account::Account;
use crate::account::message::Contact;
use crate::credentials::{self, CredentialInfo, CredentialName, CredentialRecord, refresh_time};
use crate::history::{Action, Event, append};
use crate::keys::NewKey;
use crate::ports::{KeyPolicy, ProgressListener, Step};
use crate::store::{StoreError, Table};
use crate::trust_list;
use by_offer::resolve;
use exchange::Answered;

pub use authorise::{Authorisation, WalletClient};
pub use by_offer::Issuers;
pub use deferred::AwaitedInfo;
pub(crate) use metadata::https_identifier;
pub use offer::{InputMode, TransactionCode};

/// The format of our credentials in OpenID4VCI.
pub(crate) const FORMAT: &str = "dc+sd-cwt";

/// Why a credential was not obtained.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum IssuanceError {
    /// The offer breaks a rule of OpenID4VCI 1.0 section 4.
    #[error("the offer is not a valid credential offer")]
    BadOffer,
    /// The offer has no pre-authorised code.
    #[error("the offer asks for a way of issuing that this wallet has not")]
    GrantUnsupported,
    /// A document names another issuer or server than the one it was asked of.
    #[error("issuer and authorization server do not belong together")]
    IssuerMixUp,
    /// The metadata breaks a rule of OpenID4VCI 1.0 section 12.2.
    #[error("the issuer's metadata is not valid")]
    BadMetadata,
    /// The issuer demands an encryption that this wallet has not.
    #[error("the issuer demands an encryption that this wallet has not")]
    EncryptionUnsupported,
    /// Nobody believed vouches for the signed metadata.
    #[error("the issuer's metadata are signed by an unknown signer")]
    MetadataSigner,
    /// The signed metadata are expired or not yet valid.
    #[error("the issuer's metadata are not valid now")]
    MetadataNotValidNow,
    /// The issuer does not offer this configuration.
    #[error("the issuer does not issue this credential")]
    UnknownConfiguration,
    /// A format that this wallet does not hold.
    #[error("the credential's format is not supported")]
    FormatUnsupported,
    /// The issuer does not take a proof that this wallet can give.
    #[error("the issuer demands a proof that this wallet has not")]
    ProofUnsupported,
    /// The issuer demands that somebody vouches for this wallet or its keys, and nobody does: there is no account in use, or the device's
    /// keys are not attested.
    #[error("the issuer demands an attestation that this wallet has not")]
    AttestationUnavailable,
    /// The person must type the code that the issuer sent.
    #[error("the issuer asks for a transaction code")]
    TransactionCodeRequired,
    /// A code was given that the issuer did not ask for.
    #[error("the issuer asks for no transaction code")]
    TransactionCodeUnexpected,
    /// The code is wrong: type again.
    #[error("the transaction code is wrong")]
    TransactionCodeWrong,
    /// The token is not one this wallet can use.
    #[error("the access token is not of a supported type")]
    BadToken,
    /// The issuer will have the credential later.
    #[error("the credential is not ready yet")]
    Deferred,
    /// What came is not one well-formed credential.
    #[error("the issued credential is malformed")]
    BadCredential,
    /// The provider's trust list is not acceptable.
    #[error("the trust list is not acceptable")]
    TrustList,
    /// No trusted issuer has this name and key for this type.
    #[error("the credential is of an unknown issuer")]
    UnknownIssuer,
    /// The issuer's signature is wrong.
    #[error("the issuer's signature does not verify")]
    IssuerSignature,
    /// The credential is bound to another key than ours.
    #[error("the credential is bound to another key")]
    WrongKey,
    /// The credential is of another type than was asked for.
    #[error("the credential is of another type")]
    WrongType,
    /// The credential is expired or not yet valid.
    #[error("the credential is not valid now")]
    NotValidNow,
    /// The person declined at the authorization server.
    #[error("the person declined in the browser")]
    Declined,
    /// The authorization server would not authorise.
    #[error("the authorization server refused")]
    AuthorisationFailed,
    /// The roots given are no certificates that can be anchors.
    #[error("the roots of the issuers are not certificates in PEM")]
    BadAnchors,
    /// Its issuer gave no leave to fetch it anew without the person.
    #[error("the document cannot be fetched anew without a new offer")]
    NotRefreshable,
    /// The wallet holds no such credential.
    #[error("the wallet holds no such credential")]
    NotFound,
}

/// What is to be obtained.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted<'a> {
    /// A credential of the account's provider, which is asked for an offer: the holder's own, or that of a minor in the
    /// holder's care, by personal number. It is kept beside the holder's own.
    Named(CredentialName, Option<&'a str>),
    /// What an offer link names.
    Offer(&'a str),
}

/// What an offer says, to be shown before anything is sent to its issuer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OfferInfo {
    /// The issuer's identifier.
    pub issuer: String,
    /// The configuration ids on offer.
    pub credentials: Vec<String>,
    /// The person has to agree in a browser: [`Wallet::begin_authorisation`](crate::Wallet::begin_authorisation).
    pub in_browser: bool,
    /// The code that the person must type, where one is needed.
    pub transaction_code: Option<TransactionCode>,
}

#[derive(Deserialize)]
struct OfferAnswer {
    credential_offer: String,
}

impl Account<'_> {
    /// Reads an offer link; fetches the offer where the link only refers to it. Nothing goes to the issuer's endpoints.
    pub async fn read_offer(self, link: &str) -> Result<OfferInfo, Error> {
        let offer = resolve(&Contact::of(self.wallet)?.client, link).await?;
        Ok(offer.info())
    }

    /// Whether an offer is of documents in standard formats, for [`Wallet::obtain_documents`](crate::Wallet::obtain_documents), and
    /// not of credentials in our own. Asks its issuer for no more than the metadata.
    pub async fn offers_documents(self, link: &str, roots_pem: Option<&[u8]>) -> Result<bool, Error> {
        let client = match roots_pem {
            Some(roots_pem) => self.wallet.client(roots_pem)?,
            None => Contact::of(self.wallet)?.client,
        };
        let offer = resolve(&client, link).await?;
        let issuer = metadata::fetch_issuer(&client, &offer.issuer, None).await?;
        let mut found = offer.configurations.iter().map(|id| issuer.configuration(id));
        Ok(found.all(|found| found.is_ok_and(|found| found.document().is_ok())))
    }

    /// Obtains credentials and stores them, all or none; an earlier one of the same type and issuer is replaced.
    ///
    /// # Errors
    /// [`IssuanceError`] for offers, metadata and credentials that break a rule; what provider and issuer refuse.
    pub async fn obtain_credential(
        self,
        wanted: Wanted<'_>,
        transaction_code: Option<&str>,
        progress: &dyn ProgressListener,
        now: Timestamp,
    ) -> Result<Vec<CredentialInfo>, Error> {
        let obtained = self.obtain(wanted, transaction_code, progress, now).await;
        self.wallet.note_refusal(Action::Obtain, now, obtained)
    }

    async fn obtain(
        &self,
        wanted: Wanted<'_>,
        transaction_code: Option<&str>,
        progress: &dyn ProgressListener,
        now: Timestamp,
    ) -> Result<Vec<CredentialInfo>, Error> {
        progress.began(Step::Provider);
        let mut contact = Contact::of(self.wallet)?;
        let link = match wanted {
            Wanted::Offer(link) => link.to_owned(),
            Wanted::Named(name, ward) => {
                let mut members = Map::from_iter([("credential".to_owned(), json!(name.as_str()))]);
                if let Some(ward) = ward {
                    members.insert("for".to_owned(), json!(ward));
                }
                contact.ask::<OfferAnswer>("/account/offer", "offer", members, now).await?.credential_offer
            }
        };
        let offer = resolve(&contact.client, &link).await?;
        let grant = offer.pre_authorised()?;
        let now_there = contact.record.corrected(now);
        let trust = trust_list::refresh(&contact, now_there).await?;

        progress.began(Step::Issuer);
        let client = &contact.client;
        let issuer = metadata::fetch_issuer(client, &offer.issuer, None).await?;
        // What cannot be used is found out before the code is spent.
        let configurations = offer.configurations.iter().map(|id| issuer.configuration(id));
        let configurations = configurations.collect::<Result<Vec<_>, _>>()?;
        configurations.iter().try_for_each(|found| found.sd_cwt().map(drop))?;
        let ways =
            configurations.iter().map(|found| found.proof_way().ok_or(IssuanceError::ProofUnsupported));
        let ways = ways.collect::<Result<Vec<_>, _>>()?;
        let proving = ways.into_iter().map(|way| self.wallet.proving_to(&offer.issuer, way, now));
        let proving = proving.collect::<Result<Vec<_>, _>>()?;
        let named = grant.authorization_server.as_deref();
        let server = metadata::fetch_server(client, &issuer, named, Some(metadata::PRE_AUTHORISED)).await?;
        let (_proof_key, mut line) = self.wallet.line(client, &server, now).await?;
        let token = exchange::fetch_token(&mut line, &server, grant, transaction_code, now_there).await?;

        let mut obtained = Vec::with_capacity(configurations.len());
        let asked = offer.configurations.iter().zip(&configurations).zip(proving);
        for ((id, configuration), mut proving) in asked {
            progress.began(Step::Key);
            // A rotating code must not prompt every ten seconds.
            let mut keys = proving.new_keys(self.wallet, &[KeyPolicy::Presentation]).await?;
            progress.began(Step::Issuer);
            let answered =
                exchange::fetch_credentials(&mut line, &issuer, &token, id, &keys, &mut proving, now_there)
                    .await?;
            let Answered::Issued { credentials, .. } = answered else {
                return Err(IssuanceError::Deferred.into());
            };
            let key = keys.pop().ok_or(IssuanceError::AttestationUnavailable)?;
            progress.began(Step::Storing);
            let vct = configuration.sd_cwt()?;
            if matches!(wanted, Wanted::Named(name, _) if name.vct().urn() != vct) {
                return Err(IssuanceError::WrongType.into());
            }
            let [issued] = credentials.as_slice() else { return Err(IssuanceError::BadCredential.into()) };
            let received = received::verify(issued, &trust, key.key()?.public(), vct, now_there)?;
            if let Wanted::Named(_, Some(ward)) = wanted
                && received.ward.as_deref() != Some(ward)
            {
                return Err(IssuanceError::BadCredential.into());
            }
            let (begins, ends) = (received.issued_at.as_unix(), received.expires_at.as_unix());
            let refresh_at =
                refresh_time(begins, ends, &mut SystemRandom::new()).map_err(|_| StoreError::Random)?;
            let record = CredentialRecord {
                vct: vct.to_owned(),
                issuer: received.issuer,
                issuer_url: offer.issuer.clone(),
                configuration: id.clone(),
                key: key.id().to_owned(),
                bytes: received.bytes,
                portrait: received.portrait,
                claims: received.claims,
                issued_at: begins,
                expires_at: ends,
                refresh_at: Some(refresh_at),
                valid_to: received.valid_to.map(|day| day.to_string()),
                ward: received.ward,
            };
            obtained.push((key, record));
        }
        let stored = self.store(obtained, now)?;
        if let Wanted::Named(..) = wanted {
            // The provider has just said what time it is, and the account's key has signed: it asks nobody again. What cannot be removed
            // now goes next time.
            let _ = self.wallet.prune_history(now);
        }
        Ok(stored)
    }

    /// Stores what was obtained in one transaction, in place of earlier ones.
    fn store(
        &self,
        obtained: Vec<(NewKey<'_>, CredentialRecord)>,
        now: Timestamp,
    ) -> Result<Vec<CredentialInfo>, Error> {
        let (keys, records): (Vec<_>, Vec<_>) = obtained.into_iter().unzip();
        let earlier = credentials::list(&self.wallet.vault.store())?;
        let replaced: Vec<_> = earlier
            .into_iter()
            .filter(|(_, old)| {
                let of_one = |new: &CredentialRecord| {
                    new.vct == old.vct && new.issuer_url == old.issuer_url && new.ward == old.ward
                };
                records.iter().any(of_one)
            })
            .collect();
        let stored = NewKey::keep_all(&self.wallet.vault, keys, |change| {
            for (id, old) in &replaced {
                credentials::remove(change, id, &old.key)?;
            }
            let mut stored = Vec::with_capacity(records.len());
            for record in records {
                // The key's name is unique and says nothing: it names the credential, too.
                let id = record.key.clone();
                change.put(Table::Credential, &id, &record)?;
                let (vct, issuer) = (record.vct.clone(), record.issuer.clone());
                append(change, now, Event::CredentialObtained { vct, issuer })?;
                stored.push(credentials::info(id, record));
            }
            Ok(stored)
        })?;
        self.wallet.stop_showing();
        for (_, old) in replaced {
            self.wallet.keys.delete(&self.wallet.vault, &old.key)?;
        }
        Ok(stored)
    }
}
