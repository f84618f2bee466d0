//! What is proven with the card: level 2, a new phone, a forgotten PIN. Begun at the provider, read from the chip in as many
//! goes as it takes, and finished with a face.
use std::sync::Arc;

use holder::{FaceCapture, Silent, StepUp};
use trust::time::Timestamp;

use crate::account::{AccountApplicant, AccountProvider};
use crate::card_read::{CardKey, CardRead};
use crate::error::SenError;
use crate::ports::{CardTransport, ReadingListener};
use crate::wallet::Wallet;

/// What has been proven.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum Proven {
    /// The account is at this level now.
    Level {
        /// 2.
        level: u8,
    },
    /// It takes effect later, by the provider's clock, if nobody cancels it from the phone in use.
    TakesEffect {
        /// When.
        at: i64,
    },
}

#[derive(Clone, Copy)]
enum Purpose {
    Level2,
    NewPhone,
    NewPin,
}

/// A proof that the provider has begun. The chip's answer belongs to it alone, and it is good for some minutes.
#[derive(uniffi::Object)]
pub struct CardProof {
    pub(crate) wallet: Arc<Wallet>,
    purpose: Purpose,
    pub(crate) begun: StepUp,
    pub(crate) card: Arc<CardRead>,
}

#[uniffi::export(async_runtime = "tokio")]
impl Wallet {
    /// Begins the step to level 2.
    pub async fn begin_step_up(self: Arc<Self>, now: i64) -> Result<Arc<CardProof>, SenError> {
        let begun = self.0.account().start_step_up(Timestamp::from_unix(now)).await?;
        Ok(CardProof::of(self, Purpose::Level2, begun))
    }

    /// Begins to move an account to this phone with its holder's card.
    pub async fn begin_new_phone(
        self: Arc<Self>,
        provider: AccountProvider,
        applicant: AccountApplicant,
        now: i64,
    ) -> Result<Arc<CardProof>, SenError> {
        let (provider, applicant) = (provider.into(), applicant.into());
        let begun =
            self.0.account().start_new_phone(&provider, &applicant, Timestamp::from_unix(now)).await?;
        Ok(CardProof::of(self, Purpose::NewPhone, begun))
    }

    /// Begins the recovery of a forgotten PIN.
    pub async fn begin_pin_recovery(self: Arc<Self>, now: i64) -> Result<Arc<CardProof>, SenError> {
        let begun = self.0.account().start_pin_recovery(Timestamp::from_unix(now)).await?;
        Ok(CardProof::of(self, Purpose::NewPin, begun))
    }
}

#[uniffi::export(async_runtime = "tokio")]
impl CardProof {
    /// Seconds that the provider gave for it, counted from its beginning.
    pub fn expires_in(&self) -> u32 {
        self.begun.expires_in()
    }

    /// Whether the card has been read to the end.
    pub fn is_read(&self) -> bool {
        self.card.whole().is_some()
    }

    /// Reads the card in reach. Where it was lost (`TryCardAgain`), the next call goes on where this one broke off; the same
    /// card has to be back. A call that is cancelled ends before its next command.
    pub async fn read(
        self: Arc<Self>,
        transport: Arc<dyn CardTransport>,
        key: CardKey,
        listener: Arc<dyn ReadingListener>,
    ) -> Result<(), SenError> {
        Arc::clone(&self.card).read(transport, key, listener).await
    }

    /// Finishes with what was read and what the camera took; a face service compares the two.
    pub async fn finish(self: Arc<Self>, face_capture: Vec<u8>, now: i64) -> Result<Proven, SenError> {
        let reading = self.card.whole().ok_or_else(|| SenError::not_ready("card.not_read"))?;
        let (account, face, now) =
            (self.wallet.0.account(), FaceCapture(&face_capture), Timestamp::from_unix(now));
        let (begun, quiet) = (&self.begun, &Silent);
        let effective_at = match self.purpose {
            Purpose::Level2 => {
                let level = account.finish_step_up(begun, &reading, face, quiet, now).await?.into();
                return Ok(Proven::Level { level });
            }
            Purpose::NewPhone => account.finish_new_phone(begun, &reading, face, quiet, now).await?,
            Purpose::NewPin => account.finish_pin_recovery(begun, &reading, face, quiet, now).await?,
        };
        Ok(Proven::TakesEffect { at: effective_at.as_unix() })
    }
}

impl CardProof {
    fn of(wallet: Arc<Wallet>, purpose: Purpose, begun: StepUp) -> Arc<Self> {
        let card = CardRead::answering(begun.challenge());
        Arc::new(Self { wallet, purpose, begun, card })
    }
}
