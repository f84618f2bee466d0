//! The services' description: one table, from which the OpenAPI document and its page are made.
#[cfg(test)]
mod tests;

use axum::Json;
use axum::extract::State;
use axum::response::Html;
use serde_json::{Map, Value, json};

use super::Shared;
use super::pages::page;
/// How a call is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Asked {
    /// `GET`.
    Get,
    /// `POST` without a body.
    Empty,
    /// `POST` with JSON members.
    Json,
    /// `POST` with a form.
    Form,
    /// `POST` with a signed account message of this operation.
    Signed(&'static str),
}

/// A call: how, where, what for, the members that it takes and gives.
type Call = (Asked, &'static str, &'static str, &'static [&'static str], &'static [&'static str]);

const EVIDENCE: &[&str] = &["account", "nonce", "files", "active_response", "face_statement"];
const NEW_PHONE: &[&str] = &["account", "device_name", "nonce", "files", "active_response", "face_statement"];
const PROOF_BEGUN: &[&str] = &["account", "nonce", "purpose", "face_service", "expires_in"];
const WAITING: &[&str] = &["account", "state", "effective_at"];
const SHOWN: &[&str] = &[
    "account",
    "level",
    "state",
    "verified_at",
    "method",
    "locked_by",
    "locks",
    "devices",
    "pin",
    "pin_id",
    "pending",
];
const STATE: &[&str] = &["account", "state"];
const KEYS: &[&str] = &["account", "keys"];
const KEY_ATTESTATION: &str = "/account/key-attestation";
const WALLET_ATTESTATION: &str = "/account/wallet-attestation";
const DONE: &[&str] = &["done"];
const BEGUN: &[&str] = &["view", "link", "qr", "expires_in"];
const FACE: &[&str] = &["account", "nonce", "dg2_sha256", "device_key_thumbprint", "capture"];

const PORTAL_QUESTION: &[&str] =
    &["maThe", "hoTen", "ngaySinh", "hoTenCb", "cccdCb", "username", "password", "token", "id_token"];
const PORTAL_ANSWER: &[&str] = &[
    "maKetQua",
    "ghiChu",
    "maThe",
    "hoTen",
    "ngaySinh",
    "gioiTinh",
    "diaChi",
    "maDKBD",
    "cqBHXH",
    "gtTheTu",
    "gtTheDen",
    "maKV",
    "ngayDu5Nam",
    "maSoBHXH",
    "maTheCu",
    "maTheMoi",
    "gtTheTuMoi",
    "gtTheDenMoi",
    "maDKBDMoi",
    "tenDKBDMoi",
];

