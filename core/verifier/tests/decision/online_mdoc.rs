//! An mdoc before a portal's session: one test a refusal, each with one thing changed.
use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use credential::jose::jwe::{Encryption, Parties, encrypt};
use credential::jose::{Jwk, Jws, compact};
use credential::mdoc::{DeviceDraft, KeyAuthorizations, MdocDraft, MdocError, NewElement, SessionTranscript};
use credential::sd_jwt::{KeyBinding, SdJwtDraft, select};
use presentation::dcql::Query;
use presentation::openid4vp::{
    DeviceStatement, LEVEL_POLICY, TRANSACTION_NAMESPACE, Transaction, TransactionData,
};
use sen_verifier::online::{Answer, Asker, Issuers, OnlineError, Question, Session};
use sen_verifier::{AuthenticationLevel, LevelBasis};
use serde_json::{Map, Value, json};
use test_key::{Authority, TestKey};
use trust::cbor::Encoder;
use trust::certificates::{Certificate, CertificateAnchors};
use trust::p256::PublicKey;
use trust::random::SystemRandom;
use trust::time::Timestamp;

const NOW: Timestamp = Timestamp::from_unix(1_780_000_000);
const TYPE: &str = "org.example.licence";
const PORTAL: &str = "https://portal.example.vn/answer/7";

/// A session that a wallet has fetched, and what the wallet puts into its answer.
struct World {
    session: Session,
    request: Map<String, Value>,
    issuers: Authority,
    issuer: TestKey,
    device: TestKey,
    bound_to: PublicKey,
    client_id: String,
    nonce: String,
    thumbprint: Option<[u8; 32]>,
    response_uri: &'static str,
    disclosed: Vec<(&'static str, &'static str)>,
    signed: Vec<NewElement>,
    /// What the issuer says of the key, and the wallet discloses.
    level_policy: Option<NewElement>,
    /// Whether the mdoc that is shown lets the device sign anything.
    authorizes: bool,
    /// Whether a card approves as well, or alone.
    card_approves: bool,
}

/// A licence with its family name, and for an approval by either a card besides.
fn query(with_card: bool) -> Value {
    let licence = json!({"id": "licence", "format": "mso_mdoc", "meta": {"doctype_value": TYPE},
        "claims": [{"path": [TYPE, "family_name"]}]});
    let card = json!({"id": "card", "format": "dc+sd-jwt", "meta": {"vct_values": ["urn:example:card"]}});
    json!({"credentials": if with_card { vec![licence, card] } else { vec![licence] }})
}

fn cash() -> Transaction {
    let text = |text: &str| text.to_owned();
    Transaction::CashWithdrawal {
        bank: text("Mẫu"),
        terminal: text("7"),
        place: text("Huế"),
        amount: 2_000_000,
    }
}

fn element(namespace: &str, identifier: &str, write: impl FnOnce(&mut Encoder)) -> NewElement {
    let mut value = Encoder::new();
    write(&mut value);
    NewElement { namespace: namespace.to_owned(), identifier: identifier.to_owned(), value: value.finish() }
}

fn text(identifier: &str, value: &str) -> NewElement {
    element(TYPE, identifier, |out| {
        out.text(value);
    })
}

impl World {
    /// A question for the family name, and what is to be approved by one of these.
    fn new(transaction: Option<Transaction>, approving: &[&str]) -> Self {
        let (issuers, asking) = (Authority::root("Issuers"), Authority::root("Verifiers"));
        let (key, issuer, device) = (TestKey::new(), TestKey::new(), TestKey::new());
        let asker = Asker::new(vec![asking.issue("Portal", &key)]).unwrap();
        let ids: Vec<String> = approving.iter().map(|id| (*id).to_owned()).collect();
        let question = Question {
            query: query(approving.contains(&"card")),
            transaction: transaction.map(|transaction| (transaction, ids)),
            verifier_info: Vec::new(),
        };
        let mut session = Session::new(&asker, question, PORTAL).unwrap();
        let input = session.connect(Some("wallet"), NOW).unwrap();
        let object = Jws::parse(&compact(&input, &key.sign(input.as_bytes())), 1 << 17).unwrap();
        let request = object.verify(&key.public()).unwrap().claims().clone();
        let text = |name: &str| request[name].as_str().unwrap().to_owned();
        let jwk = Jwk::from_json(&request["client_metadata"]["jwks"]["keys"][0]).unwrap();
        Self {
            client_id: text("client_id"),
            nonce: text("nonce"),
            thumbprint: Some(jwk.thumbprint()),
            response_uri: PORTAL,
            session,
            request,
            issuers,
            issuer,
            bound_to: device.public(),
            device,
            disclosed: vec![(TYPE, "family_name")],
            signed: Vec::new(),
            level_policy: None,
            authorizes: true,
            card_approves: false,
        }
    }

