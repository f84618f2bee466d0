//! What one person's card weighs in each format, and the QR version that it needs at level L: the same claims, the same kind of
//! keys, real signatures, all built in this run.
//!
//! `claim-169` binds no key of its holder and can be copied; `mdoc` is without the issuer's certificate, which the standard wants
//! and which adds some hundreds of bytes.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a bench stops where its world does not stand"
)]
#[path = "../../../core/verifier/tests/world/mod.rs"]
mod world;

use std::io::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use credential::claims::{Claims, cwt, key};
use credential::jose::{compact, signing_input};
use credential::sd_cwt::Redaction;
use jiff::civil::date;
use presentation::frame;
use qrcodegen::{QrCode, QrCodeEcc, QrSegment, Version};
use ring::digest::{SHA256, digest};
use sen_benches::{begin, count};
use serde_json::{Value, json};
use test_key::base45;
use trust::cbor::{Encoder, Profile};
use trust::cose::{ALG, Draft, ES256, KID, Sign1};
use world::{NOW, World, claims};

fn main() {
    begin(
        "sizes",
        "What one person's card weighs in each format, and the QR version that it needs.",
        &["size"],
    );
    for number in [6, 8, 12] {
        let mut world = World::new();
        world.level = Some(2);
        world.credential.claims = of(number);
        let named = names(&world.credential.claims);
        assert_eq!(named.len(), number);
        let token = world.token();
        report("sen-frame", number, token.len(), &QrSegment::make_numeric(&frame::encode(&token)));
        world.credential.redaction = Redaction::EachClaim;
        let token = world.token();
        report("sd-cwt-each-claim", number, token.len(), &QrSegment::make_numeric(&frame::encode(&token)));
        let text = sd_jwt(&world, &named);
        report("sd-jwt-vc", number, text.len(), &QrSegment::make_bytes(text.as_bytes()));
        let response = mdoc(&world, &named);
        report("mdoc", number, response.len(), &QrSegment::make_numeric(&frame::encode(&response)));
        let (bytes, text) = claim_169(&world);
        report("claim-169", number, bytes, &QrSegment::make_alphanumeric(&text));
    }
}

fn report(format: &str, claims: usize, bytes: usize, segment: &QrSegment) {
    count(&format!("size.{format}.{claims}-claims.bytes"), bytes, "bytes", None);
    let segment = std::slice::from_ref(segment);
    let code =
        QrCode::encode_segments_advanced(segment, QrCodeEcc::Low, Version::MIN, Version::MAX, None, false);
    let version = code.map_or(0, |code| usize::from(code.version().value()));
    // 0: larger than any code.
    count(&format!("size.{format}.{claims}-claims.qr-version-l"), version, "version", None);
}

/// The person of the tests with so many claims; eight are the clinic set.
fn of(number: usize) -> Claims {
    let mut claims: Claims = claims().into();
    if number < 8 {
        claims.facility = None;
        claims.benefit_level = None;
    }
    if number == 8 {
        assert_eq!(claims.keys(), key::CLINIC_SET);
    }
    if number >= 12 {
        claims.valid_from = Some(date(2025, 1, 1));
        claims.five_years_from = Some(date(2024, 1, 1));
        claims.area = Some("K1".into());
        claims.object_group = Some("GD".into());
    }
    claims
}

/// The same claims as names and JSON values.
fn names(claims: &Claims) -> Vec<(&'static str, Value)> {
    let all = [
        ("personal_number", claims.number.as_ref().map(|value| json!(value))),
        ("name", claims.name.as_ref().map(|value| json!(value))),
        ("birthdate", claims.birth_date.map(|day| json!(day.to_string()))),
        ("sex", claims.sex.map(|sex| json!(sex.number()))),
        ("insurance_number", claims.insurance_number.as_ref().map(|value| json!(value))),
        ("valid_from", claims.valid_from.map(|day| json!(day.to_string()))),
        ("valid_to", claims.valid_to.map(|day| json!(day.to_string()))),
        ("facility", claims.facility.as_ref().map(|value| json!(value))),
        ("benefit_level", claims.benefit_level.map(|value| json!(value))),
        ("five_years_from", claims.five_years_from.map(|day| json!(day.to_string()))),
        ("area", claims.area.as_ref().map(|value| json!(value))),
        ("object_group", claims.object_group.as_ref().map(|value| json!(value))),
    ];
    all.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
}

fn sha256(bytes: &[u8]) -> Vec<u8> {
    digest(&SHA256, bytes).as_ref().to_vec()
}

