use test_key::rcgen::{
    self, BasicConstraints, CertificateParams, CustomExtension, ExtendedKeyUsagePurpose, IsCa, KeyPair,
    KeyUsagePurpose, SanType,
};
use test_key::{Authority, TestKey};

use super::*;

/// 2027-01-15.
const NOW: Timestamp = Timestamp::from_unix(1_800_000_000);

fn anchors(roots: &[&Authority]) -> CertificateAnchors {
    CertificateAnchors::new(roots.iter().map(|root| Certificate::parse(&root.der()).unwrap()).collect())
}

fn refusal(anchors: &CertificateAnchors, chain: &[Vec<u8>]) -> ChainError {
    anchors.verify(chain, Purpose::Credentials, NOW).unwrap_err()
}

/// A leaf with something changed, under a root that is believed.
fn leaf_refusal(change: impl FnOnce(&mut CertificateParams)) -> ChainError {
    let root = Authority::root("root");
    let leaf = root.issue_with("leaf", &TestKey::new(), change);
    refusal(&anchors(&[&root]), &[leaf])
}

#[test]
fn believes_a_leaf_and_one_below_an_intermediate_authority() {
    let root = Authority::root("root");
    let between = root.below("between", |_| ());
    let key = TestKey::new();
    let direct = [root.issue("leaf", &key)];
    let longer = [between.issue("leaf", &key), between.der()];
    for chain in [&direct[..], &longer[..]] {
        let verified = anchors(&[&root]).verify(chain, Purpose::Credentials, NOW).unwrap();
        assert_eq!(verified.key().uncompressed(), key.public().uncompressed());
        assert_eq!(verified.certificates().len(), chain.len());
        assert_eq!(verified.anchor().der(), root.der());
        assert_eq!(verified.leaf().subject(), "CN=leaf,C=VN");
        assert_eq!(verified.leaf().der(), chain[0]);
    }
}

#[test]
fn believes_authorities_on_p_384() {
    let root = Authority::root_with("root", &rcgen::PKCS_ECDSA_P384_SHA384, |_| ());
    let chain = [root.issue("leaf", &TestKey::new())];
    anchors(&[&root]).verify(&chain, Purpose::Requests, NOW).unwrap();
}

#[test]
fn a_pinned_signer_vouches_for_itself_alone() {
    let root = Authority::root("root");
    let leaf = root.issue("leaf", &TestKey::new());
    let pinned = CertificateAnchors::new(vec![Certificate::parse(&leaf).unwrap()]);
    assert_eq!(pinned.verify(&[leaf], Purpose::Credentials, NOW).unwrap().anchor().subject(), "CN=leaf,C=VN");
    let other = root.issue("leaf", &TestKey::new());
    assert_eq!(refusal(&pinned, &[other]), ChainError::UnknownAnchor);
}

#[test]
fn the_key_identifiers_choose_between_roots_of_one_name() {
    let (old, new) = (Authority::root("root"), Authority::root("root"));
    let chain = [new.issue("leaf", &TestKey::new())];
    let verified = anchors(&[&old, &new]).verify(&chain, Purpose::Credentials, NOW).unwrap();
    assert_eq!(verified.anchor().der(), new.der());
    assert_eq!(refusal(&anchors(&[&old]), &chain), ChainError::UnknownAnchor);
}

#[test]
fn refuses_an_empty_and_an_endless_chain() {
    let root = Authority::root("root");
    assert_eq!(refusal(&anchors(&[&root]), &[]), ChainError::Length);
    let leaf = root.issue("leaf", &TestKey::new());
    assert_eq!(refusal(&anchors(&[&root]), &vec![leaf; LONGEST_CHAIN + 1]), ChainError::Length);
}

#[test]
fn refuses_a_chain_that_brings_its_anchor_and_a_leaf_that_signed_itself() {
    let root = Authority::root("root");
    let chain = [root.issue("leaf", &TestKey::new()), root.der()];
    assert_eq!(refusal(&anchors(&[&root]), &chain), ChainError::SelfIssued);
    let key = KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256).unwrap();
    let own = CertificateParams::default().self_signed(&key).unwrap().der().to_vec();
    assert_eq!(refusal(&anchors(&[&root]), &[own]), ChainError::SelfIssued);
}

#[test]
fn refuses_a_chain_in_the_wrong_order_or_with_a_stranger_in_it() {
    let root = Authority::root("root");
    let (between, stranger) = (root.below("between", |_| ()), root.below("stranger", |_| ()));
    let leaf = between.issue("leaf", &TestKey::new());
    assert_eq!(refusal(&anchors(&[&root]), &[leaf, stranger.der()]), ChainError::Broken);
}

#[test]
fn refuses_a_signature_that_another_key_of_that_name_made() {
    let root = Authority::root("root");
    let mut leaf = root.issue("leaf", &TestKey::new());
    *leaf.last_mut().unwrap() ^= 1;
    assert_eq!(refusal(&anchors(&[&root]), &[leaf]), ChainError::Broken);
    let between = root.below("between", |_| ());
    let mut leaf = between.issue("leaf", &TestKey::new());
    *leaf.last_mut().unwrap() ^= 1;
    assert_eq!(refusal(&anchors(&[&root]), &[leaf, between.der()]), ChainError::Broken);
}