    fn mdoc(&self, authorizes: bool) -> Vec<u8> {
        let mut authorizations = KeyAuthorizations::default();
        if authorizes {
            authorizations.namespaces.extend([TRANSACTION_NAMESPACE, "org.example.more"].map(str::to_owned));
        }
        let names = [text("family_name", "Nguyễn"), text("given_name", "Thị Mẫu")];
        let draft = MdocDraft {
            doc_type: TYPE.to_owned(),
            elements: names.into_iter().chain(self.level_policy.clone()).collect(),
            device_key: self.bound_to,
            authorizations,
            signed: NOW,
            valid_from: NOW,
            valid_until: NOW.plus_seconds(86_400),
            status: None,
            chain: vec![self.issuers.issue("Issuer", &self.issuer)],
        };
        let unsigned = draft.prepare(&mut SystemRandom::new()).unwrap();
        unsigned.assemble(&self.issuer.sign(&unsigned.to_be_signed()))
    }

    fn licence(&self) -> String {
        let (client_id, nonce) = (&self.client_id, &self.nonce);
        let transcript =
            SessionTranscript::openid4vp(client_id, nonce, self.thumbprint.as_ref(), self.response_uri);
        let mdoc = self.mdoc(true);
        let draft = DeviceDraft::new(&mdoc, &self.disclosed, &self.signed, &transcript).unwrap();
        let mut response = draft.assemble(&self.device.sign(&draft.to_be_signed()));
        if !self.authorizes {
            // A wallet that does not ask: it signs with an mdoc that allows more, and shows another.
            let shown = |mdoc: &[u8]| credential::mdoc::select(mdoc, &self.disclosed).unwrap();
            let (allowing, other) = (shown(&mdoc), shown(&self.mdoc(false)));
            let at = response.windows(allowing.len()).position(|bytes| bytes == allowing).unwrap();
            response.splice(at..at + allowing.len(), other);
        }
        URL_SAFE_NO_PAD.encode(response)
    }

    fn card(&self) -> String {
        let draft = SdJwtDraft {
            vct: "urn:example:card".to_owned(),
            claims: Map::new(),
            selective: BTreeSet::new(),
            decoys: 0,
            cnf: Some(self.device.public()),
            not_before: None,
            expires: NOW.plus_seconds(86_400),
            status: None,
            chain: vec![self.issuers.issue("Issuer", &self.issuer)],
        };
        let unsigned = draft.prepare(&mut SystemRandom::new()).unwrap();
        let issued = unsigned.assemble(&self.issuer.sign(unsigned.to_be_signed()));
        let sent = self.sent();
        let approved: &[&str] = if self.card_approves { &[&sent] } else { &[] };
        let binding = KeyBinding {
            audience: &self.client_id,
            nonce: &self.nonce,
            issued_at: NOW,
            transaction_data: approved,
            names_hash: self.card_approves,
        };
        let number = self.session.number().filter(|_| self.card_approves);
        let number = number.map(|number| ("matched_number".to_owned(), number.into()));
        let draft =
            binding.prepare_with(&select(&issued, &[]).unwrap(), number.into_iter().collect()).unwrap();
        draft.assemble(&self.device.sign(draft.to_be_signed()))
    }

