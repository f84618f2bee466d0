//! The chip against worked examples: what a real reader sent is sent again, and each octet of the answer compared.
use std::path::PathBuf;

use serde_json::Value;
use trust::random::{Random, RandomError};

use super::files::APPLICATION;
use super::*;

/// Gives out what was written down, in order.
pub(super) struct Script(pub(super) Vec<u8>);

impl Random for Script {
    fn fill(&mut self, out: &mut [u8]) -> Result<(), RandomError> {
        if self.0.len() < out.len() {
            return Err(RandomError);
        }
        let scripted: Vec<u8> = self.0.drain(..out.len()).collect();
        out.copy_from_slice(&scripted);
        Ok(())
    }
}

fn default_root() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/vectors"))
}

/// The folder of an area; none where another set of vectors lacks it.
fn area(name: &str) -> Option<PathBuf> {
    let root = std::env::var_os("SEN_VECTORS").map(PathBuf::from);
    let folder = root.clone().unwrap_or_else(default_root).join("emrtd").join(name);
    if root.is_some() && !folder.is_dir() {
        println!("{name}: not in SEN_VECTORS");
        return None;
    }
    Some(folder)
}

pub(super) fn json_files(name: &str) -> Vec<(String, Value)> {
    let Some(folder) = area(name) else {
        return Vec::new();
    };
    let mut found: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
        .map(|path| {
            let name = path.file_stem().unwrap().to_string_lossy().into_owned();
            (name, serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap())
        })
        .collect();
    found.sort_by(|left, right| left.0.cmp(&right.0));
    found
}

pub(super) fn octets(value: &Value) -> Vec<u8> {
    hex::decode(value.as_str().unwrap()).unwrap()
}

fn card(name: &str) -> Chip {
    Chip::from_folder(&default_root().join("emrtd/vn_cccd").join(name)).unwrap()
}

const CARD_A: &str = "a_bp512_explicit_2021";
const CARD_B: &str = "b_bp384_named_2024";

fn send(chip: &mut Chip, command: &str) -> String {
    hex::encode_upper(chip.respond(&hex::decode(command).unwrap()).unwrap())
}

fn select_application(chip: &mut Chip) {
    let command = [&[0x00, 0xa4, 0x04, 0x0c, 0x07], APPLICATION.as_slice()].concat();
    assert_eq!(chip.respond(&command).unwrap(), [0x90, 0x00]);
}

/// EF.DG1 of a travel document (TD3) with such a zone.
fn dg1_for(mrz_information: &str) -> Vec<u8> {
    let (number, rest) = mrz_information.split_at(mrz_information.len() - 14);
    let (birth, expiry) = rest.split_at(7);
    let zone = if number.len() == 10 {
        format!("P<UTOTEST<{}{number}UTO{birth}F{expiry}{}", "<".repeat(34), "<".repeat(16))
    } else {
        let (short, long) = number.split_at(9);
        format!("I<UTO{short}<{long:<<15}{birth}F{expiry}UTO{}", "<".repeat(42))
    };
    objects::encode(0x61, &objects::encode(0x5f1f, zone.as_bytes()))
}

fn chip_for(mrz_information: &str) -> Chip {
    let mut files = Files::default();
    files.insert(FileName::data_group(1), Content::Octets(dg1_for(mrz_information)));
    Chip::new(files)
}

