use serde_json::Value;

use super::*;
use crate::apdu::SUCCESS;
use crate::vectors::{json, octets, ran};

/// A plain command of the vectors, read back from its octets. Some carry a remark, one leaves its offset open.
fn command(text: &str) -> CommandApdu {
    if text.contains("0x00E0 coded on 1 byte") {
        return CommandApdu::new(0xb0, 0, 0).expecting(0xe0);
    }
    let bytes = hex::decode(text.split_once(' ').map_or(text, |(octets, _)| octets)).unwrap();
    let (header, body) = bytes.split_at(4);
    let mut command = CommandApdu {
        cla: header[0],
        ins: header[1],
        p1: header[2],
        p2: header[3],
        data: vec![],
        expected: None,
    };
    let number = |two: &[u8]| u32::from(two[0]) << 8 | u32::from(two[1]);
    let whole = |value, most| if value == 0 { most } else { value };
    match body {
        [] => {}
        [expected] => command.expected = Some(whole(u32::from(*expected), 256)),
        [0, high, low] => command.expected = Some(whole(number(&[*high, *low]), 65_536)),
        [0, rest @ ..] => {
            let (data, tail) = rest[2..].split_at(number(rest) as usize);
            command.data = data.to_vec();
            command.expected = (!tail.is_empty()).then(|| whole(number(tail), 65_536));
        }
        [length, rest @ ..] => {
            let (data, tail) = rest.split_at(usize::from(*length));
            command.data = data.to_vec();
            command.expected = tail.first().map(|expected| whole(u32::from(*expected), 256));
        }
    }
    command
}

/// Replays exchanges; every changed octet of a protected answer must be refused.
pub(crate) fn replay(
    cipher: Cipher,
    encryption: &Value,
    checksum: &Value,
    counter: Vec<u8>,
    exchanges: &[Value],
) {
    let keys = || SessionKeys::from_parts(cipher, octets(encryption), octets(checksum));
    let mut session = SecureMessaging::with_counter(keys(), counter);
    for exchange in exchanges {
        let text = exchange["plain_command"].as_str().unwrap();
        let protected = octets(&exchange["protected_command"]);
        if text.contains("54 01 ..") {
            // The vector leaves the offset open: it is whatever the protected command says.
            let mut counted = SecureMessaging::with_counter(keys(), session.counter.clone());
            counted.count();
            let encrypted = Walk(&protected[5..]).next().unwrap().tagged(0x85).unwrap().value;
            let plain = counted.keys.decrypt(&counted.counter, encrypted).unwrap();
            let end = plain.iter().rposition(|octet| *octet == 0x80).unwrap();
            assert_eq!(plain[0], 0x54);
            let command = CommandApdu::new(0xb1, 0, 0).with_data(&plain[..end]).expecting(256);
            let mut again = SecureMessaging::with_counter(keys(), session.counter.clone());
            assert_eq!(hex::encode(again.protect(&command)), hex::encode(&protected), "{text}");
            session.count();
        } else {
            assert_eq!(session.protect(&command(text)), protected, "{text}");
        }
        let response = octets(&exchange["protected_response"]);
        for position in 0..response.len().min(64) {
            let mut changed = response.clone();
            changed[position] ^= 1;
            let mut other = SecureMessaging::with_counter(keys(), session.counter.clone());
            let outcome = other.unprotect(&changed);
            let only_outer_status = position >= response.len() - 2;
            assert!(outcome.is_err() || only_outer_status, "octet {position}: {outcome:?}");
        }
        let answer = session.unprotect(&response).unwrap();
        assert_eq!(answer.data, octets(&exchange["response_data"]));
        let status = exchange["sw"].as_str().map_or(SUCCESS, |sw| u16::from_str_radix(sw, 16).unwrap());
        assert_eq!(answer.status, status);
    }
}

#[test]
fn vectors_of_basic_access_sessions_are_reproduced() {
    let mut cases = 0;
    for (_, case) in json("bac", "") {
        let (keys, exchanges) = if case.get("D3_bac").is_some() {
            (&case["D3_bac"], &case["D4_secure_messaging"])
        } else {
            (&case, &case["secure_messaging"])
        };
        let exchanges = exchanges.as_array().unwrap();
        replay(Cipher::TripleDes, &keys["KS_ENC"], &keys["KS_MAC"], octets(&keys["SSC"]), exchanges);
        cases += 1;
    }
    ran("bac", cases);
}

#[test]
fn vectors_of_pace_sessions_are_reproduced() {
    let mut cases = 0;
    for (_, case) in json("pace", "") {
        let Some(exchanges) = case["secure_messaging_after_PACE"].as_array() else {
            continue;
        };
        let protocol = case["protocol"].as_str().unwrap();
        let cipher = match () {
            () if protocol.contains("3DES") => Cipher::TripleDes,
            () if protocol.ends_with("128") => Cipher::Aes128,
            () if protocol.ends_with("192") => Cipher::Aes192,
            () => Cipher::Aes256,
        };
        let counter = vec![0; cipher.block_octets()];
        replay(cipher, &case["KS_ENC"], &case["KS_MAC"], counter, exchanges);
        cases += 1;
    }
    ran("pace", cases);
}

