//! Disclosures, and the payload with them filled in (RFC 9901, 4.2 and 7.1).
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value};

use super::{MOST_NESTING, NEVER_DISCLOSED, SHA_256, SdJwtError, Step};
use crate::digest::sha256;
use crate::jose::parse_json;

pub(super) const SD: &str = "_sd";
pub(super) const SD_ALG: &str = "_sd_alg";
pub(super) const ELEMENT: &str = "...";

/// A digest as `_sd` and `...` hold it: SHA-256 in base64url.
type Digest = [u8; 43];

/// A disclosure as received.
pub(super) struct Disclosure {
    digest: Digest,
    /// The member's name; nothing for an element of an array.
    name: Option<String>,
    value: Value,
}

impl Disclosure {
    pub(super) fn parse(text: &str) -> Result<Self, SdJwtError> {
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| SdJwtError::Disclosure)?;
        let parts = parse_json(&bytes).map_err(|_| SdJwtError::Disclosure)?;
        let Value::Array(parts) = parts else { return Err(SdJwtError::Disclosure) };
        let (name, value) = match <[Value; 3]>::try_from(parts) {
            Ok([Value::String(_), Value::String(name), value]) => (Some(name), value),
            Ok(_) => return Err(SdJwtError::Disclosure),
            Err(parts) => match <[Value; 2]>::try_from(parts) {
                Ok([Value::String(_), value]) => (None, value),
                _ => return Err(SdJwtError::Disclosure),
            },
        };
        if name.as_deref().is_some_and(|name| name == SD || name == ELEMENT) {
            return Err(SdJwtError::Name);
        }
        let mut digest = [0; 43];
        let written = URL_SAFE_NO_PAD.encode_slice(sha256(text.as_bytes()), &mut digest);
        written.map_err(|_| SdJwtError::Disclosure)?;
        Ok(Self { digest, name, value })
    }
}

/// The digest of a disclosure's text, as `_sd` and `...` hold it.
pub(super) fn digest(text: &str) -> String {
    URL_SAFE_NO_PAD.encode(sha256(text.as_bytes()))
}

/// A payload with its disclosures filled in, and where each disclosure belongs.
#[derive(Clone, Debug)]
pub(super) struct Resolved {
    pub(super) claims: Arc<Map<String, Value>>,
    /// The same with what is not disclosed of an array still in its place, as `{"...": digest}`.
    pub(super) as_signed: Arc<Map<String, Value>>,
    /// In the order of the disclosures, counted in `as_signed`.
    pub(super) places: Vec<Vec<Step>>,
}

impl Resolved {
    /// A place in `as_signed`, counted in `claims`.
    pub(super) fn place_in_claims(&self, place: &[Step]) -> Vec<Step> {
        let mut at = None;
        let mut counted = Vec::with_capacity(place.len());
        for step in place {
            let (step, next) = match step {
                Step::Key(name) => {
                    let members = if counted.is_empty() {
                        Some(&*self.as_signed)
                    } else {
                        at.and_then(Value::as_object)
                    };
                    (step.clone(), members.and_then(|members| members.get(&**name)))
                }
                Step::Index(index) => {
                    let elements = at.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
                    let before = elements.iter().take(*index).filter(|element| !is_withheld(element));
                    (Step::Index(before.count()), elements.get(*index))
                }
            };
            counted.push(step);
            at = next;
        }
        counted
    }
}

/// Whether it stands for an element of an array that is not disclosed. No claim looks like it: the name is reserved.
pub fn is_withheld(value: &Value) -> bool {
    value.as_object().is_some_and(|members| members.contains_key(ELEMENT))
}

/// The same claims without what is not disclosed.
fn disclosed_only(members: &Map<String, Value>) -> Map<String, Value> {
    fn value(one: &Value) -> Value {
        match one {
            Value::Object(members) => Value::Object(disclosed_only(members)),
            Value::Array(elements) => elements.iter().filter(|one| !is_withheld(one)).map(value).collect(),
            other => other.clone(),
        }
    }
    members.iter().map(|(name, one)| (name.clone(), value(one))).collect()
}

/// Fills the disclosures in, whose values it takes.
pub(super) fn resolve(
    mut payload: Map<String, Value>,
    disclosures: &mut [Disclosure],
) -> Result<Resolved, SdJwtError> {
    if payload.remove(SD_ALG).is_some_and(|algorithm| algorithm != SHA_256) {
        return Err(SdJwtError::HashAlgorithm);
    }
    let mut by_digest = BTreeMap::new();
    for (index, disclosure) in disclosures.iter().enumerate() {
        if by_digest.insert(disclosure.digest, index).is_some() {
            return Err(SdJwtError::DigestTwice);
        }
    }
    let places = vec![Vec::new(); disclosures.len()];
    let mut resolver =
        Resolver { by_digest, disclosures, seen: BTreeSet::new(), places, path: Vec::new(), withheld: false };
    resolver.object(&mut payload)?;
    // What stands at the top has a place of at least one step.
    if resolver.places.iter().any(Vec::is_empty) {
        return Err(SdJwtError::UnusedDisclosure);
    }
    let as_signed = Arc::new(payload);
    let claims =
        if resolver.withheld { Arc::new(disclosed_only(&as_signed)) } else { Arc::clone(&as_signed) };
    Ok(Resolved { claims, as_signed, places: resolver.places })
}

