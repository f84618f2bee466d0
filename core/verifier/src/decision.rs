//! What the verifier answers.
use credential::claims::Claims;
use presentation::animated::is_portrait_of;
use trust::time::Timestamp;

use crate::reason::Reason;
use crate::seen::Seen;

/// What was scanned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Format {
    /// Our digits frame.
    SenFrame,
    /// A Claim 169 code.
    Claim169,
    /// An EU digital COVID certificate.
    EuDcc,
    /// The code of a paper insurance card.
    BhytPaper,
    /// The code of an identity card.
    CardQr,
    /// The engagement of an mdoc.
    Mdoc,
    /// Nothing that this verifier knows.
    Unknown,
}

impl Format {
    /// The stable code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::SenFrame => "sen-frame",
            Self::Claim169 => "claim-169",
            Self::EuDcc => "eu-dcc",
            Self::BhytPaper => "bhyt-paper",
            Self::CardQr => "card-qr",
            Self::Mdoc => "mdoc",
            Self::Unknown => "unknown",
        }
    }
}

/// The verifier's answer: one of three, and no personal data beside a refusal.
#[derive(Clone, Debug)]
pub enum Decision {
    /// Genuine, fresh and in force.
    Accepted(Box<VerifiedPresentation>),
    /// A person must decide.
    Unsure {
        /// What can be shown, and how far it is proven.
        shown: Shown,
        /// What is in doubt.
        reasons: Vec<Reason>,
    },
    /// Not to be believed.
    Refused(Refusal),
}

/// What an unsure answer shows.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Shown {
    /// Both signatures hold; something else is in doubt.
    Presentation(Box<VerifiedPresentation>),
    /// A code that anyone can copy.
    Unbound(Box<UnboundCode>),
}

/// A code that others designed and that is bound to no key of its holder: it fills a form and proves nothing of who
/// stands there.
#[derive(Clone, Debug)]
pub struct UnboundCode {
    pub(crate) format: Format,
    pub(crate) claims: Claims,
    pub(crate) issued_by: Option<String>,
}

impl UnboundCode {
    /// What was scanned.
    pub const fn format(&self) -> Format {
        self.format
    }

    /// What it says. Unproven where nobody known has signed it.
    pub const fn claims(&self) -> &Claims {
        &self.claims
    }

    /// Whose signature holds; nobody's where this is `None`.
    pub fn issued_by(&self) -> Option<&str> {
        self.issued_by.as_deref()
    }
}

/// A refusal: which checks failed, and what is known that is about no person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    pub(crate) format: Format,
    pub(crate) reasons: Vec<Reason>,
    pub(crate) facts: Option<Facts>,
}

impl Refusal {
    pub(crate) fn at_once(format: Format, reason: Reason) -> Self {
        Self { format, reasons: vec![reason], facts: None }
    }

    /// What was scanned.
    pub const fn format(&self) -> Format {
        self.format
    }

    /// Which checks failed; the first is the one to show.
    pub fn reasons(&self) -> &[Reason] {
        &self.reasons
    }

    /// What is known where both signatures hold.
    pub const fn facts(&self) -> Option<&Facts> {
        self.facts.as_ref()
    }
}

/// What a presentation with two good signatures says besides its claims.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    pub(crate) issued_by: String,
    pub(crate) presented_at: Timestamp,
    pub(crate) age_seconds: i64,
    pub(crate) status: StatusAnswer,
    pub(crate) level: AuthenticationLevel,
    pub(crate) freshness: Freshness,
    pub(crate) answered: Option<Vec<u8>>,
    pub(crate) window_seconds: i64,
    pub(crate) seen: Seen,
}

/// A presentation that passed: built by [`crate::verify`] alone.
#[derive(Clone, Debug)]
pub struct VerifiedPresentation {
    pub(crate) claims: Claims,
    pub(crate) facts: Facts,
    pub(crate) warnings: Vec<Reason>,
}

impl VerifiedPresentation {
    /// What the issuer says of the holder.
    pub const fn claims(&self) -> &Claims {
        &self.claims
    }

    /// Everything else.
    pub const fn facts(&self) -> &Facts {
        &self.facts
    }

