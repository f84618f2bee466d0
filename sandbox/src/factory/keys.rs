//! Keys as cards and certificates write them down: SubjectPublicKeyInfo and PKCS#8.
use card::curve::{Curve, Domain};
use rsa::rand_core::{TryCryptoRng, TryRng};
use trust::random::{Random, RandomError};

use super::FactoryError;
use super::encoding::{bit_string, context, integer, octet_string, oid, sequence};
use crate::chip::modp::ModpKey;

/// id-ecPublicKey.
const EC_PUBLIC_KEY: [u8; 7] = [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01];
/// prime-field.
const PRIME_FIELD: [u8; 7] = [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x01, 0x01];

/// A private key on a curve.
pub(super) struct EcKey {
    pub(super) curve: Curve,
    pub(super) scalar: Vec<u8>,
    /// The uncompressed point.
    pub(super) public: Vec<u8>,
}

impl EcKey {
    /// A new key.
    pub(super) fn generate(domain: &'static Domain, random: &mut dyn Random) -> Result<Self, FactoryError> {
        let curve = Curve::new(domain).map_err(|_| FactoryError::Key)?;
        let scalar = crate::chip::generate_scalar(&curve, random).ok_or(FactoryError::Key)?;
        Self::with_scalar(curve, scalar)
    }

    /// Reads a key that [`Self::pkcs8`] wrote.
    pub(super) fn from_pkcs8(domain: &'static Domain, document: &[u8]) -> Result<Self, FactoryError> {
        let curve = Curve::new(domain).map_err(|_| FactoryError::Key)?;
        let scalar = crate::chip::scalar_of_pkcs8(domain, document).ok_or(FactoryError::Key)?;
        Self::with_scalar(curve, scalar)
    }

    fn with_scalar(curve: Curve, scalar: Vec<u8>) -> Result<Self, FactoryError> {
        let public = curve.encode(&curve.multiply(curve.generator(), &scalar));
        Ok(Self { public: public.map_err(|_| FactoryError::Key)?, curve, scalar })
    }

    /// SubjectPublicKeyInfo, the curve by its name or by all its parameters (RFC 3279, 2.3.5).
    pub(super) fn public_key_info(&self, explicit: bool) -> Result<Vec<u8>, FactoryError> {
        let domain = self.curve.domain();
        let parameters = if explicit { parameters(domain)? } else { oid(domain.oid) };
        Ok(sequence(&[sequence(&[oid(&EC_PUBLIC_KEY), parameters]), bit_string(&self.public)]))
    }

    /// PKCS#8 around an RFC 5915 key on a named curve.
    pub(super) fn pkcs8(&self) -> Vec<u8> {
        let public = context(1, &[bit_string(&self.public)]);
        let key = sequence(&[integer(&[1]), octet_string(&self.scalar), public]);
        sequence(&[
            integer(&[0]),
            sequence(&[oid(&EC_PUBLIC_KEY), oid(self.curve.domain().oid)]),
            octet_string(&key),
        ])
    }
}

/// dhpublicnumber.
const DH_PUBLIC_NUMBER: [u8; 7] = [0x2a, 0x86, 0x48, 0xce, 0x3e, 0x02, 0x01];

/// A private key in a subgroup of a prime field (X9.42).
pub(super) struct DhKey(ModpKey);

impl DhKey {
    /// A new key with the standardised parameters of that number, 0 to 2.
    pub(super) fn generate(id: u8, random: &mut dyn Random) -> Result<Self, FactoryError> {
        ModpKey::generate(id, random).map(Self).map_err(|_| FactoryError::Key)
    }

    fn algorithm(&self) -> Vec<u8> {
        let numbers: Vec<_> = self.0.numbers.iter().map(|number| integer(number)).collect();
        sequence(&[oid(&DH_PUBLIC_NUMBER), sequence(&numbers)])
    }

    /// SubjectPublicKeyInfo (RFC 3279, 2.3.3).
    pub(super) fn public_key_info(&self) -> Vec<u8> {
        sequence(&[self.algorithm(), bit_string(&integer(&self.0.public))])
    }

    /// PKCS#8.
    pub(super) fn pkcs8(&self) -> Vec<u8> {
        sequence(&[integer(&[0]), self.algorithm(), octet_string(&integer(&self.0.exponent))])
    }
}

fn parameters(domain: &Domain) -> Result<Vec<u8>, FactoryError> {
    let octets = |text: &str| hex::decode(text).map_err(|_| FactoryError::Key);
    let generator = [vec![4], octets(domain.x)?, octets(domain.y)?].concat();
    Ok(sequence(&[
        integer(&[1]),
        sequence(&[oid(&PRIME_FIELD), integer(&octets(domain.p)?)]),
        sequence(&[octet_string(&octets(domain.a)?), octet_string(&octets(domain.b)?)]),
        octet_string(&generator),
        integer(&octets(domain.n)?),
        integer(&[1]),
    ]))
}

/// Randomness in the form that the `rsa` crate takes.
pub(super) struct RsaRandom<'a>(pub(super) &'a mut dyn Random);

impl TryRng for RsaRandom<'_> {
    type Error = RandomError;

    fn try_next_u32(&mut self) -> Result<u32, RandomError> {
        let mut octets = [0; 4];
        self.0.fill(&mut octets)?;
        Ok(u32::from_le_bytes(octets))
    }

    fn try_next_u64(&mut self) -> Result<u64, RandomError> {
        let mut octets = [0; 8];
        self.0.fill(&mut octets)?;
        Ok(u64::from_le_bytes(octets))
    }

    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), RandomError> {
        self.0.fill(out)
    }
}

impl TryCryptoRng for RsaRandom<'_> {}
