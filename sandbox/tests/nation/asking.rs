//! Portal and bank ask a wallet over the network: what an honest wallet does, and everything that one could try.
use credential::jose::{compact, signing_input};
use credential::sd_jwt::{KeyBinding, Step, select};
use presentation::openid4vp::{
    Expectation, Form, MATCHED_NUMBER, Refusal, RequestLink, Requester, Source, Transaction, TransactionData,
    Unsigned, VerifiedRequest, VpToken, verify,
};
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use serde_json::{Map, Value, json};
use trust::time::Timestamp;

use crate::device::{Device, Key, NUMBER, decode};
use crate::documents::{anchors, copies};
use crate::world::{Answer, World, clock};

/// A wallet with a citizen identity.
pub(crate) struct Phone {
    key: Key,
    copy: String,
}

/// What a wallet binds its answer to; each member can be another than the honest one.
#[derive(Clone)]
pub(crate) struct Bound {
    pub(crate) number: Option<String>,
    pub(crate) audience: String,
    pub(crate) nonce: String,
    pub(crate) transaction: Option<String>,
}

impl Bound {
    pub(crate) fn to(request: &VerifiedRequest, number: Option<&str>) -> Self {
        Self {
            number: number.map(str::to_owned),
            audience: request.client_id().as_str().to_owned(),
            nonce: request.nonce().to_owned(),
            transaction: request.transaction().map(|data| data.received().to_owned()),
        }
    }
}

/// The person of the test card with an account at level 2.
pub(crate) fn at_level_2(world: &World) -> Device {
    let device = Device::at_level_1(world);
    world.post("/sandbox/level-2", &json!({"number": NUMBER})).done();
    device
}

/// Fetches and verifies the request that a link points to.
pub(crate) fn fetch(world: &World, link: &str, by_post: bool) -> VerifiedRequest {
    let link = RequestLink::parse(link).unwrap();
    let Source::Reference { address, .. } = link.source() else { panic!("by reference") };
    let path = address.strip_prefix(&world.url).unwrap();
    let answer = if by_post {
        world.post_form(path, &[("wallet_metadata", "{}"), ("wallet_nonce", "abc")])
    } else {
        world.get(path)
    };
    assert_eq!(answer.status, 200, "{}", String::from_utf8_lossy(&answer.body));
    assert_eq!(answer.headers.get("content-type").unwrap(), "application/oauth-authz-req+jwt");
    let authority = anchors(world, "askers-ca.pem");
    let expectation = Expectation {
        verifiers: &authority,
        registrars: &authority,
        fetched_from: None,
        wallet_nonce: by_post.then_some("abc"),
        unsigned: Unsigned::Refused,
        now: Timestamp::from_unix(world.now()),
    };
    verify(&String::from_utf8(answer.body).unwrap(), link.client_id(), &expectation).unwrap()
}

impl Phone {
    pub(crate) fn of(world: &World, device: &mut Device) -> Self {
        let key = Key::generate();
        let copy = copies(world, device, "citizen_sd_jwt", std::slice::from_ref(&key)).remove(0);
        Self { key, copy }
    }

    fn present(&self, world: &World, bound: &Bound) -> VpToken {
        let wanted = ["personal_number", "name", "account_level"];
        let wanted: Vec<_> = wanted.iter().map(|name| vec![Step::Key((*name).into())]).collect();
        let shown = select(&self.copy, &wanted).unwrap();
        let transaction: Vec<&str> = bound.transaction.as_deref().into_iter().collect();
        let binding = KeyBinding {
            audience: &bound.audience,
            nonce: &bound.nonce,
            issued_at: Timestamp::from_unix(world.now()),
            transaction_data: &transaction,
            names_hash: true,
        };
        let more = bound.number.clone().map(|number| (MATCHED_NUMBER.to_owned(), json!(number)));
        let draft = binding.prepare_with(&shown, Map::from_iter(more)).unwrap();
        let mut token = VpToken::new();
        token.push("citizen", draft.assemble(&self.key.sign(draft.to_be_signed())));
        token
    }

    /// An answer that is bound like this, encrypted.
    pub(crate) fn sealed(&self, world: &World, request: &VerifiedRequest, bound: &Bound) -> Form {
        request.answer(&self.present(world, bound)).unwrap()
    }

    /// Posts an answer that is bound like this.
    pub(crate) fn answer(&self, world: &World, request: &VerifiedRequest, bound: &Bound) -> Answer {
        let form = self.sealed(world, request, bound);
        post(world, &form.address, &form.fields)
    }
}

