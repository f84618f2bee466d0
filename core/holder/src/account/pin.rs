//! Setting, changing and using the PIN. An instruction that needs it is signed twice: inside by the PIN key, outside by the
//! instance key, both over the same challenge and number. The server counts attempts before it checks.
//!
//! The inner message is a compact JWS, header `{"alg":"EdDSA","typ":"sen-pin+jwt"}`, payload `{aud, op, account, challenge, seq}`
//! as in the outer one; it travels as the member `pin`. `pin_set` and `pin_change` carry the new key as `pin_key` (base64url of
//! the Ed25519 public key), `pin_id` (which salt it belongs to, random), and `pin_new`, an inner message by the new key.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use credential::jose::signing_input;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use trust::random::{Random, SystemRandom};
use trust::time::Timestamp;

use super::message::{Contact, Numbered};
use super::{Account, AccountError};
use crate::Error;
use crate::history::Action;
use crate::pin::{Pin, PinKey, SALT_LENGTH};
use crate::store::{Change, StoreError, Table};
use crate::wallet::Wallet;

/// The salt in use, and the one that was sent and not yet confirmed.
const SALT: &str = "pin-salt";
const NEXT_SALT: &str = "pin-salt-next";

#[derive(Clone, Serialize, Deserialize)]
struct Salt {
    id: String,
    salt: [u8; SALT_LENGTH],
}

#[derive(Deserialize)]
struct PinState {
    pin_id: Option<String>,
}

impl Account<'_> {
    /// Sets the first PIN.
    ///
    /// # Errors
    /// [`PinRefused`](crate::PinRefused) for one that is too easy; what the provider refuses.
    pub async fn set_pin(self, pin: &Pin, now: Timestamp) -> Result<(), Error> {
        self.replace_pin(None, pin, now).await
    }

    /// Changes the PIN.
    ///
    /// # Errors
    /// As [`Account::set_pin`]; `wrong_pin` with the attempts left, `pin_delayed`, `pin_blocked`.
    pub async fn change_pin(self, old: &Pin, new: &Pin, now: Timestamp) -> Result<(), Error> {
        self.replace_pin(Some(old), new, now).await
    }

    /// Has the server check the PIN, as before anything that needs one.
    ///
    /// # Errors
    /// `wrong_pin` with the attempts left, `pin_delayed` with the time to wait, `pin_blocked`.
    pub async fn check_pin(self, pin: &Pin, now: Timestamp) -> Result<(), Error> {
        let inner = Inner::with(&self, pin, now).await?;
        let mut contact = Contact::of(self.wallet)?;
        let sign =
            |numbered: &Numbered<'_>| Map::from_iter([("pin".to_owned(), json!(inner.sign(numbered)))]);
        let answer = contact.ask_signed::<Value>("/account/pin", "pin_check", sign, now).await;
        self.wallet.note_refusal(Action::Pin, now, answer).map(drop)
    }

    async fn replace_pin(&self, old: Option<&Pin>, new: &Pin, now: Timestamp) -> Result<(), Error> {
        new.not_easy()?;
        self.settle_pin(now).await?;
        let old_key = match old {
            Some(old) => {
                let salt = load(self.wallet, SALT)?.ok_or(AccountError::NoPin)?;
                Some(derive(self.wallet, old, &salt)?)
            }
            None => None,
        };
        let next = new_salt()?;
        let new_key = derive(self.wallet, new, &next)?;
        // Written down before it is sent: where the answer is lost, the next use asks the server which salt it has.
        self.wallet.vault.change(|change| Ok(change.put(Table::Setting, NEXT_SALT, &next)?))?;
        let mut contact = Contact::of(self.wallet)?;
        let operation = if old.is_some() { "pin_change" } else { "pin_set" };
        let sign = |numbered: &Numbered<'_>| {
            let mut members = Map::from_iter([
                ("pin_id".to_owned(), json!(next.id)),
                ("pin_key".to_owned(), json!(URL_SAFE_NO_PAD.encode(new_key.public()))),
                ("pin_new".to_owned(), json!(inner(&new_key, numbered))),
            ]);
            if let Some(old_key) = &old_key {
                members.insert("pin".to_owned(), json!(inner(old_key, numbered)));
            }
            members
        };
        let answer = contact.ask_signed::<Value>("/account/pin", operation, sign, now).await;
        self.wallet.note_refusal(Action::Pin, now, answer)?;
        self.adopt(&next)
    }

    /// Finds out what became of a PIN whose confirmation was lost.
    async fn settle_pin(&self, now: Timestamp) -> Result<(), Error> {
        let Some(next) = load(self.wallet, NEXT_SALT)? else { return Ok(()) };
        let mut contact = Contact::of(self.wallet)?;
        let state: PinState = contact.ask("/account/show", "show", Map::new(), now).await?;
        if state.pin_id.as_ref() == Some(&next.id) {
            return self.adopt(&next);
        }
        self.wallet.vault.change(|change| Ok(change.delete(Table::Setting, NEXT_SALT).map(drop)?))
    }

    fn adopt(&self, salt: &Salt) -> Result<(), Error> {
        self.wallet.vault.change(|change| {
            change.put(Table::Setting, SALT, salt)?;
            Ok(change.delete(Table::Setting, NEXT_SALT).map(drop)?)
        })
    }
}

/// The PIN, ready to sign inside an instruction that needs it.
pub(super) struct Inner(PinKey);

impl Inner {
    /// Settles first which PIN the provider has.
    pub(super) async fn with(account: &Account<'_>, pin: &Pin, now: Timestamp) -> Result<Self, Error> {
        account.settle_pin(now).await?;
        let salt = load(account.wallet, SALT)?.ok_or(AccountError::NoPin)?;
        derive(account.wallet, pin, &salt).map(Self)
    }

    pub(super) fn sign(&self, numbered: &Numbered<'_>) -> String {
        inner(&self.0, numbered)
    }
}

/// Forgets the salts, with the account whose PIN they belong to.
pub(super) fn forget(change: &mut Change<'_>) -> Result<(), StoreError> {
    change.delete(Table::Setting, SALT)?;
    change.delete(Table::Setting, NEXT_SALT).map(drop)
}

fn load(wallet: &Wallet, id: &str) -> Result<Option<Salt>, Error> {
    Ok(wallet.vault.store().read(Table::Setting, id)?)
}

fn derive(wallet: &Wallet, pin: &Pin, salt: &Salt) -> Result<PinKey, Error> {
    pin.derive_key(&salt.salt, &wallet.vault.derived_secret(b"sen pin secret 1"))
        .ok_or(StoreError::Bug.into())
}

fn new_salt() -> Result<Salt, Error> {
    let (mut salt, mut id) = ([0; SALT_LENGTH], [0; 16]);
    let mut random = SystemRandom::new();
    random.fill(&mut salt).and_then(|()| random.fill(&mut id)).map_err(|_| StoreError::Random)?;
    Ok(Salt { id: URL_SAFE_NO_PAD.encode(id), salt })
}

fn inner(key: &PinKey, numbered: &Numbered<'_>) -> String {
    let header = json!({"alg": "EdDSA", "typ": "sen-pin+jwt"});
    let payload = json!({
        "aud": numbered.audience, "op": numbered.operation, "account": numbered.account,
        "challenge": numbered.challenge, "seq": numbered.sequence,
    });
    let input = signing_input(&header, &payload);
    let signature = URL_SAFE_NO_PAD.encode(key.sign(input.as_bytes()));
    format!("{input}.{signature}")
}
