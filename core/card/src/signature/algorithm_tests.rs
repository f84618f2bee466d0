use super::algorithm::{Hash, Scheme};
use crate::asn1::{Element, Malformed, encode};
use crate::test_authority::{oid, sequence};

const NULL: &[u8] = &[5, 0];

/// Object identifiers in hexadecimal, and the hash.
const HASHES: [(&str, Hash, usize, &str); 5] = [
    ("2b0e03021a", Hash::Sha1, 20, "sha1"),
    ("608648016503040204", Hash::Sha224, 28, "sha224"),
    ("608648016503040201", Hash::Sha256, 32, "sha256"),
    ("608648016503040202", Hash::Sha384, 48, "sha384"),
    ("608648016503040203", Hash::Sha512, 64, "sha512"),
];

/// An AlgorithmIdentifier.
fn identifier(hex: &str, parameters: &[u8]) -> Vec<u8> {
    sequence(&[&oid(&hex::decode(hex).unwrap()), parameters])
}

fn scheme(identifier: &[u8]) -> Result<Option<Scheme>, Malformed> {
    Scheme::from_identifier(Element::whole(identifier).unwrap())
}

fn hash(identifier: &[u8]) -> Result<Option<Hash>, Malformed> {
    Hash::from_identifier(Element::whole(identifier).unwrap())
}

#[test]
fn every_hash_has_its_identifier_its_length_and_its_name() {
    for (hex, known, octets, name) in HASHES {
        assert_eq!(hash(&identifier(hex, NULL)), Ok(Some(known)));
        assert_eq!(hash(&identifier(hex, &[])), Ok(Some(known)));
        assert_eq!((known.octets(), known.digest(b"message").len()), (octets, octets), "{name}");
        assert_eq!(known.to_string(), name);
    }
    assert_eq!(hash(&identifier("2a864886f70d0205", NULL)), Ok(None));
}

#[test]
fn every_signature_algorithm_has_its_identifier() {
    for (hex, known) in [
        ("2a864886f70d010101", Scheme::RsaOfDigestAlgorithm),
        ("2a864886f70d010105", Scheme::RsaPkcs1(Hash::Sha1)),
        ("2a864886f70d01010e", Scheme::RsaPkcs1(Hash::Sha224)),
        ("2a864886f70d01010b", Scheme::RsaPkcs1(Hash::Sha256)),
        ("2a864886f70d01010c", Scheme::RsaPkcs1(Hash::Sha384)),
        ("2a864886f70d01010d", Scheme::RsaPkcs1(Hash::Sha512)),
        ("2a8648ce3d0401", Scheme::Ecdsa(Hash::Sha1)),
        ("2a8648ce3d040301", Scheme::Ecdsa(Hash::Sha224)),
        ("2a8648ce3d040302", Scheme::Ecdsa(Hash::Sha256)),
        ("2a8648ce3d040303", Scheme::Ecdsa(Hash::Sha384)),
        ("2a8648ce3d040304", Scheme::Ecdsa(Hash::Sha512)),
        ("04007f00070101040101", Scheme::PlainEcdsa(Hash::Sha1)),
        ("04007f00070101040102", Scheme::PlainEcdsa(Hash::Sha224)),
        ("04007f00070101040103", Scheme::PlainEcdsa(Hash::Sha256)),
        ("04007f00070101040104", Scheme::PlainEcdsa(Hash::Sha384)),
        ("04007f00070101040105", Scheme::PlainEcdsa(Hash::Sha512)),
    ] {
        assert_eq!(scheme(&identifier(hex, NULL)), Ok(Some(known)), "{hex}");
        assert_eq!(scheme(&identifier(hex, &[])), Ok(Some(known)), "{hex}");
    }
    for unknown in ["2a864886f70d010104", "2a8648ce3d040305", "04007f00070101040106", "2a03"] {
        assert_eq!(scheme(&identifier(unknown, NULL)), Ok(None), "{unknown}");
    }
}

#[test]
fn refuses_parameters_where_there_are_none() {
    for parameters in [&[5, 1, 0][..], &[4, 0], &[5, 0, 5, 0], &[0x30, 0]] {
        assert_eq!(hash(&identifier("608648016503040201", parameters)), Err(Malformed));
        assert_eq!(scheme(&identifier("2a8648ce3d040302", parameters)), Err(Malformed));
        assert_eq!(scheme(&identifier("2a864886f70d01010b", parameters)), Err(Malformed));
    }
}

/// id-RSASSA-PSS with parameters, each with its context tag.
fn pss(parameters: &[(u32, Vec<u8>)]) -> Result<Option<Scheme>, Malformed> {
    let fields: Vec<_> = parameters.iter().map(|(tag, value)| encode(*tag, value)).collect();
    scheme(&identifier("2a864886f70d01010a", &encode(0x30, &fields.concat())))
}

#[test]
fn the_parameters_of_pss_have_their_defaults_and_meanings() {
    let mgf = |function: &str, hash: &str| identifier(function, &identifier(hash, NULL));
    let mgf1 = "2a864886f70d010108";
    let sha1 = (0xa0, identifier(HASHES[0].0, NULL));
    assert_eq!(scheme(&identifier("2a864886f70d01010a", &[])), Ok(Some(Scheme::RsaPss(Hash::Sha1, 20))));
    assert_eq!(pss(&[]), Ok(Some(Scheme::RsaPss(Hash::Sha1, 20))));
    assert_eq!(pss(&[sha1]), Ok(Some(Scheme::RsaPss(Hash::Sha1, 20))));
    for (hex, known, ..) in HASHES {
        let (digest, mask) = ((0xa0, identifier(hex, NULL)), (0xa1, mgf(mgf1, hex)));
        let salt = |octets| (0xa2, vec![2, 1, octets]);
        let trailer = |field| (0xa3, vec![2, 1, field]);
        let all = [digest.clone(), mask.clone(), salt(33), trailer(1)];
        assert_eq!(pss(&all), Ok(Some(Scheme::RsaPss(known, 33))));
        assert_eq!(pss(&all[..2]), Ok(Some(Scheme::RsaPss(known, 20))));
        let mut other = all.clone();
        other[3] = trailer(2);
        assert_eq!(pss(&other), Ok(None));
        let mut other = all.clone();
        other[1] = (0xa1, mgf("2a864886f70d010109", hex));
        assert_eq!(pss(&other), Ok(None));
        let mut other = all.clone();
        other[3] = (0xa4, vec![2, 1, 1]);
        assert_eq!(pss(&other), Ok(None));
        if known != Hash::Sha1 {
            assert_eq!(pss(&[digest]), Ok(None), "the mask would be of SHA-1");
            assert_eq!(pss(&[mask]), Ok(None), "the digest would be SHA-1");
        }
    }
}