#[test]
fn vectors_bac_and_secure_messaging_octet_for_octet() {
    let mut cases = 0;
    for (name, vector) in json_files("bac") {
        let run = vector.get("D3_bac").unwrap_or(&vector);
        let information = match vector.get("D2_mrz") {
            Some(rows) => rows[1]["mrz_information"].as_str().unwrap(),
            None => vector["mrz_information"].as_str().unwrap(),
        };
        let random = Script([octets(&run["RND_IC"]), octets(&run["K_IC"])].concat());
        let mut chip = chip_for(information).with_random(Box::new(random));
        if let Some(com) = vector.get("EF_COM") {
            chip = chip.with_file(FileName::COM, Content::Octets(octets(com)));
        }
        select_application(&mut chip);
        let nonce = format!("{}9000", run["RND_IC"].as_str().unwrap());
        assert_eq!(send(&mut chip, "0084000008"), nonce, "{name}");
        let response = send(&mut chip, run["EXTERNAL_AUTHENTICATE"].as_str().unwrap());
        assert_eq!(response, run["EXTERNAL_AUTHENTICATE_response"].as_str().unwrap(), "{name}");
        assert_eq!(chip.state.session.as_ref().unwrap().counter(), octets(&run["SSC"]), "{name}");
        if let Some(exchanges) = vector.get("D4_secure_messaging") {
            for exchange in exchanges.as_array().unwrap() {
                let response = send(&mut chip, exchange["protected_command"].as_str().unwrap());
                assert_eq!(response, exchange["protected_response"].as_str().unwrap(), "{name}");
            }
        }
        // The other sets answer with files that are not given: the messaging layer alone.
        for exchange in vector.get("secure_messaging").and_then(Value::as_array).into_iter().flatten() {
            let mut session = chip.state.session.take().unwrap();
            let protected = Command::parse(&octets(&exchange["protected_command"])).unwrap();
            let opened = session.open(&protected).unwrap();
            assert_eq!(session.counter(), octets(&exchange["ssc_command"]), "{name}");
            let plain = exchange["plain_command"].as_str().unwrap();
            if let Ok(plain) = hex::decode(plain) {
                let plain = Command::parse(&plain).unwrap();
                assert_eq!((opened.instruction, &opened.data), (plain.instruction, &plain.data), "{name}");
            }
            let word = u16::from_str_radix(exchange["sw"].as_str().unwrap(), 16).unwrap();
            let answer = Answer { data: octets(&exchange["response_data"]), word: StatusWord(word) };
            let response = Answer::octets(session.protect(opened.instruction, Ok(answer)));
            assert_eq!(response, octets(&exchange["protected_response"]), "{name}");
            chip.state.session = Some(session);
        }
        cases += 1;
    }
    println!("bac: {cases} cases from the chip's side");
    assert!(cases > 0 || std::env::var_os("SEN_VECTORS").is_some());
}

#[test]
fn vectors_pace_octet_for_octet() {
    let mut cases = 0;
    for (name, vector) in json_files("pace") {
        // The chip's secrets of a real document are not known.
        if vector.get("chip_ephemeral_private").is_none() {
            continue;
        }
        let keys = ["nonce_s", "chip_map_private", "chip_ephemeral_private"];
        let random = keys.iter().filter_map(|key| vector.get(*key)).flat_map(octets).collect();
        let random = Script(random);
        let mut files = Files::default();
        files.insert(FileName::CARD_ACCESS, Content::Octets(octets(&vector["EF_CardAccess"])));
        let mut chip = Chip::new(files).with_random(Box::new(random));
        let password = vector["password"].as_str().unwrap();
        if vector["password_type"] == "CAN" {
            chip = chip.with_can(password);
        } else {
            let dg1 = dg1_for(password);
            chip = chip.with_file(FileName::data_group(1), Content::Octets(dg1.clone()));
            chip.passwords = Passwords::from_dg1(&dg1);
        }
        if let Some(private) = vector.get("chip_static_private_SK_IC") {
            let curve = vector["curve"].as_str().unwrap();
            let key = Box::new(StaticKey::from_parts(curve, &octets(private)));
            chip.static_key = Some(AgreementKey::Curve(key));
        }
        for exchange in vector["apdus"].as_array().unwrap() {
            let response = send(&mut chip, exchange["command"].as_str().unwrap());
            assert_eq!(response, exchange["response"].as_str().unwrap(), "{name} {}", exchange["name"]);
        }
        for exchange in vector["secure_messaging_after_PACE"].as_array().unwrap() {
            let mut session = chip.state.session.take().unwrap();
            let protected = Command::parse(&octets(&exchange["protected_command"])).unwrap();
            let opened = session.open(&protected).unwrap();
            let answer = Answer::ok(octets(&exchange["response_data"]));
            let response = Answer::octets(session.protect(opened.instruction, Ok(answer)));
            assert_eq!(response, octets(&exchange["protected_response"]), "{name}");
            chip.state.session = Some(session);
        }
        cases += 1;
    }
    println!("pace: {cases} cases from the chip's side");
    assert!(cases > 0 || std::env::var_os("SEN_VECTORS").is_some());
}

