//! The issuer: OpenID4VCI 1.0 with a pre-authorised code. Offers, tokens and nonces are here; the documents in [`credential`].
mod credential;
mod place;
mod writing;

use axum::extract::State;
use jiff::civil::Date;
use rusqlite::{OptionalExtension, Transaction, params};
use serde::Deserialize;
use serde_json::json;

use super::account::{Account, UNKNOWN_PERSON};
use super::answer::{Answer, Refusal, fresh};
use super::body::Body;
use super::documents::{Document, GRANT};
use super::message::Message;
use super::wards::in_care;
use super::{Nation, Shared, random_text, sha256};
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
    number: String,
    credential: String,
}

/// A counter that has seen the person hands over an offer of the person's own document, as a link or a QR.
pub(super) async fn offer_at_counter(State(nation): State<Shared>, body: Body) -> Answer {
    let wanted: OfferFor = body.json("invalid_request")?;
    let account = Account::of_person(nation.database().connection(), &wanted.number)?;
    let account = account.ok_or(UNKNOWN_PERSON)?.active()?;
    let document = Document::named(&wanted.credential).ok_or(UNKNOWN)?;
    make_offer(&nation, document, &account, |_| Ok(account.person.clone()))
}

const UNKNOWN: Refusal = Refusal::new("credential_unknown", "there is no such document");

fn make_offer(
    nation: &Nation,
    document: &Document,
    account: &Account,
    subject: impl FnOnce(&Transaction<'_>) -> Result<String, Refusal>,
) -> Answer {
    if account.standing.level() < document.level {
        return Err(Refusal::new("level_required", "this document needs an account at level 2"));
    }
    let (code, now) = (random_text(24)?, nation.now().as_unix());
    {
        let mut database = nation.database();
        let change = database.transaction()?;
        let subject = subject(&change)?;
        change.prepare_cached("DELETE FROM pre_authorised WHERE expires <= ?1")?.execute([now])?;
        let put = "INSERT INTO pre_authorised VALUES (?1, ?2, ?3, ?4, ?5)";
        let row =
            params![sha256(code.as_bytes()), account.id, subject, document.configuration, now + OFFER_LIFE];
        change.prepare_cached(put)?.execute(row)?;
        change.commit()?;
    }
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

/// Whose document is asked for: the holder's own, or that of a person in the holder's care (member `for`).
fn subject(
    change: &Transaction<'_>,
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
}

pub(super) async fn token(State(nation): State<Shared>, body: Body) -> Answer {
    let request: TokenRequest = body.form()?;
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
    let take =
        "DELETE FROM pre_authorised WHERE code_hash = ?1 RETURNING account, subject, configuration, expires";
    let taken = change.prepare_cached(take)?.query_row([sha256(code.as_bytes())], |row| {
        Ok((
            Grant { account: row.get(0)?, subject: row.get(1)?, configuration: row.get(2)? },
            row.get::<_, i64>(3)?,
        ))
    });
    let taken = taken.optional()?.filter(|(_, expires)| now < *expires);
    let Some((grant, _)) = taken else {
        change.commit()?;
        return Err(Refusal::new("invalid_grant", "the code is wrong, used or too old"));
    };
    change.prepare_cached("DELETE FROM access_token WHERE expires <= ?1")?.execute([now])?;
    let row = params![
        sha256(access_token.as_bytes()),
        grant.account,
        grant.subject,
        grant.configuration,
        now + TOKEN_LIFE
    ];
    change.prepare_cached("INSERT INTO access_token VALUES (?1, ?2, ?3, ?4, ?5)")?.execute(row)?;
    change.commit()?;
    Ok(fresh(json!({"access_token": access_token, "token_type": "Bearer", "expires_in": TOKEN_LIFE})))
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
}

impl Grant {
    fn find(connection: &rusqlite::Connection, hash: &[u8], now: i64) -> Result<Self, Refusal> {
        let find =
            "SELECT account, subject, configuration FROM access_token WHERE hash = ?1 AND expires > ?2";
        let found = connection.prepare_cached(find)?.query_row(params![hash, now], |row| {
            Ok(Self { account: row.get(0)?, subject: row.get(1)?, configuration: row.get(2)? })
        });
        found.optional()?.ok_or(INVALID_TOKEN)
    }
}
