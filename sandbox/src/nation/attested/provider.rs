//! The wallets' provider: what a platform says comes in, and what issuers everywhere read goes out.
use axum::extract::State;
use credential::attestation::{KeyAttestationDraft, Resistance, WalletAttestationDraft};
use serde::Deserialize;
use serde_json::{Value, json};

use super::super::account::change_account;
use super::super::answer::{Answer, Refusal, fresh};
use super::super::body::Body;
use super::super::message::Message;
use super::super::{CLIENT_ID, Shared};
use super::keys::{Handed, MALFORMED, app_attest_key, jwks, keep, kept, verify};

/// More keys are not handed in at a time.
const MOST_KEYS: usize = 10;
/// Seconds that a key attestation is good for: it is used at once.
const KEYS_LIFE: i64 = 300;
/// Seconds that a wallet attestation is good for; a wallet asks for one for each issuer.
const WALLET_LIFE: i64 = 3600;

/// Keeps what platforms say of keys that answer the message's challenge.
pub(in super::super) async fn attest_keys(State(nation): State<Shared>, body: Body) -> Answer {
    let message = Message::receive(&nation, &body, &["attest_keys"])?;
    let account = message.account(&nation)?.active()?;
    let handed = message.claims().get("keys").and_then(Value::as_array).ok_or(MALFORMED)?;
    if !(1..=MOST_KEYS).contains(&handed.len()) {
        return Err(MALFORMED);
    }
    let handed =
        handed.iter().map(Handed::deserialize).collect::<Result<Vec<_>, _>>().map_err(|_| MALFORMED)?;
    let phone = message.key.thumbprint_base64url();
    change_account(&nation, &account.id, |change, account| {
        // In one change with the counter that is raised: of two uses of one assertion, one is refused.
        let known = app_attest_key(change, &phone)?;
        let verified = verify(&nation, &handed, message.text("challenge")?, known)?;
        Ok(keep(change, &account.id, &phone, &verified)?)
    })?;
    Ok(fresh(json!({"attested": handed.len()})))
}

/// Signs a key attestation for keys of the account that a platform vouches for: the worst of them is what is said of all.
pub(in super::super) async fn key_attestation(State(nation): State<Shared>, body: Body) -> Answer {
    let message = Message::receive(&nation, &body, &["key_attestation"])?;
    let account = message.account(&nation)?.active()?;
    let keys = jwks(&message)?;
    if !(1..=MOST_KEYS).contains(&keys.len()) {
        return Err(MALFORMED);
    }
    let found = nation.database.read(|statements| {
        keys.iter().map(|key| kept(statements, &account.id, key)).collect::<Result<Vec<_>, Refusal>>()
    })?;
    let resistance = |all: bool| if all { Resistance::High } else { Resistance::Moderate };
    let (provider, now) = (&nation.authority.wallets, nation.now());
    let draft = KeyAttestationDraft {
        keys: keys.iter().map(|key| *key.key()).collect(),
        key_storage: resistance(found.iter().all(|key| key.is_element)),
        user_authentication: resistance(found.iter().all(|key| key.per_use)),
        level_policy: found.iter().map(|key| key.level).min().ok_or_else(Refusal::broken)?,
        nonce: message.claims().get("nonce").and_then(Value::as_str).map(str::to_owned),
        issued: now,
        expires: now.plus_seconds(KEYS_LIFE),
        chain: vec![provider.certificate.clone()],
    };
    let unsigned = draft.prepare();
    let signature = provider.key.sign(unsigned.to_be_signed())?;
    Ok(fresh(json!({"key_attestation": unsigned.assemble(&signature)})))
}

/// Signs a wallet attestation for a key of the account that a platform vouches for. It names the make of the wallet, never the wallet.
pub(in super::super) async fn wallet_attestation(State(nation): State<Shared>, body: Body) -> Answer {
    let message = Message::receive(&nation, &body, &["wallet_attestation"])?;
    let account = message.account(&nation)?.active()?;
    let [key] = &jwks(&message)?[..] else { return Err(MALFORMED) };
    nation.database.read(|statements| kept(statements, &account.id, key))?;
    let (provider, now) = (&nation.authority.wallets, nation.now());
    let draft = WalletAttestationDraft {
        client_id: CLIENT_ID.to_owned(),
        key: *key.key(),
        wallet_name: "Sen, TEST ONLY".to_owned(),
        issued: now,
        expires: now.plus_seconds(WALLET_LIFE),
        chain: vec![provider.certificate.clone()],
    };
    let unsigned = draft.prepare();
    let signature = provider.key.sign(unsigned.to_be_signed())?;
    let attestation = unsigned.assemble(&signature);
    Ok(fresh(json!({"wallet_attestation": attestation, "client_id": CLIENT_ID})))
}
