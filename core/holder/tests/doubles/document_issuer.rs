//! An issuer of mdocs and SD-JWT VCs with an authorization server of its own, each with its own nonces for proofs of possession. It checks
//! requests as OpenID4VCI 1.0 and RFC 9449 say, and fails as a test says.

mod documents;

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use credential::jose::jwe::{DecryptionKey, Encryption, Jwe, Parties, encrypt};
use credential::jose::{Jwk, Jws};
use ring::digest::{SHA256, digest};
use serde_json::{Value, json};
use test_key::{Authority, TestKey};
use trust::p256::PublicKey;

use super::attested::{ClientCheck, KeyCheck, key_proof};
use super::provider::SERVER_TIME;
use super::server::{Asked, Reply, Server};

pub const DOCTYPE: &str = "org.iso.18013.5.1.mDL";
pub const REDIRECT: &str = "https://wallet.vn/back";
pub const CLIENT: &str = "sen-wallet";

/// What the issuer does wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DocumentFault {
    #[default]
    None,
    /// The last copy is bound to a key that the wallet never proved.
    ForeignKey,
    /// All copies are bound to the first key.
    OneKeyForAll,
    /// More copies than keys.
    OneTooMany,
    /// None at all.
    NoCopies,
    OtherType,
    Expired,
    /// Signed under another root.
    OtherRoot,
    Flipped,
    /// A bearer token, though tokens are bound to keys here.
    BearerToken,
    /// Refuses every nonce in proofs of possession.
    EndlessNonces,
    /// Refuses every nonce in key proofs.
    StaleNonces,
    /// Denies for good what it put off.
    Denied,
    /// Takes no refresh token any more.
    LeaveOver,
    /// Answers in the clear though encryption was agreed on.
    InTheClear,
    /// Encrypts with a shorter key than was agreed on.
    Weaker,
    /// Metadata of the authorization server name another one.
    OtherServer,
}

pub struct DocumentIssuer {
    pub fault: DocumentFault,
    pub bound: bool,
    pub batch: Option<usize>,
    pub refresh: bool,
    pub backwards: bool,
    /// SD-JWT VCs instead of mdocs.
    pub sd_jwt: bool,
    /// When documents begin, in seconds of the server's time.
    pub begins: i64,
    /// How often a document is put off.
    pub put_off: u32,
    /// Requests and answers are to be encrypted, and with what.
    pub encrypted: Option<&'static [&'static str]>,
    request_key: Option<DecryptionKey>,
    response_key: Option<Value>,
    /// The next access token is no longer taken.
    pub token_expired: bool,
    /// The events that it was told of.
    pub notified: Vec<String>,
    pub asked: Vec<String>,
    /// What was pushed, as fields.
    pub pushed: Vec<(String, String)>,
    root: Authority,
    key: TestKey,
    chain: Vec<u8>,
    server_nonces: u32,
    resource_nonces: u32,
    challenges: u32,
    proofs: HashSet<String>,
    thumbprint: Option<String>,
    tokens: u32,
    awaited: Vec<PublicKey>,
    pub client: Option<ClientCheck>,
    pub key_check: Option<KeyCheck>,
}

/// A running one.
pub struct RunningIssuer {
    pub server: Server,
    state: Arc<Mutex<DocumentIssuer>>,
    pub anchors_pem: String,
}

impl RunningIssuer {
    pub async fn start() -> Self {
        let (root, key) = (Authority::root("Root of the Test"), TestKey::new());
        let (chain, anchors_pem) = (root.issue("Signer of the Test", &key), root.pem());
        let issuer = DocumentIssuer {
            fault: DocumentFault::None,
            bound: false,
            batch: None,
            refresh: false,
            backwards: false,
            sd_jwt: false,
            begins: SERVER_TIME - 3600,
            put_off: 0,
            encrypted: None,
            request_key: None,
            response_key: None,
            token_expired: false,
            awaited: Vec::new(),
            notified: Vec::new(),
            asked: Vec::new(),
            pushed: Vec::new(),
            root,
            key,
            chain,
            server_nonces: 0,
            resource_nonces: 0,
            challenges: 0,
            proofs: HashSet::new(),
            thumbprint: None,
            tokens: 0,
            client: None,
            key_check: None,
        };
        let state = Arc::new(Mutex::new(issuer));
        let shared = state.clone();
        let server = Server::start(move |asked, url| Some(shared.lock().unwrap().answer(&asked, url))).await;
        Self { server, state, anchors_pem }
    }

