use std::collections::VecDeque;

use serde_json::Value;
use trust::random::{Random, RandomError, SystemRandom};
use trust::secret::Secret;

use super::*;
use crate::access::group::Parameters;
use crate::messaging::{Cipher, SessionKeys};
use crate::read::Unwatched;
use crate::transport::{CardTransport, TransportError};
use crate::vectors::{area, entries, json, octets, ran};

/// A chip that answers as in a trace, and takes nothing but what was sent then.
struct Trace {
    exchanges: VecDeque<(Vec<u8>, Vec<u8>)>,
    sent: usize,
}

impl CardTransport for Trace {
    fn max_command_len(&self) -> usize {
        65_544
    }

    fn transceive(&mut self, command: &[u8]) -> Result<Vec<u8>, TransportError> {
        self.sent += 1;
        let (expected, answer) = self.exchanges.pop_front().expect("a command after the trace's last");
        assert_eq!(hex::encode(command), hex::encode(expected), "command {}", self.sent);
        Ok(answer)
    }
}

/// The private key of the trace.
struct Once(Vec<u8>);

impl Random for Once {
    fn fill(&mut self, out: &mut [u8]) -> Result<(), RandomError> {
        out.copy_from_slice(&self.0);
        Ok(())
    }
}

fn cipher(value: &Value) -> Cipher {
    if value["alg"] == "TDES" { Cipher::TripleDes } else { Cipher::Aes128 }
}

fn keys(value: &Value) -> SessionKeys {
    SessionKeys::from_parts(cipher(value), octets(&value["KS_ENC"]), octets(&value["KS_MAC"]))
}

#[test]
fn vectors_of_chip_authentication_are_repeated_octet_for_octet() {
    let mut cases = 0;
    for (name, case) in json("chip_auth", "") {
        let apdus = case["apdus"].as_array().unwrap();
        let exchanges =
            apdus.iter().map(|apdu| (octets(&apdu["command"]), octets(&apdu["response"]))).collect();
        let mut trace = Trace { exchanges, sent: 0 };
        let mut session = Session::new(&mut trace, &Unwatched);
        let before =
            SecureMessaging::with_counter(keys(&case["sm_before"]), octets(&case["sm_before"]["SSC"]));
        session.protect_with(before);
        let dg14 = octets(&case["DG14"]);
        let offer = chip_offer(&dg14).unwrap().unwrap();
        assert_eq!(offer.cipher, cipher(&case["sm_after"]), "{name}");
        let group = Group::new(offer.key.parameters).unwrap();
        let mut private = Once(octets(&case["terminal_private"]));
        let ephemeral = Ephemeral::generate(&group, &group.generator().unwrap(), &mut private).unwrap();
        assert_eq!(ephemeral.public, octets(&case["terminal_public"]), "{name}");
        // The trace's reader chose MSE:Set AT for 3DES too, and named no key.
        assert!(set_and_agree(&mut session, &offer.oid, &[], &ephemeral.public).unwrap(), "{name}");
        let shared = ephemeral.agree(&group, &offer.key.public).unwrap();
        let derived = session_keys(offer.cipher, &group, shared.expose()).unwrap();
        assert!(derived.same_as(&keys(&case["sm_after"])), "{name}");
        session.protect_with(SecureMessaging::new(derived, None));
        let select = |low| CommandApdu::new(0xa4, 0x02, 0x0c).with_data([0x01, low]);
        let third = octets(&apdus[2]["command"]);
        let named = (1..=0x1e)
            .find(|low| SecureMessaging::new(keys(&case["sm_after"]), None).protect(&select(*low)) == third);
        assert_eq!(session.send(&select(named.unwrap())).unwrap().status, SUCCESS, "{name}");
        cases += 1;
    }
    ran("chip_auth", cases);
}

/// A scalar in the octets of the group's order.
fn scalar(group: Parameters, octets: &[u8]) -> Secret<Vec<u8>> {
    Secret::new([&vec![0; group.order_octets() - octets.len()], octets].concat())
}

/// What both sides come to with the key of an EF.DG14.
fn assert_agrees(name: &str, dg14: &[u8], case: &Value) -> SessionKeys {
    let offer = chip_offer(dg14).unwrap().unwrap();
    let group = Group::new(offer.key.parameters).unwrap();
    let private = scalar(offer.key.parameters, &octets(&case["terminal_private"]));
    let own = Ephemeral::from_private(&group, &group.generator().unwrap(), private).unwrap();
    assert_eq!(own.public, octets(&case["terminal_public"]), "{name}");
    let shared = own.agree(&group, &offer.key.public).unwrap();
    assert_eq!(*group.secret(shared.expose()).unwrap().expose(), octets(&case["shared_K"]), "{name}");
    session_keys(offer.cipher, &group, shared.expose()).unwrap()
}

/// The same file with the last octet of a part changed.
fn with_changed(file: &[u8], part: &[u8]) -> Vec<u8> {
    let start = file.windows(part.len()).position(|window| window == part).unwrap();
    let mut changed = file.to_vec();
    changed[start + part.len() - 1] ^= 1;
    changed
}

#[test]
fn vectors_of_the_cards_give_the_shared_secret_and_the_keys_after_it() {
    let mut cases = 0;
    for folder in area("vn_cccd").iter().flat_map(|folder| entries(folder)) {
        let read = |name: &str| std::fs::read(folder.join(name)).unwrap();
        let expected: Value = serde_json::from_slice(&read("expected.json")).unwrap();
        // Another set may have cards that cannot do it.
        let Some(case) = expected.get("chip_authentication") else { continue };
        let name = folder.display().to_string();
        let derived = assert_agrees(&name, &read("EF_DG14.bin"), case);
        let (encryption, checksum) = (octets(&case["KS_ENC"]), octets(&case["KS_MAC"]));
        let expected = SessionKeys::from_parts(derived.cipher(), encryption, checksum);
        assert!(derived.same_as(&expected), "{name}");
        cases += 1;
    }
    ran("vn_cccd (chip authentication)", cases);
}

#[test]
fn vectors_of_chip_authentication_in_prime_fields_give_the_shared_secret() {
    let mut cases = 0;
    for (name, case) in json("chip_auth_dh", "") {
        let dg14 = octets(&case["DG14"]);
        let offer = chip_offer(&dg14).unwrap().unwrap();
        assert_eq!(offer.cipher.name().to_uppercase(), case["cipher"], "{name}");
        assert_eq!(offer.key.parameters.name(), case["group"], "{name}");
        assert_eq!(offer.key.public, octets(&case["chip_public"]), "{name}");
        assert_agrees(&name, &dg14, &case);
        let Parameters::PrimeField(field) = offer.key.parameters else { panic!("{name}") };
        // Parameters that are those of no known group: nothing is computed on them.
        for digits in [field.p, field.g, field.q] {
            assert!(
                chip_offer(&with_changed(&dg14, &hex::decode(digits).unwrap())).unwrap().is_none(),
                "{name}"
            );
        }
        // A key outside of the subgroup.
        let outside = chip_offer(&with_changed(&dg14, &offer.key.public)).unwrap().unwrap();
        let group = Group::new(outside.key.parameters).unwrap();
        let mut random = SystemRandom::new();
        let own = Ephemeral::generate(&group, &group.generator().unwrap(), &mut random).unwrap();
        assert_eq!(own.agree(&group, &outside.key.public).unwrap_err(), GroupError::NotInGroup, "{name}");
        cases += 1;
    }
    ran("chip_auth_dh", cases);
}