pub(crate) fn post(world: &World, address: &str, fields: &[(&'static str, String)]) -> Answer {
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    world.post_form(address.strip_prefix(&world.url).unwrap(), &fields)
}

pub(crate) fn state(world: &World, begun: &Value) -> Value {
    world.post("/asking/state", &json!({"view": begun["view"]})).done()
}

/// The digits on the screen.
pub(crate) fn number(world: &World, begun: &Value) -> String {
    let state = state(world, begun);
    assert_eq!(state["state"], "connected", "{state}");
    state["number"].as_str().unwrap().to_owned()
}

fn sign_in(world: &World, other_screen: bool) -> Value {
    world.post("/portal/start", &json!({"other_screen": other_screen})).done()
}

#[test]
fn signs_in_from_another_phone_with_the_digits_of_the_screen() {
    let world = World::start(clock!());
    let phone = Phone::of(&world, &mut at_level_2(&world));
    for by_post in [true, false] {
        let begun = sign_in(&world, true);
        assert!(begun["qr"].as_str().unwrap().starts_with("<svg"));
        assert_eq!(state(&world, &begun), json!({"state": "waiting"}));
        let request = fetch(&world, begun["link"].as_str().unwrap(), by_post);
        let Requester::Certified { subject, .. } = request.requester() else { panic!("certified") };
        assert!(subject.contains("Cổng dịch vụ công Mẫu"), "{subject}");
        assert_eq!(request.registration().unwrap().name(), "Cổng dịch vụ công Mẫu");
        let Some(Transaction::SignIn { origin, other_screen: true, .. }) =
            request.transaction().map(TransactionData::transaction)
        else {
            panic!("a sign-in")
        };
        assert_eq!(*origin, world.url);
        let digits = number(&world, &begun);
        assert_eq!(digits.len(), 2);
        phone.answer(&world, &request, &Bound::to(&request, Some(&digits))).done();
        let done = state(&world, &begun);
        assert_eq!(done["result"]["number"], NUMBER, "{done}");
        assert_eq!(done["result"]["account_level"], 2);
        // A software key attests nothing, so that this is the wallet's own word.
        assert_eq!(done["result"]["authentication_level"], json!({"level": 1, "basis": "claimed"}));
    }
}

#[test]
fn on_the_same_device_only_the_browser_that_the_wallet_opens_is_signed_in() {
    let world = World::start(clock!());
    let phone = Phone::of(&world, &mut at_level_2(&world));
    let begun = sign_in(&world, false);
    let request = fetch(&world, begun["link"].as_str().unwrap(), true);
    assert_eq!(state(&world, &begun), json!({"state": "connected"}));
    let answered = phone.answer(&world, &request, &Bound::to(&request, None)).done();
    let redirect = answered["redirect_uri"].as_str().unwrap();
    let code = redirect.strip_prefix(&format!("{}/portal?code=", world.url)).unwrap();
    let look = |code: Option<&str>| {
        world.post("/asking/state", &json!({"view": begun["view"], "code": code})).done()
    };
    assert_eq!(look(None)["state"], "connected");
    assert_eq!(look(Some("another"))["state"], "connected");
    assert_eq!(look(Some(code))["result"]["number"], NUMBER);
}

#[test]
fn a_level_1_holder_is_told_in_both_languages_what_to_do() {
    let world = World::start(clock!());
    let phone = Phone::of(&world, &mut Device::at_level_1(&world));
    let begun = sign_in(&world, true);
    let request = fetch(&world, begun["link"].as_str().unwrap(), true);
    let digits = number(&world, &begun);
    let answer = phone.answer(&world, &request, &Bound::to(&request, Some(&digits)));
    assert_eq!(answer.refusal(), "level_too_low");
    let refused = state(&world, &begun);
    assert_eq!((&refused["state"], &refused["reason"]), (&json!("refused"), &json!("level_too_low")));
    assert!(refused["vi"].as_str().unwrap().contains("mức 2"));
    assert!(refused["en"].as_str().unwrap().contains("level 2"));
    assert!(!refused.to_string().contains(NUMBER));
}

#[test]
fn a_document_of_a_locked_account_opens_nothing() {
    let world = World::start(clock!());
    let mut device = at_level_2(&world);
    let phone = Phone::of(&world, &mut device);
    device.ask(&world, "/account/lock", "lock", &json!({})).done();
    let begun = sign_in(&world, true);
    let request = fetch(&world, begun["link"].as_str().unwrap(), true);
    let digits = number(&world, &begun);
    let answer = phone.answer(&world, &request, &Bound::to(&request, Some(&digits)));
    assert_eq!(answer.refusal(), "withdrawn");
}

/// What the portal answers to an honest wallet.
fn answered(world: &World, phone: &Phone) -> Answer {
    let begun = sign_in(world, true);
    let request = fetch(world, begun["link"].as_str().unwrap(), true);
    let digits = number(world, &begun);
    phone.answer(world, &request, &Bound::to(&request, Some(&digits)))
}

#[test]
fn an_unlock_and_a_death_reach_the_portal_with_the_next_answer() {
    let world = World::start(clock!());
    let mut device = at_level_2(&world);
    let phone = Phone::of(&world, &mut device);
    answered(&world, &phone).done();
    device.ask(&world, "/account/lock", "lock", &json!({})).done();
    assert_eq!(answered(&world, &phone).refusal(), "withdrawn");
    device.ask(&world, "/account/unlock", "unlock", &json!({})).done();
    answered(&world, &phone).done();
    world.post("/sandbox/death", &json!({"number": NUMBER})).done();
    assert_eq!(answered(&world, &phone).refusal(), "withdrawn");
}

#[test]
fn documents_of_a_withdrawn_issuer_open_nothing_until_it_is_listed_again() {
    let world = World::start(clock!());
    let phone = Phone::of(&world, &mut at_level_2(&world));
    for who in ["issuer", "documents"] {
        let withdraw = |withdrawn: bool| {
            world.post("/sandbox/withdrawal", &json!({"who": who, "withdrawn": withdrawn})).done();
        };
        withdraw(true);
        assert_eq!(answered(&world, &phone).refusal(), "not_genuine", "{who}");
        withdraw(false);
        answered(&world, &phone).done();
    }
    let unknown = world.post("/sandbox/withdrawal", &json!({"who": "x", "withdrawn": true}));
    assert_eq!(unknown.refusal(), "who_unknown");
}

/// The same document of the same issuer, which says nowhere where its status is told.
fn without_status(world: &World, copy: &str) -> String {
    let pkcs8 = std::fs::read(world.folder.join("keys/documents.p8")).unwrap();
    let (kind, random) = (&ECDSA_P256_SHA256_FIXED_SIGNING, ring::rand::SystemRandom::new());
    let issuer = EcdsaKeyPair::from_pkcs8(kind, &pkcs8, &random).unwrap();
    let (jws, disclosures) = copy.split_once('~').unwrap();
    let parts: Vec<Value> =
        jws.split('.').take(2).map(|part| serde_json::from_slice(&decode(part)).unwrap()).collect();
    let mut claims = parts[1].clone();
    assert!(claims.as_object_mut().unwrap().remove("status").is_some());
    let input = signing_input(&parts[0], &claims);
    let signature = issuer.sign(&random, input.as_bytes()).unwrap();
    format!("{}~{disclosures}", compact(&input, signature.as_ref().try_into().unwrap()))
}

#[test]
fn a_document_that_names_no_status_opens_nothing() {
    let world = World::start(clock!());
    let mut phone = Phone::of(&world, &mut at_level_2(&world));
    phone.copy = without_status(&world, &phone.copy);
    let begun = sign_in(&world, true);
    let request = fetch(&world, begun["link"].as_str().unwrap(), true);
    let digits = number(&world, &begun);
    let answer = phone.answer(&world, &request, &Bound::to(&request, Some(&digits)));
    assert_eq!(answer.refusal(), "no_status");
    let refused = state(&world, &begun);
    assert_eq!(refused["reason"], "no_status");
    assert!(refused["vi"].as_str().unwrap().contains("tra cứu hiệu lực"));
    assert!(!refused.to_string().contains("locked"));
}

#[test]
fn whoever_comes_second_gets_no_request_and_a_no_is_final() {
    let world = World::start(clock!());
    let phone = Phone::of(&world, &mut at_level_2(&world));
    let begun = sign_in(&world, true);
    let link = begun["link"].as_str().unwrap();
    let request = fetch(&world, link, true);
    let again = request.reply_to().response_uri().replace("/response/", "/request/");
    assert_eq!(world.get(again.strip_prefix(&world.url).unwrap()).refusal(), "request_taken");
    let no = request.reply_to().refusal(Refusal::AccessDenied);
    post(&world, &no.address, &no.fields).done();
    assert_eq!(state(&world, &begun)["reason"], "declined");
    let late = phone.answer(&world, &request, &Bound::to(&request, Some("00")));
    assert_eq!(late.refusal(), "request_answered");
}

#[test]
fn a_code_that_nobody_scans_and_a_page_that_never_began_come_to_nothing() {
    let world = World::start(clock!());
    let begun = sign_in(&world, true);
    world.pass(300);
    assert_eq!(state(&world, &begun)["reason"], "too_late");
    let link = RequestLink::parse(begun["link"].as_str().unwrap()).unwrap();
    let Source::Reference { address, .. } = link.source() else { panic!("by reference") };
    assert_eq!(world.get(address.strip_prefix(&world.url).unwrap()).refusal(), "request_unknown");
    assert_eq!(world.post("/asking/state", &json!({"view": "x"})).refusal(), "request_unknown");
    assert_eq!(world.post_form("/asking/response/x", &[("error", "x")]).refusal(), "request_unknown");
}
