//! The issuer: OpenID4VCI 1.0 with a pre-authorised code, or one that the person gave leave for in a browser. Offers, tokens and nonces are here; the documents in [`credential`].
mod client;
mod credential;
mod place;
mod proofs;
mod writing;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use jiff::civil::Date;
use serde::Deserialize;
use serde_json::{Value, json};

use super::account::{Account, UNKNOWN_PERSON};
use super::answer::{Answer, Refusal, fresh};
use super::body::Body;
use super::database::{DatabaseError, Statements, values};
use super::documents::{Document, GRANT};
use super::message::Message;
use super::wards::in_care;
use super::{Nation, Shared, authorisation, random_text, sha256};
pub(super) use client::{UsedProofs, authenticate};
pub(super) use credential::credential;

const OFFER_LIFE: i64 = 300;
const TOKEN_LIFE: i64 = 300;

pub(super) async fn offer(State(nation): State<Shared>, body: Body) -> Answer {
    let message = Message::receive(&nation, &body, &["offer"])?;
    let account = message.account(&nation)?.active()?;
    let document = Document::named(message.text("credential")?).ok_or(UNKNOWN)?;
    make_offer(&nation, document, &account, |change| subject(change, &account, &message, nation.now().date()))
}

#[derive(Deserialize)]
struct OfferFor {
    /// Not needed where the person logs in.
    number: Option<String>,
    credential: String,
    /// The person is to agree in a browser.
    #[serde(default)]
    browser: bool,
}

/// A counter that has seen the person hands over an offer of the person's own document, as a link or a QR.
pub(super) async fn offer_at_counter(State(nation): State<Shared>, body: Body) -> Answer {
    let wanted: OfferFor = body.json("invalid_request")?;
    let document = Document::named(&wanted.credential).ok_or(UNKNOWN)?;
    if wanted.browser {
        return Ok(offered(&nation, document, &json!({authorisation::GRANT: {}})));
    }
    let number = wanted.number.unwrap_or_default();
    let account = nation.database.read(|statements| Account::of_person(statements, &number))?;
    let account = account.ok_or(UNKNOWN_PERSON)?.active()?;
    make_offer(&nation, document, &account, |_| Ok(account.person.clone()))
}

const UNKNOWN: Refusal = Refusal::new("credential_unknown", "there is no such document");

fn make_offer(
    nation: &Nation,
    document: &Document,
    account: &Account,
    subject: impl FnOnce(&dyn Statements) -> Result<String, Refusal>,
) -> Answer {
    if account.standing.level() < document.level {
        return Err(Refusal::new("level_required", "this document needs an account at level 2"));
    }
    let (code, now) = (random_text(24)?, nation.now().as_unix());
    nation.database.change(|change| {
        let subject = subject(change)?;
        change.execute("DELETE FROM pre_authorised WHERE expires <= $1", values![now])?;
        let put = "INSERT INTO pre_authorised VALUES ($1, $2, $3, $4, $5)";
        let row =
            values![sha256(code.as_bytes()), account.id, subject, document.configuration, now + OFFER_LIFE];
        Ok::<_, Refusal>(change.execute(put, row)?)
    })?;
    Ok(offered(nation, document, &json!({GRANT: {"pre-authorized_code": code}})))
}

/// An offer of a document with these grants, as a link.
fn offered(nation: &Nation, document: &Document, grants: &Value) -> Response {
    let offer = json!({
        "credential_issuer": nation.url,
        "credential_configuration_ids": [document.configuration],
        "grants": grants,
    });
    let query: String = url::form_urlencoded::Serializer::new(String::new())
        .append_pair("credential_offer", &offer.to_string())
        .finish();
    fresh(json!({"credential_offer": format!("openid-credential-offer://?{query}")}))
}

/// Whose document is asked for: the holder's own, or that of a person in the holder's care (member `for`).
fn subject(
    change: &dyn Statements,
    account: &Account,
    message: &Message,
    today: Date,
) -> Result<String, Refusal> {
    match message.claims().get("for") {
        None => Ok(account.person.clone()),
        Some(_) => Ok(in_care(change, &account.person, message.text("for")?, today)?.number),
    }
}

#[derive(Deserialize)]
struct TokenRequest {
    grant_type: String,
    #[serde(rename = "pre-authorized_code")]
    code: Option<String>,
    tx_code: Option<String>,
    client_id: Option<String>,
}

