//! What crosses the boundary, as plain records.

/// An account that waits for its one-time code.
#[derive(Clone, Debug, uniffi::Record)]
pub struct OpenedAccount {
    /// The provider's name for the account.
    pub account: String,
    /// Where the code went, masked.
    pub code_sent_to: String,
    /// Seconds until the code expires.
    pub code_expires_in: u32,
}

/// A credential in the wallet.
#[derive(Clone, Debug, uniffi::Record)]
pub struct Credential {
    /// The wallet's own name for it.
    pub id: String,
    /// Its type, such as `urn:vn:health-insurance:1`.
    pub vct: String,
    /// Who issued it.
    pub issuer: String,
    /// When it was issued.
    pub issued_at: i64,
    /// When it expires: until then it can be shown without a network.
    pub expires_at: i64,
    /// From when on a new one should be fetched.
    pub refresh_at: i64,
    /// The personal number of the minor whose credential it is.
    pub ward: Option<String>,
    /// The last day of what it certifies (ISO 8601).
    pub valid_to: Option<String>,
    /// What to tell the person now, the most urgent first.
    pub warnings: Vec<Warning>,
}

/// What the person should be told of a credential in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum Warning {
    /// It cannot be shown any more: connect and obtain it again.
    Expired,
    /// It can be shown for less than two days, and could not be refreshed so far.
    SoonUnprepared,
    /// What it certifies has ended.
    Ended,
    /// What it certifies ends soon.
    EndsSoon {
        /// In so many days, at most 30.
        days: u8,
    },
}

impl Credential {
    pub(crate) fn new(warnings: Vec<holder::Warning>, info: holder::CredentialInfo) -> Self {
        Self {
            id: info.id,
            vct: info.vct,
            issuer: info.issuer,
            issued_at: info.issued_at.as_unix(),
            expires_at: info.expires_at.as_unix(),
            ward: info.ward,
            valid_to: info.valid_to,
            refresh_at: info.refresh_at.as_unix(),
            warnings: warnings.into_iter().filter_map(Warning::of).collect(),
        }
    }
}

impl Warning {
    /// `None` for one that this version has no words for.
    fn of(warning: holder::Warning) -> Option<Self> {
        Some(match warning {
            holder::Warning::Expired => Self::Expired,
            holder::Warning::SoonUnprepared => Self::SoonUnprepared,
            holder::Warning::Ended => Self::Ended,
            holder::Warning::EndsSoon(days) => Self::EndsSoon { days },
            _ => return None,
        })
    }
}

/// One code of the rotating QR.
#[derive(Clone, Debug, uniffi::Record)]
pub struct QrCode {
    /// The digits, to be drawn in numeric mode.
    pub text: String,
    /// When the next code is due.
    pub expires_at: i64,
}

/// How far a reading is.
#[derive(Clone, Debug, uniffi::Enum)]
pub enum ReadingStep {
    /// Opening the chip.
    Opening,
    /// Reading a file.
    Reading {
        /// Its name, such as `DG2`.
        file: String,
        /// Bytes so far.
        bytes: u64,
        /// Bytes in all.
        total: u64,
    },
    /// The chip proves itself.
    ProvingChip,
    /// Done.
    Finished,
}

impl From<card::ReadStep> for ReadingStep {
    fn from(step: card::ReadStep) -> Self {
        match step {
            card::ReadStep::Opening => Self::Opening,
            card::ReadStep::Reading { file, octets, total } => {
                Self::Reading { file: file.to_string(), bytes: octets as u64, total: total as u64 }
            }
            card::ReadStep::ProvingChip => Self::ProvingChip,
            card::ReadStep::Finished => Self::Finished,
        }
    }
}