    /// The transaction data as they came.
    fn sent(&self) -> String {
        self.request["transaction_data"][0].as_str().unwrap().to_owned()
    }

    /// What a device signs to approve a string with these digits.
    fn approve(&mut self, received: &str, number: Option<&str>) {
        let query = Query::parse(&self.request["dcql_query"]).unwrap();
        let data = TransactionData::parse(received, &query).unwrap();
        self.signed = DeviceStatement::approval(&data, 2, number);
    }

    fn answer(self) -> Result<Answer, OnlineError> {
        let mut token = json!({"licence": [self.licence()]});
        if self.request["dcql_query"]["credentials"].as_array().unwrap().len() > 1 {
            token["card"] = json!([self.card()]);
        }
        let jwk = Jwk::from_json(&self.request["client_metadata"]["jwks"]["keys"][0]).unwrap();
        let payload = json!({"vp_token": token, "state": self.request["state"]}).to_string();
        let jwe = encrypt(jwk.key(), Some("1"), Encryption::A256Gcm, Parties::default(), payload.as_bytes());
        let mut form = url::form_urlencoded::Serializer::new(String::new());
        let body = form.append_pair("response", &jwe.unwrap()).finish().into_bytes();
        let anchors = CertificateAnchors::new(vec![Certificate::parse(&self.issuers.der()).unwrap()]);
        self.session.answer(&body, &Issuers { anchors: &anchors }, NOW)
    }

    /// The verdict with one thing changed.
    fn with(change: impl FnOnce(&mut Self)) -> Result<Answer, OnlineError> {
        let mut world = Self::new(None, &[]);
        change(&mut world);
        world.answer()
    }

    /// The verdict over an approval by a wallet that did everything right but for one thing.
    fn approval(approving: &[&str], change: impl FnOnce(&mut Self)) -> Result<Answer, OnlineError> {
        let mut world = Self::new(Some(cash()), approving);
        let number = world.session.number().unwrap().to_owned();
        world.approve(&world.sent(), Some(&number));
        change(&mut world);
        world.answer()
    }
}

const OTHER_SESSION: OnlineError = OnlineError::Mdoc(MdocError::DeviceSignature);

#[test]
fn a_good_mdoc_tells_what_was_asked_and_no_level() {
    let answer = World::with(|_| ()).unwrap();
    let licence = answer.presented("licence").unwrap();
    assert_eq!(licence.claims(), &json!({TYPE: {"family_name": "Nguyễn"}}));
    assert_eq!((licence.kind(), licence.level()), (TYPE, None));
}

#[test]
fn refuses_an_mdoc_for_another_verifier_or_without_the_prefix() {
    let bare = World::new(None, &[]).client_id.trim_start_matches("x509_hash:").to_owned();
    for client_id in [World::new(None, &[]).client_id, bare] {
        assert_eq!(World::with(|world| world.client_id = client_id).unwrap_err(), OTHER_SESSION);
    }
}

#[test]
fn refuses_an_mdoc_that_answers_another_request() {
    let nonce = World::new(None, &[]).nonce;
    assert_eq!(World::with(|world| world.nonce = nonce).unwrap_err(), OTHER_SESSION);
}

#[test]
fn refuses_an_mdoc_for_another_encryption_key_or_for_none() {
    for thumbprint in [None, World::new(None, &[]).thumbprint] {
        assert_eq!(World::with(|world| world.thumbprint = thumbprint).unwrap_err(), OTHER_SESSION);
    }
}

#[test]
fn refuses_an_mdoc_for_another_address() {
    let other = "https://portal.example.vn/answer/8";
    assert_eq!(World::with(|world| world.response_uri = other).unwrap_err(), OTHER_SESSION);
}

#[test]
fn refuses_an_mdoc_signed_by_another_device() {
    assert_eq!(World::with(|world| world.device = TestKey::new()).unwrap_err(), OTHER_SESSION);
}

