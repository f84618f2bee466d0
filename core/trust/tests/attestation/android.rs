use std::collections::BTreeSet;

use sen_trust as trust;
use test_key::TestKey;
use test_key::platform::{AndroidMaker, Description, PACKAGE, SIGNER, tag};
use test_key::rcgen::{
    BasicConstraints, CertificateParams, IsCa, KeyUsagePurpose, SerialNumber, date_time_ymd,
};
use trust::attestation::android::Revocations;
use trust::attestation::{
    AndroidPolicy, AttestationError, AttestedPolicy, PlatformRoots, SecurityLevel, VerifiedKeyAttestation,
};
use trust::certificates::{CertificateError, ChainError};

use crate::{CHALLENGE, NOW};

pub(crate) fn policy(maker: &AndroidMaker) -> AndroidPolicy {
    AndroidPolicy {
        roots: PlatformRoots::from_der(&[maker.root()]).unwrap(),
        revocations: Revocations::default(),
        packages: BTreeSet::from([PACKAGE.to_owned()]),
        signers: BTreeSet::from([SIGNER]),
        minimum_level: SecurityLevel::TrustedEnvironment,
        minimum_patch_level: 202_501,
    }
}

pub(crate) fn good() -> Description {
    Description::of_presentation_key(CHALLENGE)
}

/// What is said of a key of a maker that is believed.
fn verified(description: &Description) -> Result<VerifiedKeyAttestation, AttestationError> {
    let (maker, key) = (AndroidMaker::new(), TestKey::new());
    let chain = maker.certify(&key, description);
    let verified = policy(&maker).verify(&chain, CHALLENGE, NOW)?;
    assert_eq!(verified.key().uncompressed(), key.public().uncompressed());
    Ok(verified)
}

fn refused(description: &Description) -> AttestationError {
    verified(description).unwrap_err()
}

/// A leaf with something changed.
fn leaf_refusal(change: impl FnOnce(&mut CertificateParams)) -> AttestationError {
    let maker = AndroidMaker::new();
    let chain = maker.certify_with(&TestKey::new(), &good().der(), change);
    policy(&maker).verify(&chain, CHALLENGE, NOW).unwrap_err()
}

#[test]
fn believes_a_presentation_key_and_an_approval_key() {
    let presentation = verified(&good()).unwrap();
    assert_eq!(presentation.policy(), AttestedPolicy::Presentation);
    assert_eq!(presentation.level(), SecurityLevel::TrustedEnvironment);
    assert_eq!((presentation.is_biometric(), presentation.authentication_level()), (false, 2));
    let approval = verified(&Description::of_approval_key(CHALLENGE)).unwrap();
    assert_eq!((approval.policy(), approval.authentication_level()), (AttestedPolicy::Approval, 2));
}

#[test]
fn only_a_biometric_for_each_signature_reaches_level_3() {
    let biometric = |description: Description| {
        let read = verified(&description.with(tag::USER_AUTH_TYPE, Description::number(2))).unwrap();
        (read.is_biometric(), read.authentication_level())
    };
    assert_eq!(biometric(Description::of_approval_key(CHALLENGE)), (true, 3));
    assert_eq!(biometric(good()), (true, 2));
    let any = Description::of_approval_key(CHALLENGE)
        .with(tag::USER_AUTH_TYPE, Description::number(u64::from(u32::MAX)));
    assert_eq!(verified(&any).unwrap().authentication_level(), 2);
}

#[test]
fn reads_every_version_and_refuses_others() {
    for version in [1, 2, 3, 4, 100, 200, 300, 400] {
        verified(&Description { version, ..good() }).unwrap();
    }
    for version in [0, 5, 99, 401, 500] {
        assert_eq!(refused(&Description { version, ..good() }), AttestationError::Version);
    }
}

#[test]
fn refuses_another_challenge() {
    for challenge in [&b"another challenge"[..], b"", &CHALLENGE[1..]] {
        let description = Description { challenge: challenge.to_vec(), ..good() };
        assert_eq!(refused(&description), AttestationError::Challenge);
    }
}

#[test]
fn refuses_what_is_not_as_secure_as_demanded() {
    assert_eq!(refused(&Description { attestation_level: 0, ..good() }), AttestationError::AttestationLevel);
    assert_eq!(refused(&Description { key_level: 0, ..good() }), AttestationError::KeyLevel);
    assert_eq!(refused(&Description { key_level: 3, ..good() }), AttestationError::Malformed);
    let strong = Description { attestation_level: 2, key_level: 2, ..good() };
    assert_eq!(verified(&strong).unwrap().level(), SecurityLevel::SecureElement);
}

