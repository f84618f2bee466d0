//! The whole nation's status in one file, and deltas that lead to the newest state: for desks that keep all of it.
use std::collections::VecDeque;

use axum::extract::{Path, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::IntoResponse;
use trust::status::{NationalDraft, Run};
use trust::time::Timestamp;

use super::answer::{Answer, Refusal};
use super::database::{DatabaseError, next_number};
use super::status::{
    BITS, ENTRIES, FIRST, Published, STATUS_AGE, STATUS_LIFE, Signed, cwt, newest_list, withdrawn,
};
use super::{Nation, SandboxError, Shared};

/// States from which a delta is made: with one each quarter of an hour, those of a day.
const KEPT: usize = 96;

/// The states of late, the newest last.
#[derive(Default)]
pub(super) struct States {
    drafts: VecDeque<NationalDraft>,
    snapshot: Option<Signed>,
}

/// Takes the state as the accounts stand now, under the next sequence.
pub(super) fn renew(nation: &Nation, published: &mut Published) -> Result<(), SandboxError> {
    let now = nation.now();
    // In one change: an older state never has a later number.
    let (newest, sequence, all) = nation.database.change(|change| {
        let newest = newest_list(change)?;
        let all = (FIRST..=newest).map(|number| Ok((number, withdrawn(change, number, now)?)));
        let all = all.collect::<Result<Vec<_>, DatabaseError>>()?;
        Ok::<_, DatabaseError>((newest, next_number(change, "national-status")?, all))
    })?;
    let runs = vec![Run { prefix: "s:".to_owned(), first: FIRST, count: newest, entries: ENTRIES }];
    let draft = NationalDraft::new(sequence, now, now.plus_seconds(STATUS_LIFE), BITS, runs);
    let mut draft = draft.map_err(|_| SandboxError::Key)?;
    for (number, withdrawn) in all {
        for (position, status) in withdrawn {
            draft.set(&format!("s:{number}"), position, status);
        }
    }
    let states = &mut published.national;
    states.drafts.push_back(draft);
    if states.drafts.len() > KEPT {
        states.drafts.pop_front();
    }
    states.snapshot = None;
    Ok(())
}

/// The newest state, not older than a status list would be.
fn newest(nation: &Nation, published: &mut Published) -> Result<NationalDraft, SandboxError> {
    let now = nation.now();
    let fresh = |issued: Timestamp| (0..STATUS_AGE).contains(&now.seconds_since(issued));
    if published.national.drafts.back().is_none_or(|draft| !fresh(draft.issued)) {
        renew(nation, published)?;
    }
    published.national.drafts.back().cloned().ok_or(SandboxError::Key)
}

pub(super) async fn snapshot(State(nation): State<Shared>, headers: HeaderMap) -> Answer {
    let mut published = nation.lists.lock();
    let newest = newest(&nation, &mut published)?;
    if let Some(signed) = published.national.snapshot.clone() {
        return Ok(cwt(signed, &headers));
    }
    let signer = &nation.authority.status;
    let draft = newest.snapshot(&signer.kid).map_err(|_| Refusal::broken())?;
    let signed = Signed::new(signer.sign_token(&draft)?, newest.issued);
    published.national.snapshot = Some(signed.clone());
    Ok(cwt(signed, &headers))
}

pub(super) async fn since(State(nation): State<Shared>, Path(sequence): Path<String>) -> Answer {
    let unknown = Refusal::new("state_unknown", "no delta leads on from there: take the snapshot")
        .of_status(StatusCode::NOT_FOUND);
    let sequence: u64 = sequence.parse().map_err(|_| unknown.clone())?;
    let mut published = nation.lists.lock();
    let newest = newest(&nation, &mut published)?;
    if newest.sequence == sequence {
        return Ok((StatusCode::NO_CONTENT, [(CACHE_CONTROL, "no-store")]).into_response());
    }
    let older = published.national.drafts.iter().find(|draft| draft.sequence == sequence);
    let signer = &nation.authority.status;
    // A list more since then changes the shape: a snapshot is shorter to explain.
    let delta = older.and_then(|older| newest.delta_since(older, &signer.kid).ok()).ok_or(unknown)?;
    let token = signer.sign_token(&delta)?;
    Ok(([(CACHE_CONTROL, "no-store"), (CONTENT_TYPE, "application/cwt")], token).into_response())
}
