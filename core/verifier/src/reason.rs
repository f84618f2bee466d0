//! Why a presentation is not simply accepted.

/// One finding, with a stable code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Reason {
    /// Characters are missing or wrong: scan again.
    ScanIncomplete,
    /// The text or what it holds has not the form it must have.
    Malformed,
    /// A later version of the frame, or flags that are not known.
    UnsupportedVersion,
    /// No issuer with this name and key is on the trust list, or not for this type of credential.
    UnknownIssuer,
    /// The trust list withdraws the issuer.
    IssuerRevoked,
    /// The issuer's signature is wrong.
    IssuerSignature,
    /// The holder's signature is wrong, or in a form that could have been made from another one.
    HolderSignature,
    /// The presentation was made for somebody else.
    WrongAudience,
    /// Made too long ago, in the future, or not for this desk's question.
    Stale,
    /// The credential's time is over.
    Expired,
    /// The credential's time has not begun.
    NotYetValid,
    /// A claim that the policy needs is not disclosed.
    MissingClaim,
    /// A claim that the policy does not permit is disclosed.
    OverDisclosed,
    /// The authentication level is below what the policy demands.
    AuthenticationLevel,
    /// The issuer has withdrawn the credential for the time being.
    Suspended,
    /// The issuer has withdrawn the credential.
    Revoked,
    /// This very presentation was seen before.
    Replayed,
    /// Nothing is known of the credential's status.
    StatusUnknown,
    /// What is known of the credential's status is old.
    StatusOld,
    /// The trust list is old.
    TrustOld,
    /// Older trust or status data than before were offered.
    Rollback,
    /// The desk's clock disagrees with signed times.
    ClockSuspect,
    /// A code that anyone can copy: no key of its holder is bound to it.
    NotHolderBound,
    /// The same card was shown at another desk shortly before (a warning).
    SeenElsewhere,
}

/// What a finding does to the verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weight {
    /// The verdict stays.
    Warns,
    /// A person must decide.
    Doubts,
    /// The presentation is refused.
    Refuses,
}

impl Reason {
    /// The stable code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::ScanIncomplete => "scan_incomplete",
            Self::Malformed => "malformed",
            Self::UnsupportedVersion => "unsupported_version",
            Self::UnknownIssuer => "unknown_issuer",
            Self::IssuerRevoked => "issuer_revoked",
            Self::IssuerSignature => "issuer_signature",
            Self::HolderSignature => "holder_signature",
            Self::WrongAudience => "wrong_audience",
            Self::Stale => "stale",
            Self::Expired => "expired",
            Self::NotYetValid => "not_yet_valid",
            Self::MissingClaim => "missing_claim",
            Self::OverDisclosed => "over_disclosed",
            Self::AuthenticationLevel => "authentication_level",
            Self::Suspended => "suspended",
            Self::Revoked => "revoked",
            Self::Replayed => "replayed",
            Self::StatusUnknown => "status_unknown",
            Self::StatusOld => "status_old",
            Self::TrustOld => "trust_old",
            Self::Rollback => "rollback",
            Self::ClockSuspect => "clock_suspect",
            Self::NotHolderBound => "not_holder_bound",
            Self::SeenElsewhere => "seen_elsewhere",
        }
    }

    /// What it does to the verdict.
    pub const fn weight(self) -> Weight {
        match self {
            Self::SeenElsewhere => Weight::Warns,
            Self::StatusUnknown
            | Self::StatusOld
            | Self::TrustOld
            | Self::Rollback
            | Self::ClockSuspect
            | Self::NotHolderBound => Weight::Doubts,
            _ => Weight::Refuses,
        }
    }
}
