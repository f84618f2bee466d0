//! A desk that decides on a scanned text: a trust list with one foreign issuer of each format, no status.
use std::io::Write;
use std::sync::OnceLock;

use trust::anchors::{ForeignIssuer, ForeignKey, Trust, TrustListDraft};
use trust::status::StatusStore;
use trust::time::Timestamp;
use verifier::{Decision, NoSeenList, Policy, verify};

use crate::{base45, signed};

/// Some time at which nothing of the desk has expired: 2025-06-01.
pub const NOW: Timestamp = Timestamp::from_unix(1_748_736_000);

/// The trust list of the desk.
pub fn trust() -> &'static Trust {
    static TRUST: OnceLock<Trust> = OnceLock::new();
    TRUST.get_or_init(|| {
        let list = TrustListDraft {
            sequence: 1,
            issued: NOW,
            expires: NOW.plus_seconds(86_400),
            issuers: Vec::new(),
            status_signers: Vec::new(),
            status_base: String::new(),
            successor: None,
        };
        // The empty `kid`: what names no key is checked with this one.
        let foreign = ["claim-169", "eu-dcc"].map(|format| ForeignIssuer {
            format: format.to_owned(),
            kid: Vec::new(),
            key: ForeignKey::P256(signed::key()),
            name: "Known".to_owned(),
            uses: Vec::new(),
        });
        let draft = list.draft_with(signed::KID, &foreign).unwrap();
        let list = draft.assemble(&signed::sign(&draft.to_be_signed()));
        Trust::load(&[signed::key()], &list, 0, NOW).unwrap()
    })
}

/// What the desk decides.
///
/// # Panics
/// Where it accepts: nothing that a fuzzer makes up is signed by an issuer of credentials.
pub fn decide(text: &str) {
    let decision = verify(text, trust(), &StatusStore::new(), &Policy::clinic(), &mut NoSeenList, NOW, NOW);
    assert!(!matches!(decision, Decision::Accepted(_)), "accepted {text}");
}

/// A CWT packed as others pack it: Base45 of zlib.
pub fn packed(token: &[u8]) -> String {
    let mut zlib = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
    zlib.write_all(token).unwrap();
    base45::encode(&zlib.finish().unwrap())
}
