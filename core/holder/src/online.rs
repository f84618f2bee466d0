//! Presenting over the network (OpenID4VP 1.0, HAIP 1.0): a portal, a bank or a cash machine asks by a link or QR.
//!
//! [`Wallet::read_request`] fetches and verifies the request and looks up what would answer it; the shell shows the
//! [`OnlineRequest`] in full. The person agrees ([`OnlineRequest::grant`]) and [`Wallet::answer_request`] signs and posts, or
//! declines ([`Wallet::decline_request`]). Nothing is told to anybody before the person answers, not even that the wallet has
//! nothing to show.

mod answer;
mod consent;
mod document;
mod fetch;
mod refusal;
#[cfg(test)]
mod tests;
mod words;

pub use answer::Answered;
pub use consent::{Choice, OnlineConsent, OnlineRequest};
pub use words::VerifierWords;

use http_client::Client;
use presentation::openid4vp::{
    Expectation, Refused, RequestError, RequestLink, Source, TransactionError, Unsigned, read_unsigned,
    verify,
};
use trust::certificates::CertificateAnchors;
use trust::time::Timestamp;

use crate::Error;
use crate::consent::clock_offset;
use crate::history::Action;
use crate::wallet::Wallet;

/// Why a request over the network is not answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OnlineError {
    /// The request is not to be believed, or not understood.
    #[error(transparent)]
    Request(RequestError),
    /// The wallet holds nothing that answers it.
    #[error("the wallet holds nothing that answers the request")]
    NothingToShow,
    /// The request's time is over.
    #[error("the request is over")]
    Over,
    /// The person agreed too long ago.
    #[error("the consent is over")]
    ConsentOver,
    /// The two digits on the other screen are to be typed.
    #[error("the two digits of the other screen are needed")]
    NumberNeeded,
    /// Not two digits, or none were asked for.
    #[error("not the two digits of the other screen")]
    BadNumber,
    /// A document that was picked would not answer the query.
    #[error("this document would not answer the request")]
    NotAnAlternative,
    /// No key of the documents that may approve asks the person at each use, or it is lost: an older wallet obtained them, the phone had no
    /// finger or face enrolled then, or another one was enrolled since. They are to be obtained again.
    #[error("no key of these documents approves")]
    NoApprovalKey,
    /// A document was deleted or replaced since the person agreed.
    #[error("the document is no longer there")]
    DocumentGone,
    /// The verifier's answer is not what it should be.
    #[error("the verifier's answer is malformed")]
    BadAnswer,
    /// A bug here.
    #[error("the presentation could not be made")]
    Bug,
}

impl From<TransactionError> for OnlineError {
    fn from(error: TransactionError) -> Self {
        Self::Request(error.into())
    }
}

/// Whom the wallet believes online; the shell brings it.
#[derive(Debug, Clone)]
pub struct OnlineTrust<'a> {
    /// Roots of TLS servers, PEM.
    pub roots: &'a [u8],
    /// Who vouches for those who ask.
    pub verifiers: &'a CertificateAnchors,
    /// Who registers what they may ask for.
    pub registrars: &'a CertificateAnchors,
    /// Whether a request that nobody signed is read too.
    pub unsigned: Unsigned,
}

impl Wallet {
    /// Reads a link or the text of a QR: fetches the request where it is elsewhere, verifies it, and finds what would answer it.
    /// A request that is refused is told so where it is proven who asked, and goes into the history.
    ///
    /// # Errors
    /// [`OnlineError::Request`], and what the network says.
    pub async fn read_request(
        &self,
        link: &str,
        trust: &OnlineTrust<'_>,
        now: Timestamp,
    ) -> Result<OnlineRequest, Error> {
        let read = self.read(link, trust, now).await;
        self.note_refusal(Action::Present, now, read)
    }

    async fn read(
        &self,
        link: &str,
        trust: &OnlineTrust<'_>,
        now: Timestamp,
    ) -> Result<OnlineRequest, Error> {
        let link = RequestLink::parse(link).map_err(OnlineError::Request)?;
        let client = self.client(trust.roots)?;
        let there = now.plus_seconds(clock_offset(&self.vault.store()));
        let expectation = |fetched_from, wallet_nonce| Expectation {
            verifiers: trust.verifiers,
            registrars: trust.registrars,
            fetched_from,
            wallet_nonce,
            unsigned: trust.unsigned,
            now: there,
        };
        let verdict = match link.source() {
            Source::Unsigned(parameters) => {
                read_unsigned(parameters, link.client_id(), &expectation(None, None))
            }
            Source::Value(object) => verify(object, link.client_id(), &expectation(None, None)),
            Source::Reference { address, method } => {
                let fetched = fetch::request_object(&client, address, *method).await?;
                verify(
                    &fetched.object,
                    link.client_id(),
                    &expectation(Some(address), fetched.wallet_nonce.as_deref()),
                )
            }
        };
        match verdict {
            Ok(request) => self.choices(request, there),
            Err(refused) => Err(tell(&client, refused).await),
        }
    }
}

/// Tells the verifier why, where it is proven who that is; a verifier that cannot be told learns nothing.
async fn tell(client: &Client, refused: Refused) -> Error {
    if let Some(reply_to) = &refused.reply_to {
        let form = reply_to.refusal(presentation::openid4vp::Refusal::Request(refused.error));
        let _ = answer::post(client, &form).await;
    }
    OnlineError::Request(refused.error).into()
}
