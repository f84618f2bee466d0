//! From a document signer to a believed country signing certificate (ICAO Doc 9303-12, 7.1).
use trust::time::Timestamp;

use super::anchors::CscaAnchors;
use super::certificate::Certificate;
use crate::document::Reason;
use crate::signature::Verdict;

/// Why an anchor is tried, the likeliest first: names repeat in published lists, and identifiers are missing or
/// malformed there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Likeness {
    /// The certificate names this anchor's key.
    Key,
    /// It names this anchor.
    Name,
    /// Neither.
    None,
}

fn likeness(issued: &Certificate, anchor: &Certificate) -> Likeness {
    let named = issued.authority_key_id();
    if named.is_some() && named == anchor.subject_key_id() {
        Likeness::Key
    } else if issued.issuer == anchor.subject {
        Likeness::Name
    } else {
        Likeness::None
    }
}

/// The anchor that issued the signer's certificate, or nothing where no believed country did. An anchor that is named
/// but did not sign is an error of its own: a new key of a believed country looks like a forgery until it is believed.
pub(crate) fn find_issuer<'a>(
    signer: &Certificate,
    anchors: &'a CscaAnchors,
    now: Timestamp,
) -> Result<Option<&'a Certificate>, Reason> {
    if signer.is_restricted() {
        return Err(Reason::ChainInvalid);
    }
    let mut candidates: Vec<_> =
        anchors.certificates().iter().map(|anchor| (likeness(signer, anchor), anchor)).collect();
    candidates.sort_by_key(|(likeness, _)| *likeness);
    let (mut issuer, mut failure) = (None, None);
    for (likeness, anchor) in candidates {
        // One key may stand in several certificates; one that is valid then is preferred.
        if issuer.is_some() && likeness == Likeness::None {
            break;
        }
        match signer.signed_by(anchor) {
            Verdict::Valid if anchor.is_valid_at(now) => {
                issuer = Some(anchor);
                break;
            }
            Verdict::Valid => issuer = issuer.or(Some(anchor)),
            Verdict::Invalid if likeness != Likeness::None => failure = Some(Reason::ChainInvalid),
            Verdict::Unsupported if likeness != Likeness::None => {
                failure = failure.or(Some(Reason::UnsupportedAlgorithm));
            }
            Verdict::Invalid | Verdict::Unsupported => {}
        }
    }
    let Some(issuer) = issuer else {
        return failure.map_or(Ok(None), Err);
    };
    if !signer.is_valid_at(now) || !issuer.is_valid_at(now) {
        return Err(Reason::Expired);
    }
    if anchors.is_revoked(signer, now) || anchors.is_revoked(issuer, now) {
        return Err(Reason::Revoked);
    }
    Ok(Some(issuer))
}
