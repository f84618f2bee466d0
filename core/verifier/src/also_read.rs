//! Codes that others designed. None of them is bound to a key of its holder: whoever has a picture of one can show it.
//! So none is ever accepted. They are shown as what they are and fill a form.
mod base45;
mod claim169;
mod cwt;
mod eu_dcc;
mod mdoc;
mod printed;

use credential::claims::Claims;
use trust::anchors::Trust;
use trust::time::Timestamp;

use crate::decision::{Decision, Format, Refusal, Shown, UnboundCode};
use crate::reason::Reason;

/// What a text that is no frame seems to be.
pub(crate) fn recognise(scanned: &str) -> Format {
    if scanned.starts_with(eu_dcc::PREFIX) {
        Format::EuDcc
    } else if scanned.starts_with(mdoc::PREFIX) {
        Format::Mdoc
    } else if printed::is_paper(scanned) {
        Format::BhytPaper
    } else if printed::is_card(scanned) {
        Format::CardQr
    } else if claim169::seems_like(scanned) {
        Format::Claim169
    } else {
        Format::Unknown
    }
}

/// What such a code says and who signed it.
struct Found {
    claims: Claims,
    issuer: Issuer,
}

/// Who vouches for a code.
enum Issuer {
    /// An issuer on the trust list, whose signature holds.
    Known(String),
    /// It is signed, and the trust list names no issuer of this format.
    Unknown,
    /// The format has no signature.
    Nobody,
}

/// Decides on such a code: refused where something is wrong with it, else shown as unbound.
pub(crate) fn decide(format: Format, scanned: &str, trust: &Trust, now: Timestamp) -> Decision {
    let scanned = scanned.trim_end_matches(['\r', '\n', '\t']);
    let found = match format {
        Format::EuDcc => eu_dcc::read(scanned, trust, now),
        Format::Claim169 => claim169::read(scanned, trust, now),
        Format::BhytPaper => printed::read_paper(scanned),
        Format::CardQr => printed::read_card(scanned),
        Format::Mdoc => mdoc::read(scanned),
        _ => Err(Reason::Malformed),
    };
    let Found { claims, issuer } = match found {
        Ok(found) => found,
        Err(reason) => return Decision::Refused(Refusal::at_once(format, reason)),
    };
    let mut reasons = vec![Reason::NotHolderBound];
    let issued_by = match issuer {
        Issuer::Known(name) => Some(name),
        Issuer::Unknown => {
            reasons.push(Reason::UnknownIssuer);
            None
        }
        Issuer::Nobody => None,
    };
    let code = UnboundCode { format, claims, issued_by };
    Decision::Unsure { shown: Shown::Unbound(Box::new(code)), reasons }
}

#[cfg(test)]
mod tests;