#[test]
fn vectors_of_active_authentication_go_through_their_session() {
    let mut cases = 0;
    for (name, case) in json("active_auth", "") {
        let Some(session) = case.get("sm") else { continue };
        let cipher = if session["alg"] == "3DES" { Cipher::TripleDes } else { Cipher::Aes128 };
        let keys = SessionKeys::from_parts(cipher, octets(&session["KS_ENC"]), octets(&session["KS_MAC"]));
        let mut running = SecureMessaging::with_counter(keys, octets(&session["SSC_before"]));
        let command = CommandApdu::new(0x88, 0, 0).with_data(octets(&case["RND_IFD"])).expecting(256);
        assert_eq!(running.protect(&command), octets(&case["command"]), "{name}");
        let answer = running.unprotect(&octets(&case["response"])).unwrap();
        assert_eq!((answer.data, answer.status), (octets(&case["signature"]), SUCCESS), "{name}");
        cases += 1;
    }
    ran("active_auth (sessions)", cases);
}

#[test]
fn a_command_that_grows_past_the_short_form_is_sent_in_the_long_one() {
    for (octets, extended, sent) in [(200, false, 228), (250, true, 280)] {
        let mut session = SecureMessaging::new(SessionKeys::derive(Cipher::Aes128, b"secret"), None);
        let protected = session.protect(&CommandApdu::new(0xd6, 0, 0).with_data(vec![7; octets]));
        assert_eq!(protected[4] == 0, extended, "{octets}");
        assert_eq!(protected.len(), sent);
    }
}

#[test]
fn the_class_says_protected_whatever_it_said_before() {
    for (class, protected) in [(0x00, 0x0c), (0x10, 0x1c), (0x0c, 0x0c)] {
        let mut session = SecureMessaging::new(SessionKeys::derive(Cipher::Aes128, b"secret"), None);
        let mut same = SecureMessaging::new(SessionKeys::derive(Cipher::Aes128, b"secret"), None);
        let command = CommandApdu { cla: class, ..CommandApdu::new(0xa4, 2, 0x0c) };
        let sent = session.protect(&command);
        assert_eq!(sent[0], protected);
        assert_eq!(sent, same.protect(&CommandApdu { cla: protected, ..command }));
    }
}

#[test]
fn ciphers_have_names_and_decrypt_whole_blocks_only() {
    for (cipher, name, block) in [
        (Cipher::TripleDes, "3des", 8),
        (Cipher::Aes128, "aes-128", 16),
        (Cipher::Aes192, "aes-192", 16),
        (Cipher::Aes256, "aes-256", 16),
    ] {
        assert_eq!((cipher.name(), cipher.block_octets()), (name, block));
        let open =
            |octets| cipher.decrypt_blocks(&vec![1; cipher.key_octets()], &vec![0; block], &vec![2; octets]);
        assert_eq!(open(2 * block).unwrap().len(), 2 * block);
        assert_eq!((open(0), open(block - 1), open(block + 1)), (None, None, None));
    }
}

#[test]
fn the_data_that_fits_an_answer_is_what_its_objects_leave() {
    for cipher in [Cipher::TripleDes, Cipher::Aes128] {
        let block = cipher.block_octets();
        let session = SecureMessaging::new(SessionKeys::derive(cipher, b"secret"), None);
        // An answer with its objects 87, 99 and 8E, and its status.
        let answer = |padded: usize| {
            encode(0x87, &vec![1; padded + 1]).len()
                + encode(0x99, &[0; 2]).len()
                + encode(0x8e, &[0; 8]).len()
                + 2
        };
        for longest in (0..600).chain(65_500..65_700) {
            let fits = |blocks: &usize| answer(blocks * block) <= longest;
            let blocks = (1..=longest / block).rev().find(fits).unwrap_or(0);
            assert_eq!(session.data_within(longest), (blocks * block).saturating_sub(1), "{longest}");
        }
    }
}

/// Does not compile where a feature that wipes is missing.
#[test]
fn ciphers_checksums_and_hashes_wipe_themselves() {
    use aes::{Aes128, Aes192, Aes256};
    use des::{Des, TdesEde2};
    use zeroize::ZeroizeOnDrop;

    const fn wipes<T: ZeroizeOnDrop>() -> bool {
        std::mem::needs_drop::<T>()
    }
    let ciphers = [
        wipes::<cbc::Encryptor<Aes128>>(),
        wipes::<cbc::Encryptor<Aes192>>(),
        wipes::<cbc::Decryptor<Aes256>>(),
        wipes::<cbc::Decryptor<TdesEde2>>(),
        wipes::<Des>(),
    ];
    let others =
        [wipes::<cmac::block_api::CmacCore<Aes128>>(), wipes::<sha1::Sha1>(), wipes::<sha2::Sha256>()];
    let own = [wipes::<crate::curve::residue::Residue>()];
    assert!([&ciphers[..], &others, &own].concat().iter().all(|wiped| *wiped));
}
