//! A clinic's desk that shows a question.

use credential::claims::key::CLINIC_SET;
use presentation::challenge::{self, ChallengeDraft, DeskCertificateDraft};
use test_key::TestKey;
use trust::p256::PublicKey;
use trust::time::Timestamp;

use super::provider::server_time;

pub const NAME: &str = "01001 · Quầy 3";
pub const CNONCE: [u8; 16] = [3; 16];

pub struct TestDesk {
    pub key: TestKey,
    pub asked_at: Timestamp,
    pub asked: Vec<i64>,
    pub minimum_level: Option<u8>,
    pub encryption_key: Option<PublicKey>,
}

impl TestDesk {
    pub fn new() -> Self {
        let (asked_at, asked) = (server_time(), Vec::new());
        Self { key: TestKey::new(), asked_at, asked, minimum_level: None, encryption_key: None }
    }

    /// The text of the code on its screen, the desk being named by `authority`.
    pub fn screen(&self, authority: &TestKey) -> String {
        let certificate = DeskCertificateDraft {
            iss: "vn-desks",
            kid: &[2],
            name: NAME,
            key: &self.key.public(),
            issued_at: server_time(),
            expires_at: server_time().plus_seconds(3600),
            may_ask: &CLINIC_SET,
        }
        .prepare()
        .unwrap();
        let certificate = certificate.assemble(&authority.sign(&certificate.to_be_signed()));
        let question = ChallengeDraft {
            certificate: &certificate,
            issued_at: self.asked_at,
            expires_at: self.asked_at.plus_seconds(60),
            cnonce: &CNONCE,
            minimum_level: self.minimum_level,
            encryption_key: self.encryption_key.as_ref(),
            asked: &self.asked,
            purpose: "khám bệnh",
        }
        .prepare()
        .unwrap();
        challenge::encode(&question.assemble(&self.key.sign(&question.to_be_signed())))
    }
}
