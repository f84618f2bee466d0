//! Signed messages to the identity provider: one challenge each, numbered without repetition, signed by the instance key.

use credential::jose::{Jwk, compact, signing_input};
use http_client::{Client, Request};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use trust::time::Timestamp;

use crate::Error;
use crate::account::record::{ACCOUNT, AccountRecord};
use crate::account::{AccountError, departure, transfer};
use crate::attestation::handed;
use crate::keys::{NewKey, SigningKey};
use crate::ports::KeyPolicy;
use crate::store::{Change, StoreError, Table};
use crate::wallet::Wallet;

/// A line to the account's provider.
pub(crate) struct Contact<'w> {
    pub(crate) wallet: &'w Wallet,
    pub(crate) client: Client,
    pub(crate) record: AccountRecord,
    pub(crate) key: SigningKey,
}

#[derive(Deserialize)]
pub(crate) struct Challenge {
    challenge: String,
    server_time: i64,
}

impl Challenge {
    /// What keys answer that are made before the message.
    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.challenge.as_bytes()
    }
}

#[derive(Serialize)]
struct Envelope {
    jws: String,
}

impl<'w> Contact<'w> {
    /// To the provider of the account that the wallet holds.
    ///
    /// # Errors
    /// [`AccountError::Replaced`] and the like where this phone is not the account's any more; nothing is sent then.
    pub(crate) fn of(wallet: &'w Wallet) -> Result<Self, Error> {
        let contact = Self::of_new_phone(wallet)?;
        // Without the provider's name for it there is nothing to say about the account.
        if contact.record.account.is_empty() { Err(AccountError::NotInUse.into()) } else { Ok(contact) }
    }

    /// The same for a phone that may not know yet what the provider calls the account.
    pub(crate) fn of_new_phone(wallet: &'w Wallet) -> Result<Self, Error> {
        let record = AccountRecord::load(&wallet.vault.store())?;
        departure::refuse_departed(record.stage)?;
        let client = wallet.client(&record.roots_pem)?;
        let key = departure::instance_key(wallet, &record)?;
        Ok(Self { wallet, client, record, key })
    }

    /// Sends one instruction for the account.
    pub(crate) async fn ask<T: DeserializeOwned>(
        &mut self,
        path: &str,
        operation: &str,
        members: Map<String, Value>,
        now: Timestamp,
    ) -> Result<T, Error> {
        self.ask_signed(path, operation, |_| members, now).await
    }

