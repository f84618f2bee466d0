//! An SD-JWT VC with its key binding, for this session.

use credential::sd_jwt::{ExpectedBinding, IssuerKey, SdJwt, SdJwtError};
use presentation::dcql::{Candidate, CredentialQuery, Format, Pointer};
use presentation::openid4vp::{AUTHENTICATION_LEVEL, LEVEL_POLICY, MATCHED_NUMBER};
use serde_json::Value;
use trust::time::Timestamp;

use super::verify::{Asked, Presented, authority_key_ids, presented};
use super::{Issuers, OnlineError};
use crate::AuthenticationLevel;

/// How far the wallet's clock may be behind, in seconds.
const SKEW: i64 = 60;

/// The presentation, and whether it approves the transaction.
pub(super) fn verify(
    presentation: &str,
    query: &CredentialQuery,
    asked: &Asked<'_>,
    issuers: &Issuers<'_>,
    now: Timestamp,
) -> Result<(Presented, bool), OnlineError> {
    let parsed = SdJwt::parse(presentation).map_err(OnlineError::SdJwt)?;
    let verify = |transaction_data: &[&str]| {
        let expected = ExpectedBinding {
            audience: asked.client_id,
            nonce: asked.nonce,
            transaction_data,
            // It was made after the wallet had connected.
            longest_age: now.seconds_since(asked.connected) + SKEW,
        };
        parsed.verify_bound(IssuerKey::Anchored(issuers.anchors), &expected, now)
    };
    // Of several credentials that may approve one does, and the others sign nothing.
    let (bound, approved) = match asked.approvable_by(query).map(|data| verify(&[data.received()])) {
        Some(Err(SdJwtError::TransactionData)) | None => (verify(&[]), false),
        Some(verdict) => (verdict, true),
    };
    let bound = bound.map_err(|error| match error {
        SdJwtError::TransactionData => OnlineError::NotApproved,
        other => OnlineError::SdJwt(other),
    })?;
    if approved && bound.binding_claim(MATCHED_NUMBER).and_then(Value::as_str) != asked.number {
        return Err(OnlineError::WrongNumber);
    }
    let sd_jwt = bound.sd_jwt();
    let issuer = sd_jwt.issuer().ok_or(OnlineError::SdJwt(SdJwtError::NoCertificates))?;
    let claims = Value::Object(sd_jwt.claims().clone());
    let key_ids = authority_key_ids(issuer);
    let also = claims.get("aka_vcts").and_then(Value::as_array).into_iter().flatten();
    let types = also.filter_map(Value::as_str).chain([sd_jwt.vct()]).map(str::to_owned).collect();
    let as_signed = Value::Object(parsed.claims_as_signed().clone());
    let candidate = Candidate {
        format: Format::SdJwtVc,
        types,
        claims: &as_signed,
        authority_key_ids: &key_ids,
        holder_bound: true,
    };
    let wanted = query.claims_in(&candidate).ok_or(OnlineError::NotAsAsked)?;
    // What stands around a wanted claim, or inside it, has to be shown with it.
    let belongs = |place: &Pointer| wanted.iter().any(|claim| claim.covers(place) || place.covers(claim));
    let mut disclosed = parsed.disclosed_as_signed().iter().map(|place| Pointer::new(place.clone()));
    if !disclosed.all(|place| belongs(&place)) {
        return Err(OnlineError::OverDisclosed);
    }
    let level = |value: Option<&Value>| {
        let level = value.and_then(Value::as_u64).filter(|level| (1..=4).contains(level))?;
        u8::try_from(level).ok()
    };
    let claimed = level(bound.binding_claim(AUTHENTICATION_LEVEL));
    let level = AuthenticationLevel::of(claimed, level(claims.get(LEVEL_POLICY)));
    Ok((presented(query, sd_jwt.vct(), &claims, issuer, sd_jwt.status(), Some(level)), approved))
}
