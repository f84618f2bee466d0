//! What goes to whom, and the person's answer.
use std::sync::Arc;

use trust::time::Timestamp;

use crate::error::SenError;
use crate::stated_level::StatedLevel;

/// A question to the person, to be shown in full.
#[derive(Debug, uniffi::Object)]
pub struct ConsentRequest(pub(crate) holder::ConsentRequest);

/// The person agreed: good for two minutes.
#[derive(Debug, uniffi::Object)]
pub struct Consent(pub(crate) holder::Consent);

/// How the device recognised the person just now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Enum)]
pub enum Recognised {
    /// It did not: level 1.
    ByDevice,
    /// By a code or password: level 2.
    ByKnowledge,
    /// By face or fingerprint: level 3.
    ByBiometrics,
    /// By both: level 4.
    ByBoth,
}

/// All that a consent screen shows. Claims are numbers of the table in the core's `credential` crate.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct ConsentDetails {
    /// `health-insurance` or `citizen`.
    pub credential: String,
    /// The personal number of the minor whose credential it is; `None` for the holder's own.
    pub ward: Option<String>,
    /// The desk's signed name; `None` for any clinic.
    pub desk: Option<String>,
    /// Who gave the desk its name.
    pub desk_named_by: Option<String>,
    /// What the desk needs it for.
    pub purpose: Option<String>,
    /// Claims that will be told.
    pub disclosed: Vec<i64>,
    /// Claims that are asked for and not there.
    pub missing: Vec<i64>,
    /// Claims that will be told although the desk was not named for asking them: a warning.
    pub over_asked: Vec<i64>,
    /// The lowest authentication level that will do.
    pub minimum_level: u8,
    /// Whether nobody but the desk can read the code.
    pub encrypted: bool,
    /// Whether a guardian has to agree.
    pub needs_guardian: bool,
    /// Whether the portrait will be shown in further codes that anybody can read.
    pub shows_portrait: bool,
    /// The level at which it will be shown by the provider's statement.
    pub stated_level: Option<StatedLevel>,
}

#[uniffi::export]
impl ConsentRequest {
    /// What to show.
    pub fn details(&self) -> ConsentDetails {
        let (desk, desk_named_by) = match self.0.audience() {
            holder::Audience::AnyClinic => (None, None),
            holder::Audience::Desk { name, named_by } => (Some(name.clone()), Some(named_by.clone())),
        };
        ConsentDetails {
            credential: self.0.credential().as_str().to_owned(),
            ward: self.0.ward().map(str::to_owned),
            desk,
            desk_named_by,
            purpose: self.0.purpose().map(str::to_owned),
            disclosed: self.0.disclosed().to_vec(),
            missing: self.0.missing().to_vec(),
            over_asked: self.0.over_asked(),
            minimum_level: self.0.minimum_level(),
            encrypted: self.0.encrypted(),
            needs_guardian: self.0.needs_guardian(),
            shows_portrait: self.0.shows_portrait(),
            stated_level: self
                .0
                .stated_level()
                .map(|(level, expires_at)| StatedLevel { level, expires_at: expires_at.as_unix() }),
        }
    }

    /// The same with the portrait, for a camera.
    pub fn with_portrait(&self) -> Result<Arc<Self>, SenError> {
        Ok(Arc::new(Self(self.0.clone().with_portrait()?)))
    }

    /// The person agreed.
    pub fn grant(&self, recognised: Recognised, now: i64) -> Result<Arc<Consent>, SenError> {
        let consent = self.0.clone().grant(recognised.into(), Timestamp::from_unix(now))?;
        Ok(Arc::new(Consent(consent)))
    }

    /// The guardian is there and agreed for the minor.
    pub fn grant_as_guardian(&self, recognised: Recognised, now: i64) -> Result<Arc<Consent>, SenError> {
        let consent = self.0.clone().grant_as_guardian(recognised.into(), Timestamp::from_unix(now))?;
        Ok(Arc::new(Consent(consent)))
    }
}

#[uniffi::export]
impl Consent {
    /// When the person must be asked again.
    pub fn expires_at(&self) -> i64 {
        self.0.expires_at().as_unix()
    }
}

impl From<Recognised> for holder::Recognised {
    fn from(recognised: Recognised) -> Self {
        match recognised {
            Recognised::ByDevice => Self::ByDevice,
            Recognised::ByKnowledge => Self::ByKnowledge,
            Recognised::ByBiometrics => Self::ByBiometrics,
            Recognised::ByBoth => Self::ByBoth,
        }
    }
}
