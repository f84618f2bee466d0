//! The documents that the issuer makes, and what is wrong with them where a test says so.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use credential::mdoc::{KeyAuthorizations, MdocDraft, NewElement};
use credential::sd_jwt::{SdJwtDraft, Step};
use serde_json::{Value, json};
use test_key::{Authority, TestKey};
use trust::p256::PublicKey;
use trust::random::SystemRandom;
use trust::time::Timestamp;

use super::{DOCTYPE, DocumentFault, DocumentIssuer};
use crate::doubles::provider::SERVER_TIME;
use crate::doubles::server::Reply;

impl DocumentIssuer {
    /// The answer with a copy for each of these keys.
    pub(super) fn issued(&self, mut keys: Vec<PublicKey>) -> Reply {
        match self.fault {
            DocumentFault::ForeignKey => *keys.last_mut().unwrap() = TestKey::new().public(),
            DocumentFault::OneKeyForAll => keys = vec![keys[0]; keys.len()],
            DocumentFault::OneTooMany => keys.push(TestKey::new().public()),
            DocumentFault::NoCopies => keys.clear(),
            _ => {}
        }
        if self.backwards {
            keys.reverse();
        }
        let copies = keys.iter().map(|key| json!({"credential": self.issue(*key)}));
        let copies: Vec<Value> = copies.collect();
        self.sealed(&json!({"credentials": copies, "notification_id": "n-1"}))
    }

    fn issue(&self, device_key: PublicKey) -> String {
        let from = Timestamp::from_unix(self.begins);
        let until = from.plus_seconds(if self.fault == DocumentFault::Expired { 1800 } else { 86_400 });
        let kind = if self.fault == DocumentFault::OtherType { "other" } else { DOCTYPE };
        let other_root = Authority::root("Root of the Test");
        let chain = match self.fault {
            DocumentFault::OtherRoot => other_root.issue("Signer of the Test", &self.key),
            _ => self.chain.clone(),
        };
        if self.sd_jwt {
            return self.issue_sd_jwt(kind, device_key, until, chain);
        }
        let element = |identifier: &str, text: &str| NewElement {
            namespace: "org.iso.18013.5.1".to_owned(),
            identifier: identifier.to_owned(),
            value: trust::cbor::to_vec(&text).unwrap(),
        };
        let draft = MdocDraft {
            doc_type: kind.to_owned(),
            elements: vec![element("family_name", "Nguyễn"), element("document_number", "000199012345")],
            device_key,
            authorizations: KeyAuthorizations::default(),
            signed: from,
            valid_from: from,
            valid_until: until,
            status: None,
            chain: vec![chain],
        };
        let unsigned = draft.prepare(&mut SystemRandom::new()).unwrap();
        URL_SAFE_NO_PAD.encode(unsigned.assemble(&self.sign(&unsigned.to_be_signed())))
    }

    fn issue_sd_jwt(&self, vct: &str, key: PublicKey, expires: Timestamp, chain: Vec<u8>) -> String {
        let claims = json!({"iat": SERVER_TIME - 3600, "family_name": "Nguyễn", "number": "000199012345"});
        let selective = ["family_name", "number"].map(|name| vec![Step::Key(name.into())]);
        let draft = SdJwtDraft {
            vct: vct.to_owned(),
            claims: claims.as_object().unwrap().clone(),
            selective: selective.into(),
            decoys: 1,
            cnf: Some(key),
            not_before: Some(Timestamp::from_unix(self.begins)),
            expires,
            status: None,
            chain: vec![chain],
        };
        let unsigned = draft.prepare(&mut SystemRandom::new()).unwrap();
        unsigned.assemble(&self.sign(unsigned.to_be_signed()))
    }

    fn sign(&self, message: &[u8]) -> [u8; 64] {
        let mut signature = self.key.sign(message);
        if self.fault == DocumentFault::Flipped {
            signature[40] ^= 1;
        }
        signature
    }
}