#[test]
fn vectors_active_authentication_with_rsa_repeats_the_signature() {
    let Some(folder) = area("vn_cccd") else { return };
    let mut cases = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let folder = entry.unwrap().path();
        let expected: Value =
            serde_json::from_slice(&std::fs::read(folder.join("expected.json")).unwrap()).unwrap();
        let expected = &expected["active_authentication"];
        let Some(representative) = expected.get("F") else {
            continue;
        };
        let representative = octets(representative);
        let random = Script(representative[1..representative.len() - 21].to_vec());
        let mut chip = Chip::from_folder(&folder).unwrap().with_random(Box::new(random));
        let key = chip.active.as_ref().unwrap();
        let signature =
            key.sign(&octets(&expected["RND_IFD"]), &[], Behaviour::default(), chip.random.as_mut());
        assert_eq!(signature.unwrap(), octets(&expected["signature"]));
        cases += 1;
    }
    println!("vn_cccd: {cases} cases of active authentication with RSA from the chip's side");
    assert!(cases > 0 || std::env::var_os("SEN_VECTORS").is_some());
}

#[test]
fn vectors_chip_authentication_gives_the_expected_keys() {
    let Some(folder) = area("vn_cccd") else { return };
    let mut cases = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let folder = entry.unwrap().path();
        let expected: Value =
            serde_json::from_slice(&std::fs::read(folder.join("expected.json")).unwrap()).unwrap();
        // Another set may have cards that cannot do it.
        let Some(expected) = expected.get("chip_authentication") else { continue };
        let chip = Chip::from_folder(&folder).unwrap();
        let data = objects::encode(0x7c, &objects::encode(0x80, &octets(&expected["terminal_public"])));
        let protocol = protocol(expected["oid"].as_str().unwrap());
        let chosen = chip_auth::ChipAuthentication::choose(&protocol).unwrap();
        let session = chosen.agree(chip.static_key.as_ref().unwrap(), &data).unwrap();
        let wanted =
            messaging::Session::new(suite(*protocol.last().unwrap()), &octets(&expected["shared_K"]));
        assert_eq!(session.encryption_key(), wanted.encryption_key());
        assert_eq!(session.counter(), octets(&expected["SSC_after"]));
        // The same curve's key under the protocol for keys in prime fields.
        let mut other_kind = protocol.clone();
        *other_kind.iter_mut().nth_back(1).unwrap() = 1;
        let chosen = chip_auth::ChipAuthentication::choose(&other_kind).unwrap();
        let refused = chosen.agree(chip.static_key.as_ref().unwrap(), &data).err();
        assert_eq!(refused, Some(StatusWord::REFERENCED_DATA_NOT_FOUND));
        cases += 1;
    }
    println!("vn_cccd: {cases} cases of chip authentication from the chip's side");
    assert!(cases > 0 || std::env::var_os("SEN_VECTORS").is_some());
}

/// The content of an object identifier whose arcs are all below 128.
fn protocol(dotted: &str) -> Vec<u8> {
    let arcs: Vec<u8> = dotted.split('.').map(|arc| arc.parse().unwrap()).collect();
    [&[arcs[0] * 40 + arcs[1]], &arcs[2..]].concat()
}

fn suite(number: u8) -> Suite {
    [Suite::TripleDes, Suite::Aes128, Suite::Aes192, Suite::Aes256][usize::from(number) - 1]
}

#[test]
fn vectors_chip_authentication_in_prime_fields_gives_the_shared_secret() {
    let mut cases = 0;
    for (name, vector) in json_files("chip_auth_dh") {
        let key = AgreementKey::from_pkcs8(&octets(&vector["chip_pkcs8"])).unwrap();
        let terminal = octets(&vector["terminal_public"]);
        assert_eq!(key.agree(&terminal).unwrap(), octets(&vector["shared_K"]), "{name}");
        // Not of the prime's length, one, and no member of the subgroup.
        let mut outside = terminal.clone();
        *outside.last_mut().unwrap() ^= 1;
        let one = [&vec![0; terminal.len() - 1][..], &[1]].concat();
        for refused in [&terminal[1..], &one, &outside] {
            assert_eq!(key.agree(refused), Err(StatusWord::WRONG_DATA), "{name}");
        }
        cases += 1;
    }
    println!("chip_auth_dh: {cases} cases from the chip's side");
    assert!(cases > 0 || std::env::var_os("SEN_VECTORS").is_some());
}

