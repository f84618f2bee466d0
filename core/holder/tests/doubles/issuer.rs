//! An OpenID4VCI issuer with its trust list, checking requests as the standard says and failing as a test says.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use credential::claims::{CitizenClaims, ClinicClaims, InsuranceClaims, Sex, StatusReference, Vct};
use credential::jose::{Jwk, Jws};
use credential::sd_cwt::{Redaction, SdCwtDraft};
use jiff::civil::date;
use presentation::challenge::DESK_AUTHORITY;
use presentation::level_statement::{LEVEL_AUTHORITY, LevelStatementDraft};
use serde_json::{Value, json};
use test_key::TestKey;
use trust::anchors::{Issuer, ListedCertificate, TrustListDraft};
use trust::p256::PublicKey;
use trust::time::Timestamp;

use super::provider::SERVER_TIME;
use super::server::{Asked, Reply};

/// What the issuer does wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Fault {
    #[default]
    None,
    /// Metadata of another issuer.
    OtherIssuerInMetadata,
    /// Authorization server metadata of another server.
    OtherServerInMetadata,
    /// Refuses this many nonces before it takes one.
    StaleNonces(u32),
    /// The credential is bound to another key.
    OtherKey,
    /// The credential is of another type.
    OtherType,
    /// The credential has expired.
    Expired,
    /// The credential is signed by a key that the trust list does not hold.
    OtherIssuerKey,
    /// A bit of the credential is flipped.
    Flipped,
    /// The trust list says that the issuer is revoked.
    RevokedIssuer,
    /// The trust list is signed by another root.
    OtherRoot,
    /// The trust list is older than before.
    OlderTrustList,
    /// The credential comes later.
    Deferred,
    /// Ends the connection instead of handing over the credential.
    HangUp,
    /// Answers with two members of one name.
    DuplicateMember,
}

/// What is wrong with a level statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LevelFault {
    #[default]
    None,
    /// It is about another key.
    OtherKey,
    /// Somebody else signed it.
    OtherSigner,
    /// It is an hour old.
    Old,
    /// It is something else.
    NoStatement,
}

pub struct TestIssuer {
    pub fault: Fault,
    /// Demand this transaction code.
    pub transaction_code: Option<String>,
    /// Name credential identifiers in the token answer.
    pub identifiers: bool,
    /// The credential is that of a minor in this guardian's care.
    pub guardian: Option<String>,
    /// The offer under way is for a minor.
    pub for_ward: bool,
    /// The citizen credential's claims can be kept back one by one.
    pub redacted: bool,
    /// The portrait that comes beside each credential, and the one whose hash stands in it.
    pub portrait: Option<Vec<u8>>,
    pub hashed: Option<Vec<u8>>,
    /// Whom the trust list names by certificates, how long it is good, and how often it was fetched.
    pub certificates: Vec<ListedCertificate>,
    pub list_life: i64,
    pub lists_fetched: u32,
    /// Names the desks of clinics.
    pub desks: TestKey,
    /// States authentication levels, and what is wrong with its next statement.
    pub levels: TestKey,
    pub level_fault: LevelFault,
    root: TestKey,
    key: TestKey,
    sequence: u64,
    codes: u32,
    nonces: u32,
    stale: u32,
    wanted: Vec<(String, Vct)>,
}

impl Default for TestIssuer {
    fn default() -> Self {
        Self {
            fault: Fault::None,
            transaction_code: None,
            identifiers: false,
            guardian: None,
            for_ward: false,
            redacted: false,
            portrait: None,
            hashed: None,
            certificates: Vec::new(),
            list_life: 86_400,
            lists_fetched: 0,
            desks: TestKey::new(),
            levels: TestKey::new(),
            level_fault: LevelFault::None,
            root: TestKey::new(),
            key: TestKey::new(),
            sequence: 10,
            codes: 0,
            nonces: 0,
            stale: 0,
            wanted: Vec::new(),
        }
    }
}

