use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Map, Value, json};
use test_key::{Authority, TestKey};
use trust::certificates::{Certificate, CertificateAnchors};
use trust::random::SystemRandom;
use trust::time::Timestamp;

use super::*;
use crate::claims::StatusReference;
use crate::jose::{compact, signing_input};

mod binding;
mod mutants;
mod vectors;

const NOW: Timestamp = Timestamp::from_unix(1_800_000_000);
const VCT: &str = "urn:vn:citizen:1";

fn key(name: &str) -> Step {
    Step::Key(name.into())
}

fn object(value: Value) -> Map<String, Value> {
    let Value::Object(members) = value else { panic!() };
    members
}

/// An issuer below a root, and the device that its SD-JWTs are for.
struct World {
    root: Authority,
    issuer: TestKey,
    device: TestKey,
    draft: SdJwtDraft,
}

impl World {
    fn new() -> Self {
        let (root, issuer, device) = (Authority::root("root"), TestKey::new(), TestKey::new());
        let draft = SdJwtDraft {
            vct: VCT.into(),
            claims: object(json!({
                "iss": "https://issuer.example",
                "iat": NOW.as_unix(),
                "personal_number": "000190000002",
                "family_name": "Nguyễn",
                "address": {"province": "01", "street": "1 Đường Mẫu"},
                "nationalities": ["VN", "XX"],
            })),
            selective: BTreeSet::from([
                vec![key("personal_number")],
                vec![key("family_name")],
                vec![key("address")],
                vec![key("address"), key("street")],
                vec![key("nationalities"), Step::Index(0)],
                vec![key("nationalities"), Step::Index(1)],
            ]),
            decoys: 2,
            cnf: Some(device.public()),
            not_before: Some(NOW),
            expires: NOW.plus_seconds(86_400),
            status: Some(StatusReference { uri: "https://status.example/1".into(), index: 7 }),
            chain: vec![root.issue("issuer", &issuer)],
        };
        Self { root, issuer, device, draft }
    }

    fn anchors(&self) -> CertificateAnchors {
        CertificateAnchors::new(vec![Certificate::parse(&self.root.der()).unwrap()])
    }

    fn issued(&self) -> String {
        let unsigned = self.draft.prepare(&mut SystemRandom::new()).unwrap();
        unsigned.assemble(&self.issuer.sign(unsigned.to_be_signed()))
    }

    fn verify(&self, text: &str) -> Result<VerifiedSdJwt, SdJwtError> {
        SdJwt::parse(text)?.verify(IssuerKey::Anchored(&self.anchors()), NOW)
    }

    /// An SD-JWT with this payload and these disclosures, signed by the issuer.
    fn signed(&self, payload: &Value, disclosures: &[String]) -> String {
        let header =
            json!({"alg": "ES256", "typ": SD_JWT_VC, "x5c": [STANDARD.encode(&self.draft.chain[0])]});
        self.signed_under(&header, payload, disclosures)
    }

    fn signed_under(&self, header: &Value, payload: &Value, disclosures: &[String]) -> String {
        let input = signing_input(header, payload);
        let jws = compact(&input, &self.issuer.sign(input.as_bytes()));
        format!("{}~", [&[jws], disclosures].concat().join("~"))
    }

    /// What is said of a payload, its disclosures made from JSON.
    fn refusal(payload: &Value, disclosures: &[Value]) -> SdJwtError {
        let world = Self::new();
        let disclosures: Vec<String> = disclosures.iter().map(disclosure).collect();
        world.verify(&world.signed(payload, &disclosures)).unwrap_err()
    }
}

fn disclosure(content: &Value) -> String {
    URL_SAFE_NO_PAD.encode(content.to_string())
}

fn digest(content: &Value) -> String {
    super::disclosure::digest(&disclosure(content))
}

#[test]
fn the_verified_sd_jwt_says_what_was_issued() {
    let world = World::new();
    let verified = world.verify(&world.issued()).unwrap();
    let mut claims = verified.claims().clone();
    for name in ["vct", "exp", "nbf", "cnf", "status"] {
        claims.remove(name).unwrap();
    }
    assert_eq!(claims, world.draft.claims);
    assert_eq!((verified.vct(), verified.holder_key()), (VCT, world.draft.cnf.as_ref()));
    assert_eq!(verified.status(), world.draft.status.as_ref());
    assert_eq!((verified.issued_at(), verified.expires()), (Some(NOW), Some(world.draft.expires)));
    assert_eq!(verified.issuer().unwrap().leaf().subject(), "CN=issuer,C=VN");
}

