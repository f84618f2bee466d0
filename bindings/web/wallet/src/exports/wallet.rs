//! The wallet: opening and saving it, and its credentials.
use std::sync::Arc;

use holder::{CredentialInfo, CredentialName, Renewed, Silent, Wanted};
use serde_json::Value;
use trust::time::Timestamp;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

use super::ports::{Foreign, KeyStore, SecretStore, WaitListener};
use super::records::{self, object, time};
use crate::error::SenError;

/// One wallet, in memory. What `toSaved` gives after a call is all that stays of it.
#[wasm_bindgen]
#[allow(missing_debug_implementations, reason = "there is nothing in it to be shown")]
pub struct Wallet(pub(crate) Arc<holder::Wallet>);

#[wasm_bindgen]
impl Wallet {
    /// Opens a wallet from what `toSaved` gave, or without it a new one. The listener hears of every wait for a busy server.
    pub fn open(
        secret_store: SecretStore,
        key_store: KeyStore,
        saved: Option<Vec<u8>>,
        wait_listener: Option<WaitListener>,
    ) -> Result<Self, SenError> {
        let (secrets, keys) = (Arc::new(Foreign(secret_store)), Arc::new(Foreign(key_store)));
        let wallet = holder::Wallet::open_in_memory(saved.as_deref(), secrets, keys)?;
        Ok(Self(Arc::new(match wait_listener {
            Some(listener) => wallet.telling_waits(Arc::new(Foreign(listener))),
            None => wallet,
        })))
    }

    /// All of the wallet, sealed: to be kept after each call that changed something. An older copy is refused at the opening.
    #[wasm_bindgen(js_name = toSaved)]
    pub fn to_saved(&self) -> Result<Vec<u8>, SenError> {
        Ok(self.0.to_saved()?)
    }

    /// Obtains a credential by name (`citizen`, `health-insurance`), with `ward` that of the minor in the holder's care who has
    /// this personal number; or from an offer link, which names its person itself.
    #[wasm_bindgen(js_name = obtainCredential, unchecked_return_type = "Credential[]")]
    pub async fn obtain_credential(
        &self,
        name_or_offer: String,
        ward: Option<String>,
        transaction_code: Option<String>,
        now: f64,
    ) -> Result<JsValue, SenError> {
        let wanted = match CredentialName::from_text(&name_or_offer) {
            Some(name) => Wanted::Named(name, ward.as_deref()),
            None if ward.is_some() => return Err(unknown_name()),
            None => Wanted::Offer(&name_or_offer),
        };
        let code = transaction_code.as_deref();
        let obtained = self.0.account().obtain_credential(wanted, code, &Silent, time(now)).await?;
        self.told(&obtained, time(now))
    }

    /// The credentials held, newest first.
    #[wasm_bindgen(unchecked_return_type = "Credential[]")]
    pub fn credentials(&self, now: f64) -> Result<JsValue, SenError> {
        self.told(&self.0.credentials()?, time(now))
    }

    /// Deletes a credential and its key.
    #[wasm_bindgen(js_name = deleteCredential)]
    pub fn delete_credential(&self, id: String, now: f64) -> Result<(), SenError> {
        Ok(self.0.delete_credential(&id, time(now))?)
    }

    /// Fetches anew what is due.
    #[wasm_bindgen(js_name = refreshCredentials, unchecked_return_type = "Credential[]")]
    pub async fn refresh_credentials(&self, now: f64) -> Result<JsValue, SenError> {
        let mut credentials = Vec::new();
        for renewed in self.0.account().refresh_due(&Silent, time(now)).await? {
            if let Renewed::Credentials(new) = renewed {
                credentials.extend(new);
            }
        }
        self.told(&credentials, time(now))
    }
}

impl Wallet {
    fn told(&self, held: &[CredentialInfo], now: Timestamp) -> Result<JsValue, SenError> {
        let told = held.iter().map(|info| records::credential(info, &self.0.warnings(info, now)));
        object(&told.collect::<Vec<Value>>())
    }
}

pub(crate) fn unknown_name() -> SenError {
    SenError::not_ready("credential.unknown_name")
}
