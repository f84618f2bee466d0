//! The issuer's side (RFC 9901, 4.1 and 4.2).
use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Map, Value, json};
use trust::p256::PublicKey;
use trust::random::Random;
use trust::time::Timestamp;

use super::disclosure::{ELEMENT, SD, SD_ALG, digest};
use super::{MOST_NESTING, NEVER_DISCLOSED, SD_JWT_VC, SHA_256, SdJwtError, Step};
use crate::claims::StatusReference;
use crate::jose::{Jwk, compact, signing_input};

/// An SD-JWT VC to be signed by its issuer.
#[derive(Clone, Debug)]
pub struct SdJwtDraft {
    /// The type.
    pub vct: String,
    /// What it says, besides the members below; `iss` and `iat` may be among it.
    pub claims: Map<String, Value>,
    /// What of `claims` the holder may keep back. A place inside another is hidden within it.
    pub selective: BTreeSet<Vec<Step>>,
    /// How many digests of nothing are put into every list of digests.
    pub decoys: usize,
    /// The device key that it is bound to.
    pub cnf: Option<PublicKey>,
    /// Its first second, if it has one.
    pub not_before: Option<Timestamp>,
    /// When its time is over.
    pub expires: Timestamp,
    /// Where its status will stand.
    pub status: Option<StatusReference>,
    /// The issuer's certificates, DER, leaf first, without the anchor.
    pub chain: Vec<Vec<u8>>,
}

/// An SD-JWT VC that waits for its issuer's signature.
#[derive(Clone, Debug)]
pub struct UnsignedSdJwt {
    input: String,
    disclosures: Vec<String>,
}

impl SdJwtDraft {
    /// Draws the salts and hashes what may be kept back.
    ///
    /// # Errors
    /// [`SdJwtError::Name`] for a claim with a reserved name, [`SdJwtError::HiddenClaim`] for one that must stand open,
    /// [`SdJwtError::NoSuchClaim`] for a place that is not there.
    pub fn prepare(&self, random: &mut dyn Random) -> Result<UnsignedSdJwt, SdJwtError> {
        let open = |path: &Vec<Step>| matches!(path.first(), Some(Step::Key(name)) if NEVER_DISCLOSED.contains(&&**name));
        if self.selective.iter().any(open) {
            return Err(SdJwtError::HiddenClaim);
        }
        let set_here = ["vct", "cnf", "nbf", "exp", "status", SD_ALG];
        if set_here.iter().any(|name| self.claims.contains_key(*name)) {
            return Err(SdJwtError::Name);
        }
        let mut hiding = Hiding { draft: self, random, path: Vec::new(), disclosures: Vec::new(), hidden: 0 };
        let mut payload = hiding.object(&self.claims)?;
        if hiding.hidden != self.selective.len() {
            return Err(SdJwtError::NoSuchClaim);
        }
        let disclosures = hiding.disclosures;
        let mut set = |name: &str, value: Value| drop(payload.insert(name.to_owned(), value));
        set("vct", self.vct.as_str().into());
        set("exp", self.expires.as_unix().into());
        set(SD_ALG, SHA_256.into());
        if let Some(key) = self.cnf {
            set("cnf", json!({"jwk": Jwk::new(key).to_json()}));
        }
        if let Some(not_before) = self.not_before {
            set("nbf", not_before.as_unix().into());
        }
        if let Some(status) = &self.status {
            set("status", json!({"status_list": {"idx": status.index, "uri": status.uri}}));
        }
        let chain: Vec<String> = self.chain.iter().map(|der| STANDARD.encode(der)).collect();
        let mut header = json!({"alg": "ES256", "typ": SD_JWT_VC});
        if let (Some(header), false) = (header.as_object_mut(), chain.is_empty()) {
            header.insert("x5c".to_owned(), chain.into());
        }
        Ok(UnsignedSdJwt { input: signing_input(&header, &Value::Object(payload)), disclosures })
    }
}

/// The walk over the claims.
struct Hiding<'a> {
    draft: &'a SdJwtDraft,
    random: &'a mut dyn Random,
    path: Vec<Step>,
    disclosures: Vec<String>,
    hidden: usize,
}

impl Hiding<'_> {
    fn object(&mut self, members: &Map<String, Value>) -> Result<Map<String, Value>, SdJwtError> {
        let (mut out, mut digests) = (Map::new(), Vec::new());
        for (name, value) in members {
            if name == SD || name == ELEMENT {
                return Err(SdJwtError::Name);
            }
            let (value, hide) = self.value(Step::Key(name.as_str().into()), value)?;
            if hide {
                let salt = self.salt()?;
                digests.push(self.disclose(&json!([salt, name, value])));
            } else {
                out.insert(name.clone(), value);
            }
        }
        if !digests.is_empty() {
            for _ in 0..self.draft.decoys {
                digests.push(digest(&self.salt()?));
            }
            // In the order of the digests, so that the order says nothing of the claims.
            digests.sort_unstable();
            out.insert(SD.to_owned(), digests.into());
        }
        Ok(out)
    }

    fn array(&mut self, elements: &[Value]) -> Result<Vec<Value>, SdJwtError> {
        let mut out = Vec::new();
        for (index, value) in elements.iter().enumerate() {
            let (value, hide) = self.value(Step::Index(index), value)?;
            if hide {
                let salt = self.salt()?;
                out.push(json!({ELEMENT: self.disclose(&json!([salt, value]))}));
            } else {
                out.push(value);
            }
        }
        Ok(out)
    }

    /// A value with its inside hidden, and whether it is to be hidden itself.
    fn value(&mut self, step: Step, value: &Value) -> Result<(Value, bool), SdJwtError> {
        if self.path.len() >= MOST_NESTING {
            return Err(SdJwtError::TooDeep);
        }
        self.path.push(step);
        let hide = self.draft.selective.contains(&self.path);
        self.hidden += usize::from(hide);
        let value = match value {
            Value::Object(members) => self.object(members).map(Value::Object)?,
            Value::Array(elements) => self.array(elements).map(Value::Array)?,
            other => other.clone(),
        };
        self.path.pop();
        Ok((value, hide))
    }

    /// 128 bits (RFC 9901, 9.3).
    fn salt(&mut self) -> Result<String, SdJwtError> {
        let mut salt = [0; 16];
        self.random.fill(&mut salt).map_err(|_| SdJwtError::NoRandom)?;
        Ok(URL_SAFE_NO_PAD.encode(salt))
    }

    fn disclose(&mut self, content: &Value) -> String {
        let disclosure = URL_SAFE_NO_PAD.encode(content.to_string());
        let digest = digest(&disclosure);
        self.disclosures.push(disclosure);
        digest
    }
}

impl UnsignedSdJwt {
    /// The bytes that the issuer signs.
    pub fn to_be_signed(&self) -> &[u8] {
        self.input.as_bytes()
    }

    /// The SD-JWT with its signature and all its disclosures.
    pub fn assemble(&self, signature: &[u8; 64]) -> String {
        let mut out = compact(&self.input, signature);
        for disclosure in &self.disclosures {
            out.push('~');
            out.push_str(disclosure);
        }
        out.push('~');
        out
    }
}
