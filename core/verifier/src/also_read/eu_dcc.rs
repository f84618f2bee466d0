//! EU digital COVID certificates: `HC1:` and Base45 of zlib of a CWT with claim -260.
use credential::claims::Claims;
use jiff::civil::Date;
use trust::anchors::Trust;
use trust::cbor::{Item, Map};
use trust::time::Timestamp;

use super::{Found, cwt};
use crate::decision::Format;
use crate::reason::Reason;

pub(super) const PREFIX: &str = "HC1:";
/// Claim `hcert`.
const HCERT: i64 = -260;
/// The groups of which a certificate has exactly one: vaccination, test, recovery.
const GROUPS: [&str; 3] = ["v", "t", "r"];

pub(super) fn read(text: &str, trust: &Trust, now: Timestamp) -> Result<Found, Reason> {
    let bytes = cwt::unpack(text.strip_prefix(PREFIX).ok_or(Reason::Malformed)?)?;
    let token = cwt::token(&bytes)?;
    let payload = token.payload_item().map_err(|_| Reason::Malformed)?;
    let (claims, group) = certificate(payload).ok_or(Reason::Malformed)?;
    let issuer = cwt::issuer(&token, Format::EuDcc.code(), group, trust)?;
    cwt::claims(&token, now)?;
    Ok(Found { claims, issuer })
}

/// The person and the one group of the certificate, or nothing where it is none.
fn certificate(payload: Item<'_>) -> Option<(Claims, &'static str)> {
    let certificate = payload.as_map().ok()?.get_int(HCERT)?.as_map().ok()?.get_int(1)?.as_map().ok()?;
    let text = |name| certificate.get_text(name).and_then(|item| item.as_text().ok());
    text("ver")?;
    let date = text("dob")?;
    let names = certificate.get_text("nam")?.as_map().ok()?;
    names.get_text("fnt")?.as_text().ok()?;
    let mut entries = GROUPS.into_iter().filter_map(|group| Some((group, certificate.get_text(group)?)));
    let (group, entry) = entries.next()?;
    let mut listed = entry.as_array().ok()?;
    let entry = listed.next()?.as_map().ok()?;
    if listed.next().is_some() || entries.next().is_some() || !is_complete(group, &entry) {
        return None;
    }
    Some((Claims { name: name(&names), birth_date: date.parse::<Date>().ok(), ..Claims::default() }, group))
}

/// The fields that a group's schema requires as text.
fn is_complete(group: &str, entry: &Map<'_>) -> bool {
    let required: &[&str] = match group {
        "v" => &["tg", "vp", "mp", "ma", "dt", "co", "is", "ci"],
        "t" => &["tg", "tt", "tr", "co", "is", "ci"],
        _ => &["tg", "fr", "co", "is", "df", "du", "ci"],
    };
    required.iter().all(|name| entry.get_text(name).is_some_and(|field| field.as_text().is_ok()))
}

fn name(names: &Map<'_>) -> Option<String> {
    let part = |name| names.get_text(name).and_then(|item| item.as_text().ok());
    let parts: Vec<&str> = ["gn", "fn"].into_iter().filter_map(part).collect();
    Some(parts.join(" ")).filter(|name| !name.is_empty())
}
