//! Two-way mode: the question on a desk's screen, which the phone scans and answers.
//!
//! A one-way code can be relayed to another clinic for as long as it is fresh. An answer names the desk that asked
//! (`aud`) and holds the random number that its screen showed (`cnonce`), so it is good there, once, and nowhere else.
//!
//! ```cddl
//! challenge = #6.18([ bstr .cbor { 1: -9, 13: certificate, 16: 65004 }, {}, bstr .cbor question, bstr .size 64 ])
//! question = { 4: int, 6: int, 39: bstr .size (8..64), ? -65537: 1..4, ? -65538: bstr .size 33,
//!              ? -65539: [1*32 int], ? -65540: tstr }
//! certificate = #6.18([ bstr .cbor { 1: -9, 4: bstr, 16: 65003 }, {}, bstr .cbor desk, bstr .size 64 ])
//! desk = { 1: tstr, 2: tstr, 4: int, 6: int, 8: { 1: COSE_Key }, ? -65539: [1*32 int] }
//! ```
//! Labels are those of [`credential::claims::cwt`]; header 13 (`kcwt`, RFC 9528, 9.7) holds the signer's key with its name.
//! On the screen: a [frame] with `7361`.

mod desk;

pub use desk::{DESK_AUTHORITY, DeskCertificateDraft};

use credential::claims::cwt;
use desk::DeskCertificate;
use trust::anchors::Trust;
use trust::cbor::{self, Encoder, Item, Profile};
use trust::cose::{ALG, Draft, ES256, ESP256, KCWT, Sign1, TYP};
use trust::p256::PublicKey;
use trust::time::Timestamp;

use crate::frame::{self, Content, FrameError};
use crate::shown;

/// `typ` of a challenge: the experimental range of CoAP content formats (RFC 7252, 12.3).
const CHALLENGE: u64 = 65_004;

/// A question is open for so many seconds at most.
pub const LONGEST_LIFE: i64 = 60;
/// How far the desk's clock may be ahead of the phone's, in seconds.
const SKEW: i64 = 60;
/// Bytes of a desk's name and of a purpose.
pub const LONGEST_NAME: usize = 64;
/// Keys of map 169 in one question.
const MOST_ASKED: usize = 32;

/// Why a challenge is not answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ChallengeError {
    /// The text is no frame of a challenge.
    #[error(transparent)]
    Frame(#[from] FrameError),
    /// Malformed CBOR or COSE.
    #[error("malformed: {0}")]
    Malformed(#[from] cbor::Error),
    /// Another kind of token, or one that nobody signed.
    #[error("not a signed challenge of a desk")]
    WrongType,
    /// `alg` is neither ES256 nor ESP256.
    #[error("algorithm not supported")]
    WrongAlgorithm,
    /// A header or claim is missing, surplus or of the wrong kind.
    #[error("claim {0} is missing, surplus or of the wrong kind")]
    Claim(i64),
    /// Nobody who may name desks, as far as the trust list knows.
    #[error("who named this desk is not known")]
    UnknownAuthority,
    /// The authority's signature on the desk's certificate is wrong.
    #[error("the desk's certificate is not signed by its authority")]
    AuthoritySignature,
    /// The desk's certificate is not in its time.
    #[error("the desk's certificate has expired or is not valid yet")]
    CertificateExpired,
    /// The trust list withdraws this one desk's key: a stolen desk.
    #[error("this desk was withdrawn")]
    DeskWithdrawn,
    /// The desk's signature on the question is wrong.
    #[error("the question is not signed by the desk")]
    DeskSignature,
    /// The question lies in the future.
    #[error("the question is not valid yet")]
    NotYetValid,
    /// The question's time is over: the desk shows a new one.
    #[error("the question has expired")]
    Expired,
}

/// A question to be signed by the desk's key.
#[derive(Clone, Debug)]
pub struct ChallengeDraft<'a> {
    /// The desk's certificate.
    pub certificate: &'a [u8],
    /// Now.
    pub issued_at: Timestamp,
    /// At most [`LONGEST_LIFE`] seconds later.
    pub expires_at: Timestamp,
    /// Random, 8 to 64 bytes, never used before.
    pub cnonce: &'a [u8],
    /// The lowest authentication level that will do, 1 to 4.
    pub minimum_level: Option<u8>,
    /// The key that the answer is to be encrypted to, made for this question alone.
    pub encryption_key: Option<&'a PublicKey>,
    /// Keys of map 169 that are asked for; empty for all that the desk may ask.
    pub asked: &'a [i64],
    /// What they are needed for, at most 64 bytes, none of them a control character; may be empty.
    pub purpose: &'a str,
}

