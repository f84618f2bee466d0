//! The register of those who ask for documents: a portal or bank of an integrator brings a name, an address, what it wants to ask for
//! and a key of its own, and gets what wallets believe: a certificate of the nation's authority and the registrar's word. The private
//! key stays where it was made.
mod page;

use axum::extract::State;
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use credential::jose::{Jwk, compact};
use der::pem::{LineEnding, encode_string};
use der::{DecodePem as _, Encode as _};
use presentation::dcql::Query;
use presentation::openid4vp::RegistrationDraft;
use presentation::showable;
use ring::signature::{ECDSA_P256_SHA256_ASN1, UnparsedPublicKey};
use serde::Deserialize;
use serde_json::{Value, json};
use trust::anchors::{ListedCertificate, Role};
use trust::p256::PublicKey;
use url::{Host, Url};
use verifier::online::Asker;
use x509_cert::request::CertReq;

use super::answer::{Answer, Refusal, fresh};
use super::body::Body;
use super::certificates::LeafOf;
use super::database::{DatabaseError, Row, values};
use super::{Nation, SandboxError, Shared, names, vouched};
pub(super) use page::form;

/// Days that certificate and registration live.
const LIFE_DAYS: i64 = 90;
/// Bytes of a name, which is the certificate's common name (X.520), and of a purpose.
const LONGEST_NAME: usize = 64;
const LONGEST_PURPOSE: usize = 160;
const INVALID: &str = "invalid_request";

#[derive(Deserialize)]
struct Wish {
    name: String,
    address: String,
    purpose: String,
    may_ask: Value,
    #[serde(default)]
    client_id_prefix: Prefix,
    key: Option<Value>,
    csr: Option<String>,
}

/// How wallets are to know it (OpenID4VP 1.0, 5.9.3).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Prefix {
    #[default]
    X509Hash,
    X509SanDns,
}

/// What is registered, checked.
struct Registered {
    name: String,
    client_id: String,
    certificate: Vec<u8>,
    certificate_pem: String,
    registration: String,
}

/// Registers somebody; again with the same key for another certificate.
pub(super) async fn register(State(nation): State<Shared>, body: Body) -> Answer {
    if body.is_form() {
        return Ok(page::register(&nation, &body));
    }
    Ok(told(&enter(&nation, &body.json(INVALID)?)?))
}

fn told(registered: &Registered) -> Response {
    fresh(json!({
        "name": registered.name, "client_id": registered.client_id, "certificate": registered.certificate_pem,
        "x5c": [STANDARD.encode(&registered.certificate)],
        "verifier_info": [RegistrationDraft::entry(&registered.registration)],
        "expires_in": LIFE_DAYS * 24 * 3600,
    }))
}

fn enter(nation: &Nation, wish: &Wish) -> Result<Registered, Refusal> {
    // Nothing is left out or cut: what is shown is what was registered.
    let named = |text: &str, longest| {
        let shown = showable(text, longest).filter(|shown| shown.len() <= longest && shown == text);
        shown.ok_or(Refusal::new(
            INVALID,
            "name and purpose are text that a screen shows as it is, of 64 and 160 bytes at most",
        ))
    };
    let (name, purpose) =
        (named(&names::composed(&wish.name), LONGEST_NAME)?, named(&wish.purpose, LONGEST_PURPOSE)?);
    let host = host(&wish.address)?;
    Query::parse(&wish.may_ask).map_err(|_| {
        Refusal::new("invalid_query", "what may be asked for is a query of DCQL (OpenID4VP 1.0, 6)")
    })?;
    let key = wish.public_key()?;
    if vouched::is_own(nation, &name) || names::is_own(&name) {
        return Err(TAKEN);
    }
    let (issued_at, expires_at) = (nation.now(), nation.now().plus_seconds(LIFE_DAYS * 24 * 3600));
    let leaf = LeafOf { name: &name, host: &host, days: (issued_at.date(), expires_at.date()) };
    let certificate = nation.authority.askers.certify_asker(&key, &leaf)?;
    let certificate_pem =
        encode_string("CERTIFICATE", LineEnding::LF, &certificate).map_err(|_| Refusal::broken())?;
    let client_id = match (wish.client_id_prefix, &host) {
        (Prefix::X509Hash, _) => {
            let asker = Asker::new(vec![certificate.clone()]).map_err(|_| Refusal::broken())?;
            asker.client_id().to_string()
        }
        (Prefix::X509SanDns, Host::Domain(domain)) => format!("x509_san_dns:{domain}"),
        (Prefix::X509SanDns, _) => {
            return Err(Refusal::new(INVALID, "x509_san_dns takes an address with a host name"));
        }
    };
    let registrar = &nation.authority.registrar;
    let draft = RegistrationDraft {
        chain: std::slice::from_ref(&registrar.certificate),
        subject: &client_id,
        name: &name,
        purpose: &purpose,
        may_ask: &wish.may_ask,
        issued_at,
        expires_at,
    };
    let input = draft.signing_input();
    let registration = compact(&input, &registrar.key.sign(input.as_bytes())?);
    keep(nation, &name, &key, &certificate)?;
    Ok(Registered { name, client_id, certificate, certificate_pem, registration })
}

