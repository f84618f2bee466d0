//! Signatures by OpenSSL: every curve and hash, both paddings of RSA, long and short salts.
use serde_json::Value;

use super::*;
use crate::active::{ActiveExchange, verify_active_authentication};
use crate::asn1::{Element, encode};
use crate::vectors::{json, octets, ran};

const HASHES: [(&str, Hash); 5] = [
    ("sha1", Hash::Sha1),
    ("sha224", Hash::Sha224),
    ("sha256", Hash::Sha256),
    ("sha384", Hash::Sha384),
    ("sha512", Hash::Sha512),
];

fn scheme(row: &Value) -> Scheme {
    let (family, hash) = row["scheme"].as_str().unwrap().rsplit_once('-').unwrap();
    let hash = HASHES.iter().find(|(name, _)| *name == hash).unwrap().1;
    match family {
        "ecdsa" => Scheme::Ecdsa(hash),
        "rsa" => Scheme::RsaPkcs1(hash),
        _ => Scheme::RsaPss(hash, row["salt"].as_u64().unwrap().try_into().unwrap()),
    }
}

/// `r || s` of an ECDSA signature, each in the octets of the curve.
fn plain(signature: &[u8], width: usize) -> Vec<u8> {
    let halves = Element::whole(signature).unwrap().inside().all().unwrap();
    let half = |half: &Element<'_>| {
        let number = half.unsigned().unwrap();
        [&vec![0; width - number.len()], number].concat()
    };
    halves.iter().flat_map(half).collect()
}

#[test]
fn vectors_of_signatures_verify_and_fail_for_another_message_hash_salt_or_key() {
    let mut cases = 0;
    for (file, content) in json("signatures", "") {
        let message = octets(&content["message"]);
        let keys = content["keys"].as_array().unwrap();
        for (number, entry) in keys.iter().enumerate() {
            let info = |entry: &Value| {
                let info = octets(&entry["key"]);
                PublicKey::from_info(Element::whole(&info).unwrap()).unwrap()
            };
            let key = info(entry);
            assert_eq!(key.name(), entry["name"], "{file}");
            let rows = entry["rows"].as_array().unwrap();
            for row in rows {
                let (named, signature) = (scheme(row), octets(&row["signature"]));
                let name = format!("{file} {} {named:?}", entry["name"]);
                assert_eq!(verify(named, &key, &message, &signature), Verdict::Valid, "{name}");
                assert_eq!(verify(named, &key, b"8 others", &signature), Verdict::Invalid, "{name}");
                let another = info(&keys[(number + 1) % keys.len()]);
                assert_ne!(verify(named, &another, &message, &signature), Verdict::Valid, "{name}");
                for other in rows.iter().map(scheme).filter(|other| *other != named) {
                    assert_ne!(verify(other, &key, &message, &signature), Verdict::Valid, "{name} {other:?}");
                }
                let mut changed = signature.clone();
                *changed.last_mut().unwrap() ^= 1;
                assert_eq!(verify(named, &key, &message, &changed), Verdict::Invalid, "{name}");
                if let (Scheme::Ecdsa(hash), PublicKey::Ec(domain, _)) = (named, &key) {
                    let plain = plain(&signature, domain.octets);
                    assert_eq!(
                        verify(Scheme::PlainEcdsa(hash), &key, &message, &plain),
                        Verdict::Valid,
                        "{name}"
                    );
                }
                cases += 1;
            }
        }
    }
    ran("signatures", cases);
}

#[test]
fn vectors_of_active_answers_take_the_hash_that_fits_the_curve() {
    let mut cases = 0;
    for (file, content) in json("signatures", "") {
        let challenge: [u8; 8] = octets(&content["message"]).try_into().unwrap();
        for entry in content["keys"].as_array().unwrap() {
            let info = octets(&entry["key"]);
            let PublicKey::Ec(domain, _) = PublicKey::from_info(Element::whole(&info).unwrap()).unwrap()
            else {
                continue;
            };
            let expected = match domain.octets {
                24 => Hash::Sha1,
                28 => Hash::Sha224,
                32 => Hash::Sha256,
                40 | 48 => Hash::Sha384,
                _ => Hash::Sha512,
            };
            for row in entry["rows"].as_array().unwrap() {
                let response = plain(&octets(&row["signature"]), domain.octets);
                let exchange = ActiveExchange { challenge, response };
                let verdict = verify_active_authentication(&encode(0x6f, &info), None, &exchange);
                let fits = scheme(row) == Scheme::Ecdsa(expected);
                assert_eq!(verdict == Verdict::Valid, fits, "{file} {} {row}", entry["name"]);
                cases += 1;
            }
        }
    }
    ran("signatures", cases);
}
