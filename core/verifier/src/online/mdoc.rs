//! An mdoc with its device's signature, for this session.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use credential::mdoc::{DeviceResponse, MdocError, SessionTranscript, VerifiedElement};
use presentation::dcql::{Candidate, CredentialQuery, Format, Pointer, Step};
use presentation::openid4vp::{DeviceStatement, LEVEL_POLICY, TRANSACTION_NAMESPACE};
use trust::time::Timestamp;

use super::verify::{Asked, Presented, authority_key_ids, presented};
use super::{Issuers, OnlineError};
use crate::AuthenticationLevel;

/// The presentation, and whether it approves the transaction.
pub(super) fn verify(
    presentation: &str,
    query: &CredentialQuery,
    asked: &Asked<'_>,
    issuers: &Issuers<'_>,
    now: Timestamp,
) -> Result<(Presented, bool), OnlineError> {
    let malformed = |_| OnlineError::Mdoc(MdocError::NoDocument);
    let bytes = URL_SAFE_NO_PAD.decode(presentation).map_err(malformed)?;
    let response = DeviceResponse::parse(&bytes).map_err(OnlineError::Mdoc)?;
    // HAIP 1.0, 5.3.1: a response for each mdoc.
    let [document] = response.documents() else { return Err(OnlineError::Surplus) };
    let transcript = SessionTranscript::openid4vp(
        asked.client_id,
        asked.nonce,
        Some(asked.thumbprint),
        asked.response_uri,
    );
    let kind = document.issuer_signed().doc_type();
    let verified = document.verify(kind, &transcript, issuers.anchors, now).map_err(OnlineError::Mdoc)?;
    let mdoc = verified.mdoc();
    let claims = mdoc.to_json();
    let key_ids = authority_key_ids(mdoc.issuer());
    let candidate = Candidate {
        format: Format::MsoMdoc,
        types: vec![kind.to_owned()],
        claims: &claims,
        authority_key_ids: &key_ids,
        holder_bound: true,
    };
    let wanted = query.claims_in(&candidate).ok_or(OnlineError::NotAsAsked)?;
    let element = |(namespace, identifier): (&str, &str)| {
        Pointer::new(vec![Step::Key(namespace.into()), Step::Key(identifier.into())])
    };
    let mut disclosed = mdoc.elements().iter().map(|one| (one.namespace(), one.identifier()));
    // The issuer's word on the key goes with the level, as it stands open in an SD-JWT VC.
    let belongs = |one| one == (TRANSACTION_NAMESPACE, LEVEL_POLICY) || wanted.contains(&element(one));
    if !disclosed.all(belongs) {
        return Err(OnlineError::OverDisclosed);
    }
    let statement = statement(verified.device_signed(), query, asked)?;
    let approves = statement.as_ref().is_some_and(DeviceStatement::is_approval);
    let policy = DeviceStatement::level_policy(mdoc.elements());
    let level = statement.map(|said| AuthenticationLevel::of(Some(said.level()), policy));
    Ok((presented(query, kind, &claims, mdoc.issuer(), mdoc.status(), level), approves))
}

/// What the device signed: nothing, a level, or the approval that this query's credential may give, which says a level, too.
fn statement(
    signed: &[VerifiedElement],
    query: &CredentialQuery,
    asked: &Asked<'_>,
) -> Result<Option<DeviceStatement>, OnlineError> {
    if signed.is_empty() {
        return Ok(None);
    }
    let said = DeviceStatement::read(signed).ok_or(OnlineError::OverDisclosed)?;
    if said.is_approval() {
        if !asked.approvable_by(query).is_some_and(|data| said.approves(data)) {
            return Err(OnlineError::NotApproved);
        }
        if said.matched_number() != asked.number {
            return Err(OnlineError::WrongNumber);
        }
    }
    Ok(Some(said))
}
