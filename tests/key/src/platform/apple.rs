//! Apple App Attest.
use rcgen::CustomExtension;
use ring::digest::{SHA256, digest};
use trust::cbor::Encoder;

use super::{integer, tlv};
use crate::{Authority, TestKey};

/// `aaguid` of an application from the store.
pub const PRODUCTION: &[u8; 16] = b"appattest\0\0\0\0\0\0\0";
/// `aaguid` of an application from a developer's machine.
pub const DEVELOPMENT: &[u8; 16] = b"appattestdevelop";
const NONCE: &[u64] = &[1, 2, 840, 113_635, 100, 8, 2];

/// A maker: a root, and the authority below it that certifies keys.
#[derive(Debug)]
pub struct AppleMaker {
    root: Authority,
    below: Authority,
}

impl AppleMaker {
    /// A new maker.
    #[allow(clippy::new_without_default, reason = "no two are alike")]
    pub fn new() -> Self {
        let root = Authority::root("invented tablet root");
        let below = root.below("invented tablet", |_| ());
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

    /// What a device says first of a key: counter 0, the key behind.
    pub fn authenticator_data(application: &str, environment: &[u8; 16], key: &TestKey) -> Vec<u8> {
        let public = *key.public().uncompressed();
        let mut cose = Encoder::new();
        cose.map(5).int(1).int(2).int(3).int(-7).int(-1).int(1);
        cose.int(-2).bytes(&public[1..33]).int(-3).bytes(&public[33..]);
        let parts: [&[u8]; 7] = [
            &sha256(application.as_bytes()),
            &[0x40],
            &0_u32.to_be_bytes(),
            environment,
            &32_u16.to_be_bytes(),
            &sha256(&public),
            &cose.finish(),
        ];
        parts.concat()
    }

    /// The attestation object over these data, which can be anything.
    pub fn attest(&self, key: &TestKey, authenticator_data: &[u8], client_data: &[u8]) -> Vec<u8> {
        let nonce = nonce(authenticator_data, client_data);
        let content = tlv(&[0x30], &tlv(&[0xa1], &tlv(&[0x04], &nonce)));
        self.attest_with(key, authenticator_data, "apple-appattest", Some(content))
    }

    /// The same with another format, and another content of the extension or none.
    pub fn attest_with(
        &self,
        key: &TestKey,
        authenticator_data: &[u8],
        format: &str,
        nonce: Option<Vec<u8>>,
    ) -> Vec<u8> {
        let leaf = self.below.issue_with("app attest key", key, |params| {
            let nonce = nonce.map(|content| CustomExtension::from_oid_content(NONCE, content));
            params.custom_extensions.extend(nonce);
        });
        let mut object = Encoder::new();
        object.map(3).text("fmt").text(format);
        object.text("attStmt").map(2).text("x5c").array(2).bytes(&leaf).bytes(&self.below.der());
        object.text("receipt").bytes(b"no receipt").text("authData").bytes(authenticator_data);
        object.finish()
    }

    /// An assertion of a key that was attested.
    pub fn assert(key: &TestKey, application: &str, counter: u32, client_data: &[u8]) -> Vec<u8> {
        let data = [&sha256(application.as_bytes())[..], &[0x40], &counter.to_be_bytes()].concat();
        let signature = key.sign(&nonce(&data, client_data));
        let (r, s) = signature.split_at(32);
        let signature = tlv(&[0x30], &[integer(r), integer(s)].concat());
        let mut assertion = Encoder::new();
        assertion.map(2).text("signature").bytes(&signature).text("authenticatorData").bytes(&data);
        assertion.finish()
    }
}

fn sha256(message: &[u8]) -> Vec<u8> {
    digest(&SHA256, message).as_ref().to_vec()
}

fn nonce(authenticator_data: &[u8], client_data: &[u8]) -> Vec<u8> {
    sha256(&[authenticator_data, &sha256(client_data)].concat())
}
