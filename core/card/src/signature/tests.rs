use super::key::known_domain;
use super::*;
use crate::asn1::{Element, encode};
use crate::curve::{DOMAINS, Domain, P256};
use crate::test_authority::{oid, sequence};

fn octets(hex: &str) -> Vec<u8> {
    hex::decode(hex).unwrap()
}

/// ECParameters as certificates carry them, in parts that a test may change.
struct Explicit {
    field: Vec<u8>,
    a: Vec<u8>,
    b: Vec<u8>,
    base: Vec<u8>,
    order: Vec<u8>,
    cofactor: Vec<u8>,
}

impl Explicit {
    fn of(domain: &Domain) -> Self {
        Self {
            field: octets(domain.p),
            a: octets(domain.a),
            b: octets(domain.b),
            base: [vec![4], octets(domain.x), octets(domain.y)].concat(),
            order: octets(domain.n),
            cofactor: vec![2, 1, 1],
        }
    }

    fn names(&self) -> Option<&'static str> {
        let integer = |value: &[u8]| encode(2, &[&[0], value].concat());
        let prime_field = oid(&[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x01, 0x01]);
        let parameters = sequence(&[
            &[2, 1, 1],
            &sequence(&[&prime_field, &integer(&self.field)]),
            &sequence(&[&encode(4, &self.a), &encode(4, &self.b), &encode(3, &[0, 1, 2, 3])]),
            &encode(4, &self.base),
            &integer(&self.order),
            &self.cofactor,
        ]);
        known_domain(Element::whole(&parameters).unwrap()).unwrap().map(|domain| domain.name)
    }
}

#[test]
fn explicit_parameters_are_those_of_a_known_curve() {
    for domain in DOMAINS {
        assert_eq!(Explicit::of(domain).names(), Some(domain.name));
        let without_cofactor = Explicit { cofactor: Vec::new(), ..Explicit::of(domain) };
        assert_eq!(without_cofactor.names(), Some(domain.name));
        let sign = 2 | octets(domain.y).last().unwrap() & 1;
        let compressed = Explicit { base: [vec![sign], octets(domain.x)].concat(), ..Explicit::of(domain) };
        assert_eq!(compressed.names(), Some(domain.name));
        let other_sign =
            Explicit { base: [vec![sign ^ 1], octets(domain.x)].concat(), ..Explicit::of(domain) };
        assert_eq!(other_sign.names(), None);
        let other_x = Explicit { base: [vec![sign], octets(domain.y)].concat(), ..Explicit::of(domain) };
        assert_eq!(other_x.names(), None);
    }
}

#[test]
fn refuses_explicit_parameters_with_any_field_changed() {
    for domain in DOMAINS {
        let changed = |change: fn(&mut Explicit)| {
            let mut parameters = Explicit::of(domain);
            change(&mut parameters);
            parameters.names()
        };
        let flip: fn(&mut Vec<u8>) = |octets| *octets.last_mut().unwrap() ^= 1;
        assert_eq!(changed(|p| *p.field.last_mut().unwrap() ^= 2), None);
        for part in 0..5 {
            let mut parameters = Explicit::of(domain);
            let Explicit { a, b, base, order, field, .. } = &mut parameters;
            flip([a, b, base, order, field][part]);
            assert_eq!(parameters.names(), None, "{} part {part}", domain.name);
        }
        // The attack on a generator chosen so that a known public key has a known private one.
        assert_eq!(changed(|p| p.base[1] ^= 1), None);
        assert_eq!(changed(|p| p.base[0] = 2), None);
        assert_eq!(changed(|p| p.base.clear()), None);
        assert_eq!(changed(|p| p.cofactor = vec![2, 1, 2]), None);
    }
}

#[test]
fn a_key_of_the_other_kind_or_of_no_known_length_verifies_nothing() {
    let ec = PublicKey::Ec(&P256, vec![4; 65]);
    let rsa = |octets: usize| PublicKey::Rsa(RsaKey { modulus: vec![0xff; octets], exponent: vec![1, 0, 1] });
    assert_eq!(verify(Scheme::RsaPkcs1(Hash::Sha256), &ec, b"", &[0; 64]), Verdict::Invalid);
    assert_eq!(verify(Scheme::Ecdsa(Hash::Sha256), &rsa(256), b"", &[0; 64]), Verdict::Invalid);
    for hash in [Hash::Sha1, Hash::Sha224, Hash::Sha256, Hash::Sha384, Hash::Sha512] {
        for scheme in [Scheme::RsaPkcs1(hash), Scheme::RsaPss(hash, 20)] {
            for (octets, expected) in [
                (64, Verdict::Unsupported),
                (128, Verdict::Invalid),
                (256, Verdict::Invalid),
                (2048, Verdict::Unsupported),
            ] {
                assert_eq!(
                    verify(scheme, &rsa(octets), b"message", &vec![1; octets]),
                    expected,
                    "{scheme:?} {octets}"
                );
            }
        }
    }
}

#[test]
fn refuses_ecdsa_signatures_that_are_not_two_positive_numbers() {
    let key = PublicKey::Ec(&P256, vec![4; 65]);
    let scheme = Scheme::Ecdsa(Hash::Sha256);
    for signature in [
        &[][..],
        &[0x30, 0],
        &[0x30, 3, 2, 1, 1],
        &[0x30, 6, 2, 1, 0xff, 2, 1, 1],
        &[0x30, 9, 2, 1, 1, 2, 1, 1, 2, 1, 1],
        &[0x30, 6, 2, 1, 1, 2, 1, 1, 0],
        &[0x30, 6, 2, 1, 0, 2, 1, 0],
    ] {
        assert_eq!(verify(scheme, &key, b"", signature), Verdict::Invalid, "{signature:?}");
    }
    assert_eq!(verify(Scheme::PlainEcdsa(Hash::Sha256), &key, b"", &[1; 63]), Verdict::Invalid);
    assert_eq!(verify(Scheme::PlainEcdsa(Hash::Sha256), &key, b"", &[]), Verdict::Invalid);
}

#[test]
fn a_modulus_has_as_many_bits_as_its_number() {
    for (modulus, bits) in [(&[][..], 0), (&[1], 1), (&[0xff], 8), (&[0x7f, 0], 15), (&[0x80, 0, 0], 24)] {
        assert_eq!(RsaKey { modulus: modulus.to_vec(), exponent: vec![3] }.bits(), bits);
    }
}

#[test]
fn what_is_not_known_here_is_unsupported_and_not_wrong() {
    let rsa = PublicKey::Rsa(RsaKey { modulus: vec![0xff; 256], exponent: vec![1, 0, 1] });
    assert_eq!(verify(Scheme::RsaOfDigestAlgorithm, &rsa, b"", &[1; 256]), Verdict::Unsupported);
    let scheme = Scheme::Ecdsa(Hash::Sha256);
    assert_eq!(verify(scheme, &PublicKey::Unsupported, b"", &[1; 64]), Verdict::Unsupported);
}
