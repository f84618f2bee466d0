//! Certificates, revocation lists and security objects for tests that must fail one check and no other.
use ring::digest::{SHA256, digest};
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair};

use crate::asn1::encode;
use crate::messaging::SessionKeys;

const ECDSA_SHA256: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02];
const SHA256_OID: &[u8] = &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01];
pub(crate) const LDS_OBJECT: &[u8] = &[0x67, 0x81, 0x08, 0x01, 0x01, 0x01];
pub(crate) const MASTER_LIST: &[u8] = &[0x67, 0x81, 0x08, 0x01, 0x01, 0x02];

/// EF.DG1 of an invented person.
pub(crate) const DG1: &[u8] = b"\x61\x5d\x5f\x1f\x5aIDVNM0900000018000090000001<<8\
    9001011M4001016VNM<<<<<<<<<<<0NGUYEN<<VAN<A<<<<<<<<<<<<<<<<<";

/// EF.DG14 with Chip Authentication of version 1 over AES-128 and a key on P-256.
pub(crate) fn chip_dg14(public: &[u8]) -> Vec<u8> {
    let arcs = |last: &[u8]| oid(&[&[0x04, 0x00, 0x7f, 0x00, 0x07, 0x02, 0x02][..], last].concat());
    let algorithm = sequence(&[
        &oid(&[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01]),
        &oid(&[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07]),
    ]);
    let key = sequence(&[&algorithm, &encode(3, &[&[0], public].concat())]);
    let protocol = sequence(&[&arcs(&[0x03, 0x02, 0x02]), &[2, 1, 1]]);
    encode(0x6e, &set(&[&protocol, &sequence(&[&arcs(&[0x01, 0x02]), &key])]))
}

/// What a chip answers first under new keys of AES: 9000 and its checksum.
pub(crate) fn first_answer(keys: &SessionKeys) -> Vec<u8> {
    let status = [0x99, 2, 0x90, 0];
    // The counter is two; the object is padded to a block.
    let mut authenticated = [0; 32];
    (authenticated[15], authenticated[20]) = (2, 0x80);
    authenticated[16..20].copy_from_slice(&status);
    [&status[..], &encode(0x8e, &keys.checksum(&authenticated)), &[0x90, 0]].concat()
}

pub(crate) fn sequence(parts: &[&[u8]]) -> Vec<u8> {
    encode(0x30, &parts.concat())
}

pub(crate) fn set(parts: &[&[u8]]) -> Vec<u8> {
    encode(0x31, &parts.concat())
}

pub(crate) fn oid(content: &[u8]) -> Vec<u8> {
    encode(0x06, content)
}

fn integer(value: u8) -> Vec<u8> {
    encode(0x02, &[value])
}

/// An extension by its number below id-ce.
pub(crate) fn extension(number: u8, critical: bool, value: &[u8]) -> Vec<u8> {
    let critical = if critical { vec![1, 1, 0xff] } else { Vec::new() };
    sequence(&[&oid(&[0x55, 0x1d, number]), &critical, &encode(4, value)])
}

pub(crate) fn is_authority() -> Vec<u8> {
    extension(0x13, true, &sequence(&[&[1, 1, 0xff]]))
}

pub(crate) fn signs_master_lists() -> Vec<u8> {
    extension(0x25, true, &sequence(&[&oid(&[0x67, 0x81, 0x08, 0x01, 0x01, 0x03])]))
}

pub(crate) fn names_key(number: u8, key_id: &[u8]) -> Vec<u8> {
    let value = if number == 0x0e { encode(4, key_id) } else { sequence(&[&encode(0x80, key_id)]) };
    extension(number, false, &value)
}

/// A key and the name that it goes by.
pub(crate) struct Party {
    pair: EcdsaKeyPair,
    name: Vec<u8>,
}

/// From and to, as UTCTime.
pub(crate) const TODAY: (&str, &str) = ("200101000000Z", "391231235959Z");
pub(crate) const PAST: (&str, &str) = ("200101000000Z", "240101000000Z");

