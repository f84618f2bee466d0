//! The platform's list of certificates that it took back, as it publishes them: JSON by serial number.
use std::collections::BTreeSet;

use serde::Deserialize;

use crate::certificates::Certificate;

/// Serial numbers of certificates that are not to be believed.
#[derive(Clone, Debug, Default)]
pub struct Revocations(BTreeSet<String>);

/// The list is not of the published form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a revocation list of attestation keys")]
pub struct RevocationsError;

#[derive(Deserialize)]
struct List {
    entries: std::collections::BTreeMap<String, Entry>,
}

#[derive(Deserialize)]
struct Entry {
    /// `REVOKED` or `SUSPENDED`; whatever else is listed is not believed either.
    #[serde(rename = "status")]
    _status: String,
}

impl Revocations {
    /// From the published JSON: `{"entries": {"<serial, hexadecimal>": {"status": "REVOKED", ...}}}`.
    pub fn from_json(text: &[u8]) -> Result<Self, RevocationsError> {
        let list: List = serde_json::from_slice(text).map_err(|_| RevocationsError)?;
        let serial = |serial: String| {
            let is_hex = !serial.is_empty() && serial.bytes().all(|digit| digit.is_ascii_hexdigit());
            let plain = serial.to_ascii_lowercase().trim_start_matches('0').to_owned();
            is_hex.then_some(plain).ok_or(RevocationsError)
        };
        list.entries.into_keys().map(serial).collect::<Result<_, _>>().map(Self)
    }

    pub(super) fn names(&self, certificate: &Certificate) -> bool {
        self.0.contains(&certificate.serial_hex())
    }
}