#[test]
fn refuses_what_is_outside_its_time() {
    let root = Authority::root("root");
    let chain = [root.issue("leaf", &TestKey::new())];
    let leaf = Certificate::parse(&chain[0]).unwrap();
    let at = |now| anchors(&[&root]).verify(&chain, Purpose::Credentials, now).map(|_| ());
    let outside = Err(ChainError::OutsideValidity);
    assert_eq!(at(leaf.not_before().minus_seconds(1)), outside);
    assert_eq!(at(leaf.not_after().plus_seconds(1)), outside);
    assert_eq!((at(leaf.not_before()), at(leaf.not_after())), (Ok(()), Ok(())));
    let old = Authority::root_with("old", &rcgen::PKCS_ECDSA_P256_SHA256, |params| {
        params.not_after = rcgen::date_time_ymd(2026, 1, 1);
    });
    let chain = [old.issue("leaf", &TestKey::new())];
    assert_eq!(refusal(&anchors(&[&old]), &chain), ChainError::OutsideValidity);
}

#[test]
fn a_renewed_root_is_believed_beside_the_certificate_before_it() {
    let root = Authority::root("root");
    let chain = [root.issue("leaf", &TestKey::new())];
    let expired = root.again("root", |params| params.not_after = rcgen::date_time_ymd(2026, 1, 1));
    let no_authority = root.again("root", |params| params.key_usages = vec![KeyUsagePurpose::CrlSign]);
    let of = |pinned: [&[u8]; 2]| {
        CertificateAnchors::new(pinned.map(|der| Certificate::parse(der).unwrap()).to_vec())
    };
    let good = root.der();
    for before in [&expired, &no_authority] {
        for anchors in [of([before, &good]), of([&good, before])] {
            let verified = anchors.verify(&chain, Purpose::Credentials, NOW).unwrap();
            assert_eq!(verified.anchor().der(), good);
        }
    }
    // One that was withdrawn, and stands first or last.
    let other = root.again("root", |params| params.not_after = rcgen::date_time_ymd(2050, 1, 1));
    let withdrawn = Certificate::parse(&other).unwrap().sha256();
    for anchors in [of([&other, &good]), of([&good, &other])] {
        let verified = anchors.without([withdrawn]).verify(&chain, Purpose::Credentials, NOW).unwrap();
        assert_eq!(verified.anchor().der(), good);
    }
    // None is good: what is amiss with the first.
    assert_eq!(refusal(&of([&expired, &no_authority]), &chain), ChainError::OutsideValidity);
    assert_eq!(refusal(&of([&no_authority, &expired]), &chain), ChainError::NotAnAuthority);
    assert_eq!(refusal(&of([&other, &expired]).without([withdrawn]), &chain), ChainError::Withdrawn);
}

#[test]
fn refuses_issuers_that_are_no_authorities_or_have_too_many_below_them() {
    type Change = fn(&mut CertificateParams);
    let changes: [Change; 2] =
        [|params| params.key_usages = vec![KeyUsagePurpose::CrlSign], |params| params.is_ca = IsCa::NoCa];
    for change in changes {
        let root = Authority::root_with("root", &rcgen::PKCS_ECDSA_P256_SHA256, change);
        let chain = [root.issue("leaf", &TestKey::new())];
        assert_eq!(refusal(&anchors(&[&root]), &chain), ChainError::NotAnAuthority);
        let root = Authority::root("root");
        let between = root.below("between", change);
        let chain = [between.issue("leaf", &TestKey::new()), between.der()];
        assert_eq!(refusal(&anchors(&[&root]), &chain), ChainError::NotAnAuthority);
    }
    let short = Authority::root_with("root", &rcgen::PKCS_ECDSA_P256_SHA256, |params| {
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    });
    let between = short.below("between", |_| ());
    let chain = [between.issue("leaf", &TestKey::new()), between.der()];
    assert_eq!(refusal(&anchors(&[&short]), &chain), ChainError::NotAnAuthority);
    anchors(&[&short]).verify(&[short.issue("leaf", &TestKey::new())], Purpose::Credentials, NOW).unwrap();
}

#[test]
fn refuses_leaves_that_may_not_sign_this() {
    let wrong = ChainError::WrongPurpose;
    assert_eq!(leaf_refusal(|params| params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained)), wrong);
    assert_eq!(leaf_refusal(|params| params.key_usages = vec![KeyUsagePurpose::KeyAgreement]), wrong);
    let reader = || ExtendedKeyUsagePurpose::Other(vec![1, 0, 18013, 5, 1, 6]);
    assert_eq!(leaf_refusal(|params| params.extended_key_usages = vec![reader()]), wrong);
    let root = Authority::root("root");
    let key = KeyPair::generate_for(&rcgen::PKCS_ECDSA_P384_SHA384).unwrap();
    assert_eq!(refusal(&anchors(&[&root]), &[root.issue("leaf", &key)]), wrong);
}