struct Resolver<'a> {
    by_digest: BTreeMap<Digest, usize>,
    disclosures: &'a mut [Disclosure],
    seen: BTreeSet<String>,
    places: Vec<Vec<Step>>,
    /// Names are shared with the places below: one long name above many disclosures is held once.
    path: Vec<Step>,
    /// Whether an element of an array is not disclosed.
    withheld: bool,
}

impl Resolver<'_> {
    fn value(&mut self, step: impl FnOnce() -> Step, value: &mut Value) -> Result<(), SdJwtError> {
        if self.path.len() >= MOST_NESTING {
            return Err(SdJwtError::TooDeep);
        }
        if !matches!(value, Value::Object(_) | Value::Array(_)) {
            return Ok(());
        }
        self.path.push(step());
        match value {
            Value::Object(members) => self.object(members)?,
            Value::Array(elements) => self.array(elements)?,
            _ => {}
        }
        self.path.pop();
        Ok(())
    }

    fn object(&mut self, members: &mut Map<String, Value>) -> Result<(), SdJwtError> {
        let at_top = self.path.is_empty();
        let digests = members.remove(SD);
        if members.contains_key(ELEMENT) {
            return Err(SdJwtError::Digests);
        }
        for (name, value) in members.iter_mut() {
            if at_top && NEVER_DISCLOSED.contains(&name.as_str()) && hides_something(value) {
                return Err(SdJwtError::HiddenClaim);
            }
            self.value(|| Step::Key(name.as_str().into()), value)?;
        }
        let digests = match digests {
            None => return Ok(()),
            Some(Value::Array(digests)) => digests,
            Some(_) => return Err(SdJwtError::Digests),
        };
        for digest in digests {
            let Value::String(digest) = digest else { return Err(SdJwtError::Digests) };
            let Some((index, name, mut value)) = self.take(digest)? else { continue };
            let name = name.ok_or(SdJwtError::UnusedDisclosure)?;
            if at_top && NEVER_DISCLOSED.contains(&name.as_str()) {
                return Err(SdJwtError::HiddenClaim);
            }
            if members.contains_key(&name) || (at_top && name == SD_ALG) {
                return Err(SdJwtError::Name);
            }
            self.disclosed(index, Step::Key(name.as_str().into()), &mut value)?;
            members.insert(name, value);
        }
        Ok(())
    }

    fn array(&mut self, elements: &mut [Value]) -> Result<(), SdJwtError> {
        for (at, element) in elements.iter_mut().enumerate() {
            let step = Step::Index(at);
            let hidden = element.as_object().and_then(|members| Some((members.len(), members.get(ELEMENT)?)));
            match hidden {
                Some((1, Value::String(digest))) => {
                    let Some((index, name, value)) = self.take(digest.clone())? else {
                        self.withheld = true;
                        continue;
                    };
                    if name.is_some() {
                        return Err(SdJwtError::UnusedDisclosure);
                    }
                    *element = value;
                    self.disclosed(index, step, element)?;
                }
                Some(_) => return Err(SdJwtError::Digests),
                None => self.value(|| step, element)?,
            }
        }
        Ok(())
    }

    fn disclosed(&mut self, index: usize, step: Step, value: &mut Value) -> Result<(), SdJwtError> {
        if let Some(place) = self.places.get_mut(index) {
            *place = self.path.iter().chain([&step]).cloned().collect();
        }
        self.value(|| step, value)
    }

    /// Name and value of a digest's disclosure, if it was sent. Every digest may stand once, also those of nothing.
    fn take(&mut self, digest: String) -> Result<Option<(usize, Option<String>, Value)>, SdJwtError> {
        let known = <&Digest>::try_from(digest.as_bytes()).ok().and_then(|digest| self.by_digest.get(digest));
        let known = known.copied();
        if !self.seen.insert(digest) {
            return Err(SdJwtError::DigestTwice);
        }
        let Some(index) = known else { return Ok(None) };
        let disclosure = self.disclosures.get_mut(index).ok_or(SdJwtError::Digests)?;
        Ok(Some((index, disclosure.name.take(), std::mem::take(&mut disclosure.value))))
    }
}

/// Whether digests stand anywhere in it.
fn hides_something(value: &Value) -> bool {
    match value {
        Value::Object(members) => {
            members.iter().any(|(name, value)| name == SD || name == ELEMENT || hides_something(value))
        }
        Value::Array(elements) => elements.iter().any(hides_something),
        _ => false,
    }
}