const TAKEN: Refusal = Refusal::new("name_taken", "somebody else bears this name");
const WITHDRAWN: Refusal = Refusal::new("asker_withdrawn", "who bears this name was withdrawn");

/// Each certificate is kept: a withdrawal takes all of a name. None is added to it meanwhile, which the published list would not have.
fn keep(nation: &Nation, name: &str, key: &PublicKey, certificate: &[u8]) -> Result<(), Refusal> {
    let put = "INSERT INTO asker VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET key = excluded.key \
               WHERE asker.key = excluded.key";
    nation.database.change(|change| {
        if vouched::is_withdrawn(change, name)? {
            return Err(WITHDRAWN);
        }
        if change.execute(put, values![name, key.compressed()])? == 0 {
            return Err(TAKEN);
        }
        change.execute("INSERT INTO asker_certificate VALUES ($1, $2)", values![certificate, name])?;
        Ok(())
    })
}

fn host(address: &str) -> Result<Host, Refusal> {
    let url = Url::parse(address).ok().filter(|url| url.scheme() == "https" && url.username().is_empty());
    let host = url.and_then(|url| url.host().map(|host| host.to_owned()));
    host.ok_or(Refusal::new(INVALID, "the address is where wallets answer to: https://HOST"))
}

impl Wish {
    /// The key, by itself or with a request that it signed.
    fn public_key(&self) -> Result<PublicKey, Refusal> {
        let found = match (&self.key, &self.csr) {
            (Some(jwk), None) => Jwk::from_json(jwk).ok().map(|jwk| *jwk.key()),
            (None, Some(csr)) => signed_key(csr),
            _ => None,
        };
        found.ok_or(Refusal::new(
            INVALID,
            "the key is a P-256 public key as a JWK (key), or a certificate request (csr, PEM) that it signed with SHA-256",
        ))
    }
}

/// The key of a certificate request (RFC 2986) that it signed. Nothing else of the request counts.
fn signed_key(csr: &str) -> Option<PublicKey> {
    let request = CertReq::from_pem(csr.trim()).ok()?;
    let point = request.info.public_key.subject_public_key.as_bytes()?;
    let key = PublicKey::from_uncompressed(point).ok()?;
    let (message, signature) = (request.info.to_der().ok()?, request.signature.as_bytes()?);
    UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, point).verify(&message, signature).ok()?;
    Some(key)
}

/// Whether somebody registered bears this name.
pub(super) fn is_registered(nation: &Nation, name: &str) -> Result<bool, DatabaseError> {
    nation.database.read(|statements| statements.exists("SELECT 1 FROM asker WHERE name = $1", values![name]))
}

/// What the trust list says of those who were withdrawn.
pub(super) fn withdrawn(nation: &Nation) -> Result<Vec<ListedCertificate>, SandboxError> {
    let find = "SELECT certificate, asker_certificate.name FROM asker_certificate \
                JOIN setting ON setting.name = 'withdrawn: ' || asker_certificate.name \
                WHERE value <> 0 ORDER BY certificate";
    let rows = nation.database.read(|statements| statements.query(find, &[]))?;
    let entry = |row: &Row| {
        let (certificate, name) = (row.get(0)?, row.get(1)?);
        Ok(ListedCertificate { role: Role::Requests, certificate, name, revoked: true })
    };
    rows.iter().map(entry).collect()
}
