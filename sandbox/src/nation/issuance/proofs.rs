//! The proofs of a credential request (OpenID4VCI 1.0, appendix F): `jwt`, with or without a key attestation, and `attestation`.
use std::collections::BTreeSet;

use credential::attestation::VerifiedKeyAttestation;
use credential::jose::{Jwk, Jws};
use serde_json::{Map, Value, json};
use trust::p256::PublicKey;

use super::super::Nation;
use super::super::answer::Refusal;

const LONGEST_PROOF: usize = 32 * 1024;
/// Seconds by which a wallet's clock may be off.
const SKEW: u64 = 300;

/// A key that a wallet holds, and what a provider says of it.
pub(super) struct ProvenKey {
    pub(super) jwk: Jwk,
    /// Claim 83: the highest authentication level that its signatures can stand for.
    pub(super) level_policy: Option<u8>,
}

/// One proof: its keys, its nonce, which is not looked up yet.
struct One {
    keys: Vec<ProvenKey>,
    nonce: String,
}

const BAD_NUMBER: Refusal = Refusal::new("invalid_proof", "as many right proofs as copies are needed");
const BAD: Refusal = Refusal::new("invalid_proof", "a proof is wrong");
const OLD_NONCE: Refusal = Refusal::new("invalid_nonce", "the nonce is unknown, used or too old");
const NOT_ATTESTED: Refusal = Refusal::new("invalid_proof", "the keys must be attested");

/// The keys that the proofs show the wallet to hold, each by a proof of its own or by one that attests several; all with one nonce, no key
/// twice. What is attested of some keys is not said of others.
pub(super) fn proven(
    nation: &Nation,
    proofs: Option<&Map<String, Value>>,
    client: Option<&str>,
    most: usize,
) -> Result<Vec<ProvenKey>, Refusal> {
    let (kind, proofs) = proofs
        .filter(|proofs| proofs.len() == 1)
        .and_then(|proofs| proofs.iter().next())
        .ok_or(BAD_NUMBER)?;
    let proofs = proofs.as_array().filter(|proofs| (1..=most).contains(&proofs.len())).ok_or(BAD_NUMBER)?;
    let texts = proofs.iter().map(Value::as_str).collect::<Option<Vec<_>>>().ok_or(BAD_NUMBER)?;
    let all = match (kind.as_str(), texts.as_slice(), nation.demands.attestation_alone()) {
        ("attestation", [attestation], true) => vec![attested(nation, attestation)?],
        ("jwt", texts, false) => {
            texts.iter().map(|proof| by_jwt(nation, proof, client)).collect::<Result<Vec<_>, _>>()?
        }
        _ => return Err(BAD_NUMBER),
    };
    let mut nonces: BTreeSet<_> = all.iter().map(|one| one.nonce.clone()).collect();
    let keys: Vec<ProvenKey> = all.into_iter().flat_map(|one| one.keys).collect();
    let is_twice =
        keys.iter().enumerate().any(|(at, key)| keys.iter().take(at).any(|earlier| earlier.jwk == key.jwk));
    if keys.len() > most || is_twice {
        return Err(BAD_NUMBER);
    }
    let now = nation.now().as_unix();
    match nonces.pop_first() {
        Some(nonce) if nonces.is_empty() && nation.c_nonces.take(&nonce, "", now) => Ok(keys),
        _ => Err(OLD_NONCE),
    }
}

/// The keys of one `jwt` proof: its own, or those of the attestation that it brings.
fn by_jwt(nation: &Nation, proof: &str, client: Option<&str>) -> Result<One, Refusal> {
    let jws = Jws::parse(proof, LONGEST_PROOF)
        .and_then(|jws| jws.of_type("openid4vci-proof+jwt"))
        .map_err(|_| BAD)?;
    let named = jws.header().members().clone();
    let key = jws.header().jwk().cloned().ok_or(BAD)?;
    if named.contains_key("kid") || named.contains_key("x5c") {
        return Err(BAD);
    }
    let verified = jws.verify(key.key()).map_err(|_| BAD)?;
    let text = |name: &str| verified.claims().get(name).and_then(Value::as_str);
    let now = nation.now().as_unix();
    let sent = verified.claims().get("iat").and_then(Value::as_i64);
    if text("aud") != Some(&nation.url) || sent.is_none_or(|sent| sent.abs_diff(now) > SKEW) {
        return Err(BAD);
    }
    // Where the token came without a client's authentication, there is no client to be named.
    if verified.claims().contains_key("iss") != client.is_some() || text("iss") != client {
        return Err(BAD);
    }
    let nonce = text("nonce").unwrap_or_default().to_owned();
    match named.get("key_attestation") {
        None if nation.demands.keys() => Err(NOT_ATTESTED),
        None => Ok(One { keys: vec![ProvenKey { jwk: key, level_policy: None }], nonce }),
        Some(attestation) => {
            let one = attested(nation, attestation.as_str().ok_or(BAD)?)?;
            // Appendix D.1: the proof is by one of the attested keys; appendix F.1: with the same nonce.
            if !one.keys.iter().any(|attested| attested.jwk == key) {
                return Err(Refusal::new("invalid_proof", "the proof is by a key that is not attested"));
            }
            if one.nonce != nonce {
                return Err(OLD_NONCE);
            }
            Ok(one)
        }
    }
}

/// What a provider of wallets says of keys.
fn attested(nation: &Nation, attestation: &str) -> Result<One, Refusal> {
    let refused = Refusal::new("invalid_proof", "the key attestation is not believed");
    let read = VerifiedKeyAttestation::verify(attestation, &nation.wallet_providers, nation.now());
    let read = read.map_err(|error| refused.with("detail", json!(error.to_string())))?;
    let key = |key: &PublicKey| ProvenKey { jwk: Jwk::new(*key), level_policy: read.level_policy() };
    let nonce = read.nonce().ok_or(OLD_NONCE)?.to_owned();
    Ok(One { keys: read.keys().iter().map(key).collect(), nonce })
}
