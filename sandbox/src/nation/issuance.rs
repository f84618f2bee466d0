//! The issuer: OpenID4VCI 1.0, pre-authorised code, `jwt` proof, our SD-CWT.
use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use axum::response::{IntoResponse, Response};
use axum::{Form, Json};
use credential::claims::{CitizenClaims, Claims, ClinicClaims, InsuranceClaims, Sex, StatusReference, Vct};
use credential::jose::{Jwk, Jws};
use credential::sd_cwt::{LONGEST_LIFE, Redaction, SdCwtDraft};
use rusqlite::{OptionalExtension, params};
use serde::Deserialize;
use serde_json::{Value, json};
use trust::random::{Random, SystemRandom};

use super::account::{Envelope, Message};
use super::answer::{Answer, Refusal, fresh};
use super::database::OneTime;
use super::register::{Insurance, Person};
use super::{Nation, Shared, encode, random_text, sha256, status};

const FORMAT: &str = "dc+sd-cwt";
const GRANT: &str = "urn:ietf:params:oauth:grant-type:pre-authorized_code";
const OFFER_LIFE: i64 = 300;
const TOKEN_LIFE: i64 = 300;
const NONCE_LIFE: i64 = 120;
const LONGEST_PROOF: usize = 8192;

/// A document that is issued.
struct Document {
    /// What `sen credential obtain` calls it.
    name: &'static str,
    configuration: &'static str,
    vct: Vct,
    display: &'static str,
}

const DOCUMENTS: [Document; 2] = [
    Document {
        name: "citizen",
        configuration: "citizen_sd_cwt",
        vct: Vct::Citizen,
        display: "Căn cước điện tử",
    },
    Document {
        name: "health-insurance",
        configuration: "health_insurance_sd_cwt",
        vct: Vct::HealthInsurance,
        display: "Thẻ bảo hiểm y tế",
    },
];

pub(super) async fn offer(State(nation): State<Shared>, Json(envelope): Json<Envelope>) -> Answer {
    let message = Message::receive(&nation, &envelope, "offer")?;
    let account = message.account(&nation)?.active()?;
    if account.level < 2 {
        return Err(Refusal::new("level_required", "this document needs an account at level 2"));
    }
    let name = message.text("credential")?;
    let document = DOCUMENTS.iter().find(|document| document.name == name);
    let document = document.ok_or(Refusal::new("credential_unknown", "there is no such document"))?;
    let code = random_text(24)?;
    let put = "INSERT INTO pre_authorised VALUES (?1, ?2, ?3, ?4)";
    let expires = nation.now().as_unix() + OFFER_LIFE;
    let row = params![sha256(code.as_bytes()), account.id, document.configuration, expires];
    nation.database().connection().execute(put, row)?;
    let offer = json!({
        "credential_issuer": nation.url,
        "credential_configuration_ids": [document.configuration],
        "grants": {GRANT: {"pre-authorized_code": code}},
    });
    let query: String = url::form_urlencoded::Serializer::new(String::new())
        .append_pair("credential_offer", &offer.to_string())
        .finish();
    Ok(fresh(json!({"credential_offer": format!("openid-credential-offer://?{query}")})))
}

pub(super) async fn issuer_metadata(State(nation): State<Shared>) -> Json<Value> {
    let configurations = DOCUMENTS.iter().map(|document| {
        let configuration = json!({
            "format": FORMAT,
            "vct": document.vct.urn(),
            "scope": document.name,
            "cryptographic_binding_methods_supported": ["jwk"],
            "credential_signing_alg_values_supported": [-9],
            "proof_types_supported": {"jwt": {"proof_signing_alg_values_supported": ["ES256"]}},
            "credential_metadata": {"display": [{"name": document.display, "locale": "vi-VN"}]},
        });
        (document.configuration.to_owned(), configuration)
    });
    Json(json!({
        "credential_issuer": nation.url,
        "credential_endpoint": format!("{}/credential", nation.url),
        "nonce_endpoint": format!("{}/nonce", nation.url),
        "credential_configurations_supported": configurations.collect::<serde_json::Map<_, _>>(),
    }))
}

pub(super) async fn server_metadata(State(nation): State<Shared>) -> Json<Value> {
    Json(json!({
        "issuer": nation.url,
        "token_endpoint": format!("{}/token", nation.url),
        "grant_types_supported": [GRANT],
        "pre-authorized_grant_anonymous_access_supported": true,
    }))
}

#[derive(Deserialize)]
pub(super) struct TokenRequest {
    grant_type: String,
    #[serde(rename = "pre-authorized_code")]
    code: Option<String>,
    tx_code: Option<String>,
}

