//! The account: opening, looking, locking.
use holder::{Applicant, Provider};
use serde::Deserialize;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

use super::records::{account, object, opened, record, time};
use super::wallet::Wallet;
use crate::error::SenError;

#[derive(Deserialize)]
struct AccountApplicant {
    personal_number: String,
    phone: String,
    device_name: String,
}

#[wasm_bindgen]
impl Wallet {
    /// Asks the provider at this https URL (without trailing slash) for an account; a one-time code goes to the registered phone.
    #[wasm_bindgen(js_name = openAccount, unchecked_return_type = "OpenedAccount")]
    pub async fn open_account(
        &self,
        provider: String,
        #[wasm_bindgen(unchecked_param_type = "AccountApplicant")] applicant: JsValue,
        now: f64,
    ) -> Result<JsValue, SenError> {
        let who: AccountApplicant = record(&applicant, "account.applicant")?;
        let applicant = Applicant {
            personal_number: who.personal_number,
            phone: who.phone,
            device_name: who.device_name,
        };
        // Nobody here looks at roots.
        let provider = Provider { url: provider, roots_pem: Vec::new() };
        object(&opened(&self.0.account().open(&provider, &applicant, time(now)).await?))
    }

    /// Activates the account with the one-time code; gives the level: 1, or 0 where a guardian has to consent first.
    #[wasm_bindgen(js_name = activateAccount)]
    pub async fn activate_account(&self, code: String, now: f64) -> Result<u8, SenError> {
        Ok(self.0.account().activate(&code, time(now)).await?.into())
    }

    /// Asks the provider how the account stands, and remembers it.
    #[wasm_bindgen(js_name = showAccount, unchecked_return_type = "AccountView")]
    pub async fn show_account(&self, now: f64) -> Result<JsValue, SenError> {
        object(&account(&self.0.account().show(time(now)).await?))
    }

    /// The account as this wallet last heard of it; works without network.
    #[wasm_bindgen(js_name = rememberedAccount, unchecked_return_type = "AccountView")]
    pub fn remembered_account(&self) -> Result<JsValue, SenError> {
        object(&account(&self.0.account().remembered()?))
    }

    /// Locks the account at once.
    #[wasm_bindgen(js_name = lockAccount)]
    pub async fn lock_account(&self, now: f64) -> Result<(), SenError> {
        Ok(self.0.account().lock(time(now)).await?)
    }

    /// Takes back the holder's own lock.
    #[wasm_bindgen(js_name = unlockAccount)]
    pub async fn unlock_account(&self, now: f64) -> Result<(), SenError> {
        Ok(self.0.account().unlock(time(now)).await?)
    }
}
