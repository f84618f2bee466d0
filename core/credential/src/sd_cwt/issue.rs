//! The issuer's side.
use trust::cbor::Encoder;
use trust::confirmation;
use trust::cose::{ALG, Draft, ESP256, KID, TYP};
use trust::p256::PublicKey;
use trust::random::Random;
use trust::time::Timestamp;

use super::disclosure::REDACTED_KEYS;
use super::select::unprotected;
use super::{ALWAYS_OPEN, SD_CWT, SdCwtError};
use crate::claims::{Claims, StatusReference, Vct, cwt};
use crate::digest::sha256;

/// What of map 169 is redacted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Redaction {
    /// Nothing: the clinic profile, whose claims the issuer chose.
    None,
    /// Each claim by itself, so that the holder chooses; all but [`ALWAYS_OPEN`].
    EachClaim,
}

/// A credential to be signed by its issuer.
#[derive(Clone, Debug)]
pub struct SdCwtDraft {
    /// At most 8 characters.
    pub iss: String,
    /// Eight random characters.
    pub sub: String,
    /// At most 8 bytes.
    pub kid: Vec<u8>,
    /// The type.
    pub vct: Vct,
    /// When it is issued.
    pub iat: Timestamp,
    /// At most 14 days later.
    pub exp: Timestamp,
    /// The device key that it is bound to.
    pub cnf: PublicKey,
    /// Where its status will stand.
    pub status: StatusReference,
    /// What it says.
    pub claims: Claims,
    /// What of it the holder may keep back.
    pub redaction: Redaction,
}

/// A credential that waits for its issuer's signature.
#[derive(Clone, Debug)]
pub struct UnsignedSdCwt(Draft);

impl SdCwtDraft {
    /// Encodes the claims, salts and hashes what is redacted.
    pub fn prepare(&self, random: &mut dyn Random) -> Result<UnsignedSdCwt, SdCwtError> {
        self.fits_the_profile()?;
        let entries = self.claims.to_entries()?;
        let mut disclosures = Vec::new();
        let mut identity: Vec<(Vec<u8>, Vec<u8>)> = Vec::new();
        let mut hashes = Vec::new();
        for (key, value) in entries {
            let mut encoded_key = Encoder::new();
            encoded_key.int(key);
            if self.redaction == Redaction::None || ALWAYS_OPEN.contains(&key) {
                identity.push((encoded_key.finish(), value));
                continue;
            }
            let mut salt = [0; 16];
            random.fill(&mut salt).map_err(|_| SdCwtError::NoRandom)?;
            let mut content = Encoder::new();
            content.array(3).bytes(&salt).raw(&value).raw(&encoded_key.finish());
            let mut disclosure = Encoder::new();
            disclosure.bytes(&content.finish());
            let disclosure = disclosure.finish();
            hashes.push(sha256(&disclosure));
            disclosures.push(disclosure);
        }
        if !hashes.is_empty() {
            // In the order of the hashes, so that the order says nothing of the claims.
            hashes.sort_unstable();
            let (mut key, mut list) = (Encoder::new(), Encoder::new());
            key.simple(REDACTED_KEYS);
            list.array(hashes.len());
            for hash in &hashes {
                list.bytes(hash);
            }
            identity.push((key.finish(), list.finish()));
        }
        Ok(UnsignedSdCwt(Draft::new(self.protected(), unprotected(&disclosures), self.payload(identity))))
    }

    /// What [`super::SdCwt::parse`] would refuse is not signed in the first place.
    fn fits_the_profile(&self) -> Result<(), SdCwtError> {
        for (label, length, longest) in [
            (cwt::ISS, self.iss.len(), 8),
            (cwt::SUB, self.sub.len(), 8),
            (KID, self.kid.len(), 8),
            (cwt::STATUS, self.status.uri.len(), 255),
        ] {
            if length == 0 || length > longest {
                return Err(SdCwtError::Claim(label));
            }
        }
        if self.iat >= self.exp || self.exp.seconds_since(self.iat) > super::LONGEST_LIFE {
            return Err(SdCwtError::Times);
        }
        Ok(())
    }

    fn protected(&self) -> Vec<u8> {
        let mut out = Encoder::new();
        out.map(3).int(ALG).int(ESP256).int(KID).bytes(&self.kid).int(TYP).uint(SD_CWT);
        out.finish()
    }

    fn payload(&self, identity: Vec<(Vec<u8>, Vec<u8>)>) -> Vec<u8> {
        let mut out = Encoder::new();
        out.map(8);
        out.int(cwt::ISS).text(&self.iss);
        out.int(cwt::SUB).text(&self.sub);
        out.int(cwt::EXP).int(self.exp.as_unix());
        out.int(cwt::IAT).int(self.iat.as_unix());
        out.int(cwt::CNF);
        confirmation::write(&mut out, &self.cnf);
        out.int(cwt::VCT).uint(self.vct.number());
        out.int(cwt::IDENTITY).sorted_map(identity);
        out.int(cwt::STATUS).map(1).text("status_list").map(2);
        out.text("idx").uint(self.status.index).text("uri").text(&self.status.uri);
        out.finish()
    }
}

impl UnsignedSdCwt {
    /// The bytes that the issuer signs.
    pub fn to_be_signed(&self) -> Vec<u8> {
        self.0.to_be_signed()
    }

    /// The token with its signature and all its disclosures.
    pub fn assemble(&self, signature: &[u8; 64]) -> Vec<u8> {
        self.0.assemble(signature)
    }
}
