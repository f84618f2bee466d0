//! The presentations of an answer, verified (OpenID4VP 1.0, section 8.6).

use credential::claims::StatusReference;
use presentation::dcql::{CredentialQuery, Format, Query};
use presentation::openid4vp::{TransactionData, VpToken};
use serde_json::Value;
use trust::certificates::VerifiedChain;
use trust::time::Timestamp;

use super::{Issuers, OnlineError};
use crate::AuthenticationLevel;

/// What was asked, as the presentations must repeat it.
pub(super) struct Asked<'a> {
    pub(super) client_id: &'a str,
    pub(super) nonce: &'a str,
    pub(super) response_uri: &'a str,
    pub(super) thumbprint: &'a [u8; 32],
    pub(super) query: &'a Query,
    pub(super) transaction: Option<&'a TransactionData>,
    pub(super) number: Option<&'a str>,
    pub(super) connected: Timestamp,
}

impl Asked<'_> {
    /// What a presentation that answers this query may approve.
    pub(super) fn approvable_by(&self, query: &CredentialQuery) -> Option<&TransactionData> {
        self.transaction.filter(|data| data.credential_ids().iter().any(|id| id == query.id()))
    }
}

/// Presentations that are genuine, for this session, complete, and no more than was asked for.
#[derive(Clone, Debug)]
pub struct Answer(Vec<Presented>);

impl Answer {
    /// The presentations.
    pub fn presentations(&self) -> &[Presented] {
        &self.0
    }

    /// The first presentation that answers this query.
    pub fn presented(&self, query: &str) -> Option<&Presented> {
        self.0.iter().find(|presented| presented.query == query)
    }
}

/// One verified presentation.
#[derive(Clone, Debug)]
pub struct Presented {
    query: String,
    kind: String,
    claims: Value,
    issuer: String,
    status: Option<StatusReference>,
    level: Option<AuthenticationLevel>,
}

impl Presented {
    /// The query that it answers.
    pub fn query(&self) -> &str {
        &self.query
    }

    /// Its type: `vct` or `docType`.
    pub fn kind(&self) -> &str {
        &self.kind
    }

    /// What it tells: the claims of an SD-JWT VC, or the namespaces of an mdoc with their elements.
    pub const fn claims(&self) -> &Value {
        &self.claims
    }

    /// The subject of the issuer's certificate (RFC 4514).
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// The authentication level that the person was recognised with: what the wallet claims, capped by what the issuer wrote of the
    /// key. An mdoc says it where its issuer lets the device sign it, and else nothing.
    pub const fn level(&self) -> Option<AuthenticationLevel> {
        self.level
    }

    /// Where its status is to be looked up.
    pub const fn status(&self) -> Option<&StatusReference> {
        self.status.as_ref()
    }
}

pub(super) fn verify(
    token: &VpToken,
    asked: &Asked<'_>,
    issuers: &Issuers<'_>,
    now: Timestamp,
) -> Result<Answer, OnlineError> {
    let mut presented = Vec::new();
    let mut approvals = 0;
    for (id, presentations) in token.answers() {
        let query = asked.query.credential(id).ok_or(OnlineError::Surplus)?;
        if presentations.len() > 1 && !query.multiple() {
            return Err(OnlineError::Surplus);
        }
        for presentation in presentations {
            let verify = match query.format() {
                Format::MsoMdoc => super::mdoc::verify,
                Format::SdJwtVc => super::sd_jwt::verify,
                Format::Other(_) => return Err(OnlineError::NotAsAsked),
            };
            let (one, approved) = verify(presentation, query, asked, issuers, now)?;
            approvals += usize::from(approved);
            presented.push(one);
        }
    }
    let answered: Vec<&str> = presented.iter().map(Presented::query).collect();
    if !asked.query.is_complete(&answered) {
        return Err(OnlineError::Incomplete);
    }
    if approvals != usize::from(asked.transaction.is_some()) {
        return Err(OnlineError::NotApproved);
    }
    Ok(Answer(presented))
}

pub(super) fn presented(
    query: &CredentialQuery,
    kind: &str,
    claims: &Value,
    issuer: &VerifiedChain,
    status: Option<&StatusReference>,
    level: Option<AuthenticationLevel>,
) -> Presented {
    Presented {
        query: query.id().to_owned(),
        kind: kind.to_owned(),
        claims: claims.clone(),
        issuer: issuer.leaf().subject().to_owned(),
        status: status.cloned(),
        level,
    }
}

/// The key identifiers that the chain's certificates name as their signers'.
pub(super) fn authority_key_ids(chain: &VerifiedChain) -> Vec<Vec<u8>> {
    let identifiers = chain.certificates().iter().filter_map(|certificate| certificate.authority_key_id());
    identifiers.map(<[u8]>::to_vec).collect()
}