impl Party {
    pub(crate) fn new(country: &str, common_name: &str) -> Self {
        let random = SystemRandom::new();
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &random).unwrap();
        let pair =
            EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, pkcs8.as_ref(), &random).unwrap();
        let part = |number, text: &str| {
            set(&[&sequence(&[&oid(&[0x55, 0x04, number]), &encode(0x13, text.as_bytes())])])
        };
        Self { pair, name: sequence(&[&part(6, country), &part(3, common_name)]) }
    }

    pub(crate) fn key_id(&self) -> Vec<u8> {
        digest(&SHA256, self.pair.public_key().as_ref()).as_ref()[..20].to_vec()
    }

    fn sign(&self, message: &[u8]) -> Vec<u8> {
        self.pair.sign(&SystemRandom::new(), message).unwrap().as_ref().to_vec()
    }

    fn signed(&self, part: &[u8]) -> Vec<u8> {
        let signature = encode(3, &[&[0], &self.sign(part)[..]].concat());
        sequence(&[part, &sequence(&[&oid(ECDSA_SHA256)]), &signature])
    }

    fn key_info(&self) -> Vec<u8> {
        let algorithm = sequence(&[
            &oid(&[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01]),
            &oid(&[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07]),
        ]);
        sequence(&[&algorithm, &encode(3, &[&[0], self.pair.public_key().as_ref()].concat())])
    }

    /// A certificate for a subject.
    pub(crate) fn certify(
        &self,
        subject: &Self,
        serial: u8,
        valid: (&str, &str),
        extensions: &[&[u8]],
    ) -> Vec<u8> {
        let validity = sequence(&[&encode(0x17, valid.0.as_bytes()), &encode(0x17, valid.1.as_bytes())]);
        let extensions = if extensions.is_empty() { Vec::new() } else { encode(0xa3, &sequence(extensions)) };
        self.signed(&sequence(&[
            &encode(0xa0, &integer(2)),
            &integer(serial),
            &sequence(&[&oid(ECDSA_SHA256)]),
            &self.name,
            &validity,
            &subject.name,
            &subject.key_info(),
            &extensions,
        ]))
    }

    /// Its own certificate as a country signing authority.
    pub(crate) fn root(&self) -> Vec<u8> {
        self.certify(self, 1, TODAY, &[&is_authority(), &names_key(0x0e, &self.key_id())])
    }

    /// A document signer's certificate.
    pub(crate) fn document_signer(&self, subject: &Self, serial: u8) -> Vec<u8> {
        self.certify(subject, serial, TODAY, &[&names_key(0x23, &self.key_id())])
    }

    /// A revocation list with serial numbers and the time since when.
    pub(crate) fn revoke(&self, revoked: &[(u8, &str)], extensions: &[&[u8]]) -> Vec<u8> {
        let entries: Vec<_> = revoked
            .iter()
            .map(|(serial, since)| sequence(&[&integer(*serial), &encode(0x17, since.as_bytes())]))
            .collect();
        let extensions = if extensions.is_empty() { Vec::new() } else { encode(0xa0, &sequence(extensions)) };
        self.signed(&sequence(&[
            &integer(1),
            &sequence(&[&oid(ECDSA_SHA256)]),
            &self.name,
            &encode(0x17, b"250101000000Z"),
            &encode(0x17, b"260101000000Z"),
            &encode(0x30, &entries.concat()),
            &extensions,
        ]))
    }

    /// With another name and the same key.
    pub(crate) fn renamed(self, other: &Self) -> Self {
        Self { name: other.name.clone(), ..self }
    }

    /// A ContentInfo with SignedData by this party, whose certificate the `serial` of `issuer` is.
    pub(crate) fn sign_content(
        &self,
        content_type: &[u8],
        content: &[u8],
        (issuer, serial): (&Self, u8),
        certificate: &[u8],
    ) -> Vec<u8> {
        let signer = [integer(1), sequence(&[&issuer.name, &integer(serial)])].concat();
        let attributes = attributes(content_type, digest(&SHA256, content).as_ref());
        self.sign_attributes(content_type, content, &signer, &attributes, certificate)
    }

    /// The same with signed attributes and a signer's name (after its version) as the test wants them.
    pub(crate) fn sign_attributes(
        &self,
        content_type: &[u8],
        content: &[u8],
        signer: &[u8],
        attributes: &[u8],
        certificate: &[u8],
    ) -> Vec<u8> {
        let hash = sequence(&[&oid(SHA256_OID)]);
        let signer = sequence(&[
            signer,
            &hash,
            &encode(0xa0, attributes),
            &sequence(&[&oid(ECDSA_SHA256)]),
            &encode(4, &self.sign(&encode(0x31, attributes))),
        ]);
        let data = sequence(&[
            &integer(3),
            &set(&[&hash]),
            &sequence(&[&oid(content_type), &encode(0xa0, &encode(4, content))]),
            &encode(0xa0, certificate),
            &set(&[&signer]),
        ]);
        let signed_data = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02];
        sequence(&[&oid(&signed_data), &encode(0xa0, &data)])
    }

    /// EF.SOD over data groups.
    pub(crate) fn sign_document(
        &self,
        groups: &[(u8, &[u8])],
        issuer: (&Self, u8),
        certificate: &[u8],
    ) -> Vec<u8> {
        let content = security_object(groups);
        encode(0x77, &self.sign_content(LDS_OBJECT, &content, issuer, certificate))
    }
}

/// The signed attributes of a content type and a digest.
pub(crate) fn attributes(content_type: &[u8], digest: &[u8]) -> Vec<u8> {
    let attribute = |number, value: &[u8]| {
        let kind = oid(&[&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09], &[number][..]].concat());
        sequence(&[&kind, &set(&[value])])
    };
    [attribute(3, &oid(content_type)), attribute(4, &encode(4, digest))].concat()
}

/// The LDS security object over data groups.
pub(crate) fn security_object(groups: &[(u8, &[u8])]) -> Vec<u8> {
    let digests: Vec<_> = groups
        .iter()
        .map(|(number, file)| sequence(&[&integer(*number), &encode(4, digest(&SHA256, file).as_ref())]))
        .collect();
    sequence(&[&integer(0), &sequence(&[&oid(SHA256_OID)]), &encode(0x30, &digests.concat())])
}
