#![allow(clippy::needless_pass_by_value, reason = "JSON literals read best as they stand")]
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use credential::jose::jwe::{DecryptionKey, Encryption, Parties, encrypt};
use credential::jose::{JoseError, Jws, compact, signing_input};
use serde_json::{Value, json};
use test_key::{Authority, TestKey, rcgen};
use trust::certificates::{Certificate, CertificateAnchors, ChainError};
use trust::time::Timestamp;

use super::*;
use crate::dcql::DcqlError;

mod answered;
mod registered;

const NOW: Timestamp = Timestamp::from_unix(1_780_000_000);
/// Where the request was fetched from.
const ADDRESS: &str = "https://portal.example.vn/request/7";
const RESPONSE_URI: &str = "https://portal.example.vn/answer/7";

/// A verifier with its certificate, and those who vouch for it.
struct World {
    root: Authority,
    registrar_root: Authority,
    key: TestKey,
    chain: Vec<Vec<u8>>,
    encryption_key: DecryptionKey,
}

impl World {
    fn new() -> Self {
        let (root, key) = (Authority::root("Verifiers of the nation"), TestKey::new());
        let leaf = root.issue_with("Portal", &key, |leaf| {
            leaf.subject_alt_names = vec![rcgen::SanType::DnsName("portal.example.vn".try_into().unwrap())];
        });
        let encryption_key = DecryptionKey::generate("1").unwrap();
        Self { root, registrar_root: Authority::root("Register"), key, chain: vec![leaf], encryption_key }
    }

    fn client_id(&self) -> ClientId {
        ClientId::of_certificate(Certificate::parse(&self.chain[0]).unwrap().sha256())
    }

    /// A good request, as header and payload.
    fn request(&self) -> (Value, Value) {
        let (client_id, query) = (self.client_id(), query());
        let draft = RequestDraft {
            client_id: &client_id,
            chain: &self.chain,
            response_uri: RESPONSE_URI,
            nonce: "n-0S6_WzA2Mj.~",
            state: "eyJhb6-sVA",
            query: &query,
            transaction: None,
            encryption_key: Some(&self.encryption_key),
            verifier_info: &[],
            wallet_nonce: None,
            issued_at: NOW,
            expires_at: NOW.plus_seconds(60),
        };
        let object = compact(&draft.signing_input(), &self.key.sign(draft.signing_input().as_bytes()));
        let jws = Jws::parse(&object, LONGEST_REQUEST).unwrap();
        let header = Value::Object(jws.header().members().clone());
        (header, Value::Object(jws.verify(&self.key.public()).unwrap().claims().clone()))
    }

    fn sign(&self, (header, payload): &(Value, Value)) -> String {
        let input = signing_input(header, payload);
        compact(&input, &self.key.sign(input.as_bytes()))
    }

    /// The wallet's verdict on a request with one thing changed.
    fn verify_with(&self, change: impl FnOnce(&mut Value, &mut Value)) -> Result<VerifiedRequest, Refused> {
        let mut request = self.request();
        change(&mut request.0, &mut request.1);
        self.verify(&self.sign(&request), &self.client_id(), None)
    }

    fn with(&self, name: &str, value: Value) -> Result<VerifiedRequest, Refused> {
        self.verify_with(|_, payload| payload[name] = value)
    }

    fn without(&self, name: &str) -> Result<VerifiedRequest, Refused> {
        self.verify_with(|_, payload| drop(payload.as_object_mut().unwrap().remove(name)))
    }

    fn verify(
        &self,
        object: &str,
        id: &ClientId,
        wallet_nonce: Option<&str>,
    ) -> Result<VerifiedRequest, Refused> {
        let (verifiers, registrars) = (anchors(&self.root), anchors(&self.registrar_root));
        let unsigned = Unsigned::Refused;
        let expectation = Expectation {
            verifiers: &verifiers,
            registrars: &registrars,
            fetched_from: Some(ADDRESS),
            wallet_nonce,
            unsigned,
            now: NOW,
        };
        verify(object, id, &expectation)
    }
}

fn anchors(root: &Authority) -> CertificateAnchors {
    CertificateAnchors::new(vec![Certificate::parse(&root.der()).unwrap()])
}

