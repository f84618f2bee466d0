//! A provider's statement of the authentication level that a person just reached before it, for one credential's key. The phone
//! puts it into the key-binding token, so that a desk without a network need not take the phone's word for level 4.
//!
//! ```cddl
//! level-statement = #6.18([ bstr .cbor { 1: -7 / -9, 4: bstr .size (1..8), 16: 65005 }, {}, bstr .cbor statement,
//!                           bstr .size 64 ])
//! statement = { 1: tstr .size (1..8), 4: int, 6: int, 8: { 5: bstr .size 32 }, -65537: 1..4 }
//! ```
//! Labels are those of [`credential::claims::cwt`]; 8 holds the thumbprint of the credential's key (RFC 9679), 4 is at most
//! [`LONGEST_LIFE`] seconds after 6.
use credential::claims::cwt;
use trust::anchors::Trust;
use trust::cbor::{self, Encoder, Item, Profile};
use trust::confirmation;
use trust::cose::{ALG, Draft, ES256, ESP256, KID, SIGN1_TAG, Sign1, TYP};
use trust::p256::PublicKey;
use trust::time::Timestamp;

/// The entry among an issuer's `vcts` in the trust list that lets it state authentication levels, and nothing else.
pub const LEVEL_AUTHORITY: &str = "urn:vn:level-statement:1";
/// A statement lives for so many seconds at most.
pub const LONGEST_LIFE: i64 = 300;
/// How far the provider's clock and the desk's may disagree, in seconds.
pub const SKEW: i64 = 60;
/// `typ` of a statement: the experimental range of CoAP content formats (RFC 7252, 12.3).
const LEVEL_STATEMENT: u64 = 65_005;

/// Why a statement is not believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LevelStatementError {
    /// Malformed CBOR or COSE.
    #[error("malformed: {0}")]
    Malformed(#[from] cbor::Error),
    /// Another kind of token, or one without its tag.
    #[error("not a level statement")]
    WrongType,
    /// `alg` is neither ES256 nor ESP256.
    #[error("algorithm not supported")]
    WrongAlgorithm,
    /// A header or claim is missing, surplus or of the wrong kind.
    #[error("claim {0} is missing, surplus or of the wrong kind")]
    Claim(i64),
    /// Nobody who may state levels, as far as the trust list knows, or not at that time.
    #[error("who stated this level is not known")]
    UnknownSigner,
    /// The trust list withdraws the signer.
    #[error("who stated this level was withdrawn")]
    SignerWithdrawn,
    /// The signature is wrong.
    #[error("the statement's signature is wrong")]
    SignatureInvalid,
    /// It is about the key of another credential.
    #[error("the statement is about another key")]
    OtherKey,
    /// It lies in the future.
    #[error("the statement is not valid yet")]
    NotYetValid,
    /// Its time is over: it says nothing any more.
    #[error("the statement is too old")]
    Old,
}

/// A statement to be signed by the provider.
#[derive(Clone, Debug)]
pub struct LevelStatementDraft<'a> {
    /// The provider, as the trust list names it: 1 to 8 bytes.
    pub iss: &'a str,
    /// The provider's key: 1 to 8 bytes.
    pub kid: &'a [u8],
    /// The key that the credential is bound to.
    pub key: &'a PublicKey,
    /// The level reached, 1 to 4.
    pub level: u8,
    /// Now.
    pub issued_at: Timestamp,
    /// At most [`LONGEST_LIFE`] seconds later.
    pub expires_at: Timestamp,
}

impl LevelStatementDraft<'_> {
    /// The token that waits for the provider's signature.
    ///
    /// # Errors
    /// [`LevelStatementError::Claim`] for what no desk would take.
    pub fn prepare(&self) -> Result<Draft, LevelStatementError> {
        let wrong = [
            (KID, !is_name(self.kid)),
            (cwt::ISS, !is_name(self.iss.as_bytes())),
            (cwt::EXP, !is_life(self.issued_at, self.expires_at)),
            (cwt::LEVEL, !is_level(u64::from(self.level))),
        ];
        if let Some((label, _)) = wrong.into_iter().find(|(_, is_wrong)| *is_wrong) {
            return Err(LevelStatementError::Claim(label));
        }
        let mut protected = Encoder::new();
        protected.map(3).int(ALG).int(ES256).int(KID).bytes(self.kid).int(TYP).uint(LEVEL_STATEMENT);
        let mut claims = Encoder::new();
        claims.map(5).int(cwt::ISS).text(self.iss).int(cwt::EXP).int(self.expires_at.as_unix());
        claims.int(cwt::IAT).int(self.issued_at.as_unix()).int(cwt::CNF);
        confirmation::write_thumbprint(&mut claims, &confirmation::thumbprint(self.key));
        claims.int(cwt::LEVEL).uint(u64::from(self.level));
        Ok(Draft::new(protected.finish(), vec![0xa0], claims.finish()))
    }
}

