//! The example of SD-JWT VC, sections 3.3 and 4.2, whose keys RFC 9901 prints in appendix A.5.
use std::path::PathBuf;

use super::*;
use crate::jose::Jwk;

fn vector() -> Value {
    let root = std::env::var_os("SEN_VECTORS")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/vectors"), PathBuf::from);
    let bytes = std::fs::read(root.join("qr/sd-jwt-vc/identity-credential.json")).unwrap();
    serde_json::from_slice(&bytes).unwrap()
}

fn text<'a>(vector: &'a Value, name: &str) -> &'a str {
    vector[name].as_str().unwrap()
}

#[test]
fn vectors_of_sd_jwt_vc_verify_and_say_what_is_printed() {
    let vector = vector();
    let issuer = Jwk::from_json(&vector["issuer_key"]).unwrap();
    let issuer = IssuerKey::Known(issuer.key());
    let now = Timestamp::from_unix(vector["presented_at"].as_i64().unwrap());
    let issued = SdJwt::parse(text(&vector, "issuance")).unwrap().verify(issuer, now).unwrap();
    for (name, value) in vector["claims"].as_object().unwrap() {
        assert_eq!(issued.claims().get(name), Some(value), "{name}");
    }
    let expected = ExpectedBinding {
        audience: text(&vector, "audience"),
        nonce: text(&vector, "nonce"),
        transaction_data: &[],
        longest_age: 0,
    };
    let presented = SdJwt::parse(text(&vector, "presentation")).unwrap();
    let bound = presented.verify_bound(issuer, &expected, now).unwrap();
    let shown: Vec<_> = vector["claims"]
        .as_object()
        .unwrap()
        .keys()
        .filter(|name| bound.sd_jwt().claims().contains_key(*name))
        .collect();
    assert_eq!(shown, ["address", "is_over_65"]);
}

#[test]
fn vectors_of_sd_jwt_vc_are_selected_as_printed() {
    let vector = vector();
    let wanted = [vec![key("address")], vec![key("is_over_65")]];
    let chosen = select(text(&vector, "issuance"), &wanted).unwrap();
    let parts = |text: &str| text.split('~').map(str::to_owned).collect::<BTreeSet<_>>();
    let (printed, _) = text(&vector, "presentation").rsplit_once('~').unwrap();
    assert_eq!(parts(chosen.trim_end_matches('~')), parts(printed));
}
