//! PACE with generic mapping over ECDH, the reader's mathematics (9303-11, 4.4.3).
use trust::random::Random;
use trust::secret::Secret;

use super::info::PaceOffer;
use super::key::AccessKey;
use crate::asn1::encode;
use crate::curve::{Curve, NotOnCurve, Point};
use crate::messaging::{SessionKeys, derive_key};

/// A key pair of one run.
#[derive(Debug)]
pub(crate) struct Ephemeral {
    private: Secret<Vec<u8>>,
    pub(crate) public: Vec<u8>,
}

impl Ephemeral {
    /// A fresh pair on a generator.
    pub(crate) fn generate(
        curve: &Curve,
        generator: &Point,
        random: &mut dyn Random,
    ) -> Result<Self, NotOnCurve> {
        let spare = curve.order_octets() * 8 - usize::try_from(curve.order_bits()).map_err(|_| NotOnCurve)?;
        // An attempt is out of range with a chance below one half.
        for _ in 0..128 {
            let mut octets = vec![0; curve.order_octets()];
            random.fill(&mut octets).map_err(|_| NotOnCurve)?;
            if let Some(first) = octets.first_mut() {
                *first &= 0xff >> spare;
            }
            if let Ok(private) = curve.scalar(&octets) {
                return Self::from_private(curve, generator, private);
            }
        }
        Err(NotOnCurve)
    }

    pub(crate) fn from_private(
        curve: &Curve,
        generator: &Point,
        private: Vec<u8>,
    ) -> Result<Self, NotOnCurve> {
        let public = curve.encode(&curve.multiply(generator, &private))?;
        Ok(Self { private: Secret::new(private), public })
    }

    /// The point that both sides compute. One's own key sent back is refused (9303-11, 4.4.1).
    pub(crate) fn agree(&self, curve: &Curve, other: &[u8]) -> Result<Point, NotOnCurve> {
        if other == self.public {
            return Err(NotOnCurve);
        }
        let other = curve.decode(other)?;
        Ok(curve.multiply(&other, self.private.expose()))
    }
}

/// The nonce that the chip encrypted under the password.
pub(crate) fn decrypt_nonce(offer: &PaceOffer, key: &AccessKey, encrypted: &[u8]) -> Option<Secret<Vec<u8>>> {
    let password = derive_key(offer.cipher, key.password().expose(), 3);
    let iv = vec![0; offer.cipher.block_octets()];
    offer.cipher.decrypt_blocks(password.expose(), &iv, encrypted).map(Secret::new)
}

/// `s * G + H`: the generator that only both holders of the password know (generic mapping, 4.4.3.3.1).
pub(crate) fn map_generator(curve: &Curve, nonce: &Secret<Vec<u8>>, shared: &Point) -> Point {
    curve.add(&curve.multiply(curve.generator(), nonce.expose()), shared)
}

/// The session keys of the shared point: its first coordinate is the secret.
pub(crate) fn session_keys(
    offer: &PaceOffer,
    curve: &Curve,
    shared: &Point,
) -> Result<SessionKeys, NotOnCurve> {
    let secret = shared_secret(curve, shared)?;
    Ok(SessionKeys::derive(offer.cipher, secret.expose()))
}

/// The first coordinate of a shared point.
pub(crate) fn shared_secret(curve: &Curve, shared: &Point) -> Result<Secret<Vec<u8>>, NotOnCurve> {
    let encoded = Secret::new(curve.encode(shared)?);
    let x = encoded.expose().get(1..=curve.domain().octets).ok_or(NotOnCurve)?;
    Ok(Secret::new(x.to_vec()))
}

/// What an authentication token is computed over: `7F49 { 06 oid, 86 public key of the other side }`.
pub(crate) fn token_input(oid: &[u8], public: &[u8]) -> Vec<u8> {
    encode(0x7f49, &[encode(0x06, oid), encode(0x86, public)].concat())
}

/// A token: the checksum of the input. For 3DES the input is padded as for secure messaging.
pub(crate) fn token(keys: &SessionKeys, input: &[u8]) -> [u8; 8] {
    if keys.cipher().block_octets() == 16 {
        return keys.checksum(input);
    }
    let mut padded = input.to_vec();
    padded.push(0x80);
    padded.resize(padded.len().next_multiple_of(8), 0);
    keys.checksum(&padded)
}
