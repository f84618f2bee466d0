//! Showing a credential at a clinic: a new key-binding token every ten seconds, as digits for a QR. Needs no network.

use presentation::frame;
use presentation::kbt::{ANY_CLINIC, KbtDraft};
use trust::time::Timestamp;

use crate::Error;
use crate::account::record::AccountRecord;
use crate::credentials::{self, CredentialName, CredentialRecord};
use crate::history::{Action, Event, append};
use crate::keys::SigningKey;
use crate::wallet::Wallet;

/// A new code comes after so many seconds.
const ROTATION: i64 = 10;
/// Codes shown within this time of the first, in seconds, are one use: as long as a presentation key stays unlocked.
const ONE_USE: i64 = 120;

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
    /// A bug here.
    #[error("the presentation could not be made")]
    Bug,
}

/// One code of the rotating QR.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QrFrame {
    /// The digits that the QR holds, to be drawn in numeric mode.
    pub text: String,
    /// The key-binding token inside.
    pub bytes: Vec<u8>,
    /// When the next code is due. Clinics accept this one for some time longer.
    pub expires_at: Timestamp,
}

/// A credential that is being shown: loaded once, so that each code costs one signature.
#[derive(Clone)]
pub struct Presenter {
    credential: CredentialRecord,
    key: SigningKey,
    clock_offset: i64,
    began: Timestamp,
    last: Option<QrFrame>,
}

impl Wallet {
    /// The current code of the health-insurance credential: the same one for ten seconds, then a new one. The first code of
    /// a use is written into the history.
    ///
    /// # Errors
    /// [`PresentError::NoCredential`], [`PresentError::Expired`], and what the key store says.
    pub fn present_qr(&self, now: Timestamp) -> Result<QrFrame, Error> {
        let mut showing = self.showing();
        if showing.as_ref().is_none_or(|presenter| !presenter.same_use(now)) {
            *showing = None;
            *showing = Some(self.start_presenting(CredentialName::HealthInsurance, now)?);
        }
        showing.as_mut().ok_or(PresentError::Bug)?.frame(now)
    }

    /// Begins to show a credential, and writes the use, or why it was refused, into the history.
    pub fn start_presenting(&self, name: CredentialName, now: Timestamp) -> Result<Presenter, Error> {
        let loaded = self.load_presenter(name, now);
        let event = match &loaded {
            Ok(presenter) => presenter.event(),
            Err(error) if error.is_refusal() => {
                Event::Refused { action: Action::Present, code: error.code().to_owned() }
            }
            Err(_) => return loaded,
        };
        self.vault.change(|change| Ok(append(change, now, event)?))?;
        loaded
    }

    /// Ends the use: the next code asks for everything anew.
    pub fn stop_showing(&self) {
        *self.showing() = None;
    }

    fn load_presenter(&self, name: CredentialName, now: Timestamp) -> Result<Presenter, Error> {
        let store = self.vault.store();
        let held = credentials::list(&store)?.into_iter().map(|(_, record)| record);
        let newest =
            held.filter(|record| record.vct == name.vct().urn()).max_by_key(|record| record.expires_at);
        let credential = newest.ok_or(PresentError::NoCredential)?;
        let clock_offset = AccountRecord::load(&store).map_or(0, |record| record.clock_offset);
        drop(store);
        let key = self.keys.find(&credential.key)?;
        let presenter = Presenter { credential, key, clock_offset, began: now, last: None };
        presenter.unexpired(now)?;
        Ok(presenter)
    }
}

impl Presenter {
    /// The current code, made anew where the last one is older than ten seconds.
    ///
    /// # Errors
    /// [`PresentError::Expired`], and what the key store says.
    pub fn frame(&mut self, now: Timestamp) -> Result<QrFrame, Error> {
        if let Some(last) = &self.last
            && now < last.expires_at
            && last.expires_at.seconds_since(now) <= ROTATION
        {
            return Ok(last.clone());
        }
        let issued_at = self.unexpired(now)?;
        let sd_cwt = &self.credential.bytes;
        let draft = KbtDraft { sd_cwt, audience: ANY_CLINIC, issued_at, cnonce: None, level: None };
        let unsigned = draft.prepare();
        let bytes = unsigned.assemble(&self.key.sign(&unsigned.to_be_signed())?);
        let frame = QrFrame { text: frame::encode(&bytes), bytes, expires_at: now.plus_seconds(ROTATION) };
        self.last = Some(frame.clone());
        Ok(frame)
    }

    /// The time at the provider, where the credential has not expired by then.
    fn unexpired(&self, now: Timestamp) -> Result<Timestamp, PresentError> {
        let there = now.plus_seconds(self.clock_offset);
        if there.as_unix() < self.credential.expires_at { Ok(there) } else { Err(PresentError::Expired) }
    }

    fn same_use(&self, now: Timestamp) -> bool {
        (0..ONE_USE).contains(&now.seconds_since(self.began))
    }

    fn event(&self) -> Event {
        let CredentialRecord { vct, claims, .. } = &self.credential;
        Event::Presented { vct: vct.clone(), to: ANY_CLINIC.to_owned(), claims: claims.clone() }
    }
}
