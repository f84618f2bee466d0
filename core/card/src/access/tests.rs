use trust::secret::Secret;

use super::bac::{BacKeys, Run};
use super::info::{VIETNAMESE_CARD_ACCESS, pace_offers};
use super::key::{AccessKey, Can, KeyError, MrzKey};
use super::pace::{self, Ephemeral};
use crate::asn1::trim_zeros;
use crate::curve::Curve;
use crate::vectors::{json, octets, ran};

#[test]
fn vectors_of_basic_access_control_are_reproduced() {
    let mut cases = 0;
    for (name, case) in json("bac", "synthetic") {
        let text = |member: &str| case[member].as_str().unwrap();
        let key = MrzKey::from_fields(text("doc"), text("dob"), text("exp")).unwrap();
        assert_eq!(key.information(), text("mrz_information"), "{name}");
        let keys = BacKeys::derive(&key);
        assert_eq!(keys.expose(), (&octets(&case["K_ENC"])[..], &octets(&case["K_MAC"])[..]), "{name}");
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
        assert!(keys.session(&run, &chip_challenge, answer).is_some(), "{name}");
        for position in 0..answer.len() {
            let mut changed = answer.to_vec();
            changed[position] ^= 1;
            assert!(keys.session(&run, &chip_challenge, &changed).is_none(), "{name} octet {position}");
        }
        cases += 1;
    }
    for (_, case) in json("bac", "icao") {
        for row in case["D2_mrz"].as_array().unwrap() {
            let text = |member: &str| row[member].as_str().unwrap();
            let key = MrzKey::from_fields(text("doc"), text("dob"), text("exp")).unwrap();
            assert_eq!(key.information(), text("mrz_information"));
            cases += 1;
        }
    }
    ran("bac", cases);
}

#[test]
fn vectors_of_pace_with_generic_mapping_are_reproduced() {
    let mut cases = 0;
    for (name, case) in json("pace", "gm") {
        let Some((offers, _)) =
            case["EF_CardAccess"].as_str().map(|f| pace_offers(&hex::decode(f).unwrap()).unwrap())
        else {
            continue;
        };
        // Groups of prime fields come with another module.
        let Some(offer) = offers.first() else {
            assert!(name.contains("dh_gm"), "{name} is not offered");
            continue;
        };
        let password = case["password"].as_str().unwrap();
        let key = if case["password_type"] == "CAN" {
            AccessKey::Can(Can::parse(password).unwrap())
        } else {
            let (number, rest) = password.split_at(password.len() - 15);
            AccessKey::Mrz(
                MrzKey::from_fields(number.trim_end_matches('<'), &rest[1..7], &rest[8..14]).unwrap(),
            )
        };
        assert_eq!(*key.password().expose(), octets(&case["password_seed_K"]), "{name}");
        let nonce = pace::decrypt_nonce(offer, &key, &octets(&case["encrypted_nonce_z"])).unwrap();
        assert_eq!(*nonce.expose(), octets(&case["nonce_s"]), "{name}");
        let curve = Curve::new(offer.domain).unwrap();
        let private = |member: &str| {
            let value = octets(&case[member]);
            let value = trim_zeros(&value);
            [&vec![0; curve.order_octets() - value.len()], value].concat()
        };
        let mapping =
            Ephemeral::from_private(&curve, curve.generator(), private("terminal_map_private")).unwrap();
        assert_eq!(mapping.public, octets(&case["terminal_map_public"]), "{name}");
        let shared = mapping.agree(&curve, &octets(&case["chip_map_public"])).unwrap();
        let generator = pace::map_generator(&curve, &nonce, &shared);
        assert_eq!(curve.encode(&generator).unwrap(), octets(&case["mapped_generator"]), "{name}");
        let run = Ephemeral::from_private(&curve, &generator, private("terminal_ephemeral_private")).unwrap();
        assert_eq!(run.public, octets(&case["terminal_ephemeral_public"]), "{name}");
        let chip = octets(&case["chip_ephemeral_public"]);
        let shared = run.agree(&curve, &chip).unwrap();
        assert_eq!(*pace::shared_secret(&curve, &shared).unwrap().expose(), octets(&case["shared_secret_K"]));
        let keys = pace::session_keys(offer, &curve, &shared).unwrap();
        let own = pace::token_input(&offer.oid, &chip);
        assert_eq!(own, octets(&case["input_T_IFD"]), "{name}");
        assert_eq!(pace::token(&keys, &own).to_vec(), octets(&case["T_IFD"]), "{name}");
        let theirs = pace::token_input(&offer.oid, &run.public);
        assert_eq!(pace::token(&keys, &theirs).to_vec(), octets(&case["T_IC"]), "{name}");
        assert!(run.agree(&curve, &run.public).is_err(), "{name}: own key sent back");
        cases += 1;
    }
    ran("pace (generic mapping over curves)", cases);
}

#[test]
fn the_known_vietnamese_card_access_offers_pace() {
    let (offers, any) = pace_offers(VIETNAMESE_CARD_ACCESS).unwrap();
    assert!(any);
    assert_eq!(offers.len(), 1);
    assert_eq!((offers[0].parameter_id, offers[0].domain.name), (13, "brainpoolP256r1"));
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
