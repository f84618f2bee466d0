//! SD-CWT (draft-ietf-spice-sd-cwt -09 code points): the issuer's draft, the holder's selection, the verifier's check.
//!
//! ```cddl
//! sd-cwt = #6.18([ bstr .cbor { 1: -7 / -9, 4: bstr, 16: 293 }, { ? 17: [+ bstr] }, bstr .cbor claims, bstr .size 64 ])
//! ```
//! Our own tokens are read in the deterministic profile; [`open`] reads those of others.
mod disclosure;
mod issue;
mod select;
#[cfg(test)]
mod tests;

pub use disclosure::open;
pub use issue::{Redaction, SdCwtDraft, UnsignedSdCwt};
pub use select::{redactable, select};

use trust::cbor::{self, Item, Profile};
use trust::confirmation::{COSE_KEY, CRV, EC2, KTY, P256, X, Y};
use trust::cose::{ALG, ES256, ESP256, KID, Sign1, TYP};
use trust::p256::PublicKey;
use trust::time::Timestamp;

use crate::claims::{ClaimForm, ClaimValue, Claims, StatusReference, Vct, cwt, key};

/// `typ` of an SD-CWT, 293.
pub const SD_CWT: u64 = 293;
/// Unprotected header with the disclosures.
pub(crate) const SD_CLAIMS: i64 = 17;
/// Protected header with the hash algorithm of the disclosures.
pub(crate) const SD_ALG: i64 = 170;
/// SHA-256 as a COSE algorithm, the default of [`SD_ALG`].
const SHA_256: i64 = -16;
/// Keys of map 169 that no issuer lets a holder keep back: without its policy a key would pass for one that nobody attested, and
/// without the guardian's number the guardian for the ward.
pub const ALWAYS_OPEN: [i64; 2] = [key::LEVEL_POLICY, key::GUARDIAN];
/// The longest life of a credential, in seconds: 14 days.
pub const LONGEST_LIFE: i64 = 14 * 24 * 3600;

/// Why a token is no credential of ours, or none at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SdCwtError {
    /// Malformed CBOR or COSE.
    #[error("malformed: {0}")]
    Malformed(#[from] cbor::Error),
    /// `typ` is not 293.
    #[error("not an SD-CWT")]
    WrongType,
    /// `alg` is neither ES256 nor ESP256, or the disclosures' hash is not SHA-256.
    #[error("algorithm not supported")]
    WrongAlgorithm,
    /// A header or claim that must be there is not, or one that may not be there is.
    #[error("header or claim {0} is missing, surplus or of the wrong kind")]
    Claim(i64),
    /// A claim of map 169 does not have the form of the table.
    #[error(transparent)]
    Form(#[from] ClaimForm),
    /// The disclosures do not fit the redactions (disclosure without hash, key that exists already or always stands open, empty
    /// list, ...).
    #[error("the disclosures do not fit")]
    Disclosure,
    /// `iat` is not before `exp`, or the life is longer than [`LONGEST_LIFE`].
    #[error("the token's times do not fit")]
    Times,
    /// The signature is wrong.
    #[error("the issuer's signature is wrong")]
    SignatureInvalid,
    /// No random salts.
    #[error("no random bytes")]
    NoRandom,
}

/// A parsed, unverified SD-CWT of ours.
#[derive(Clone, Debug)]
pub struct SdCwt<'a> {
    token: Sign1<'a>,
    kid: &'a [u8],
    content: Content,
}

#[derive(Clone, Debug)]
struct Content {
    iss: String,
    sub: String,
    vct: Vct,
    iat: Timestamp,
    exp: Timestamp,
    cnf: PublicKey,
    status: StatusReference,
    claims: Claims,
}

impl<'a> SdCwt<'a> {
    /// From the bytes of the token.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, SdCwtError> {
        Self::from_item(Item::parse(bytes, Profile::Deterministic)?)
    }

    /// From the item of a key-binding token's `kcwt` header, which was scanned with it.
    pub fn from_item(item: Item<'a>) -> Result<Self, SdCwtError> {
        if !matches!(item.as_tag(), Ok((trust::cose::SIGN1_TAG, _))) {
            return Err(SdCwtError::WrongType);
        }
        let token = Sign1::from_item(item, Profile::Deterministic)?;
        if token.header(TYP).and_then(|typ| typ.as_uint().ok()) != Some(SD_CWT) {
            return Err(SdCwtError::WrongType);
        }
        if !matches!(token.algorithm(), Some(ES256 | ESP256)) || hash_is_not_sha_256(&token) {
            return Err(SdCwtError::WrongAlgorithm);
        }
        // A later version of this profile gets new numbers, never a header that an older reader passes over.
        if let Some(surplus) = token.surplus_header(&[ALG, KID, TYP, SD_ALG]) {
            return Err(SdCwtError::Claim(surplus));
        }
        let kid =
            token.header(KID).and_then(|kid| kid.as_bytes().ok()).filter(|kid| (1..=8).contains(&kid.len()));
        let kid = kid.ok_or(SdCwtError::Claim(KID))?;
        let claims = disclosure::disclose(&token)?;
        Ok(Self { token, kid, content: Content::read(&claims)? })
    }

    /// Claim `iss`, unverified: to find the key by.
    pub fn issuer(&self) -> &str {
        &self.content.iss
    }

    /// Header `kid`, unverified: to find the key by.
    pub const fn key_id(&self) -> &'a [u8] {
        self.kid
    }

    /// Checks the issuer's signature.
    pub fn verify(self, issuer: &PublicKey) -> Result<VerifiedSdCwt, SdCwtError> {
        self.token.verify(issuer).map_err(|_| SdCwtError::SignatureInvalid)?;
        Ok(VerifiedSdCwt(self.content))
    }
}

