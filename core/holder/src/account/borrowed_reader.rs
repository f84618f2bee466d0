//! A card that another phone reads, for a phone that cannot: most people had trouble with NFC. The phone of the account shows a
//! code; the other one reads the card with the challenge that comes of it, and sends the reading sealed to the key in the code,
//! through the provider. Whose antenna carried the chip's answer does not matter: it is bound to this account's phone and to this
//! purpose by the challenge, the provider proves it again, and the face is taken on this phone.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use card::{
    CardReading, ChallengeOrigin, EvidenceContext, EvidenceRecord, EvidenceSigner, SignerUnavailable,
    Software, derived_challenge,
};
use credential::jose::Jwk;
use http_client::Request;
use presentation::borrowed_reader::BorrowedReaderCode;
use presentation::new_phone::{self, ParcelKey};
use ring::digest::{SHA256, digest};
use serde::{Deserialize, Serialize};
use serde_json::{Map, json};
use trust::p256::PublicKey;
use trust::time::Timestamp;

use super::evidence::{CardAtHand, StepUp};
use super::message::Contact;
use super::{Account, AccountError, Provider};
use crate::Error;
use crate::history::{Action, Event, append};
use crate::keys::SigningKey;
use crate::ports::KeyPolicy;
use crate::store::StoreError;

/// Seconds for which the other phone takes a code.
const FRESH: i64 = 300;

/// What the phone without a reader shows, and the key that opens what comes.
pub struct AwaitedReading {
    parcel_key: ParcelKey,
    /// The digits of the QR code.
    pub text: String,
    /// Six digits that the other phone shows, too, before the card is read.
    pub check_digits: String,
    /// Seconds for which a reading is awaited.
    pub expires_in: u32,
}

/// What a scanned code asks the other phone to do, to be shown to the person there before the card is read.
#[derive(Debug, Clone)]
pub struct ReadingRequest {
    code: BorrowedReaderCode,
    /// What the owner calls the phone that asks.
    pub name: String,
    /// What the reading will prove the card's holder for, as the provider names it: `level-2`.
    pub purpose: String,
    /// Six digits that the asking phone shows, too: where they differ, somebody swapped the code.
    pub check_digits: String,
}

impl ReadingRequest {
    /// The challenge that the chip is to answer.
    pub fn challenge(&self) -> [u8; 8] {
        derived_challenge(&self.code.nonce, &self.code.key_thumbprint, &self.code.purpose)
    }
}

#[derive(Deserialize)]
struct Waiting {
    expires_in: u32,
}

#[derive(Deserialize)]
struct Taken {
    sealed: Option<String>,
}

#[derive(Serialize)]
struct Given {
    to: String,
    sealed: String,
}