impl TestIssuer {
    /// The key that its credentials are signed with.
    pub fn public(&self) -> PublicKey {
        self.key.public()
    }

    /// A new offer, by value.
    pub fn offer(&mut self, name: &str, url: &str) -> Value {
        let id = if name == "citizen" { "citizen_sd_cwt" } else { "health_insurance_sd_cwt" };
        let query = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("credential_offer", &self.offer_object(&[id], url).to_string())
            .finish();
        json!({"credential_offer": format!("openid-credential-offer://?{query}")})
    }

    /// The offer object for these configurations.
    pub fn offer_object(&mut self, ids: &[&str], url: &str) -> Value {
        self.codes += 1;
        let mut grant = json!({"pre-authorized_code": format!("code-{}", self.codes)});
        if self.transaction_code.is_some() {
            grant["tx_code"] = json!({"length": 4});
        }
        json!({"credential_issuer": url, "credential_configuration_ids": ids,
               "grants": {"urn:ietf:params:oauth:grant-type:pre-authorized_code": grant}})
    }

    pub fn answer(&mut self, asked: &Asked, url: &str) -> Option<Reply> {
        Some(match asked.path.as_str() {
            "/trust/root.pub" => {
                let hex = hex::encode(self.root.public().uncompressed());
                Reply::bytes(format!("{hex}\n").into_bytes())
            }
            "/trust/trust-list.cwt" => Reply::bytes(self.trust_list()),
            "/offer/both" => {
                Reply::json(&self.offer_object(&["citizen_sd_cwt", "health_insurance_sd_cwt"], url))
            }
            "/.well-known/openid-credential-issuer" => Reply::json(&self.metadata(url)),
            "/.well-known/oauth-authorization-server" => {
                let issuer =
                    if self.fault == Fault::OtherServerInMetadata { "https://other.vn" } else { url };
                Reply::json(&json!({"issuer": issuer, "token_endpoint": format!("{url}/token")}))
            }
            "/token" => self.token(&asked.body),
            "/nonce" => {
                self.nonces += 1;
                Reply::json(&json!({"c_nonce": format!("nonce-{}", self.nonces)}))
            }
            "/credential" => return self.credential(asked, url),
            path => panic!("asked for {path}"),
        })
    }

    fn trust_list(&mut self) -> Vec<u8> {
        let issued = Timestamp::from_unix(SERVER_TIME - 100);
        let issuer = Issuer {
            iss: "vn.gov".to_owned(),
            kid: vec![1],
            key: self.key.public(),
            name: "Ministry of the Test".to_owned(),
            vcts: vec![Vct::Citizen.urn().to_owned(), Vct::HealthInsurance.urn().to_owned()],
            not_before: issued,
            not_after: issued.plus_seconds(86_400),
            revoked: self.fault == Fault::RevokedIssuer,
        };
        let desks = Issuer {
            iss: "vn-desks".to_owned(),
            kid: vec![2],
            key: self.desks.public(),
            name: "Register of the Test".to_owned(),
            vcts: vec![DESK_AUTHORITY.to_owned()],
            revoked: false,
            ..issuer.clone()
        };
        let levels = Issuer {
            iss: "vn-level".to_owned(),
            key: self.levels.public(),
            vcts: vec![LEVEL_AUTHORITY.to_owned()],
            ..desks.clone()
        };
        let draft = TrustListDraft {
            sequence: if self.fault == Fault::OlderTrustList { self.sequence - 1 } else { self.sequence },
            issued,
            expires: issued.plus_seconds(self.list_life),
            issuers: vec![issuer, desks, levels],
            status_signers: Vec::new(),
            status_base: "https://127.0.0.1/status/".to_owned(),
            successor: None,
        };
        self.lists_fetched += 1;
        let draft = draft.draft_naming(b"r", &[], &self.certificates).unwrap();
        let other = TestKey::new();
        let root = if self.fault == Fault::OtherRoot { &other } else { &self.root };
        draft.assemble(&root.sign(&draft.to_be_signed()))
    }