    pub fn state(&self) -> MutexGuard<'_, DocumentIssuer> {
        self.state.lock().unwrap()
    }

    /// An offer by reference.
    pub fn offer(&self) -> String {
        format!("openid-credential-offer://?credential_offer_uri={}/offer", self.server.url)
    }

    /// The address that the browser comes back to, with these fields.
    pub fn returned(&self, changes: &[(&str, Option<&str>)]) -> String {
        let state = self.state();
        let sent = state.pushed.iter().find(|(name, _)| name == "state").unwrap().1.clone();
        let iss = format!("{}/as", self.server.url);
        let mut fields = vec![("code", Some("agreed")), ("state", Some(sent.as_str())), ("iss", Some(&iss))];
        for change in changes {
            fields.retain(|(name, _)| name != &change.0);
            fields.push(*change);
        }
        let fields = fields.iter().filter_map(|(name, value)| Some((*name, (*value)?)));
        format!(
            "{REDIRECT}?{}",
            url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish()
        )
    }
}

impl DocumentIssuer {
    fn answer(&mut self, asked: &Asked, url: &str) -> Reply {
        self.asked.push(asked.path.clone());
        if let (Some(client), "/as/par" | "/as/token") = (&mut self.client, asked.path.as_str())
            && let Err(reply) = client.check(asked, url)
        {
            return reply;
        }
        match asked.path.as_str() {
            "/offer" => Reply::json(&json!({
                "credential_issuer": format!("{url}/tenant"), "credential_configuration_ids": ["licence"],
                "grants": {
                    "authorization_code": {"issuer_state": "from-the-offer"},
                    "urn:ietf:params:oauth:grant-type:pre-authorized_code": {"pre-authorized_code": "code"},
                },
            })),
            "/.well-known/openid-credential-issuer/tenant" => Reply::json(&self.metadata(url)),
            "/.well-known/oauth-authorization-server/as" => Reply::json(&self.server_metadata(url)),
            "/as/challenge" => Reply::json(&self.client.as_mut().unwrap().challenge()),
            "/as/par" => self.pushed(asked, url),
            "/as/token" => self.token(asked, url),
            "/tenant/nonce" => {
                self.challenges += 1;
                Reply::json(&json!({"c_nonce": format!("c-{}", self.challenges)}))
            }
            "/tenant/credential" => self.credential(asked, url),
            "/tenant/deferred" => self.deferred(asked, url),
            "/tenant/notification" => {
                let told: Value = serde_json::from_slice(&asked.body).unwrap();
                assert_eq!(told["notification_id"], "n-1");
                self.notified.push(told["event"].as_str().unwrap().to_owned());
                Reply::error(204, &Value::Null)
            }
            path => panic!("asked for {path}"),
        }
    }

    fn metadata(&mut self, url: &str) -> Value {
        let issuer = format!("{url}/tenant");
        let mut metadata = json!({
            "credential_issuer": issuer, "authorization_servers": [format!("{url}/as")],
            "credential_endpoint": format!("{issuer}/credential"), "nonce_endpoint": format!("{issuer}/nonce"),
            "notification_endpoint": format!("{issuer}/notification"),
            "deferred_credential_endpoint": format!("{issuer}/deferred"),
            "credential_configurations_supported": {"licence": {
                "format": "mso_mdoc", "doctype": DOCTYPE, "scope": "licence",
                "cryptographic_binding_methods_supported": ["cose_key"],
                "credential_signing_alg_values_supported": [-7, -9],
                "proof_types_supported": {"jwt": {"proof_signing_alg_values_supported": ["ES256"]}},
            }},
        });
        if let Some(names) = self.encrypted {
            let key = DecryptionKey::generate("issuer").unwrap();
            metadata["credential_request_encryption"] = json!({
                "jwks": {"keys": [{"kty": "RSA", "alg": "RSA-OAEP"}, key.to_json()]},
                "enc_values_supported": names, "encryption_required": true});
            metadata["credential_response_encryption"] = json!({
                "alg_values_supported": ["ECDH-ES"], "enc_values_supported": names, "encryption_required": true});
            self.request_key = Some(key);
        }
        if let Some(check) = &self.key_check {
            check.describe(
                &mut metadata["credential_configurations_supported"]["licence"]["proof_types_supported"],
            );
        }
        if self.sd_jwt {
            let licence = &mut metadata["credential_configurations_supported"]["licence"];
            (licence["format"], licence["vct"]) = (json!("dc+sd-jwt"), json!(DOCTYPE));
        }
        if let Some(size) = self.batch {
            metadata["batch_credential_issuance"] = json!({"batch_size": size});
        }
        metadata
    }

