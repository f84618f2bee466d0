//! What goes to whom, and why: put to the person before anything is signed, and the person's answer.
//!
//! Nothing is presented without a [`Consent`], and a [`Consent`] comes from [`ConsentRequest::grant`] alone, which a shell calls
//! when the person has seen the request and agreed.

use credential::claims::key;
use credential::sd_cwt;
use presentation::challenge::{self, ChallengeError, VerifiedChallenge};
use presentation::kbt::ANY_CLINIC;
use trust::anchors::Trust;
use trust::time::Timestamp;

use crate::Error;
use crate::account::record::AccountRecord;
use crate::credentials::{self, CredentialName, CredentialRecord};
use crate::history::{Action, Event, append};
use crate::present::PresentError;
use crate::stated_level::Stated;
use crate::store::Store;
use crate::trust_list;
use crate::wallet::Wallet;

/// An agreement lasts for so many seconds, as long as a presentation key stays unlocked: then the person is asked anew.
pub(crate) const CONSENT_LIFE: i64 = 120;

/// To whom a credential is to be shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Audience {
    /// Whoever scans the code: a one-way code for any clinic.
    AnyClinic,
    /// The one desk whose question was scanned.
    Desk {
        /// Its signed name.
        name: String,
        /// Who gave it that name, in the trust list's words.
        named_by: String,
    },
}

/// How this device recognised the person just now (Decree 69/2024, article 20). The device itself is one factor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recognised {
    /// It did not: whoever holds the device. Level 1.
    ByDevice,
    /// By a code or password. Level 2.
    ByKnowledge,
    /// By face or fingerprint. Level 3.
    ByBiometrics,
    /// By face or fingerprint, and by a code or password. Level 4.
    ByBoth,
}

impl Recognised {
    /// The authentication level, 1 to 4. A verifier caps it by what the issuer attested of the key.
    pub const fn level(self) -> u8 {
        match self {
            Self::ByDevice => 1,
            Self::ByKnowledge => 2,
            Self::ByBiometrics => 3,
            Self::ByBoth => 4,
        }
    }
}

/// A question to the person, to be shown in full.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConsentRequest {
    credential: CredentialName,
    /// The wallet's own name for it: what is shown is what was asked about, whatever came since.
    id: String,
    ward: Option<String>,
    audience: Audience,
    disclosed: Vec<i64>,
    missing: Vec<i64>,
    question: Option<VerifiedChallenge>,
    needs_guardian: bool,
    has_portrait: bool,
    with_portrait: bool,
    stated: Option<Stated>,
}

/// The person agreed: to this credential, these claims, this recipient, for two minutes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Consent {
    request: ConsentRequest,
    recognised: Recognised,
    by_guardian: bool,
    granted_at: Timestamp,
}

impl Wallet {
    /// What showing a credential would tell: the holder's own, or with `ward` that of the minor in the holder's care who has this
    /// personal number; to any clinic, or with `scanned`, the text of the code on a desk's screen, to that desk. The desk's name
    /// and signature are checked first.
    ///
    /// # Errors
    /// [`PresentError::NoCredential`], [`PresentError::Expired`]; [`PresentError::Challenge`] where the question is not to be
    /// believed or is over.
    pub fn ask_consent(
        &self,
        name: CredentialName,
        ward: Option<&str>,
        scanned: Option<&str>,
        now: Timestamp,
    ) -> Result<ConsentRequest, Error> {
        let question = scanned.map(|scanned| believed(&self.vault.store(), scanned, now)).transpose();
        let request = question.and_then(|question| self.request(name, ward, question, now));
        self.note_refusal(Action::Present, now, request)
    }

    /// The person declined: nothing is shown, and the history says so.
    pub fn decline(&self, request: &ConsentRequest, now: Timestamp) -> Result<(), Error> {
        let event = Event::Declined {
            vct: request.credential.vct().urn().to_owned(),
            to: request.recipient().to_owned(),
            claims: request.disclosed.clone(),
            over_asked: request.over_asked(),
            ward: request.ward.clone(),
        };
        self.vault.change(|change| Ok(append(change, now, event)?))?;
        Ok(())
    }