    /// A statement of this level for this key, as the fault has it.
    pub fn state_level(&mut self, key: &Jwk, level: u8) -> Value {
        let fault = self.level_fault;
        let age = if fault == LevelFault::Old { 3600 } else { 0 };
        let issued_at = Timestamp::from_unix(SERVER_TIME - age);
        let other = TestKey::new();
        let others = other.public();
        let draft = LevelStatementDraft {
            iss: "vn-level",
            kid: &[2],
            key: if fault == LevelFault::OtherKey { &others } else { key.key() },
            level,
            issued_at,
            expires_at: issued_at.plus_seconds(300),
        };
        let draft = draft.prepare().unwrap();
        let signer = if fault == LevelFault::OtherSigner { &other } else { &self.levels };
        let mut statement = draft.assemble(&signer.sign(&draft.to_be_signed()));
        if fault == LevelFault::NoStatement {
            statement = self.trust_list();
        }
        json!({"statement": URL_SAFE_NO_PAD.encode(statement), "level": level, "expires_in": 300})
    }

    fn metadata(&self, url: &str) -> Value {
        let configuration = |vct: Vct| {
            json!({"format": "dc+sd-cwt", "vct": vct.urn(), "cryptographic_binding_methods_supported": ["jwk"],
                   "proof_types_supported": {"jwt": {"proof_signing_alg_values_supported": ["ES256"]}}})
        };
        let issuer = if self.fault == Fault::OtherIssuerInMetadata { "https://other.vn" } else { url };
        json!({
            "credential_issuer": issuer,
            "credential_endpoint": format!("{url}/credential"),
            "nonce_endpoint": format!("{url}/nonce"),
            "credential_configurations_supported": {
                "citizen_sd_cwt": configuration(Vct::Citizen),
                "health_insurance_sd_cwt": configuration(Vct::HealthInsurance),
            },
        })
    }

    fn token(&mut self, body: &[u8]) -> Reply {
        let field = |name: &str| {
            url::form_urlencoded::parse(body)
                .find(|(key, _)| key == name)
                .map(|(_, value)| value.into_owned())
        };
        assert_eq!(field("grant_type").unwrap(), "urn:ietf:params:oauth:grant-type:pre-authorized_code");
        assert_eq!(field("client_id"), None);
        assert_eq!(field("pre-authorized_code").unwrap(), format!("code-{}", self.codes));
        if field("tx_code") != self.transaction_code {
            return Reply::error(400, &json!({"error": "invalid_grant"}));
        }
        let mut answer = json!({"access_token": "token-1", "token_type": "bearer", "expires_in": 60});
        if self.identifiers {
            let detail = |id: &str| {
                json!({"type": "openid_credential", "credential_configuration_id": id,
                       "credential_identifiers": [format!("{id}-x")]})
            };
            answer["authorization_details"] =
                json!([detail("citizen_sd_cwt"), detail("health_insurance_sd_cwt")]);
        }
        Reply::json(&answer)
    }