#[test]
fn refuses_more_elements_than_were_asked_for_and_fewer() {
    let more = World::with(|world| world.disclosed.push((TYPE, "given_name")));
    assert_eq!(more.unwrap_err(), OnlineError::OverDisclosed);
    assert_eq!(World::with(|world| world.disclosed.clear()).unwrap_err(), OnlineError::NotAsAsked);
}

#[test]
fn a_device_approves_the_very_text_and_says_its_level() {
    let answer = World::approval(&["licence"], |_| ()).unwrap();
    assert_eq!(answer.presented("licence").unwrap().level().map(|level| level.level), Some(2));
}

#[test]
fn refuses_an_mdoc_that_approves_nothing() {
    let verdict = World::approval(&["licence"], |world| world.signed.clear());
    assert_eq!(verdict.unwrap_err(), OnlineError::NotApproved);
}

#[test]
fn refuses_an_approval_of_the_same_content_in_another_string() {
    let verdict = World::approval(&["licence"], |world| {
        let number = world.session.number().unwrap().to_owned();
        let json = URL_SAFE_NO_PAD.decode(world.sent()).unwrap();
        let spaced = String::from_utf8(json).unwrap().replace("\":", "\": ");
        world.approve(&URL_SAFE_NO_PAD.encode(spaced), Some(&number));
    });
    assert_eq!(verdict.unwrap_err(), OnlineError::NotApproved);
}

#[test]
fn refuses_an_approval_of_another_amount() {
    let verdict = World::approval(&["licence"], |world| {
        let number = world.session.number().unwrap().to_owned();
        let mut other = cash();
        if let Transaction::CashWithdrawal { amount, .. } = &mut other {
            *amount += 1;
        }
        world.approve(&other.encode(&["licence"]), Some(&number));
    });
    assert_eq!(verdict.unwrap_err(), OnlineError::NotApproved);
}

#[test]
fn refuses_other_digits_than_the_screens_and_none() {
    let with_digits = |digits: fn(&str) -> Option<&str>| {
        World::approval(&["licence"], |world| {
            let number = world.session.number().unwrap().to_owned();
            world.approve(&world.sent(), digits(&number));
        })
    };
    let other: fn(&str) -> Option<&str> = |right| Some(if right == "11" { "12" } else { "11" });
    assert_eq!(with_digits(other).unwrap_err(), OnlineError::WrongNumber);
    assert_eq!(with_digits(|_| None).unwrap_err(), OnlineError::WrongNumber);
}

#[test]
fn refuses_an_approval_where_nothing_was_to_be_approved() {
    let sent = cash().encode(&["licence"]);
    let verdict = World::with(|world| world.approve(&sent, None));
    assert_eq!(verdict.unwrap_err(), OnlineError::NotApproved);
}

#[test]
fn refuses_an_approval_by_a_document_that_may_not_give_it() {
    let verdict = World::approval(&["card"], |_| ());
    assert_eq!(verdict.unwrap_err(), OnlineError::NotApproved);
    assert!(
        World::approval(&["card"], |world| {
            world.signed.clear();
            world.card_approves = true;
        })
        .is_ok()
    );
}

#[test]
fn one_document_approves_and_not_two() {
    let both = ["licence", "card"];
    assert!(World::approval(&both, |_| ()).is_ok());
    let twice = World::approval(&both, |world| world.card_approves = true);
    assert_eq!(twice.unwrap_err(), OnlineError::NotApproved);
}

#[test]
fn refuses_elements_of_the_device_that_are_no_approval() {
    let more = |namespace: &'static str, name: &'static str| {
        let verdict = World::approval(&["licence"], |world| {
            world.signed.push(element(namespace, name, |out| {
                out.text("2");
            }));
        });
        verdict.unwrap_err()
    };
    assert_eq!(more(TRANSACTION_NAMESPACE, "note"), OnlineError::OverDisclosed);
    assert_eq!(more("org.example.more", "transaction_data_hash"), OnlineError::OverDisclosed);
    let alone = World::with(|world| {
        world.signed = vec![element("org.example.more", "note", |out| {
            out.text("2");
        })];
    });
    assert_eq!(alone.unwrap_err(), OnlineError::OverDisclosed);
}