/// A parsed, unverified statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LevelStatement {
    bytes: Vec<u8>,
    iss: String,
    kid: Vec<u8>,
    key: [u8; 32],
    level: u8,
    issued_at: Timestamp,
    expires_at: Timestamp,
}

impl LevelStatement {
    /// From the bytes of the token.
    pub fn parse(bytes: &[u8]) -> Result<Self, LevelStatementError> {
        Self::from_item(Item::parse(bytes, Profile::Deterministic)?)
    }

    /// From an item of bytes scanned before.
    pub fn from_item(item: Item<'_>) -> Result<Self, LevelStatementError> {
        let claim = LevelStatementError::Claim;
        let token = token(item)?;
        let kid = token.header(KID).and_then(|kid| kid.as_bytes().ok());
        let kid = kid.filter(|kid| is_name(kid)).ok_or(claim(KID))?;
        let claims = token.payload_item()?.as_map()?;
        if let Some(surplus) = claims.surplus(&[cwt::ISS, cwt::EXP, cwt::IAT, cwt::CNF, cwt::LEVEL]) {
            return Err(claim(surplus));
        }
        let find = |label| claims.get_int(label).ok_or(claim(label));
        let time = |label| find(label)?.as_int().map(Timestamp::from_unix).map_err(|_| claim(label));
        let iss = find(cwt::ISS)?.as_text().ok().filter(|iss| is_name(iss.as_bytes()));
        let level = find(cwt::LEVEL)?.as_uint().ok().filter(|level| is_level(*level));
        let (issued_at, expires_at) = (time(cwt::IAT)?, time(cwt::EXP)?);
        if !is_life(issued_at, expires_at) {
            return Err(claim(cwt::EXP));
        }
        Ok(Self {
            bytes: item.raw().to_vec(),
            iss: iss.ok_or(claim(cwt::ISS))?.to_owned(),
            kid: kid.to_vec(),
            key: confirmation::read_thumbprint(find(cwt::CNF)?).ok_or(claim(cwt::CNF))?,
            level: level.and_then(|level| u8::try_from(level).ok()).ok_or(claim(cwt::LEVEL))?,
            issued_at,
            expires_at,
        })
    }

    /// The token as received.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// When the provider says that the level was reached.
    pub const fn issued_at(&self) -> Timestamp {
        self.issued_at
    }

    /// When it says nothing any more.
    pub const fn expires_at(&self) -> Timestamp {
        self.expires_at
    }

    /// The level, where everything about the statement holds at this time: who signed it, whom it is about, and when.
    ///
    /// # Errors
    /// [`LevelStatementError::Old`] is for a statement with which nothing else is wrong.
    pub fn verify(&self, trust: &Trust, key: &PublicKey, now: Timestamp) -> Result<u8, LevelStatementError> {
        let signer = trust.issuer(&self.iss, &self.kid).ok_or(LevelStatementError::UnknownSigner)?;
        if signer.revoked {
            return Err(LevelStatementError::SignerWithdrawn);
        }
        if !signer.may_issue(LEVEL_AUTHORITY, self.issued_at) {
            return Err(LevelStatementError::UnknownSigner);
        }
        let token = token(Item::parse(&self.bytes, Profile::Deterministic)?)?;
        token.verify(&signer.key).map_err(|_| LevelStatementError::SignatureInvalid)?;
        if self.key != confirmation::thumbprint(key) {
            return Err(LevelStatementError::OtherKey);
        }
        if now.plus_seconds(SKEW) < self.issued_at {
            return Err(LevelStatementError::NotYetValid);
        }
        if now.minus_seconds(SKEW) >= self.expires_at {
            return Err(LevelStatementError::Old);
        }
        Ok(self.level)
    }
}

/// The token of this type, tagged, with the headers that it has and no others.
fn token(item: Item<'_>) -> Result<Sign1<'_>, LevelStatementError> {
    if !matches!(item.as_tag(), Ok((SIGN1_TAG, _))) {
        return Err(LevelStatementError::WrongType);
    }
    let token = Sign1::from_item(item, Profile::Deterministic)?;
    if token.header(TYP).and_then(|typ| typ.as_uint().ok()) != Some(LEVEL_STATEMENT) {
        return Err(LevelStatementError::WrongType);
    }
    if !matches!(token.algorithm(), Some(ES256 | ESP256)) {
        return Err(LevelStatementError::WrongAlgorithm);
    }
    let unprotected = token.unprotected().as_map()?.surplus(&[]);
    match unprotected.or_else(|| token.surplus_header(&[ALG, KID, TYP])) {
        Some(surplus) => Err(LevelStatementError::Claim(surplus)),
        None => Ok(token),
    }
}

fn is_name(bytes: &[u8]) -> bool {
    (1..=8).contains(&bytes.len())
}

fn is_level(level: u64) -> bool {
    (1..=4).contains(&level)
}

fn is_life(issued_at: Timestamp, expires_at: Timestamp) -> bool {
    (1..=LONGEST_LIFE).contains(&expires_at.seconds_since(issued_at))
}

#[cfg(test)]
mod tests;
