//! Claim 169 codes (MOSIP identity QR, v1.2.0): Base45 of zlib of a CWT with claim 169, no prefix.
use credential::claims::{Claims, Sex, cwt as label, key};
use jiff::civil::Date;
use trust::anchors::Trust;
use trust::cbor::{Item, Map, Profile};
use trust::time::Timestamp;

use super::{Found, Issuer, base45, cwt};
use crate::decision::Format;
use crate::reason::Reason;

/// Base45 of the two bytes with which every zlib stream of the usual settings begins.
const ZLIB: [&str; 3] = ["6BF", "NCF", "FBF"];
/// `COSE_Encrypt0`: to be read by its addressee alone.
const ENCRYPT0_TAG: u64 = 16;

/// Whether a text may be such a code.
pub(super) fn seems_like(scanned: &str) -> bool {
    let text = scanned.trim_end_matches(['\r', '\n', '\t']);
    ZLIB.iter().any(|start| text.starts_with(start)) && base45::is_base45(text)
}

pub(super) fn read(text: &str, trust: &Trust, now: Timestamp) -> Result<Found, Reason> {
    let bytes = cwt::unpack(text)?;
    if is_encrypted(&bytes) {
        return Ok(Found { claims: Claims::default(), issuer: Issuer::Unknown });
    }
    let token = cwt::token(&bytes)?;
    let issuer = cwt::issuer(&token, Format::Claim169.code(), "", trust)?;
    let payload = cwt::claims(&token, now)?;
    let identity = payload.as_map().ok().and_then(|claims| claims.get_int(label::IDENTITY));
    let identity = identity.and_then(|identity| identity.as_map().ok()).ok_or(Reason::MissingClaim)?;
    Ok(Found { claims: person(&identity), issuer })
}

fn is_encrypted(bytes: &[u8]) -> bool {
    let item = Item::parse(bytes, Profile::Interoperable);
    item.is_ok_and(|item| matches!(item.as_tag(), Ok((ENCRYPT0_TAG, _))))
}

/// What a form needs of the claims. The specification's own samples write a date with dashes and a sex as text.
fn person(identity: &Map<'_>) -> Claims {
    let text = |label| identity.get_int(label).and_then(|item| item.as_text().ok()).map(str::to_owned);
    let parts = [5, 6, 7].into_iter().filter_map(text).collect::<Vec<_>>().join(" ");
    let sex = identity.get_int(key::SEX).and_then(|sex| match sex.as_text() {
        Ok(text) => text.parse().ok(),
        Err(_) => sex.as_uint().ok(),
    });
    Claims {
        number: text(key::NUMBER),
        name: text(key::NAME).or_else(|| Some(parts).filter(|name| !name.is_empty())),
        birth_date: text(key::BIRTH_DATE).and_then(|date| birth_date(&date)),
        sex: sex.and_then(Sex::from_number),
        insurance_number: text(key::INSURANCE_NUMBER),
        facility: text(key::FACILITY),
        ..Claims::default()
    }
}

fn birth_date(text: &str) -> Option<Date> {
    Date::strptime("%Y%m%d", text).or_else(|_| Date::strptime("%Y-%m-%d", text)).ok()
}
