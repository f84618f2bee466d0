//! A question over the network and its answer (OpenID4VP 1.0, HAIP 1.0): for a portal, a bank, a cash machine.
//!
//! ```text
//! Session::new(asker, question, response_uri)       the page shows link(client_id, request_uri)
//! session.connect(wallet_nonce, now) -> sign it     a wallet fetched request_uri; the screen shows session.number()
//! session.answer(body, issuers, now) -> Answer      a wallet posted to response_uri
//! ```
//! An [`Answer`] exists only where every presentation is genuine, for this session, complete, and holds no more than was asked
//! for. Whether a credential is still in force the list at [`Presented::status`] says: the caller fetches it, and a
//! [`StatusPolicy`] decides on [what it says](Presented::status_in).

mod mdoc;
mod sd_jwt;
mod session;
mod status;
mod verify;

pub use session::{Asker, Question, Session};
pub use status::{DocumentStatus, StatusPolicy, StatusRefusal, read_status_list};
pub use verify::{Answer, Presented};

use credential::mdoc::MdocError;
use credential::sd_jwt::SdJwtError;
use presentation::openid4vp::{RefusalCode, ResponseError};
use trust::certificates::CertificateAnchors;

/// Whose credentials are believed.
#[derive(Clone, Copy, Debug)]
pub struct Issuers<'a> {
    /// Authorities over issuers, or pinned issuers.
    pub anchors: &'a CertificateAnchors,
}

/// Why there is no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OnlineError {
    /// The asker's leaf is no certificate.
    #[error("the asker has no certificate")]
    Asker,
    /// No wallet would take this question.
    #[error("the question is malformed")]
    Question,
    /// No random bytes.
    #[error("no random bytes")]
    NoRandom,
    /// Another wallet has fetched the request.
    #[error("another wallet has the question")]
    Taken,
    /// The time is over, or no wallet has fetched the request.
    #[error("the answer came too late")]
    TooLate,
    /// The form cannot be opened.
    #[error(transparent)]
    Response(ResponseError),
    /// The wallet said no.
    #[error("the wallet declined")]
    Declined(RefusalCode),
    /// An answer to a query that was not asked, or several where one was.
    #[error("presentations that nobody asked for")]
    Surplus,
    /// A required credential is missing.
    #[error("a credential is missing")]
    Incomplete,
    /// An SD-JWT VC is not genuine, or not for this session.
    #[error("SD-JWT VC: {0}")]
    SdJwt(SdJwtError),
    /// An mdoc is not genuine, or not for this session.
    #[error("mdoc: {0}")]
    Mdoc(MdocError),
    /// A presentation is of another type than asked, lacks a claim, has another value, or another format.
    #[error("not the credential that was asked for")]
    NotAsAsked,
    /// It discloses claims that nobody asked for.
    #[error("more is disclosed than was asked for")]
    OverDisclosed,
    /// What was to be approved was not signed, or something else was.
    #[error("the transaction was not approved")]
    NotApproved,
    /// The digits are not those of the screen.
    #[error("the digits are not those of the screen")]
    WrongNumber,
}
