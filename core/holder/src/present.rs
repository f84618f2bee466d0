//! Showing a credential: a new key-binding token every ten seconds for any clinic, or one answer to a desk's question, as digits
//! for a QR. Needs no network, and the person's [`Consent`].

use credential::claims::key;
use credential::sd_cwt;
use presentation::animated;
use presentation::challenge::{ChallengeError, VerifiedChallenge};
use presentation::encryption;
use presentation::frame;
use presentation::kbt::KbtDraft;
use trust::time::Timestamp;

use crate::Error;
use crate::consent::{Consent, clock_offset};
use crate::credentials::CredentialRecord;
use crate::history::{Action, append};
use crate::keys::SigningKey;
use crate::store::Table;
use crate::wallet::Wallet;

/// A new code comes after so many seconds.
const ROTATION: i64 = 10;

/// Why nothing can be shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PresentError {
    /// The wallet holds no credential of this type.
    #[error("the wallet holds no such credential")]
    NoCredential,
    /// The credential has expired.
    #[error("the credential has expired")]
    Expired,
    /// The question on the desk's screen is not to be believed, or is over.
    #[error(transparent)]
    Challenge(ChallengeError),
    /// The person agreed too long ago, or to a credential that was replaced since: ask again.
    #[error("the consent is over")]
    ConsentOver,
    /// A guardian has to agree for a minor.
    #[error("the guardian has to agree")]
    GuardianNeeded,
    /// A guardian agreed where there is no minor.
    #[error("this credential is the holder's own")]
    NoMinor,
    /// The desk asks for a higher authentication level.
    #[error("the desk asks for a higher authentication level")]
    LevelTooLow,
    /// The provider stated no such level of this credential.
    #[error("the provider has not stated this level; it does so with PIN and face")]
    LevelNotStated,
    /// What the provider stated is older than a desk takes.
    #[error("what the provider stated of the level is too old; ask for it again")]
    StatementOld,
    /// What came as the provider's statement is not signed by it, or about something else.
    #[error("what the provider stated of the level is not to be believed")]
    BadStatement,
    /// There is no portrait to be shown, or not in this answer.
    #[error("no portrait can be shown")]
    NoPortrait,
    /// A bug here.
    #[error("the presentation could not be made")]
    Bug,
}

/// One code of the rotating QR, or the answer to a question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QrFrame {
    /// The digits that the QR holds, to be drawn in numeric mode.
    pub text: String,
    /// What the digits hold: the key-binding token, or the encrypted one.
    pub bytes: Vec<u8>,
    /// When the next code is due, or the question is over. Clinics accept a one-way code for some time longer.
    pub expires_at: Timestamp,
}

/// A credential that is being shown: loaded once, so that each code costs one signature.
#[derive(Clone)]
pub struct Presenter {
    consent: Consent,
    credential: CredentialRecord,
    /// The SD-CWT with what the person agreed to disclose.
    sd_cwt: Vec<u8>,
    key: SigningKey,
    clock_offset: i64,
    last: Option<QrFrame>,
}

impl Wallet {
    /// The current code: the same one for ten seconds, then a new one; the answer to a question stays. The first code of a
    /// consent is written into the history.
    ///
    /// # Errors
    /// [`PresentError::ConsentOver`] after two minutes, [`PresentError::StatementOld`], [`PresentError::NoCredential`],
    /// [`PresentError::Expired`], and what the key store says.
    pub fn present_qr(&self, consent: &Consent, now: Timestamp) -> Result<QrFrame, Error> {
        self.while_showing(consent, now, |presenter| presenter.frame(now))
    }

    /// Begins to show a credential: signs the first code, and writes the use into the history before that is given out, or why it was
    /// refused. Where the key does not sign, because the person declined at its prompt, there was no use.
    ///
    /// # Errors
    /// As [`present_qr`](Self::present_qr).
    pub fn start_presenting(&self, consent: &Consent, now: Timestamp) -> Result<Presenter, Error> {
        let signed = self.load_presenter(consent, now).and_then(|mut presenter| {
            presenter.frame(now)?;
            Ok(presenter)
        });
        let presenter = self.note_refusal(Action::Present, now, signed)?;
        self.vault.change(|change| Ok(append(change, now, presenter.consent.event())?))?;
        Ok(presenter)
    }

    /// The codes that follow [`Wallet::present_qr`]'s in a loop before a camera: the portrait, the same for each.
    ///
    /// # Errors
    /// [`PresentError::NoPortrait`] without [`ConsentRequest::with_portrait`](crate::ConsentRequest::with_portrait),
    /// [`PresentError::ConsentOver`].
    pub fn portrait_frames(&self, consent: &Consent, now: Timestamp) -> Result<Vec<String>, Error> {
        if !consent.request().shows_portrait() {
            return Err(PresentError::NoPortrait.into());
        }
        if !consent.holds_at(now) {
            return Err(PresentError::ConsentOver.into());
        }
        self.while_showing(consent, now, |presenter| {
            Ok(animated::split(&presenter.credential.portrait).map_err(|_| PresentError::NoPortrait)?)
        })
    }

