//! Keys that a phone's platform vouches for, and what the nation, as the wallets' provider, signs of them for issuers.
mod keys;
mod provider;

use std::sync::atomic::{AtomicBool, Ordering};

use axum::extract::State;
use serde::Deserialize;
use serde_json::json;
use trust::attestation::{AndroidPolicy, ApplePolicy};

use super::Shared;
use super::answer::{Answer, fresh};
use super::body::Body;
pub(super) use keys::{keep, of_instance, of_new_phone};
pub(super) use provider::{attest_keys, key_attestation, wallet_attestation};

/// The makers of phones whose word is believed; without any no key is ever attested.
#[derive(Clone, Debug, Default)]
pub struct PhoneMakers {
    /// Android Key Attestation.
    pub android: Option<AndroidPolicy>,
    /// Apple App Attest.
    pub apple: Option<ApplePolicy>,
}

/// What the issuer demands of wallets; nothing at first.
#[derive(Debug, Default)]
pub(super) struct Demands {
    client: AtomicBool,
    keys: AtomicBool,
    attestation_alone: AtomicBool,
}

#[derive(Deserialize)]
struct Demanded {
    /// Wallets must prove whose they are.
    client: bool,
    /// Keys must be attested.
    keys: bool,
    /// The proof type `attestation` instead of `jwt`.
    alone: bool,
}

impl Demands {
    pub(super) fn client(&self) -> bool {
        self.client.load(Ordering::SeqCst)
    }

    pub(super) fn keys(&self) -> bool {
        self.keys.load(Ordering::SeqCst)
    }

    /// Whether keys are proven by an attestation alone.
    pub(super) fn attestation_alone(&self) -> bool {
        self.attestation_alone.load(Ordering::SeqCst)
    }
}

/// The operator decides what the issuer demands.
pub(super) async fn demand(State(nation): State<Shared>, body: Body) -> Answer {
    let demanded: Demanded = body.json("invalid_request")?;
    nation.demands.client.store(demanded.client, Ordering::SeqCst);
    nation.demands.keys.store(demanded.keys, Ordering::SeqCst);
    nation.demands.attestation_alone.store(demanded.alone, Ordering::SeqCst);
    Ok(fresh(json!({"done": true})))
}