const CALLS: &[Call] = &[
    (
        Asked::Empty,
        "/account/challenge",
        "a challenge for one message",
        &[],
        &["challenge", "server_time", "expires_in"],
    ),
    (
        Asked::Signed("open"),
        "/account/open",
        "opens an account",
        &["personal_number", "phone", "device_name", "attestation"],
        &["account", "code_sent_to", "code_expires_in"],
    ),
    (
        Asked::Signed("activate"),
        "/account/activate",
        "to level 1 with the one-time code",
        &["account", "code"],
        &["account", "level", "state"],
    ),
    (
        Asked::Signed("step_up_start"),
        "/account/step-up",
        "begins the proof for level 2",
        &["account"],
        PROOF_BEGUN,
    ),
    (
        Asked::Signed("step_up"),
        "/account/verify",
        "to level 2 by chip and face",
        EVIDENCE,
        &["level", "verified_at", "method"],
    ),
    (
        Asked::Signed("reading_await"),
        "/account/reading",
        "a phone without a reader awaits a card that another one reads",
        &["account", "to"],
        &["expires_in"],
    ),
    (
        Asked::Json,
        "/account/reading/give",
        "the other phone gives the reading, sealed to the first",
        &["to", "sealed"],
        &["given"],
    ),
    (
        Asked::Signed("reading_take"),
        "/account/reading/take",
        "the phone that awaits it takes it; null while there is none",
        &["account", "to"],
        &["sealed"],
    ),
    (Asked::Signed("show"), "/account/show", "how the account stands", &["account"], SHOWN),
    (Asked::Signed("lock"), "/account/lock", "locks the account at once", &["account"], STATE),
    (Asked::Signed("unlock"), "/account/unlock", "lifts the holder's own lock", &["account"], STATE),
    (Asked::Signed("close"), "/account/close", "ends the account", &["account"], STATE),
    (
        Asked::Signed("pin_set, pin_change, pin_check"),
        "/account/pin",
        "the PIN, signed inside by the PIN's key",
        &["account", "pin", "pin_id", "pin_key", "pin_new"],
        &[],
    ),
    (
        Asked::Signed("level_start, level_statement"),
        "/account/level",
        "states the level that phone, PIN and, with a face statement, face reached, for a credential's key",
        &["account", "key", "pin", "nonce", "face_statement"],
        &["nonce", "purpose", "portrait_sha256", "face_service", "statement", "level", "expires_in"],
    ),
    (
        Asked::Signed("pin_recover_start, pin_recover"),
        "/account/pin/recover",
        "frees a forgotten PIN by chip and face",
        EVIDENCE,
        WAITING,
    ),
    (
        Asked::Signed("device_start"),
        "/account/device",
        "a new phone asks for the account",
        &["personal_number", "phone"],
        PROOF_BEGUN,
    ),
    (
        Asked::Signed("device"),
        "/account/device/verify",
        "the new phone's proof; it takes over after the waiting time",
        NEW_PHONE,
        WAITING,
    ),
    (
        Asked::Signed("pending_cancel"),
        "/account/pending/cancel",
        "the phone in use cancels what waits",
        &["account"],
        &["cancelled"],
    ),
    (
        Asked::Signed("hand_over"),
        "/account/hand-over",
        "the phone in use names the next one",
        &["account", "new_key", "device_name", "sealed", "pin"],
        &["expires_in"],
    ),
    (
        Asked::Signed("hand_over_claim"),
        "/account/hand-over/claim",
        "the next phone takes over",
        &[],
        &["account", "level", "state", "sealed"],
    ),
    (
        Asked::Signed("revocation_code"),
        "/account/revocation-code",
        "a new revocation code, shown once",
        &["account"],
        &["code", "use_at"],
    ),
    (Asked::Signed("wards"), "/account/wards", "those in the holder's care", &["account"], &["wards"]),
    (
        Asked::Signed("ward_consent, ward_refuse, ward_lock, ward_unlock"),
        "/account/wards/act",
        "what a guardian does with their accounts",
        &["account", "ward"],
        STATE,
    ),
    (
        Asked::Signed("offer"),
        "/account/offer",
        "an offer of a document",
        &["account", "credential", "for"],
        &["credential_offer"],
    ),
    (Asked::Signed("attest_keys"), "/account/attest", "attests new keys", KEYS, &["attested"]),
    (Asked::Signed("key_attestation"), KEY_ATTESTATION, "for issuers", KEYS, &["key_attestation"]),
    (Asked::Signed("wallet_attestation"), WALLET_ATTESTATION, "for issuers", KEYS, &["wallet_attestation"]),
    (Asked::Empty, "/attestation-challenge", "for a wallet's proof", &[], &["attestation_challenge"]),
    (Asked::Json, "/sandbox/attestation", "what the issuer demands", &["client", "keys", "alone"], DONE),
    (Asked::Get, "/revoke", "the page for a lost phone", &[], &[]),
    (Asked::Form, "/revoke", "takes a lost phone out of use", &["code"], &["revoked"]),
    (
        Asked::Json,
        "/face/statement",
        "the face service compares a picture with the portrait",
        FACE,
        &["statement"],
    ),
    (
        Asked::Get,
        "/.well-known/openid-credential-issuer",
        "the issuer's metadata (OpenID4VCI 1.0)",
        &[],
        &[
            "credential_issuer",
            "credential_endpoint",
            "nonce_endpoint",
            "credential_configurations_supported",
        ],
    ),
    (
        Asked::Get,
        "/.well-known/oauth-authorization-server",
        "the token endpoint's metadata (RFC 8414)",
        &[],
        &["issuer", "token_endpoint", "grant_types_supported"],
    ),
    (
        Asked::Form,
        "/token",
        "a pre-authorised code, or one of the browser, for an access token",
        &["grant_type", "pre-authorized_code", "code", "redirect_uri", "code_verifier", "client_id"],
        &["access_token", "token_type", "expires_in"],
    ),
    (
        Asked::Form,
        "/par",
        "a wallet pushes what the person is to agree to (PKCE, loopback redirect)",
        &[
            "response_type",
            "client_id",
            "redirect_uri",
            "state",
            "scope",
            "code_challenge",
            "code_challenge_method",
        ],
        &["request_uri", "expires_in"],
    ),
    (Asked::Get, "/authorize", "the page where the person agrees (?client_id=&request_uri=)", &[], &[]),
    (
        Asked::Form,
        "/authorize",
        "number, then one-time code with yes or no",
        &["visit", "number", "code", "answer"],
        &[],
    ),
    (Asked::Empty, "/nonce", "a nonce for a key proof", &[], &["c_nonce"]),
    (
        Asked::Json,
        "/credential",
        "a document for a proven key; bearer token",
        &["credential_configuration_id", "proofs"],
        &["credentials"],
    ),
    (Asked::Get, "/portal", "a public service: sign in with a wallet", &[], &[]),
    (Asked::Json, "/portal/start", "begins a sign-in", &["other_screen"], BEGUN),
    (Asked::Get, "/bank", "the bank's counter", &[], &[]),
    (Asked::Empty, "/bank/start", "the counter asks a wallet", &[], BEGUN),
    (
        Asked::Empty,
        "/bank/evidence/start",
        "a nonce for reading a customer's card at the counter",
        &[],
        &["nonce", "nonce_hex", "expires_in"],
    ),
    (
        Asked::Json,
        "/bank/evidence",
        "a customer by the chip: the signed record of a reader of the bank's",
        &["nonce", "record", "face_compared"],
        &["name", "number", "proven_by", "is_new", "balance"],
    ),
    (Asked::Get, "/atm", "a cash machine", &[], &[]),
    (Asked::Json, "/atm/start", "a machine asks a wallet for an amount", &["terminal", "amount"], BEGUN),
    (Asked::Get, "/asking/script.js", "the script of these pages", &[], &[]),
    (
        Asked::Json,
        "/asking/state",
        "how a question stands, for the page that began it",
        &["view", "code"],
        &["state", "number", "seconds", "reason", "vi", "en", "result"],
    ),
    (Asked::Get, "/asking/request/{id}", "a wallet fetches the request (OpenID4VP 1.0)", &[], &[]),
    (Asked::Form, "/asking/request/{id}", "the same by POST", &["wallet_metadata", "wallet_nonce"], &[]),
    (
        Asked::Form,
        "/asking/response/{id}",
        "a wallet answers (direct_post.jwt)",
        &["response", "error", "state"],
        &["redirect_uri"],
    ),
    (
        Asked::Json,
        "/sandbox/bank-reader",
        "the bank takes a reader into use (key: compressed P-256 point, base64url)",
        &["key"],
        DONE,
    ),
    (Asked::Get, "/trust/root.pub", "the root's public key", &[], &[]),
    (Asked::Get, "/trust/trust-list.cwt", "the trust list", &[], &[]),
    (Asked::Get, "/status/{number}", "a status list", &[], &[]),
    (Asked::Get, "/status/national/snapshot", "the whole nation's status", &[], &[]),
    (Asked::Get, "/status/national/since/{sequence}", "what changed since a snapshot", &[], &[]),
    (
        Asked::Json,
        "/api/token/take",
        "the insurance portal's stand-in: tokens for a facility (password as MD5)",
        &["username", "password"],
        &["maKetQua", "APIKey"],
    ),
    (
        Asked::Json,
        "/api/egw/KQNhanLichSuKCB2024",
        "the insurance portal's stand-in: a card; account and tokens in the address or the body",
        PORTAL_QUESTION,
        PORTAL_ANSWER,
    ),
    (Asked::Get, "/", "where to begin", &[], &[]),
    (Asked::Get, "/api", "this page", &[], &[]),
    (Asked::Get, "/openapi.json", "this description for machines", &[], &[]),
    (Asked::Get, "/mailbox", "the messages to a phone (?phone=)", &[], &["messages"]),
    (Asked::Json, "/sandbox/face-outcome", "whether a person's face matches", &["number", "matches"], DONE),
    (Asked::Json, "/sandbox/death", "reports a death", &["number"], DONE),
    (
        Asked::Json,
        "/sandbox/lock",
        "locks for terms, card_withdrawn or authority",
        &["number", "reason"],
        DONE,
    ),
    (Asked::Json, "/sandbox/unlock", "lifts what /sandbox/lock set", &["number"], DONE),
    (Asked::Json, "/sandbox/hotline", "lets a late activation go on", &["number"], DONE),
    (Asked::Json, "/sandbox/counter", "a counter's proof: what waits takes effect now", &["number"], DONE),
    (Asked::Json, "/sandbox/level-2", "a counter saw the person and the papers", &["number"], DONE),
    (Asked::Json, "/sandbox/residence", "a foreigner's last day of residence", &["number", "until"], DONE),
    (
        Asked::Json,
        "/sandbox/offer",
        "a counter hands over an offer of a document; with browser one that the person logs in for",
        &["number", "credential", "browser"],
        &["credential_offer"],
    ),
    (
        Asked::Json,
        "/sandbox/desk",
        "names the desk of a clinic (key: compressed P-256 point, base64url)",
        &["name", "key"],
        &["name", "certificate", "expires_in"],
    ),
    (
        Asked::Json,
        "/sandbox/desk-withdrawal",
        "withdraws a desk, for good: its key stands in the trust list from now on, and phones answer it no more",
        &["name"],
        DONE,
    ),
    (
        Asked::Json,
        "/sandbox/withdrawal",
        "takes documents, askers, registrar, issuer, portal or bank off the trust list, or lists them again",
        &["who", "withdrawn"],
        DONE,
    ),
    (
        Asked::Json,
        "/sandbox/insurance-answer",
        "the portal's answer for a person from now on; without a code the register's",
        &["number", "code"],
        DONE,
    ),
    (
        Asked::Json,
        "/sandbox/insurance-fault",
        "the portal's fault: none, slow, broken, bad_json or forgets_tokens",
        &["fault", "milliseconds"],
        &["done", "tokens"],
    ),
    (Asked::Json, "/sandbox/recovery-wait", "how long a new phone or PIN waits", &["seconds"], DONE),
];

