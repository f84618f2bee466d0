//! To level 2: the chip answers the server's challenge, the server proves the reading itself, and a face service says
//! that the person is the one on the chip.
use std::collections::BTreeMap;

use axum::extract::State;
use card::{ActiveExchange, CardReading, ChipOutcome, FileId, PassiveOutcome};
use credential::jose::Jwk;
use rusqlite::params;
use serde_json::json;

use super::account::Account;
use super::answer::{Answer, Refusal, fresh};
use super::body::Body;
use super::face::{self, About};
use super::message::Message;
use super::standing::{Event, Lock};
use super::{Nation, Shared, decode, encode, sha256, status};

/// What the nonce is for: part of the challenge, so that an answer for one purpose serves no other.
const PURPOSE: &str = "level-2";
/// A card that expired does not stop the reading of the new one.
const DESPITE: [Lock; 1] = [Lock::Expiry];

/// What the server found proven.
struct Proven {
    /// The first half of the portrait's digest, for credentials.
    portrait_hash: Vec<u8>,
    card_expires: Option<String>,
}

pub(super) async fn start(State(nation): State<Shared>, body: Body) -> Answer {
    let account = Message::receive(&nation, &body, &["step_up_start"])?.account(&nation)?.in_use(&DESPITE)?;
    let nonce = nation.step_ups.give(&account.id, nation.now().as_unix())?;
    let (face_service, life) = (format!("{}/face/statement", nation.url), nation.step_ups.life());
    Ok(fresh(json!({"nonce": nonce, "purpose": PURPOSE, "face_service": face_service, "expires_in": life})))
}

pub(super) async fn verify(State(nation): State<Shared>, body: Body) -> Answer {
    let message = Message::receive(&nation, &body, &["step_up"])?;
    let account = message.account(&nation)?.in_use(&DESPITE)?;
    let (nonce, now) = (message.text("nonce")?, nation.now());
    if !nation.step_ups.take(nonce, &account.id, now.as_unix()) {
        return Err(Refusal::new("nonce_unknown", "the nonce is unknown, used or too old"));
    }
    let proven = prove(&nation, &message, &account, nonce)?;
    let verified_at = now.to_string();
    {
        let mut database = nation.database();
        let change = database.transaction()?;
        let account = Account::load(&change, &account.id)?;
        let mut account = account.ok_or(Refusal::new("account_unknown", "there is no such account"))?;
        account.apply(&change, Event::PersonProven, now)?;
        let keep = "UPDATE account SET verified_at = ?1, method = 'chip+face', portrait_hash = ?2, card_expires = ?3 \
                    WHERE id = ?4";
        change.execute(keep, params![verified_at, proven.portrait_hash, proven.card_expires, account.id])?;
        change.commit()?;
    }
    nation.journal.note(now, &account.id, Event::PersonProven.name());
    status::publish_lists(&nation)?;
    Ok(fresh(json!({"level": 2, "verified_at": verified_at, "method": "chip+face"})))
}

/// Everything that level 2 demands.
fn prove(nation: &Nation, message: &Message, account: &Account, nonce: &str) -> Result<Proven, Refusal> {
    let malformed = || Refusal::new("malformed_message", "a file of the card is not base64url");
    let mut files = BTreeMap::new();
    let sent = message.object("files")?;
    for file in FileId::all() {
        if let Some(text) = sent.get(&file.file_stem()) {
            let bytes = text.as_str().and_then(decode).ok_or_else(malformed)?;
            files.insert(file, bytes);
        }
    }
    let exchange = ActiveExchange {
        challenge: challenge(nonce, &message.key)?,
        response: decode(message.text("active_response")?).ok_or_else(malformed)?,
    };
    let now = nation.now();
    let reading = CardReading::from_files(files, Some(exchange));
    let document = reading.verify(&nation.csca, now).map_err(|refused| {
        let (code, reason) = match (refused.passive, refused.active) {
            (PassiveOutcome::Failed(reason), _) => ("card_not_genuine", reason.to_string()),
            (PassiveOutcome::NoTrustAnchor(_), _) => ("card_not_genuine", "no_trust_anchor".to_owned()),
            (_, ChipOutcome::Failed(reason)) => ("active_authentication_failed", reason.to_string()),
            _ => ("card_not_genuine", "not_proven".to_owned()),
        };
        Refusal::new(code, "the card is not proven").with("reason", json!(reason))
    })?;
    // Files alone can be copied; only an answer over this challenge shows that the chip was there (security.md 5).
    if document.active() != ChipOutcome::Verified {
        return Err(Refusal::new("active_authentication_failed", "the chip did not answer the challenge"));
    }
    if document.personal_number().as_deref() != Some(account.person.as_str()) {
        return Err(Refusal::new("card_number_mismatch", "the card is another person's"));
    }
    if document.is_expired(now.date()) {
        return Err(Refusal::new("card_expired", "the card has expired"));
    }
    let portrait = document
        .files()
        .get(&FileId::Dg(2))
        .ok_or(Refusal::new("face_missing", "the portrait is missing"))?;
    let digest = encode(&sha256(portrait));
    let about = About {
        nonce,
        dg2_sha256: &digest,
        account: &account.id,
        device_key_thumbprint: &message.key.thumbprint_base64url(),
    };
    face::verify(nation, message.text("face_statement")?, &about)?;
    let portrait = document.face().map(|face| sha256(&face.bytes)).unwrap_or_default();
    Ok(Proven {
        portrait_hash: portrait.into_iter().take(16).collect(),
        card_expires: document.date_of_expiry().map(|day| day.to_string()),
    })
}

/// The first 8 octets of SHA-256 over nonce, instance key and purpose (security.md 5).
fn challenge(nonce: &str, key: &Jwk) -> Result<[u8; 8], Refusal> {
    let nonce = decode(nonce).ok_or_else(Refusal::broken)?;
    let digest = sha256(&[&nonce[..], &key.thumbprint(), PURPOSE.as_bytes()].concat());
    digest.first_chunk::<8>().copied().ok_or_else(Refusal::broken)
}
