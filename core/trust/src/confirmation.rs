//! Claim `cnf` with a COSE key on P-256 (RFC 8747, 3.2; RFC 9053, 7.1.1), in the one form that our tokens have:
//! `{1: {1: 2, -1: 1, -2: x, -3: sign}}`; or with the key's thumbprint alone (RFC 9679, 5.6): `{5: bstr .size 32}`.
use ring::digest::{SHA256, digest};

use crate::cbor::{Encoder, Item};
use crate::p256::PublicKey;

/// Member of `cnf` that holds a COSE key.
pub const COSE_KEY: i64 = 1;
/// Member of `cnf` that holds the SHA-256 thumbprint of a COSE key, `ckt`.
pub const THUMBPRINT: i64 = 5;
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

/// The SHA-256 thumbprint of a key (RFC 9679, 3 and 4.2): over its required parameters with both coordinates in full, whatever
/// form the key itself was sent in.
pub fn thumbprint(key: &PublicKey) -> [u8; 32] {
    let mut required = Encoder::new();
    required.map(4).int(KTY).int(EC2).int(CRV).int(P256).int(X).bytes(key.x()).int(Y).bytes(key.y());
    let mut out = [0; 32];
    out.iter_mut().zip(digest(&SHA256, &required.finish()).as_ref()).for_each(|(to, from)| *to = *from);
    out
}

/// Writes the claim's value with a thumbprint in place of the key.
pub fn write_thumbprint(out: &mut Encoder, thumbprint: &[u8; 32]) {
    out.map(1).int(THUMBPRINT).bytes(thumbprint);
}

/// Reads a thumbprint; `None` where the claim holds anything else, also beside one.
pub fn read_thumbprint(cnf: Item<'_>) -> Option<[u8; 32]> {
    let members = cnf.as_map().ok()?;
    if members.surplus(&[THUMBPRINT]).is_some() {
        return None;
    }
    members.get_int(THUMBPRINT)?.as_bytes().ok()?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cbor::Profile;

    /// RFC 9679, 6.
    #[test]
    fn the_thumbprint_is_that_of_the_standards_example() {
        let x = hex::decode("65eda5a12577c2bae829437fe338701a10aaa375e1bb5b5de108de439c08551d").unwrap();
        let y = hex::decode("1e52ed75701163f7f9e40ddf9f341b3dc9ba860af7e0ca7ca7e9eecd0084d19c").unwrap();
        let key = PublicKey::from_coordinates(&x, &y).unwrap();
        let told = "496bd8afadf307e5b08c64b0421bf9dc01528a344a43bda88fadd1669da253ec";
        assert_eq!(hex::encode(thumbprint(&key)), told);
        assert_eq!(thumbprint(&PublicKey::from_sign(&x, key.is_odd()).unwrap()), thumbprint(&key));
    }

    #[test]
    fn a_thumbprint_is_read_back_and_nothing_else_is_one() {
        let read = |bytes: &[u8]| read_thumbprint(Item::parse(bytes, Profile::Deterministic).unwrap());
        let mut right = Encoder::new();
        write_thumbprint(&mut right, &[7; 32]);
        assert_eq!(read(&right.finish()), Some([7; 32]));
        let mut short = Encoder::new();
        short.map(1).int(THUMBPRINT).bytes(&[7; 31]);
        assert_eq!(read(&short.finish()), None);
        let mut beside = Encoder::new();
        beside.map(2).int(THUMBPRINT).bytes(&[7; 32]).int(6).uint(1);
        assert_eq!(read(&beside.finish()), None);
        assert_eq!(read(&[0x05]), None);
    }
}
