use std::collections::VecDeque;

use serde_json::Value;
use trust::random::{Random, RandomError};

use super::*;
use crate::messaging::{Cipher, SessionKeys};
use crate::read::Unwatched;
use crate::transport::{CardTransport, TransportError};
use crate::vectors::{json, octets, ran};

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
