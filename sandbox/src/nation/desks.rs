//! The register of clinics: gives each desk a name that no other has, and signs it with the desk's key.
use axum::extract::State;
use credential::claims::key::CLINIC_SET;
use presentation::challenge::DeskCertificateDraft;
use serde::Deserialize;
use serde_json::json;
use trust::p256::PublicKey;

use super::answer::{Answer, Refusal, fresh};
use super::body::Body;
use super::database::values;
use super::{Shared, decode, encode};

/// Claim `iss` of the certificates.
pub(super) const ISS: &str = "vn-desks";
/// Seconds that a certificate lives.
const LIFE: i64 = 30 * 24 * 3600;
const INVALID: &str = "invalid_request";

#[derive(Deserialize)]
struct Desk {
    name: String,
    key: String,
}

/// Names a desk: its name in at most 64 bytes, its compressed P-256 key in base64url. The same key may ask again; another key
/// under a name that is taken is refused.
pub(super) async fn name(State(nation): State<Shared>, body: Body) -> Answer {
    let desk: Desk = body.json(INVALID)?;
    let name = desk.name.trim();
    let key = decode(&desk.key).and_then(|key| PublicKey::from_compressed(&key).ok());
    let key = key.ok_or(Refusal::new(INVALID, "the key is a compressed P-256 point in base64url"))?;
    let now = nation.now();
    let draft = DeskCertificateDraft {
        iss: ISS,
        kid: &nation.authority.desks.kid,
        name,
        key: &key,
        issued_at: now,
        expires_at: now.plus_seconds(LIFE),
        may_ask: &CLINIC_SET,
    }
    .prepare()
    .map_err(|_| Refusal::new(INVALID, "the name has 1 to 64 bytes that a screen shows"))?;
    let put = "INSERT INTO desk VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET key = excluded.key \
               WHERE desk.key = excluded.key";
    if nation.database.change(|change| change.execute(put, values![name, key.compressed()]))? == 0 {
        return Err(Refusal::new("name_taken", "another desk bears this name"));
    }
    let certificate = nation.authority.desks.sign_token(&draft)?;
    Ok(fresh(json!({"name": name, "certificate": encode(&certificate), "expires_in": LIFE})))
}
