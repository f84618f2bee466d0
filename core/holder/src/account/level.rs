//! Has the provider state the authentication level that this phone reaches right now, for the key of one credential: with the PIN
//! level 2, with PIN and face level 4 (Decree 69/2024/ND-CP, article 20).

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use credential::jose::Jwk;
use presentation::level_statement::LevelStatement;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use trust::anchors::Trust;
use trust::p256::PublicKey;
use trust::time::Timestamp;

use super::evidence::{FaceCapture, face_statement};
use super::message::{Contact, Numbered};
use super::pin::Inner;
use super::{Account, AccountError};
use crate::consent::newest;
use crate::credentials::CredentialName;
use crate::history::Action;
use crate::pin::Pin;
use crate::present::PresentError;
use crate::{Error, stated_level, trust_list};

const PATH: &str = "/account/level";
const PURPOSE: &str = "level-statement";

/// What the provider stated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StatedLevel {
    /// The level, 1 to 4.
    pub level: u8,
    /// When the statement says nothing any more, by this device's clock.
    pub expires_at: Timestamp,
}

#[derive(Deserialize)]
struct Begun {
    nonce: String,
    purpose: String,
    /// The portrait that the provider keeps of the person.
    portrait_sha256: String,
    face_service: String,
}

#[derive(Deserialize)]
struct Answer {
    statement: String,
}

impl Account<'_> {
    /// Obtains a statement for a credential: the holder's own, or with `ward` that of the minor in the holder's care who has this
    /// personal number. It is verified under the trust list and kept for the few minutes that it lives;
    /// [`Wallet::at_stated_level`](crate::Wallet::at_stated_level) uses it.
    ///
    /// # Errors
    /// [`PresentError::NoCredential`]; [`AccountError::NoPin`]; [`PresentError::BadStatement`] where what came is not to be
    /// believed; what the provider or its face service refuses: `wrong_pin` with the attempts left, `pin_delayed`, `pin_blocked`,
    /// `face_not_matched`, `level_required` where no chip has shown the person's face yet.
    pub async fn obtain_level_statement(
        self,
        name: CredentialName,
        ward: Option<&str>,
        pin: &Pin,
        face: Option<FaceCapture<'_>>,
        now: Timestamp,
    ) -> Result<StatedLevel, Error> {
        let (id, credential) = newest(&self.wallet.vault.store(), name, ward)?;
        let key = *self.wallet.keys.find(&credential.key)?.public();
        let inner = Inner::with(&self, pin, now).await?;
        let mut contact = Contact::of(self.wallet)?;
        let proven = match face {
            Some(capture) => {
                let answer = compare(&mut contact, capture, now).await;
                self.wallet.note_refusal(Action::Present, now, answer)?
            }
            None => Map::new(),
        };
        let sign = |numbered: &Numbered<'_>| {
            let mut members = proven;
            members.insert("pin".to_owned(), json!(inner.sign(numbered)));
            members.insert("key".to_owned(), json!(Jwk::new(key)));
            members
        };
        let answer = contact.ask_signed::<Answer>(PATH, "level_statement", sign, now).await;
        let answer = self.wallet.note_refusal(Action::Present, now, answer)?;
        let there = contact.record.corrected(now);
        let trust = trust_list::refresh(&contact, there).await?;
        let believed = believed(&answer, &trust, &key, there).map_err(Error::Present);
        let (statement, level) = self.wallet.note_refusal(Action::Present, now, believed)?;
        self.wallet.vault.change(|change| Ok(stated_level::keep(change, &id, level, &statement)?))?;
        let expires_at = statement.expires_at().minus_seconds(contact.record.clock_offset);
        Ok(StatedLevel { level, expires_at })
    }
}

/// The statement and its level, where a desk would believe it now.
fn believed(
    answer: &Answer,
    trust: &Trust,
    key: &PublicKey,
    there: Timestamp,
) -> Result<(LevelStatement, u8), PresentError> {
    let bytes = URL_SAFE_NO_PAD.decode(&answer.statement).map_err(|_| PresentError::BadStatement)?;
    let statement = LevelStatement::parse(&bytes).map_err(|_| PresentError::BadStatement)?;
    let level = statement.verify(trust, key, there).map_err(|_| PresentError::BadStatement)?;
    Ok((statement, level))
}

/// Has the face compared with the portrait that the provider keeps: the members that show it.
async fn compare(
    contact: &mut Contact<'_>,
    capture: FaceCapture<'_>,
    now: Timestamp,
) -> Result<Map<String, Value>, Error> {
    let begun: Begun = contact.ask(PATH, "level_start", Map::new(), now).await?;
    if begun.purpose != PURPOSE {
        return Err(AccountError::UnexpectedAnswer.into());
    }
    let about = (&*begun.face_service, &*begun.nonce, begun.portrait_sha256);
    let statement = face_statement(contact, about, capture).await?;
    Ok(Map::from_iter([
        ("nonce".to_owned(), json!(begun.nonce)),
        ("face_statement".to_owned(), json!(statement)),
    ]))
}
