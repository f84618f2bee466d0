//! Disclosures and redactions: hashes over the received byte strings, header included.
use trust::cbor::{Item, Kind, MOST_NESTING, Profile};
use trust::cose::Sign1;

use super::{ALWAYS_OPEN, SD_CLAIMS, SdCwtError};
use crate::claims::{ClaimKey, ClaimValue, cwt};
use crate::digest::sha256;

/// The simple value whose entry holds the hashes of a map's redacted keys.
pub(super) const REDACTED_KEYS: u8 = 59;
/// The tag on the hash of a redacted array element.
const REDACTED_ELEMENT: u64 = 60;
/// Disclosures in one token.
const MOST_DISCLOSURES: usize = 64;
/// Hashes in one list.
const MOST_HASHES: usize = 256;
/// Values in one token. A credential has some dozens; a value of one octet takes fifty in memory, and this is read before any
/// signature is checked.
const MOST_VALUES: usize = 8192;
/// Protected header whose labels must be understood (RFC 9052, 3.1); nothing here understands any.
const CRIT: i64 = 2;
/// Unprotected header with encrypted disclosures, which nothing here decrypts.
const SD_AEAD_ENCRYPTED_CLAIMS: i64 = 171;

/// Claims that may never be redacted.
const PLAIN: [i64; 8] = [cwt::ISS, cwt::AUD, cwt::EXP, cwt::NBF, cwt::IAT, cwt::CTI, cwt::CNF, cwt::CNONCE];

struct Disclosure<'a> {
    hash: [u8; 32],
    content: Vec<Item<'a>>,
    used: bool,
}

/// The claims of a token of anybody, its disclosures put in place; what stays redacted is left out. The signature is
/// the caller's to check.
pub fn open(bytes: &[u8]) -> Result<(Sign1<'_>, ClaimValue<'_>), SdCwtError> {
    let token = Sign1::parse(bytes, Profile::Interoperable)?;
    if super::hash_is_not_sha_256(&token) {
        return Err(SdCwtError::WrongAlgorithm);
    }
    if token.header(CRIT).is_some() {
        return Err(SdCwtError::Claim(CRIT));
    }
    let claims = disclose_in(&token, Profile::Interoperable)?;
    Ok((token, claims))
}

pub(super) fn disclose<'a>(token: &Sign1<'a>) -> Result<ClaimValue<'a>, SdCwtError> {
    disclose_in(token, Profile::Deterministic)
}

fn disclose_in<'a>(token: &Sign1<'a>, profile: Profile) -> Result<ClaimValue<'a>, SdCwtError> {
    let mut disclosures = Disclosures::parse(token, profile)?;
    let claims = disclosures.value(token.payload_item()?, 0)?;
    if claims.entries().is_none() {
        return Err(SdCwtError::Malformed(trust::cbor::Error::WrongKind));
    }
    if disclosures.found.iter().any(|disclosure| !disclosure.used) {
        return Err(SdCwtError::Disclosure);
    }
    Ok(claims)
}

struct Disclosures<'a> {
    profile: Profile,
    found: Vec<Disclosure<'a>>,
    /// How many values there are.
    values: usize,
}

impl<'a> Disclosures<'a> {
    /// The list of header 17; the header may be absent but not empty.
    fn parse(token: &Sign1<'a>, profile: Profile) -> Result<Self, SdCwtError> {
        let mut found = Vec::new();
        for (key, value) in token.unprotected().as_map()? {
            if key.as_int() != Ok(SD_CLAIMS) {
                // In our own profile nobody adds unsigned headers.
                if profile == Profile::Deterministic || key.as_int() == Ok(SD_AEAD_ENCRYPTED_CLAIMS) {
                    return Err(SdCwtError::Claim(key.as_int().unwrap_or_default()));
                }
                continue;
            }
            for item in value.as_array()? {
                if found.len() >= MOST_DISCLOSURES {
                    return Err(SdCwtError::Disclosure);
                }
                let content = Item::parse(item.as_bytes()?, profile)?.as_array()?.take(4).collect();
                found.push(Disclosure { hash: sha256(item.raw()), content, used: false });
            }
            if found.is_empty() {
                return Err(SdCwtError::Disclosure);
            }
        }
        Ok(Self { profile, found, values: 0 })
    }

