//! What the device's platform says of keys, as the account's provider takes it.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use credential::jose::Jwk;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use trust::time::Timestamp;

use crate::Error;
use crate::account::message::Contact;
use crate::keys::{NewKey, SigningKey};
use crate::ports::{KeyAttestation, KeyPolicy};

#[derive(Deserialize)]
struct Taken {
    attested: usize,
}

/// A key as it is handed in; nothing where no platform vouches for it.
pub(crate) fn handed(key: &SigningKey, policy: KeyPolicy) -> Option<Value> {
    let encode = |bytes: &Vec<u8>| URL_SAFE_NO_PAD.encode(bytes);
    let (platform, said) = match key.attestation() {
        KeyAttestation::None => return None,
        KeyAttestation::Android(chain) => ("android", json!(chain.iter().map(encode).collect::<Vec<_>>())),
        KeyAttestation::Apple(object) => ("apple", json!(encode(&object))),
        KeyAttestation::AppleAssertion(assertion) => ("apple_assertion", json!(encode(&assertion))),
    };
    let policy = match policy {
        KeyPolicy::Presentation => "presentation",
        KeyPolicy::Approval => "approval",
    };
    Some(json!({"jwk": Jwk::new(*key.public()), "policy": policy, platform: said}))
}

impl<'w> Contact<'w> {
    /// Whether this device's platform vouches for keys: it did for the account's.
    pub(crate) fn has_attested_device(&self) -> bool {
        !matches!(self.key.attestation(), KeyAttestation::None)
    }

    /// Makes a key of each policy that answers a challenge of the provider, and hands in what the platform says of them. Whether it
    /// says anything is the second answer: all are attested, or none.
    pub(crate) async fn new_keys(
        &mut self,
        policies: &[KeyPolicy],
        now: Timestamp,
    ) -> Result<(Vec<NewKey<'w>>, bool), Error> {
        let (wallet, challenge) = (self.wallet, self.challenge().await?);
        let new_key =
            |policy: &KeyPolicy| wallet.keys.create_as_able(&wallet.vault, *policy, challenge.as_bytes());
        let keys = policies.iter().map(new_key).collect::<Result<Vec<_>, _>>()?;
        let handed = keys
            .iter()
            .map(|key| Ok(handed(key.key()?, key.policy())))
            .collect::<Result<Option<Vec<_>>, Error>>()?;
        let Some(handed) = handed else { return Ok((keys, false)) };
        let members = Map::from_iter([("keys".to_owned(), json!(handed))]);
        let taken: Taken =
            self.ask_answering(challenge, "/account/attest", "attest_keys", |_| members, now).await?;
        Ok((keys, taken.attested == policies.len()))
    }
}