fn query() -> Value {
    json!({"credentials": [{"id": "card", "format": "dc+sd-jwt", "meta": {"vct_values": ["urn:example:card"]},
        "claims": [{"path": ["name"]}, {"path": ["birthdate"]}]}]})
}

/// Refused with the verifier told.
fn told(result: Result<VerifiedRequest, Refused>) -> RequestError {
    let refused = result.unwrap_err();
    assert_eq!(refused.reply_to.unwrap().response_uri(), RESPONSE_URI);
    refused.error
}

/// Refused, and nobody told: it is not proven who asks.
fn untold(result: Result<VerifiedRequest, Refused>) -> RequestError {
    let refused = result.unwrap_err();
    assert_eq!(refused.reply_to, None);
    refused.error
}

fn by_dns_name() -> ClientId {
    ClientId::parse("x509_san_dns:portal.example.vn").unwrap()
}

#[test]
fn says_who_asks_for_what_and_where_the_answer_goes() {
    let world = World::new();
    let request = world.verify_with(|_, _| ()).unwrap();
    assert_eq!(request.client_id(), &world.client_id());
    let Requester::Certified { subject, dns_names, vouched_by, .. } = request.requester() else { panic!() };
    assert_eq!(
        (subject.as_str(), vouched_by.as_str()),
        ("CN=Portal,C=VN", "CN=Verifiers of the nation,C=VN")
    );
    assert_eq!(dns_names, &["portal.example.vn"]);
    assert_eq!(request.reply_to().response_uri(), RESPONSE_URI);
    assert_eq!(request.nonce(), "n-0S6_WzA2Mj.~");
    assert_eq!(request.query().credentials()[0].claims().len(), 2);
    assert_eq!(request.encryption_key().unwrap().content(), Encryption::A256Gcm);
    assert_eq!(request.encryption_key().unwrap().kid(), Some("1"));
    assert_eq!(request.expires_at(), Some(NOW.plus_seconds(60)));
    assert_eq!((request.transaction(), request.registration()), (None, None));
}

#[test]
fn a_dns_name_is_a_client_too_and_answers_stay_at_its_host() {
    let world = World::new();
    let id = by_dns_name();
    let with = |address: &str| {
        let mut request = world.request();
        (request.1["client_id"], request.1["response_uri"]) = (json!(id.as_str()), json!(address));
        world.verify(&world.sign(&request), &id, None)
    };
    assert!(with(RESPONSE_URI).is_ok());
    assert!(with("https://PORTAL.example.vn:8443/answer").is_ok());
    for elsewhere in
        ["https://other.example.vn/", "https://portal.example.vn.evil.vn/", "https://a.portal.example.vn/"]
    {
        assert_eq!(untold(with(elsewhere)), RequestError::OtherHost, "{elsewhere}");
    }
}

#[test]
fn refuses_a_client_whose_certificate_is_anothers() {
    let world = World::new();
    for id in ["x509_san_dns:other.example.vn", "x509_hash:Uvo3HtuIxuhC92rShpgqcT3YXwrqRxWEviRiA0OZszk"] {
        let mut request = world.request();
        request.1["client_id"] = json!(id);
        let verdict = world.verify(&world.sign(&request), &ClientId::parse(id).unwrap(), None);
        assert_eq!(untold(verdict), RequestError::OtherCertificate, "{id}");
    }
}

#[test]
fn the_client_inside_is_the_client_in_the_link_with_its_prefix() {
    let world = World::new();
    let hash = world.client_id().as_str().to_owned();
    for inside in
        [json!("x509_san_dns:portal.example.vn"), json!(hash.trim_start_matches("x509_hash:")), json!(null)]
    {
        assert_eq!(untold(world.with("client_id", inside)), RequestError::OtherClient);
    }
    assert_eq!(
        untold(world.verify(&world.sign(&world.request()), &by_dns_name(), None)),
        RequestError::OtherClient
    );
}

