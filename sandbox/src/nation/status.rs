//! Trust list and status lists: signed, served, and kept on disk for whoever works offline.
use axum::extract::{Path, State};
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use credential::claims::Vct;
use rusqlite::params;
use trust::anchors::{Issuer, StatusSigner, TrustListDraft};
use trust::status::StatusListDraft;

use super::answer::{Answer, Refusal};
use super::{Nation, SandboxError, Shared};

pub(super) const TRUST: &str = "trust";
pub(super) const STATUS: &str = "status";
/// Claim `iss` of the sandbox's credentials.
pub(super) const ISS: &str = "vn-test";

/// In force.
pub(super) const VALID: u8 = 0;
/// Withdrawn for good.
pub(super) const REVOKED: u8 = 1;
/// Withdrawn for the time being.
pub(super) const SUSPENDED: u8 = 2;

/// Entries of one list; two bits each, for revoked and suspended.
pub(super) const ENTRIES: u64 = 1 << 16;
/// The only list while the population is small.
pub(super) const LIST: u64 = 1;
const DAY: i64 = 24 * 3600;

/// Signs the trust list and all status lists and puts them into the folders that a clinic can copy.
pub(super) fn publish(nation: &Nation) -> Result<(), SandboxError> {
    let (trust, status) = (nation.data_dir.join(TRUST), nation.data_dir.join(STATUS));
    std::fs::create_dir_all(&trust)?;
    std::fs::create_dir_all(&status)?;
    replace(&trust.join("root.pub"), root_text(nation).as_bytes())?;
    replace(&trust.join("trust-list.cwt"), &sign_trust_list(nation)?)?;
    replace(&status.join(format!("{LIST}.cwt")), &sign_status_list(nation)?)?;
    Ok(())
}

fn replace(file: &std::path::Path, bytes: &[u8]) -> Result<(), std::io::Error> {
    let new = file.with_extension("new");
    std::fs::write(&new, bytes)?;
    std::fs::rename(new, file)
}

fn root_text(nation: &Nation) -> String {
    hex::encode(nation.authority.root.public().uncompressed()) + "\n"
}

fn sign_trust_list(nation: &Nation) -> Result<Vec<u8>, SandboxError> {
    let (now, authority) = (nation.now(), &nation.authority);
    let list = TrustListDraft {
        sequence: nation.database().next_number("trust-list")?,
        issued: now,
        expires: now.plus_seconds(30 * DAY),
        issuers: vec![Issuer {
            iss: ISS.to_owned(),
            kid: authority.issuer.kid.clone(),
            key: *authority.issuer.public(),
            name: "Sen sandbox issuer, TEST ONLY".to_owned(),
            vcts: [Vct::Citizen, Vct::HealthInsurance].map(|vct| vct.urn().to_owned()).to_vec(),
            not_before: now.minus_seconds(DAY),
            not_after: now.plus_seconds(365 * DAY),
            revoked: false,
        }],
        status_signers: vec![StatusSigner {
            kid: authority.status.kid.clone(),
            key: *authority.status.public(),
        }],
        status_base: format!("{}/status/", nation.url),
        successor: None,
    };
    let draft = list.draft(&authority.root.kid).map_err(|_| SandboxError::Key)?;
    authority.root.sign_token(&draft)
}

fn sign_status_list(nation: &Nation) -> Result<Vec<u8>, SandboxError> {
    let now = nation.now();
    let mut list = StatusListDraft::new(&format!("s:{LIST}"), 2, ENTRIES, now, now.plus_seconds(7 * DAY))
        .map_err(|_| SandboxError::Key)?;
    {
        let database = nation.database();
        let mut query = database
            .connection()
            .prepare("SELECT position, status FROM credential WHERE list = ?1 AND status <> 0")?;
        let mut rows = query.query([i64::try_from(LIST).unwrap_or_default()])?;
        while let Some(row) = rows.next()? {
            let (position, status): (i64, u8) = (row.get(0)?, row.get(1)?);
            list.set(u64::try_from(position).unwrap_or(u64::MAX), status);
        }
    }
    let draft = list.draft(&nation.authority.status.kid).map_err(|_| SandboxError::Key)?;
    nation.authority.status.sign_token(&draft)
}

/// Sets the status of every credential of a person and publishes at once. What is revoked stays so.
pub(super) fn set_for_person(nation: &Nation, person: &str, status: u8) -> Result<(), Refusal> {
    let change = "UPDATE credential SET status = ?1 WHERE status <> ?2 AND account IN (SELECT id FROM account WHERE person = ?3)";
    nation.database().connection().execute(change, params![status, REVOKED, person])?;
    publish(nation).map_err(|_| Refusal::broken())
}

fn cwt(bytes: Vec<u8>) -> Response {
    ([(CONTENT_TYPE, "application/cwt")], bytes).into_response()
}

pub(super) async fn root(State(nation): State<Shared>) -> String {
    root_text(&nation)
}

pub(super) async fn trust_list(State(nation): State<Shared>) -> Answer {
    std::fs::read(nation.data_dir.join(TRUST).join("trust-list.cwt")).map(cwt).map_err(|_| Refusal::broken())
}

pub(super) async fn list(State(nation): State<Shared>, Path(number): Path<u64>) -> Answer {
    if number != LIST {
        return Err(Refusal::new("list_unknown", "there is no such status list"));
    }
    sign_status_list(&nation).map(cwt).map_err(|_| Refusal::broken())
}
