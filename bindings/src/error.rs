//! Errors by what the shell does next, with a stable code for the reason.

/// Why a call failed. `code` is stable (`card.wrong_access_key`, `account.wrong_code`); words are the shell's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, uniffi::Error)]
pub enum SenError {
    /// Hold the card to the phone again.
    #[error("try the card again ({code})")]
    TryCardAgain {
        /// The reason.
        code: String,
    },
    /// Ask for the card access number again; one attempt was made.
    #[error("wrong access key ({code})")]
    WrongAccessKey {
        /// The reason.
        code: String,
    },
    /// Stop: this card is not what it claims to be.
    #[error("card not genuine ({code})")]
    CardNotGenuine {
        /// The reason.
        code: String,
    },
    /// This card cannot be used.
    #[error("card unsupported ({code})")]
    CardUnsupported {
        /// The reason.
        code: String,
    },
    /// Enrol again: keys or records are gone for good.
    #[error("device key lost ({code})")]
    DeviceKeyLost {
        /// The reason.
        code: String,
    },
    /// Do nothing: the person declined.
    #[error("cancelled ({code})")]
    UserCancelled {
        /// The reason.
        code: String,
    },
    /// Offer to try again later; presenting still works.
    #[error("no network ({code})")]
    NoNetwork {
        /// The reason.
        code: String,
        /// Attempts that are left, where the server counts them.
        attempts_left: Option<u32>,
        /// Seconds to wait before the next try, where the server says so.
        wait_seconds: Option<u32>,
    },
    /// Say what the provider or issuer refused.
    #[error("refused ({code})")]
    IssuerRefused {
        /// The reason.
        code: String,
        /// Attempts that are left, where the server counts them.
        attempts_left: Option<u32>,
        /// Seconds to wait before the next try, where the server says so.
        wait_seconds: Option<u32>,
    },
    /// Obtain the credential again.
    #[error("credential expired ({code})")]
    CredentialExpired {
        /// The reason.
        code: String,
    },
    /// Ask for what is missing or was typed wrongly.
    #[error("not ready ({code})")]
    NotReady {
        /// The reason.
        code: String,
        /// Attempts that are left, where the server counts them.
        attempts_left: Option<u32>,
        /// Seconds to wait before the next try, where the server says so.
        wait_seconds: Option<u32>,
    },
    /// Report it.
    #[error("bug ({code})")]
    Bug {
        /// The reason.
        code: String,
    },
}

impl SenError {
    /// Something is missing or was typed wrongly, found out here.
    pub(crate) fn not_ready(code: &str) -> Self {
        Self::NotReady { code: code.to_owned(), attempts_left: None, wait_seconds: None }
    }

    /// A task that never ends early did.
    pub(crate) fn bug(code: &str) -> Self {
        Self::Bug { code: code.to_owned() }
    }
}

impl From<holder::Error> for SenError {
    fn from(error: holder::Error) -> Self {
        let code = error.code().to_owned();
        let (attempts_left, wait_seconds) = (error.attempts_left(), error.retry_after());
        match error.kind() {
            holder::Kind::TryCardAgain => Self::TryCardAgain { code },
            holder::Kind::WrongAccessKey => Self::WrongAccessKey { code },
            holder::Kind::CardNotGenuine => Self::CardNotGenuine { code },
            holder::Kind::CardUnsupported => Self::CardUnsupported { code },
            holder::Kind::DeviceKeyLost => Self::DeviceKeyLost { code },
            holder::Kind::UserCancelled => Self::UserCancelled { code },
            holder::Kind::NoNetwork => Self::NoNetwork { code, attempts_left, wait_seconds },
            holder::Kind::IssuerRefused => Self::IssuerRefused { code, attempts_left, wait_seconds },
            holder::Kind::CredentialExpired => Self::CredentialExpired { code },
            holder::Kind::NotReady => Self::NotReady { code, attempts_left, wait_seconds },
            _ => Self::Bug { code },
        }
    }
}