#[test]
fn vectors_chip_authentication_of_real_documents_under_both_sessions() {
    let mut cases = 0;
    for (name, vector) in json_files("chip_auth") {
        let session = |keys: &Value, counter: Vec<u8>| {
            let suite = if keys["alg"] == "AES" { Suite::Aes128 } else { Suite::TripleDes };
            let key = |name: &str| cipher::Key::new(suite, &octets(&keys[name]));
            messaging::Session::with_keys(key("KS_ENC"), key("KS_MAC"), counter)
        };
        let mut now = session(&vector["sm_before"], octets(&vector["sm_before"]["SSC"]));
        let mut later = session(&vector["sm_after"], vec![0; octets(&vector["sm_after"]["SSC"]).len()]);
        for exchange in vector["apdus"].as_array().unwrap() {
            let protected = Command::parse(&octets(&exchange["command"])).unwrap();
            let running = if protected.instruction == 0xa4 { &mut later } else { &mut now };
            let opened = running.open(&protected).unwrap();
            let data = match opened.instruction {
                0x86 => {
                    let public = objects::sole(&opened.data, 0x7c).unwrap();
                    let public = objects::sole(public, 0x80).unwrap();
                    assert_eq!(public, octets(&vector["terminal_public"]), "{name}");
                    vec![0x7c, 0x00]
                }
                _ => Vec::new(),
            };
            let response = Answer::octets(running.protect(opened.instruction, Ok(Answer::ok(data))));
            assert_eq!(response, octets(&exchange["response"]), "{name}");
        }
        assert_eq!(later.counter(), octets(&vector["sm_after"]["SSC"]), "{name}");
        cases += 1;
    }
    println!("chip_auth: {cases} cases from the chip's side");
    assert!(cases > 0 || std::env::var_os("SEN_VECTORS").is_some());
}

#[test]
fn refuses_data_groups_before_access_is_proven() {
    let mut chip = card(CARD_A);
    select_application(&mut chip);
    assert_eq!(send(&mut chip, "00A4020C020101"), "6982");
    assert_eq!(send(&mut chip, "00B08100FF"), "6982");
    assert_eq!(send(&mut chip, "0088000008010203040506070800"), "6982");
}

#[test]
fn gives_card_access_to_anyone_but_no_master_file() {
    let mut chip = card(CARD_A);
    assert_eq!(send(&mut chip, "00A4000C"), "6D00");
    assert_eq!(send(&mut chip, "00A4000C023F00"), "6D00");
    assert_eq!(send(&mut chip, "00A4020C02011C"), "9000");
    let content = hex::encode_upper(chip.files().octets(FileName::CARD_ACCESS));
    assert_eq!(send(&mut chip, "00B0000000"), format!("{content}9000"));
    assert_eq!(send(&mut chip, "00B09C0004"), format!("{}9000", &content[..8]));
    assert_eq!(send(&mut chip, "00B0003204"), format!("{}9000", &content[100..108]));
    assert_eq!(send(&mut chip, "00B0003205"), format!("{}6282", &content[100..108]));
    assert_eq!(send(&mut chip, "00B0003704"), "6B00");
    let mut passport =
        card(CARD_A).with_behaviour(Behaviour { master_selectable: true, ..Behaviour::default() });
    assert_eq!(send(&mut passport, "00A4000C023F00"), "9000");
}

#[test]
fn refuses_malformed_lengths_and_unknown_instructions() {
    let mut chip = card(CARD_A);
    for (command, answer) in [
        ("", "6700"),
        ("00A402", "6700"),
        ("00A4020C05011C", "6700"),
        ("00B000000000010203", "6700"),
        ("00CA000000", "6D00"),
        ("80A4000C", "6E00"),
        ("0CA4020C0D99", "6700"),
        ("0CA4020C00", "6988"),
        ("008400000A", "6985"),
    ] {
        assert_eq!(send(&mut chip, command), answer, "{command}");
    }
}