impl Account<'_> {
    /// On the account's phone: the code to show for a proof that was begun.
    ///
    /// # Errors
    /// [`AccountError::BadReaderCode`] where this device's name cannot be shown; what the provider refuses.
    pub async fn borrow_reader(self, begun: &StepUp, now: Timestamp) -> Result<AwaitedReading, Error> {
        let mut contact = Contact::of(self.wallet)?;
        let parcel_key = ParcelKey::generate().map_err(|_| StoreError::Random)?;
        let members = Map::from_iter([("to".to_owned(), json!(address(parcel_key.public())))]);
        let answer = contact.ask::<Waiting>("/account/reading", "reading_await", members, now).await;
        let waiting = self.wallet.note_refusal(Action::StepUp, now, answer)?;
        let code = BorrowedReaderCode {
            parcel_key: *parcel_key.public(),
            nonce: begun.nonce_octets()?,
            key_thumbprint: Jwk::new(*contact.key.public()).thumbprint(),
            purpose: begun.purpose_name().to_owned(),
            made_at: contact.record.corrected(now),
            name: contact.record.device_name.clone(),
        };
        let bad = |_| AccountError::BadReaderCode;
        Ok(AwaitedReading {
            text: code.to_text().map_err(bad)?,
            check_digits: code.check_digits().map_err(bad)?,
            expires_in: waiting.expires_in.min(begun.expires_in()),
            parcel_key,
        })
    }

    /// On the account's phone: the reading, once the other phone has sent it; it is proven by the provider alone, with
    /// [`Account::finish_step_up`].
    ///
    /// # Errors
    /// [`AccountError::BadReading`] for what cannot be opened or is for something else: show a new code.
    pub async fn take_reading(
        self,
        begun: &StepUp,
        awaited: &AwaitedReading,
        now: Timestamp,
    ) -> Result<Option<CardReading>, Error> {
        let mut contact = Contact::of(self.wallet)?;
        let members = Map::from_iter([("to".to_owned(), json!(address(awaited.parcel_key.public())))]);
        let taken: Taken = contact.ask("/account/reading/take", "reading_take", members, now).await?;
        let Some(sealed) = taken.sealed else { return Ok(None) };
        let bad = AccountError::BadReading;
        let thumbprint = Jwk::new(*contact.key.public()).thumbprint();
        let sealed = URL_SAFE_NO_PAD.decode(sealed).map_err(|_| bad)?;
        let info = info(&contact.record.provider, &thumbprint);
        let opened = awaited.parcel_key.open(&sealed, &info).map_err(|_| bad)?;
        let record = EvidenceRecord::parse(opened.expose()).map_err(|_| bad)?;
        let origin =
            ChallengeOrigin::Derived { key_thumbprint: thumbprint, purpose: begun.purpose_name().to_owned() };
        let asked = record.context().nonce == begun.nonce_octets()? && record.context().origin == origin;
        if asked { Ok(Some(record.reading().clone())) } else { Err(bad.into()) }
    }

    /// On the other phone: what the code asks for.
    ///
    /// # Errors
    /// [`AccountError::BadReaderCode`], [`AccountError::ReaderCodeOld`].
    pub fn read_reading_request(self, scanned: &str, now: Timestamp) -> Result<ReadingRequest, Error> {
        let bad = |_| AccountError::BadReaderCode;
        let code = BorrowedReaderCode::parse(scanned).map_err(bad)?;
        // A phone without an account has its own clock alone.
        let now = self.earlier().map_or(now, |record| record.corrected(now));
        if !(-60..FRESH).contains(&now.seconds_since(code.made_at)) {
            return Err(AccountError::ReaderCodeOld.into());
        }
        Ok(ReadingRequest {
            name: code.name.clone(),
            purpose: code.purpose.clone(),
            check_digits: code.check_digits().map_err(bad)?,
            code,
        })
    }

    /// On the other phone: the whole loan with a card at hand. Reading blocks, so a caller on a runtime of its own takes the parts
    /// instead: [`card::read_card`] with [`ReadingRequest::challenge`], and [`Account::send_reading`].
    ///
    /// # Errors
    /// As [`Account::send_reading`], and [`Error::Card`].
    pub async fn lend_reader(
        self,
        provider: Option<&Provider>,
        request: &ReadingRequest,
        card: CardAtHand<'_>,
        now: Timestamp,
    ) -> Result<(), Error> {
        let reading = card.read_for(request.challenge())?;
        self.send_reading(provider, request, &reading, now).await
    }

    /// On the other phone: sends a reading to the phone that asked, through the provider of this wallet's account, or the one that is
    /// given. Nothing of the reading is kept here.
    ///
    /// # Errors
    /// [`AccountError::NoActiveResponse`] where the chip gave no answer; [`AccountError::NoAccount`] without a provider;
    /// `account.no_reading_awaited` where the code is over, or is another provider's.
    pub async fn send_reading(
        self,
        provider: Option<&Provider>,
        request: &ReadingRequest,
        reading: &CardReading,
        now: Timestamp,
    ) -> Result<(), Error> {
        if reading.active().is_none_or(|active| active.challenge != request.challenge()) {
            return Err(AccountError::NoActiveResponse.into());
        }
        let provider = self.provider_or_own(provider)?;
        let record = self.record_of(request, reading, now)?;
        let code = &request.code;
        let info = info(&provider.url, &code.key_thumbprint);
        let sealed = new_phone::seal(record.as_bytes(), &code.parcel_key, &info)
            .map_err(|_| AccountError::BadReaderCode)?;
        let given = Given { to: address(&code.parcel_key), sealed: URL_SAFE_NO_PAD.encode(sealed) };
        let request_url = format!("{}/account/reading/give", provider.url);
        let client = self.wallet.client(&provider.roots_pem)?;
        client.fetch(Request::post_json(&request_url, &given)?.idempotent()).await?;
        let event = Event::ReaderLent { to: request.name.clone() };
        self.wallet.vault.change(|change| Ok(append(change, now, event).map(drop)?))
    }

    fn provider_or_own(&self, provider: Option<&Provider>) -> Result<Provider, Error> {
        let provider = if let Some(provider) = provider {
            provider.clone()
        } else {
            let record = self.earlier().ok_or(AccountError::NoAccount)?;
            Provider { url: record.provider, roots_pem: record.roots_pem }
        };
        provider.check_address()?;
        Ok(provider)
    }

    /// The form that carries a reading, signed with a key that lives for this signature: nobody pins the phone that lends itself.
    fn record_of(
        &self,
        request: &ReadingRequest,
        reading: &CardReading,
        now: Timestamp,
    ) -> Result<EvidenceRecord, Error> {
        let key = self.wallet.keys.create(&self.wallet.vault, KeyPolicy::Presentation, &[])?;
        let code = &request.code;
        let context = EvidenceContext {
            nonce: code.nonce.clone(),
            origin: ChallengeOrigin::Derived {
                key_thumbprint: code.key_thumbprint,
                purpose: code.purpose.clone(),
            },
            read_at: now,
            remote: None,
            software: Software {
                name: env!("CARGO_PKG_NAME").to_owned(),
                version: env!("CARGO_PKG_VERSION").to_owned(),
            },
        };
        EvidenceRecord::sign(reading, &context, &OneTime(key.key()?))
            .map_err(|_| AccountError::BadReading.into())
    }
}

struct OneTime<'k>(&'k SigningKey);

impl EvidenceSigner for OneTime<'_> {
    fn public_key(&self) -> Result<PublicKey, SignerUnavailable> {
        Ok(*self.0.public())
    }

    fn sign(&self, message: &[u8]) -> Result<[u8; 64], SignerUnavailable> {
        self.0.sign(message).map_err(|_| SignerUnavailable)
    }
}

/// By what the provider knows the reading: who has not seen the code cannot name it.
fn address(parcel_key: &PublicKey) -> String {
    URL_SAFE_NO_PAD.encode(digest(&SHA256, &parcel_key.compressed()))
}

/// Binds the reading to the provider and to the phone that is to open it.
fn info(provider: &str, key_thumbprint: &[u8; 32]) -> Vec<u8> {
    [&b"sen reading 1"[..], key_thumbprint, provider.as_bytes()].concat()
}