#[test]
fn refuses_a_chain_that_nobody_believed_vouches_for() {
    let (world, stranger) = (World::new(), World::new());
    let verdict = stranger.verify(&world.sign(&world.request()), &world.client_id(), None);
    assert!(matches!(
        untold(verdict),
        RequestError::Certificate(ChainError::UnknownAnchor | ChainError::Broken)
    ));
}

#[test]
fn refuses_a_request_signed_by_another_key_than_the_certificates() {
    let mut world = World::new();
    world.key = {
        let request = world.request();
        let own = std::mem::replace(&mut world.key, TestKey::new());
        let object = world.sign(&request);
        let verdict = world.verify(&object, &world.client_id(), None);
        assert_eq!(untold(verdict), RequestError::Object(JoseError::Signature));
        own
    };
    assert!(world.verify_with(|_, _| ()).is_ok());
}

#[test]
fn refuses_an_encrypted_request_by_name_and_tells_nobody() {
    let world = World::new();
    let object = world.sign(&world.request());
    assert!(world.verify(&object, &world.client_id(), None).is_ok());
    // To whichever key it thought was the wallet's.
    let key = TestKey::new().public();
    let sealed = encrypt(&key, None, Encryption::A256Gcm, Parties::default(), object.as_bytes()).unwrap();
    assert_eq!(untold(world.verify(&sealed, &world.client_id(), None)), RequestError::Encrypted);
}

#[test]
fn refuses_a_request_without_signature_type_or_certificate() {
    let world = World::new();
    let header = |name: &str, value: Value| untold(world.verify_with(|header, _| header[name] = value));
    assert_eq!(header("alg", json!("none")), RequestError::Object(JoseError::Algorithm));
    assert_eq!(header("typ", json!("JWT")), RequestError::Object(JoseError::Type));
    assert_eq!(header("crit", json!(["b64"])), RequestError::Object(JoseError::Critical));
    let base64url = STANDARD.encode(&world.chain[0]).replace(['+', '/'], "-");
    for x5c in [json!(null), json!("x"), json!([7]), json!([base64url])] {
        assert_eq!(header("x5c", x5c), RequestError::NoCertificate);
    }
    assert_eq!(header("x5c", json!([])), RequestError::Certificate(ChainError::Length));
}

#[test]
fn an_unsigned_request_is_refused_and_names_nobody_where_it_is_not() {
    let world = World::new();
    let id = ClientId::parse(&format!("redirect_uri:{RESPONSE_URI}")).unwrap();
    let signed = {
        let mut request = world.request();
        request.1["client_id"] = json!(id.as_str());
        world.sign(&request)
    };
    assert_eq!(untold(world.verify(&signed, &id, None)), RequestError::ClientId);

    let anchors = CertificateAnchors::default();
    let expect = |unsigned| Expectation {
        verifiers: &anchors,
        registrars: &anchors,
        fetched_from: None,
        wallet_nonce: None,
        unsigned,
        now: NOW,
    };
    let parameters = json!({"client_id": id.as_str(), "response_type": "vp_token", "response_mode": "direct_post",
        "nonce": "n-1", "state": "s", "dcql_query": query().to_string()});
    let read = |parameters: &Value, id: &ClientId, unsigned| {
        read_unsigned(parameters.as_object().unwrap(), id, &expect(unsigned))
    };
    let request = read(&parameters, &id, Unsigned::NamesNobody).unwrap();
    assert_eq!(request.requester(), &Requester::Unproven { host: "portal.example.vn".to_owned() });
    assert_eq!(request.reply_to().response_uri(), RESPONSE_URI);
    assert_eq!(untold(read(&parameters, &id, Unsigned::Refused)), RequestError::Unsigned);
    assert_eq!(untold(read(&parameters, &world.client_id(), Unsigned::NamesNobody)), RequestError::Unsigned);
    let mut changed = parameters.clone();
    changed["transaction_data"] = json!("[]");
    assert_eq!(untold(read(&changed, &id, Unsigned::NamesNobody)), RequestError::Unsigned);
    let mut changed = parameters.clone();
    changed["response_uri"] = json!("https://portal.example.vn/answer/8");
    assert_eq!(untold(read(&changed, &id, Unsigned::NamesNobody)), RequestError::OtherHost);
}