    fn server_metadata(&self, url: &str) -> Value {
        let issuer =
            if self.fault == DocumentFault::OtherServer { "https://other.vn" } else { &format!("{url}/as") };
        let mut metadata = json!({
            "issuer": issuer, "token_endpoint": format!("{url}/as/token"),
            "authorization_endpoint": format!("{url}/as/authorize?lang=vi"),
            "pushed_authorization_request_endpoint": format!("{url}/as/par"),
            "authorization_response_iss_parameter_supported": true,
        });
        if let Some(client) = &self.client {
            client.describe(&mut metadata, url);
        }
        if self.bound {
            metadata["dpop_signing_alg_values_supported"] = json!(["ES256"]);
        }
        metadata
    }

    /// Checks a proof of possession; the answer to one without the newest nonce asks for that.
    fn possession(&mut self, asked: &Asked, url: &str, token: Option<&str>) -> Result<(), Reply> {
        let Some(proof) = asked.header("dpop") else {
            assert!(!self.bound, "no proof of possession for {}", asked.path);
            return Ok(());
        };
        let proof = Jws::parse(&proof, 4096).unwrap().of_type("dpop+jwt").unwrap();
        let key = proof.header().jwk().unwrap().clone();
        let claims = proof.verify(key.key()).unwrap().claims().clone();
        assert_eq!(
            (&claims["htm"], &claims["htu"]),
            (&json!("POST"), &json!(format!("{url}{}", asked.path)))
        );
        assert!(self.proofs.insert(claims["jti"].as_str().unwrap().to_owned()), "a proof was used twice");
        let hash = token.map(|token| URL_SAFE_NO_PAD.encode(digest(&SHA256, token.as_bytes())));
        assert_eq!(claims.get("ath").and_then(Value::as_str), hash.as_deref());
        let thumbprint = key.thumbprint_base64url();
        assert_eq!(self.thumbprint.get_or_insert_with(|| thumbprint.clone()), &thumbprint);
        let (name, count) = match token {
            None => ("as", &mut self.server_nonces),
            Some(_) => ("rs", &mut self.resource_nonces),
        };
        if let Some(given) = claims.get("nonce") {
            assert!(given.as_str().unwrap().starts_with(name), "{given} at {}", asked.path);
        }
        let newest = format!("{name}-{count}");
        let fresh = *count > 0 && claims.get("nonce") == Some(&json!(newest));
        if fresh && self.fault != DocumentFault::EndlessNonces {
            return Ok(());
        }
        *count += 1;
        let next = format!("{name}-{count}");
        let reply = match token {
            None => Reply::error(400, &json!({"error": "use_dpop_nonce"})),
            Some(_) => Reply { body: Vec::new(), ..Reply::error(401, &Value::Null) }
                .with("www-authenticate", "Bearer realm=\"tenant\"")
                .with("www-authenticate", "DPoP error=\"use_dpop_nonce\""),
        };
        Err(reply.with("dpop-nonce", &next))
    }

    fn pushed(&mut self, asked: &Asked, url: &str) -> Reply {
        if let Err(reply) = self.possession(asked, url, None) {
            return reply;
        }
        self.pushed = url::form_urlencoded::parse(&asked.body).into_owned().collect();
        Reply::error(201, &json!({"request_uri": "urn:pushed:1", "expires_in": 60}))
    }

    fn token(&mut self, asked: &Asked, url: &str) -> Reply {
        if let Err(reply) = self.possession(asked, url, None) {
            return reply;
        }
        let field = |name: &str| asked.field(name);
        match field("grant_type").unwrap().as_str() {
            "authorization_code" => {
                let verifier = field("code_verifier").unwrap();
                let challenge = URL_SAFE_NO_PAD.encode(digest(&SHA256, verifier.as_bytes()));
                assert!(self.pushed.contains(&("code_challenge".to_owned(), challenge)));
                assert_eq!(field("code").as_deref(), Some("agreed"));
                assert_eq!(
                    (field("redirect_uri").unwrap(), field("client_id").unwrap()),
                    (REDIRECT.into(), CLIENT.into())
                );
            }
            "refresh_token" if self.fault == DocumentFault::LeaveOver => {
                return Reply::error(400, &json!({"error": "invalid_grant"}));
            }
            "refresh_token" => {
                assert_eq!(field("refresh_token").unwrap(), format!("refresh-{}", self.tokens));
            }
            _ => assert_eq!(field("pre-authorized_code").as_deref(), Some("code")),
        }
        self.tokens += 1;
        let kind = if self.bound && self.fault != DocumentFault::BearerToken { "DPoP" } else { "Bearer" };
        let mut answer = json!({"access_token": format!("token-{}", self.tokens), "token_type": kind});
        if self.refresh {
            answer["refresh_token"] = json!(format!("refresh-{}", self.tokens));
        }
        let reply = Reply::json(&answer);
        if !self.bound {
            return reply;
        }
        // A new nonce also with a good answer, which the next proof must carry.
        self.server_nonces += 1;
        reply.with("dpop-nonce", &format!("as-{}", self.server_nonces))
    }

