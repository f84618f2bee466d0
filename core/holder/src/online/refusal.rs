//! What the shell does about a request that is not answered.

use presentation::openid4vp::{RequestError, TransactionError};

use super::OnlineError;
use crate::Kind;

impl OnlineError {
    pub(crate) const fn kind(self) -> Kind {
        match self {
            Self::Request(RequestError::NotALink | RequestError::ParameterTwice(_))
            | Self::NothingToShow
            | Self::Over
            | Self::ConsentOver
            | Self::NumberNeeded
            | Self::BadNumber
            | Self::NotAnAlternative
            | Self::DocumentGone => Kind::NotReady,
            Self::NoApprovalKey => Kind::CredentialExpired,
            Self::Request(_) | Self::BadAnswer => Kind::IssuerRefused,
            Self::Bug => Kind::Bug,
        }
    }

    pub(crate) const fn code(self) -> &'static str {
        match self {
            Self::Request(error) => request_code(error),
            Self::NothingToShow => "online.nothing_to_show",
            Self::Over => "online.over",
            Self::ConsentOver => "online.consent_over",
            Self::NumberNeeded => "online.number_needed",
            Self::BadNumber => "online.bad_number",
            Self::NotAnAlternative => "online.not_an_alternative",
            Self::NoApprovalKey => "online.no_approval_key",
            Self::DocumentGone => "online.document_gone",
            Self::BadAnswer => "online.bad_answer",
            Self::Bug => "online.bug",
        }
    }
}

const fn request_code(error: RequestError) -> &'static str {
    match error {
        RequestError::NotALink | RequestError::ParameterTwice(_) => "online.bad_link",
        RequestError::Method => "online.request_method",
        RequestError::Address(_) => "online.bad_address",
        RequestError::ClientId => "online.client_unsupported",
        RequestError::Unsigned => "online.unsigned",
        RequestError::Encrypted => "online.request_encrypted",
        RequestError::Object(_) => "online.request_signature",
        RequestError::NoCertificate => "online.no_certificate",
        RequestError::Certificate(_) => "online.unknown_verifier",
        RequestError::OtherCertificate | RequestError::OtherClient => "online.client_mix_up",
        RequestError::Audience => "online.wrong_audience",
        RequestError::WalletNonce => "online.replayed",
        RequestError::NotYetValid => "online.not_yet_valid",
        RequestError::Expired => "online.over",
        RequestError::OtherHost | RequestError::RedirectUri => "online.answer_elsewhere",
        RequestError::Query(_) | RequestError::Scope => "online.bad_query",
        RequestError::Formats => "online.formats_unsupported",
        RequestError::EncryptionKey => "online.no_encryption_key",
        RequestError::Transaction(TransactionError::NotAuthorized) => "online.may_not_approve",
        RequestError::Transaction(TransactionError::Type) => "online.transaction_unknown",
        RequestError::Transaction(_) => "online.bad_transaction",
        _ => "online.bad_request",
    }
}
