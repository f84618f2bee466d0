use std::collections::BTreeMap;

use serde_json::Value;
use trust::secret::Secret;

use super::AccessProtocol;
use super::bac::{BacKeys, Run};
use super::group::{Group, Parameters};
use super::info::{Mapping, PaceOffer, VIETNAMESE_CARD_ACCESS, pace_offers};
use super::key::{AccessKey, Can, KeyError, MrzKey};
use super::pace::{self, Ephemeral, MappingProof};
use crate::asn1::trim_zeros;
use crate::messaging::{Cipher, SessionKeys, derive_key};
use crate::vectors::{json, octets, ran};

/// One run of the protocol; every changed octet of the chip's answer must be refused.
fn assert_run(name: &str, keys: &BacKeys, case: &Value) {
    let chip_challenge = octets(&case["RND_IC"]).try_into().unwrap();
    let run = Run {
        challenge: octets(&case["RND_IFD"]).try_into().unwrap(),
        material: Secret::new(octets(&case["K_IFD"]).try_into().unwrap()),
    };
    let request = keys.request(&run, &chip_challenge).unwrap();
    let expected = [octets(&case["E_IFD"]), octets(&case["M_IFD"])].concat();
    assert_eq!(request, expected, "{name}");
    let answer = octets(&case["EXTERNAL_AUTHENTICATE_response"]);
    let answer = &answer[..answer.len() - 2];
    let session = keys.session(&run, &chip_challenge, answer).unwrap();
    let derived =
        SessionKeys::from_parts(Cipher::TripleDes, octets(&case["KS_ENC"]), octets(&case["KS_MAC"]));
    assert!(session.uses(&derived, &octets(&case["SSC"])), "{name}");
    for position in 0..answer.len() {
        let mut changed = answer.to_vec();
        changed[position] ^= 1;
        assert!(keys.session(&run, &chip_challenge, &changed).is_none(), "{name} octet {position}");
    }
}

/// The keys of document number, birth and expiry, whose MRZ information is given.
fn keys_of(case: &Value) -> BacKeys {
    let text = |member: &str| case[member].as_str().unwrap();
    let key = MrzKey::from_fields(text("doc"), text("dob"), text("exp")).unwrap();
    assert_eq!(key.information(), text("mrz_information"));
    BacKeys::derive(&key)
}

#[test]
fn vectors_of_basic_access_control_are_reproduced() {
    let mut cases = 0;
    for (name, case) in json("bac", "") {
        let Some(rows) = case["D2_mrz"].as_array() else {
            let keys = keys_of(&case);
            assert_eq!(keys.expose(), (&octets(&case["K_ENC"])[..], &octets(&case["K_MAC"])[..]), "{name}");
            assert_run(&name, &keys, &case);
            cases += 1;
            continue;
        };
        // The standard's appendix: keys of a seed, zones of three documents, and a run of the one with that seed.
        let seed = octets(&case["D1_kdf"]["K_seed"]);
        let own = (octets(&case["D1_kdf"]["K_ENC"]), octets(&case["D1_kdf"]["K_MAC"]));
        let derived = |counter| derive_key(Cipher::TripleDes, &seed, counter).expose().clone();
        assert_eq!((derived(1), derived(2)), own, "{name}");
        let keys = rows.iter().map(keys_of).find(|keys| keys.expose() == (&own.0[..], &own.1[..]));
        assert_run(&name, &keys.unwrap(), &case["D3_bac"]);
        cases += 1 + rows.len();
    }
    ran("bac", cases);
}

fn password_of(case: &Value) -> AccessKey {
    let password = case["password"].as_str().unwrap();
    if case["password_type"] == "CAN" {
        return AccessKey::Can(Can::parse(password).unwrap());
    }
    let (number, rest) = password.split_at(password.len() - 15);
    AccessKey::Mrz(MrzKey::from_fields(number.trim_end_matches('<'), &rest[1..7], &rest[8..14]).unwrap())
}

/// A scalar of the vectors, in the octets of the order.
fn scalar(group: Parameters, value: &Value) -> Secret<Vec<u8>> {
    let octets = octets(value);
    let octets = trim_zeros(&octets);
    Secret::new([&vec![0; group.order_octets() - octets.len()], octets].concat())
}

/// From the mapped generator on all mappings go the same way.
fn agree(name: &str, case: &Value, offer: &PaceOffer, group: &Group, generator: &[u8]) -> SessionKeys {
    assert_eq!(generator, octets(&case["mapped_generator"]), "{name}");
    let private = scalar(offer.parameters, &case["terminal_ephemeral_private"]);
    let own = Ephemeral::from_private(group, generator, private).unwrap();
    assert_eq!(own.public, octets(&case["terminal_ephemeral_public"]), "{name}");
    assert!(own.agree(group, &own.public).is_err(), "{name}: own key sent back");
    let chip = octets(&case["chip_ephemeral_public"]);
    let shared = own.agree(group, &chip).unwrap();
    assert_eq!(*group.secret(shared.expose()).unwrap().expose(), octets(&case["shared_secret_K"]), "{name}");
    let keys = pace::session_keys(offer.cipher, group, shared.expose()).unwrap();
    let input = pace::token_input(&offer.oid, group, &chip);
    assert_eq!(input, octets(&case["input_T_IFD"]), "{name}");
    assert_eq!(pace::token(&keys, &input).to_vec(), octets(&case["T_IFD"]), "{name}");
    let input = pace::token_input(&offer.oid, group, &own.public);
    assert_eq!(pace::token(&keys, &input).to_vec(), octets(&case["T_IC"]), "{name}");
    keys
}

