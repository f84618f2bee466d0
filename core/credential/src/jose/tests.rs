use super::*;
use test_key::TestKey;

const RFC7515_A3: &str = "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";

fn rfc7515_key() -> Jwk {
    Jwk::from_json(&serde_json::json!({
        "kty": "EC", "crv": "P-256",
        "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
        "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
    }))
    .unwrap()
}

struct Signer(TestKey);

impl Signer {
    fn jws(&self, header: &str, payload: &str) -> String {
        let input = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(payload));
        compact(&input, &self.0.sign(input.as_bytes()))
    }
}

#[test]
fn verifies_the_example_of_rfc_7515_a_3() {
    let verified = Jws::parse(RFC7515_A3, 1_000).unwrap().verify(rfc7515_key().key()).unwrap();
    assert_eq!(verified.claims()["iss"], "joe");
    assert_eq!(verified.claims()["exp"], 1_300_819_380);
}

#[test]
fn thumbprints_match_rfc_9449_and_the_sd_cwt_draft() {
    // RFC 9449, section 6.1: the key of the proof and the `jkt` bound to it. RFC 7638 itself prints only an RSA key.
    let key = serde_json::json!({
        "kty": "EC", "crv": "P-256",
        "x": "l8tFrhx-34tV3hRICRDY9zCkDlpBhF42UQUfWVAWBFs",
        "y": "9VE4jf_Ok_o64zbTTlcuNJajHmt6v9TDVrU0CdvGRDA",
    });
    let key = Jwk::from_json(&key).unwrap();
    assert_eq!(key.thumbprint_base64url(), "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I");

    let keys = include_bytes!("../../../../tests/vectors/qr/sd-cwt/keys.json");
    let holder = parse_json(keys).unwrap()["holder"].clone();
    let coordinate = |name: &str| {
        let bytes = hex::decode(holder[name].as_str().unwrap()).unwrap();
        URL_SAFE_NO_PAD.encode(bytes)
    };
    let jwk = serde_json::json!({"kty": "EC", "crv": "P-256", "x": coordinate("x"), "y": coordinate("y")});
    let thumbprint = Jwk::from_json(&jwk).unwrap().thumbprint();
    assert_eq!(hex::encode(thumbprint), holder["jwk_thumbprint_sha256"].as_str().unwrap());
}

#[derive(serde::Deserialize)]
struct Claims {
    aud: String,
}

#[test]
fn what_is_signed_here_verifies_here() {
    let signer = Signer(TestKey::new());
    let jwk = Jwk::new(signer.0.public());
    let header = serde_json::json!({"alg": "ES256", "typ": "sen-account+jwt", "jwk": jwk});
    let input = signing_input(&header, &serde_json::json!({"aud": "https://127.0.0.1:1", "seq": 7}));
    let text = compact(&input, &signer.0.sign(input.as_bytes()));

    let jws = Jws::parse(&text, 4_096).unwrap().of_type("sen-account+jwt").unwrap();
    assert_eq!(jws.header().jwk(), Some(&jwk));
    let key = *jws.header().jwk().unwrap().key();
    let verified = jws.verify(&key).unwrap();
    assert_eq!(verified.claims()["seq"], 7);
    assert_eq!(verified.claims_as::<Claims>().unwrap().aud, "https://127.0.0.1:1");
    assert_eq!(verified.claims_as::<Vec<u8>>().unwrap_err(), JoseError::Member);
}

#[test]
fn refuses_another_key_and_every_changed_character() {
    let other = TestKey::new().public();
    assert_eq!(Jws::parse(RFC7515_A3, 1_000).unwrap().verify(&other).unwrap_err(), JoseError::Signature);
    for position in 0..RFC7515_A3.len() {
        for character in ['A', 'q', '-', '.', '='] {
            let mut changed: Vec<char> = RFC7515_A3.chars().collect();
            if changed[position] == character {
                continue;
            }
            changed[position] = character;
            let changed: String = changed.into_iter().collect();
            let outcome = Jws::parse(&changed, 1_000).and_then(|jws| jws.verify(rfc7515_key().key()));
            assert!(outcome.is_err(), "character {position} became {character}");
        }
    }
}

#[test]
fn refuses_every_algorithm_but_es256() {
    for header in [
        r#"{"alg":"none"}"#,
        r#"{"alg":"HS256"}"#,
        r#"{"alg":"es256"}"#,
        r#"{"alg":"ES384"}"#,
        r#"{"alg":-7}"#,
        r#"{"typ":"JWT"}"#,
    ] {
        let text = Signer(TestKey::new()).jws(header, "{}");
        assert_eq!(Jws::parse(&text, 1_000).unwrap_err(), JoseError::Algorithm, "{header}");
    }
}

