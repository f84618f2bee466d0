//! From phone to phone. The new phone shows a code with two keys; the old phone, with its PIN, names the first to the provider and
//! sends along what it passes on, sealed to the second; the new phone claims the account and opens the parcel. Each step can be
//! done again after a crash: the code is the same while it is fresh, a second hand-over replaces the first, and the provider
//! answers a claim again whose answer was lost.

mod carried;
mod parcel;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use credential::jose::Jwk;
use http_client::{NoNetworkReason, ServerCode};
use presentation::new_phone::{self, NewPhoneCode, ParcelKey};
use serde::{Deserialize, Serialize};
use serde_json::{Map, json};
use trust::p256::PublicKey;
use trust::time::Timestamp;

use super::beginning::new_record;
use super::message::{Contact, Numbered, key_challenge};
use super::pin::Inner;
use super::record::{ACCOUNT, AccountRecord};
use super::standing::{Stage, Turn};
use super::{Account, AccountError, Provider, departure};
use crate::Error;
use crate::attestation::handed;
use crate::history::{Action, Event, append};
use crate::pin::Pin;
use crate::ports::{KeyError, KeyPolicy};
use crate::store::{Change, StoreError, Table};
use parcel::Parcel;

/// When a phone's own key may be used.
const POLICY: KeyPolicy = KeyPolicy::Presentation;
/// Seconds for which a code is shown, and in which the old phone takes it.
const FRESH: i64 = 300;
/// What the new phone needs until it has opened the parcel.
const RECEIVING: &str = "receiving";
/// The phone that this one is handing the account over to, from before that is sent until the provider has answered.
const HANDING_OVER: &str = "handing-over";

#[derive(Serialize, Deserialize)]
struct HandingOver {
    to: String,
}

#[derive(Serialize, Deserialize)]
struct Receiving {
    made_at: i64,
    /// What this phone's key answers.
    #[serde(default)]
    key_challenge: String,
    #[serde(with = "serde_bytes")]
    parcel_key: Vec<u8>,
}

/// What the new phone shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShownCode {
    /// The digits of the QR code.
    pub text: String,
    /// Six digits that the old phone shows, too, before it asks for the PIN.
    pub check_digits: String,
    /// Seconds for which it is good.
    pub expires_in: u32,
}

/// A new phone, as the old one reads it from the new one's screen.
#[derive(Debug, Clone)]
pub struct NewPhone {
    code: NewPhoneCode,
    /// What its owner calls it.
    pub name: String,
    /// Six digits that the new phone shows, too: where they differ, somebody swapped the code.
    pub check_digits: String,
}

/// What came with the account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Received {
    /// Entries of the old phone's history, now in this one's.
    pub history: u64,
    /// Older entries that did not fit and stay on no phone; the old phone can export them before.
    pub left_out: u64,
    /// Credentials to be obtained with [`Account::obtain_carried`].
    pub credentials: u64,
    /// Documents of the account's provider, to be obtained with the same.
    pub documents: u64,
    /// Documents of other issuers, which the old phone held: this one gets them from their issuers alone.
    pub other_issuers: u64,
    /// False where the parcel was missing or could not be opened: the account is here, the rest is not.
    pub opened: bool,
}

#[derive(Deserialize)]
struct Given {
    expires_in: u32,
}

#[derive(Deserialize)]
struct Claimed {
    account: String,
    sealed: Option<String>,
}

