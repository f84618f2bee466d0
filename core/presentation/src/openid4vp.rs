//! Presentations over the network: OpenID4VP 1.0 with HAIP 1.0, the wallet's and the verifier's side, without I/O.
//!
//! | wallet | verifier |
//! |---|---|
//! | | [`RequestDraft`] -> bytes to sign -> request object, and a [`link`] to it |
//! | [`RequestLink::parse`] what was scanned or opened, fetch the object elsewhere | serve it |
//! | [`verify`] -> [`VerifiedRequest`]: who asks, for what, and where the answer goes | |
//! | select by [`dcql`](crate::dcql), ask the person, sign | |
//! | [`VerifiedRequest::answer`] or [`ReplyTo::refusal`] -> the form to post | [`open`] the form -> presentations to verify |
//!
//! Only signed requests by reference with a certificate are believed (`x509_hash`, `x509_san_dns`). One without signature
//! (`redirect_uri`) is read where the [`Expectation`] says so, and names nobody.

mod client_id;
mod device_signed;
mod draft;
mod encryption_key;
mod error;
mod link;
mod parameters;
mod registration;
mod request;
mod response;
#[cfg(test)]
mod tests;
mod transaction;
mod vp_token;

pub use client_id::{ClientId, Prefix};
pub use device_signed::{DeviceStatement, TRANSACTION_NAMESPACE};
pub use draft::{RequestDraft, link};
pub use encryption_key::EncryptionKey;
pub use error::{RequestError, TransactionError};
pub use link::{Method, RequestLink, Source};
pub use parameters::VerifiedRequest;
pub use registration::{FORMAT as REGISTRATION_FORMAT, RegistrationDraft, VerifiedRegistration};
pub use request::{Expectation, Refused, ReplyTo, Requester, Unsigned, read_unsigned, verify};
pub use response::{Form, LONGEST_RESPONSE, Opened, Refusal, RefusalCode, ResponseError, open};
pub use transaction::{AUTHENTICATION_LEVEL, LEVEL_POLICY, MATCHED_NUMBER, Transaction, TransactionData};
pub use vp_token::{NotAVpToken, VpToken};

/// Whom a request is for: any wallet (OpenID4VP 1.0, section 5.8).
pub const AUDIENCE: &str = "https://self-issued.me/v2";
/// No request object is longer, in bytes.
pub const LONGEST_REQUEST: usize = 128 * 1024;
/// For so many seconds an approval on another screen is open (security.md 19).
pub const LONGEST_APPROVAL: i64 = 60;
/// How far the verifier's clock may be ahead, in seconds.
const SKEW: i64 = 60;
/// Bytes of a certificate's subject.
const LONGEST_SUBJECT: usize = 512;