#[test]
fn refuses_an_approval_without_hash_or_level_or_with_an_impossible_one() {
    let malformed = |change: fn(&mut Vec<NewElement>)| {
        World::approval(&["licence"], |world| change(&mut world.signed)).unwrap_err()
    };
    let level = |level: u64| {
        element(TRANSACTION_NAMESPACE, "authentication_level", |out| {
            out.uint(level);
        })
    };
    // The digits alone approve nothing.
    assert_eq!(malformed(|signed| drop(signed.remove(0))), OnlineError::OverDisclosed);
    assert_eq!(malformed(|signed| drop(signed.remove(1))), OnlineError::OverDisclosed);
    for wrong in [0, 5, 258] {
        let verdict = World::approval(&["licence"], |world| world.signed[1] = level(wrong));
        assert_eq!(verdict.unwrap_err(), OnlineError::OverDisclosed);
    }
}

/// The level that is read where the device signs one and the issuer says another of its key.
fn level(told: Option<u8>, policy: Option<u64>) -> Result<Option<AuthenticationLevel>, OnlineError> {
    let answer = World::with(|world| {
        world.signed = told.map(DeviceStatement::level_element).into_iter().collect();
        world.level_policy = policy.map(|policy| {
            element(TRANSACTION_NAMESPACE, LEVEL_POLICY, |out| {
                out.uint(policy);
            })
        });
        if policy.is_some() {
            world.disclosed.push((TRANSACTION_NAMESPACE, LEVEL_POLICY));
        }
    })?;
    Ok(answer.presented("licence").unwrap().level())
}

#[test]
fn a_device_tells_its_level_where_nothing_is_approved_capped_by_what_the_issuer_wrote_of_the_key() {
    let attested = |level| Ok(Some(AuthenticationLevel { level, basis: LevelBasis::Attested }));
    let claimed = |level| Ok(Some(AuthenticationLevel { level, basis: LevelBasis::Claimed }));
    assert_eq!(level(Some(3), None), claimed(3));
    assert_eq!(level(Some(3), Some(2)), attested(2));
    assert_eq!(level(Some(1), Some(3)), attested(1));
    assert_eq!(level(Some(4), Some(4)), claimed(4));
    // What is no level is none, and a cap is no level.
    assert_eq!(level(Some(3), Some(5)), claimed(3));
    assert_eq!(level(None, Some(3)), Ok(None));
    assert_eq!(level(Some(0), None), Err(OnlineError::OverDisclosed));
    let approved = World::approval(&["licence"], |world| {
        world.level_policy = Some(element(TRANSACTION_NAMESPACE, LEVEL_POLICY, |out| {
            out.uint(1);
        }));
        world.disclosed.push((TRANSACTION_NAMESPACE, LEVEL_POLICY));
    });
    assert_eq!(Ok(approved.unwrap().presented("licence").unwrap().level()), attested(1));
}

#[test]
fn a_level_alone_approves_nothing() {
    let verdict =
        World::approval(&["licence"], |world| world.signed = vec![DeviceStatement::level_element(3)]);
    assert_eq!(verdict.unwrap_err(), OnlineError::NotApproved);
}

#[test]
fn what_a_device_says_of_its_own_key_counts_for_nothing() {
    let own = World::with(|world| {
        let policy = element(TRANSACTION_NAMESPACE, LEVEL_POLICY, |out| {
            out.uint(4);
        });
        world.signed = vec![DeviceStatement::level_element(3), policy];
    });
    assert_eq!(own.unwrap_err(), OnlineError::OverDisclosed);
}

#[test]
fn refuses_a_level_that_the_issuer_lets_no_device_sign() {
    let told = |world: &mut World| world.signed = vec![DeviceStatement::level_element(3)];
    assert!(World::with(told).is_ok());
    let verdict = World::with(|world| {
        told(world);
        world.authorizes = false;
    });
    assert_eq!(verdict.unwrap_err(), OnlineError::Mdoc(MdocError::NotAuthorized));
}
