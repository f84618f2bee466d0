//! The answer from the wallet's hands into the verifier's.
use credential::jose::jwe::{Jwe, JweError, Parties, encrypt};

use super::*;

fn presentations() -> VpToken {
    let mut token = VpToken::new();
    token.push("card", "eyJ~a b&c~eyJ".to_owned());
    token
}

fn body(form: &Form) -> Vec<u8> {
    let fields = form.fields.iter().map(|(name, value)| (*name, value.as_str()));
    url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish().into_bytes()
}

/// The body of an answer that is encrypted to this key with this content.
fn encrypted(key: &DecryptionKey, content: Value) -> Vec<u8> {
    let jwe = encrypt(
        key.public(),
        Some(key.kid()),
        Encryption::A128Gcm,
        Parties::default(),
        content.to_string().as_bytes(),
    );
    body(&Form { address: String::new(), fields: vec![("response", jwe.unwrap())] })
}

#[test]
fn an_encrypted_answer_opens_with_the_sessions_key() {
    let world = World::new();
    let form = world.verify_with(|_, _| ()).unwrap().answer(&presentations()).unwrap();
    assert_eq!(form.address, RESPONSE_URI);
    let [("response", jwe)] = form.fields.as_slice() else { panic!("{form:?}") };
    let jwe = Jwe::parse(jwe, LONGEST_RESPONSE).unwrap();
    assert_eq!((jwe.kid(), jwe.encryption()), (Some("1"), Encryption::A256Gcm));
    let opened = open(&body(&form), "eyJhb6-sVA", Some(world.encryption_key)).unwrap();
    assert_eq!(opened, Opened::Presentations(presentations()));
}

#[test]
fn a_plain_answer_opens_without_a_key() {
    let world = World::new();
    let request = world.with("response_mode", json!("direct_post")).unwrap();
    let form = request.answer(&presentations()).unwrap();
    assert_eq!(open(&body(&form), "eyJhb6-sVA", None), Ok(Opened::Presentations(presentations())));
}

#[test]
fn a_request_without_state_is_answered_without() {
    let world = World::new();
    let request = world.verify_with(|_, payload| {
        payload["response_mode"] = json!("direct_post");
        payload.as_object_mut().unwrap().remove("state");
    });
    let names: Vec<_> =
        request.unwrap().answer(&presentations()).unwrap().fields.into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["vp_token"]);
}

#[test]
fn a_refusal_is_plain_and_keeps_to_the_codes_of_the_specification() {
    let world = World::new();
    let request = world.verify_with(|_, _| ()).unwrap();
    let refused = |refusal| {
        let form = request.reply_to().refusal(refusal);
        let key = DecryptionKey::generate("1").unwrap();
        (form.fields[0].1.clone(), open(&body(&form), "eyJhb6-sVA", Some(key)).unwrap())
    };
    for (refusal, code, read) in [
        (Refusal::AccessDenied, "access_denied", RefusalCode::AccessDenied),
        (Refusal::Request(RequestError::Audience), "invalid_request", RefusalCode::InvalidRequest),
        (Refusal::Request(RequestError::Scope), "invalid_scope", RefusalCode::InvalidRequest),
        (Refusal::Request(RequestError::Method), "invalid_request_uri_method", RefusalCode::InvalidRequest),
        (
            Refusal::Request(RequestError::Formats),
            "vp_formats_not_supported",
            RefusalCode::FormatsNotSupported,
        ),
        (
            Refusal::Request(TransactionError::Type.into()),
            "invalid_transaction_data",
            RefusalCode::InvalidTransactionData,
        ),
    ] {
        assert_eq!(refused(refusal), (code.to_owned(), Opened::Refused(read)));
    }
    assert_eq!(open(b"error=rejected&state=s", "s", None), Ok(Opened::Refused(RefusalCode::Other)));
}

#[test]
fn refuses_the_answer_of_another_session() {
    assert_eq!(open(b"vp_token=%7B%22a%22:[%22x%22]%7D&state=t", "s", None), Err(ResponseError::State));
    assert_eq!(open(b"vp_token=%7B%22a%22:[%22x%22]%7D", "s", None), Err(ResponseError::State));
    assert_eq!(open(b"error=access_denied&state=t", "s", None), Err(ResponseError::State));
    let key = DecryptionKey::generate("1").unwrap();
    let posted = encrypted(&key, json!({"vp_token": {"a": ["x"]}, "state": "t"}));
    assert_eq!(open(&posted, "s", Some(key)), Err(ResponseError::State));
}

#[test]
fn refuses_an_answer_that_is_not_encrypted_as_asked() {
    let key = || DecryptionKey::generate("1").unwrap();
    let plain = b"vp_token=%7B%22a%22:[%22x%22]%7D&state=s";
    assert!(open(plain, "s", None).is_ok());
    assert_eq!(open(plain, "s", Some(key())), Err(ResponseError::NotAsAsked));
    let posted = encrypted(&key(), json!({"vp_token": {"a": ["x"]}, "state": "s"}));
    assert_eq!(open(&posted, "s", None), Err(ResponseError::NotAsAsked));
    assert_eq!(open(&posted, "s", Some(key())), Err(ResponseError::Jwe(JweError::Unreadable)));
}

#[test]
fn refuses_what_is_no_form_of_one_answer() {
    for form in [
        "",
        "state=s",
        "vp_token={}&error=x&state=s",
        "error=a&error=b&state=s",
        "vp_token=x&response=y&state=s",
    ] {
        assert_eq!(open(form.as_bytes(), "s", None), Err(ResponseError::Form), "{form}");
    }
    assert_eq!(open(&vec![b'a'; LONGEST_RESPONSE + 1], "s", None), Err(ResponseError::Form));
}

#[test]
fn refuses_presentations_that_are_malformed_or_stand_twice() {
    for token in ["x", "{}", "%7B%22a%22:%22x%22%7D", "%7B%22a%22:[%22x%22],%22a%22:[%22y%22]%7D"] {
        let form = format!("vp_token={token}&state=s");
        assert_eq!(open(form.as_bytes(), "s", None), Err(ResponseError::VpToken), "{token}");
    }
    let key = DecryptionKey::generate("1").unwrap();
    let posted = encrypted(&key, json!({"state": "s"}));
    assert_eq!(open(&posted, "s", Some(key)), Err(ResponseError::VpToken));
}