/// The OpenAPI 3.1 document.
pub(super) async fn document(State(nation): State<Shared>) -> Json<Value> {
    let mut paths: Map<String, Value> = Map::new();
    for (asked, path, summary, takes, gives) in CALLS {
        let operation = operation(*asked, path, summary, takes, gives);
        let method = if *asked == Asked::Get { "get" } else { "post" };
        let methods = paths.entry(*path).or_insert_with(|| json!({}));
        if let Some(methods) = methods.as_object_mut() {
            methods.insert(method.to_owned(), operation);
        }
    }
    let error = json!({"type": "object", "required": ["error", "error_description"], "properties": {
        "error": {"type": "string"}, "error_description": {"type": "string"}}});
    Json(json!({
        "openapi": "3.1.0",
        "info": {"title": "Sen sandbox", "version": env!("CARGO_PKG_VERSION"),
                 "description": "An invented nation for trying the wallet. Every person, key and card here is made up."},
        "servers": [{"url": nation.url}],
        "paths": paths,
        "components": {"schemas": {"Error": error, "Signed": {
            "type": "object", "required": ["jws"], "properties": {"jws": {"type": "string", "description":
                "compact JWS, ES256, typ sen-account+jwt, header jwk = instance key; payload aud, op, challenge (once), \
                 seq (rising), iat and the operation's members"}}}}},
    }))
}