fn hash_is_not_sha_256(token: &Sign1<'_>) -> bool {
    token.header(SD_ALG).is_some_and(|hash| hash.as_int() != Ok(SHA_256))
}

impl Content {
    fn read(claims: &ClaimValue<'_>) -> Result<Self, SdCwtError> {
        let claim = |label: i64| claims.get(label).ok_or(SdCwtError::Claim(label));
        let text = |label, longest| {
            let text = claim(label)?.as_text().filter(|text| (1..=longest).contains(&text.len()));
            text.map(str::to_owned).ok_or(SdCwtError::Claim(label))
        };
        let time = |label| claim(label)?.as_int().map(Timestamp::from_unix).ok_or(SdCwtError::Claim(label));
        let (iat, exp) = (time(cwt::IAT)?, time(cwt::EXP)?);
        if iat >= exp || exp.seconds_since(iat) > LONGEST_LIFE {
            return Err(SdCwtError::Times);
        }
        let known = [cwt::ISS, cwt::SUB, cwt::EXP, cwt::IAT, cwt::CNF, cwt::VCT, cwt::IDENTITY, cwt::STATUS];
        for (key, _) in claims.entries().unwrap_or_default() {
            match key {
                crate::claims::ClaimKey::Int(key) if known.contains(key) => {}
                crate::claims::ClaimKey::Int(key) => return Err(SdCwtError::Claim(*key)),
                crate::claims::ClaimKey::Text(_) => return Err(SdCwtError::Claim(0)),
            }
        }
        let vct = claim(cwt::VCT)?.as_uint().and_then(Vct::from_number).ok_or(SdCwtError::Claim(cwt::VCT))?;
        let identity = claim(cwt::IDENTITY)?.entries().ok_or(SdCwtError::Claim(cwt::IDENTITY))?;
        Ok(Self {
            iss: text(cwt::ISS, 8)?,
            sub: text(cwt::SUB, 8)?,
            vct,
            iat,
            exp,
            cnf: confirmation_key(claim(cwt::CNF)?).ok_or(SdCwtError::Claim(cwt::CNF))?,
            status: status(claim(cwt::STATUS)?).ok_or(SdCwtError::Claim(cwt::STATUS))?,
            claims: Claims::from_map(identity)?,
        })
    }
}

/// `cnf` with an EC2 key on P-256 whose `y` is a sign (RFC 9053, 7.1.1) or a coordinate.
fn confirmation_key(cnf: &ClaimValue<'_>) -> Option<PublicKey> {
    let key = cnf.get(COSE_KEY)?;
    if key.get(KTY)?.as_int()? != EC2 || key.get(CRV)?.as_int()? != P256 {
        return None;
    }
    let x = key.get(X)?.as_bytes()?;
    match key.get(Y)? {
        ClaimValue::Bool(sign) => PublicKey::from_sign(x, *sign).ok(),
        ClaimValue::Bytes(y) => PublicKey::from_coordinates(x, y).ok(),
        _ => None,
    }
}

fn status(status: &ClaimValue<'_>) -> Option<StatusReference> {
    let list = status.get_text("status_list")?;
    let uri = list.get_text("uri")?.as_text().filter(|uri| !uri.is_empty() && uri.len() <= 255)?;
    Some(StatusReference { uri: uri.to_owned(), index: list.get_text("idx")?.as_uint()? })
}

/// A credential that its issuer signed: built by [`SdCwt::verify`] alone. Whether the issuer is believed, the times
/// hold and the status is good is for the caller to check.
#[derive(Clone, Debug)]
pub struct VerifiedSdCwt(Content);

impl VerifiedSdCwt {
    /// Who issued it.
    pub fn issuer(&self) -> &str {
        &self.0.iss
    }

    /// The credential's own random name.
    pub fn subject(&self) -> &str {
        &self.0.sub
    }

    /// Its type.
    pub const fn vct(&self) -> Vct {
        self.0.vct
    }

    /// When it was issued.
    pub const fn issued_at(&self) -> Timestamp {
        self.0.iat
    }

    /// When its time is over.
    pub const fn expires(&self) -> Timestamp {
        self.0.exp
    }

    /// The device key that it is bound to.
    pub const fn holder_key(&self) -> &PublicKey {
        &self.0.cnf
    }

    /// Where its status stands.
    pub const fn status(&self) -> &StatusReference {
        &self.0.status
    }

    /// The disclosed claims of map 169.
    pub const fn claims(&self) -> &Claims {
        &self.0.claims
    }
}
