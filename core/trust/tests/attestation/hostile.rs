//! Every byte changed: refused, or of no consequence.
use test_key::TestKey;
use test_key::platform::{AndroidMaker, AppleMaker, Description, tag};

use crate::{CHALLENGE, NOW, android, apple};

#[test]
fn no_changed_byte_of_a_chain_is_believed() {
    let (maker, key) = (AndroidMaker::new(), TestKey::new());
    let (chain, policy) = (maker.certify(&key, &android::good()), android::policy(&maker));
    // The last one is the root, which only names itself: its key is the pinned one, or it is another root.
    for certificate in 0..2 {
        for at in 0..chain[certificate].len() {
            let mut changed = chain.clone();
            changed[certificate][at] ^= 0x15;
            policy.verify(&changed, CHALLENGE, NOW).unwrap_err();
        }
    }
}

#[test]
fn a_changed_byte_of_a_signed_description_is_refused_or_changes_nothing() {
    let (maker, key) = (AndroidMaker::new(), TestKey::new());
    let policy = android::policy(&maker);
    // Whose changed bits say nothing else that would be right: 2 would be a biometric, and 3 is two ways.
    let description =
        Description::of_approval_key(CHALLENGE).with(tag::USER_AUTH_TYPE, Description::number(1));
    let whole = description.der();
    let verify = |content: &[u8]| policy.verify(&maker.certify_with(&key, content, |_| ()), CHALLENGE, NOW);
    let good = verify(&whole).unwrap();
    let (mut refused, mut same) = (0, 0);
    for at in 0..whole.len() {
        for bit in [0x01, 0x80] {
            let mut changed = whole.clone();
            changed[at] ^= bit;
            match verify(&changed) {
                Err(_) => refused += 1,
                Ok(read) => {
                    assert_eq!(read, good, "octet {at}");
                    same += 1;
                }
            }
        }
    }
    // Of no consequence are the hashes of what was booted, times and versions, and the tags of what is passed over.
    assert!(refused > 250, "{refused} refused, {same} of no consequence");
}

#[test]
fn no_changed_byte_of_an_attestation_object_is_believed_as_another_key() {
    let (maker, key) = (AppleMaker::new(), TestKey::new());
    let (object, policy) = (maker.attest(&key, &apple::data(&key), CHALLENGE), apple::policy(&maker));
    let good = policy.verify(&object, CHALLENGE, NOW).unwrap();
    let mut harmless = 0;
    for at in 0..object.len() {
        let mut changed = object.clone();
        changed[at] ^= 0x15;
        if let Ok(read) = policy.verify(&changed, CHALLENGE, NOW) {
            assert_eq!(read, good, "octet {at}");
            harmless += 1;
        }
    }
    // The receipt is Apple's to read: ten octets of it here.
    assert!(harmless <= 10, "{harmless}");
}

#[test]
fn a_changed_byte_of_signed_authenticator_data_is_refused_or_changes_nothing() {
    let (maker, key) = (AppleMaker::new(), TestKey::new());
    let (data, policy) = (apple::data(&key), apple::policy(&maker));
    let good = policy.verify(&maker.attest(&key, &data, CHALLENGE), CHALLENGE, NOW).unwrap();
    for at in 0..data.len() {
        for bit in [0x01, 0x80] {
            let mut changed = data.clone();
            changed[at] ^= bit;
            if let Ok(read) = policy.verify(&maker.attest(&key, &changed, CHALLENGE), CHALLENGE, NOW) {
                assert_eq!(read, good, "octet {at}");
            }
        }
    }
}