pub(super) async fn token(State(nation): State<Shared>, Form(request): Form<TokenRequest>) -> Answer {
    if request.grant_type != GRANT {
        return Err(Refusal::new("unsupported_grant_type", "only the pre-authorised code is exchanged here"));
    }
    if request.tx_code.is_some() {
        return Err(Refusal::new("invalid_request", "the offer asked for no transaction code"));
    }
    let code = request.code.ok_or(Refusal::new("invalid_request", "the code is missing"))?;
    let now = nation.now().as_unix();
    let access_token = random_text(32)?;
    let mut database = nation.database();
    let change = database.transaction()?;
    // Taken out in one statement: a code is exchanged once.
    let take = "DELETE FROM pre_authorised WHERE code_hash = ?1 RETURNING account, configuration, expires";
    let taken = change.query_row(take, [sha256(code.as_bytes())], |row| {
        Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?, row.get::<_, i64>(2)?))
    });
    let taken = taken.optional()?.filter(|(_, _, expires)| now < *expires);
    let Some((account, configuration, _)) = taken else {
        change.commit()?;
        return Err(Refusal::new("invalid_grant", "the code is wrong, used or too old"));
    };
    let row = params![sha256(access_token.as_bytes()), account, configuration, now + TOKEN_LIFE];
    change.execute("INSERT INTO access_token VALUES (?1, ?2, ?3, ?4)", row)?;
    change.commit()?;
    Ok(fresh(json!({"access_token": access_token, "token_type": "Bearer", "expires_in": TOKEN_LIFE})))
}

pub(super) async fn nonce(State(nation): State<Shared>) -> Answer {
    let nonce = random_text(24)?;
    nation.database().put_once(OneTime::CNonce, &nonce, nation.now().as_unix() + NONCE_LIFE)?;
    Ok(fresh(json!({"c_nonce": nonce})))
}

#[derive(Deserialize)]
pub(super) struct CredentialRequest {
    credential_configuration_id: Option<String>,
    proofs: Option<Proofs>,
}

#[derive(Deserialize)]
struct Proofs {
    jwt: Vec<String>,
}

pub(super) async fn credential(
    State(nation): State<Shared>,
    headers: HeaderMap,
    body: Json<CredentialRequest>,
) -> Response {
    issue(&nation, &headers, &body).into_response()
}

fn issue(nation: &Nation, headers: &HeaderMap, request: &CredentialRequest) -> Answer {
    let invalid_token = Refusal::unauthorised("invalid_token", "the access token is wrong, used or too old");
    let bearer = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    let bearer = bearer.and_then(|value| value.strip_prefix("Bearer ")).ok_or(invalid_token.clone())?;
    let now = nation.now();
    let (account, configuration) = {
        let database = nation.database();
        let find = "SELECT account, configuration FROM access_token WHERE hash = ?1 AND expires > ?2";
        let row = params![sha256(bearer.as_bytes()), now.as_unix()];
        let found = database
            .connection()
            .query_row(find, row, |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?)));
        found.optional()?.ok_or(invalid_token)?
    };
    if request.credential_configuration_id.as_deref() != Some(&configuration) {
        return Err(Refusal::new("unknown_credential_configuration", "the token is for another document"));
    }
    let document =
        DOCUMENTS.iter().find(|document| document.configuration == configuration).ok_or(Refusal::broken())?;
    let proofs = request.proofs.as_ref().map(|proofs| proofs.jwt.as_slice()).unwrap_or_default();
    let [proof] = proofs else { return Err(Refusal::new("invalid_proof", "exactly one proof is needed")) };
    let key = proven_key(nation, proof)?;
    let credential = sign(nation, &account, document, &key)?;
    Ok(fresh(json!({"credentials": [{"credential": encode(&credential)}]})))
}

/// The key that a proof shows the wallet to hold (appendix F.1).
fn proven_key(nation: &Nation, proof: &str) -> Result<Jwk, Refusal> {
    let bad = || Refusal::new("invalid_proof", "the proof is wrong");
    let jws = Jws::parse(proof, LONGEST_PROOF)
        .and_then(|jws| jws.of_type("openid4vci-proof+jwt"))
        .map_err(|_| bad())?;
    let key = jws.header().jwk().cloned().ok_or_else(bad)?;
    let verified = jws.verify(key.key()).map_err(|_| bad())?;
    let text = |name: &str| verified.claims().get(name).and_then(Value::as_str);
    let now = nation.now().as_unix();
    let sent = verified.claims().get("iat").and_then(Value::as_i64);
    if text("aud") != Some(&nation.url) || sent.is_none_or(|sent| sent.abs_diff(now) > 300) {
        return Err(bad());
    }
    if !nation.database().take_once(OneTime::CNonce, text("nonce").unwrap_or_default(), now)? {
        return Err(Refusal::new("invalid_nonce", "the nonce is unknown, used or too old"));
    }
    Ok(key)
}