#[test]
fn each_purpose_takes_its_own_certificates() {
    let root = Authority::root("root");
    let issued = |usage: Option<ExtendedKeyUsagePurpose>| {
        root.issue_with("leaf", &TestKey::new(), |params| params.extended_key_usages.extend(usage))
    };
    let other = |last| Some(ExtendedKeyUsagePurpose::Other(vec![1, 0, 18013, 5, 1, last]));
    let status = ExtendedKeyUsagePurpose::Other(vec![1, 3, 6, 1, 5, 5, 7, 3, 30]);
    let all = [Purpose::Credentials, Purpose::Requests, Purpose::StatusLists, Purpose::Anything];
    for (usage, expected) in [
        (None, [true; 4]),
        (other(2), [true, false, true, true]),
        (other(6), [false, true, false, true]),
        (Some(ExtendedKeyUsagePurpose::ServerAuth), [false, true, false, true]),
        (Some(ExtendedKeyUsagePurpose::ClientAuth), [false, true, false, true]),
        (Some(status), [false, false, true, true]),
    ] {
        let chain = [issued(usage)];
        let taken = all.map(|purpose| anchors(&[&root]).verify(&chain, purpose, NOW).is_ok());
        assert_eq!(taken, expected);
    }
}

#[test]
fn refuses_an_unknown_critical_extension_and_takes_an_unknown_other() {
    let root = Authority::root("root");
    let extension = || CustomExtension::from_oid_content(&[1, 3, 6, 1, 4, 1, 99999, 1], vec![5, 0]);
    let critical = leaf_refusal(|params| {
        let mut extension = extension();
        extension.set_criticality(true);
        params.custom_extensions = vec![extension];
    });
    assert_eq!(critical, ChainError::Certificate(CertificateError::UnknownCritical));
    let chain =
        [root.issue_with("leaf", &TestKey::new(), |params| params.custom_extensions = vec![extension()])];
    anchors(&[&root]).verify(&chain, Purpose::Credentials, NOW).unwrap();
    let twice = leaf_refusal(|params| params.custom_extensions = vec![extension(), extension()]);
    assert_eq!(twice, ChainError::Certificate(CertificateError::Malformed));
}

#[test]
fn refuses_other_algorithms_and_oversize_certificates() {
    let root = Authority::root_with("root", &rcgen::PKCS_ED25519, |_| ());
    let error = |der: &[u8]| Certificate::parse(der).unwrap_err();
    assert_eq!(error(&root.der()), CertificateError::Algorithm);
    let good = Authority::root("root");
    let key = KeyPair::generate_for(&rcgen::PKCS_ED25519).unwrap();
    assert_eq!(error(&good.issue("leaf", &key)), CertificateError::Algorithm);
    assert_eq!(error(&vec![0x30; 16 * 1024 + 1]), CertificateError::TooLarge);
    let mut off = good.der();
    let point = off.windows(4).position(|part| part == [3, 0x42, 0, 4]).unwrap();
    off[point + 20] ^= 1;
    assert_eq!(error(&off), CertificateError::Key);
}

#[test]
fn reads_names_key_identifiers_and_pem() {
    let root = Authority::root("root");
    let leaf = root.issue_with("leaf", &TestKey::new(), |params| {
        params.subject_alt_names = vec![
            SanType::DnsName("portal.example".try_into().unwrap()),
            SanType::URI("https://portal.example".try_into().unwrap()),
        ];
    });
    let leaf = Certificate::parse(&leaf).unwrap();
    assert_eq!(leaf.dns_names(), ["portal.example"]);
    let two = format!("roots\n{}and\n{}", root.pem(), Authority::root("other").pem());
    let anchors = CertificateAnchors::from_pem(&two).unwrap();
    assert_eq!(anchors.certificates().len(), 2);
    let first = anchors.certificates().next().unwrap();
    assert_eq!(first.der(), root.der());
    assert!(leaf.authority_key_id().is_some());
    assert_eq!(leaf.authority_key_id(), first.subject_key_id());
    assert_eq!(
        CertificateAnchors::from_pem(&two.replace("\nMII", "\n?II")).unwrap_err(),
        CertificateError::Malformed
    );
}

#[test]
fn no_changed_or_missing_byte_of_a_leaf_is_believed() {
    let root = Authority::root("root");
    let leaf = root.issue("leaf", &TestKey::new());
    let anchors = anchors(&[&root]);
    for at in 0..leaf.len() {
        for bit in [1, 0x80] {
            let mut changed = leaf.clone();
            changed[at] ^= bit;
            assert!(anchors.verify(&[changed], Purpose::Credentials, NOW).is_err(), "byte {at}");
        }
        assert!(anchors.verify(&[&leaf[..at]], Purpose::Credentials, NOW).is_err());
    }
    assert!(anchors.verify(&[[&leaf[..], &[0]].concat()], Purpose::Credentials, NOW).is_err());
}
