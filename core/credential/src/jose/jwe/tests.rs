use super::*;

const LONGEST: usize = 4096;

fn sent(to: &DecryptionKey) -> String {
    let parties = Parties { apu: b"wallet", apv: b"nonce" };
    encrypt(to.public(), Some(to.kid()), Encryption::A256Gcm, parties, b"{\"vp_token\":{}}").unwrap()
}

/// A message with one member of its header changed.
fn with_header(message: &str, change: impl FnOnce(&mut serde_json::Map<String, Value>)) -> String {
    let (header, rest) = message.split_once('.').unwrap();
    let Value::Object(mut members) = parse_json(&decode(header).unwrap()).unwrap() else { panic!() };
    change(&mut members);
    format!("{}.{rest}", URL_SAFE_NO_PAD.encode(Value::Object(members).to_string()))
}

fn refusal(change: impl FnOnce(&mut serde_json::Map<String, Value>)) -> JweError {
    let message = sent(&DecryptionKey::generate("1").unwrap());
    Jwe::parse(&with_header(&message, change), LONGEST).unwrap_err()
}

#[test]
fn derives_the_key_of_rfc_7518_appendix_c() {
    let agreed = [
        158, 86, 217, 29, 129, 113, 53, 211, 114, 131, 66, 131, 191, 132, 38, 156, 251, 49, 110, 163, 218,
        128, 106, 72, 246, 218, 167, 121, 140, 254, 144, 196,
    ];
    let parties = Parties { apu: b"Alice", apv: b"Bob" };
    let key = Encryption::A128Gcm.derive_key(&agreed, parties);
    assert_eq!(URL_SAFE_NO_PAD.encode(&key.expose()[..16]), "VqqN6vgjbSBcIijNcacQGg");
}

#[test]
fn opens_what_was_encrypted_to_it_in_both_ciphers() {
    for encryption in [Encryption::A128Gcm, Encryption::A256Gcm] {
        let key = DecryptionKey::generate("k-1").unwrap();
        let parties = Parties { apu: b"u", apv: b"v" };
        let message = encrypt(key.public(), Some("k-1"), encryption, parties, b"content").unwrap();
        let read = Jwe::parse(&message, LONGEST).unwrap();
        assert_eq!((read.kid(), read.encryption(), read.parties()), (Some("k-1"), encryption, parties));
        assert_eq!(read.open(key).unwrap(), b"content");
    }
}

#[test]
fn the_public_half_says_what_it_is_for() {
    let key = DecryptionKey::generate("k-1").unwrap();
    let json = key.to_json();
    assert_eq!((&json["kid"], &json["use"], &json["alg"]), (&json!("k-1"), &json!("enc"), &json!("ECDH-ES")));
    assert_eq!(Jwk::from_json(&json).unwrap().key(), key.public());
}

#[test]
fn refuses_another_key_of_the_same_name_and_the_right_key_under_another_name() {
    let key = DecryptionKey::generate("1").unwrap();
    let message = Jwe::parse(&sent(&key), LONGEST).unwrap();
    assert_eq!(message.open(DecryptionKey::generate("1").unwrap()), Err(JweError::Unreadable));
    assert_eq!(message.open(DecryptionKey::generate("2").unwrap()), Err(JweError::WrongKey));
    let unnamed = encrypt(key.public(), None, Encryption::A128Gcm, Parties::default(), b"").unwrap();
    assert_eq!(Jwe::parse(&unnamed, LONGEST).unwrap().open(key), Err(JweError::WrongKey));
}

#[test]
fn refuses_each_header_that_it_does_not_know() {
    assert_eq!(refusal(|header| drop(header.remove("alg"))), JweError::Algorithm);
    assert_eq!(refusal(|header| header["alg"] = json!("ECDH-ES+A128KW")), JweError::Algorithm);
    assert_eq!(refusal(|header| header["enc"] = json!("A128CBC-HS256")), JweError::Encryption);
    assert_eq!(refusal(|header| drop(header.remove("epk"))), JweError::Key);
    assert_eq!(refusal(|header| header["epk"]["crv"] = json!("P-384")), JweError::Key);
    assert_eq!(refusal(|header| header["epk"]["y"] = header["epk"]["x"].clone()), JweError::Key);
    assert_eq!(refusal(|header| header["epk"]["d"] = json!("AA")), JweError::Key);
    assert_eq!(refusal(|header| header["kid"] = json!(1)), JweError::Header);
    assert_eq!(refusal(|header| header["apu"] = json!("?")), JweError::Header);
    assert_eq!(refusal(|header| header["apv"] = json!("A".repeat(1024))), JweError::Header);
    assert_eq!(refusal(|header| drop(header.insert("zip".into(), json!("DEF")))), JweError::Extension);
    assert_eq!(refusal(|header| drop(header.insert("crit".into(), json!(["b64"])))), JweError::Extension);
}

#[test]
fn refuses_what_is_not_five_parts_with_an_empty_key() {
    let message = sent(&DecryptionKey::generate("1").unwrap());
    let parts: Vec<&str> = message.split('.').collect();
    let not = |text: String| Jwe::parse(&text, LONGEST).unwrap_err();
    assert_eq!(not(parts[..4].join(".")), JweError::NotCompact);
    assert_eq!(not(format!("{message}.")), JweError::NotCompact);
    assert_eq!(not(message.replace("..", ".AAAA.")), JweError::NotCompact);
    assert_eq!(not(format!("{message}A")), JweError::NotCompact);
    assert_eq!(not([parts[0], "", "AAAA", parts[3], parts[4]].join(".")), JweError::NotCompact);
    assert_eq!(not(format!("W10.{}", &message[parts[0].len() + 1..])), JweError::Header);
    assert_eq!(Jwe::parse(&message, message.len() - 1).unwrap_err(), JweError::TooLong);
    let twice = URL_SAFE_NO_PAD.encode(r#"{"alg":"ECDH-ES","alg":"ECDH-ES"}"#);
    assert_eq!(not(format!("{twice}.{}", &message[parts[0].len() + 1..])), JweError::Header);
}

#[test]
fn no_changed_character_opens() {
    let message = sent(&DecryptionKey::generate("1").unwrap());
    for at in 0..message.len() {
        let key = DecryptionKey::generate("1").unwrap();
        let mut changed = sent(&key).into_bytes();
        changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
        let changed = String::from_utf8(changed).unwrap();
        assert!(Jwe::parse(&changed, LONGEST).and_then(|read| read.open(key)).is_err(), "character {at}");
    }
}