#[test]
fn a_known_key_does_without_certificates() {
    let mut world = World::new();
    world.draft.chain.clear();
    let text = world.issued();
    let parsed = SdJwt::parse(&text).unwrap();
    parsed.verify(IssuerKey::Known(&world.issuer.public()), NOW).unwrap();
    let other = parsed.verify(IssuerKey::Known(&TestKey::new().public()), NOW).unwrap_err();
    assert_eq!(other, SdJwtError::Issuer(JoseError::Signature));
    assert_eq!(world.verify(&text).unwrap_err(), SdJwtError::NoCertificates);
}

#[test]
fn refuses_another_root_another_issuer_and_other_headers() {
    let mut world = World::new();
    let stranger = World::new();
    let refused = stranger.verify(&world.issued()).unwrap_err();
    assert!(matches!(refused, SdJwtError::Chain(_)));
    let payload = json!({"vct": VCT});
    let x5c = STANDARD.encode(&world.draft.chain[0]);
    for (header, error) in [
        (json!({"alg": "ES256", "typ": "vc+sd-jwt", "x5c": [x5c]}), SdJwtError::Issuer(JoseError::Type)),
        (json!({"alg": "ES256", "x5c": [x5c]}), SdJwtError::Issuer(JoseError::Type)),
        (json!({"alg": "none", "typ": SD_JWT_VC, "x5c": [x5c]}), SdJwtError::Issuer(JoseError::Algorithm)),
        (json!({"alg": "ES256", "typ": SD_JWT_VC, "x5c": x5c}), SdJwtError::NoCertificates),
        (json!({"alg": "ES256", "typ": SD_JWT_VC, "x5c": ["?"]}), SdJwtError::NoCertificates),
    ] {
        assert_eq!(world.verify(&world.signed_under(&header, &payload, &[])).unwrap_err(), error);
    }
    world.issuer = TestKey::new();
    assert_eq!(world.verify(&world.issued()).unwrap_err(), SdJwtError::Issuer(JoseError::Signature));
}

#[test]
fn refuses_what_is_outside_its_time() {
    let world = World::new();
    let text = world.issued();
    let anchors = world.anchors();
    let at = |now| SdJwt::parse(&text).unwrap().verify(IssuerKey::Anchored(&anchors), now).map(|_| ());
    assert_eq!(at(NOW.minus_seconds(1)), Err(SdJwtError::NotYetValid));
    assert_eq!(at(world.draft.expires.minus_seconds(1)), Ok(()));
    assert_eq!(at(world.draft.expires), Err(SdJwtError::Expired));
}

#[test]
fn refuses_claims_of_the_wrong_form() {
    for payload in [
        json!({}),
        json!({"vct": ""}),
        json!({"vct": 1}),
        json!({"vct": VCT, "exp": "2030"}),
        json!({"vct": VCT, "nbf": null}),
        json!({"vct": VCT, "iat": 1.5}),
        json!({"vct": VCT, "cnf": {"kid": "1"}}),
        json!({"vct": VCT, "cnf": {"jwk": {"kty": "OKP"}}}),
        json!({"vct": VCT, "status": 1}),
        json!({"vct": VCT, "status": {"status_list": {"uri": "https://status.example"}}}),
        json!({"vct": VCT, "status": {"status_list": {"uri": "", "idx": 1}}}),
    ] {
        assert_eq!(World::refusal(&payload, &[]), SdJwtError::Claim, "{payload}");
    }
}

