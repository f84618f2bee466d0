//! Trust list and status lists: signed anew on every change and before they grow old, served, and kept on disk for whoever
//! works offline. What a credential's status is follows from its account alone; nothing can forget to set it.
use std::collections::BTreeMap;
use std::path::Path as FilePath;
use std::sync::{Mutex, MutexGuard, PoisonError};

use axum::extract::{Path, State};
use axum::http::header::{ACCEPT, CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use credential::claims::{StatusReference, Vct};
use credential::jose::compact;
use presentation::challenge::DESK_AUTHORITY;
use presentation::level_statement::LEVEL_AUTHORITY;
use trust::anchors::{Issuer, StatusSigner, TrustListDraft};
use trust::status::StatusListDraft;
use trust::time::Timestamp;

use super::answer::{Answer, Refusal};
use super::authority::ServiceKey;
use super::database::{DatabaseError, Statements, next_number, values};
use super::{Nation, SandboxError, Shared, desks, encode, levels, national, sha256, vouched};

pub(super) const TRUST: &str = "trust";
pub(super) const STATUS: &str = "status";
const TRUST_LIST: &str = "trust-list.cwt";
const ROOT: &str = "root.pub";
/// Claim `iss` of the sandbox's credentials.
pub(super) const ISS: &str = "vn-test";

/// Media type of a status list as JWT.
const JWT: &str = "application/statuslist+jwt";

/// Withdrawn for good.
const REVOKED: u8 = 1;
/// Withdrawn for the time being.
const SUSPENDED: u8 = 2;

/// Seconds that a status list or snapshot lives.
pub(super) const STATUS_LIFE: i64 = 7 * DAY;
/// Bits of an entry: revoked and suspended.
pub(super) const BITS: u8 = 2;
/// Entries of one list.
pub(super) const ENTRIES: u64 = 1 << 16;
/// Number of the first list.
pub(super) const FIRST: u64 = 1;
const DAY: i64 = 24 * 3600;
/// Seconds after which a status list is signed anew though nothing changed.
pub(super) const STATUS_AGE: i64 = 900;

/// A signed list and when it was signed.
#[derive(Clone)]
pub(super) struct Signed {
    token: Vec<u8>,
    at: Timestamp,
    tag: String,
}

impl Signed {
    pub(super) fn new(token: Vec<u8>, at: Timestamp) -> Self {
        let tag = format!("\"{}\"", encode(&sha256(&token)));
        Self { token, at, tag }
    }

    fn is_fresh(&self, now: Timestamp, age: i64) -> bool {
        (0..age).contains(&now.seconds_since(self.at))
    }
}

/// The lists as last signed. Its lock is taken before the database's, never after.
#[derive(Default)]
pub(super) struct Lists(Mutex<Published>);

/// What was published last.
#[derive(Default)]
pub(super) struct Published {
    trust: Option<Signed>,
    status: BTreeMap<u64, Signed>,
    /// The same as JWT, each made when somebody asks.
    status_jwt: BTreeMap<u64, Signed>,
    pub(super) national: national::States,
}

impl Lists {
    pub(super) fn lock(&self) -> MutexGuard<'_, Published> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Where the status of a document in a standard format stands: an address that anybody can ask.
pub(super) fn reference(nation: &Nation, list: u64, index: u64) -> StatusReference {
    StatusReference { uri: format!("{}/status/{list}", nation.url), index }
}

/// The list of this name as JWT, as it is served; nothing where the name is none of ours.
pub(super) fn published_jwt(nation: &Nation, uri: &str) -> Result<Option<Vec<u8>>, SandboxError> {
    let number = uri.strip_prefix(nation.url.as_str()).and_then(|path| path.strip_prefix("/status/"));
    let Some(number) = number.and_then(|number| number.parse().ok()) else { return Ok(None) };
    let mut published = nation.lists.lock();
    let Some(_) = fresh_list(nation, &mut published, number)? else { return Ok(None) };
    Ok(Some(fresh_jwt(nation, &mut published, number)?.token))
}

/// A list, signed anew where it has grown old; nothing where there is none of this number.
fn fresh_list(
    nation: &Nation,
    published: &mut Published,
    number: u64,
) -> Result<Option<Signed>, SandboxError> {
    match published.status.get(&number).cloned() {
        Some(known) if known.is_fresh(nation.now(), STATUS_AGE) => Ok(Some(known)),
        Some(_) => publish_list(nation, published, number).map(Some),
        None => Ok(None),
    }
}

/// The same list as JWT.
fn fresh_jwt(nation: &Nation, published: &mut Published, number: u64) -> Result<Signed, SandboxError> {
    if let Some(signed) = published.status_jwt.get(&number) {
        return Ok(signed.clone());
    }
    let signed = Signed::new(sign_status_jwt(nation, number)?, nation.now());
    published.status_jwt.insert(number, signed.clone());
    Ok(signed)
}

/// Signs everything and puts it into the folders that a clinic can copy.
pub(super) fn publish(nation: &Nation) -> Result<(), SandboxError> {
    std::fs::create_dir_all(nation.data_dir.join(TRUST))?;
    std::fs::create_dir_all(nation.data_dir.join(STATUS))?;
    replace(&nation.data_dir.join(TRUST).join(ROOT), root_text(nation).as_bytes())?;
    publish_trust(nation, &mut nation.lists.lock())?;
    publish_lists(nation)
}

/// Signs all status lists as the accounts stand now. One after the other: an older state never replaces a newer one.
pub(super) fn publish_lists(nation: &Nation) -> Result<(), SandboxError> {
    let mut published = nation.lists.lock();
    let newest = nation.database.read(newest_list)?;
    for number in FIRST..=newest {
        publish_list(nation, &mut published, number)?;
    }
    national::renew(nation, &mut published)
}

/// Publishes everything where this list was just begun.
pub(super) fn publish_begun(nation: &Nation, number: u64) -> Result<(), SandboxError> {
    if nation.lists.lock().status.contains_key(&number) {
        return Ok(());
    }
    publish_lists(nation)
}

/// The number of the list that is being filled.
pub(super) fn newest_list(statements: &dyn Statements) -> Result<u64, DatabaseError> {
    statements.one("SELECT max(number) FROM status_list", &[])?.get(0)
}

fn publish_list(nation: &Nation, published: &mut Published, number: u64) -> Result<Signed, SandboxError> {
    let signed = Signed::new(sign_status_list(nation, number)?, nation.now());
    replace(&nation.data_dir.join(STATUS).join(format!("{number}.cwt")), &signed.token)?;
    published.status.insert(number, signed.clone());
    published.status_jwt.remove(&number);
    Ok(signed)
}

/// Signs the trust list as it stands now.
pub(super) fn publish_trust_list(nation: &Nation) -> Result<(), SandboxError> {
    publish_trust(nation, &mut nation.lists.lock()).map(drop)
}

fn publish_trust(nation: &Nation, published: &mut Published) -> Result<Signed, SandboxError> {
    let signed = Signed::new(sign_trust_list(nation)?, nation.now());
    replace(&nation.data_dir.join(TRUST).join(TRUST_LIST), &signed.token)?;
    published.trust = Some(signed.clone());
    Ok(signed)
}

fn replace(file: &FilePath, bytes: &[u8]) -> Result<(), std::io::Error> {
    let new = file.with_extension("new");
    std::fs::write(&new, bytes)?;
    std::fs::rename(new, file)
}

fn root_text(nation: &Nation) -> String {
    hex::encode(nation.authority.root.public().uncompressed()) + "\n"
}

fn sign_trust_list(nation: &Nation) -> Result<Vec<u8>, SandboxError> {
    let (now, authority) = (nation.now(), &nation.authority);
    let listed = |iss: &str, signer: &ServiceKey, name: &str, types: &[&str]| Issuer {
        iss: iss.to_owned(),
        kid: signer.kid.clone(),
        key: *signer.public(),
        name: name.to_owned(),
        vcts: types.iter().map(|name| (*name).to_owned()).collect(),
        not_before: now.minus_seconds(DAY),
        not_after: now.plus_seconds(365 * DAY),
        revoked: false,
    };
    let mut issuers = vec![
        listed(
            ISS,
            &authority.issuer,
            "Sen sandbox issuer, TEST ONLY",
            &[Vct::Citizen, Vct::HealthInsurance].map(Vct::urn),
        ),
        listed(desks::ISS, &authority.desks, "Sen sandbox register of clinics, TEST ONLY", &[DESK_AUTHORITY]),
        listed(
            levels::ISS,
            &authority.levels,
            "Sen sandbox identity provider, TEST ONLY",
            &[LEVEL_AUTHORITY],
        ),
    ];
    issuers.extend(desks::withdrawn(nation, now)?);
    let list = TrustListDraft {
        sequence: nation.database.change(|change| next_number(change, "trust-list"))?,
        issued: now,
        expires: now.plus_seconds(30 * DAY),
        issuers,
        status_signers: vec![StatusSigner {
            kid: authority.status.kid.clone(),
            key: *authority.status.public(),
        }],
        status_base: format!("{}/status/", nation.url),
        successor: None,
    };
    let draft = list.draft_naming(&authority.root.kid, &[], &vouched::listed(nation)?);
    let draft = draft.map_err(|_| SandboxError::Key)?;
    authority.root.sign_token(&draft)
}

fn sign_status_list(nation: &Nation, number: u64) -> Result<Vec<u8>, SandboxError> {
    let list = status_list(nation, number)?;
    let draft =
        list.draft_with(&nation.authority.status.kid, smallest_zlib).map_err(|_| SandboxError::Key)?;
    nation.authority.status.sign_token(&draft)
}

/// For documents in standard formats: signed by their issuer, whom its certificate names (HAIP 1.0, 6.1).
fn sign_status_jwt(nation: &Nation, number: u64) -> Result<Vec<u8>, SandboxError> {
    let (signer, name) = (&nation.authority.documents, reference(nation, number, 0).uri);
    let list = status_list(nation, number)?;
    let input = list.jwt_signing_input(&name, &[&signer.certificate], smallest_zlib);
    let input = input.map_err(|_| SandboxError::Key)?;
    Ok(compact(&input, &signer.key.sign(input.as_bytes())?).into_bytes())
}

fn status_list(nation: &Nation, number: u64) -> Result<StatusListDraft, SandboxError> {
    let now = nation.now();
    let mut list =
        StatusListDraft::new(&format!("s:{number}"), BITS, ENTRIES, now, now.plus_seconds(STATUS_LIFE))
            .map_err(|_| SandboxError::Key)?;
    for (position, status) in nation.database.read(|statements| withdrawn(statements, number, now))? {
        list.set(position, status);
    }
    Ok(list)
}

/// As small as the format allows: a list is written once and fetched by every clinic.
fn smallest_zlib(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut compressor = libdeflater::Compressor::new(libdeflater::CompressionLvl::best());
    let mut out = vec![0; compressor.zlib_compress_bound(bytes.len())];
    let length = compressor.zlib_compress(bytes, &mut out).ok()?;
    out.truncate(length);
    Some(out)
}

/// The entries of a list that are not in force: revoked with the phone that holds the key, by the death of holder or ward, or
/// by the end of the account; else suspended by any lock.
pub(super) fn withdrawn(
    statements: &dyn Statements,
    number: u64,
    now: Timestamp,
) -> Result<Vec<(u64, u8)>, DatabaseError> {
    let query = "
        SELECT position, CASE WHEN revoked = 1 OR person.deceased = 1 OR account.phase = 'closed' OR EXISTS (
                SELECT 1 FROM account_lock WHERE account_lock.account = account.id AND reason = 'death')
            THEN 1 ELSE 0 END
        FROM credential JOIN account ON account.id = credential.account
            JOIN person ON person.number = credential.subject
        WHERE list = $1 AND (revoked = 1 OR person.deceased = 1 OR account.phase = 'closed'
            OR account.card_expires < $2
            OR EXISTS (SELECT 1 FROM account_lock WHERE account_lock.account = account.id))";
    let list = i64::try_from(number).unwrap_or_default();
    let rows = statements.query(query, values![list, now.date().to_string()])?;
    let status = |for_good| if for_good { REVOKED } else { SUSPENDED };
    rows.iter().map(|row| Ok((row.get(0)?, status(row.get(1)?)))).collect()
}

/// A list that may be kept for a moment and asked for again by its tag.
pub(super) fn cwt(signed: Signed, headers: &HeaderMap) -> Response {
    kept(signed, headers, "application/cwt")
}

fn kept(signed: Signed, headers: &HeaderMap, media_type: &'static str) -> Response {
    let tags = [(ETAG, signed.tag.clone()), (CACHE_CONTROL, "max-age=60".to_owned())];
    if headers.get(IF_NONE_MATCH).is_some_and(|known| known.as_bytes() == signed.tag.as_bytes()) {
        return (StatusCode::NOT_MODIFIED, tags).into_response();
    }
    (tags, [(CONTENT_TYPE, media_type)], signed.token).into_response()
}

pub(super) async fn root(State(nation): State<Shared>) -> String {
    root_text(&nation)
}

pub(super) async fn trust_list(State(nation): State<Shared>, headers: HeaderMap) -> Answer {
    let mut published = nation.lists.lock();
    let now = nation.now();
    let fresh = published.trust.clone().filter(|signed| signed.is_fresh(now, DAY));
    let signed = match fresh {
        Some(signed) => signed,
        None => publish_trust(&nation, &mut published)?,
    };
    Ok(cwt(signed, &headers))
}

pub(super) async fn list(
    State(nation): State<Shared>,
    Path(number): Path<String>,
    headers: HeaderMap,
) -> Answer {
    let unknown = Refusal::new("list_unknown", "there is no such status list");
    let number: u64 = number.parse().map_err(|_| unknown.clone())?;
    let mut published = nation.lists.lock();
    let signed = fresh_list(&nation, &mut published, number)?.ok_or(unknown)?;
    let accepts = headers.get(ACCEPT).and_then(|accept| accept.to_str().ok()).unwrap_or_default();
    if !accepts.contains(JWT) {
        return Ok(cwt(signed, &headers));
    }
    Ok(kept(fresh_jwt(&nation, &mut published, number)?, &headers, JWT))
}