#[test]
fn a_policy_can_demand_a_chip_of_its_own() {
    let (maker, key) = (AndroidMaker::new(), TestKey::new());
    let policy = AndroidPolicy { minimum_level: SecurityLevel::SecureElement, ..policy(&maker) };
    let said = |attestation_level, key_level| {
        let chain = maker.certify(&key, &Description { attestation_level, key_level, ..good() });
        policy.verify(&chain, CHALLENGE, NOW).map(|read| read.level())
    };
    assert_eq!(said(2, 2), Ok(SecurityLevel::SecureElement));
    assert_eq!(said(1, 2), Err(AttestationError::AttestationLevel));
    assert_eq!(said(2, 1), Err(AttestationError::KeyLevel));
}

#[test]
fn refuses_a_key_that_does_more_than_sign() {
    for purposes in [&[][..], &[3], &[2, 0], &[2, 6], &[2, 7], &[7]] {
        let description = good().with(tag::PURPOSE, Description::numbers(purposes));
        assert_eq!(refused(&description), AttestationError::Purpose, "{purposes:?}");
    }
    assert_eq!(refused(&good().without(tag::PURPOSE)), AttestationError::Purpose);
    verified(&good().with(tag::PURPOSE, Description::numbers(&[2, 3]))).unwrap();
}

#[test]
fn refuses_another_kind_of_key() {
    let number = Description::number;
    for (property, value) in [
        (tag::ALGORITHM, number(1)),
        (tag::KEY_SIZE, number(384)),
        (tag::EC_CURVE, number(2)),
        (tag::DIGEST, Description::numbers(&[6])),
    ] {
        assert_eq!(refused(&good().with(property, value)), AttestationError::Algorithm, "{property}");
    }
    assert_eq!(refused(&good().without(tag::ALGORITHM)), AttestationError::Algorithm);
    assert_eq!(refused(&good().without(tag::DIGEST)), AttestationError::Algorithm);
    assert_eq!(refused(&good().without(tag::KEY_SIZE).without(tag::EC_CURVE)), AttestationError::Algorithm);
    verified(&good().without(tag::EC_CURVE)).unwrap();
}

#[test]
fn refuses_a_key_that_was_not_made_in_hardware() {
    for origin in 1..=4 {
        let description = good().with(tag::ORIGIN, Description::number(origin));
        assert_eq!(refused(&description), AttestationError::Origin);
    }
    assert_eq!(refused(&good().without(tag::ORIGIN)), AttestationError::Origin);
    // What the operating system says of it is worth nothing.
    let software = good().without(tag::ORIGIN).with_software(tag::ORIGIN, Description::number(0));
    assert_eq!(refused(&software), AttestationError::Origin);
}

#[test]
fn refuses_what_can_leave_or_belongs_to_everybody() {
    let null = Description::null;
    assert_eq!(refused(&good().with(tag::EXPORTABLE, null())), AttestationError::Exportable);
    assert_eq!(refused(&good().with_software(tag::EXPORTABLE, null())), AttestationError::Exportable);
    assert_eq!(refused(&good().with(tag::ALL_APPLICATIONS, null())), AttestationError::EveryApplication);
}

#[test]
fn refuses_a_property_that_stands_twice() {
    let mut twice = good();
    twice.hardware.push((tag::ORIGIN, Description::number(0)));
    assert_eq!(refused(&twice), AttestationError::Ambiguous);
    let both = good().with_software(tag::ORIGIN, Description::number(0));
    assert_eq!(refused(&both), AttestationError::Ambiguous);
}

#[test]
fn refuses_a_key_that_signs_without_its_owner() {
    let null = Description::null;
    assert_eq!(refused(&good().with(tag::NO_AUTH_REQUIRED, null())), AttestationError::NoAuthentication);
    assert_eq!(
        refused(&good().with_software(tag::NO_AUTH_REQUIRED, null())),
        AttestationError::NoAuthentication
    );
    assert_eq!(refused(&good().without(tag::USER_AUTH_TYPE)), AttestationError::NoAuthentication);
    let none = good().with(tag::USER_AUTH_TYPE, Description::number(0));
    assert_eq!(refused(&none), AttestationError::NoAuthentication);
    // The operating system does not enforce it.
    let software =
        good().without(tag::USER_AUTH_TYPE).with_software(tag::USER_AUTH_TYPE, Description::number(3));
    assert_eq!(refused(&software), AttestationError::NoAuthentication);
}