#[test]
fn refuses_critical_extensions() {
    for header in [r#"{"alg":"ES256","crit":["exp"],"exp":1}"#, r#"{"alg":"ES256","crit":[]}"#] {
        let text = Signer(TestKey::new()).jws(header, "{}");
        assert_eq!(Jws::parse(&text, 1_000).unwrap_err(), JoseError::Critical);
    }
}

#[test]
fn refuses_a_repeated_member_in_header_and_payload() {
    let signer = Signer(TestKey::new());
    let text = signer.jws(r#"{"alg":"ES256","typ":"a","typ":"b"}"#, "{}");
    assert_eq!(Jws::parse(&text, 1_000).unwrap_err(), JoseError::Json);
    for payload in [r#"{"a":1,"a":1}"#, r#"{"a":[{"b":{"c":1,"\u0063":2}}]}"#] {
        let jws = Jws::parse(&signer.jws(r#"{"alg":"ES256"}"#, payload), 1_000).unwrap();
        assert_eq!(jws.verify(&signer.0.public()).unwrap_err(), JoseError::Json, "{payload}");
    }
}

#[test]
fn refuses_payloads_that_are_no_strict_json_object() {
    let signer = Signer(TestKey::new());
    for (payload, error) in [
        ("", JoseError::Json),
        ("{} {}", JoseError::Json),
        ("{\"a\":\"\u{0}\"}", JoseError::Json),
        ("[]", JoseError::Member),
        ("7", JoseError::Member),
    ] {
        let jws = Jws::parse(&signer.jws(r#"{"alg":"ES256"}"#, payload), 1_000).unwrap();
        assert_eq!(jws.verify(&signer.0.public()).unwrap_err(), error, "{payload}");
    }
}

#[test]
fn refuses_other_shapes_than_three_base64url_parts() {
    let [header, payload, signature] =
        <[&str; 3]>::try_from(RFC7515_A3.split('.').collect::<Vec<_>>()).unwrap();
    for (text, error) in [
        (String::new(), JoseError::NotCompact),
        (format!("{header}.{payload}"), JoseError::NotCompact),
        (format!("{RFC7515_A3}.{signature}"), JoseError::NotCompact),
        (format!("{header}=.{payload}.{signature}"), JoseError::Base64),
        (format!("{header}.{payload}.{signature}\n"), JoseError::Base64),
        (format!("{header}.{payload}."), JoseError::Signature),
        (format!("{header}.{payload}.{}", &signature[..84]), JoseError::Signature),
        // The last character carries four bits that mean nothing and must be zero.
        (format!("{header}.{payload}.{}R", &signature[..85]), JoseError::Base64),
    ] {
        assert_eq!(Jws::parse(&text, 1_000).unwrap_err(), error, "{text}");
    }
    assert_eq!(Jws::parse(RFC7515_A3, 100).unwrap_err(), JoseError::TooLong);
}

#[test]
fn compares_the_type_as_a_media_type() {
    let signer = Signer(TestKey::new());
    let jws =
        |typ: &str| Jws::parse(&signer.jws(&format!(r#"{{"alg":"ES256"{typ}}}"#), "{}"), 1_000).unwrap();
    for typ in [r#","typ":"sen-face+jwt""#, r#","typ":"Application/SEN-face+jwt""#] {
        assert!(jws(typ).of_type("sen-face+jwt").is_ok(), "{typ}");
    }
    for typ in
        ["", r#","typ":"JWT""#, r#","typ":"sen-face""#, r#","typ":"application/application/sen-face+jwt""#]
    {
        assert_eq!(jws(typ).of_type("sen-face+jwt").unwrap_err(), JoseError::Type, "{typ}");
    }
}

#[test]
fn refuses_keys_that_are_no_public_p256_point() {
    let good = rfc7515_key().to_json();
    let with = |name: &str, value: Value| {
        let mut key = good.clone();
        key[name] = value;
        Jwk::from_json(&key)
    };
    assert!(with("use", "sig".into()).is_ok());
    let private = with("d", "jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI".into());
    assert_eq!(private.unwrap_err(), JoseError::Key);
    assert_eq!(with("kty", "OKP".into()).unwrap_err(), JoseError::Key);
    assert_eq!(with("crv", "P-384".into()).unwrap_err(), JoseError::Key);
    assert_eq!(with("y", good["x"].clone()).unwrap_err(), JoseError::Key);
    assert_eq!(with("x", Value::Null).unwrap_err(), JoseError::Key);
    assert_eq!(with("x", "AAAA".into()).unwrap_err(), JoseError::Key);
    assert_eq!(with("x", "!".into()).unwrap_err(), JoseError::Base64);
    assert_eq!(Jwk::from_json(&Value::Null).unwrap_err(), JoseError::Key);
}

#[test]
fn a_jwk_goes_through_json_unchanged() {
    let text = serde_json::to_string(&rfc7515_key()).unwrap();
    assert_eq!(serde_json::from_str::<Jwk>(&text).unwrap(), rfc7515_key());
    assert!(serde_json::from_str::<Jwk>("{}").is_err());
}