impl Account<'_> {
    /// On the new phone: the code to show. The same as before while that is fresh.
    ///
    /// # Errors
    /// [`AccountError::AlreadyActive`] where this phone has an account; [`AccountError::BadTransferCode`] for a name that is
    /// empty, longer than 64 bytes or has control characters.
    pub async fn receive(
        self,
        provider: &Provider,
        device_name: &str,
        now: Timestamp,
    ) -> Result<ShownCode, Error> {
        if let Some(shown) = self.shown_code(provider, device_name, now)? {
            return Ok(shown);
        }
        let (client, trust_root) = self.reach(provider, now).await?;
        let (key_challenge, server_time) = key_challenge(&client, &provider.url).await?;
        let parcel_key = ParcelKey::generate().map_err(|_| StoreError::Random)?;
        let key = self.wallet.keys.create(&self.wallet.vault, POLICY, key_challenge.as_bytes())?;
        let record = new_record(provider, &trust_root, key.id(), device_name, Stage::Receiving);
        let code = code(*key.key()?.public(), &parcel_key, server_time, device_name);
        let shown = shown(&code, 0)?;
        let parcel_key = parcel_key.private_octets().expose().to_vec();
        let receiving = Receiving { made_at: server_time, key_challenge, parcel_key };
        self.begin_with(key, record, server_time, now, |change| {
            Ok(change.put(Table::Setting, RECEIVING, &receiving)?)
        })?;
        Ok(shown)
    }

    /// The code that this phone shows already.
    fn shown_code(
        &self,
        provider: &Provider,
        name: &str,
        now: Timestamp,
    ) -> Result<Option<ShownCode>, Error> {
        let (record, receiving) = {
            let store = self.wallet.vault.store();
            (AccountRecord::load(&store).ok(), store.read::<Receiving>(Table::Setting, RECEIVING)?)
        };
        let (Some(record), Some(receiving)) = (record, receiving) else { return Ok(None) };
        let age = record.corrected_forward(now).as_unix() - receiving.made_at;
        let same =
            record.stage == Stage::Receiving && record.provider == provider.url && record.device_name == name;
        if !same || !(0..FRESH).contains(&age) {
            return Ok(None);
        }
        let key = match departure::instance_key(self.wallet, &record) {
            Err(Error::Key(KeyError::Lost)) => return Ok(None),
            key => key?,
        };
        let parcel_key = receiving.parcel_key()?;
        shown(&code(*key.public(), &parcel_key, receiving.made_at, name), age).map(Some)
    }

    /// On the old phone: what the code says, to be shown to the person before [`Account::hand_over`].
    ///
    /// # Errors
    /// [`AccountError::BadTransferCode`], [`AccountError::TransferCodeOld`].
    pub fn read_new_phone(self, scanned: &str, now: Timestamp) -> Result<NewPhone, Error> {
        let record = AccountRecord::load(&self.wallet.vault.store())?;
        let bad = |_| AccountError::BadTransferCode;
        let code = NewPhoneCode::parse(scanned).map_err(bad)?;
        let age = record.corrected(now).seconds_since(code.made_at);
        if !(-60..FRESH).contains(&age) {
            return Err(AccountError::TransferCodeOld.into());
        }
        Ok(NewPhone { name: code.name.clone(), check_digits: code.check_digits().map_err(bad)?, code })
    }

    /// On the old phone: hands the account over; gives the seconds in which the new phone has to claim it. Until it does this
    /// phone stays in use; then the next contact empties it.
    ///
    /// # Errors
    /// `account.wrong_pin` and its like; [`AccountError::NoPin`]: without a PIN an account moves by the card alone.
    pub async fn hand_over(self, to: &NewPhone, pin: &Pin, now: Timestamp) -> Result<u32, Error> {
        let inner = Inner::with(&self, pin, now).await?;
        let mut contact = Contact::of(self.wallet)?;
        let parcel = Parcel::pack(&self.wallet.vault.store(), &contact.record.provider)?.encode()?;
        let info = info(&contact.record.provider, &to.code.instance_key);
        let sealed = new_phone::seal(&parcel, &to.code.parcel_key, &info)
            .map_err(|_| AccountError::BadTransferCode)?;
        let members = |numbered: &Numbered<'_>| {
            Map::from_iter([
                ("new_key".to_owned(), Jwk::new(to.code.instance_key).to_json()),
                ("device_name".to_owned(), json!(to.name)),
                ("sealed".to_owned(), json!(URL_SAFE_NO_PAD.encode(&sealed))),
                ("pin".to_owned(), json!(inner.sign(numbered))),
            ])
        };
        let challenge = contact.challenge().await?;
        let leaving = HandingOver { to: to.name.clone() };
        let note = |change: &mut Change<'_>| change.put(Table::Setting, HANDING_OVER, &leaving);
        let call = ("/account/hand-over", "hand_over");
        let answer = contact.ask_noting::<Given>(challenge, call, members, now, note).await;
        let stands = answer.as_ref().map_or_else(may_stand, |_| true);
        self.wallet.vault.change(|change| {
            if !stands {
                change.delete(Table::Setting, HANDING_OVER)?;
            }
            Ok(note_handed_over(change, now)?)
        })?;
        Ok(self.wallet.note_refusal(Action::Move, now, answer)?.expires_in)
    }

    /// On the new phone: claims the account. To be called until it succeeds or the code is over. What the platform says of this
    /// phone's key goes with it.
    ///
    /// # Errors
    /// [`AccountError::NotHandedOver`] where the old phone has not handed it over (yet).
    pub async fn claim(self, now: Timestamp) -> Result<Received, Error> {
        let mut contact = Contact::of_new_phone(self.wallet)?;
        if contact.record.stage != Stage::Receiving {
            return Err(AccountError::NotInUse.into());
        }
        let receiving = self.wallet.vault.store().read::<Receiving>(Table::Setting, RECEIVING)?;
        let receiving = receiving.ok_or(StoreError::Record)?;
        let parcel_key = receiving.parcel_key()?;
        let mut members = Map::new();
        if let Some(handed) = handed(&contact.key, POLICY) {
            members.insert("attestation".to_owned(), handed);
            members.insert("key_challenge".to_owned(), json!(receiving.key_challenge));
        }
        let claimed = contact
            .ask::<Claimed>("/account/hand-over/claim", "hand_over_claim", members, now)
            .await
            .map_err(|error| match error.code() {
                "account.no_hand_over" => AccountError::NotHandedOver.into(),
                _ => error,
            });
        let claimed = self.wallet.note_refusal(Action::Move, now, claimed)?;
        let info = info(&contact.record.provider, contact.key.public());
        let parcel = claimed.sealed.and_then(|sealed| {
            let sealed = URL_SAFE_NO_PAD.decode(sealed).ok()?;
            Parcel::decode(parcel_key.open(&sealed, &info).ok()?.expose())
        });
        self.take(claimed.account, parcel, now)
    }

    /// The account, its history and what is to be obtained become this phone's in one transaction.
    fn take(&self, account: String, parcel: Option<Parcel>, now: Timestamp) -> Result<Received, Error> {
        let opened = parcel.is_some();
        let parcel = parcel.unwrap_or_default();
        let count = |length: usize| u64::try_from(length).unwrap_or(u64::MAX);
        let received = Received {
            history: count(parcel.history.len()),
            left_out: parcel.left_out,
            credentials: count(parcel.credentials.len()),
            documents: count(parcel.documents.len()),
            other_issuers: parcel.other_issuers,
            opened,
        };
        let carried = parcel.carried();
        self.wallet.vault.change(|change| {
            let mut record: AccountRecord =
                change.read(Table::Account, ACCOUNT)?.ok_or(AccountError::NoAccount)?;
            let standing = record.standing().after(Turn::HandedOver).map_err(|_| AccountError::NotInUse)?;
            record.set_standing(standing);
            (record.account, record.level_unsaid) = (account, true);
            change.put(Table::Account, ACCOUNT, &record)?;
            for entry in parcel.history {
                append(change, Timestamp::from_unix(entry.at), entry.event)?;
            }
            append(change, now, Event::PhoneTaken)?;
            change.delete(Table::Setting, RECEIVING)?;
            Ok(carried::keep(change, &carried)?)
        })?;
        Ok(received)
    }
}

