//! Errors as the other packages have them: by what the shell does next, with a stable code.

/// Why a call failed. Thrown as an `Error` of that name with the members of `SenError` in `wallet.d.ts`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SenError {
    /// What to do next.
    pub kind: &'static str,
    /// Why.
    pub code: String,
    /// Attempts that are left, where the server counts them.
    pub attempts_left: Option<u32>,
    /// Seconds to wait before the next try, where the server says so.
    pub wait_seconds: Option<u32>,
}

impl SenError {
    /// Something is missing or was typed wrongly, found out here.
    pub fn not_ready(code: &str) -> Self {
        Self::plain("NotReady", code)
    }

    /// What cannot happen did.
    pub fn bug(code: &str) -> Self {
        Self::plain("Bug", code)
    }

    fn plain(kind: &'static str, code: &str) -> Self {
        Self { kind, code: code.to_owned(), attempts_left: None, wait_seconds: None }
    }
}

impl From<holder::Error> for SenError {
    fn from(error: holder::Error) -> Self {
        let kind = match error.kind() {
            holder::Kind::TryCardAgain => "TryCardAgain",
            holder::Kind::WrongAccessKey => "WrongAccessKey",
            holder::Kind::CardNotGenuine => "CardNotGenuine",
            holder::Kind::CardUnsupported => "CardUnsupported",
            holder::Kind::DeviceKeyLost => "DeviceKeyLost",
            holder::Kind::UserCancelled => "UserCancelled",
            holder::Kind::NoNetwork => "NoNetwork",
            holder::Kind::IssuerRefused => "IssuerRefused",
            holder::Kind::CredentialExpired => "CredentialExpired",
            holder::Kind::NotReady => "NotReady",
            _ => "Bug",
        };
        Self {
            kind,
            code: error.code().to_owned(),
            attempts_left: error.attempts_left(),
            wait_seconds: error.retry_after(),
        }
    }
}

#[cfg(test)]
mod tests {
    use holder::{AccountError, Error, KeyError, StoreError};

    use super::*;

    #[test]
    fn kinds_and_codes_are_those_of_the_core() {
        for (error, kind, code) in [
            (Error::Key(KeyError::Lost), "DeviceKeyLost", "key.lost"),
            (Error::Key(KeyError::Unavailable), "Bug", "key.unavailable"),
            (Error::Account(AccountError::NoAccount), "NotReady", "account.no_account"),
            (Error::Store(StoreError::RolledBack), "DeviceKeyLost", "store.rolled_back"),
        ] {
            assert_eq!(SenError::from(error), SenError::plain(kind, code));
        }
    }
}
