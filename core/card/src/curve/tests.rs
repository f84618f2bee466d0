use super::*;
use elliptic_curve::sec1::ToSec1Point;
use ring::rand::{SecureRandom, SystemRandom};

fn random(octets: usize) -> Vec<u8> {
    let mut out = vec![0; octets];
    SystemRandom::new().fill(&mut out).unwrap();
    out
}

fn random_scalar(curve: &Curve) -> Vec<u8> {
    let shift = curve.order_octets() * 8 - curve.order_bits() as usize;
    loop {
        let mut octets = random(curve.order_octets());
        octets[0] &= 0xff >> shift;
        if let Ok(scalar) = curve.scalar(&octets) {
            return scalar;
        }
    }
}

#[test]
fn the_generator_of_every_curve_lies_on_it_and_has_its_order() {
    for domain in DOMAINS {
        let curve = Curve::new(domain).unwrap();
        let generator = curve.encode(curve.generator()).unwrap();
        assert!(curve.decode(&generator).is_ok(), "{}", domain.name);
        let order = hex::decode(domain.n).unwrap();
        let infinity = curve.multiply(curve.generator(), &order);
        assert_eq!(curve.encode(&infinity), Err(NotOnCurve), "{}", domain.name);
        let mut one_less = order;
        *one_less.last_mut().unwrap() -= 1;
        let negative = curve.encode(&curve.multiply(curve.generator(), &one_less)).unwrap();
        assert_eq!(negative[..=domain.octets], generator[..=domain.octets], "{}", domain.name);
        assert_ne!(negative, generator, "{}", domain.name);
    }
}

#[test]
fn refuses_a_point_off_the_curve_and_a_scalar_out_of_range() {
    for domain in DOMAINS {
        let curve = Curve::new(domain).unwrap();
        let mut bytes = curve.encode(curve.generator()).unwrap();
        *bytes.last_mut().unwrap() ^= 1;
        assert!(curve.decode(&bytes).is_err(), "{}", domain.name);
        assert!(curve.decode(&bytes[..bytes.len() - 1]).is_err());
        assert!(curve.decode(&[0]).is_err());
        assert!(curve.decode(&[&[4][..], &vec![0xff; domain.octets * 2]].concat()).is_err());
        assert!(curve.scalar(&hex::decode(domain.n).unwrap()).is_err());
        assert!(curve.scalar(&vec![0; curve.order_octets()]).is_err());
    }
}

/// Multiples of the generator against a crate of other authors.
macro_rules! agrees_with {
    ($name:ident, $crate_:ident, $curve:ty, $domain:expr) => {
        #[test]
        fn $name() {
            use elliptic_curve::group::Group as _;
            use elliptic_curve::ops::Reduce as _;
            use elliptic_curve::{CurveArithmetic, FieldBytes};
            let curve = Curve::new(&$domain).unwrap();
            for _ in 0..4 {
                let scalar = random_scalar(&curve);
                let bytes = FieldBytes::<$curve>::try_from(&scalar[..]).unwrap();
                let theirs = <$curve as CurveArithmetic>::ProjectivePoint::generator()
                    * <$curve as CurveArithmetic>::Scalar::reduce(&bytes);
                let theirs = <$curve as CurveArithmetic>::AffinePoint::from(theirs).to_sec1_point(false);
                let ours = curve.encode(&curve.multiply(curve.generator(), &scalar)).unwrap();
                assert_eq!(ours, theirs.as_bytes());
            }
        }
    };
}
agrees_with!(multiples_agree_with_the_p256_crate, p256, p256::NistP256, P256);
agrees_with!(multiples_agree_with_the_p384_crate, p384, p384::NistP384, P384);
agrees_with!(multiples_agree_with_the_p521_crate, p521, p521::NistP521, P521);
agrees_with!(multiples_agree_with_the_bp256_crate, bp256, bp256::BrainpoolP256r1, BRAINPOOL_P256R1);
agrees_with!(multiples_agree_with_the_bp384_crate, bp384, bp384::BrainpoolP384r1, BRAINPOOL_P384R1);