#[test]
fn refuses_digests_that_stand_twice_or_are_none() {
    let one = json!(["salt", "a", 1]);
    let twice = json!({"vct": VCT, "_sd": [digest(&one), digest(&one)]});
    assert_eq!(World::refusal(&twice, std::slice::from_ref(&one)), SdJwtError::DigestTwice);
    let unsent = json!({"vct": VCT, "_sd": ["x"], "b": {"_sd": ["x"]}});
    assert_eq!(World::refusal(&unsent, &[]), SdJwtError::DigestTwice);
    let both = json!({"vct": VCT, "_sd": [digest(&one)]});
    assert_eq!(World::refusal(&both, &[one.clone(), one]), SdJwtError::DigestTwice);
    for payload in [
        json!({"vct": VCT, "_sd": "x"}),
        json!({"vct": VCT, "_sd": [1]}),
        json!({"vct": VCT, "...": "x"}),
        json!({"vct": VCT, "b": [{"...": "x", "c": 1}]}),
        json!({"vct": VCT, "b": [{"...": 1}]}),
    ] {
        assert_eq!(World::refusal(&payload, &[]), SdJwtError::Digests, "{payload}");
    }
    let sha_512 = json!({"vct": VCT, "_sd_alg": "sha-512"});
    assert_eq!(World::refusal(&sha_512, &[]), SdJwtError::HashAlgorithm);
}