    /// What a clerk should know although the presentation is accepted.
    pub fn warnings(&self) -> &[Reason] {
        &self.warnings
    }

    /// What can be said of a face: a portrait that came with the code is the person's only where the issuer wrote its hash into
    /// the credential.
    pub fn face(&self, portrait: Option<&[u8]>) -> Face {
        match (portrait, &self.claims.portrait_hash) {
            (None, _) => Face::CompareWithCard,
            (Some(portrait), Some(hash)) if is_portrait_of(portrait, hash) => Face::Shown,
            (Some(_), _) => Face::NotAvailable,
        }
    }

    /// Who holds the phone.
    pub const fn presented_by(&self) -> PresentedBy {
        if self.claims.guardian.is_some() { PresentedBy::Guardian } else { PresentedBy::Holder }
    }
}

impl Facts {
    /// The issuer's name, from the trust list.
    pub fn issued_by(&self) -> &str {
        &self.issued_by
    }

    /// When the holder signed, by the phone's clock.
    pub const fn presented_at(&self) -> Timestamp {
        self.presented_at
    }

    /// From then until the first character was received; negative where the clocks disagree.
    pub const fn age_seconds(&self) -> i64 {
        self.age_seconds
    }

    /// The state of the credential.
    pub const fn status(&self) -> StatusAnswer {
        self.status
    }

    /// How well the holder was recognised.
    pub const fn level(&self) -> AuthenticationLevel {
        self.level
    }

    /// What bounds the presentation in time.
    pub const fn freshness(&self) -> Freshness {
        self.freshness
    }

    /// The random number of the desk's question that this answers; the question is closed with it.
    pub fn answered(&self) -> Option<&[u8]> {
        self.answered.as_deref()
    }

    /// For how many seconds in all the presentation can be used, here or relayed to another desk.
    pub const fn window_seconds(&self) -> i64 {
        self.window_seconds
    }

    /// Whether it was seen before.
    pub const fn seen(&self) -> Seen {
        self.seen
    }
}

/// The state of a credential, and as of when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StatusAnswer {
    /// In force.
    Valid(Timestamp),
    /// Withdrawn for the time being.
    Suspended(Timestamp),
    /// Withdrawn.
    Revoked(Timestamp),
    /// Not known.
    Unknown,
}

/// How well the holder was recognised (Decree 69/2024, article 20: 1 to 4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AuthenticationLevel {
    /// 1 to 4.
    pub level: u8,
    /// Who says so.
    pub basis: LevelBasis,
}

impl AuthenticationLevel {
    /// What a wallet claims, 1 where it says nothing, capped by what the issuer attested of its key. Nobody can vouch for level 4
    /// with what a presentation alone says.
    pub(crate) fn of(claimed: Option<u8>, cap: Option<u8>) -> Self {
        let claimed = claimed.unwrap_or(1);
        match cap {
            None => Self { level: claimed, basis: LevelBasis::Claimed },
            Some(cap) => match claimed.min(cap) {
                4.. => Self { level: 4, basis: LevelBasis::Claimed },
                level => Self { level, basis: LevelBasis::Attested },
            },
        }
    }
}

/// What an authentication level rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LevelBasis {
    /// The issuer checked a hardware key's policy, and that policy enforces the level.
    Attested,
    /// The holder's provider saw it reached in the last minutes and signed that for this key.
    ServerStatement,
    /// The phone says so and nothing else.
    Claimed,
}

/// What bounds a presentation in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Freshness {
    /// The phone's clock: whoever films the code can use it elsewhere within the window.
    OneWay,
    /// The answer to this desk's question.
    Challenged,
}

/// What a clerk can compare the person with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Face {
    /// The portrait that came with the code, and which the issuer vouches for.
    Shown,
    /// A card with a photo: the code carried no portrait.
    CompareWithCard,
    /// Nothing: the portrait that came is not the one the issuer vouches for.
    NotAvailable,
}

impl Face {
    /// The stable code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Shown => "shown",
            Self::CompareWithCard => "compare_with_card",
            Self::NotAvailable => "not_available",
        }
    }
}

/// Who holds the phone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PresentedBy {
    /// The person in the claims.
    Holder,
    /// A guardian, for a minor.
    Guardian,
}
