//! The account moves from phone to phone: the new one shows a code, the old one reads it.
use std::sync::Arc;

use holder::Silent;
use trust::time::Timestamp;

use crate::account::{AccountProvider, typed};
use crate::error::SenError;
use crate::renewal::Refreshed;
use crate::wallet::Wallet;

/// What the new phone shows.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct TransferCode {
    /// The digits of the QR code.
    pub text: String,
    /// Six digits that the old phone shows, too, before it asks for the PIN.
    pub check_digits: String,
    /// Seconds for which it is good.
    pub expires_in: u32,
}

/// What came with the account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Record)]
pub struct Received {
    /// Entries of the old phone's history, now in this one's.
    pub history: u64,
    /// Older entries that did not fit and stay on no phone.
    pub left_out: u64,
    /// Credentials to be obtained anew on this phone.
    pub credentials: u64,
    /// Documents of the account's provider to be obtained anew on this phone.
    pub documents: u64,
    /// Documents of other issuers that the old phone held: they come from their issuers alone.
    pub other_issuers: u64,
    /// False where the account is here and the rest is not.
    pub opened: bool,
}

/// A new phone, as the old one read it from the new one's screen.
#[derive(uniffi::Object)]
pub struct NewPhone(holder::NewPhone);

#[uniffi::export]
impl NewPhone {
    /// What its owner calls it.
    pub fn name(&self) -> String {
        self.0.name.clone()
    }

    /// Six digits that the new phone shows, too: where they differ, somebody swapped the code.
    pub fn check_digits(&self) -> String {
        self.0.check_digits.clone()
    }
}

#[uniffi::export(async_runtime = "tokio")]
impl Wallet {
    /// On the new phone: the code to show; the same as before while that is fresh.
    pub async fn receive_account(
        &self,
        provider: AccountProvider,
        device_name: String,
        now: i64,
    ) -> Result<TransferCode, SenError> {
        let shown =
            self.0.account().receive(&provider.into(), &device_name, Timestamp::from_unix(now)).await?;
        Ok(TransferCode { text: shown.text, check_digits: shown.check_digits, expires_in: shown.expires_in })
    }

    /// On the old phone: what the code says, to be shown to the person before the account is handed over.
    pub fn read_new_phone(&self, scanned: String, now: i64) -> Result<Arc<NewPhone>, SenError> {
        let phone = self.0.account().read_new_phone(&scanned, Timestamp::from_unix(now))?;
        Ok(Arc::new(NewPhone(phone)))
    }

    /// On the old phone: hands the account over; gives the seconds in which the new one has to claim it.
    pub async fn hand_over(&self, to: Arc<NewPhone>, pin: String, now: i64) -> Result<u32, SenError> {
        Ok(self.0.account().hand_over(&to.0, &typed(pin)?, Timestamp::from_unix(now)).await?)
    }

    /// On the new phone: claims the account; `account.no_hand_over` until the old phone has handed it over.
    pub async fn claim_account(&self, now: i64) -> Result<Received, SenError> {
        let received = self.0.account().claim(Timestamp::from_unix(now)).await?;
        Ok(Received {
            history: received.history,
            left_out: received.left_out,
            credentials: received.credentials,
            documents: received.documents,
            other_issuers: received.other_issuers,
            opened: received.opened,
        })
    }

    /// On the new phone: obtains what the old one held, bound to keys of this one; what is refused for good is left out, and the history
    /// says so. Goes on where an earlier call failed. The error is the first of what may still come: the rest is kept all the same.
    pub async fn obtain_carried(&self, now: i64) -> Result<Refreshed, SenError> {
        let obtained = self.0.account().obtain_carried(&Silent, Timestamp::from_unix(now)).await?;
        Ok(self.refreshed(obtained, now))
    }

    /// Whether something of the old phone is still to be obtained.
    pub fn has_carried(&self) -> Result<bool, SenError> {
        Ok(self.0.account().has_carried()?)
    }
}
