//! The issuer's side of a status list.
use std::io::Write;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use flate2::Compression;
use flate2::write::ZlibEncoder;
use serde_json::json;

use super::jwt::JWT_TYP;
use super::{EXP, IAT, LARGEST_LIST, STATUS_LIST, SUB, StatusError, TTL, TYP, write};
use crate::cbor::Encoder;
use crate::cose::Draft;
use crate::time::Timestamp;

/// A status list to be signed.
#[derive(Clone, Debug)]
pub struct StatusListDraft {
    /// The name of the list.
    pub subject: String,
    /// When it is signed.
    pub issued: Timestamp,
    /// When it is past use.
    pub expires: Timestamp,
    /// For how many seconds it may be kept without looking again.
    pub ttl_seconds: u64,
    pub(super) bits: u8,
    pub(super) bytes: Vec<u8>,
}

impl StatusListDraft {
    /// A list of so many entries of 1, 2, 4 or 8 bits, all valid.
    pub fn new(
        subject: &str,
        bits: u8,
        entries: u64,
        issued: Timestamp,
        expires: Timestamp,
    ) -> Result<Self, StatusError> {
        if ![1, 2, 4, 8].contains(&bits) {
            return Err(StatusError::WrongWidth);
        }
        let length = entries.checked_mul(u64::from(bits)).map(|bits| bits.div_ceil(8));
        let length =
            length.and_then(|length| usize::try_from(length).ok()).filter(|length| *length <= LARGEST_LIST);
        let bytes = vec![0; length.ok_or(StatusError::TooLarge)?];
        Ok(Self { subject: subject.to_owned(), issued, expires, ttl_seconds: 900, bits, bytes })
    }

    /// Sets the state at an index; `false` where the list has no such index or its width no such value.
    pub fn set(&mut self, index: u64, value: u8) -> bool {
        write(&mut self.bytes, self.bits, index, value)
    }

    /// The token that waits for the signer.
    pub fn draft(&self, kid: &[u8]) -> Result<Draft, StatusError> {
        self.draft_with(kid, |bytes| {
            let mut zlib = ZlibEncoder::new(Vec::new(), Compression::best());
            zlib.write_all(bytes).and_then(|()| zlib.finish()).ok()
        })
    }

    /// The same, made zlib by the caller (`None`: it cannot): an issuer that writes for a whole nation has the time, and
    /// the library, for a smaller one.
    pub fn draft_with(
        &self,
        kid: &[u8],
        zlib: impl FnOnce(&[u8]) -> Option<Vec<u8>>,
    ) -> Result<Draft, StatusError> {
        let compressed = zlib(&self.bytes).ok_or(StatusError::Inflate)?;
        let mut claims = Encoder::new();
        claims.map(5).int(SUB).text(&self.subject).int(EXP).int(self.expires.as_unix());
        claims.int(IAT).int(self.issued.as_unix());
        claims.int(STATUS_LIST).map(2).text("lst").bytes(&compressed).text("bits").uint(u64::from(self.bits));
        claims.int(TTL).uint(self.ttl_seconds);
        Ok(Draft::es256(kid, TYP, claims.finish()))
    }

    /// The JWT form of the list under another name, an address: what the signer signs (RFC 7515, 5.1), for a signer whom
    /// certificates name (`x5c`: DER, leaf first, without the anchor). `zlib` as for [`StatusListDraft::draft_with`].
    pub fn jwt_signing_input(
        &self,
        subject: &str,
        x5c: &[&[u8]],
        zlib: impl FnOnce(&[u8]) -> Option<Vec<u8>>,
    ) -> Result<String, StatusError> {
        let compressed = zlib(&self.bytes).ok_or(StatusError::Inflate)?;
        let x5c: Vec<String> = x5c.iter().map(|der| STANDARD.encode(der)).collect();
        let header = json!({"alg": "ES256", "typ": JWT_TYP, "x5c": x5c});
        let payload = json!({
            "sub": subject, "iat": self.issued.as_unix(), "exp": self.expires.as_unix(), "ttl": self.ttl_seconds,
            "status_list": {"bits": self.bits, "lst": URL_SAFE_NO_PAD.encode(compressed)},
        });
        let part = |value: serde_json::Value| URL_SAFE_NO_PAD.encode(value.to_string());
        Ok(format!("{}.{}", part(header), part(payload)))
    }
}