    /// Ends the use: the next code loads everything anew.
    pub fn stop_showing(&self) {
        *self.showing() = None;
    }

    /// What is being shown under this consent, loaded anew where it is another than last time.
    fn while_showing<T>(
        &self,
        consent: &Consent,
        now: Timestamp,
        show: impl FnOnce(&mut Presenter) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let mut showing = self.showing();
        if showing.as_ref().is_none_or(|presenter| presenter.consent != *consent) {
            *showing = None;
            *showing = Some(self.start_presenting(consent, now)?);
        }
        show(showing.as_mut().ok_or(PresentError::Bug)?)
    }

    fn load_presenter(&self, consent: &Consent, now: Timestamp) -> Result<Presenter, Error> {
        let request = consent.request();
        let store = self.vault.store();
        // One that was replaced or deleted since is not what was agreed to: the person is asked anew.
        let credential: Option<CredentialRecord> = store.read(Table::Credential, request.id())?;
        let (credential, clock_offset) = (credential.ok_or(PresentError::ConsentOver)?, clock_offset(&store));
        drop(store);
        let key = self.keys.find(&credential.key)?;
        let sd_cwt = sd_cwt::select(&credential.bytes, request.disclosed()).map_err(|_| PresentError::Bug)?;
        let presenter =
            Presenter { consent: consent.clone(), credential, sd_cwt, key, clock_offset, last: None };
        presenter.time_there(now)?;
        Ok(presenter)
    }
}

impl Presenter {
    /// The current code, made anew where the last one is older than ten seconds.
    ///
    /// # Errors
    /// [`PresentError::ConsentOver`], [`PresentError::StatementOld`], [`PresentError::Expired`], and what the key store says.
    pub fn frame(&mut self, now: Timestamp) -> Result<QrFrame, Error> {
        let issued_at = self.time_there(now)?;
        let question = self.consent.request().question().cloned();
        if let Some(last) = &self.last
            && now < last.expires_at
            && (question.is_some() || last.expires_at.seconds_since(now) <= ROTATION)
        {
            return Ok(last.clone());
        }
        let level = self.consent.level();
        let attested = self.credential.claims.contains(&key::LEVEL_POLICY);
        let draft = KbtDraft {
            sd_cwt: &self.sd_cwt,
            audience: self.consent.request().recipient(),
            issued_at,
            cnonce: question.as_ref().map(VerifiedChallenge::cnonce),
            // Six bytes that say nothing where the level is 1 and no key is vouched for.
            level: (attested || level > 1).then_some(level),
            stated: self.consent.request().stated().map(|stated| &stated.statement),
        };
        let unsigned = draft.prepare();
        let token = unsigned.assemble(&self.key.sign(&unsigned.to_be_signed())?);
        let bytes = match question
            .as_ref()
            .and_then(|question| Some((question.encryption_key()?, question.cnonce())))
        {
            Some((to, cnonce)) => encryption::encrypt(&token, to, cnonce).map_err(|_| PresentError::Bug)?,
            None => token,
        };
        let expires_at = match &question {
            Some(question) => question.expires_at().minus_seconds(self.clock_offset),
            None => now.plus_seconds(ROTATION),
        };
        let frame = QrFrame { text: frame::encode(&bytes), bytes, expires_at };
        self.last = Some(frame.clone());
        Ok(frame)
    }

    /// The time at the provider, where consent, question, credential and a stated level are good.
    fn time_there(&self, now: Timestamp) -> Result<Timestamp, PresentError> {
        let there = now.plus_seconds(self.clock_offset);
        self.credential.unexpired(there)?;
        if !self.consent.holds_at(now) {
            return Err(PresentError::ConsentOver);
        }
        // The person agreed to show this level: no code quietly shows a lower one.
        if self.consent.request().stated().is_some_and(|stated| !stated.holds_at(there)) {
            return Err(PresentError::StatementOld);
        }
        match self.consent.request().question() {
            Some(question) if there >= question.expires_at() => {
                Err(PresentError::Challenge(ChallengeError::Expired))
            }
            _ => Ok(there),
        }
    }
}

impl CredentialRecord {
    pub(crate) const fn unexpired(&self, there: Timestamp) -> Result<(), PresentError> {
        if there.as_unix() < self.expires_at { Ok(()) } else { Err(PresentError::Expired) }
    }
}
