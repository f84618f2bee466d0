//! Proof of a person: the chip answers the server's challenge, the server proves the reading itself, and a face service says
//! that the person is the one on the chip (security.md 5 and 6). Level 2, a new phone and a forgotten PIN need it, each for
//! itself: the purpose is part of the challenge.
use std::collections::BTreeMap;

use axum::response::Response;
use card::{ActiveExchange, CardReading, ChipOutcome, FileId, PassiveOutcome};
use credential::jose::Jwk;
use serde_json::json;

use super::account::Account;
use super::answer::{Refusal, fresh};
use super::face::{self, About};
use super::message::Message;
use super::small_portrait::small_portrait;
use super::{Nation, decode, encode, sha256};

/// What a proof is for: an answer for one purpose serves no other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// To level 2.
    Level2,
    /// The account moves to another phone.
    NewDevice,
    /// A new PIN in place of a forgotten one.
    NewPin,
    /// A statement of the authentication level: the face alone, no chip.
    LevelStatement,
}

impl Purpose {
    /// Its part of the challenge.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Level2 => "level-2",
            Self::NewDevice => "new-device",
            Self::NewPin => "new-pin",
            Self::LevelStatement => "level-statement",
        }
    }

    /// What a nonce is bound to.
    pub(super) fn bound_to(self, account: &str, key: &Jwk) -> String {
        format!("{} {account} {}", self.name(), key.thumbprint_base64url())
    }
}

/// What the server found proven.
pub(super) struct Proven {
    /// The small portrait beside credentials; none where the chip's face cannot be decoded.
    pub(super) portrait: Option<Vec<u8>>,
    pub(super) card_expires: Option<String>,
}

/// Begins a proof: the nonce, and where the face is compared.
pub(super) fn begin(
    nation: &Nation,
    account: &str,
    key: &Jwk,
    purpose: Purpose,
) -> Result<Response, Refusal> {
    let given = nation.proofs.give(&purpose.bound_to(account, key), nation.now().as_unix());
    let nonce = given.map_err(Refusal::with_a_new_message)?;
    let (face_service, life) = (format!("{}/face/statement", nation.url), nation.proofs.life());
    Ok(fresh(json!({
        "account": account, "nonce": nonce, "purpose": purpose.name(), "face_service": face_service, "expires_in": life,
    })))
}

/// Checks the whole of a proof. The nonce is used up whatever comes of it.
pub(super) fn prove(
    nation: &Nation,
    message: &Message,
    account: &Account,
    purpose: Purpose,
) -> Result<Proven, Refusal> {
    let (nonce, now) = (message.text("nonce")?, nation.now());
    if !nation.proofs.take(nonce, &purpose.bound_to(&account.id, &message.key), now.as_unix()) {
        return Err(Refusal::new("nonce_unknown", "the nonce is unknown, used or too old"));
    }
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
        challenge: challenge(nonce, &message.key, purpose)?,
        response: decode(message.text("active_response")?).ok_or_else(malformed)?,
    };
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
    Ok(Proven {
        portrait: document.face().and_then(small_portrait),
        card_expires: document.date_of_expiry().map(|day| day.to_string()),
    })
}

/// The first 8 octets of SHA-256 over nonce, instance key and purpose (security.md 5).
fn challenge(nonce: &str, key: &Jwk, purpose: Purpose) -> Result<[u8; 8], Refusal> {
    let nonce = decode(nonce).ok_or_else(Refusal::broken)?;
    Ok(card::derived_challenge(&nonce, &key.thumbprint(), purpose.name()))
}
