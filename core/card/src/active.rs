//! Active Authentication (ICAO Doc 9303-11, 6.1), checked by whoever chose the challenge.
#[cfg(test)]
mod tests;

use crate::iso9796;
use crate::lds::security::{self, SecurityInfo};
use crate::signature::{Hash, PublicKey, Scheme, Verdict, verify};

/// A challenge and the chip's answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActiveExchange {
    /// RND.IFD: the eight octets that were sent.
    pub challenge: [u8; 8],
    /// What INTERNAL AUTHENTICATE answered.
    pub response: Vec<u8>,
}

/// Checks the answer against the key in EF.DG15; EF.DG14, where there is one, names the hash of an ECDSA answer.
pub fn verify_active_authentication(dg15: &[u8], dg14: Option<&[u8]>, exchange: &ActiveExchange) -> Verdict {
    let Ok(key) = security::dg15(dg15) else {
        return Verdict::Invalid;
    };
    match &key {
        PublicKey::Rsa(rsa) => rsa.rustcrypto().map_or(Verdict::Unsupported, |rsa| {
            iso9796::verify(&rsa, &exchange.challenge, &exchange.response).into()
        }),
        PublicKey::Ec(domain, _) => {
            let named = dg14.and_then(named_hash);
            let hash = named.unwrap_or(match domain.octets {
                0..=24 => Hash::Sha1,
                25..=28 => Hash::Sha224,
                29..=32 => Hash::Sha256,
                33..=48 => Hash::Sha384,
                _ => Hash::Sha512,
            });
            // TR-03111 plain is the standard's form; some chips answer with SEQUENCE { r, s }.
            let plain = exchange.response.len() == domain.octets * 2;
            let scheme = if plain { Scheme::PlainEcdsa(hash) } else { Scheme::Ecdsa(hash) };
            verify(scheme, &key, &exchange.challenge, &exchange.response)
        }
        PublicKey::Unsupported => Verdict::Unsupported,
    }
}

/// The hash that EF.DG14 names.
fn named_hash(dg14: &[u8]) -> Option<Hash> {
    security::dg14(dg14).ok()?.into_iter().find_map(|info| match info {
        SecurityInfo::ActiveAuthentication(hash) => hash,
        _ => None,
    })
}