impl ChallengeDraft<'_> {
    /// The token that waits for the desk's signature.
    ///
    /// # Errors
    /// [`ChallengeError::Claim`] for what no phone would take.
    pub fn prepare(&self) -> Result<Draft, ChallengeError> {
        let life = self.expires_at.seconds_since(self.issued_at);
        let wrong = [
            (cwt::EXP, !(1..=LONGEST_LIFE).contains(&life)),
            (cwt::CNONCE, !(8..=64).contains(&self.cnonce.len())),
            (cwt::LEVEL, self.minimum_level.is_some_and(|level| !(1..=4).contains(&level))),
            (cwt::ASKED, self.asked.len() > MOST_ASKED),
            (cwt::PURPOSE, !self.purpose.is_empty() && !can_be_shown(self.purpose)),
        ];
        if let Some((label, _)) = wrong.into_iter().find(|(_, is_wrong)| *is_wrong) {
            return Err(ChallengeError::Claim(label));
        }
        let mut protected = Encoder::new();
        protected.map(3).int(ALG).int(ESP256).int(KCWT).raw(self.certificate).int(TYP).uint(CHALLENGE);
        let optional = [
            self.minimum_level.is_some(),
            self.encryption_key.is_some(),
            !self.asked.is_empty(),
            !self.purpose.is_empty(),
        ];
        let mut claims = Encoder::new();
        claims.map(3 + optional.iter().filter(|there| **there).count());
        claims.int(cwt::EXP).int(self.expires_at.as_unix()).int(cwt::IAT).int(self.issued_at.as_unix());
        claims.int(cwt::CNONCE).bytes(self.cnonce);
        if let Some(level) = self.minimum_level {
            claims.int(cwt::LEVEL).uint(u64::from(level));
        }
        if let Some(key) = self.encryption_key {
            claims.int(cwt::ENCRYPTION_KEY).bytes(&key.compressed());
        }
        if !self.asked.is_empty() {
            write_keys(&mut claims, self.asked);
        }
        if !self.purpose.is_empty() {
            claims.int(cwt::PURPOSE).text(self.purpose);
        }
        Ok(Draft::new(protected.finish(), vec![0xa0], claims.finish()))
    }
}

/// The digits of a signed challenge, for the desk's screen.
pub fn encode(token: &[u8]) -> String {
    frame::encode_as(Content::Challenge, token)
}

/// Reads what the phone scanned, and checks it: who named the desk, the desk's signature, the time. `now` is the time at
/// the provider.
///
/// # Errors
/// The first [`ChallengeError`] found: nothing that is not signed is shown to anybody.
pub fn verify(scanned: &str, trust: &Trust, now: Timestamp) -> Result<VerifiedChallenge, ChallengeError> {
    let token = frame::decode_as(Content::Challenge, scanned)?;
    Challenge::parse(&token)?.verify(trust, now)
}

/// A parsed, unverified challenge.
#[derive(Clone, Debug)]
pub struct Challenge<'a> {
    token: Sign1<'a>,
    certificate: DeskCertificate<'a>,
    issued_at: Timestamp,
    expires_at: Timestamp,
    cnonce: Vec<u8>,
    minimum_level: Option<u8>,
    encryption_key: Option<PublicKey>,
    asked: Option<Vec<i64>>,
    purpose: Option<String>,
}

impl<'a> Challenge<'a> {
    /// From the bytes of the token.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, ChallengeError> {
        let token = sign1(Item::parse(bytes, Profile::Deterministic)?, CHALLENGE, &[ALG, KCWT, TYP])?;
        let certificate = DeskCertificate::from_item(token.header(KCWT).ok_or(ChallengeError::Claim(KCWT))?)?;
        let claims = token.payload_item()?.as_map()?;
        let known =
            [cwt::EXP, cwt::IAT, cwt::CNONCE, cwt::LEVEL, cwt::ENCRYPTION_KEY, cwt::ASKED, cwt::PURPOSE];
        if let Some(surplus) = claims.surplus(&known) {
            return Err(ChallengeError::Claim(surplus));
        }
        let time = |label| {
            let time = claims.get_int(label).and_then(|time| time.as_int().ok());
            time.map(Timestamp::from_unix).ok_or(ChallengeError::Claim(label))
        };
        let (issued_at, expires_at) = (time(cwt::IAT)?, time(cwt::EXP)?);
        if !(1..=LONGEST_LIFE).contains(&expires_at.seconds_since(issued_at)) {
            return Err(ChallengeError::Claim(cwt::EXP));
        }
        let cnonce = claims.get_int(cwt::CNONCE).and_then(|cnonce| cnonce.as_bytes().ok());
        let cnonce = cnonce.filter(|cnonce| (8..=64).contains(&cnonce.len()));
        let optional = |label, read: &dyn Fn(Item<'a>) -> bool| match claims.get_int(label) {
            Some(item) if !read(item) => Err(ChallengeError::Claim(label)),
            other => Ok(other),
        };
        let level =
            optional(cwt::LEVEL, &|level| level.as_uint().is_ok_and(|level| (1..=4).contains(&level)))?;
        let key = claims.get_int(cwt::ENCRYPTION_KEY).map(|key| {
            key.as_bytes()
                .ok()
                .and_then(|key| PublicKey::from_compressed(key).ok())
                .ok_or(ChallengeError::Claim(cwt::ENCRYPTION_KEY))
        });
        let purpose = optional(cwt::PURPOSE, &|text| text.as_text().is_ok_and(can_be_shown))?;
        Ok(Self {
            token,
            certificate,
            issued_at,
            expires_at,
            cnonce: cnonce.ok_or(ChallengeError::Claim(cwt::CNONCE))?.to_vec(),
            minimum_level: level.and_then(|level| u8::try_from(level.as_uint().ok()?).ok()),
            encryption_key: key.transpose()?,
            asked: keys_of_map_169(claims.get_int(cwt::ASKED))?,
            purpose: purpose.and_then(|text| Some(text.as_text().ok()?.to_owned())),
        })
    }

    /// Checks who named the desk, the desk's signature and the time.
    pub fn verify(self, trust: &Trust, now: Timestamp) -> Result<VerifiedChallenge, ChallengeError> {
        let authority = self.certificate.verify(trust, now)?;
        self.token.verify(&self.certificate.key).map_err(|_| ChallengeError::DeskSignature)?;
        if now < self.issued_at.minus_seconds(SKEW) {
            return Err(ChallengeError::NotYetValid);
        }
        if now >= self.expires_at {
            return Err(ChallengeError::Expired);
        }
        let over_asked = self.asked.iter().flatten().filter(|key| !self.certificate.may_ask.contains(key));
        Ok(VerifiedChallenge {
            desk: self.certificate.name.to_owned(),
            named_by: authority.name.clone(),
            over_asked: over_asked.copied().collect(),
            asked: self.asked.unwrap_or(self.certificate.may_ask),
            cnonce: self.cnonce,
            expires_at: self.expires_at,
            minimum_level: self.minimum_level,
            encryption_key: self.encryption_key,
            purpose: self.purpose,
        })
    }
}

