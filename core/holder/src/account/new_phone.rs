//! A new phone without the old one, and a forgotten PIN: the card is read and the face compared again, and after a waiting time,
//! in which the phone in use can object, the provider lets it take effect (security.md 6).

use card::CardReading;
use http_client::ServerCode;
use serde::Deserialize;
use serde_json::{Map, json};
use trust::time::Timestamp;

use super::beginning::new_record;
use super::evidence::{CardAtHand, FaceCapture, Purpose, Started, StepUp, is_spent, members};
use super::message::{Contact, first};
use super::standing::{Stage, Turn};
use super::view::{Pending, PendingKind};
use super::{Account, AccountView, Applicant, Provider};
use crate::Error;
use crate::history::{Action, Event};
use crate::ports::{ProgressListener, Step};

#[derive(Deserialize)]
struct Begun {
    account: String,
    #[serde(flatten)]
    started: Started,
}

#[derive(Deserialize)]
struct Accepted {
    effective_at: i64,
}

impl Account<'_> {
    /// The whole move to this phone with a card at hand; gives when the account is here. Reading blocks, so a caller on a runtime
    /// of its own takes the parts instead: [`Account::start_new_phone`], [`card::read_card`], [`Account::finish_new_phone`]. From
    /// then on [`Account::show`] says how long to wait, and takes over when the time is there.
    ///
    /// # Errors
    /// As its parts, and [`Error::Card`].
    pub async fn move_here(
        self,
        provider: &Provider,
        who: &Applicant,
        card: CardAtHand<'_>,
        capture: FaceCapture<'_>,
        progress: &dyn ProgressListener,
        now: Timestamp,
    ) -> Result<Timestamp, Error> {
        progress.began(Step::Provider);
        let begun = self.start_new_phone(provider, who, now).await?;
        progress.began(Step::Card);
        let reading = self.wallet.note_refusal(Action::Move, now, card.read(&begun))?;
        self.finish_new_phone(&begun, &reading, capture, progress, now).await
    }

    /// Begins the move of an account to this phone: makes its key, pins the provider's root and asks for a challenge. What an
    /// earlier attempt left is given up for this one, but for one that the provider has taken.
    ///
    /// # Errors
    /// [`AccountError::AlreadyActive`](crate::AccountError::AlreadyActive) where this phone has an account; `account.device_waiting` with
    /// the time to wait where it gets one already; what the provider refuses.
    pub async fn start_new_phone(
        self,
        provider: &Provider,
        who: &Applicant,
        now: Timestamp,
    ) -> Result<StepUp, Error> {
        let (client, trust_root) = self.reach(provider, now).await?;
        let members = Map::from_iter([
            ("personal_number".to_owned(), json!(who.personal_number)),
            ("phone".to_owned(), json!(who.phone)),
        ]);
        let call = ("/account/device", "device_start");
        let answer = first(self.wallet, &client, &provider.url, call, members).await;
        let (begun, server_time, key): (Begun, _, _) = self.wallet.note_refusal(Action::Move, now, answer)?;
        let step_up = begun.started.begun(Purpose::NewDevice, key.key()?, None)?;
        let mut record = new_record(provider, &trust_root, key.id(), &who.device_name, Stage::Proving);
        (record.account, record.sequence) = (begun.account, 1);
        self.begin_with(key, record, server_time, now, |_| Ok(()))?;
        Ok(step_up)
    }

    /// Completes the proof with what was read of the card; gives when the account is on this phone, by the provider's clock.
    ///
    /// # Errors
    /// [`AccountError::NoActiveResponse`](crate::AccountError::NoActiveResponse) where the chip gave no answer to this challenge; what face service or provider refuse.
    pub async fn finish_new_phone(
        self,
        begun: &StepUp,
        reading: &CardReading,
        capture: FaceCapture<'_>,
        progress: &dyn ProgressListener,
        now: Timestamp,
    ) -> Result<Timestamp, Error> {
        let mut contact = Contact::of(self.wallet)?;
        let members = members(&contact, Purpose::NewDevice, begun, reading, capture, progress).await;
        let mut members = self.wallet.note_refusal(Action::Move, now, members)?;
        let name = contact.record.device_name.clone();
        members.insert("device_name".to_owned(), json!(name));
        let answer = contact.ask::<Accepted>("/account/device/verify", "device", members, now).await;
        if is_spent(&answer)
            && let Some(effective_at) = self.accepted_before(now).await?
        {
            return Ok(effective_at);
        }
        let effective_at = self.wallet.note_refusal(Action::Move, now, answer)?.effective_at;
        self.turn(now, Turn::WaitBegun, |record| {
            record.told_mut(now).pending = Some(Pending { kind: PendingKind::Device, name, effective_at });
        })?;
        Ok(Timestamp::from_unix(effective_at))
    }

    /// When the account is here by a proof that was taken, though the answer was lost; `None` where none was.
    async fn accepted_before(&self, now: Timestamp) -> Result<Option<Timestamp>, Error> {
        match self.show(now).await {
            Ok(_) => self.provider_time(now).map(Some),
            Err(error) if error.server_code() == ServerCode::DeviceWaiting => {
                let pending = self.remembered()?.pending;
                Ok(pending.map(|pending| Timestamp::from_unix(pending.effective_at)))
            }
            Err(error) if error.is_refusal() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Cancels what waits for its time: a new phone or a new PIN that its holder did not ask for.
    ///
    /// # Errors
    /// `account.nothing_pending` where nothing waits.
    pub async fn cancel_pending(self, now: Timestamp) -> Result<(), Error> {
        let before = self.remembered()?.pending;
        let frees_pin = before.is_some_and(|pending| pending.kind == PendingKind::Pin);
        // A PIN that is gone was freed before anybody cancelled that.
        let cancelled = |view: &AccountView| view.pending.is_none() && (view.pin.set || !frees_pin);
        self.ask_action("/account/pending/cancel", "pending_cancel", Action::Move, cancelled, now).await?;
        self.update(now, Some(Event::PendingCancelled), |record| record.told_mut(now).pending = None)
    }

    /// Frees a forgotten PIN with a card at hand; gives when a new one can be set. Parts as with [`Account::move_here`].
    pub async fn recover_pin(
        self,
        card: CardAtHand<'_>,
        capture: FaceCapture<'_>,
        progress: &dyn ProgressListener,
        now: Timestamp,
    ) -> Result<Timestamp, Error> {
        progress.began(Step::Provider);
        let begun = self.start_pin_recovery(now).await?;
        progress.began(Step::Card);
        let reading = self.wallet.note_refusal(Action::RecoverPin, now, card.read(&begun))?;
        self.finish_pin_recovery(&begun, &reading, capture, progress, now).await
    }

    /// Begins the recovery of a forgotten PIN.
    ///
    /// # Errors
    /// `account.no_pin` where there is none.
    pub async fn start_pin_recovery(self, now: Timestamp) -> Result<StepUp, Error> {
        let mut contact = Contact::of(self.wallet)?;
        let answer =
            contact.ask::<Started>("/account/pin/recover", "pin_recover_start", Map::new(), now).await;
        let started = self.wallet.note_refusal(Action::RecoverPin, now, answer)?;
        started.begun(Purpose::NewPin, &contact.key, contact.record.proof)
    }

    /// Completes it with what was read of the card, or was by an earlier try whose answer was lost; gives when [`Account::set_pin`] can
    /// set a new one, by the provider's clock.
    pub async fn finish_pin_recovery(
        self,
        begun: &StepUp,
        reading: &CardReading,
        capture: FaceCapture<'_>,
        progress: &dyn ProgressListener,
        now: Timestamp,
    ) -> Result<Timestamp, Error> {
        let mut contact = Contact::of(self.wallet)?;
        let members = members(&contact, Purpose::NewPin, begun, reading, capture, progress).await;
        let members = self.wallet.note_refusal(Action::RecoverPin, now, members)?;
        let answer = contact.ask::<Accepted>("/account/pin/recover", "pin_recover", members, now).await;
        let effective_at = match self.freed_before(&answer, now).await? {
            Some(effective_at) => effective_at,
            None => self.wallet.note_refusal(Action::RecoverPin, now, answer)?.effective_at,
        };
        self.turn(now, Turn::WaitBegun, |record| {
            let name = String::new();
            record.told_mut(now).pending = Some(Pending { kind: PendingKind::Pin, name, effective_at });
        })?;
        Ok(Timestamp::from_unix(effective_at))
    }

    /// When the PIN is freed by a proof that was taken, though the answer was lost; `None` where none was.
    async fn freed_before(
        &self,
        answer: &Result<Accepted, Error>,
        now: Timestamp,
    ) -> Result<Option<i64>, Error> {
        if !is_spent(answer) {
            return Ok(None);
        }
        let shown = self.show(now).await?;
        let waits = shown.pending.filter(|pending| pending.kind == PendingKind::Pin);
        Ok(match waits {
            Some(pending) => Some(pending.effective_at),
            None if !shown.pin.set => Some(self.provider_time(now)?.as_unix()),
            None => None,
        })
    }
}
