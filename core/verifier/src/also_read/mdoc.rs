//! The engagement of an mdoc (ISO/IEC 18013-5, 8.2.2.3): an address to talk to, no document.
use credential::claims::Claims;
use trust::cbor::{Item, Profile};

use super::{Found, Issuer};
use crate::reason::Reason;

pub(super) const PREFIX: &str = "mdoc:";
const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
/// CBOR tag of encoded CBOR.
const ENCODED: u64 = 24;

pub(super) fn read(text: &str) -> Result<Found, Reason> {
    let bytes = text.strip_prefix(PREFIX).and_then(base64url).ok_or(Reason::Malformed)?;
    let item = Item::parse(&bytes, Profile::Interoperable).map_err(|_| Reason::Malformed)?;
    engagement(item).ok_or(Reason::Malformed)?;
    Ok(Found { claims: Claims::default(), issuer: Issuer::Nobody })
}

/// `{0: version, 1: [cipher suite, #6.24(bstr .cbor COSE_Key)], ...}`
fn engagement(item: Item<'_>) -> Option<()> {
    let map = item.as_map().ok()?;
    map.get_int(0)?.as_text().ok().filter(|version| version.starts_with("1."))?;
    let mut security = map.get_int(1)?.as_array().ok()?;
    security.next()?.as_int().ok()?;
    let (tag, key) = security.next()?.as_tag().ok()?;
    let key = Item::parse(key.as_bytes().ok()?, Profile::Interoperable).ok()?;
    (tag == ENCODED && key.as_map().is_ok()).then_some(())
}

/// Base64url without padding (RFC 4648, 5).
fn base64url(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() * 3 / 4);
    let (mut held, mut bits) = (0_u32, 0);
    for character in text.bytes() {
        let digit = DIGITS.iter().position(|digit| *digit == character)?;
        held = held << 6 | u32::try_from(digit).ok()?;
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            bytes.push(u8::try_from(held >> bits & 0xff).ok()?);
        }
        held &= (1 << bits) - 1;
    }
    (bits < 6 && held == 0).then_some(bytes)
}
