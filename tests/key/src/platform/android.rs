//! Android Key Attestation.
use rcgen::{CertificateParams, CustomExtension, PublicKeyData};

use super::{integer, tlv};
use crate::Authority;

/// The package of the invented application.
pub const PACKAGE: &str = "vn.example.sen";
/// SHA-256 of the certificate that it is signed with.
pub const SIGNER: [u8; 32] = [0x5e; 32];
const ROOT: &str = "invented phone root";
const KEY_DESCRIPTION: &[u64] = &[1, 3, 6, 1, 4, 1, 11_129, 2, 1, 17];

/// Numbers of the properties.
#[allow(missing_docs, reason = "named as Android names them")]
pub mod tag {
    pub const PURPOSE: u32 = 1;
    pub const ALGORITHM: u32 = 2;
    pub const KEY_SIZE: u32 = 3;
    pub const DIGEST: u32 = 5;
    pub const EC_CURVE: u32 = 10;
    pub const NO_AUTH_REQUIRED: u32 = 503;
    pub const USER_AUTH_TYPE: u32 = 504;
    pub const AUTH_TIMEOUT: u32 = 505;
    pub const ALLOW_WHILE_ON_BODY: u32 = 506;
    pub const ALL_APPLICATIONS: u32 = 600;
    pub const EXPORTABLE: u32 = 602;
    pub const CREATION_DATETIME: u32 = 701;
    pub const ORIGIN: u32 = 702;
    pub const ROOT_OF_TRUST: u32 = 704;
    pub const OS_PATCH_LEVEL: u32 = 706;
    pub const APPLICATION_ID: u32 = 709;
}

/// A maker: a root, and an authority below it whose certificate all of its phones have.
#[derive(Debug)]
pub struct AndroidMaker {
    root: Authority,
    below: Authority,
}

/// What a phone says of a key; everything in it can be changed.
#[derive(Clone, Debug)]
#[allow(missing_docs, reason = "named as the extension names them")]
pub struct Description {
    pub version: u64,
    pub attestation_level: u8,
    pub key_level: u8,
    pub challenge: Vec<u8>,
    /// Number and encoded value.
    pub software: Vec<(u32, Vec<u8>)>,
    pub hardware: Vec<(u32, Vec<u8>)>,
}

impl Description {
    /// A presentation key in the trusted environment of a phone that is as it should be.
    pub fn of_presentation_key(challenge: &[u8]) -> Self {
        let number = |value: u64| Self::number(value);
        Self {
            version: 300,
            attestation_level: 1,
            key_level: 1,
            challenge: challenge.to_vec(),
            software: vec![
                (tag::CREATION_DATETIME, number(1_748_736_000_000)),
                (tag::APPLICATION_ID, Self::application(&[PACKAGE], &[&SIGNER])),
            ],
            hardware: vec![
                (tag::PURPOSE, Self::numbers(&[2])),
                (tag::ALGORITHM, number(3)),
                (tag::KEY_SIZE, number(256)),
                (tag::DIGEST, Self::numbers(&[4])),
                (tag::EC_CURVE, number(1)),
                (tag::USER_AUTH_TYPE, number(3)),
                (tag::AUTH_TIMEOUT, number(120)),
                (tag::ORIGIN, number(0)),
                (tag::ROOT_OF_TRUST, Self::root_of_trust(true, 0)),
                (tag::OS_PATCH_LEVEL, number(202_505)),
            ],
        }
    }

    /// The same for a key that signs once after each authentication.
    pub fn of_approval_key(challenge: &[u8]) -> Self {
        Self::of_presentation_key(challenge).without(tag::AUTH_TIMEOUT)
    }

    /// With this property kept by hardware.
    #[must_use]
    pub fn with(mut self, number: u32, value: Vec<u8>) -> Self {
        self.hardware.retain(|(found, _)| *found != number);
        self.hardware.push((number, value));
        self
    }

    /// With this property kept by the operating system.
    #[must_use]
    pub fn with_software(mut self, number: u32, value: Vec<u8>) -> Self {
        self.software.retain(|(found, _)| *found != number);
        self.software.push((number, value));
        self
    }

    /// Without this property.
    #[must_use]
    pub fn without(mut self, number: u32) -> Self {
        self.hardware.retain(|(found, _)| *found != number);
        self.software.retain(|(found, _)| *found != number);
        self
    }

    /// INTEGER.
    pub fn number(value: u64) -> Vec<u8> {
        integer(&value.to_be_bytes())
    }

