//! Issuers of codes that others designed: believed for what they are, never as proof of who holds them.
use ring::signature::{ED25519, RSA_PSS_2048_8192_SHA256, UnparsedPublicKey};
use serde::{Deserialize, Serialize};

use crate::anchors::TrustError;
use crate::cose::{ALG, ES256, ESP256, Sign1};
use crate::p256::{PublicKey, SignatureInvalid};

/// `EdDSA`, `alg` -8.
const EDDSA: i64 = -8;
/// Ed25519 fully specified (RFC 9864), `alg` -19.
const ED25519_ONLY: i64 = -19;
/// RSASSA-PSS with SHA-256, `alg` -37.
const PS256: i64 = -37;

/// A key of such an issuer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ForeignKey {
    /// ES256.
    P256(PublicKey),
    /// Ed25519: 32 bytes.
    Ed25519([u8; 32]),
    /// PS256: a DER `RSAPublicKey` (RFC 8017, A.1.1) of 2048 to 8192 bits.
    RsaPss(Vec<u8>),
}

/// Such an issuer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ForeignIssuer {
    /// The stable code of the format it signs: `claim-169`, `eu-dcc`.
    pub format: String,
    /// Header `kid` of its codes; empty where they carry none.
    pub kid: Vec<u8>,
    /// Its key.
    pub key: ForeignKey,
    /// Its name, for people.
    pub name: String,
    /// What it may certify, in the format's own words; empty for everything.
    pub uses: Vec<String>,
}

impl ForeignKey {
    /// Checks the signature of a token whose `alg` belongs to this kind of key. The key decides; some issuers leave `alg`
    /// unsigned.
    pub fn verify(&self, token: &Sign1<'_>) -> Result<(), SignatureInvalid> {
        let message = token.to_be_signed();
        let unsigned = || token.unprotected().as_map().ok()?.get_int(ALG)?.as_int().ok();
        let checked = match (self, token.algorithm().or_else(unsigned)) {
            (Self::P256(key), Some(ES256 | ESP256)) => {
                let signature = token.signature().try_into().map_err(|_| SignatureInvalid)?;
                return key.verify(&message, signature);
            }
            (Self::Ed25519(key), Some(EDDSA | ED25519_ONLY)) => {
                UnparsedPublicKey::new(&ED25519, key).verify(&message, token.signature())
            }
            (Self::RsaPss(key), Some(PS256)) => {
                UnparsedPublicKey::new(&RSA_PSS_2048_8192_SHA256, key).verify(&message, token.signature())
            }
            _ => return Err(SignatureInvalid),
        };
        checked.map_err(|_| SignatureInvalid)
    }
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ForeignRecord {
    format: String,
    #[serde(with = "serde_bytes")]
    kid: Vec<u8>,
    alg: i64,
    #[serde(with = "serde_bytes")]
    key: Vec<u8>,
    name: String,
    uses: Vec<String>,
}

impl From<&ForeignIssuer> for ForeignRecord {
    fn from(issuer: &ForeignIssuer) -> Self {
        let (alg, key) = match &issuer.key {
            ForeignKey::P256(key) => (ES256, key.compressed().to_vec()),
            ForeignKey::Ed25519(key) => (EDDSA, key.to_vec()),
            ForeignKey::RsaPss(key) => (PS256, key.clone()),
        };
        Self {
            format: issuer.format.clone(),
            kid: issuer.kid.clone(),
            alg,
            key,
            name: issuer.name.clone(),
            uses: issuer.uses.clone(),
        }
    }
}

impl TryFrom<ForeignRecord> for ForeignIssuer {
    type Error = TrustError;

    fn try_from(record: ForeignRecord) -> Result<Self, TrustError> {
        let key = match record.alg {
            ES256 => {
                ForeignKey::P256(PublicKey::from_compressed(&record.key).map_err(|_| TrustError::BadKey)?)
            }
            EDDSA => ForeignKey::Ed25519(record.key.try_into().map_err(|_| TrustError::BadKey)?),
            PS256 => ForeignKey::RsaPss(record.key),
            _ => return Err(TrustError::BadKey),
        };
        Ok(Self { format: record.format, kid: record.kid, key, name: record.name, uses: record.uses })
    }
}
