//! The register of clinics: gives each desk a name that no other has, and signs it with the desk's key; and takes a stolen desk's
//! key out of use.
use axum::extract::State;
use credential::claims::key::CLINIC_SET;
use presentation::challenge::DeskCertificateDraft;
use serde::Deserialize;
use serde_json::json;
use trust::anchors::Issuer;
use trust::p256::PublicKey;
use trust::time::Timestamp;

use super::answer::{Answer, Refusal, fresh};
use super::body::Body;
use super::database::{Row, values};
use super::{Nation, SandboxError, Shared, decode, encode, names, sha256, status};

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
    let name = &names::composed(desk.name.trim());
    if names::is_own(name) {
        return Err(Refusal::new("name_taken", "somebody else bears this name"));
    }
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
    let gone = "SELECT 1 FROM withdrawn_desk WHERE key = $1";
    let put = "INSERT INTO desk VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET key = excluded.key \
               WHERE desk.key = excluded.key";
    nation.database.change(|change| {
        if change.exists(gone, values![key.compressed()])? {
            return Err(Refusal::new("desk_withdrawn", "a desk with this key was withdrawn"));
        }
        match change.execute(put, values![name, key.compressed()])? {
            0 => Err(Refusal::new("name_taken", "another desk bears this name")),
            _ => Ok(()),
        }
    })?;
    let certificate = nation.authority.desks.sign_token(&draft)?;
    Ok(fresh(json!({"name": name, "certificate": encode(&certificate), "expires_in": LIFE})))
}

#[derive(Deserialize)]
struct Named {
    name: String,
}

/// Withdraws a desk for good. Its key goes, whatever names it bears; the names are free for other keys. The trust list says so at
/// once, and each phone that has the new list answers the desk no more.
pub(super) async fn withdraw(State(nation): State<Shared>, body: Body) -> Answer {
    let named: Named = body.json(INVALID)?;
    nation.database.change(|change| {
        let found = change
            .row("SELECT key FROM desk WHERE name = $1", values![names::composed(named.name.trim())])?;
        let found = found.ok_or(Refusal::new("desk_unknown", "no desk bears this name"))?;
        let key: Vec<u8> = found.get(0)?;
        change.execute("DELETE FROM desk WHERE key = $1", values![key])?;
        change.execute("INSERT INTO withdrawn_desk VALUES ($1)", values![key])?;
        Ok::<_, Refusal>(())
    })?;
    status::publish_trust_list(&nation)?;
    Ok(fresh(json!({"done": true})))
}

/// What the trust list says of desks that were withdrawn: their keys, revoked, and nothing that they may issue.
pub(super) fn withdrawn(nation: &Nation, now: Timestamp) -> Result<Vec<Issuer>, SandboxError> {
    let find = "SELECT key FROM withdrawn_desk ORDER BY key";
    let rows = nation.database.read(|statements| statements.query(find, &[]))?;
    let entry = |row: &Row| {
        let key: Vec<u8> = row.get(0)?;
        Ok(Issuer {
            iss: ISS.to_owned(),
            kid: sha256(&key).into_iter().take(8).collect(),
            key: PublicKey::from_compressed(&key).map_err(|_| SandboxError::Key)?,
            name: "Withdrawn desk, TEST ONLY".to_owned(),
            vcts: Vec::new(),
            not_before: now,
            not_after: now,
            revoked: true,
        })
    };
    rows.iter().map(entry).collect()
}