#[test]
fn refuses_disclosures_that_belong_nowhere_or_are_none() {
    let (member, element) = (json!(["salt", "a", 1]), json!(["salt", 1]));
    for (payload, disclosure) in [
        (json!({"vct": VCT}), &member),
        (json!({"vct": VCT, "b": [{"...": digest(&member)}]}), &member),
        (json!({"vct": VCT, "_sd": [digest(&element)]}), &element),
        // As a value, not as a digest.
        (json!({"vct": VCT, "b": digest(&member)}), &member),
    ] {
        assert_eq!(World::refusal(&payload, std::slice::from_ref(disclosure)), SdJwtError::UnusedDisclosure);
    }
    for content in
        [json!({}), json!([]), json!(["salt"]), json!([1, "a", 1]), json!([1, 1]), json!(["s", 1, 1])]
    {
        let payload = json!({"vct": VCT, "_sd": [digest(&content)]});
        assert_eq!(World::refusal(&payload, &[content]), SdJwtError::Disclosure);
    }
    let twice = URL_SAFE_NO_PAD.encode(r#"["salt","a",{"b":1,"b":2}]"#);
    let world = World::new();
    let payload = json!({"vct": VCT, "_sd": [super::disclosure::digest(&twice)]});
    assert_eq!(world.verify(&world.signed(&payload, &[twice])).unwrap_err(), SdJwtError::Disclosure);
}

#[test]
fn refuses_names_that_are_taken_or_reserved() {
    let with = |name: &str| {
        let content = json!(["salt", name, 1]);
        World::refusal(&json!({"vct": VCT, "a": 1, "_sd": [digest(&content)]}), &[content])
    };
    for name in ["a", "_sd", "...", "_sd_alg"] {
        assert_eq!(with(name), SdJwtError::Name, "{name}");
    }
    let (first, second) = (json!(["salt1", "b", 1]), json!(["salt2", "b", 2]));
    let payload = json!({"vct": VCT, "_sd": [digest(&first), digest(&second)]});
    assert_eq!(World::refusal(&payload, &[first, second]), SdJwtError::Name);
}

#[test]
fn refuses_hidden_claims_that_must_stand_open() {
    for name in NEVER_DISCLOSED {
        let content = json!(["salt", name, 1]);
        let payload = json!({"_sd": [digest(&content)]});
        assert_eq!(World::refusal(&payload, &[content]), SdJwtError::HiddenClaim, "{name}");
        let inside = json!({"vct": VCT, name: {"a": [{"...": "x"}]}});
        assert_eq!(World::refusal(&inside, &[]), SdJwtError::HiddenClaim, "{name}");
        let inside = json!({"vct": VCT, name: [{"_sd": []}]});
        assert_eq!(World::refusal(&inside, &[]), SdJwtError::HiddenClaim, "{name}");
    }
    // Elsewhere they are names like others.
    let content = json!(["salt", "status", 1]);
    let world = World::new();
    let payload = json!({"vct": VCT, "a": {"_sd": [digest(&content)]}});
    let verified = world.verify(&world.signed(&payload, &[disclosure(&content)])).unwrap();
    assert_eq!(verified.claims()["a"]["status"], 1);
}

#[test]
fn refuses_what_is_nested_too_deeply_too_long_or_no_sd_jwt() {
    let mut content = json!(["salt", "a", 1]);
    let mut contents = vec![content.clone()];
    for _ in 0..MOST_NESTING {
        content = json!(["salt", "a", {"_sd": [digest(&content)]}]);
        contents.push(content.clone());
    }
    let payload = json!({"vct": VCT, "_sd": [digest(&content)]});
    assert_eq!(World::refusal(&payload, &contents), SdJwtError::TooDeep);
    let world = World::new();
    let jws = world.issued();
    let jws = jws.split('~').next().unwrap();
    let not = |text: &str| SdJwt::parse(text).unwrap_err();
    assert_eq!(not(jws), SdJwtError::NotSdJwt);
    assert_eq!(not(&format!("{jws}~{}", "e30~".repeat(MOST_DISCLOSURES + 1))), SdJwtError::TooLong);
    assert_eq!(not(&"~".repeat(LONGEST + 1)), SdJwtError::TooLong);
    assert_eq!(not(&format!("{jws}~~")), SdJwtError::Disclosure);
}

#[test]
fn the_holder_discloses_the_chosen_claims_and_no_others() {
    let world = World::new();
    let text = world.issued();
    let shown = |wanted: &[Vec<Step>]| {
        let chosen = select(&text, wanted).unwrap();
        let mut claims = world.verify(&chosen).unwrap().claims().clone();
        for name in ["vct", "exp", "nbf", "cnf", "status", "iss", "iat"] {
            claims.remove(name);
        }
        Value::Object(claims)
    };
    assert_eq!(shown(&[]), json!({"nationalities": []}));
    assert_eq!(shown(&[vec![key("family_name")]]), json!({"nationalities": [], "family_name": "Nguyễn"}));
    let street = [vec![key("address"), key("street")]];
    let address = json!({"province": "01", "street": "1 Đường Mẫu"});
    assert_eq!(shown(&street), json!({"nationalities": [], "address": address}));
    // The province stands open in the hidden address; the street does not come with it.
    let province = [vec![key("address"), key("province")]];
    assert_eq!(shown(&province), json!({"nationalities": [], "address": {"province": "01"}}));
    assert_eq!(shown(&[vec![key("address")]]), json!({"nationalities": [], "address": address}));
    assert_eq!(shown(&[vec![key("nationalities"), Step::Index(1)]]), json!({"nationalities": ["XX"]}));
    for missing in [vec![], vec![key("x")], vec![key("nationalities"), Step::Index(2)], vec![Step::Index(0)]]
    {
        assert_eq!(select(&text, &[missing]).unwrap_err(), SdJwtError::NoSuchClaim);
    }
}

/// As many disclosures as there may be, in three generations, and wanted places of each: what is disclosed is what comparing each
/// with each would give.
#[test]
fn a_choice_among_many_discloses_what_each_place_alone_would() {
    let mut world = World::new();
    let (rows, columns) = (31, 31);
    let (row, column) = (|at: usize| key(&format!("r{at}")), |at: usize| key(&format!("c{at}")));
    let table = (0..rows).map(|at| {
        let cells = (0..columns).map(|at| (format!("c{at}"), json!({"open": at})));
        (format!("r{at}"), Value::Object(cells.collect()))
    });
    world.draft.claims.insert("table".to_owned(), Value::Object(table.collect()));
    world.draft.selective = BTreeSet::from([vec![key("table")]]);
    for at in 0..rows {
        world.draft.selective.insert(vec![key("table"), row(at)]);
        world.draft.selective.extend((0..columns).map(|to| vec![key("table"), row(at), column(to)]));
    }
    let text = world.issued();
    let places = SdJwt::parse(&text).unwrap().disclosed();
    assert_eq!(places.len(), 1 + rows + rows * columns);

    let cell = |at, to| vec![key("table"), row(at), column(to)];
    let mut wanted = vec![vec![key("table"), row(2)], [cell(9, 1), vec![key("open")]].concat()];
    wanted.extend((0..rows).map(|at| cell(at, at)));
    for wanted in [&wanted[..], &wanted[1..2], &wanted[..1], &[vec![key("table")]], &places, &[]] {
        let of_each =
            |place: &&Vec<Step>| wanted.iter().any(|path| path.starts_with(place) || place.starts_with(path));
        let mut expected: Vec<_> = places.iter().filter(of_each).cloned().collect();
        let mut chosen = SdJwt::parse(&select(&text, wanted).unwrap()).unwrap().disclosed();
        expected.sort();
        chosen.sort();
        assert_eq!(chosen, expected);
    }
}

#[test]
fn an_element_keeps_the_place_where_the_issuer_signed_it() {
    let text = World::new().issued();
    let second = [key("nationalities"), Step::Index(1)];
    let shown = SdJwt::parse(&select(&text, &[second.to_vec()]).unwrap()).unwrap();
    assert_eq!(shown.claims()["nationalities"], json!(["XX"]));
    assert_eq!(shown.disclosed(), [[key("nationalities"), Step::Index(0)]]);
    let as_signed = shown.claims_as_signed()["nationalities"].as_array().unwrap();
    assert_eq!((as_signed.len(), is_withheld(&as_signed[0]), &as_signed[1]), (2, true, &json!("XX")));
    assert_eq!(shown.disclosed_as_signed(), [second]);
    // What is disclosed in full is the same both ways.
    let whole = SdJwt::parse(&text).unwrap();
    assert_eq!(whole.claims(), whole.claims_as_signed());
    assert_eq!(whole.disclosed(), whole.disclosed_as_signed());
}

#[test]
fn a_place_is_counted_through_arrays_in_arrays() {
    let mut world = World::new();
    world.draft.claims.insert("lines".to_owned(), json!([["a"], ["b", {"c": 1, "d": 2}]]));
    let inner = |steps: &[Step]| [&[key("lines")], steps].concat();
    for hidden in [
        inner(&[Step::Index(0)]),
        inner(&[Step::Index(1), Step::Index(0)]),
        inner(&[Step::Index(1), Step::Index(1), key("c")]),
    ] {
        world.draft.selective.insert(hidden);
    }
    let text = world.issued();
    let wanted = inner(&[Step::Index(1), Step::Index(1), key("c")]);
    let chosen = select(&text, std::slice::from_ref(&wanted)).unwrap();
    let shown = SdJwt::parse(&chosen).unwrap();
    assert_eq!(shown.claims()["lines"], json!([[{"c": 1, "d": 2}]]));
    assert_eq!(shown.disclosed_as_signed(), [wanted]);
    let counted = inner(&[Step::Index(0), Step::Index(0), key("c")]);
    assert_eq!(shown.disclosed(), std::slice::from_ref(&counted));
    // A copy of which something was kept back is chosen from by what is left in it.
    assert_eq!(select(&chosen, &[counted]).unwrap(), chosen);
}

#[test]
fn the_issuer_hides_only_what_may_be_hidden() {
    let prepared = |change: fn(&mut SdJwtDraft)| {
        let mut draft = World::new().draft;
        change(&mut draft);
        draft.prepare(&mut SystemRandom::new()).unwrap_err()
    };
    assert_eq!(prepared(|draft| draft.selective.extend([vec![key("iss")]])), SdJwtError::HiddenClaim);
    assert_eq!(prepared(|draft| draft.selective.extend([vec![key("x")]])), SdJwtError::NoSuchClaim);
    assert_eq!(prepared(|draft| drop(draft.claims.insert("cnf".into(), json!({})))), SdJwtError::Name);
    assert_eq!(prepared(|draft| draft.claims["address"]["_sd"] = json!([])), SdJwtError::Name);
}

#[test]
fn decoys_stand_in_every_list_of_digests() {
    let mut world = World::new();
    let digests = |world: &World| {
        let unsigned = world.draft.prepare(&mut SystemRandom::new()).unwrap();
        let payload = String::from_utf8(unsigned.to_be_signed().to_vec()).unwrap();
        let payload = URL_SAFE_NO_PAD.decode(payload.split('.').nth(1).unwrap()).unwrap();
        let payload: Value = serde_json::from_slice(&payload).unwrap();
        payload["_sd"].as_array().unwrap().len()
    };
    assert_eq!(digests(&world), 5);
    world.draft.decoys = 0;
    assert_eq!(digests(&world), 3);
}