impl Receiving {
    fn parcel_key(&self) -> Result<ParcelKey, StoreError> {
        let octets = self.parcel_key.as_slice().try_into().ok();
        octets.and_then(ParcelKey::from_octets).ok_or(StoreError::Record)
    }
}

/// Whether the provider may have done what this came of: it answered nothing that says otherwise.
fn may_stand(error: &Error) -> bool {
    match error {
        Error::Network(http_client::Error::NoNetwork(NoNetworkReason::Unreachable)) => false,
        Error::Network(_) => error.server_code() == ServerCode::None,
        _ => false,
    }
}

/// Writes into the history that this phone handed the account over, where that left it and its answer was read or lost.
pub(super) fn note_handed_over(change: &mut Change<'_>, now: Timestamp) -> Result<(), StoreError> {
    let Some(HandingOver { to }) = change.read(Table::Setting, HANDING_OVER)? else { return Ok(()) };
    change.delete(Table::Setting, HANDING_OVER)?;
    append(change, now, Event::HandedOver { to }).map(drop)
}

/// Forgets what was begun, with the account it was for.
pub(super) fn forget(change: &mut Change<'_>) -> Result<(), StoreError> {
    change.delete(Table::Setting, HANDING_OVER)?;
    change.delete(Table::Setting, RECEIVING)?;
    carried::forget(change)
}

fn code(instance_key: PublicKey, parcel_key: &ParcelKey, made_at: i64, name: &str) -> NewPhoneCode {
    let made_at = Timestamp::from_unix(made_at);
    NewPhoneCode { instance_key, parcel_key: *parcel_key.public(), made_at, name: name.to_owned() }
}

fn shown(code: &NewPhoneCode, age: i64) -> Result<ShownCode, Error> {
    let bad = |_| AccountError::BadTransferCode;
    Ok(ShownCode {
        text: code.to_text().map_err(bad)?,
        check_digits: code.check_digits().map_err(bad)?,
        expires_in: u32::try_from(FRESH - age).unwrap_or_default(),
    })
}

/// Binds the parcel to the provider and to the phone that is to open it.
fn info(provider: &str, instance_key: &PublicKey) -> Vec<u8> {
    [&b"sen parcel 1"[..], &Jwk::new(*instance_key).thumbprint(), provider.as_bytes()].concat()
}
