//! The holder's key binding: one check fails at a time.
use super::*;

const AUDIENCE: &str = "x509_hash:abc";
const DATA: &str = "eyJ0eXBlIjoicGF5bWVudCJ9";

fn binding() -> KeyBinding<'static> {
    KeyBinding {
        audience: AUDIENCE,
        nonce: "n-1",
        issued_at: NOW,
        transaction_data: &[DATA],
        names_hash: true,
    }
}

const EXPECTED: ExpectedBinding<'static> =
    ExpectedBinding { audience: AUDIENCE, nonce: "n-1", transaction_data: &[DATA], longest_age: 300 };

impl World {
    fn bound(&self, binding: &KeyBinding<'_>) -> String {
        let draft = binding.prepare(&select(&self.issued(), &[vec![key("family_name")]]).unwrap()).unwrap();
        draft.assemble(&self.device.sign(draft.to_be_signed()))
    }

    pub(super) fn presented(&self) -> String {
        self.bound(&binding())
    }

    pub(super) fn verify_bound(&self, text: &str) -> Result<BoundSdJwt, SdJwtError> {
        SdJwt::parse(text)?.verify_bound(IssuerKey::Anchored(&self.anchors()), &EXPECTED, NOW)
    }

    /// A presentation whose key binding has these claims and this header.
    fn with_binding(&self, header: &Value, change: impl FnOnce(&mut Value)) -> SdJwtError {
        let text = self.presented();
        let (presented, jws) = text.rsplit_once('~').unwrap();
        let payload = URL_SAFE_NO_PAD.decode(jws.split('.').nth(1).unwrap()).unwrap();
        let mut payload: Value = serde_json::from_slice(&payload).unwrap();
        change(&mut payload);
        let input = signing_input(header, &payload);
        let jws = compact(&input, &self.device.sign(input.as_bytes()));
        self.verify_bound(&format!("{presented}~{jws}")).unwrap_err()
    }
}

fn refusal(change: impl FnOnce(&mut Value)) -> SdJwtError {
    World::new().with_binding(&json!({"alg": "ES256", "typ": KB_JWT}), change)
}

#[test]
fn the_bound_presentation_says_what_was_chosen() {
    let world = World::new();
    let bound = world.verify_bound(&world.presented()).unwrap();
    assert_eq!(bound.sd_jwt().claims()["family_name"], "Nguyễn");
    assert!(bound.sd_jwt().claims().get("personal_number").is_none());
    assert_eq!(bound.issued_at(), NOW);
}

#[test]
fn refuses_a_key_binding_for_another_verifier_request_time_or_selection() {
    assert_eq!(refusal(|claims| claims["aud"] = json!("abc")), SdJwtError::Audience);
    assert_eq!(refusal(|claims| claims["aud"] = json!([AUDIENCE])), SdJwtError::Audience);
    assert_eq!(refusal(|claims| claims["nonce"] = json!("n-2")), SdJwtError::Nonce);
    assert_eq!(refusal(|claims| claims["sd_hash"] = json!("x")), SdJwtError::PresentationHash);
    assert_eq!(refusal(|claims| claims["iat"] = Value::Null), SdJwtError::BindingTime);
    assert_eq!(refusal(|claims| claims["iat"] = json!(NOW.as_unix() - 301)), SdJwtError::BindingTime);
    assert_eq!(refusal(|claims| claims["iat"] = json!(NOW.as_unix() + 61)), SdJwtError::BindingTime);
}

#[test]
fn refuses_a_key_binding_of_another_type_or_key() {
    let world = World::new();
    let other = world.with_binding(&json!({"alg": "ES256", "typ": "JWT"}), |_| ());
    assert_eq!(other, SdJwtError::Holder(JoseError::Type));
    let mut stolen = World::new();
    stolen.device = TestKey::new();
    assert_eq!(
        stolen.verify_bound(&stolen.presented()).unwrap_err(),
        SdJwtError::Holder(JoseError::Signature)
    );
}

#[test]
fn refuses_other_transaction_data_than_were_sent() {
    let wrong = SdJwtError::TransactionData;
    assert_eq!(refusal(|claims| claims["transaction_data_hashes"] = json!(["x"])), wrong);
    assert_eq!(refusal(|claims| claims["transaction_data_hashes_alg"] = json!("sha-512")), wrong);
    assert_eq!(refusal(|claims| drop(object_mut(claims).remove("transaction_data_hashes"))), wrong);
    let world = World::new();
    let none = KeyBinding { transaction_data: &[], ..binding() };
    assert_eq!(world.verify_bound(&world.bound(&none)).unwrap_err(), wrong);
    let parsed = world.presented();
    let parsed = SdJwt::parse(&parsed).unwrap();
    let nothing_sent = ExpectedBinding { transaction_data: &[], ..EXPECTED };
    let refused = parsed.verify_bound(IssuerKey::Anchored(&world.anchors()), &nothing_sent, NOW);
    assert_eq!(refused.unwrap_err(), wrong);
    let unnamed = KeyBinding { names_hash: false, ..binding() };
    world.verify_bound(&world.bound(&unnamed)).unwrap();
}

fn object_mut(value: &mut Value) -> &mut Map<String, Value> {
    value.as_object_mut().unwrap()
}

#[test]
fn refuses_a_key_binding_where_none_belongs_and_none_where_one_is_demanded() {
    let mut world = World::new();
    assert_eq!(world.verify_bound(&world.issued()).unwrap_err(), SdJwtError::KeyBinding);
    let presented = world.presented();
    assert_eq!(world.verify(&presented).unwrap_err(), SdJwtError::KeyBinding);
    assert_eq!(select(&presented, &[]).unwrap_err(), SdJwtError::KeyBinding);
    assert_eq!(binding().prepare(&presented).unwrap_err(), SdJwtError::KeyBinding);
    world.draft.cnf = None;
    assert_eq!(world.verify_bound(&world.presented()).unwrap_err(), SdJwtError::Unbound);
}

#[test]
fn another_selection_under_the_same_key_binding_is_refused() {
    let world = World::new();
    let text = world.issued();
    let draft = binding().prepare(&select(&text, &[vec![key("family_name")]]).unwrap()).unwrap();
    let bound = draft.assemble(&world.device.sign(draft.to_be_signed()));
    let jws = bound.rsplit_once('~').unwrap().1;
    for other in [select(&text, &[]).unwrap(), text] {
        assert_eq!(world.verify_bound(&format!("{other}{jws}")).unwrap_err(), SdJwtError::PresentationHash);
    }
}