#[test]
fn refuses_a_key_that_stays_unlocked_for_too_long() {
    for seconds in [121, 3600, u64::from(u32::MAX)] {
        let description = good().with(tag::AUTH_TIMEOUT, Description::number(seconds));
        assert_eq!(refused(&description), AttestationError::UnlockedTooLong);
    }
    let on_body = good().with(tag::ALLOW_WHILE_ON_BODY, Description::null());
    assert_eq!(refused(&on_body), AttestationError::UnlockedTooLong);
}

#[test]
fn refuses_a_phone_that_does_not_run_what_its_maker_signed() {
    let root = |locked, state| good().with(tag::ROOT_OF_TRUST, Description::root_of_trust(locked, state));
    assert_eq!(refused(&root(false, 0)), AttestationError::Unlocked);
    for state in 1..=4 {
        assert_eq!(refused(&root(true, state)), AttestationError::BootState);
    }
    let absent = good().without(tag::ROOT_OF_TRUST);
    assert_eq!(refused(&absent), AttestationError::NoRootOfTrust);
    let by_software = absent.with_software(tag::ROOT_OF_TRUST, Description::root_of_trust(true, 0));
    assert_eq!(refused(&by_software), AttestationError::NoRootOfTrust);
}

#[test]
fn refuses_software_that_is_too_old() {
    let old = good().with(tag::OS_PATCH_LEVEL, Description::number(202_412));
    assert_eq!(refused(&old), AttestationError::PatchLevel);
    assert_eq!(refused(&good().without(tag::OS_PATCH_LEVEL)), AttestationError::PatchLevel);
}

#[test]
fn refuses_another_application() {
    let application = |packages: &[&str], signers: &[&[u8]]| {
        good().with_software(tag::APPLICATION_ID, Description::application(packages, signers))
    };
    let other = [0x11; 32];
    for description in [
        application(&["vn.example.fake"], &[&SIGNER]),
        application(&[PACKAGE], &[&other]),
        application(&[PACKAGE, "vn.example.fake"], &[&SIGNER]),
        application(&[PACKAGE], &[&SIGNER, &other]),
        application(&[], &[&SIGNER]),
        application(&[PACKAGE], &[]),
        good().without(tag::APPLICATION_ID),
    ] {
        assert_eq!(refused(&description), AttestationError::Application);
    }
    let many: Vec<_> = std::iter::repeat_n(PACKAGE, 17).collect();
    assert_eq!(refused(&application(&many, &[&SIGNER])), AttestationError::Malformed);
}

#[test]
fn refuses_a_malformed_extension() {
    let maker = AndroidMaker::new();
    let refusal = |content: &[u8]| {
        let chain = maker.certify_with(&TestKey::new(), content, |_| ());
        policy(&maker).verify(&chain, CHALLENGE, NOW).unwrap_err()
    };
    let whole = good().der();
    assert_eq!(refusal(&[]), AttestationError::Malformed);
    assert_eq!(refusal(&whole[..whole.len() - 1]), AttestationError::Malformed);
    assert_eq!(refusal(&[&whole[..], &[0]].concat()), AttestationError::Malformed);
    let wrong = good().with(tag::ORIGIN, Description::null());
    assert_eq!(refusal(&wrong.der()), AttestationError::Malformed);
}

#[test]
fn refuses_what_stands_below_an_attested_key() {
    let (maker, key) = (AndroidMaker::new(), TestKey::new());
    let policy = policy(&maker);
    // Forged below: the true one nearest the root does not count for the leaf, nor does the leaf's own.
    let upper = Description { challenge: b"the attacker's own".to_vec(), ..good() };
    let chain = maker.appended(&key, &upper, &good());
    assert_eq!(policy.verify(&chain, CHALLENGE, NOW), Err(AttestationError::Appended));
    // An honest phone's leaf signs no certificates, so that a chain through it is none.
    let honest = maker.certify(&TestKey::new(), &good());
    let longer = [&chain[..1], &honest[..]].concat();
    assert_eq!(
        policy.verify(&longer, CHALLENGE, NOW),
        Err(AttestationError::Chain(ChainError::NotAnAuthority))
    );
}

#[test]
fn refuses_a_leaf_that_is_an_authority_or_attests_nothing() {
    let refusal = leaf_refusal(|params| {
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    });
    assert_eq!(refusal, AttestationError::Purpose);
    assert_eq!(leaf_refusal(|params| params.custom_extensions.clear()), AttestationError::Missing);
}