fn operation(asked: Asked, path: &str, summary: &str, takes: &[&str], gives: &[&str]) -> Value {
    let members = |names: &[&str]| -> Map<String, Value> {
        names.iter().map(|name| ((*name).to_owned(), json!({}))).collect()
    };
    let answer = json!({"type": "object", "properties": members(gives)});
    let refusal = json!({"description": "refused", "content": {"application/json": {"schema":
        {"$ref": "#/components/schemas/Error"}}}});
    let mut operation = json!({"summary": summary, "responses": {
        "200": {"description": "done", "content": {"application/json": {"schema": answer}}},
        "4XX": refusal,
    }});
    let parameters: Vec<_> = path
        .split('/')
        .filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
        .map(|name| {
            json!({"name": name, "in": "path", "required": true,
                             "schema": {"type": if name == "id" { "string" } else { "integer" }}})
        })
        .collect();
    let body = |media_type: &str, schema: Value| json!({"required": true, "content": {media_type: {"schema": schema}}});
    let record = json!({"type": "object", "properties": members(takes)});
    let request = match asked {
        Asked::Get | Asked::Empty => None,
        Asked::Json => Some(body("application/json", record)),
        Asked::Form => Some(body("application/x-www-form-urlencoded", record)),
        Asked::Signed(_) => Some(body("application/json", json!({"$ref": "#/components/schemas/Signed"}))),
    };
    if let Some(members) = operation.as_object_mut() {
        if let Some(request) = request {
            members.insert("requestBody".to_owned(), request);
        }
        if !parameters.is_empty() {
            members.insert("parameters".to_owned(), json!(parameters));
        }
        if let Asked::Signed(operations) = asked {
            members.insert("x-sen-operation".to_owned(), json!(operations));
            members.insert("x-sen-members".to_owned(), json!(takes));
        }
    }
    operation
}

/// The same for people.
pub(super) async fn overview() -> Html<String> {
    let rows = CALLS.iter().fold(String::new(), |rows, (asked, path, summary, takes, gives)| {
        let how = match asked {
            Asked::Get => "GET".to_owned(),
            Asked::Empty | Asked::Json => "POST".to_owned(),
            Asked::Form => "POST form".to_owned(),
            Asked::Signed(operations) => format!("POST signed <i>{operations}</i>"),
        };
        let (takes, gives) = (takes.join(", "), gives.join(", "));
        format!(
            "{rows}<tr><td><code>{path}</code><br><small>{how}</small></td><td>{summary}<br>\
                 <small>{takes} → {gives}</small></td></tr>"
        )
    });
    page("API", &format!("<p><a href=\"/openapi.json\">OpenAPI</a></p><table>{rows}</table>"))
}