    /// The disclosure with that hash; each may be used once.
    fn take(&mut self, hash: &[u8]) -> Result<Option<Vec<Item<'a>>>, SdCwtError> {
        match self.found.iter_mut().find(|disclosure| disclosure.hash == hash) {
            None => Ok(None),
            Some(disclosure) if disclosure.used => Err(SdCwtError::Disclosure),
            Some(disclosure) => {
                disclosure.used = true;
                Ok(Some(disclosure.content.clone()))
            }
        }
    }

    /// Each disclosure was scanned by itself, so nesting through several of them is counted here.
    fn value(&mut self, item: Item<'a>, depth: usize) -> Result<ClaimValue<'a>, SdCwtError> {
        if depth > MOST_NESTING {
            return Err(SdCwtError::Malformed(trust::cbor::Error::TooDeep));
        }
        self.values += 1;
        if self.values > MOST_VALUES {
            return Err(SdCwtError::Malformed(trust::cbor::Error::TooMany));
        }
        Ok(match item.kind() {
            Kind::Unsigned | Kind::Negative => ClaimValue::Int(item.as_int()?),
            Kind::Bytes => ClaimValue::Bytes(item.as_bytes()?),
            Kind::Text => ClaimValue::Text(item.as_text()?),
            Kind::Array => ClaimValue::Array(self.elements(item, depth)?),
            Kind::Map => ClaimValue::Map(self.entries(item, depth)?),
            Kind::Tag => {
                let (tag, inner) = item.as_tag()?;
                if tag == REDACTED_ELEMENT {
                    return Err(SdCwtError::Disclosure);
                }
                ClaimValue::Tag(tag, Box::new(self.value(inner, depth + 1)?))
            }
            Kind::Simple => match item.as_simple()? {
                20 => ClaimValue::Bool(false),
                21 => ClaimValue::Bool(true),
                22 => ClaimValue::Null,
                other => ClaimValue::Simple(other),
            },
            Kind::Float => return Err(SdCwtError::Malformed(trust::cbor::Error::Float)),
        })
    }

    fn elements(&mut self, item: Item<'a>, depth: usize) -> Result<Vec<ClaimValue<'a>>, SdCwtError> {
        let mut elements = Vec::new();
        for element in item.as_array()? {
            match element.as_tag() {
                Ok((REDACTED_ELEMENT, hash)) => match self.take(hash.as_bytes()?)?.as_deref() {
                    Some([_, value]) => elements.push(self.value(*value, depth + 1)?),
                    Some([_]) | None => {}
                    Some(_) => return Err(SdCwtError::Disclosure),
                },
                _ => elements.push(self.value(element, depth + 1)?),
            }
        }
        Ok(elements)
    }

    fn entries(
        &mut self,
        item: Item<'a>,
        depth: usize,
    ) -> Result<Vec<(ClaimKey<'a>, ClaimValue<'a>)>, SdCwtError> {
        let (mut entries, mut hashes) = (Vec::new(), Vec::new());
        for (key, value) in item.as_map()? {
            if key.as_simple() == Ok(REDACTED_KEYS) {
                hashes.extend(value.as_array()?.take(MOST_HASHES + 1));
                if hashes.len() > MOST_HASHES {
                    return Err(SdCwtError::Disclosure);
                }
            } else {
                entries.push((claim_key(key)?, self.value(value, depth + 1)?));
            }
        }
        for hash in hashes {
            match self.take(hash.as_bytes()?)?.as_deref() {
                Some([_, value, key]) => {
                    let key = claim_key(*key)?;
                    let plain = matches!(key, ClaimKey::Int(number) if depth == 0 && PLAIN.contains(&number));
                    let open = self.profile == Profile::Deterministic
                        && matches!(key, ClaimKey::Int(number) if ALWAYS_OPEN.contains(&number));
                    if plain || open || entries.iter().any(|(existing, _)| *existing == key) {
                        return Err(SdCwtError::Disclosure);
                    }
                    entries.push((key, self.value(*value, depth + 1)?));
                }
                Some([_]) | None => {}
                Some(_) => return Err(SdCwtError::Disclosure),
            }
        }
        Ok(entries)
    }
}

fn claim_key(key: Item<'_>) -> Result<ClaimKey<'_>, SdCwtError> {
    match key.as_text() {
        Ok(text) if text.len() <= 255 => Ok(ClaimKey::Text(text)),
        Ok(_) => Err(SdCwtError::Disclosure),
        Err(_) => Ok(ClaimKey::Int(key.as_int()?)),
    }
}