#[test]
fn vectors_of_pace_with_every_mapping_are_reproduced() {
    let mut cases = BTreeMap::new();
    for (name, case) in json("pace", "") {
        // The trace of a real document has neither the password nor the names of the steps; it has its own test.
        let Some(file) = case["EF_CardAccess"].as_str() else { continue };
        let (offers, _) = pace_offers(&hex::decode(file).unwrap()).unwrap();
        let [offer] = &offers[..] else { panic!("{name} is not offered") };
        let key = password_of(&case);
        assert_eq!(*key.password().expose(), octets(&case["password_seed_K"]), "{name}");
        let nonce = pace::decrypt_nonce(offer, &key, &octets(&case["encrypted_nonce_z"])).unwrap();
        assert_eq!(*nonce.expose(), octets(&case["nonce_s"]), "{name}");
        let group = Group::new(offer.parameters).unwrap();
        let generator = if offer.mapping == Mapping::Integrated {
            let own = octets(&case["terminal_nonce_t"]);
            assert_eq!(own.len(), pace::reader_nonce_octets(offer.cipher), "{name}");
            group.map_nonces(offer.cipher, nonce.expose(), &own).unwrap()
        } else {
            let private = scalar(offer.parameters, &case["terminal_map_private"]);
            let own = Ephemeral::from_private(&group, &group.generator().unwrap(), private).unwrap();
            assert_eq!(own.public, octets(&case["terminal_map_public"]), "{name}");
            let shared = own.agree(&group, &octets(&case["chip_map_public"])).unwrap();
            assert_eq!(*shared.expose(), octets(&case["shared_H"]), "{name}");
            pace::map_generator(&group, nonce.expose(), shared.expose()).unwrap().expose().clone()
        };
        let keys = agree(&name, &case, offer, &group, &generator);
        if offer.mapping == Mapping::ChipAuthentication {
            let encrypted = octets(&case["A_IC_encrypted_chip_authentication_data"]);
            assert_proves(
                &keys,
                offer.parameters,
                &case,
                &encrypted,
                &octets(&case["chip_static_public_PK_IC"]),
            );
        }
        *cases.entry(AccessProtocol::from(offer.mapping).name()).or_default() += 1;
    }
    for mapping in ["pace-gm", "pace-im", "pace-cam"] {
        ran(mapping, cases.get(mapping).copied().unwrap_or_default());
    }
}

/// The proof of the chip authentication mapping holds, and with one bit changed it does not.
fn assert_proves(keys: &SessionKeys, parameters: Parameters, case: &Value, encrypted: &[u8], public: &[u8]) {
    let scalar = keys.decrypt_chip_authentication(encrypted).unwrap();
    assert_eq!(trim_zeros(&scalar), trim_zeros(&octets(&case["CA_IC"])));
    let proof = |scalar, mapping_public| MappingProof { parameters, mapping_public, scalar };
    let mapping = octets(&case["chip_map_public"]);
    assert!(proof(scalar.clone(), mapping.clone()).proves(public));
    let mut other = scalar.clone();
    *other.last_mut().unwrap() ^= 1;
    assert!(!proof(other, mapping).proves(public));
    assert!(!proof(scalar, public.to_vec()).proves(public));
}

#[test]
fn an_encrypted_nonce_longer_than_any_cipher_has_is_refused() {
    let (offers, _) = pace_offers(VIETNAMESE_CARD_ACCESS).unwrap();
    let key = AccessKey::Can(Can::parse("012345").unwrap());
    let opened = |octets| pace::decrypt_nonce(&offers[0], &key, &vec![1; octets]).map(|n| n.expose().len());
    assert_eq!((opened(16), opened(64)), (Some(16), Some(64)));
    assert_eq!((opened(80), opened(0), opened(15)), (None, None, None));
}

#[test]
fn the_known_vietnamese_card_access_offers_pace() {
    let (offers, any) = pace_offers(VIETNAMESE_CARD_ACCESS).unwrap();
    assert!(any);
    assert_eq!(offers.len(), 1);
    assert_eq!((offers[0].parameter_id, offers[0].parameters.name()), (13, "brainpoolP256r1"));
}

#[test]
fn refuses_what_is_no_key() {
    for text in ["", "12345", "1234567", "12345a", "١٢٣٤٥٦"] {
        assert_eq!(Can::parse(text).unwrap_err(), KeyError::Can, "{text}");
    }
    let can = AccessKey::Can(Can::from_personal_number("000204067891").unwrap());
    assert_eq!(can.password().expose(), b"067891");
    assert!(MrzKey::from_fields("", "990101", "390101").is_err());
    assert!(MrzKey::from_fields("099012345", "99010", "390101").is_err());
    assert!(MrzKey::from_fields("099012345", "99010é", "390101").is_err());
    assert!(MrzKey::from_lines("IDVNM").is_err());
}