/// A question of a desk that an authority named: built by [`Challenge::verify`] alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifiedChallenge {
    desk: String,
    named_by: String,
    cnonce: Vec<u8>,
    expires_at: Timestamp,
    minimum_level: Option<u8>,
    encryption_key: Option<PublicKey>,
    asked: Vec<i64>,
    over_asked: Vec<i64>,
    purpose: Option<String>,
}

impl VerifiedChallenge {
    /// The desk's name: shown to the person, and the audience of the answer.
    pub fn desk(&self) -> &str {
        &self.desk
    }

    /// Who gave the desk its name, in the trust list's words.
    pub fn named_by(&self) -> &str {
        &self.named_by
    }

    /// The random number to answer with.
    pub fn cnonce(&self) -> &[u8] {
        &self.cnonce
    }

    /// When an answer comes too late.
    pub const fn expires_at(&self) -> Timestamp {
        self.expires_at
    }

    /// The lowest authentication level that will do.
    pub const fn minimum_level(&self) -> Option<u8> {
        self.minimum_level
    }

    /// The key to encrypt the answer to.
    pub const fn encryption_key(&self) -> Option<&PublicKey> {
        self.encryption_key.as_ref()
    }

    /// The claims of map 169 that are asked for, by their keys.
    pub fn asked(&self) -> &[i64] {
        &self.asked
    }

    /// Those among them that this desk's certificate does not cover: the person is warned.
    pub fn over_asked(&self) -> &[i64] {
        &self.over_asked
    }

    /// What they are needed for, in the desk's words.
    pub fn purpose(&self) -> Option<&str> {
        self.purpose.as_deref()
    }
}

/// A token of this type with these headers and no unsigned ones.
fn sign1<'a>(item: Item<'a>, typ: u64, known: &[i64]) -> Result<Sign1<'a>, ChallengeError> {
    if !matches!(item.as_tag(), Ok((trust::cose::SIGN1_TAG, _))) {
        return Err(ChallengeError::WrongType);
    }
    let token = Sign1::from_item(item, Profile::Deterministic)?;
    if token.header(TYP).and_then(|typ| typ.as_uint().ok()) != Some(typ) {
        return Err(ChallengeError::WrongType);
    }
    if !matches!(token.algorithm(), Some(ES256 | ESP256)) {
        return Err(ChallengeError::WrongAlgorithm);
    }
    if let Some(surplus) = token.unprotected().as_map()?.surplus(&[]) {
        return Err(ChallengeError::Claim(surplus));
    }
    match token.surplus_header(known) {
        Some(surplus) => Err(ChallengeError::Claim(surplus)),
        None => Ok(token),
    }
}

/// A name or purpose of 1 to 64 bytes that a screen shows as it is.
fn can_be_shown(text: &str) -> bool {
    shown::can_be_shown(text, LONGEST_NAME)
}

fn write_keys(out: &mut Encoder, keys: &[i64]) {
    out.int(cwt::ASKED).array(keys.len());
    for key in keys {
        out.int(*key);
    }
}

fn keys_of_map_169(list: Option<Item<'_>>) -> Result<Option<Vec<i64>>, ChallengeError> {
    let Some(list) = list else { return Ok(None) };
    let wrong = ChallengeError::Claim(cwt::ASKED);
    let keys: Result<Vec<i64>, _> =
        list.as_array().map_err(|_| wrong)?.take(MOST_ASKED + 1).map(|key| key.as_int()).collect();
    match keys {
        Ok(keys) if (1..=MOST_ASKED).contains(&keys.len()) => Ok(Some(keys)),
        _ => Err(wrong),
    }
}

#[cfg(test)]
mod tests;