#[test]
fn refuses_a_chain_that_does_not_lead_to_a_pinned_root() {
    let (maker, other, key) = (AndroidMaker::new(), AndroidMaker::new(), TestKey::new());
    let chain = maker.certify(&key, &good());
    let refusal = |chain: &[Vec<u8>]| policy(&maker).verify(chain, CHALLENGE, NOW).unwrap_err();
    let unknown = AttestationError::Chain(ChainError::UnknownAnchor);
    assert_eq!(refusal(&other.certify(&key, &good())), unknown);
    assert_eq!(refusal(&other.certify(&key, &good())[..2]), unknown);
    let mut altered = chain.clone();
    *altered[1].last_mut().unwrap() ^= 1;
    assert_eq!(refusal(&altered), AttestationError::Chain(ChainError::Broken));
    assert_eq!(refusal(&[chain[0].clone(), chain[2].clone()]), unknown);
    let length = AttestationError::Chain(ChainError::Length);
    assert_eq!(refusal(&[]), length);
    assert_eq!(refusal(&chain[2..]), length);
    assert_eq!(refusal(&vec![chain[1].clone(); 9]), length);
    let self_issued = AttestationError::Chain(ChainError::SelfIssued);
    assert_eq!(refusal(&[&chain[..], &chain[2..]].concat()), self_issued);
    let malformed = AttestationError::Chain(ChainError::Certificate(CertificateError::Malformed));
    assert_eq!(refusal(&[chain[0][1..].to_vec(), chain[1].clone()]), malformed);
    let no_roots = AndroidPolicy { roots: PlatformRoots::default(), ..policy(&maker) };
    assert_eq!(no_roots.verify(&chain, CHALLENGE, NOW), Err(unknown));
    // The root may be left out.
    policy(&maker).verify(&chain[..2], CHALLENGE, NOW).unwrap();
}

#[test]
fn a_renewed_root_is_believed_beside_the_certificate_before_it() {
    let maker = AndroidMaker::new();
    let chain = maker.certify(&TestKey::new(), &good());
    let expired = maker.root_again(|params| params.not_after = date_time_ymd(2025, 1, 1));
    let no_authority = maker.root_again(|params| params.key_usages = vec![KeyUsagePurpose::CrlSign]);
    let under = |pinned: [&Vec<u8>; 2]| {
        let policy = AndroidPolicy { roots: PlatformRoots::from_der(&pinned).unwrap(), ..policy(&maker) };
        policy.verify(&chain, CHALLENGE, NOW).map(drop)
    };
    let renewed = maker.root();
    for before in [&expired, &no_authority] {
        assert_eq!([under([before, &renewed]), under([&renewed, before])], [Ok(()), Ok(())]);
    }
    let chain_error = |error| Err(AttestationError::Chain(error));
    assert_eq!(under([&expired, &no_authority]), chain_error(ChainError::OutsideValidity));
    assert_eq!(under([&no_authority, &expired]), chain_error(ChainError::NotAnAuthority));
}

#[test]
fn refuses_a_certificate_outside_its_time() {
    let refusal = leaf_refusal(|params| params.not_after = date_time_ymd(2025, 1, 1));
    assert_eq!(refusal, AttestationError::Chain(ChainError::OutsideValidity));
}

#[test]
fn refuses_a_certificate_that_was_taken_back() {
    let maker = AndroidMaker::new();
    let chain = maker.certify_with(&TestKey::new(), &good().der(), |params| {
        params.serial_number = Some(SerialNumber::from(vec![0x00, 0x0c, 0xab, 0xed]));
    });
    let with = |list: &str| {
        let revocations = Revocations::from_json(list.as_bytes()).unwrap();
        AndroidPolicy { revocations, ..policy(&maker) }.verify(&chain, CHALLENGE, NOW).map(drop)
    };
    assert_eq!(with(r#"{"entries": {"cabef": {"status": "REVOKED"}}}"#), Ok(()));
    for serial in ["cabed", "0cabed", "CABED"] {
        let list =
            format!(r#"{{"entries": {{"{serial}": {{"status": "SUSPENDED", "reason": "SOFTWARE_FLAW"}}}}}}"#);
        assert_eq!(with(&list), Err(AttestationError::Revoked));
    }
}

#[test]
fn refuses_a_revocation_list_of_another_form() {
    for list in ["", "{}", r#"{"entries": []}"#, r#"{"entries": {"xyz": {"status": "REVOKED"}}}"#] {
        Revocations::from_json(list.as_bytes()).unwrap_err();
    }
}
