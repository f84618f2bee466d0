//! The account: opening, looking, locking, PIN, persons in care, a lost phone, the end.
use std::sync::Arc;

use holder::{Applicant, Pin, Provider, RevocationCode};
use trust::time::Timestamp;
use zeroize::Zeroizing;

use crate::account_view::{AccountView, Ward, WardAct};
use crate::error::SenError;
use crate::records::OpenedAccount;
use crate::wallet::Wallet;

/// Where the account is. There is no default: who is trusted is the shell's decision.
#[derive(Clone, Debug, uniffi::Record)]
pub struct AccountProvider {
    /// https URL without trailing slash.
    pub url: String,
    /// The certificates that vouch for the provider's servers, PEM.
    pub roots_pem: Vec<u8>,
}

/// Whose account it is.
#[derive(Clone, uniffi::Record)]
pub struct AccountApplicant {
    /// Personal number, 12 digits.
    pub personal_number: String,
    /// The phone number registered to this person.
    pub phone: String,
    /// What the person calls this device.
    pub device_name: String,
}

/// Ends a lost phone from any computer. Shown once, written down by the person, kept nowhere on the phone.
#[derive(Clone, uniffi::Record)]
pub struct LostPhoneCode {
    /// The digits, in groups.
    pub code: String,
    /// The page that takes it.
    pub use_at: String,
}

#[uniffi::export(async_runtime = "tokio")]
impl Wallet {
    /// Asks a provider for an account; a one-time code goes to the registered phone.
    pub async fn open_account(
        &self,
        provider: AccountProvider,
        applicant: AccountApplicant,
        now: i64,
    ) -> Result<OpenedAccount, SenError> {
        let opened =
            self.0.account().open(&provider.into(), &applicant.into(), Timestamp::from_unix(now)).await?;
        Ok(OpenedAccount {
            account: opened.account,
            code_sent_to: opened.code_sent_to,
            code_expires_in: opened.code_expires_in,
        })
    }

    /// Activates the account with the one-time code; gives the level: 1, or 0 where a guardian has to consent first.
    pub async fn activate_account(&self, code: String, now: i64) -> Result<u8, SenError> {
        Ok(self.0.account().activate(&code, Timestamp::from_unix(now)).await?.into())
    }

    /// Asks the provider how the account stands, and remembers it. A new phone that waits takes over by this.
    pub async fn show_account(&self, now: i64) -> Result<AccountView, SenError> {
        Ok(self.0.account().show(Timestamp::from_unix(now)).await?.into())
    }

    /// The account as this device last heard of it; works without network.
    pub fn remembered_account(&self) -> Result<AccountView, SenError> {
        Ok(self.0.account().remembered()?.into())
    }

    /// Where the account is, and the roots that vouch for that provider's servers.
    pub fn account_provider(&self) -> Result<AccountProvider, SenError> {
        let Provider { url, roots_pem } = self.0.account().provider()?;
        Ok(AccountProvider { url, roots_pem })
    }

    /// The provider's time as far as this device knows it: waits in the account's view are counted by it.
    pub fn provider_time(&self, now: i64) -> Result<i64, SenError> {
        Ok(self.0.account().provider_time(Timestamp::from_unix(now))?.as_unix())
    }

    /// Locks the account at once.
    pub async fn lock_account(&self, now: i64) -> Result<(), SenError> {
        Ok(self.0.account().lock(Timestamp::from_unix(now)).await?)
    }

    /// Takes back the holder's own lock.
    pub async fn unlock_account(&self, now: i64) -> Result<(), SenError> {
        Ok(self.0.account().unlock(Timestamp::from_unix(now)).await?)
    }

    /// Ends the account for good. What this phone holds of it is deleted; the history stays.
    pub async fn close_account(&self, now: i64) -> Result<(), SenError> {
        Ok(self.0.account().close(Timestamp::from_unix(now)).await?)
    }

    /// Has a new code made that ends this phone from any computer; an earlier one is void from then on.
    pub async fn new_revocation_code(&self, now: i64) -> Result<LostPhoneCode, SenError> {
        let RevocationCode { code, use_at } =
            self.0.account().new_revocation_code(Timestamp::from_unix(now)).await?;
        Ok(LostPhoneCode { code: code.expose().clone(), use_at })
    }

    /// Cancels a new phone or a new PIN that waits for its time.
    pub async fn cancel_pending(&self, now: i64) -> Result<(), SenError> {
        Ok(self.0.account().cancel_pending(Timestamp::from_unix(now)).await?)
    }

    /// Sets the first PIN, or one after the recovery.
    pub async fn set_pin(&self, pin: String, now: i64) -> Result<(), SenError> {
        Ok(self.0.account().set_pin(&typed(pin)?, Timestamp::from_unix(now)).await?)
    }

    /// Changes the PIN.
    pub async fn change_pin(&self, old: String, new: String, now: i64) -> Result<(), SenError> {
        let (old, new) = (typed(old)?, typed(new)?);
        Ok(self.0.account().change_pin(&old, &new, Timestamp::from_unix(now)).await?)
    }

    /// Has the server check the PIN.
    pub async fn check_pin(&self, pin: String, now: i64) -> Result<(), SenError> {
        Ok(self.0.account().check_pin(&typed(pin)?, Timestamp::from_unix(now)).await?)
    }

    /// Those in the holder's care.
    pub async fn wards(&self, now: i64) -> Result<Vec<Ward>, SenError> {
        let wards = self.0.account().wards(Timestamp::from_unix(now)).await?;
        Ok(wards.into_iter().map(Ward::from).collect())
    }

    /// Does something with the account of a person in care, named by personal number.
    pub async fn act_for_ward(&self, ward: String, act: WardAct, now: i64) -> Result<(), SenError> {
        Ok(self.0.account().act_for(&ward, act.into(), Timestamp::from_unix(now)).await?)
    }
}

/// Empties a wallet that is not open, whatever its state. Device keys stay in the key store, where nothing refers to them.
#[uniffi::export]
pub fn erase_wallet(folder: String, secret_store: Arc<dyn crate::SecretStore>) -> Result<(), SenError> {
    let folder = std::path::Path::new(&folder);
    Ok(holder::Wallet::erase(folder, &crate::ports::Foreign(secret_store))?)
}

/// Whether a PIN can be taken, asked while it is typed; nothing is sent.
#[uniffi::export]
pub fn pin_has_six_digits(pin: String) -> bool {
    typed(pin).is_ok()
}

pub(crate) fn typed(pin: String) -> Result<Pin, SenError> {
    Ok(Pin::parse(&Zeroizing::new(pin)).map_err(holder::Error::from)?)
}

impl From<AccountProvider> for Provider {
    fn from(provider: AccountProvider) -> Self {
        Self { url: provider.url, roots_pem: provider.roots_pem }
    }
}

impl From<AccountApplicant> for Applicant {
    fn from(who: AccountApplicant) -> Self {
        Self { personal_number: who.personal_number, phone: who.phone, device_name: who.device_name }
    }
}
