//! The holder's side: what may be kept back, and a copy that keeps it back.
use trust::cbor::{Encoder, Item, Profile};
use trust::cose::{self, Sign1};

use super::{SD_CLAIMS, SdCwtError};

/// The keys of map 169 that a holder may keep back: those of the token's disclosures.
pub fn redactable(token: &[u8]) -> Result<Vec<i64>, SdCwtError> {
    let disclosed = disclosed(&Sign1::parse(token, Profile::Deterministic)?)?;
    Ok(disclosed.into_iter().filter_map(|(key, _)| key).collect())
}

/// A holder's copy of a token that discloses only these keys of map 169; what the issuer did not redact stays.
pub fn select(token: &[u8], keys: &[i64]) -> Result<Vec<u8>, SdCwtError> {
    let parsed = Sign1::parse(token, Profile::Deterministic)?;
    let mut kept = disclosed(&parsed)?;
    kept.retain(|(key, _)| key.is_some_and(|key| keys.contains(&key)));
    let kept: Vec<_> = kept.iter().map(|(_, disclosure)| disclosure.raw()).collect();
    Ok(cose::assemble(parsed.protected(), &unprotected(&kept), parsed.payload(), parsed.signature()))
}

/// The token's disclosures, each with the key that it tells: `[salt, value, key]`.
fn disclosed<'a>(token: &Sign1<'a>) -> Result<Vec<(Option<i64>, Item<'a>)>, SdCwtError> {
    let Some(list) = token.unprotected().as_map()?.get_int(SD_CLAIMS) else { return Ok(Vec::new()) };
    let with_key = |disclosure: Item<'a>| {
        let content = Item::parse(disclosure.as_bytes()?, Profile::Deterministic)?;
        let key = content.as_array()?.nth(2).and_then(|key| key.as_int().ok());
        Ok((key, disclosure))
    };
    list.as_array()?.map(with_key).collect()
}

/// The unprotected header with these disclosures.
pub(super) fn unprotected(disclosures: &[impl AsRef<[u8]>]) -> Vec<u8> {
    let mut out = Encoder::new();
    if disclosures.is_empty() {
        out.map(0);
        return out.finish();
    }
    out.map(1).int(SD_CLAIMS).array(disclosures.len());
    for disclosure in disclosures {
        out.raw(disclosure.as_ref());
    }
    out.finish()
}
