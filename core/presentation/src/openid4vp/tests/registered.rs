//! What a registrar vouches for.
use super::*;
use crate::dcql::{Candidate, Format, Pointer, Step};

/// A registration, with something changed, as the request carries it.
fn registered(world: &World, change: impl FnOnce(&mut Value)) -> Option<VerifiedRegistration> {
    let registrar = TestKey::new();
    let chain = [world.registrar_root.issue("Registrar", &registrar)];
    let may_ask = json!({"credentials": [{"id": "a", "format": "dc+sd-jwt", "meta": {"vct_values": ["urn:example:card"]},
        "claims": [{"path": ["name"]}]}]});
    let draft = RegistrationDraft {
        chain: &chain,
        subject: "Portal.example.vn",
        name: "Cổng Mẫu",
        purpose: "to sign you in",
        may_ask: &may_ask,
        issued_at: NOW,
        expires_at: NOW.plus_seconds(60),
    };
    let input = draft.signing_input();
    let jws = Jws::parse(&compact(&input, &registrar.sign(input.as_bytes())), 1 << 16).unwrap();
    let mut both = json!([jws.header().members(), jws.verify(&registrar.public()).unwrap().claims()]);
    change(&mut both);
    let input = signing_input(&both[0], &both[1]);
    let entry = RegistrationDraft::entry(&compact(&input, &registrar.sign(input.as_bytes())));
    let info = json!([{"format": "jwt", "data": "x"}, entry]);
    world.with("verifier_info", info).unwrap().registration().cloned()
}

#[test]
fn a_registration_names_the_verifier_and_what_it_may_ask() {
    let world = World::new();
    let registration = registered(&world, |_| ()).unwrap();
    assert_eq!((registration.name(), registration.purpose()), ("Cổng Mẫu", "to sign you in"));
    assert_eq!(registration.registrar(), "CN=Registrar,C=VN");
    let claims = json!({"name": "Mẫu", "birthdate": "1999-01-01"});
    let card = Candidate {
        format: Format::SdJwtVc,
        types: vec!["urn:example:card".to_owned()],
        claims: &claims,
        authority_key_ids: &[],
        holder_bound: true,
    };
    let place = |name: &str| Pointer::new(vec![Step::Key(name.into())]);
    assert_eq!(registration.over_asked(&card, &[place("name"), place("birthdate")]), [place("birthdate")]);
}

#[test]
fn a_registration_that_is_not_this_verifiers_or_not_believed_counts_as_none() {
    let world = World::new();
    let id = world.client_id();
    assert!(registered(&world, |both| both[1]["sub"] = json!(id.as_str())).is_some());
    for (name, value) in [
        ("sub", json!("other.example.vn")),
        ("sub", json!("CN=Portal,C=VN")),
        ("exp", json!(NOW.as_unix())),
        ("iat", json!(NOW.plus_seconds(61).as_unix())),
        ("name", json!("Cổng\u{202e}")),
        ("purpose", json!("")),
        ("may_ask", json!({})),
    ] {
        assert_eq!(registered(&world, |both| both[1][name] = value.clone()), None, "{name} {value}");
    }
    assert_eq!(registered(&world, |both| both[0]["typ"] = json!("JWT")), None);
    let own = STANDARD.encode(&world.chain[0]);
    assert_eq!(registered(&world, |both| both[0]["x5c"] = json!([own])), None);
}
