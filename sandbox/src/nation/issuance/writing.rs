//! Writes and signs one copy of a document.
use std::collections::BTreeSet;

use credential::claims::{Claims, StatusReference, Vct};
use credential::jose::Jwk;
use credential::mdoc::{KeyAuthorizations, MdocDraft, NewElement};
use credential::sd_cwt::{LONGEST_LIFE, Redaction, SdCwtDraft};
use credential::sd_jwt::{SdJwtDraft, Step};
use presentation::openid4vp::{AUTHENTICATION_LEVEL, LEVEL_POLICY, TRANSACTION_NAMESPACE};
use serde_json::{Map, Value, json};
use trust::random::SystemRandom;
use trust::time::Timestamp;

use super::super::answer::Refusal;
use super::super::facts::{Content, Fact, Named};
use super::super::{Nation, encode, status};
use super::place::{Place, Registered, Says};

/// Digests of nothing, so that their number tells less of what is kept back.
const DECOYS: usize = 3;

/// Seconds that a copy lives at most whose holder is not to be recognised: nobody can look up what became of it.
const UNLINKABLE_LIFE: i64 = 24 * 3600;
const HOUR: i64 = 3600;

/// When a copy begins and ends, and whether it says where its status is told.
pub(super) struct Life {
    now: Timestamp,
    pub(super) expires: Timestamp,
    has_status: bool,
}

impl Life {
    /// Copies that nobody is to recognise bear times that all of an hour share.
    pub(super) fn of(content: Content, now: Timestamp) -> Self {
        if !content.is_unlinkable() {
            return Self { now, expires: now.plus_seconds(LONGEST_LIFE), has_status: true };
        }
        let hour = now.minus_seconds(now.as_unix().rem_euclid(HOUR));
        Self { now: hour, expires: hour.plus_seconds(UNLINKABLE_LIFE), has_status: false }
    }
}

/// An entry of `credentials` in the answer.
pub(super) fn write(
    nation: &Nation,
    registered: &Registered,
    place: &Place,
    key: &Jwk,
    life: &Life,
) -> Result<Value, Refusal> {
    match &registered.says {
        Says::SdCwt { vct, claims, portrait } => {
            let bytes = sd_cwt(nation, (*vct, claims), place, key, life)?;
            let mut issued = json!({"credential": encode(&bytes)});
            // Its hash is claim 84; wallets that know nothing of it pass it over.
            if let (Some(portrait), Some(issued)) = (portrait, issued.as_object_mut()) {
                issued.insert("portrait".to_owned(), json!(encode(portrait)));
            }
            Ok(issued)
        }
        Says::SdJwt { vct, facts } => {
            Ok(json!({"credential": sd_jwt(nation, vct, facts, place, key, life)?}))
        }
        Says::Mdoc { doc_type, namespace, content, facts } => {
            let bytes = mdoc(nation, (doc_type, namespace, *content), facts, place, key, life)?;
            Ok(json!({"credential": encode(&bytes)}))
        }
    }
}

fn sd_cwt(
    nation: &Nation,
    (vct, claims): (Vct, &Claims),
    place: &Place,
    key: &Jwk,
    life: &Life,
) -> Result<Vec<u8>, Refusal> {
    let issuer = &nation.authority.issuer;
    let draft = SdCwtDraft {
        iss: status::ISS.to_owned(),
        sub: place.sub.clone(),
        kid: issuer.kid.clone(),
        vct,
        iat: life.now,
        exp: life.expires,
        cnf: *key.key(),
        status: StatusReference { uri: format!("s:{}", place.list), index: place.index },
        // Of keys that nobody attested nothing is said.
        claims: Claims { level_policy: place.level_policy, ..claims.clone() },
        redaction: if vct == Vct::Citizen { Redaction::EachClaim } else { Redaction::None },
    };
    let unsigned = draft.prepare(&mut SystemRandom::new()).map_err(|_| Refusal::broken())?;
    let signature = issuer.sign(&unsigned.to_be_signed())?;
    Ok(unsigned.assemble(&signature))
}

fn sd_jwt(
    nation: &Nation,
    vct: &str,
    facts: &[Named],
    place: &Place,
    key: &Jwk,
    life: &Life,
) -> Result<String, Refusal> {
    let issuer = &nation.authority.documents;
    let mut claims: Map<String, Value> =
        facts.iter().map(|(name, fact)| ((*name).to_owned(), fact.to_json())).collect();
    let selective: BTreeSet<_> = claims.keys().map(|name| vec![Step::Key(name.as_str().into())]).collect();
    claims.insert("iss".to_owned(), json!(nation.url));
    claims.insert("iat".to_owned(), json!(life.now.as_unix()));
    // It stands open: a holder who could keep it back would take off the cap. Of keys that nobody attested nothing is said.
    claims.extend(place.level_policy.map(|level| (LEVEL_POLICY.to_owned(), json!(level))));
    let draft = SdJwtDraft {
        vct: vct.to_owned(),
        claims,
        selective,
        decoys: DECOYS,
        cnf: Some(*key.key()),
        not_before: None,
        expires: life.expires,
        status: life.has_status.then(|| status::reference(nation, place.list, place.index)),
        chain: vec![issuer.certificate.clone()],
    };
    let unsigned = draft.prepare(&mut SystemRandom::new()).map_err(|_| Refusal::broken())?;
    let signature = issuer.key.sign(unsigned.to_be_signed())?;
    Ok(unsigned.assemble(&signature))
}

fn mdoc(
    nation: &Nation,
    (doc_type, namespace, content): (&str, &str, Content),
    facts: &[Named],
    place: &Place,
    key: &Jwk,
    life: &Life,
) -> Result<Vec<u8>, Refusal> {
    let issuer = &nation.authority.documents;
    let element = |(name, fact): &Named| NewElement {
        namespace: namespace.to_owned(),
        identifier: (*name).to_owned(),
        value: fact.to_cbor(),
    };
    let level_policy = place.level_policy.map(|level| NewElement {
        namespace: TRANSACTION_NAMESPACE.to_owned(),
        identifier: LEVEL_POLICY.to_owned(),
        value: Fact::Number(level.into()).to_cbor(),
    });
    let draft = MdocDraft {
        doc_type: doc_type.to_owned(),
        elements: facts.iter().map(element).chain(level_policy).collect(),
        device_key: *key.key(),
        authorizations: device_signs(content),
        signed: life.now,
        valid_from: life.now,
        valid_until: life.expires,
        status: life.has_status.then(|| status::reference(nation, place.list, place.index)),
        chain: vec![issuer.certificate.clone()],
    };
    let unsigned = draft.prepare(&mut SystemRandom::new()).map_err(|_| Refusal::broken())?;
    let signature = issuer.key.sign(&unsigned.to_be_signed())?;
    Ok(unsigned.assemble(&signature))
}

/// The identity approves transactions (OpenID4VP 1.0, B.2.1), and no other document does. How the holder was recognised each tells, but
/// those whose holder is not to be recognised.
fn device_signs(content: Content) -> KeyAuthorizations {
    let mut allowed = KeyAuthorizations::default();
    if content == Content::Citizen {
        allowed.namespaces.insert(TRANSACTION_NAMESPACE.to_owned());
    } else if !content.is_unlinkable() {
        let level = BTreeSet::from([AUTHENTICATION_LEVEL.to_owned()]);
        allowed.elements.insert(TRANSACTION_NAMESPACE.to_owned(), level);
    }
    allowed
}
