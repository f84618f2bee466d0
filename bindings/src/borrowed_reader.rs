//! A phone that cannot read the card has another one read it: it shows a code, and the other one sends the reading sealed.
use std::sync::Arc;

use trust::time::Timestamp;

use crate::account::AccountProvider;
use crate::card_proof::CardProof;
use crate::card_read::{CardKey, CardRead};
use crate::error::SenError;
use crate::ports::{CardTransport, ReadingListener};
use crate::wallet::Wallet;

/// On the phone of the account: the code that it shows, and what opens the reading that comes.
#[derive(uniffi::Object)]
pub struct BorrowedReader {
    proof: Arc<CardProof>,
    awaited: holder::AwaitedReading,
}

/// On the phone that lends itself: what the other one asks for, to be shown to the person before the card is read, and the reading.
#[derive(uniffi::Object)]
pub struct ReadingRequest {
    wallet: Arc<Wallet>,
    asked: holder::ReadingRequest,
    card: Arc<CardRead>,
}

#[uniffi::export(async_runtime = "tokio")]
impl CardProof {
    /// Has another phone read the card for this proof.
    pub async fn borrow_reader(self: Arc<Self>, now: i64) -> Result<Arc<BorrowedReader>, SenError> {
        let account = self.wallet.0.account();
        let awaited = account.borrow_reader(&self.begun, Timestamp::from_unix(now)).await?;
        Ok(Arc::new(BorrowedReader { proof: self, awaited }))
    }
}

#[uniffi::export(async_runtime = "tokio")]
impl BorrowedReader {
    /// The digits of the QR code to show.
    pub fn text(&self) -> String {
        self.awaited.text.clone()
    }

    /// Six digits that the other phone shows, too, before the card is read.
    pub fn check_digits(&self) -> String {
        self.awaited.check_digits.clone()
    }

    /// Seconds for which a reading is awaited.
    pub fn expires_in(&self) -> u32 {
        self.awaited.expires_in
    }

    /// Whether the reading has come; the proof is read then, and finished on this phone with a face. To be asked from time to time.
    pub async fn take(&self, now: i64) -> Result<bool, SenError> {
        let (account, now) = (self.proof.wallet.0.account(), Timestamp::from_unix(now));
        let taken = account.take_reading(&self.proof.begun, &self.awaited, now).await?;
        let came = taken.map(|reading| self.proof.card.came(reading));
        Ok(came.is_some())
    }
}

#[uniffi::export]
impl Wallet {
    /// On the other phone: what the scanned code asks for.
    pub fn read_reading_request(
        self: Arc<Self>,
        scanned: String,
        now: i64,
    ) -> Result<Arc<ReadingRequest>, SenError> {
        let asked = self.0.account().read_reading_request(&scanned, Timestamp::from_unix(now))?;
        let card = CardRead::answering(asked.challenge());
        Ok(Arc::new(ReadingRequest { wallet: self, asked, card }))
    }
}

#[uniffi::export(async_runtime = "tokio")]
impl ReadingRequest {
    /// What the owner calls the phone that asks.
    pub fn name(&self) -> String {
        self.asked.name.clone()
    }

    /// What the reading will prove the card's holder for, such as `level-2`; words are the shell's.
    pub fn purpose(&self) -> String {
        self.asked.purpose.clone()
    }

    /// Six digits that the asking phone shows, too: where they differ, somebody swapped the code.
    pub fn check_digits(&self) -> String {
        self.asked.check_digits.clone()
    }

    /// Whether the card has been read to the end.
    pub fn is_read(&self) -> bool {
        self.card.whole().is_some()
    }

    /// Reads the card in reach, as [`CardProof::read`] does.
    pub async fn read(
        &self,
        transport: Arc<dyn CardTransport>,
        key: CardKey,
        listener: Arc<dyn ReadingListener>,
    ) -> Result<(), SenError> {
        Arc::clone(&self.card).read(transport, key, listener).await
    }

    /// Sends the reading to the phone that asked, through the provider of this wallet's account or the one that is given. Nothing
    /// of it is kept here.
    pub async fn send(&self, provider: Option<AccountProvider>, now: i64) -> Result<(), SenError> {
        let reading = self.card.whole().ok_or_else(|| SenError::not_ready("card.not_read"))?;
        let (account, provider) = (self.wallet.0.account(), provider.map(holder::Provider::from));
        let now = Timestamp::from_unix(now);
        Ok(account.send_reading(provider.as_ref(), &self.asked, &reading, now).await?)
    }
}