    fn request(
        &self,
        name: CredentialName,
        ward: Option<&str>,
        question: Option<VerifiedChallenge>,
        now: Timestamp,
    ) -> Result<ConsentRequest, Error> {
        let store = self.vault.store();
        let (id, record) = newest(&store, name, ward)?;
        record.unexpired(now.plus_seconds(clock_offset(&store)))?;
        let redactable = sd_cwt::redactable(&record.bytes).map_err(|_| PresentError::Bug)?;
        let asked = question.as_ref().map_or(&record.claims[..], VerifiedChallenge::asked);
        // Who presents for whom, what the key is worth and what the face must look like is told in any case.
        let always = [key::LEVEL_POLICY, key::GUARDIAN, key::PORTRAIT_HASH];
        let goes = |key: &i64| !redactable.contains(key) || asked.contains(key) || always.contains(key);
        Ok(ConsentRequest {
            credential: name,
            id,
            ward: record.ward.clone(),
            audience: question.as_ref().map_or(Audience::AnyClinic, |question| Audience::Desk {
                name: question.desk().to_owned(),
                named_by: question.named_by().to_owned(),
            }),
            missing: asked.iter().copied().filter(|key| !record.claims.contains(key)).collect(),
            disclosed: record.claims.iter().copied().filter(goes).collect(),
            needs_guardian: record.claims.contains(&key::GUARDIAN),
            has_portrait: !record.portrait.is_empty(),
            with_portrait: false,
            stated: None,
            question,
        })
    }
}

impl ConsentRequest {
    /// Which credential.
    pub const fn credential(&self) -> CredentialName {
        self.credential
    }

    /// The personal number of the minor whose credential it is.
    pub fn ward(&self) -> Option<&str> {
        self.ward.as_deref()
    }

    /// Who asks.
    pub const fn audience(&self) -> &Audience {
        &self.audience
    }

    /// The audience that the token will name.
    pub fn recipient(&self) -> &str {
        match &self.audience {
            Audience::AnyClinic => ANY_CLINIC,
            Audience::Desk { name, .. } => name,
        }
    }

    /// The claims that will be told, by their numbers (security.md 10).
    pub fn disclosed(&self) -> &[i64] {
        &self.disclosed
    }

    /// Claims that are asked for and that the credential does not hold.
    pub fn missing(&self) -> &[i64] {
        &self.missing
    }

    /// Claims that will be told although the desk was not named for asking them: a warning.
    pub fn over_asked(&self) -> Vec<i64> {
        let over = self.question.as_ref().map_or(&[][..], VerifiedChallenge::over_asked);
        over.iter().copied().filter(|key| self.disclosed.contains(key)).collect()
    }

    /// What they are needed for, in the desk's words.
    pub fn purpose(&self) -> Option<&str> {
        self.question.as_ref().and_then(VerifiedChallenge::purpose)
    }

    /// The lowest authentication level that will do.
    pub fn minimum_level(&self) -> u8 {
        self.question.as_ref().and_then(VerifiedChallenge::minimum_level).unwrap_or(1)
    }

    /// Whether nobody but the desk will be able to read the code.
    pub fn encrypted(&self) -> bool {
        self.question.as_ref().is_some_and(|question| question.encryption_key().is_some())
    }

    /// The same with the portrait, for a camera: further codes that anybody can read.
    ///
    /// # Errors
    /// [`PresentError::NoPortrait`] where there is none, or where the answer is to be readable for the desk alone.
    pub fn with_portrait(mut self) -> Result<Self, Error> {
        if !self.has_portrait || self.encrypted() || !self.disclosed.contains(&key::PORTRAIT_HASH) {
            return Err(PresentError::NoPortrait.into());
        }
        self.with_portrait = true;
        Ok(self)
    }

    /// Whether the portrait will be shown.
    pub const fn shows_portrait(&self) -> bool {
        self.with_portrait
    }

    /// The level at which it will be shown by the provider's statement, and when that is over, by the provider's clock.
    pub fn stated_level(&self) -> Option<(u8, Timestamp)> {
        self.stated.as_ref().map(|stated| (stated.level, stated.statement.expires_at()))
    }

    pub(crate) fn stated_as(mut self, stated: Stated) -> Self {
        self.stated = Some(stated);
        self
    }

    pub(crate) const fn stated(&self) -> Option<&Stated> {
        self.stated.as_ref()
    }