    /// SET OF INTEGER.
    pub fn numbers(values: &[u64]) -> Vec<u8> {
        tlv(&[0x31], &values.iter().flat_map(|value| Self::number(*value)).collect::<Vec<_>>())
    }

    /// NULL.
    pub fn null() -> Vec<u8> {
        vec![0x05, 0x00]
    }

    /// `RootOfTrust` with this state of the boot loader and of what it started.
    pub fn root_of_trust(locked: bool, state: u8) -> Vec<u8> {
        let parts = [
            tlv(&[0x04], &[0xb0; 32]),
            tlv(&[0x01], &[if locked { 0xff } else { 0 }]),
            tlv(&[0x0a], &[state]),
            tlv(&[0x04], &[0xb1; 32]),
        ];
        tlv(&[0x30], &parts.concat())
    }

    /// `AttestationApplicationId` in its OCTET STRING.
    pub fn application(packages: &[&str], signers: &[&[u8]]) -> Vec<u8> {
        let package = |name: &&str| tlv(&[0x30], &[tlv(&[0x04], name.as_bytes()), Self::number(7)].concat());
        let packages = tlv(&[0x31], &packages.iter().flat_map(package).collect::<Vec<_>>());
        let signers =
            tlv(&[0x31], &signers.iter().flat_map(|digest| tlv(&[0x04], digest)).collect::<Vec<_>>());
        tlv(&[0x04], &tlv(&[0x30], &[packages, signers].concat()))
    }

    /// The extension's content.
    pub fn der(&self) -> Vec<u8> {
        let parts = [
            Self::number(self.version),
            tlv(&[0x0a], &[self.attestation_level]),
            Self::number(self.version),
            tlv(&[0x0a], &[self.key_level]),
            tlv(&[0x04], &self.challenge),
            tlv(&[0x04], &[]),
            properties(&self.software),
            properties(&self.hardware),
        ];
        tlv(&[0x30], &parts.concat())
    }
}

fn properties(list: &[(u32, Vec<u8>)]) -> Vec<u8> {
    let explicit = |(number, value): &(u32, Vec<u8>)| {
        let [low, high, ..] = number.to_le_bytes();
        match number {
            0..=30 => tlv(&[0xa0 | low], value),
            31..=127 => tlv(&[0xbf, low], value),
            _ => tlv(&[0xbf, 0x80 | (high << 1) | (low >> 7), low & 0x7f], value),
        }
    };
    tlv(&[0x30], &list.iter().flat_map(explicit).collect::<Vec<_>>())
}

impl AndroidMaker {
    /// A new maker.
    #[allow(clippy::new_without_default, reason = "no two are alike")]
    pub fn new() -> Self {
        let root = Authority::root(ROOT);
        let below = root.below("invented phone", |_| ());
        Self { root, below }
    }

    /// The certificate of the root, DER.
    pub fn root(&self) -> Vec<u8> {
        self.root.der()
    }

    /// The same as PEM.
    pub fn root_pem(&self) -> String {
        self.root.pem()
    }

    /// Another certificate of the root's name and key, DER, with something changed.
    pub fn root_again(&self, change: impl FnOnce(&mut CertificateParams)) -> Vec<u8> {
        self.root.again(ROOT, change)
    }

    /// A key's chain as a phone gives it: leaf first, root last.
    pub fn certify(&self, key: &impl PublicKeyData, description: &Description) -> Vec<Vec<u8>> {
        self.certify_with(key, &description.der(), |_| ())
    }

    /// The same with any content of the extension, and something changed.
    pub fn certify_with(
        &self,
        key: &impl PublicKeyData,
        description: &[u8],
        change: impl FnOnce(&mut CertificateParams),
    ) -> Vec<Vec<u8>> {
        let leaf = self.below.issue_with("Android Keystore Key", key, |params| {
            described(params, description);
            change(params);
        });
        vec![leaf, self.below.der(), self.root.der()]
    }

    /// A chain in which an authority below an attested one says something of its own key, too.
    pub fn appended(
        &self,
        key: &impl PublicKeyData,
        upper: &Description,
        lower: &Description,
    ) -> Vec<Vec<u8>> {
        let attested = self.below.below("attested key", |params| described(params, &upper.der()));
        let leaf = attested.issue_with("appended", key, |params| described(params, &lower.der()));
        vec![leaf, attested.der(), self.below.der(), self.root.der()]
    }
}

fn described(params: &mut CertificateParams, description: &[u8]) {
    let extension = CustomExtension::from_oid_content(KEY_DESCRIPTION, description.to_vec());
    params.custom_extensions.push(extension);
}