pub(super) async fn token(State(nation): State<Shared>, headers: HeaderMap, body: Body) -> Answer {
    let request: TokenRequest = body.form()?;
    match request.grant_type.as_str() {
        GRANT => pre_authorised(&nation, &headers, &request),
        authorisation::GRANT => {
            authenticate(&nation, &headers, request.client_id.as_deref())?;
            let agreed = authorisation::exchange(&nation, &body.form()?)?;
            let grant = Grant {
                account: agreed.owner.account,
                subject: agreed.owner.person,
                configuration: agreed.document.configuration.to_owned(),
                client: Some(agreed.client),
            };
            let (access_token, now) = (random_text(32)?, nation.now().as_unix());
            nation.database.change(|change| keep_token(change, &access_token, &grant, now))?;
            Ok(given(&access_token))
        }
        _ => Err(Refusal::new("unsupported_grant_type", "codes are exchanged here, and nothing else")),
    }
}

fn pre_authorised(nation: &Nation, headers: &HeaderMap, request: &TokenRequest) -> Answer {
    if request.tx_code.is_some() {
        return Err(Refusal::new("invalid_request", "the offer asked for no transaction code"));
    }
    let code = request.code.as_deref().ok_or(Refusal::new("invalid_request", "the code is missing"))?;
    let client = authenticate(nation, headers, request.client_id.as_deref())?;
    let now = nation.now().as_unix();
    let access_token = random_text(32)?;
    let exchanged = nation.database.change(|change| {
        // Taken out in one statement: a code is exchanged once.
        let take =
            "DELETE FROM pre_authorised WHERE code_hash = $1 RETURNING account, subject, configuration, expires";
        let Some(taken) = change.row(take, values![sha256(code.as_bytes())])? else { return Ok(false) };
        if now >= taken.get::<i64>(3)? {
            return Ok(false);
        }
        let (account, subject, configuration) = (taken.get(0)?, taken.get(1)?, taken.get(2)?);
        keep_token(change, &access_token, &Grant { account, subject, configuration, client }, now)?;
        Ok::<_, DatabaseError>(true)
    })?;
    if !exchanged {
        return Err(Refusal::new("invalid_grant", "the code is wrong, used or too old"));
    }
    Ok(given(&access_token))
}

fn keep_token(
    change: &dyn Statements,
    access_token: &str,
    grant: &Grant,
    now: i64,
) -> Result<(), DatabaseError> {
    change.execute("DELETE FROM access_token WHERE expires <= $1", values![now])?;
    let hash = sha256(access_token.as_bytes());
    let row =
        values![hash, grant.account, grant.subject, grant.configuration, now + TOKEN_LIFE, grant.client];
    change.execute("INSERT INTO access_token VALUES ($1, $2, $3, $4, $5, $6)", row).map(drop)
}

fn given(access_token: &str) -> Response {
    fresh(json!({"access_token": access_token, "token_type": "Bearer", "expires_in": TOKEN_LIFE}))
}

/// A challenge for the proof that a wallet is the attested one.
pub(super) async fn client_challenge(State(nation): State<Shared>) -> Answer {
    let challenge = nation.client_challenges.give("", nation.now().as_unix())?;
    Ok(fresh(json!({"attestation_challenge": challenge})))
}

pub(super) async fn nonce(State(nation): State<Shared>) -> Answer {
    Ok(fresh(json!({"c_nonce": nation.c_nonces.give("", nation.now().as_unix())?})))
}

const INVALID_TOKEN: Refusal =
    Refusal::unauthorised("invalid_token", "the access token is wrong, used or too old");

/// What an access token allows.
struct Grant {
    account: String,
    subject: String,
    configuration: String,
    /// The client that the token is for, where one was named.
    client: Option<String>,
}

impl Grant {
    fn find(statements: &dyn Statements, hash: &[u8], now: i64) -> Result<Self, Refusal> {
        let find = "SELECT account, subject, configuration, client FROM access_token WHERE hash = $1 AND expires > $2";
        let found = statements.row(find, values![hash, now])?.ok_or(INVALID_TOKEN)?;
        let (account, subject, configuration) = (found.get(0)?, found.get(1)?, found.get(2)?);
        Ok(Self { account, subject, configuration, client: found.get(3)? })
    }
}