    fn credential(&mut self, asked: &Asked, url: &str) -> Reply {
        let token = format!("token-{}", self.tokens);
        if let Err(reply) = self.possession(asked, url, Some(&token)) {
            return reply;
        }
        let scheme = if self.bound { "DPoP" } else { "Bearer" };
        assert_eq!(asked.authorization, format!("{scheme} {token}"));
        let body = self.opened(asked);
        assert_eq!(body["credential_configuration_id"], "licence");
        assert_eq!(body["proofs"].as_object().unwrap().len(), 1);
        if self.fault == DocumentFault::StaleNonces {
            return Reply::error(400, &json!({"error": "invalid_nonce"}));
        }
        let (audience, nonce) = (format!("{url}/tenant"), format!("c-{}", self.challenges));
        let client = (!self.pushed.is_empty()).then_some(CLIENT);
        let own = |proof: &Value| *key_proof(proof, &audience, &nonce, client).0.key();
        let keys: Vec<PublicKey> = match &self.key_check {
            Some(check) => check.keys(&body["proofs"], &audience, &nonce, client),
            None => body["proofs"]["jwt"].as_array().unwrap().iter().map(own).collect(),
        };
        let distinct: HashSet<_> = keys.iter().map(|key| key.uncompressed().to_vec()).collect();
        assert_eq!(distinct.len(), keys.len());
        if self.put_off > 0 {
            self.awaited = keys;
            return self.not_yet();
        }
        self.issued(keys)
    }

    fn not_yet(&mut self) -> Reply {
        self.put_off -= 1;
        Reply { status: 202, ..self.sealed(&json!({"transaction_id": "t-1", "interval": 60})) }
    }

    fn deferred(&mut self, asked: &Asked, url: &str) -> Reply {
        let token = format!("token-{}", self.tokens);
        if let Err(reply) = self.possession(asked, url, Some(&token)) {
            return reply;
        }
        if std::mem::take(&mut self.token_expired) {
            return Reply::error(401, &json!({"error": "invalid_token"}));
        }
        assert_eq!(self.opened(asked)["transaction_id"], "t-1");
        if self.fault == DocumentFault::Denied {
            return Reply::error(400, &json!({"error": "credential_request_denied"}));
        }
        if self.put_off > 0 {
            return self.not_yet();
        }
        // Handed over again where the answer was lost.
        self.issued(self.awaited.clone())
    }

    /// The body of a request, encrypted where that is demanded.
    fn opened(&mut self, asked: &Asked) -> Value {
        if self.encrypted.is_none() {
            return serde_json::from_slice(&asked.body).unwrap();
        }
        assert_eq!(asked.header("content-type").as_deref(), Some("application/jwt"));
        let jwe = Jwe::parse(std::str::from_utf8(&asked.body).unwrap(), 1 << 20).unwrap();
        assert_eq!((jwe.kid(), jwe.encryption()), (Some("issuer"), Encryption::A256Gcm));
        let body: Value =
            serde_json::from_slice(&jwe.open(self.request_key.take().unwrap()).unwrap()).unwrap();
        let wish = &body["credential_response_encryption"];
        assert_eq!(wish["enc"], "A256GCM");
        assert_ne!(self.response_key.as_ref(), Some(&wish["jwk"]), "a key of one answer alone");
        self.response_key = Some(wish["jwk"].clone());
        body
    }

    fn sealed(&self, answer: &Value) -> Reply {
        let Some(key) = self.response_key.as_ref().filter(|_| self.fault != DocumentFault::InTheClear) else {
            return Reply::json(answer);
        };
        let weaker = self.fault == DocumentFault::Weaker;
        let encryption = if weaker { Encryption::A128Gcm } else { Encryption::A256Gcm };
        let (to, kid) = (*Jwk::from_json(key).unwrap().key(), key["kid"].as_str());
        let sealed = encrypt(&to, kid, encryption, Parties::default(), answer.to_string().as_bytes());
        Reply::bytes(sealed.unwrap().into_bytes())
    }
}
