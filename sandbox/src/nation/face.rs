//! The face service: compares a capture with the portrait of a chip and signs what it found. The sandbox cannot see
//! faces; its outcome is what an operator set for the person. Everything else is as a real one: own key, own nonce,
//! the portrait's digest, account and device.
use axum::extract::State;
use credential::jose::{Jws, compact, signing_input};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::answer::{Answer, Refusal, fresh};
use super::body::Body;
use super::database::values;
use super::{Nation, Shared, decode};

const TYP: &str = "sen-face+jwt";
/// Seconds that a statement is good for.
const LIFE: i64 = 120;
const LONGEST_STATEMENT: usize = 4096;

#[derive(Deserialize)]
struct Request {
    account: String,
    nonce: String,
    dg2_sha256: String,
    device_key_thumbprint: String,
    capture: String,
}

/// What a statement says.
#[derive(Deserialize, Serialize)]
struct Statement {
    nonce: String,
    dg2_sha256: String,
    account: String,
    device_key_thumbprint: String,
    outcome: String,
    iat: i64,
    exp: i64,
}

/// What a statement must be about.
pub(super) struct About<'a> {
    pub(super) nonce: &'a str,
    pub(super) dg2_sha256: &'a str,
    pub(super) account: &'a str,
    pub(super) device_key_thumbprint: &'a str,
}

pub(super) async fn statement(State(nation): State<Shared>, body: Body) -> Answer {
    let request: Request = body.json("invalid_request")?;
    let capture = decode(&request.capture).filter(|capture| !capture.is_empty());
    capture.ok_or(Refusal::new("capture_missing", "there is no picture"))?;
    let query = "SELECT face_matches FROM person JOIN account ON account.person = person.number WHERE account.id = $1";
    let found = nation.database.read(|statements| statements.row(query, values![request.account]))?;
    let matches: bool = found.ok_or(Refusal::new("account_unknown", "no such account"))?.get(0)?;
    let now = nation.now().as_unix();
    let statement = Statement {
        nonce: request.nonce,
        dg2_sha256: request.dg2_sha256,
        account: request.account,
        device_key_thumbprint: request.device_key_thumbprint,
        outcome: if matches { "match" } else { "no_match" }.to_owned(),
        iat: now,
        exp: now + LIFE,
    };
    let payload = serde_json::to_value(&statement).map_err(|_| Refusal::broken())?;
    let input = signing_input(&json!({"alg": "ES256", "typ": TYP}), &payload);
    let signature = nation.authority.face.sign(input.as_bytes()).map_err(|_| Refusal::broken())?;
    Ok(fresh(json!({"statement": compact(&input, &signature)})))
}

/// Checks that the face service said "match" about exactly this, now.
pub(super) fn verify(nation: &Nation, text: &str, about: &About<'_>) -> Result<(), Refusal> {
    let bad = || Refusal::new("face_statement_invalid", "the face statement is not about this");
    let jws = Jws::parse(text, LONGEST_STATEMENT).and_then(|jws| jws.of_type(TYP)).map_err(|_| bad())?;
    let verified = jws.verify(nation.authority.face.public()).map_err(|_| bad())?;
    let said: Statement = verified.claims_as().map_err(|_| bad())?;
    let now = nation.now().as_unix();
    let same = said.nonce == about.nonce
        && said.dg2_sha256 == about.dg2_sha256
        && said.account == about.account
        && said.device_key_thumbprint == about.device_key_thumbprint;
    if !same || now < said.iat - 60 || now >= said.exp {
        return Err(bad());
    }
    if said.outcome == "match" {
        Ok(())
    } else {
        Err(Refusal::new("face_not_matched", "the face is not that of the card"))
    }
}
