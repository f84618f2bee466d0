//! From level 1 to level 2.

use card::CardReading;
use serde::Deserialize;
use serde_json::Map;
use trust::time::Timestamp;

use super::evidence::{CardAtHand, FaceCapture, Purpose, Started, StepUp, is_spent, members};
use super::message::Contact;
use super::standing::{Level, Method, Proof, Turn};
use super::{Account, AccountError};
use crate::Error;
use crate::history::Action;
use crate::ports::{ProgressListener, Step};

#[derive(Deserialize)]
struct Raised {
    level: Level,
    verified_at: String,
    method: Method,
}

impl Account<'_> {
    /// The whole step-up with a card at hand: nonce, reading, face, evidence. Reading blocks, so a caller on a runtime of its
    /// own takes the three parts instead: [`Account::start_step_up`], [`card::read_card`] on a worker thread with the challenge,
    /// [`Account::finish_step_up`].
    ///
    /// # Errors
    /// As its parts, and [`Error::Card`].
    pub async fn step_up(
        self,
        card: CardAtHand<'_>,
        capture: FaceCapture<'_>,
        progress: &dyn ProgressListener,
        now: Timestamp,
    ) -> Result<Level, Error> {
        progress.began(Step::Provider);
        let begun = self.start_step_up(now).await?;
        progress.began(Step::Card);
        let reading = self.wallet.note_refusal(Action::StepUp, now, card.read(&begun))?;
        self.finish_step_up(&begun, &reading, capture, progress, now).await
    }

    /// Begins the step-up: asks the server for its nonce.
    pub async fn start_step_up(self, now: Timestamp) -> Result<StepUp, Error> {
        let mut contact = Contact::of(self.wallet)?;
        let answer = contact.ask::<Started>("/account/step-up", "step_up_start", Map::new(), now).await;
        let started = self.wallet.note_refusal(Action::StepUp, now, answer)?;
        started.begun(Purpose::Level2, &contact.key, contact.record.proof)
    }

    /// Completes the step-up with what was read of a card whose Active Authentication answered the challenge. Where the answer to an
    /// earlier try was lost, it ends at what became of that.
    ///
    /// # Errors
    /// [`AccountError::NoActiveResponse`] where the chip gave none to this challenge; what face service or server refuse.
    pub async fn finish_step_up(
        self,
        begun: &StepUp,
        reading: &CardReading,
        capture: FaceCapture<'_>,
        progress: &dyn ProgressListener,
        now: Timestamp,
    ) -> Result<Level, Error> {
        let mut contact = Contact::of(self.wallet)?;
        let members = members(&contact, Purpose::Level2, begun, reading, capture, progress).await;
        let members = self.wallet.note_refusal(Action::StepUp, now, members)?;
        let answer = contact.ask::<Raised>("/account/verify", "step_up", members, now).await;
        if is_spent(&answer) && begun.is_done(&self.show(now).await?) {
            return Ok(Level::Two);
        }
        let raised = self.wallet.note_refusal(Action::StepUp, now, answer)?;
        let at = Timestamp::parse_rfc3339(&raised.verified_at).map_err(|_| AccountError::UnexpectedAnswer)?;
        if raised.level != Level::Two {
            return Err(AccountError::UnexpectedAnswer.into());
        }
        let proof = Proof { at: at.as_unix(), method: raised.method };
        self.turn(now, Turn::Proven(proof), |_| {})?;
        Ok(Level::Two)
    }
}
