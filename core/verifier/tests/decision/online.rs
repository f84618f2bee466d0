//! A portal's session over the network: one test a refusal, each with one thing changed.
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use credential::claims::StatusReference;
use credential::jose::jwe::{Encryption, Parties, encrypt};
use credential::jose::{Jwk, Jws, compact};
use credential::sd_jwt::{KeyBinding, SdJwtDraft, SdJwtError, Step, select};
use presentation::openid4vp::{RefusalCode, ResponseError, Transaction};
use sen_verifier::online::{
    Answer, Asker, DocumentStatus, Issuers, OnlineError, Question, Session, StatusPolicy, StatusRefusal,
    read_status_list,
};
use sen_verifier::{AuthenticationLevel, LevelBasis};
use serde_json::{Map, Value, json};
use test_key::{Authority, TestKey};
use trust::certificates::{Certificate, CertificateAnchors, ChainError};
use trust::random::SystemRandom;
use trust::status::{StatusError, StatusListDraft, StatusStore};
use trust::time::Timestamp;

const NOW: Timestamp = Timestamp::from_unix(1_780_000_000);

/// A session that a wallet has fetched, and what the wallet puts into its answer.
struct World {
    issuers: Authority,
    issuer: TestKey,
    session: Session,
    request: Map<String, Value>,
    holder: TestKey,
    card: String,
    wanted: Vec<Vec<Step>>,
    audience: Option<String>,
    nonce: Option<String>,
    approved: Vec<String>,
    more: Map<String, Value>,
    made_at: Timestamp,
    copies: usize,
    query_id: &'static str,
    encrypted: bool,
}

impl World {
    fn new(transaction: Option<Transaction>) -> Self {
        Self::asking(&json!([{"path": ["name"]}]), transaction)
    }

    fn asking(claims: &Value, transaction: Option<Transaction>) -> Self {
        Self::demanding(claims, transaction, |_| json!({}))
    }

    /// The same with more members in the query, which may name the authority of the card's issuer.
    fn demanding(
        claims: &Value,
        transaction: Option<Transaction>,
        more: impl FnOnce(&[u8]) -> Value,
    ) -> Self {
        let (issuers, asking, issuer, holder, key) = (
            Authority::root("Issuers"),
            Authority::root("Verifiers"),
            TestKey::new(),
            TestKey::new(),
            TestKey::new(),
        );
        let asker = Asker::new(vec![asking.issue("Portal", &key)]).unwrap();
        let certificate = issuers.issue("Issuer", &issuer);
        let authority = Certificate::parse(&certificate).unwrap().authority_key_id().unwrap().to_vec();
        let mut query = json!({"id": "card", "format": "dc+sd-jwt",
            "meta": {"vct_values": ["urn:example:card"]}, "claims": claims});
        query.as_object_mut().unwrap().extend(more(&authority).as_object().unwrap().clone());
        let query = json!({"credentials": [query]});
        let question = Question {
            query,
            transaction: transaction.map(|transaction| (transaction, vec!["card".to_owned()])),
            verifier_info: Vec::new(),
        };
        let mut session = Session::new(&asker, question, "https://portal.example.vn/answer/7").unwrap();
        let input = session.connect(Some("wallet"), NOW).unwrap();
        let object = Jws::parse(&compact(&input, &key.sign(input.as_bytes())), 1 << 17).unwrap();
        let request = object.verify(&key.public()).unwrap().claims().clone();
        let card = card(&issuer, vec![certificate], &holder, |_| ());
        Self {
            issuers,
            issuer,
            session,
            request,
            holder,
            card,
            wanted: vec![place("name")],
            audience: None,
            nonce: None,
            approved: Vec::new(),
            more: Map::new(),
            made_at: NOW,
            copies: 1,
            query_id: "card",
            encrypted: true,
        }
    }

    fn text(&self, name: &str) -> String {
        self.request[name].as_str().unwrap().to_owned()
    }

    fn presentation(&self) -> String {
        let approved: Vec<&str> = self.approved.iter().map(String::as_str).collect();
        let binding = KeyBinding {
            audience: &self.audience.clone().unwrap_or_else(|| self.text("client_id")),
            nonce: &self.nonce.clone().unwrap_or_else(|| self.text("nonce")),
            issued_at: self.made_at,
            transaction_data: &approved,
            names_hash: !approved.is_empty(),
        };
        let draft =
            binding.prepare_with(&select(&self.card, &self.wanted).unwrap(), self.more.clone()).unwrap();
        draft.assemble(&self.holder.sign(draft.to_be_signed()))
    }

