//! A platform's chain of certificates up to a pinned root.
use super::PlatformRoots;
use crate::certificates::{Certificate, ChainError, first_without_defect, links, may_issue};
use crate::time::Timestamp;

/// No chain is longer, root included: Android's have six where keys are provisioned remotely.
const LONGEST: usize = 8;

/// The certificates, leaf first and without the root, where each was issued by the next and the last by a pinned root, and all are
/// valid at `now`.
///
/// The root may stand at the end, as Android gives it. It counts only as the pinned one: the same subject with the same key, since roots
/// are written anew with a later end. Several of them may be pinned, and the first that is good counts.
pub(super) fn verify<C: AsRef<[u8]>>(
    chain: &[C],
    roots: &PlatformRoots,
    now: Timestamp,
) -> Result<Vec<Certificate>, ChainError> {
    if chain.len() > LONGEST {
        return Err(ChainError::Length);
    }
    let parsed = chain.iter().map(|der| Certificate::parse_of_platform(der.as_ref()));
    let mut chain = parsed.collect::<Result<Vec<_>, _>>()?;
    let said = chain.pop_if(|last| last.is_self_issued());
    let last = chain.last().ok_or(ChainError::Length)?;
    let is_said = |root: &&Certificate| said.as_ref().is_none_or(|said| root.is_same_authority(said));
    let pinned = roots.certificates().iter().filter(is_said);
    let mut issuers = pinned.filter(|root| last.names_as_issuer(root)).peekable();
    issuers.peek().ok_or(ChainError::UnknownAnchor)?;
    let is_valid = |certificate: &Certificate| {
        if certificate.is_valid_at(now) { Ok(()) } else { Err(ChainError::OutsideValidity) }
    };
    links(&chain)?;
    first_without_defect(issuers.filter(|root| last.is_signed_by(root)), |root| {
        may_issue(root, chain.len() - 1)?;
        is_valid(root)
    })?;
    chain.iter().try_for_each(is_valid)?;
    Ok(chain)
}