#[test]
fn takes_what_ring_signed_and_nothing_else() {
    use ring::signature::{
        ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, KeyPair,
    };
    let random = SystemRandom::new();
    for (domain, algorithm, hash) in [
        (&P256, &ECDSA_P256_SHA256_FIXED_SIGNING, &ring::digest::SHA256),
        (&P384, &ECDSA_P384_SHA384_FIXED_SIGNING, &ring::digest::SHA384),
    ] {
        let curve = Curve::new(domain).unwrap();
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(algorithm, &random).unwrap();
        let pair = EcdsaKeyPair::from_pkcs8(algorithm, pkcs8.as_ref(), &random).unwrap();
        let public = curve.decode(pair.public_key().as_ref()).unwrap();
        let signature = pair.sign(&random, b"message").unwrap();
        let (r, s) = signature.as_ref().split_at(domain.octets);
        let digest = ring::digest::digest(hash, b"message");
        assert!(curve.verify(&public, digest.as_ref(), r, s));
        assert!(!curve.verify(&public, ring::digest::digest(hash, b"massage").as_ref(), r, s));
        assert!(!curve.verify(&public, digest.as_ref(), s, r));
        assert!(!curve.verify(&public, digest.as_ref(), &[0], s));
        assert!(!curve.verify(curve.generator(), digest.as_ref(), r, s));
    }
}

#[test]
fn doubling_is_adding_to_itself() {
    for domain in DOMAINS {
        let curve = Curve::new(domain).unwrap();
        let point = curve.multiply(curve.generator(), &random_scalar(&curve));
        let encoded = |point| curve.encode(&point).unwrap();
        assert_eq!(encoded(curve.double(&point)), encoded(curve.add(&point, &point)), "{}", domain.name);
        assert!(curve.encode(&curve.double(&curve.infinity())).is_err());
    }
}

/// A signature made with this module's multiplication: `s = (e + r d) / k`.
fn sign(curve: &Curve, private: &[u8], hash: &[u8]) -> (Vec<u8>, Vec<u8>) {
    use crypto_bigint::BoxedUint;
    use residue::{Residue, to_octets};
    let width = curve.order_octets();
    let element = |octets: &[u8]| {
        let value = BoxedUint::from_be_slice(octets, curve.order.bits_precision()).unwrap();
        Residue::new(value.rem(curve.order.modulus().as_nz_ref()), &curve.order)
    };
    let k = random_scalar(curve);
    let point = curve.encode(&curve.multiply(curve.generator(), &k)).unwrap();
    let r = element(&point[1..=width]);
    let e = element(&hash[..width.min(hash.len())]);
    let s = element(&k).invert().unwrap().mul(&e.add(&r.mul(&element(private))));
    let octets = |value: &Residue| to_octets(&value.retrieve(), width);
    (octets(&r), octets(&s))
}

#[test]
fn takes_its_own_signatures_on_every_curve_and_the_crates_take_them_too() {
    use crate::signature::{Verdict, verify_prehashed_ecdsa};
    for domain in DOMAINS {
        let curve = Curve::new(domain).unwrap();
        let private = random_scalar(&curve);
        let public = curve.encode(&curve.multiply(curve.generator(), &private)).unwrap();
        let hash = random(domain.octets.min(48));
        let (r, s) = sign(&curve, &private, &hash);
        let point = curve.decode(&public).unwrap();
        assert!(curve.verify(&point, &hash, &r, &s), "{}", domain.name);
        assert_eq!(verify_prehashed_ecdsa(domain, &public, &hash, &r, &s), Verdict::Valid, "{}", domain.name);
        for changed in 0..4 {
            let mut parts = [hash.clone(), r.clone(), s.clone(), public.clone()];
            *parts[changed].last_mut().unwrap() ^= 1;
            let [hash, r, s, public] = &parts;
            let refused =
                curve.decode(public).is_err() || !curve.verify(&curve.decode(public).unwrap(), hash, r, s);
            assert!(refused, "{} part {changed}", domain.name);
            assert_eq!(verify_prehashed_ecdsa(domain, public, hash, r, s), Verdict::Invalid);
        }
    }
}
