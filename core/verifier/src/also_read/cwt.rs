//! The packing that Claim 169 and EU certificates share: Base45 of zlib of a CWT.
use std::io::Read;

use flate2::read::ZlibDecoder;
use trust::anchors::{ForeignIssuer, Trust};
use trust::cbor::{Item, Profile};
use trust::cose::{KID, Sign1};
use trust::time::Timestamp;

use super::{Issuer, base45};
use crate::policy::SKEW;
use crate::reason::Reason;

/// Inflated codes are at most this large, in bytes.
const LARGEST: u64 = 64 << 10;
/// CBOR tag of a CWT (RFC 8392, 6).
const CWT_TAG: u64 = 61;

const EXP: i64 = 4;
const NBF: i64 = 5;
const IAT: i64 = 6;

/// The inflated bytes of a text.
pub(super) fn unpack(text: &str) -> Result<Vec<u8>, Reason> {
    let packed = base45::decode(text).ok_or(Reason::Malformed)?;
    let mut bytes = Vec::new();
    let mut inflate = ZlibDecoder::new(&packed[..]).take(LARGEST + 1);
    inflate.read_to_end(&mut bytes).map_err(|_| Reason::Malformed)?;
    // Bytes after the stream would be a second meaning of one code.
    let whole = inflate.into_inner().total_in() == packed.len() as u64;
    if whole && bytes.len() as u64 <= LARGEST { Ok(bytes) } else { Err(Reason::Malformed) }
}

/// The signed token, with or without the tag of a CWT around it.
pub(super) fn token(bytes: &[u8]) -> Result<Sign1<'_>, Reason> {
    let malformed = |_| Reason::Malformed;
    let item = Item::parse(bytes, Profile::Interoperable).map_err(malformed)?;
    let inner = match item.as_tag() {
        Ok((CWT_TAG, inner)) => inner,
        _ => item,
    };
    Sign1::from_item(inner, Profile::Interoperable).map_err(malformed)
}

/// Who signed the token, for this use. A key is found by its `kid`, the protected one first; a desk that knows issuers of
/// the format refuses what none of them signed.
pub(super) fn issuer(token: &Sign1<'_>, format: &str, usage: &str, trust: &Trust) -> Result<Issuer, Reason> {
    let unprotected = || token.unprotected().as_map().ok().and_then(|map| map.get_int(KID));
    let kid = token.header(KID).or_else(unprotected).and_then(|kid| kid.as_bytes().ok()).unwrap_or_default();
    let mut known = trust.foreign(format).peekable();
    if known.peek().is_none() {
        return Ok(Issuer::Unknown);
    }
    let may = |issuer: &&ForeignIssuer| issuer.uses.is_empty() || issuer.uses.iter().any(|one| one == usage);
    let mut named = known.filter(|issuer| issuer.kid == kid).filter(may).peekable();
    if named.peek().is_none() {
        return Err(Reason::UnknownIssuer);
    }
    let signer = named.find(|issuer| issuer.key.verify(token).is_ok()).ok_or(Reason::IssuerSignature)?;
    Ok(Issuer::Known(signer.name.clone()))
}

/// The token's claims, in their time.
pub(super) fn claims<'a>(token: &Sign1<'a>, now: Timestamp) -> Result<Item<'a>, Reason> {
    let payload = token.payload_item().map_err(|_| Reason::Malformed)?;
    let claims = payload.as_map().map_err(|_| Reason::Malformed)?;
    let time = |label| match claims.get_int(label) {
        None => Ok(None),
        Some(time) => {
            time.as_int().map(|time| Some(Timestamp::from_unix(time))).map_err(|_| Reason::Malformed)
        }
    };
    if time(EXP)?.is_some_and(|expires| now >= expires) {
        return Err(Reason::Expired);
    }
    let soonest = now.plus_seconds(SKEW);
    if time(NBF)?.is_some_and(|begins| begins > soonest) || time(IAT)?.is_some_and(|issued| issued > soonest)
    {
        return Err(Reason::NotYetValid);
    }
    Ok(payload)
}
