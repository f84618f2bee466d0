//! The answer as JSON, for pages, programs and `sen clinic check --json`. Times are RFC 3339, dates ISO 8601.
use credential::claims::{Claims, Sex};
use serde::{Deserialize, Serialize};
use trust::time::Timestamp;

use crate::{
    Decision, Face, Facts, Format, Freshness, LevelBasis, PresentedBy, Reason, Seen, Shown, StatusAnswer,
    VerifiedPresentation,
};

/// The verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// Genuine, fresh, in force.
    Accepted,
    /// A person must decide.
    Unsure,
    /// Not to be believed.
    Refused,
}

/// What a desk is told of one code.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// The verdict.
    pub verdict: Verdict,
    /// Stable codes of what was found, the first to be shown.
    pub reasons: Vec<String>,
    /// What was scanned: `sen-frame`, ...
    pub format: String,
    /// Whether the code is bound to a key of its holder; null where that was not found out.
    pub holder_bound: Option<bool>,
    /// The issuer's name from the trust list.
    pub issued_by: Option<String>,
    /// When the holder signed, by the phone's clock.
    pub presented_at: Option<String>,
    /// From then to the scan.
    pub age_seconds: Option<i64>,
    /// What the issuer says of the holder; null where the code is refused.
    pub claims: Option<AnswerClaims>,
    /// The state of the credential.
    pub status: AnswerStatus,
    /// When the trust list was signed.
    pub trust_as_of: String,
    /// `one_way` or `challenged`.
    pub freshness: Option<String>,
    /// For how many seconds in all the code can be used, here or relayed elsewhere.
    pub window_seconds: Option<i64>,
    /// `first_seen`, `seen` or `not_checked`.
    pub replay: String,
    /// `shown`, `compare_with_card` or `not_available`.
    pub face: String,
    /// How well the holder was recognised.
    pub authentication_level: Option<AnswerLevel>,
    /// `holder` or `guardian`.
    pub presented_by: Option<String>,
    /// What the national portal says of the insurance: `not_looked_up` until it was asked.
    pub entitlement: String,
}

/// The person and the insurance card.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AnswerClaims {
    /// Full name.
    pub name: Option<String>,
    /// Birth date.
    pub date_of_birth: Option<String>,
    /// `M`, `F` or `X`.
    pub sex: Option<String>,
    /// Twelve digits.
    pub personal_number: Option<String>,
    /// The insurance card; null where the credential holds none.
    pub insurance: Option<AnswerInsurance>,
}

/// The insurance card.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AnswerInsurance {
    /// Card number.
    pub number: Option<String>,
    /// Insured from.
    pub valid_from: Option<String>,
    /// Insured to.
    pub valid_to: Option<String>,
    /// Facility of first registration.
    pub facility: Option<String>,
    /// 1 to 5.
    pub benefit_level: Option<u8>,
    /// Five-year date.
    pub five_years_from: Option<String>,
}

/// The state of the credential.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AnswerStatus {
    /// `valid`, `suspended`, `revoked` or `unknown`.
    pub result: String,
    /// When the list that says so was signed.
    pub as_of: Option<String>,
    /// How long ago that is.
    pub age_seconds: Option<i64>,
}

/// How well the holder was recognised.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AnswerLevel {
    /// 1 to 4.
    pub level: u8,
    /// `attested`, `server_statement` or `claimed`; level 4 is never `attested`.
    pub basis: String,
}

impl Answer {
    /// The answer for a decision made at `now` with a trust list signed at `trust_as_of`.
    pub fn new(decision: &Decision, trust_as_of: Timestamp, now: Timestamp) -> Self {
        match decision {
            Decision::Accepted(shown) => {
                Self::of(Verdict::Accepted, shown.warnings(), Some(shown), trust_as_of, now)
            }
            Decision::Unsure { shown: Shown::Presentation(shown), reasons } => {
                Self::of(Verdict::Unsure, reasons, Some(shown), trust_as_of, now)
            }
            Decision::Refused(refusal) => {
                let mut answer = Self::of(Verdict::Refused, refusal.reasons(), None, trust_as_of, now);
                refusal.format().code().clone_into(&mut answer.format);
                if let Some(facts) = refusal.facts() {
                    answer.add_facts(facts, now);
                }
                answer
            }
            Decision::Unsure { shown: Shown::Unbound(code), reasons } => {
                let mut answer = Self::of(Verdict::Unsure, reasons, None, trust_as_of, now);
                code.format().code().clone_into(&mut answer.format);
                answer.holder_bound = Some(false);
                answer.issued_by = code.issued_by().map(str::to_owned);
                let says_something = *code.claims() != Claims::default();
                answer.claims = says_something.then(|| AnswerClaims::new(code.claims()));
                answer
            }
        }
    }