fn sign(nation: &Nation, account: &str, document: &Document, key: &Jwk) -> Result<Vec<u8>, Refusal> {
    let now = nation.now();
    let expires = now.plus_seconds(LONGEST_LIFE);
    let claims = claims(nation, account, document.vct)?;
    let sub = random_text(6)?;
    let index = register(nation, account, document, key, &sub, expires.as_unix())?;
    let issuer = &nation.authority.issuer;
    let draft = SdCwtDraft {
        iss: status::ISS.to_owned(),
        sub,
        kid: issuer.kid.clone(),
        vct: document.vct,
        iat: now,
        exp: expires,
        cnf: *key.key(),
        status: StatusReference { uri: format!("s:{}", status::LIST), index },
        claims,
        redaction: if document.vct == Vct::Citizen { Redaction::EachClaim } else { Redaction::None },
    };
    let unsigned = draft.prepare(&mut SystemRandom::new()).map_err(|_| Refusal::broken())?;
    let signature = issuer.sign(&unsigned.to_be_signed()).map_err(|_| Refusal::broken())?;
    Ok(unsigned.assemble(&signature))
}

/// Keeps the credential and gives it a status index: uniformly random, so that it says nothing of the person. The
/// same key is never bound twice, and an access token issues once.
fn register(
    nation: &Nation,
    account: &str,
    document: &Document,
    key: &Jwk,
    sub: &str,
    expires: i64,
) -> Result<u64, Refusal> {
    let database = nation.database();
    let put = "INSERT INTO credential VALUES (?1, ?2, ?3, ?4, ?5, ?6, 0, ?7) ON CONFLICT (list, position) DO NOTHING";
    for _ in 0..64 {
        let mut octets = [0; 8];
        SystemRandom::new().fill(&mut octets).map_err(|_| Refusal::broken())?;
        let index = u64::from_be_bytes(octets) % status::ENTRIES;
        let row = params![
            sub,
            account,
            document.configuration,
            key.thumbprint_base64url(),
            i64::try_from(status::LIST).unwrap_or_default(),
            i64::try_from(index).unwrap_or_default(),
            expires
        ];
        match database.connection().execute(put, row) {
            Ok(1) => return Ok(index),
            Ok(_) => {}
            Err(error) if error.sqlite_error_code() == Some(rusqlite::ErrorCode::ConstraintViolation) => {
                return Err(Refusal::new("invalid_proof", "this key is bound to another credential"));
            }
            Err(error) => return Err(error.into()),
        }
    }
    Err(Refusal::broken())
}

/// What the register says of the account's person.
fn claims(nation: &Nation, account: &str, vct: Vct) -> Result<Claims, Refusal> {
    let database = nation.database();
    let connection = database.connection();
    let find = "SELECT person, portrait_hash FROM account WHERE id = ?1 AND state = 'active' AND level = 2";
    let found = connection
        .query_row(find, [account], |row| Ok((row.get::<_, String>(0)?, row.get::<_, Option<Vec<u8>>>(1)?)));
    let (number, portrait) =
        found.optional()?.ok_or(Refusal::new("account_locked", "the account is not active"))?;
    let person = Person::find(connection, &number)?.ok_or_else(Refusal::broken)?;
    let citizen = CitizenClaims {
        number,
        name: person.name,
        birth_date: person.birth,
        sex: if person.sex == "F" { Sex::Female } else { Sex::Male },
        // Software keys attest nothing: the lowest level that two factors reach.
        level_policy: None,
        portrait_hash: portrait.and_then(|hash| hash.try_into().ok()),
        guardian: None,
    };
    if vct == Vct::Citizen {
        return Ok(citizen.into());
    }
    let insurance = Insurance::find(connection, &citizen.number)?;
    let insurance =
        insurance.ok_or(Refusal::new("credential_request_denied", "this person is not insured"))?;
    let insurance = InsuranceClaims {
        number: insurance.card,
        valid_from: Some(insurance.valid_from),
        valid_to: insurance.valid_to,
        facility: insurance.facility,
        benefit_level: insurance.level,
        five_years_from: Some(insurance.five_years_from),
        area: insurance.area,
        object_group: Some(insurance.object_group),
    };
    Ok(ClinicClaims { person: citizen, insurance }.into())
}
