//! The key-binding token: the holder's fresh signature around an SD-CWT (draft-ietf-spice-sd-cwt -09).
//!
//! ```cddl
//! kbt = #6.18([ bstr .cbor { 1: -7 / -9, 13: sd-cwt, 16: 294 }, {}, bstr .cbor kbt-claims, bstr .size 64 ])
//! kbt-claims = { 3: tstr, 6: int, ? 39: bstr .size (8..64), ? -65537: 1..4, ? -65541: level-statement }
//! ```
//! `level-statement` is that of [`crate::level_statement`].
use credential::claims::cwt;
use credential::sd_cwt::{SdCwt, SdCwtError};
use trust::cbor::{self, Encoder, Item, Profile};
use trust::cose::{ALG, Draft, ES256, ESP256, KCWT, Sign1, TYP};
use trust::p256::{PublicKey, is_low_s, normalize_s};
use trust::time::Timestamp;

use crate::level_statement::LevelStatement;

/// `typ` of a key-binding token, 294.
const KB_CWT: u64 = 294;
/// The audience of a code shown to any clinic.
pub const ANY_CLINIC: &str = "vn.clinic";

/// Why a token is no presentation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KbtError {
    /// Malformed CBOR or COSE.
    #[error("malformed: {0}")]
    Malformed(#[from] cbor::Error),
    /// `typ` is not 294.
    #[error("not a key-binding token")]
    WrongType,
    /// `alg` is neither ES256 nor ESP256.
    #[error("algorithm not supported")]
    WrongAlgorithm,
    /// Something unsigned was added, or the signature is in its other form: a copy made to look new.
    #[error("not in the one form that is accepted")]
    NotCanonical,
    /// A claim is missing, surplus or of the wrong kind.
    #[error("claim {0} is missing, surplus or of the wrong kind")]
    Claim(i64),
    /// The credential inside.
    #[error(transparent)]
    Credential(#[from] SdCwtError),
    /// The holder's signature is wrong.
    #[error("the holder's signature is wrong")]
    SignatureInvalid,
}

/// A token to be signed by the credential's device key.
#[derive(Clone, Debug)]
pub struct KbtDraft<'a> {
    /// The SD-CWT with the disclosures that are shown.
    pub sd_cwt: &'a [u8],
    /// For whom: [`ANY_CLINIC`], or the desk's signed name in two-way mode.
    pub audience: &'a str,
    /// Now.
    pub issued_at: Timestamp,
    /// What the desk's screen showed, in two-way mode.
    pub cnonce: Option<&'a [u8]>,
    /// The authentication level that the holder claims, 1 to 4.
    pub level: Option<u8>,
    /// A provider's statement of that level for this credential's key, as it came.
    pub stated: Option<&'a LevelStatement>,
}

/// A token that waits for its signature.
#[derive(Clone, Debug)]
pub struct UnsignedKbt(Draft);

impl KbtDraft<'_> {
    /// Encodes headers and claims.
    pub fn prepare(&self) -> UnsignedKbt {
        let mut protected = Encoder::new();
        protected.map(3).int(ALG).int(ESP256).int(KCWT).raw(self.sd_cwt).int(TYP).uint(KB_CWT);
        let mut claims = Encoder::new();
        let optional = [self.cnonce.is_some(), self.level.is_some(), self.stated.is_some()];
        claims.map(2 + optional.iter().filter(|there| **there).count());
        claims.int(cwt::AUD).text(self.audience).int(cwt::IAT).int(self.issued_at.as_unix());
        if let Some(cnonce) = self.cnonce {
            claims.int(cwt::CNONCE).bytes(cnonce);
        }
        if let Some(level) = self.level {
            claims.int(cwt::LEVEL).uint(u64::from(level));
        }
        if let Some(stated) = self.stated {
            claims.int(cwt::STATED).raw(stated.bytes());
        }
        UnsignedKbt(Draft::new(protected.finish(), vec![0xa0], claims.finish()))
    }
}

impl UnsignedKbt {
    /// The bytes that the device key signs.
    pub fn to_be_signed(&self) -> Vec<u8> {
        self.0.to_be_signed()
    }

    /// The token; a signature in its high form, as hardware may give it, is turned into the low one.
    pub fn assemble(&self, signature: &[u8; 64]) -> Vec<u8> {
        self.0.assemble(&normalize_s(signature))
    }
}