    fn body(&self) -> Vec<u8> {
        let presentations: Vec<String> = (0..self.copies).map(|_| self.presentation()).collect();
        let token = json!({self.query_id: presentations});
        let (state, mut form) = (self.text("state"), url::form_urlencoded::Serializer::new(String::new()));
        if !self.encrypted {
            return form
                .append_pair("vp_token", &token.to_string())
                .append_pair("state", &state)
                .finish()
                .into_bytes();
        }
        let jwk = Jwk::from_json(&self.request["client_metadata"]["jwks"]["keys"][0]).unwrap();
        let payload = json!({"vp_token": token, "state": state}).to_string();
        let jwe = encrypt(jwk.key(), Some("1"), Encryption::A256Gcm, Parties::default(), payload.as_bytes());
        form.append_pair("response", &jwe.unwrap()).finish().into_bytes()
    }

    fn answer(self) -> Result<Answer, OnlineError> {
        self.answer_at(NOW)
    }

    fn answer_at(self, now: Timestamp) -> Result<Answer, OnlineError> {
        let body = self.body();
        let anchors = CertificateAnchors::new(vec![Certificate::parse(&self.issuers.der()).unwrap()]);
        self.session.answer(&body, &Issuers { anchors: &anchors }, now)
    }

    /// The issuer wrote something else.
    fn reissue(&mut self, change: impl FnOnce(&mut SdJwtDraft)) {
        let chain = vec![self.issuers.issue("Issuer", &self.issuer)];
        self.card = card(&self.issuer, chain, &self.holder, change);
    }

    /// The verdict with one thing changed.
    fn with(change: impl FnOnce(&mut Self)) -> Result<Answer, OnlineError> {
        let mut world = Self::new(None);
        change(&mut world);
        world.answer()
    }
}

fn place(name: &str) -> Vec<Step> {
    vec![Step::Key(name.into())]
}

