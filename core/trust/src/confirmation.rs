//! Claim `cnf` with a COSE key on P-256 (RFC 8747, 3.2; RFC 9053, 7.1.1), in the one form that our tokens have:
//! `{1: {1: 2, -1: 1, -2: x, -3: sign}}`.
use crate::cbor::{Encoder, Item};
use crate::p256::PublicKey;

/// Member of `cnf` that holds a COSE key.
pub const COSE_KEY: i64 = 1;
/// Key type, a parameter of a key.
pub const KTY: i64 = 1;
/// An elliptic-curve key with two coordinates, a key type.
pub const EC2: i64 = 2;
/// Curve, a parameter of an EC2 key.
pub const CRV: i64 = -1;
/// P-256, a curve.
pub const P256: i64 = 1;
/// First coordinate, a parameter of an EC2 key.
pub const X: i64 = -2;
/// Second coordinate or its sign, a parameter of an EC2 key.
pub const Y: i64 = -3;

/// Writes the claim's value.
pub fn write(out: &mut Encoder, key: &PublicKey) {
    out.map(1).int(COSE_KEY).map(4).int(KTY).int(EC2).int(CRV).int(P256);
    out.int(X).bytes(key.x()).int(Y).bool(key.is_odd());
}

/// Reads the claim's value; `None` where it is no such key.
pub fn read(cnf: Item<'_>) -> Option<PublicKey> {
    let key = cnf.as_map().ok()?.get_int(COSE_KEY)?.as_map().ok()?;
    if key.get_int(KTY)?.as_int() != Ok(EC2) || key.get_int(CRV)?.as_int() != Ok(P256) {
        return None;
    }
    PublicKey::from_sign(key.get_int(X)?.as_bytes().ok()?, key.get_int(Y)?.as_bool().ok()?).ok()
}
