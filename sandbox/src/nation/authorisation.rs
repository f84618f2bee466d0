//! The identity provider's authorization server: a wallet pushes what it wants, the person agrees in a browser, and the wallet
//! exchanges the code (RFC 6749, 7636, 8252, 9126, 9207; OpenID4VCI 1.0, section 5). It lives in memory, as short as it is.
mod pages;

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::IntoResponse;
use serde::Deserialize;
use serde_json::json;
use subtle::ConstantTimeEq;
use url::{Host, Url};

use super::answer::{Answer, Refusal, fresh};
use super::body::Body;
use super::documents::Document;
use super::{Nation, Shared, encode, issuance, random_text, sha256};
pub(super) use pages::{ask, login};

pub(super) const GRANT: &str = "authorization_code";
/// The level that an account needs for agreeing in a browser.
pub(super) const LEVEL: u8 = 2;
const REQUEST_URI: &str = "urn:ietf:params:oauth:request_uri:";
/// Seconds from the push to the browser.
const PUSHED_LIFE: i64 = 60;
/// Seconds from the push to the person's word.
const VISIT_LIFE: i64 = 600;
/// Seconds that a code waits for its exchange.
const CODE_LIFE: i64 = 60;
/// Attempts at a one-time code.
const MOST_ATTEMPTS: u32 = 5;
/// One-time codes for a number within an hour, each with its attempts.
const MOST_SENT: usize = 5;
const HOUR: i64 = 3600;
/// More are not under way at a time.
const MOST: usize = 20_000;
const LONGEST: usize = 512;

/// What a wallet pushed.
#[derive(Clone)]
struct Wish {
    client: String,
    redirect_uri: String,
    state: String,
    challenge: String,
    document: &'static Document,
}

/// An account and the person whose it is.
#[derive(Clone)]
pub(super) struct Owner {
    pub(super) account: String,
    pub(super) person: String,
}

/// Who agreed to what.
pub(super) struct Agreed {
    pub(super) owner: Owner,
    pub(super) client: String,
    pub(super) document: &'static Document,
}

/// How far it has come.
#[derive(Clone)]
enum Stage {
    Pushed,
    /// The person's browser is here.
    Shown,
    /// A one-time code went to the phone of this account; nobody's where there is none that may agree, which is not told.
    CodeSent {
        account: Option<Owner>,
        code: String,
        attempts: u32,
    },
    /// The person agreed: the code for the wallet.
    Agreed {
        owner: Owner,
        code: String,
        at: i64,
    },
}

#[derive(Clone)]
struct Visit {
    wish: Wish,
    began: i64,
    stage: Stage,
}

#[derive(Default)]
struct UnderWay {
    visits: HashMap<String, Visit>,
    /// When one-time codes were asked for with a number, whether or not it is anybody's.
    sent: HashMap<String, Vec<i64>>,
}

/// All that are under way.
#[derive(Default)]
pub(super) struct Authorisations(Mutex<UnderWay>);