    fn credential(&mut self, asked: &Asked, url: &str) -> Option<Reply> {
        assert_eq!(asked.authorization, "Bearer token-1");
        let body: Value = serde_json::from_slice(&asked.body).unwrap();
        let proofs = body["proofs"]["jwt"].as_array().unwrap();
        assert_eq!((proofs.len(), body["proofs"].as_object().unwrap().len()), (1, 1));
        let jws =
            Jws::parse(proofs[0].as_str().unwrap(), 4096).unwrap().of_type("openid4vci-proof+jwt").unwrap();
        let key = jws.header().jwk().unwrap().clone();
        let claims = jws.verify(key.key()).unwrap().claims().clone();
        assert_eq!((&claims["aud"], &claims["iat"]), (&json!(url), &json!(SERVER_TIME)));
        assert_eq!(claims["nonce"], format!("nonce-{}", self.nonces));
        assert_eq!(claims.get("iss"), None);
        let id = if self.identifiers {
            assert_eq!(body.get("credential_configuration_id"), None);
            body["credential_identifier"].as_str().unwrap().strip_suffix("-x").unwrap()
        } else {
            assert_eq!(body.get("credential_identifier"), None);
            body["credential_configuration_id"].as_str().unwrap()
        };
        match self.fault {
            Fault::StaleNonces(most) if self.stale < most => {
                self.stale += 1;
                return Some(Reply::error(400, &json!({"error": "invalid_nonce"})));
            }
            Fault::Deferred => {
                return Some(Reply::error(202, &json!({"transaction_id": "t", "interval": 5})));
            }
            Fault::HangUp => return None,
            _ => {}
        }
        let vct = if id == "citizen_sd_cwt" { Vct::Citizen } else { Vct::HealthInsurance };
        let credential = URL_SAFE_NO_PAD.encode(self.issue(vct, &key));
        let mut issued = json!({"credential": credential});
        if let Some(portrait) = &self.portrait {
            issued["portrait"] = json!(URL_SAFE_NO_PAD.encode(portrait));
        }
        let mut text = json!({"credentials": [issued]}).to_string();
        if self.fault == Fault::DuplicateMember {
            text = text.replacen("{\"credential\"", "{\"credential\":\"\",\"credential\"", 1);
        }
        Some(Reply::bytes(text.into_bytes()))
    }

    fn issue(&self, vct: Vct, key: &Jwk) -> Vec<u8> {
        let (fault, other) = (self.fault, TestKey::new());
        let iat =
            Timestamp::from_unix(if fault == Fault::Expired { SERVER_TIME - 7200 } else { SERVER_TIME });
        let person = CitizenClaims {
            number: "000199012345".to_owned(),
            name: "Nguyễn Thị Mẫu".to_owned(),
            birth_date: date(1999, 1, 1),
            sex: Sex::Female,
            level_policy: Some(3),
            portrait_hash: self.hashed.as_ref().map(|portrait| {
                let hash = ring::digest::digest(&ring::digest::SHA256, portrait);
                hash.as_ref()[..16].try_into().unwrap()
            }),
            guardian: self.guardian.clone().or(self.for_ward.then(|| "000180000001".to_owned())),
        };
        let insurance = InsuranceClaims {
            number: "GD4000012345678".to_owned(),
            valid_from: None,
            valid_to: date(2027, 12, 31),
            facility: "01001".to_owned(),
            benefit_level: 4,
            five_years_from: None,
            area: None,
            object_group: None,
        };
        let vct = match vct {
            Vct::HealthInsurance if fault == Fault::OtherType => Vct::Citizen,
            vct => vct,
        };
        let claims = match vct {
            Vct::Citizen => person.into(),
            Vct::HealthInsurance => ClinicClaims { person, insurance }.into(),
        };
        let draft = SdCwtDraft {
            iss: "vn.gov".to_owned(),
            sub: "a1b2c3d4".to_owned(),
            kid: vec![1],
            vct,
            iat,
            exp: iat.plus_seconds(7200),
            cnf: if fault == Fault::OtherKey { other.public() } else { *key.key() },
            status: StatusReference { uri: "s:7".to_owned(), index: 4711 },
            claims,
            redaction: if self.redacted { Redaction::EachClaim } else { Redaction::None },
        };
        let unsigned = draft.prepare(&mut trust::random::SystemRandom::new()).unwrap();
        let signer = if fault == Fault::OtherIssuerKey { &other } else { &self.key };
        let mut bytes = unsigned.assemble(&signer.sign(&unsigned.to_be_signed()));
        if fault == Fault::Flipped {
            *bytes.last_mut().unwrap() ^= 1;
        }
        bytes
    }
}