fn card(
    issuer: &TestKey,
    chain: Vec<Vec<u8>>,
    holder: &TestKey,
    change: impl FnOnce(&mut SdJwtDraft),
) -> String {
    let claims = json!({"name": "Mẫu", "birthdate": "1999-01-01", "nationalities": ["VN", "LA", "KH"]});
    let nationality = |index| vec![Step::Key("nationalities".into()), Step::Index(index)];
    let mut draft = SdJwtDraft {
        vct: "urn:example:card".to_owned(),
        claims: claims.as_object().unwrap().clone(),
        selective: (0..3).map(nationality).chain([place("name"), place("birthdate")]).collect(),
        decoys: 0,
        cnf: Some(holder.public()),
        not_before: None,
        expires: NOW.plus_seconds(86_400),
        status: None,
        chain,
    };
    change(&mut draft);
    let unsigned = draft.prepare(&mut SystemRandom::new()).unwrap();
    unsigned.assemble(&issuer.sign(unsigned.to_be_signed()))
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

/// An approval by a wallet that did everything right but for one thing.
fn approval(change: impl FnOnce(&mut World)) -> Result<Answer, OnlineError> {
    let mut world = World::new(Some(cash()));
    world.approved = vec![world.request["transaction_data"][0].as_str().unwrap().to_owned()];
    world.more.insert("matched_number".to_owned(), world.session.number().unwrap().into());
    change(&mut world);
    world.answer()
}

#[test]
fn a_good_answer_tells_what_was_asked() {
    let answer =
        World::with(|world| drop(world.more.insert("authentication_level".to_owned(), 3.into()))).unwrap();
    assert_eq!(answer.presentations().len(), 1);
    let card = answer.presented("card").unwrap();
    assert_eq!((card.claims()["name"].as_str(), card.kind()), (Some("Mẫu"), "urn:example:card"));
    assert_eq!((card.issuer(), card.status()), ("CN=Issuer,C=VN", None));
}

#[test]
fn refuses_a_presentation_for_another_verifier_or_without_the_prefix() {
    let wrong = |audience: String| World::with(|world| world.audience = Some(audience)).unwrap_err();
    let own = World::new(None).text("client_id");
    let bare = own.trim_start_matches("x509_hash:").to_owned();
    for audience in [own, bare, "https://portal.example.vn".to_owned()] {
        assert_eq!(wrong(audience), OnlineError::SdJwt(SdJwtError::Audience));
    }
}

#[test]
fn refuses_a_presentation_that_answers_another_request() {
    let earlier = World::new(None).text("nonce");
    let verdict = World::with(|world| world.nonce = Some(earlier));
    assert_eq!(verdict.unwrap_err(), OnlineError::SdJwt(SdJwtError::Nonce));
}

#[test]
fn refuses_a_presentation_made_before_the_wallet_connected() {
    let verdict = World::with(|world| world.made_at = NOW.minus_seconds(61));
    assert_eq!(verdict.unwrap_err(), OnlineError::SdJwt(SdJwtError::BindingTime));
    assert!(World::with(|world| world.made_at = NOW.minus_seconds(60)).is_ok());
}

#[test]
fn refuses_a_presentation_signed_by_another_key() {
    let verdict = World::with(|world| world.holder = TestKey::new());
    assert!(matches!(verdict.unwrap_err(), OnlineError::SdJwt(SdJwtError::Holder(_))));
}

#[test]
fn refuses_an_issuer_that_nobody_believes() {
    let verdict = World::with(|world| world.issuers = Authority::root("Others"));
    assert_eq!(verdict.unwrap_err(), OnlineError::SdJwt(SdJwtError::Chain(ChainError::UnknownAnchor)));
}

#[test]
fn refuses_more_than_was_asked_for() {
    let verdict = World::with(|world| world.wanted.push(place("birthdate")));
    assert_eq!(verdict.unwrap_err(), OnlineError::OverDisclosed);
}

#[test]
fn an_index_counts_the_elements_as_the_issuer_signed_them() {
    let verdict = |path: Value, shown: &[usize]| {
        let mut world = World::asking(&json!([{"path": path}]), None);
        let shown = shown.iter().map(|index| vec![Step::Key("nationalities".into()), Step::Index(*index)]);
        world.wanted = shown.collect();
        world.answer().map(|answer| answer.presented("card").unwrap().claims()["nationalities"].clone())
    };
    let second = json!(["nationalities", 1]);
    assert_eq!(verdict(second.clone(), &[1]).unwrap(), json!(["LA"]));
    // Another element in its place, and one too many.
    assert_eq!(verdict(second.clone(), &[0]).unwrap_err(), OnlineError::NotAsAsked);
    assert_eq!(verdict(second.clone(), &[2]).unwrap_err(), OnlineError::NotAsAsked);
    assert_eq!(verdict(second, &[1, 2]).unwrap_err(), OnlineError::OverDisclosed);
    assert_eq!(verdict(json!(["nationalities", null]), &[0, 1, 2]).unwrap(), json!(["VN", "LA", "KH"]));
}

#[test]
fn what_stands_around_a_wanted_claim_or_inside_it_is_not_too_much() {
    let street = || [place("address"), vec![Step::Key("address".into()), Step::Key("street".into())]];
    let verdict = |path: Value, shown: Vec<Vec<Step>>| {
        let mut world = World::asking(&json!([{"path": path}]), None);
        world.reissue(|draft| {
            draft.claims.insert("address".to_owned(), json!({"street": "Hàng Mẫu", "town": "Huế"}));
            draft.selective.extend(street());
        });
        world.wanted = shown;
        world.answer().map(|answer| answer.presented("card").unwrap().claims()["address"].clone())
    };
    let whole = json!({"street": "Hàng Mẫu", "town": "Huế"});
    assert_eq!(verdict(json!(["address", "street"]), street().to_vec()).unwrap(), whole);
    assert_eq!(verdict(json!(["address"]), street().to_vec()).unwrap(), whole);
    let more = street().into_iter().chain([place("name")]).collect();
    assert_eq!(verdict(json!(["address"]), more).unwrap_err(), OnlineError::OverDisclosed);
}

#[test]
fn a_card_of_another_authority_than_the_named_ones_is_not_what_was_asked() {
    let verdict = |values: fn(&[u8]) -> String| {
        let named = |authority: &[u8]| json!({"trusted_authorities": [{"type": "aki", "values": [values(authority)]}]});
        World::demanding(&json!([{"path": ["name"]}]), None, named).answer()
    };
    assert!(verdict(|authority| URL_SAFE_NO_PAD.encode(authority)).is_ok());
    assert_eq!(verdict(|_| "AAAA".to_owned()).unwrap_err(), OnlineError::NotAsAsked);
}

#[test]
fn refuses_an_answer_without_the_claim() {
    assert_eq!(World::with(|world| world.wanted = Vec::new()).unwrap_err(), OnlineError::NotAsAsked);
}

#[test]
fn refuses_presentations_that_nobody_asked_for() {
    assert_eq!(World::with(|world| world.copies = 2).unwrap_err(), OnlineError::Surplus);
    assert_eq!(World::with(|world| world.query_id = "other").unwrap_err(), OnlineError::Surplus);
}

#[test]
fn refuses_an_answer_that_is_not_encrypted() {
    let verdict = World::with(|world| world.encrypted = false);
    assert_eq!(verdict.unwrap_err(), OnlineError::Response(ResponseError::NotAsAsked));
}

#[test]
fn refuses_an_answer_out_of_time() {
    assert!(World::new(None).answer_at(NOW.plus_seconds(299)).is_ok());
    assert_eq!(World::new(None).answer_at(NOW.plus_seconds(300)).unwrap_err(), OnlineError::TooLate);
    let approval = World::new(Some(cash()));
    assert_eq!(approval.answer_at(NOW.plus_seconds(60)).unwrap_err(), OnlineError::TooLate);
}

#[test]
fn a_refusal_is_no_answer() {
    let world = World::new(None);
    let body = format!("error=access_denied&state={}", world.text("state"));
    let anchors = CertificateAnchors::default();
    let verdict = world.session.answer(body.as_bytes(), &Issuers { anchors: &anchors }, NOW);
    assert_eq!(verdict.unwrap_err(), OnlineError::Declined(RefusalCode::AccessDenied));
}

#[test]
fn an_approval_is_over_the_very_text_and_the_number_of_the_screen() {
    assert!(approval(|_| ()).is_ok());
    assert_eq!(approval(|world| world.approved.clear()).unwrap_err(), OnlineError::NotApproved);
    let altered = Transaction::encode(&cash(), &["card"]) + "A";
    assert_eq!(approval(|world| world.approved = vec![altered]).unwrap_err(), OnlineError::NotApproved);
    let wrong = |world: &mut World| {
        let other = if world.session.number() == Some("11") { "12" } else { "11" };
        world.more.insert("matched_number".to_owned(), other.into());
    };
    assert_eq!(approval(wrong).unwrap_err(), OnlineError::WrongNumber);
    assert_eq!(approval(|world| world.more.clear()).unwrap_err(), OnlineError::WrongNumber);
}

#[test]
fn the_number_shows_when_a_wallet_has_connected_and_no_second_one_may() {
    let mut world = World::new(Some(cash()));
    let number = world.session.number().unwrap();
    assert!(number.len() == 2 && number.bytes().all(|c| c.is_ascii_digit()));
    assert_eq!(world.session.connect(Some("another"), NOW).unwrap_err(), OnlineError::Taken);
    let mut plain = World::new(None);
    assert_eq!(plain.session.number(), None);
    assert!(plain.session.connect(None, NOW).is_ok());
}

#[test]
fn a_session_in_a_log_says_nothing_of_its_secrets() {
    assert_eq!(format!("{:?}", World::new(None).session), "Session");
}

#[test]
fn no_two_sessions_share_nonce_or_state() {
    let (one, other) = (World::new(None), World::new(None));
    assert_ne!(one.text("nonce"), other.text("nonce"));
    assert_ne!(one.text("state"), other.text("state"));
}

#[test]
fn the_level_is_the_wallets_word_capped_by_what_the_issuer_wrote_of_the_key() {
    let level = |claimed: Option<Value>, policy: Option<Value>| {
        let mut world = World::new(None);
        world.reissue(|draft| {
            draft.claims.extend(policy.map(|policy| ("level_policy".to_owned(), policy)));
        });
        world.more.extend(claimed.map(|claimed| ("authentication_level".to_owned(), claimed)));
        world.answer().unwrap().presented("card").unwrap().level().unwrap()
    };
    let attested = |level| AuthenticationLevel { level, basis: LevelBasis::Attested };
    let claimed = |level| AuthenticationLevel { level, basis: LevelBasis::Claimed };
    assert_eq!(level(Some(json!(3)), None), claimed(3));
    assert_eq!(level(None, None), claimed(1));
    assert_eq!(level(Some(json!(3)), Some(json!(2))), attested(2));
    assert_eq!(level(Some(json!(1)), Some(json!(3))), attested(1));
    assert_eq!(level(None, Some(json!(3))), attested(1));
    assert_eq!(level(Some(json!(4)), Some(json!(4))), claimed(4));
    // What is no level is none.
    assert_eq!(level(Some(json!(3)), Some(json!(5))), claimed(3));
    assert_eq!(level(Some(json!("3")), Some(json!(2))), attested(1));
}

const LIST: &str = "https://status.example.vn/7";

/// What a list that the issuer signed at `signed` says of a document at place 5, whose entry has this value.
fn found(named: Option<&str>, value: u8, signed: Timestamp) -> DocumentStatus {
    let mut world = World::new(None);
    let status = named.map(|uri| StatusReference { uri: uri.to_owned(), index: 5 });
    world.reissue(|draft| draft.status = status);
    let mut list = StatusListDraft::new("s:7", 2, 64, signed, signed.plus_seconds(7200)).unwrap();
    assert!(list.set(5, value));
    let zlib = |bytes: &[u8]| {
        let mut zlib = Vec::new();
        let mut compressor = flate2::read::ZlibEncoder::new(bytes, flate2::Compression::fast());
        std::io::Read::read_to_end(&mut compressor, &mut zlib).ok().map(|_| zlib)
    };
    let leaf = world.issuers.issue("Issuer", &world.issuer);
    let input = list.jwt_signing_input(LIST, &[&leaf], zlib).unwrap();
    let token = compact(&input, &world.issuer.sign(input.as_bytes()));
    let anchors = CertificateAnchors::new(vec![Certificate::parse(&world.issuers.der()).unwrap()]);
    let others = CertificateAnchors::from_pem(&Authority::root("Others").pem()).unwrap();
    assert_eq!(read_status_list(token.as_bytes(), &others, NOW).unwrap_err(), StatusError::SignatureInvalid);
    let mut lists = StatusStore::new();
    lists.insert(read_status_list(token.as_bytes(), &anchors, NOW).unwrap()).unwrap();
    world.answer().unwrap().presented("card").unwrap().status_in(&lists, NOW)
}

#[test]
fn the_list_that_a_document_names_says_whether_it_is_in_force() {
    let (here, as_of) = (Some(LIST), NOW.minus_seconds(10));
    assert_eq!(found(here, 0, as_of), DocumentStatus::Valid { as_of, expired: false });
    assert_eq!(found(here, 1, as_of), DocumentStatus::Revoked { as_of });
    assert_eq!(found(here, 2, as_of), DocumentStatus::Suspended { as_of });
    assert_eq!(found(here, 3, as_of), DocumentStatus::Unknown);
    assert_eq!(found(Some("https://status.example.vn/8"), 0, as_of), DocumentStatus::Unknown);
    assert_eq!(found(None, 0, as_of), DocumentStatus::NotNamed);
    let old = NOW.minus_seconds(7200);
    assert_eq!(found(here, 0, old), DocumentStatus::Valid { as_of: old, expired: true });
    assert_eq!(
        read_status_list(&[0xff], &CertificateAnchors::default(), NOW).unwrap_err(),
        StatusError::WrongType
    );
}

#[test]
fn a_policy_decides_what_a_missing_unknown_or_old_status_means() {
    let strict = StatusPolicy::with_network();
    let lenient = StatusPolicy { may_lack: true, may_be_unknown: true, ..strict };
    let as_of = NOW.minus_seconds(3600);
    let valid = DocumentStatus::Valid { as_of, expired: false };
    for (status, refused) in [
        (DocumentStatus::NotNamed, StatusRefusal::Missing),
        (DocumentStatus::Unknown, StatusRefusal::Unknown),
        (DocumentStatus::Valid { as_of: NOW, expired: true }, StatusRefusal::Old { age: 0 }),
        (
            DocumentStatus::Valid { as_of: NOW.minus_seconds(3601), expired: false },
            StatusRefusal::Old { age: 3601 },
        ),
    ] {
        assert_eq!(strict.judge(status, NOW), Err(refused));
        assert_eq!(lenient.judge(status, NOW), Ok(()));
    }
    for policy in [strict, lenient] {
        assert_eq!(policy.judge(valid, NOW), Ok(()));
        assert_eq!(policy.judge(DocumentStatus::Suspended { as_of }, NOW), Err(StatusRefusal::Suspended));
        assert_eq!(policy.judge(DocumentStatus::Revoked { as_of }, NOW), Err(StatusRefusal::Revoked));
    }
}