impl Authorisations {
    fn lock(&self) -> MutexGuard<'_, UnderWay> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[derive(Deserialize)]
struct Push {
    response_type: String,
    client_id: String,
    redirect_uri: String,
    state: String,
    scope: Option<String>,
    code_challenge: Option<String>,
    code_challenge_method: Option<String>,
}

/// A wallet pushes its request. It is known here as it is at the token endpoint (RFC 9126, section 2).
pub(super) async fn push(State(nation): State<Shared>, headers: HeaderMap, body: Body) -> Answer {
    let push: Push = body.form()?;
    issuance::authenticate(&nation, &headers, Some(&push.client_id))?;
    if push.response_type != "code" {
        return Err(Refusal::new("unsupported_response_type", "only a code is given out"));
    }
    let challenge = push.code_challenge.filter(|challenge| challenge.len() == 43);
    if push.code_challenge_method.as_deref() != Some("S256") || challenge.is_none() {
        return Err(Refusal::new("invalid_request", "PKCE with S256 is demanded"));
    }
    let texts = [&push.client_id, &push.redirect_uri, &push.state];
    if texts.iter().any(|text| text.is_empty() || text.len() > LONGEST) || !is_the_apps(&push.redirect_uri) {
        let to = "the browser returns to http://127.0.0.1:PORT/ or vn.sen.app:/authorised alone";
        return Err(Refusal::new("invalid_request", to));
    }
    let document = push.scope.as_deref().and_then(Document::named);
    let document = document.ok_or(Refusal::new("invalid_scope", "the scope is the name of one document"))?;
    let wish = Wish {
        client: push.client_id,
        redirect_uri: push.redirect_uri,
        state: push.state,
        challenge: challenge.unwrap_or_default(),
        document,
    };
    let (id, now) = (random_text(16)?, nation.now().as_unix());
    let mut under_way = nation.authorisations.lock();
    under_way.visits.retain(|_, visit| now - visit.began < VISIT_LIFE + CODE_LIFE);
    if under_way.visits.len() >= MOST {
        // The wallet's proof of possession was used up above.
        return Err(Refusal::new("slow_down", "too many are asking at the moment").after_seconds(5));
    }
    under_way.visits.insert(id.clone(), Visit { wish, began: now, stage: Stage::Pushed });
    let answer = fresh(json!({"request_uri": format!("{REQUEST_URI}{id}"), "expires_in": PUSHED_LIFE}));
    Ok((StatusCode::CREATED, answer).into_response())
}

/// An address on this very computer, at any port (RFC 8252, section 7.3), or on iPhones the app's own scheme (section 7.1): nothing
/// else is safe for an app without a secret.
fn is_the_apps(redirect_uri: &str) -> bool {
    let is_own_scheme = redirect_uri == "vn.sen.app:/authorised";
    is_own_scheme
        || Url::parse(redirect_uri).is_ok_and(|url| {
            url.scheme() == "http"
                && matches!(url.host(), Some(Host::Ipv4(address)) if address.is_loopback())
                && url.port().is_some()
                && url.username().is_empty()
                && url.query().is_none()
                && url.fragment().is_none()
        })
}

#[derive(Deserialize)]
pub(super) struct Exchange {
    code: Option<String>,
    redirect_uri: Option<String>,
    code_verifier: Option<String>,
    client_id: Option<String>,
}

/// Exchanges a code, once: a wrong attempt spends it, too.
pub(super) fn exchange(nation: &Nation, request: &Exchange) -> Result<Agreed, Refusal> {
    let refused = Refusal::new("invalid_grant", "the code is wrong, used, too old, or somebody else's");
    let asked = request.code.as_deref().ok_or(Refusal::new("invalid_request", "the code is missing"))?;
    let now = nation.now().as_unix();
    let is_it = |visit: &Visit| matches!(&visit.stage, Stage::Agreed { code, .. } if code == asked);
    let mut under_way = nation.authorisations.lock();
    let id = under_way.visits.iter().find(|(_, visit)| is_it(visit)).map(|(id, _)| id.clone());
    let visit = id.and_then(|id| under_way.visits.remove(&id)).ok_or(refused.clone())?;
    drop(under_way);
    let Visit { wish, stage: Stage::Agreed { owner, at, .. }, .. } = visit else { return Err(refused) };
    let verifier = request.code_verifier.as_deref().unwrap_or_default();
    let challenge = encode(&sha256(verifier.as_bytes()));
    let is_theirs = bool::from(challenge.as_bytes().ct_eq(wish.challenge.as_bytes()))
        && request.redirect_uri.as_deref() == Some(&wish.redirect_uri)
        && request.client_id.as_deref() == Some(&wish.client);
    if !is_theirs || now - at >= CODE_LIFE {
        return Err(refused);
    }
    Ok(Agreed { owner, client: wish.client, document: wish.document })
}