    fn of(
        verdict: Verdict,
        reasons: &[Reason],
        shown: Option<&VerifiedPresentation>,
        trust_as_of: Timestamp,
        now: Timestamp,
    ) -> Self {
        let mut answer = Self {
            verdict,
            reasons: reasons.iter().map(|reason| reason.code().to_owned()).collect(),
            format: Format::SenFrame.code().to_owned(),
            holder_bound: None,
            issued_by: None,
            presented_at: None,
            age_seconds: None,
            claims: shown.map(|shown| AnswerClaims::new(shown.claims())),
            status: AnswerStatus::unknown(),
            trust_as_of: trust_as_of.to_string(),
            freshness: None,
            window_seconds: None,
            replay: "not_checked".to_owned(),
            // A code of one frame carries no face, so the clerk needs a card with a photo.
            face: if shown.is_some() { Face::CompareWithCard } else { Face::NotAvailable }.code().to_owned(),
            authentication_level: None,
            presented_by: shown.map(|shown| presented_by(shown.presented_by()).to_owned()),
            entitlement: "not_looked_up".to_owned(),
        };
        if let Some(shown) = shown {
            answer.add_facts(shown.facts(), now);
        }
        answer
    }

    fn add_facts(&mut self, facts: &Facts, now: Timestamp) {
        self.holder_bound = Some(true);
        self.issued_by = Some(facts.issued_by().to_owned());
        self.presented_at = Some(facts.presented_at().to_string());
        self.age_seconds = Some(facts.age_seconds());
        self.status = AnswerStatus::new(facts.status(), now);
        self.freshness = Some(freshness(facts.freshness()).to_owned());
        self.window_seconds = Some(facts.window_seconds());
        replay(facts.seen()).clone_into(&mut self.replay);
        let level = facts.level();
        self.authentication_level =
            Some(AnswerLevel { level: level.level, basis: basis(level.basis).to_owned() });
    }
}

/// Says what was decided and nothing of the person: this type may end up in a log.
impl std::fmt::Debug for Answer {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Answer")
            .field("verdict", &self.verdict)
            .field("reasons", &self.reasons)
            .finish_non_exhaustive()
    }
}

impl AnswerClaims {
    fn new(claims: &Claims) -> Self {
        let date = |date: Option<jiff::civil::Date>| date.map(|date| date.to_string());
        let insurance = claims.insurance_number.is_some().then(|| AnswerInsurance {
            number: claims.insurance_number.clone(),
            valid_from: date(claims.valid_from),
            valid_to: date(claims.valid_to),
            facility: claims.facility.clone(),
            benefit_level: claims.benefit_level,
            five_years_from: date(claims.five_years_from),
        });
        Self {
            name: claims.name.clone(),
            date_of_birth: date(claims.birth_date),
            sex: claims.sex.map(Sex::letter).map(str::to_owned),
            personal_number: claims.number.clone(),
            insurance,
        }
    }
}

impl AnswerStatus {
    fn unknown() -> Self {
        Self { result: "unknown".to_owned(), as_of: None, age_seconds: None }
    }

    fn new(status: StatusAnswer, now: Timestamp) -> Self {
        let (result, as_of) = match status {
            StatusAnswer::Valid(as_of) => ("valid", as_of),
            StatusAnswer::Suspended(as_of) => ("suspended", as_of),
            StatusAnswer::Revoked(as_of) => ("revoked", as_of),
            StatusAnswer::Unknown => return Self::unknown(),
        };
        Self {
            result: result.to_owned(),
            as_of: Some(as_of.to_string()),
            age_seconds: Some(now.seconds_since(as_of)),
        }
    }
}

const fn presented_by(who: PresentedBy) -> &'static str {
    match who {
        PresentedBy::Holder => "holder",
        PresentedBy::Guardian => "guardian",
    }
}

const fn freshness(freshness: Freshness) -> &'static str {
    match freshness {
        Freshness::OneWay => "one_way",
        Freshness::Challenged => "challenged",
    }
}

const fn replay(seen: Seen) -> &'static str {
    match seen {
        Seen::First | Seen::FirstHereAfterAnotherDesk => "first_seen",
        Seen::Again => "seen",
        Seen::NotChecked => "not_checked",
    }
}

const fn basis(basis: LevelBasis) -> &'static str {
    match basis {
        LevelBasis::Attested => "attested",
        LevelBasis::ServerStatement => "server_statement",
        LevelBasis::Claimed => "claimed",
    }
}
