//! The issuer: OpenID4VCI 1.0, pre-authorised code, `jwt` proof, our SD-CWT.
use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use credential::claims::{Claims, StatusReference, Vct};
use credential::jose::{Jwk, Jws};
use credential::sd_cwt::{LONGEST_LIFE, Redaction, SdCwtDraft};
use jiff::civil::Date;
use rusqlite::{OptionalExtension, Transaction, params};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use trust::random::{Random, SystemRandom};
use trust::time::Timestamp;

use super::account::Account;
use super::answer::{Answer, Refusal, fresh};
use super::body::Body;
use super::documents::{Document, GRANT};
use super::message::Message;
use super::wards::in_care;
use super::{Nation, Shared, encode, random_text, sha256, status};

const OFFER_LIFE: i64 = 300;
const TOKEN_LIFE: i64 = 300;
const LONGEST_PROOF: usize = 8192;
/// Seconds by which a wallet's clock may be off.
const SKEW: u64 = 300;
/// Seconds after a credential's end until its status index can be drawn again: longer than any list lives.
const KEPT_AFTER_END: i64 = 30 * 24 * 3600;

pub(super) async fn offer(State(nation): State<Shared>, body: Body) -> Answer {
    let message = Message::receive(&nation, &body, &["offer"])?;
    let account = message.account(&nation)?.active()?;
    if account.standing.level() < 2 {
        return Err(Refusal::new("level_required", "this document needs an account at level 2"));
    }
    let document = Document::named(message.text("credential")?);
    let document = document.ok_or(Refusal::new("credential_unknown", "there is no such document"))?;
    let (code, now) = (random_text(24)?, nation.now().as_unix());
    {
        let mut database = nation.database();
        let change = database.transaction()?;
        let subject = subject(&change, &account, &message, nation.now().date())?;
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

#[derive(Deserialize)]
struct CredentialRequest {
    credential_configuration_id: Option<String>,
    credential_identifier: Option<String>,
    proofs: Option<Map<String, Value>>,
}

pub(super) async fn credential(State(nation): State<Shared>, headers: HeaderMap, body: Body) -> Answer {
    let bearer = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    let bearer = bearer.and_then(|value| value.strip_prefix("Bearer ")).ok_or(INVALID_TOKEN)?;
    let hash = sha256(bearer.as_bytes());
    let grant = Grant::find(nation.database().connection(), &hash, nation.now().as_unix())?;
    let request: CredentialRequest = body.json("invalid_credential_request")?;
    // The token named no identifiers (section 8.2).
    if request.credential_identifier.is_some() {
        return Err(Refusal::new("unknown_credential_identifier", "no identifier was given out"));
    }
    let wanted = request.credential_configuration_id;
    let wanted = wanted.ok_or(Refusal::new("invalid_credential_request", "which document is not said"))?;
    let document =
        Document::configured(&wanted).filter(|document| document.configuration == grant.configuration);
    let document = document
        .ok_or(Refusal::new("unknown_credential_configuration", "the token is for another document"))?;
    let key = proven_key(&nation, request.proofs.as_ref())?;
    let (credential, portrait) = issue(&nation, &hash, document, &key)?;
    let mut issued = json!({"credential": encode(&credential)});
    // Its hash is claim 84; wallets that know nothing of it pass it over.
    if let (Some(portrait), Some(issued)) = (portrait, issued.as_object_mut()) {
        issued.insert("portrait".to_owned(), json!(encode(&portrait)));
    }
    Ok(fresh(json!({"credentials": [issued]})))
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

/// The key that the one proof shows the wallet to hold (appendix F.1).
fn proven_key(nation: &Nation, proofs: Option<&Map<String, Value>>) -> Result<Jwk, Refusal> {
    let bad = || Refusal::new("invalid_proof", "exactly one right proof is needed");
    let proofs = proofs.filter(|proofs| proofs.len() == 1).and_then(|proofs| proofs.get("jwt"));
    let [Value::String(proof)] = proofs.and_then(Value::as_array).ok_or_else(bad)?.as_slice() else {
        return Err(bad());
    };
    let jws = Jws::parse(proof, LONGEST_PROOF)
        .and_then(|jws| jws.of_type("openid4vci-proof+jwt"))
        .map_err(|_| bad())?;
    let named = jws.header().members();
    let key = jws.header().jwk().cloned().ok_or_else(bad)?;
    if named.contains_key("kid") || named.contains_key("x5c") {
        return Err(bad());
    }
    let verified = jws.verify(key.key()).map_err(|_| bad())?;
    let text = |name: &str| verified.claims().get(name).and_then(Value::as_str);
    let now = nation.now().as_unix();
    let sent = verified.claims().get("iat").and_then(Value::as_i64);
    if text("aud") != Some(&nation.url) || sent.is_none_or(|sent| sent.abs_diff(now) > SKEW) {
        return Err(bad());
    }
    // The token came without a client's authentication: there is no client to be named.
    if verified.claims().contains_key("iss") {
        return Err(bad());
    }
    if !nation.c_nonces.take(text("nonce").unwrap_or_default(), "", now) {
        return Err(Refusal::new("invalid_nonce", "the nonce is unknown, used or too old"));
    }
    Ok(key)
}

/// A credential's place in the register of credentials.
struct Place {
    sub: String,
    list: u64,
    status: StatusReference,
    claims: Claims,
    portrait: Option<Vec<u8>>,
}

/// A credential and the portrait beside it.
type Issued = (Vec<u8>, Option<Vec<u8>>);

fn issue(nation: &Nation, token: &[u8], document: &Document, key: &Jwk) -> Result<Issued, Refusal> {
    let now = nation.now();
    let expires = now.plus_seconds(LONGEST_LIFE);
    let place = {
        let mut database = nation.database();
        let change = database.transaction()?;
        let place = register(&change, token, document, key, now, expires)?;
        change.commit()?;
        place
    };
    status::publish_begun(nation, place.list)?;
    let issuer = &nation.authority.issuer;
    let draft = SdCwtDraft {
        iss: status::ISS.to_owned(),
        sub: place.sub,
        kid: issuer.kid.clone(),
        vct: document.vct,
        iat: now,
        exp: expires,
        cnf: *key.key(),
        status: place.status,
        claims: place.claims,
        redaction: if document.vct == Vct::Citizen { Redaction::EachClaim } else { Redaction::None },
    };
    let unsigned = draft.prepare(&mut SystemRandom::new()).map_err(|_| Refusal::broken())?;
    let signature = issuer.sign(&unsigned.to_be_signed())?;
    Ok((unsigned.assemble(&signature), place.portrait))
}

/// Spends the token and keeps the credential, in one change with the look at the account: a lock that comes later finds the
/// credential, one that came earlier prevents it. A key is bound once.
fn register(
    change: &Transaction<'_>,
    token: &[u8],
    document: &Document,
    key: &Jwk,
    now: Timestamp,
    expires: Timestamp,
) -> Result<Place, Refusal> {
    let grant = Grant::find(change, token, now.as_unix())?;
    change.execute("DELETE FROM access_token WHERE hash = ?1", [token])?;
    let denied = Refusal::new("credential_request_denied", "the account is not in use at level 2");
    let account = Account::load(change, &grant.account)?.ok_or(denied.clone())?;
    let account = account.active().map_err(|_| denied.clone())?;
    if account.standing.level() < 2 {
        return Err(denied.clone());
    }
    let thumbprint = key.thumbprint_base64url();
    let bound =
        "SELECT 1 FROM credential WHERE thumbprint = ?1 UNION SELECT 1 FROM device WHERE thumbprint = ?1";
    if change.prepare_cached(bound)?.query_row([&thumbprint], |_| Ok(())).optional()?.is_some() {
        return Err(Refusal::new("invalid_proof", "this key has another use already"));
    }
    let guardian = if grant.subject == account.person {
        None
    } else {
        // Looked at again: the child may have come of age since the offer.
        in_care(change, &account.person, &grant.subject, now.date()).map_err(|_| denied)?;
        Some(account.person.clone())
    };
    let portrait: Option<Vec<u8>> = if guardian.is_none() {
        let find = "SELECT portrait FROM account WHERE id = ?1";
        change.query_row(find, [&account.id], |row| row.get(0))?
    } else {
        // The portrait on the guardian's card is not the child's.
        None
    };
    let claims = document.claims(change, &grant.subject, portrait.as_deref(), guardian)?;
    let seconds = now.as_unix();
    change
        .prepare_cached("DELETE FROM credential WHERE expires <= ?1")?
        .execute([seconds - KEPT_AFTER_END])?;
    let sub = random_text(6)?;
    let (list, index) = free_index(change)?;
    let put = "INSERT INTO credential (sub, account, subject, configuration, thumbprint, list, position, expires) \
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
    change.execute(
        put,
        params![
            sub,
            account.id,
            grant.subject,
            document.configuration,
            thumbprint,
            list,
            index,
            expires.as_unix()
        ],
    )?;
    Ok(Place {
        sub,
        list: list.into(),
        status: StatusReference { uri: format!("s:{list}"), index: index.into() },
        claims,
        portrait,
    })
}

/// A free status index, uniformly random, so that it says nothing of the person. A list is filled by half, then the next begins.
fn free_index(change: &Transaction<'_>) -> Result<(u32, u32), Refusal> {
    let count = "UPDATE status_list SET used = used + 1 WHERE number = (SELECT max(number) FROM status_list) \
                 RETURNING number, used";
    let (mut list, used): (u32, u32) =
        change.prepare_cached(count)?.query_row([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    if u64::from(used) > status::ENTRIES / 2 {
        list += 1;
        change.execute("INSERT INTO status_list VALUES (?1, 1)", [list])?;
    }
    let taken = "SELECT 1 FROM credential WHERE list = ?1 AND position = ?2";
    // Half of the indexes are free: 64 misses in a row are as likely as guessing a 64-bit key.
    for _ in 0..64 {
        let mut octets = [0; 8];
        SystemRandom::new().fill(&mut octets).map_err(|_| Refusal::broken())?;
        let index =
            u32::try_from(u64::from_be_bytes(octets) % status::ENTRIES).map_err(|_| Refusal::broken())?;
        let row = params![list, index];
        if change.prepare_cached(taken)?.query_row(row, |_| Ok(())).optional()?.is_none() {
            return Ok((list, index));
        }
    }
    Err(Refusal::broken())
}