    /// Whether the credential is a minor's, for whom a guardian presents.
    pub const fn needs_guardian(&self) -> bool {
        self.needs_guardian
    }

    pub(crate) fn id(&self) -> &str {
        &self.id
    }

    pub(crate) const fn question(&self) -> Option<&VerifiedChallenge> {
        self.question.as_ref()
    }

    /// The person agreed, recognised as said.
    ///
    /// # Errors
    /// [`PresentError::GuardianNeeded`] for a minor's credential, [`PresentError::LevelTooLow`] where the desk asks for more.
    pub fn grant(self, recognised: Recognised, now: Timestamp) -> Result<Consent, Error> {
        if self.needs_guardian {
            return Err(PresentError::GuardianNeeded.into());
        }
        self.granted(recognised, false, now)
    }

    /// The guardian is there and agreed for the minor; the history will say so.
    ///
    /// # Errors
    /// [`PresentError::NoMinor`] where the credential is the holder's own, [`PresentError::LevelTooLow`].
    pub fn grant_as_guardian(self, recognised: Recognised, now: Timestamp) -> Result<Consent, Error> {
        if !self.needs_guardian {
            return Err(PresentError::NoMinor.into());
        }
        self.granted(recognised, true, now)
    }

    fn granted(self, recognised: Recognised, by_guardian: bool, now: Timestamp) -> Result<Consent, Error> {
        let minimum = self.minimum_level();
        let consent = Consent { request: self, recognised, by_guardian, granted_at: now };
        if consent.level() < minimum { Err(PresentError::LevelTooLow.into()) } else { Ok(consent) }
    }
}

impl Consent {
    /// What was agreed to.
    pub const fn request(&self) -> &ConsentRequest {
        &self.request
    }

    /// When it is over.
    pub const fn expires_at(&self) -> Timestamp {
        self.granted_at.plus_seconds(CONSENT_LIFE)
    }

    /// What the token claims: how this device recognised the person, or what the provider stated.
    pub(crate) fn level(&self) -> u8 {
        let stated = self.request.stated.as_ref().map_or(0, |stated| stated.level);
        self.recognised.level().max(stated)
    }

    /// A clock that was set back does not prolong it.
    pub(crate) const fn holds_at(&self, now: Timestamp) -> bool {
        let age = now.seconds_since(self.granted_at);
        age >= 0 && age < CONSENT_LIFE
    }

    pub(crate) fn event(&self) -> Event {
        Event::Presented {
            vct: self.request.credential.vct().urn().to_owned(),
            to: self.request.recipient().to_owned(),
            claims: self.request.disclosed.clone(),
            over_asked: self.request.over_asked(),
            ward: self.request.ward.clone(),
            by_guardian: self.by_guardian,
            portrait: self.request.with_portrait,
            stated_level: self.request.stated.as_ref().map(|stated| stated.level),
        }
    }
}

/// The newest credential of this name: the holder's own, or that of one minor.
pub(crate) fn newest(
    store: &Store,
    name: CredentialName,
    ward: Option<&str>,
) -> Result<(String, CredentialRecord), Error> {
    let held = credentials::list(store)?.into_iter();
    let wanted = held.filter(|(_, record)| record.vct == name.vct().urn() && record.ward.as_deref() == ward);
    Ok(wanted.max_by_key(|(_, record)| record.expires_at).ok_or(PresentError::NoCredential)?)
}

/// How far the provider's clock is ahead of this device's, in seconds.
pub(crate) fn clock_offset(store: &Store) -> i64 {
    AccountRecord::load(store).map_or(0, |record| record.clock_offset)
}

/// The question, checked under the trust list last believed.
fn believed(store: &Store, scanned: &str, now: Timestamp) -> Result<VerifiedChallenge, Error> {
    let there = now.plus_seconds(clock_offset(store));
    let (root, list) =
        trust_list::remembered(store)?.ok_or(PresentError::Challenge(ChallengeError::UnknownAuthority))?;
    let trust = Trust::load(&[root], &list, 0, there)
        .map_err(|_| PresentError::Challenge(ChallengeError::UnknownAuthority))?;
    Ok(challenge::verify(scanned.trim(), &trust, there).map_err(PresentError::Challenge)?)
}
