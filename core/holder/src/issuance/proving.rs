//! How new keys are proven to an issuer: each by its own signature, or all by the word of the account's provider (OpenID4VCI 1.0,
//! appendices D and F).

use credential::jose::{Jwk, compact, signing_input};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use trust::time::Timestamp;

use super::IssuanceError;
use crate::Error;
use crate::account::message::Contact;
use crate::keys::NewKey;
use crate::ports::KeyPolicy;
use crate::wallet::Wallet;

#[derive(Deserialize)]
struct KeysAttested {
    key_attestation: String,
}

/// How the keys of one configuration are proven.
pub(super) enum Proving<'w> {
    /// Each key signs.
    Possession,
    /// One key signs, and the provider vouches for all.
    Attested(Box<Contact<'w>>, Timestamp),
    /// The same for the keys of each policy by themselves: of keys together the provider says no more than what holds for the least of
    /// them.
    AttestedByPolicy(Box<Contact<'w>>, Timestamp),
    /// The provider vouches for all.
    AttestationAlone(Box<Contact<'w>>, Timestamp),
}

impl<'w> Proving<'w> {
    /// A new key of each of these policies, to be proven so, in this order.
    pub(super) async fn new_keys(
        &mut self,
        wallet: &'w Wallet,
        policies: &[KeyPolicy],
    ) -> Result<Vec<NewKey<'w>>, Error> {
        let (contact, now) = match self {
            Self::Possession => {
                let new_key = |policy: &KeyPolicy| wallet.keys.create_as_able(&wallet.vault, *policy, &[]);
                return policies.iter().map(new_key).collect();
            }
            Self::Attested(contact, now)
            | Self::AttestedByPolicy(contact, now)
            | Self::AttestationAlone(contact, now) => (contact, *now),
        };
        match contact.new_keys(policies, now).await? {
            (keys, true) => Ok(keys),
            (_, false) => Err(IssuanceError::AttestationUnavailable.into()),
        }
    }

    /// The member `proofs` of a request for a credential for each key, with the issuer's nonce in it.
    pub(super) async fn proofs(
        &mut self,
        keys: &[NewKey<'_>],
        claims: &Value,
        nonce: Option<&str>,
    ) -> Result<Value, Error> {
        let all: Vec<&NewKey<'_>> = keys.iter().collect();
        let (contact, now, groups) = match self {
            Self::Possession => {
                let proofs = keys.iter().map(|key| proof(key, claims, None));
                return Ok(json!({"jwt": proofs.collect::<Result<Vec<_>, _>>()?}));
            }
            Self::AttestationAlone(contact, now) => {
                return Ok(json!({"attestation": [attestation(contact, &all, nonce, *now).await?]}));
            }
            Self::Attested(contact, now) => (contact, *now, vec![all]),
            Self::AttestedByPolicy(contact, now) => (contact, *now, by_policy(&all)),
        };
        let mut proofs = Vec::with_capacity(groups.len());
        for group in groups {
            let attestation = attestation(contact, &group, nonce, now).await?;
            // One signature is enough; that of an approval key would prompt.
            let quiet = group.iter().find(|key| key.policy() == KeyPolicy::Presentation);
            let signer = quiet.or(group.first()).ok_or(IssuanceError::AttestationUnavailable)?;
            proofs.push(proof(signer, claims, Some(&attestation))?);
        }
        Ok(json!({"jwt": proofs}))
    }
}

/// The keys of each policy that there are keys of.
fn by_policy<'k, 'w>(keys: &[&'k NewKey<'w>]) -> Vec<Vec<&'k NewKey<'w>>> {
    let of = |policy| keys.iter().copied().filter(|key| key.policy() == policy).collect::<Vec<_>>();
    let groups = [KeyPolicy::Presentation, KeyPolicy::Approval].map(of);
    groups.into_iter().filter(|group| !group.is_empty()).collect()
}

/// What the provider says of these keys.
async fn attestation(
    contact: &mut Contact<'_>,
    keys: &[&NewKey<'_>],
    nonce: Option<&str>,
    now: Timestamp,
) -> Result<String, Error> {
    let jwks =
        keys.iter().map(|key| Ok(Jwk::new(*key.key()?.public()))).collect::<Result<Vec<_>, Error>>()?;
    let mut members = Map::from_iter([("keys".to_owned(), json!(jwks))]);
    members.extend(nonce.map(|nonce| ("nonce".to_owned(), Value::from(nonce))));
    let attested: KeysAttested =
        contact.ask("/account/key-attestation", "key_attestation", members, now).await?;
    Ok(attested.key_attestation)
}

/// Key proof (appendix F.1). No `iss` where the token is of nobody in particular.
fn proof(key: &NewKey<'_>, claims: &Value, attestation: Option<&str>) -> Result<String, Error> {
    let key = key.key()?;
    let mut header = json!({"alg": "ES256", "typ": "openid4vci-proof+jwt", "jwk": Jwk::new(*key.public())});
    if let (Some(attestation), Some(members)) = (attestation, header.as_object_mut()) {
        members.insert("key_attestation".to_owned(), json!(attestation));
    }
    let input = signing_input(&header, claims);
    Ok(compact(&input, &key.sign(input.as_bytes())?))
}
