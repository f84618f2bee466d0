//! States the authentication level that the account's phone just reached, for the key of one of its credentials, so that a desk
//! need not take the phone's word for it (security.md 7). The phone is what the person has, the PIN what the person knows; that
//! the person was there a face service says, which compares with the portrait that the account was proven with.
use axum::extract::State;
use axum::response::Response;
use credential::jose::Jwk;
use presentation::level_statement::{LONGEST_LIFE, LevelStatementDraft};
use serde_json::{Value, json};

use super::account::Account;
use super::answer::{Answer, Refusal, fresh};
use super::body::Body;
use super::database::values;
use super::evidence::Purpose;
use super::face::{self, About};
use super::message::Message;
use super::{Nation, Shared, encode, pin, sha256};

/// Claim `iss` of the statements.
pub(super) const ISS: &str = "vn-level";
/// Two different factors, none of them biometric (Decree 69/2024/ND-CP, article 20).
const BY_PHONE_AND_PIN: u8 = 2;
/// Something had, something known, and a face.
const BY_ALL_THREE: u8 = 4;

pub(super) async fn state(State(nation): State<Shared>, body: Body) -> Answer {
    let message = Message::receive(&nation, &body, &["level_start", "level_statement"])?;
    let account = message.account(&nation)?.active()?;
    if message.text("op")? == "level_start" {
        return start(&nation, &account, &message);
    }
    let key = key_of_a_credential(&nation, &account, &message)?;
    pin::check(&nation, &account, &message)?;
    let level = if message.claims().contains_key("face_statement") {
        recognise(&nation, &account, &message)?;
        BY_ALL_THREE
    } else {
        BY_PHONE_AND_PIN
    };
    let (now, signer) = (nation.now(), &nation.authority.levels);
    let draft = LevelStatementDraft {
        iss: ISS,
        kid: &signer.kid,
        key: key.key(),
        level,
        issued_at: now,
        expires_at: now.plus_seconds(LONGEST_LIFE),
    };
    let statement = signer.sign_token(&draft.prepare().map_err(|_| Refusal::broken())?)?;
    nation.journal.note(now, &account.id, "an authentication level was stated");
    Ok(fresh(json!({"statement": encode(&statement), "level": level, "expires_in": LONGEST_LIFE})))
}

/// The nonce for the face service, and the digest of the portrait that it is to compare with.
fn start(nation: &Nation, account: &Account, message: &Message) -> Result<Response, Refusal> {
    let portrait = portrait(nation, &account.id)?;
    let purpose = Purpose::LevelStatement;
    let given = nation.proofs.give(&purpose.bound_to(&account.id, &message.key), nation.now().as_unix());
    let nonce = given.map_err(Refusal::with_a_new_message)?;
    Ok(fresh(json!({
        "account": account.id, "nonce": nonce, "purpose": purpose.name(), "portrait_sha256": portrait,
        "face_service": format!("{}/face/statement", nation.url), "expires_in": nation.proofs.life(),
    })))
}

/// Checks that the face service found the account's person before this phone's camera. The nonce is used up whatever comes of it.
fn recognise(nation: &Nation, account: &Account, message: &Message) -> Result<(), Refusal> {
    let nonce = message.text("nonce")?;
    let bound_to = Purpose::LevelStatement.bound_to(&account.id, &message.key);
    if !nation.proofs.take(nonce, &bound_to, nation.now().as_unix()) {
        return Err(Refusal::new("nonce_unknown", "the nonce is unknown, used or too old"));
    }
    let about = About {
        nonce,
        dg2_sha256: &portrait(nation, &account.id)?,
        account: &account.id,
        device_key_thumbprint: &message.key.thumbprint_base64url(),
    };
    face::verify(nation, message.text("face_statement")?, &about)
}

/// The digest of the portrait that chip and face proved the account with.
fn portrait(nation: &Nation, account: &str) -> Result<String, Refusal> {
    let find = "SELECT portrait FROM account WHERE id = $1 AND level >= 2";
    let found = nation.database.read(|statements| statements.row(find, values![account]))?;
    let kept: Option<Vec<u8>> = found.map(|row| row.get(0)).transpose()?.flatten();
    kept.map(|portrait| encode(&sha256(&portrait)))
        .ok_or(Refusal::new("level_required", "no chip has shown this account's portrait yet"))
}

/// The key that a statement is asked for: of a credential that this account holds and that is good.
fn key_of_a_credential(nation: &Nation, account: &Account, message: &Message) -> Result<Jwk, Refusal> {
    let malformed = Refusal::new("malformed_message", "the credential's key is no P-256 key");
    let key = Value::Object(message.object("key")?.clone());
    let key: Jwk = serde_json::from_value(key).map_err(|_| malformed)?;
    let find =
        "SELECT 1 FROM credential WHERE thumbprint = $1 AND account = $2 AND revoked = 0 AND expires > $3";
    let row = values![key.thumbprint_base64url(), account.id, nation.now().as_unix()];
    if !nation.database.read(|statements| statements.exists(find, row))? {
        return Err(Refusal::new("credential_unknown", "this account holds no credential with this key"));
    }
    Ok(key)
}