/// A parsed, unverified presentation.
#[derive(Clone, Debug)]
pub struct Kbt<'a> {
    token: Sign1<'a>,
    credential: SdCwt<'a>,
    claims: KbtClaims,
}

/// What the holder said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KbtClaims {
    /// For whom.
    pub audience: String,
    /// When.
    pub issued_at: Timestamp,
    /// The answer to the desk's screen.
    pub cnonce: Option<Vec<u8>>,
    /// The authentication level claimed, 1 to 4.
    pub level: Option<u8>,
    /// A provider's statement of the level, unverified.
    pub stated: Option<LevelStatement>,
}

impl<'a> Kbt<'a> {
    /// From the bytes of the token.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, KbtError> {
        let item = Item::parse(bytes, Profile::Deterministic)?;
        if !matches!(item.as_tag(), Ok((trust::cose::SIGN1_TAG, _))) {
            return Err(KbtError::WrongType);
        }
        let token = Sign1::from_item(item, Profile::Deterministic)?;
        if token.header(TYP).and_then(|typ| typ.as_uint().ok()) != Some(KB_CWT) {
            return Err(KbtError::WrongType);
        }
        if !matches!(token.algorithm(), Some(ES256 | ESP256)) {
            return Err(KbtError::WrongAlgorithm);
        }
        if let Some(surplus) = token.surplus_header(&[ALG, KCWT, TYP]) {
            return Err(KbtError::Claim(surplus));
        }
        let low = token.signature().try_into().is_ok_and(is_low_s);
        if !low || token.unprotected().raw() != [0xa0] {
            return Err(KbtError::NotCanonical);
        }
        let credential = SdCwt::from_item(token.header(KCWT).ok_or(KbtError::Claim(KCWT))?)?;
        let claims = KbtClaims::read(token.payload_item()?)?;
        Ok(Self { token, credential, claims })
    }

    /// The credential inside, unverified.
    pub const fn credential(&self) -> &SdCwt<'a> {
        &self.credential
    }

    /// What the holder said, unverified.
    pub const fn claims(&self) -> &KbtClaims {
        &self.claims
    }

    /// What was signed: its hash names this presentation in a seen-list, since a signature has two forms and headers
    /// can be padded.
    pub fn to_be_signed(&self) -> Vec<u8> {
        self.token.to_be_signed()
    }

    /// Checks the holder's signature with the key that the verified credential is bound to.
    pub fn verify(&self, holder: &PublicKey) -> Result<(), KbtError> {
        self.token.verify(holder).map_err(|_| KbtError::SignatureInvalid)
    }

    /// The credential, to be verified.
    pub fn into_credential(self) -> SdCwt<'a> {
        self.credential
    }
}

impl KbtClaims {
    fn read(payload: Item<'_>) -> Result<Self, KbtError> {
        let map = payload.as_map()?;
        let known = [cwt::AUD, cwt::IAT, cwt::CNONCE, cwt::LEVEL, cwt::STATED];
        if let Some(surplus) = map.surplus(&known) {
            return Err(KbtError::Claim(surplus));
        }
        let required = |label| map.get_int(label).ok_or(KbtError::Claim(label));
        let audience =
            required(cwt::AUD)?.as_text().ok().filter(|audience| (1..=64).contains(&audience.len()));
        let issued_at = required(cwt::IAT)?.as_int().map_err(|_| KbtError::Claim(cwt::IAT))?;
        let cnonce = map.get_int(cwt::CNONCE).map(|cnonce| {
            let cnonce = cnonce.as_bytes().ok().filter(|cnonce| (8..=64).contains(&cnonce.len()));
            cnonce.map(<[u8]>::to_vec).ok_or(KbtError::Claim(cwt::CNONCE))
        });
        let level = map.get_int(cwt::LEVEL).map(|level| {
            let level = level.as_uint().ok().and_then(|level| u8::try_from(level).ok());
            level.filter(|level| (1..=4).contains(level)).ok_or(KbtError::Claim(cwt::LEVEL))
        });
        let stated = map
            .get_int(cwt::STATED)
            .map(|stated| LevelStatement::from_item(stated).map_err(|_| KbtError::Claim(cwt::STATED)));
        Ok(Self {
            audience: audience.ok_or(KbtError::Claim(cwt::AUD))?.to_owned(),
            issued_at: Timestamp::from_unix(issued_at),
            cnonce: cnonce.transpose()?,
            level: level.transpose()?,
            stated: stated.transpose()?,
        })
    }
}

#[cfg(test)]
mod tests;