#[test]
fn refuses_a_request_for_somebody_else() {
    let world = World::new();
    for audience in [
        json!("https://wallet.example.vn"),
        json!(format!("{ADDRESS}/")),
        json!(["https://self-issued.me/v2", "x"]),
        json!(null),
        json!([]),
    ] {
        assert_eq!(told(world.with("aud", audience.clone())), RequestError::Audience, "{audience}");
    }
    assert!(world.with("aud", json!(["https://self-issued.me/v2"])).is_ok());
    assert!(world.with("aud", json!(ADDRESS)).is_ok(), "as Credo writes it");
}

#[test]
fn the_wallets_nonce_has_to_come_back() {
    let world = World::new();
    let verdict = |inside: Value, sent| {
        let mut request = world.request();
        request.1["wallet_nonce"] = inside;
        world.verify(&world.sign(&request), &world.client_id(), sent)
    };
    assert!(verdict(json!("ours"), Some("ours")).is_ok());
    assert!(verdict(json!("another's"), None).is_ok());
    assert_eq!(told(verdict(json!("another's"), Some("ours"))), RequestError::WalletNonce);
    assert_eq!(told(verdict(json!(null), Some("ours"))), RequestError::WalletNonce);
}

#[test]
fn refuses_a_request_outside_its_time() {
    let world = World::new();
    let at = |seconds: i64| json!(NOW.plus_seconds(seconds).as_unix());
    assert_eq!(told(world.with("exp", at(0))), RequestError::Expired);
    assert_eq!(told(world.with("iat", at(61))), RequestError::NotYetValid);
    assert_eq!(told(world.with("nbf", at(61))), RequestError::NotYetValid);
    assert_eq!(told(world.with("exp", json!("soon"))), RequestError::Parameter("exp"));
    assert!(world.with("iat", at(60)).is_ok());
    assert!(world.without("exp").is_ok());
}

#[test]
fn refuses_parameters_that_are_missing_or_of_another_kind() {
    let world = World::new();
    for (name, value) in [
        ("response_type", json!("code")),
        ("response_mode", json!("fragment")),
        ("response_mode", json!("dc_api.jwt")),
        ("nonce", json!("")),
        ("nonce", json!("a b")),
        ("nonce", json!("a/b")),
        ("nonce", json!(7)),
        ("client_metadata", json!("{}")),
    ] {
        assert_eq!(told(world.with(name, value.clone())), RequestError::Parameter(name), "{value}");
    }
    for name in ["response_type", "response_mode", "nonce", "dcql_query"] {
        assert_eq!(told(world.without(name)), RequestError::Parameter(name));
    }
    assert_eq!(untold(world.with("state", json!("a b"))), RequestError::Parameter("state"));
    assert_eq!(untold(world.without("response_uri")), RequestError::Parameter("response_uri"));
    assert_eq!(
        untold(world.with("response_uri", json!("http://portal.example.vn/"))),
        RequestError::Address("response_uri")
    );
    assert_eq!(told(world.with("redirect_uri", json!(RESPONSE_URI))), RequestError::RedirectUri);
}

#[test]
fn parameters_and_an_issuer_that_are_not_known_are_ignored() {
    let world = World::new();
    assert!(world.with("iss", json!("https://anybody.example.vn")).is_ok());
    assert!(world.with("new", json!({"parameter": 1})).is_ok());
}

#[test]
fn a_query_is_there_once_and_no_scope() {
    let world = World::new();
    assert_eq!(told(world.with("scope", json!("openid"))), RequestError::Parameter("scope"));
    let only_scope = world.verify_with(|_, payload| {
        payload.as_object_mut().unwrap().remove("dcql_query");
        payload["scope"] = json!("age");
    });
    assert_eq!(told(only_scope).code(), "invalid_scope");
    let empty = world.with("dcql_query", json!({"credentials": []}));
    assert_eq!(told(empty), RequestError::Query(DcqlError::Member("credentials")));
}