/// SD-JWT VC with every claim disclosed and a key-binding JWT (RFC 9901, draft-ietf-oauth-sd-jwt-vc).
fn sd_jwt(world: &World, named: &[(&str, Value)]) -> String {
    let disclosure = |(name, value): &(&str, Value)| {
        URL_SAFE_NO_PAD.encode(json!([URL_SAFE_NO_PAD.encode([7; 16]), name, value]).to_string())
    };
    let disclosures: Vec<String> = named.iter().map(disclosure).collect();
    let mut hashes: Vec<String> =
        disclosures.iter().map(|text| URL_SAFE_NO_PAD.encode(sha256(text.as_bytes()))).collect();
    hashes.sort();
    let key = world.device.public();
    let jwk = json!({"kty": "EC", "crv": "P-256", "x": URL_SAFE_NO_PAD.encode(key.x()), "y": URL_SAFE_NO_PAD.encode(key.y())});
    let draft = &world.credential;
    let payload = json!({"iss": draft.iss, "sub": draft.sub, "iat": draft.iat.as_unix(), "exp": draft.exp.as_unix(),
        "vct": draft.vct.urn(), "cnf": {"jwk": jwk}, "_sd": hashes, "_sd_alg": "sha-256",
        "status": {"status_list": {"idx": draft.status.index, "uri": draft.status.uri}}});
    let input = signing_input(&json!({"alg": "ES256", "typ": "dc+sd-jwt", "kid": "k1"}), &payload);
    let mut text = compact(&input, &world.issuer.sign(input.as_bytes()));
    for disclosure in &disclosures {
        text = text + "~" + disclosure;
    }
    text.push('~');
    let payload = json!({"iat": NOW.as_unix(), "aud": world.audience, "nonce": "7",
        "sd_hash": URL_SAFE_NO_PAD.encode(sha256(text.as_bytes()))});
    let input = signing_input(&json!({"alg": "ES256", "typ": "kb+jwt"}), &payload);
    text + &compact(&input, &world.device.sign(input.as_bytes()))
}

/// A DeviceResponse of ISO/IEC 18013-5 with every element and the device's signature, without `x5chain`.
fn mdoc(world: &World, named: &[(&str, Value)]) -> Vec<u8> {
    const SPACE: &str = "vn.health-insurance.1";
    let encoded = |write: &dyn Fn(&mut Encoder)| {
        let mut out = Encoder::new();
        write(&mut out);
        out.finish()
    };
    let item = |(id, (name, value)): (usize, &(&str, Value))| {
        let inner = encoded(&|out| {
            out.map(4).text("digestID").uint(u64::try_from(id).unwrap()).text("random").bytes(&[7; 16]);
            out.text("elementIdentifier").text(name).text("elementValue");
            match value.as_u64() {
                Some(number) => out.uint(number),
                None => out.text(value.as_str().unwrap()),
            };
        });
        encoded(&|out| {
            out.tag(24).bytes(&inner);
        })
    };
    let items: Vec<Vec<u8>> = named.iter().enumerate().map(item).collect();
    let key = world.device.public();
    let mso = encoded(&|out| {
        out.map(6).text("version").text("1.0").text("digestAlgorithm").text("SHA-256");
        out.text("valueDigests").map(1).text(SPACE).map(items.len());
        for (id, item) in (0..).zip(&items) {
            out.uint(id).bytes(&sha256(item));
        }
        out.text("deviceKeyInfo").map(1).text("deviceKey").map(4);
        out.int(1).int(2).int(-1).int(1).int(-2).bytes(key.x()).int(-3).bytes(key.y());
        out.text("docType").text(SPACE).text("validityInfo").map(3);
        for name in ["signed", "validFrom", "validUntil"] {
            out.text(name).tag(0).text("2027-01-15T08:00:00Z");
        }
    });
    let signed = |key: &test_key::TestKey, payload: Vec<u8>| {
        let draft = Draft::new(vec![0xa1, 0x01, 0x26], vec![0xa0], payload);
        draft.assemble(&key.sign(&draft.to_be_signed()))
    };
    let issuer_auth = signed(
        &world.issuer,
        encoded(&|out| {
            out.tag(24).bytes(&mso);
        }),
    );
    let device_auth = signed(&world.device, Vec::new());
    encoded(&|out| {
        out.map(3).text("version").text("1.0").text("documents").array(1).map(3).text("docType").text(SPACE);
        out.text("issuerSigned").map(2).text("nameSpaces").map(1).text(SPACE).array(items.len());
        for item in &items {
            out.raw(item);
        }
        out.text("issuerAuth").raw(&issuer_auth[1..]);
        out.text("deviceSigned").map(2).text("nameSpaces").tag(24).bytes(&[0xa0]);
        out.text("deviceAuth").map(1).text("deviceSignature").raw(&device_auth[1..]);
        out.text("status").uint(0);
    })
}

/// A claim 169 code: issuer, times and the claims, signed, zlib, base45. It knows neither a holder's key nor a type or a status.
/// Bytes before the text, and the text.
fn claim_169(world: &World) -> (usize, String) {
    let draft = &world.credential;
    let mut payload = Encoder::new();
    payload.map(4).int(cwt::ISS).text(&draft.iss).int(cwt::EXP).int(draft.exp.as_unix());
    payload.int(cwt::IAT).int(draft.iat.as_unix()).int(cwt::IDENTITY);
    let mut whole = World::new();
    whole.credential = draft.clone();
    whole.credential.redaction = Redaction::None;
    let credential = whole.sd_cwt();
    let credential = Sign1::parse(&credential, Profile::Deterministic).unwrap();
    payload.raw(credential.payload_item().unwrap().as_map().unwrap().get_int(cwt::IDENTITY).unwrap().raw());
    let mut protected = Encoder::new();
    protected.map(2).int(ALG).int(ES256).int(KID).bytes(&draft.kid);
    let draft = Draft::new(protected.finish(), vec![0xa0], payload.finish());
    let token = draft.assemble(&world.issuer.sign(&draft.to_be_signed()));
    let mut zlib = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
    zlib.write_all(&token).unwrap();
    let packed = zlib.finish().unwrap();
    (packed.len(), base45::encode(&packed))
}
