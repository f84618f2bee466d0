//! Certificate revocation lists (RFC 5280, 5; ICAO Doc 9303-12, 7.2).
use trust::random::Random;
use trust::time::Timestamp;

use super::FactoryError;
use super::certificate::{AUTHORITY_KEY, key_identifier};
use super::encoding::{bit_string, context, integer, octet_string, oid, sequence, time};
use super::signer::Signer;
use crate::chip::objects::encode;

/// cRLNumber.
const NUMBER: [u8; 3] = [0x55, 0x1d, 0x14];
/// How long a list holds, in seconds: a country issues one at least every 90 days.
const LIFE: i64 = 90 * 86_400;

/// A list with at most one certificate on it, by its serial number and since when.
pub(super) fn sign(
    authority: &Signer,
    issuer: &[u8],
    revoked: Option<(&[u8], Timestamp)>,
    now: Timestamp,
    random: &mut dyn Random,
) -> Result<Vec<u8>, FactoryError> {
    let algorithm = authority.algorithm()?;
    let extension = |id: &[u8], value: Vec<u8>| sequence(&[oid(id), octet_string(&value)]);
    let key = sequence(&[encode(0x80, &key_identifier(authority))]);
    let extensions = [
        extension(&AUTHORITY_KEY, key),
        extension(&NUMBER, integer(&now.as_unix().unsigned_abs().to_be_bytes())),
    ];
    let entries = match revoked {
        Some((serial, since)) => sequence(&[sequence(&[integer(serial), time(since)?])]),
        // A list without entries leaves the field out (RFC 5280, 5.1.2.6).
        None => Vec::new(),
    };
    let body = sequence(&[
        integer(&[1]),
        algorithm.clone(),
        issuer.to_vec(),
        time(now)?,
        time(now.plus_seconds(LIFE))?,
        entries,
        context(0, &[sequence(&extensions)]),
    ]);
    let signature = bit_string(&authority.sign(&body, random)?);
    Ok(sequence(&[body, algorithm, signature]))
}