#[test]
fn refuses_formats_and_algorithms_that_no_wallet_here_has() {
    let world = World::new();
    let mut other = query();
    other["credentials"][0]["format"] = json!("ldp_vc");
    assert_eq!(told(world.with("dcql_query", other)), RequestError::Formats);
    let formats = |formats: Value| {
        world.verify_with(|_, payload| payload["client_metadata"]["vp_formats_supported"] = formats)
    };
    assert_eq!(told(formats(json!({"mso_mdoc": {}}))).code(), "vp_formats_not_supported");
    assert_eq!(told(formats(json!({"dc+sd-jwt": {"kb-jwt_alg_values": ["ES384"]}}))), RequestError::Formats);
    assert_eq!(told(formats(json!([]))), RequestError::Parameter("vp_formats_supported"));
    assert!(formats(json!({"dc+sd-jwt": {}})).is_ok());
    let unsaid = world.verify_with(|_, payload| {
        payload["client_metadata"].as_object_mut().unwrap().remove("vp_formats_supported");
    });
    assert!(unsaid.is_ok());
}

#[test]
fn a_presentation_without_holder_binding_needs_a_state() {
    let world = World::new();
    let mut unbound = query();
    unbound["credentials"][0]["require_cryptographic_holder_binding"] = json!(false);
    assert!(world.with("dcql_query", unbound.clone()).is_ok());
    let verdict = world.verify_with(|_, payload| {
        payload["dcql_query"] = unbound;
        payload.as_object_mut().unwrap().remove("state");
    });
    assert_eq!(told(verdict), RequestError::Parameter("state"));
}

#[test]
fn an_answer_is_encrypted_exactly_where_the_mode_says_so() {
    let world = World::new();
    assert_eq!(world.with("response_mode", json!("direct_post")).unwrap().encryption_key(), None);
    assert_eq!(told(world.with("client_metadata", json!({}))), RequestError::EncryptionKey);
    assert_eq!(told(world.without("client_metadata")), RequestError::EncryptionKey);
}

fn cash() -> Transaction {
    Transaction::CashWithdrawal {
        bank: "Ngân hàng Mẫu".to_owned(),
        terminal: "0007".to_owned(),
        place: "Huế".to_owned(),
        amount: 2_000_000,
    }
}

#[test]
fn what_is_to_be_approved_is_kept_as_the_string_that_came() {
    let world = World::new();
    let encoded = cash().encode(&["card"]);
    let request = world.with("transaction_data", json!([encoded])).unwrap();
    let data = request.transaction().unwrap();
    assert_eq!((data.received(), data.transaction()), (encoded.as_str(), &cash()));
    let unknown = world.with("transaction_data", json!(["eyJ0eXBlIjoieCJ9"]));
    assert_eq!(told(unknown).code(), "invalid_transaction_data");
}

#[test]
fn an_approval_on_another_screen_is_open_for_a_minute_at_most() {
    let world = World::new();
    let verdict = |transaction: Transaction, exp: Value| {
        world.verify_with(|_, payload| {
            payload["transaction_data"] = json!([transaction.encode(&["card"])]);
            payload["exp"] = exp;
        })
    };
    let late = json!(NOW.plus_seconds(61).as_unix());
    let too_long = RequestError::Transaction(TransactionError::TooLong);
    assert_eq!(told(verdict(cash(), late.clone())), too_long);
    assert_eq!(
        told(world.verify_with(|_, payload| {
            payload["transaction_data"] = json!([cash().encode(&["card"])]);
            payload.as_object_mut().unwrap().remove("exp");
        })),
        too_long
    );
    let sign_in = |other_screen| Transaction::SignIn {
        service: "Cổng".to_owned(),
        origin: "https://portal.example.vn".to_owned(),
        other_screen,
    };
    assert_eq!(told(verdict(sign_in(true), late.clone())), too_long);
    assert!(verdict(sign_in(false), late).is_ok());
}

#[test]
fn a_link_leads_to_the_request_again() {
    let id = World::new().client_id();
    let text = link(&id, "https://portal.example.vn/r/7?a=b&c=d", Method::Post);
    let read = RequestLink::parse(&text).unwrap();
    assert_eq!(read.client_id(), &id);
    let address = "https://portal.example.vn/r/7?a=b&c=d".to_owned();
    assert_eq!(read.source(), &Source::Reference { address, method: Method::Post });
}
