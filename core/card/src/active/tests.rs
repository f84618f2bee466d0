use ring::rand::SystemRandom;
use ring::signature::{
    ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING,
    EcdsaKeyPair, EcdsaSigningAlgorithm, KeyPair,
};

use super::*;
use crate::asn1::encode;
use crate::test_authority::{oid, sequence, set};

const P256: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];
const P384: &[u8] = &[0x2b, 0x81, 0x04, 0x00, 0x22];

/// EF.DG15 of a new key and what it answers to a challenge.
fn chip(algorithm: &'static EcdsaSigningAlgorithm, curve: &[u8]) -> (Vec<u8>, ActiveExchange) {
    let random = SystemRandom::new();
    let pkcs8 = EcdsaKeyPair::generate_pkcs8(algorithm, &random).unwrap();
    let pair = EcdsaKeyPair::from_pkcs8(algorithm, pkcs8.as_ref(), &random).unwrap();
    let algorithm = sequence(&[&oid(&[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01]), &oid(curve)]);
    let point = encode(3, &[&[0], pair.public_key().as_ref()].concat());
    let challenge = *b"8 octets";
    let response = pair.sign(&random, &challenge).unwrap().as_ref().to_vec();
    (encode(0x6f, &sequence(&[&algorithm, &point])), ActiveExchange { challenge, response })
}

/// EF.DG14 that names a plain ECDSA algorithm.
fn dg14(hash: u8) -> Vec<u8> {
    let algorithm = oid(&[0x04, 0x00, 0x7f, 0x00, 0x07, 0x01, 0x01, 0x04, 0x01, hash]);
    let info = sequence(&[&oid(&[0x67, 0x81, 0x08, 0x01, 0x01, 0x05]), &[2, 1, 1], &algorithm]);
    encode(0x6e, &set(&[&info]))
}

#[test]
fn takes_ecdsa_answers_plain_and_as_a_sequence() {
    for (algorithm, curve) in [
        (&ECDSA_P256_SHA256_FIXED_SIGNING, P256),
        (&ECDSA_P256_SHA256_ASN1_SIGNING, P256),
        (&ECDSA_P384_SHA384_FIXED_SIGNING, P384),
    ] {
        let (dg15, exchange) = chip(algorithm, curve);
        assert_eq!(verify_active_authentication(&dg15, None, &exchange), Verdict::Valid);
        let replayed = ActiveExchange { challenge: *b"8 others", ..exchange };
        assert_eq!(verify_active_authentication(&dg15, None, &replayed), Verdict::Invalid);
    }
}

#[test]
fn the_hash_is_the_one_that_dg14_names() {
    let (dg15, exchange) = chip(&ECDSA_P256_SHA256_FIXED_SIGNING, P256);
    assert_eq!(verify_active_authentication(&dg15, Some(&dg14(3)), &exchange), Verdict::Valid);
    assert_eq!(verify_active_authentication(&dg15, Some(&dg14(1)), &exchange), Verdict::Invalid);
    // An algorithm that is not known here leaves the choice to the key.
    assert_eq!(verify_active_authentication(&dg15, Some(&dg14(9)), &exchange), Verdict::Valid);
    assert_eq!(verify_active_authentication(&dg15, Some(b"no DG14"), &exchange), Verdict::Valid);
}

#[test]
fn refuses_the_answer_of_another_chip_a_cut_one_and_none() {
    let (dg15, exchange) = chip(&ECDSA_P256_SHA256_FIXED_SIGNING, P256);
    let (_, other) = chip(&ECDSA_P256_SHA256_FIXED_SIGNING, P256);
    assert_eq!(verify_active_authentication(&dg15, None, &other), Verdict::Invalid);
    for end in 0..exchange.response.len() {
        let cut = ActiveExchange { response: exchange.response[..end].to_vec(), ..exchange };
        assert_eq!(verify_active_authentication(&dg15, None, &cut), Verdict::Invalid, "{end}");
    }
    let mut wrong_tag = dg15;
    wrong_tag[0] = 0x6e;
    assert_eq!(verify_active_authentication(&wrong_tag, None, &exchange), Verdict::Invalid);
}

#[test]
fn a_curve_that_is_not_known_is_unsupported() {
    let (dg15, exchange) = chip(&ECDSA_P256_SHA256_FIXED_SIGNING, &[0x2b, 0x81, 0x04, 0x00, 0x0a]);
    assert_eq!(verify_active_authentication(&dg15, None, &exchange), Verdict::Unsupported);
}