#[test]
fn a_chip_with_short_lengths_refuses_extended_ones() {
    let mut chip = card(CARD_A).with_behaviour(Behaviour::short_only());
    assert_eq!(send(&mut chip, "00A4020C02011C"), "9000");
    assert_eq!(send(&mut chip, "00B00000000100"), "6700");
}

#[test]
fn a_wrong_card_access_number_is_told_at_the_token_and_counted_once() {
    let mut chip = card(CARD_A);
    let vectors = json_files("pace");
    let Some((_, run)) = vectors.iter().find(|(name, _)| name == "synthetic_gm_aes128_brainpoolp256r1_can")
    else {
        return;
    };
    for exchange in run["apdus"].as_array().unwrap() {
        let response = send(&mut chip, exchange["command"].as_str().unwrap());
        let last = exchange["name"] == "GENERAL AUTHENTICATE mutual auth";
        assert_eq!(response.ends_with("6300"), last);
        assert_eq!(response.ends_with("9000"), !last);
    }
    assert_eq!(chip.failed_attempts(), 1);
    assert!(chip.state.session.is_none());
    assert_eq!(send(&mut chip, "10860000027C0000"), "6985");
}

#[test]
fn faults_strike_at_their_command() {
    let mut chip = card(CARD_A).with_faults(
        FaultPlan::lose_tag_at(3).at(2, Fault::Status(StatusWord(0x6f00))).at(4, Fault::Truncated(1)),
    );
    assert_eq!(send(&mut chip, "00A4020C02011C"), "9000");
    assert_eq!(send(&mut chip, "00B0000000"), "6F00");
    assert_eq!(chip.respond(&[0, 0xb0, 0, 0, 0]), Err(Lost));
    assert_eq!(send(&mut chip, "00A4020C02011C"), "90");
    let mut chip = card(CARD_A).with_faults(FaultPlan::none().on_instruction(0xb0, Fault::ShortRead(3)));
    assert_eq!(send(&mut chip, "00A4020C02011C"), "9000");
    assert_eq!(send(&mut chip, "00B0000000"), "3134309000");
}

#[test]
fn a_file_without_end_goes_on_in_zeros() {
    let mut chip = card(CARD_B).with_file(FileName::CARD_ACCESS, Content::Endless(vec![0x31, 0x84, 0xff]));
    assert_eq!(send(&mut chip, "00A4020C02011C"), "9000");
    assert_eq!(send(&mut chip, "00B0000104"), "84FF00009000");
    assert_eq!(send(&mut chip, "00B07FFF02"), "00009000");
}

#[test]
fn answers_any_octets_with_at_least_a_status_word() {
    let mut chip = card(CARD_B);
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    let instructions = [0xa4, 0xb0, 0xb1, 0x84, 0x82, 0x88, 0x22, 0x86, 0x00];
    for round in 0..20_000_u32 {
        let random = next().to_be_bytes();
        let class = [0x00, 0x10, 0x0c, 0x80][random[0] as usize % 4];
        let instruction = instructions[random[1] as usize % instructions.len()];
        let mut command = vec![class, instruction, random[2], random[3]];
        command.extend((0..random[4] % 40).map(|_| next().to_be_bytes()[0]));
        if random[5] % 2 == 0 && command.len() > 5 {
            command[4] = u8::try_from(command.len() - 5).unwrap();
        }
        let response = chip.respond(&command).unwrap();
        assert!(response.len() >= 2, "{round}: {}", hex::encode(command));
    }
    assert!(chip.state.session.is_none());
}

#[test]
fn a_reader_selects_the_files_of_a_chip_without_short_identifiers() {
    let behaviour = Behaviour { short_identifiers: false, ..Behaviour::default() };
    let mut transport = ChipTransport::new(card("b_bp384_named_2024").with_behaviour(behaviour));
    let key = card::AccessKey::Can(card::Can::parse("067891").unwrap());
    let (request, mut random) = (card::ReadRequest::default(), SystemRandom::new());
    let reading = card::read_card(&mut transport, &key, &request, &mut random, &card::Unwatched).unwrap();
    for number in [1, 2, 13, 14, 15] {
        let octets = transport.chip().files().octets(FileName::data_group(number));
        assert_eq!(reading.files()[&card::FileId::Dg(number)], octets, "EF.DG{number}");
    }
    println!("without short identifiers: {} APDUs", reading.apdus());
}
