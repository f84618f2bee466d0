//! Which wallet pushes a request or asks for a token: attestation-based client authentication (OpenID4VCI 1.0, appendix E).
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use axum::http::{HeaderMap, StatusCode};
use credential::attestation::{AttestationError, LONGEST_POP_AGE, SKEW, VerifiedWalletAttestation};
use serde_json::json;

use super::super::Nation;
use super::super::answer::Refusal;

/// More names are not kept; whoever asks then must wait.
const MOST: usize = 100_000;

/// The names of the proofs that were used, until they would be too old anyway.
#[derive(Default)]
pub(in super::super) struct UsedProofs(Mutex<HashMap<String, i64>>);

impl UsedProofs {
    /// Whether this name is used for the first time.
    fn is_first(&self, jti: &str, now: i64) -> Result<bool, Refusal> {
        let mut used = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if used.len() >= MOST {
            used.retain(|_, until| *until > now);
            if used.len() >= MOST {
                return Err(Refusal::wait("slow_down", "too many are asking at the moment", 5));
            }
        }
        Ok(used.insert(jti.to_owned(), now + LONGEST_POP_AGE + SKEW).is_none_or(|until| until <= now))
    }
}

fn refused(error: AttestationError) -> Refusal {
    let refusal = Refusal::new("invalid_client_attestation", "the wallet's attestation is not believed");
    refusal.with("detail", json!(error.to_string()))
}

/// The `client_id` of the wallet that sent these headers; none for a wallet that sent nothing where nothing is demanded.
pub(in super::super) fn authenticate(
    nation: &Nation,
    headers: &HeaderMap,
    named: Option<&str>,
) -> Result<Option<String>, Refusal> {
    let one = |name: &str| {
        let mut values = headers.get_all(name).iter();
        let value = values.next().and_then(|value| value.to_str().ok());
        value.filter(|_| values.next().is_none())
    };
    let (attestation, pop) = (one("oauth-client-attestation"), one("oauth-client-attestation-pop"));
    let (Some(attestation), Some(pop)) = (attestation, pop) else {
        if !nation.demands.client() && attestation.is_none() && pop.is_none() {
            return Ok(None);
        }
        let text = "this server knows wallets by their attestation";
        return Err(Refusal::new("invalid_client", text).of_status(StatusCode::BAD_REQUEST));
    };
    let now = nation.now();
    let wallet =
        VerifiedWalletAttestation::verify(attestation, &nation.wallet_providers, now).map_err(refused)?;
    let pop = wallet.verify_pop(pop, &nation.url, now).map_err(refused)?;
    if named.is_some_and(|named| named != wallet.client_id()) {
        return Err(Refusal::new("invalid_client", "the attestation is of another client"));
    }
    if !nation.used_proofs.is_first(pop.jti(), now.as_unix())? {
        return Err(Refusal::new("invalid_client_attestation", "this proof of possession was used before"));
    }
    let is_fresh =
        pop.challenge().is_some_and(|challenge| nation.client_challenges.take(challenge, "", now.as_unix()));
    if !is_fresh {
        return Err(Refusal::new(
            "use_attestation_challenge",
            "the proof answers no challenge of this server",
        ));
    }
    Ok(Some(wallet.client_id().to_owned()))
}