    /// Sends one instruction whose members depend on its challenge and number.
    pub(crate) async fn ask_signed<T: DeserializeOwned>(
        &mut self,
        path: &str,
        operation: &str,
        members: impl FnOnce(&Numbered<'_>) -> Map<String, Value>,
        now: Timestamp,
    ) -> Result<T, Error> {
        let challenge = self.challenge().await?;
        self.ask_answering(challenge, path, operation, members, now).await
    }

    /// A challenge for one message.
    pub(crate) async fn challenge(&self) -> Result<Challenge, Error> {
        fetch_challenge(&self.client, &self.record.provider).await
    }

    /// Sends one instruction that answers this challenge.
    pub(crate) async fn ask_answering<T: DeserializeOwned>(
        &mut self,
        challenge: Challenge,
        path: &str,
        operation: &str,
        members: impl FnOnce(&Numbered<'_>) -> Map<String, Value>,
        now: Timestamp,
    ) -> Result<T, Error> {
        self.ask_noting(challenge, (path, operation), members, now, |_| Ok(())).await
    }

    /// The same for an instruction of which something has to stand written before it leaves; that goes with its number.
    pub(crate) async fn ask_noting<T: DeserializeOwned>(
        &mut self,
        challenge: Challenge,
        (path, operation): (&str, &str),
        members: impl FnOnce(&Numbered<'_>) -> Map<String, Value>,
        now: Timestamp,
        note: impl FnOnce(&mut Change<'_>) -> Result<(), StoreError>,
    ) -> Result<T, Error> {
        let (record, wallet) = (&mut self.record, self.wallet);
        let _turn = wallet.instruction.lock().await;
        wallet.vault.change(|change| {
            // Another process may have sent something since.
            let kept: Option<AccountRecord> = change.read(Table::Account, ACCOUNT)?;
            if let Some(kept) = kept.filter(|kept| kept.instance_key == record.instance_key) {
                *record = kept;
            }
            record.sequence += 1;
            record.learn_time(challenge.server_time, now);
            change.put(Table::Account, ACCOUNT, record)?;
            transfer::note_handed_over(change, now)?;
            Ok(note(change)?)
        })?;
        let numbered = Numbered {
            audience: &self.record.provider,
            operation,
            account: &self.record.account,
            challenge: &challenge.challenge,
            sequence: self.record.sequence,
        };
        let mut members = members(&numbered);
        if !self.record.account.is_empty() {
            members.insert("account".to_owned(), json!(self.record.account));
        }
        let message = Message {
            operation,
            sequence: self.record.sequence,
            challenge: &challenge.challenge,
            sent_at: challenge.server_time,
            members,
        };
        let answer = send(&self.client, &self.record.provider, path, message, &self.key).await;
        answer.map_err(|error| departure::learn(self.wallet, &self.record.instance_key, error, now))
    }
}

/// What makes an instruction unlike every other.
pub(crate) struct Numbered<'a> {
    pub(crate) audience: &'a str,
    pub(crate) operation: &'a str,
    pub(crate) account: &'a str,
    pub(crate) challenge: &'a str,
    pub(crate) sequence: u64,
}

/// What an instruction says besides its signature.
pub(crate) struct Message<'a> {
    pub(crate) operation: &'a str,
    pub(crate) sequence: u64,
    pub(crate) challenge: &'a str,
    pub(crate) sent_at: i64,
    pub(crate) members: Map<String, Value>,
}

/// Opens an account: there is no record yet, and this is message number 1. The account's key is made here, in answer to the
/// challenge, and what the platform says of it goes with the message. Gives the answer, the server's time and the key.
pub(crate) async fn first<'w, T: DeserializeOwned>(
    wallet: &'w Wallet,
    client: &Client,
    provider: &str,
    (path, operation): (&str, &str),
    mut members: Map<String, Value>,
) -> Result<(T, i64, NewKey<'w>), Error> {
    let challenge = fetch_challenge(client, provider).await?;
    let policy = KeyPolicy::Presentation;
    let key = wallet.keys.create(&wallet.vault, policy, challenge.as_bytes())?;
    let signing = key.key()?.clone();
    members.extend(handed(&signing, policy).map(|handed| ("attestation".to_owned(), handed)));
    let sent_at = challenge.server_time;
    let message = Message { operation, sequence: 1, challenge: &challenge.challenge, sent_at, members };
    Ok((send(client, provider, path, message, &signing).await?, sent_at, key))
}

/// A challenge for a key that is made before there is a message to the provider, and the provider's clock.
pub(crate) async fn key_challenge(client: &Client, provider: &str) -> Result<(String, i64), Error> {
    let given = fetch(client, provider, "/account/key-challenge").await?;
    Ok((given.challenge, given.server_time))
}

async fn fetch_challenge(client: &Client, provider: &str) -> Result<Challenge, Error> {
    fetch(client, provider, "/account/challenge").await
}

async fn fetch(client: &Client, provider: &str, path: &str) -> Result<Challenge, Error> {
    let request = Request::post(&format!("{provider}{path}"))?.idempotent();
    Ok(client.fetch(request).await?.json()?)
}

async fn send<T: DeserializeOwned>(
    client: &Client,
    provider: &str,
    path: &str,
    message: Message<'_>,
    key: &SigningKey,
) -> Result<T, Error> {
    let header = json!({"alg": "ES256", "typ": "sen-account+jwt", "jwk": Jwk::new(*key.public())});
    let mut payload = message.members;
    payload.insert("aud".to_owned(), json!(provider));
    payload.insert("op".to_owned(), json!(message.operation));
    payload.insert("challenge".to_owned(), json!(message.challenge));
    payload.insert("seq".to_owned(), json!(message.sequence));
    payload.insert("iat".to_owned(), json!(message.sent_at));
    let input = signing_input(&header, &Value::Object(payload));
    let jws = compact(&input, &key.sign(input.as_bytes())?);
    let request = Request::post_json(&format!("{provider}{path}"), &Envelope { jws })?;
    Ok(client.fetch(request).await?.json()?)
}
