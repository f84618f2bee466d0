//! Certificates of the country signing authority and its document signer (ICAO Doc 9303-12, 7.1).
use sha1::{Digest, Sha1};
use trust::random::Random;
use trust::time::Timestamp;

use super::FactoryError;
use super::encoding::{
    bit_string, context, integer, octet_string, oid, printable, sequence, time, utf8, yes,
};
use super::signer::Signer;
use crate::chip::objects::encode;

const COUNTRY: [u8; 3] = [0x55, 0x04, 0x06];
const ORGANIZATION: [u8; 3] = [0x55, 0x04, 0x0a];
const COMMON_NAME: [u8; 3] = [0x55, 0x04, 0x03];
const SUBJECT_KEY: [u8; 3] = [0x55, 0x1d, 0x0e];
pub(super) const AUTHORITY_KEY: [u8; 3] = [0x55, 0x1d, 0x23];
const KEY_USAGE: [u8; 3] = [0x55, 0x1d, 0x0f];
const BASIC_CONSTRAINTS: [u8; 3] = [0x55, 0x1d, 0x13];
/// Which kinds of document the signer signs, 2.23.136.1.1.6.2.
const DOCUMENT_TYPES: [u8; 7] = [0x67, 0x81, 0x08, 0x01, 0x01, 0x06, 0x02];

/// What a certificate is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// Signs document signers' certificates.
    CountrySigning,
    /// Signs documents.
    DocumentSigner,
}

/// The name of a test authority.
pub(super) fn name(common_name: &str) -> Vec<u8> {
    let attribute = |kind: &[u8], value: Vec<u8>| encode(0x31, &sequence(&[oid(kind), value]));
    sequence(&[
        attribute(&COUNTRY, printable("VN")),
        attribute(&ORGANIZATION, utf8("TEST ONLY - not a real authority")),
        attribute(&COMMON_NAME, utf8(common_name)),
    ])
}

/// A certificate to be signed.
pub(super) struct Draft<'a> {
    pub(super) role: Role,
    pub(super) serial: &'a [u8],
    pub(super) issuer: &'a [u8],
    pub(super) subject: &'a [u8],
    pub(super) not_before: Timestamp,
    pub(super) not_after: Timestamp,
}

impl Draft<'_> {
    /// The certificate of `key`, signed by `signer`.
    pub(super) fn sign(
        &self,
        key: &Signer,
        signer: &Signer,
        random: &mut dyn Random,
    ) -> Result<Vec<u8>, FactoryError> {
        let algorithm = signer.algorithm()?;
        let body = sequence(&[
            context(0, &[integer(&[2])]),
            integer(self.serial),
            algorithm.clone(),
            self.issuer.to_vec(),
            sequence(&[time(self.not_before)?, time(self.not_after)?]),
            self.subject.to_vec(),
            key.public_key_info().to_vec(),
            context(3, &[sequence(&self.extensions(key, signer))]),
        ]);
        let signature = bit_string(&signer.sign(&body, random)?);
        Ok(sequence(&[body, algorithm, signature]))
    }

    fn extensions(&self, key: &Signer, signer: &Signer) -> Vec<Vec<u8>> {
        let extension = |id: &[u8], value: Vec<u8>| sequence(&[oid(id), octet_string(&value)]);
        let critical = |id: &[u8], value: Vec<u8>| sequence(&[oid(id), yes(), octet_string(&value)]);
        let authority = sequence(&[encode(0x80, &key_identifier(signer))]);
        let mut extensions = vec![
            extension(&AUTHORITY_KEY, authority),
            extension(&SUBJECT_KEY, octet_string(&key_identifier(key))),
        ];
        match self.role {
            Role::CountrySigning => {
                extensions.push(critical(&BASIC_CONSTRAINTS, sequence(&[yes(), integer(&[0])])));
                // keyCertSign and cRLSign.
                extensions.push(critical(&KEY_USAGE, encode(0x03, &[0x01, 0x06])));
            }
            Role::DocumentSigner => {
                extensions.push(critical(&KEY_USAGE, encode(0x03, &[0x07, 0x80])));
                let types = sequence(&[integer(&[0]), encode(0x31, &printable("I"))]);
                extensions.push(extension(&DOCUMENT_TYPES, types));
            }
        }
        extensions
    }
}

/// SHA-1 of the public key's bits (RFC 5280, 4.2.1.2).
pub(super) fn key_identifier(key: &Signer) -> Vec<u8> {
    Sha1::digest(key.public_key_bits()).to_vec()
}
