//! What a desk asks of a presentation, as data.
use credential::claims::key;
use serde::{Deserialize, Serialize};
use trust::time::Timestamp;

/// What a desk asks for. [`Policy::clinic`] is the usual one. As JSON, for a desk's page, it goes without the questions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Policy {
    /// The audience that a one-way presentation must name.
    pub audience: String,
    /// Claims of map 169 that must be there.
    pub required: Vec<i64>,
    /// Claims of map 169 that may be there. Others are refused, so that nobody makes a habit of asking for more.
    pub permitted: Vec<i64>,
    /// How many seconds ago a presentation may have been made. In the future it may lie by [`SKEW`].
    pub max_age: i64,
    /// The questions on this desk's screens. An answer must name the desk that asked it.
    #[serde(skip)]
    pub open_challenges: Vec<OpenChallenge>,
    /// Whether only an answer to one of them will do. Where not, a code for any clinic will do too.
    #[serde(default)]
    pub challenged_only: bool,
    /// How old status data may be before a person must decide, in seconds.
    pub status_max_age: i64,
    /// How old the trust list may be before a person must decide, in seconds.
    pub trust_max_age: i64,
    /// The lowest authentication level, 1 to 4; only attested and stated levels count. 0 asks for none.
    pub minimum_level: u8,
    /// The newest signed time that the desk has seen: its clock cannot be before it. In JSON seconds since the epoch.
    #[serde(with = "seconds")]
    pub newest_signed_time: Timestamp,
    /// Older trust or status data than before were offered, and the desk kept what it had.
    pub rollback: bool,
}

/// A question that a desk's screen shows: answered once, by a presentation made for this desk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenChallenge {
    /// The desk's signed name.
    pub desk: String,
    /// The random number that the screen shows.
    pub cnonce: Vec<u8>,
    /// When it is over.
    pub expires_at: Timestamp,
    /// Claims of map 169 that the answer must hold; empty for those of the policy.
    pub asked: Vec<i64>,
    /// The lowest authentication level that was asked for, where it is above the policy's.
    pub minimum_level: Option<u8>,
}

/// How far two clocks may disagree, in seconds.
pub const SKEW: i64 = 60;

/// Whether a clock that says `now` is behind: no time that somebody signed can lie ahead of one that is right.
pub fn is_behind(now: Timestamp, signed: Timestamp) -> bool {
    now.plus_seconds(SKEW) < signed
}

impl Policy {
    /// A one-way code for any clinic: name, birth date, number and insurance card; sixty seconds; status of the day, trust
    /// list of the week.
    pub fn clinic() -> Self {
        Self {
            audience: "vn.clinic".to_owned(),
            required: vec![key::NUMBER, key::NAME, key::BIRTH_DATE, key::INSURANCE_NUMBER],
            permitted: [key::NUMBER, key::NAME, key::BIRTH_DATE, key::SEX]
                .into_iter()
                .chain(key::INSURANCE_NUMBER..=key::GUARDIAN)
                .collect(),
            max_age: 60,
            open_challenges: Vec::new(),
            challenged_only: false,
            status_max_age: 24 * 3600,
            trust_max_age: 7 * 24 * 3600,
            minimum_level: 0,
            newest_signed_time: Timestamp::from_unix(0),
            rollback: false,
        }
    }

    /// The seconds within which a presentation can be used: before and after it was made.
    pub const fn window_seconds(&self) -> i64 {
        self.max_age + SKEW
    }
}

mod seconds {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};
    use trust::time::Timestamp;

    #[allow(clippy::trivially_copy_pass_by_ref, reason = "the signature that serde wants")]
    pub(super) fn serialize<S: Serializer>(time: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
        time.as_unix().serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Timestamp, D::Error> {
        i64::deserialize(deserializer).map(Timestamp::from_unix)
    }
}
