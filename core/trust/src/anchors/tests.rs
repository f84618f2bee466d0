use test_key::Authority;

use super::*;
use crate::certificates::{ChainError, Purpose};
use crate::testkey::TestKey;

const NOW: Timestamp = Timestamp::from_unix(1_800_000_000);

fn draft(successor: Option<PublicKey>) -> TrustListDraft {
    let issuer = Issuer {
        iss: "vn-moh".into(),
        kid: b"k1".to_vec(),
        key: TestKey::new().public(),
        name: "Issuer".into(),
        vcts: vec!["urn:vn:health-insurance:1".into()],
        not_before: NOW.minus_seconds(10),
        not_after: NOW.plus_seconds(10),
        revoked: false,
    };
    TrustListDraft {
        sequence: 5,
        issued: NOW,
        expires: NOW.plus_seconds(100),
        issuers: vec![issuer],
        status_signers: vec![StatusSigner { kid: b"s1".to_vec(), key: TestKey::new().public() }],
        status_base: "https://127.0.0.1/status/".into(),
        successor,
    }
}

fn signed(root: &TestKey, list: &TrustListDraft) -> Vec<u8> {
    let token = list.draft(b"root").unwrap();
    token.assemble(&root.sign(&token.to_be_signed()))
}

#[test]
fn gives_back_what_the_root_signed() {
    let (root, list) = (TestKey::new(), draft(None));
    let trust = Trust::load(&[root.public()], &signed(&root, &list), 5, NOW).unwrap();
    assert_eq!(trust.issuer("vn-moh", b"k1"), list.issuers.first());
    assert_eq!(trust.issuer("vn-moh", b"k2"), None);
    assert_eq!(trust.issuer("vn-mo", b"k1"), None);
    assert_eq!(trust.status_signers(), list.status_signers);
    assert_eq!((trust.sequence(), trust.issued(), trust.expires()), (5, NOW, NOW.plus_seconds(100)));
    assert_eq!(trust.roots(), [root.public()]);
}

#[test]
fn refuses_a_list_of_another_root() {
    let list = signed(&TestKey::new(), &draft(None));
    let refused = Trust::load(&[TestKey::new().public()], &list, 0, NOW);
    assert_eq!(refused.unwrap_err(), TrustError::SignatureInvalid);
}

#[test]
fn refuses_a_list_older_than_one_seen() {
    let root = TestKey::new();
    let refused = Trust::load(&[root.public()], &signed(&root, &draft(None)), 6, NOW);
    assert_eq!(refused.unwrap_err(), TrustError::Rollback { seen: 6, offered: 5 });
}

#[test]
fn refuses_a_frozen_list_once_its_time_is_over() {
    let root = TestKey::new();
    let list = signed(&root, &draft(None));
    assert!(Trust::load(&[root.public()], &list, 5, NOW.plus_seconds(99)).is_ok());
    let refused = Trust::load(&[root.public()], &list, 5, NOW.plus_seconds(100));
    assert_eq!(refused.unwrap_err(), TrustError::Expired);
    assert_eq!(
        Trust::load_even_expired(&[root.public()], &list, 5).unwrap().expires(),
        NOW.plus_seconds(100)
    );
}

#[test]
fn the_announced_successor_takes_over_and_a_skipped_one_does_not() {
    let (first, second, third) = (TestKey::new(), TestKey::new(), TestKey::new());
    let announced =
        Trust::load(&[first.public()], &signed(&first, &draft(Some(second.public()))), 0, NOW).unwrap();
    let roots = announced.roots();
    assert!(Trust::load(&roots, &signed(&first, &draft(None)), 5, NOW).is_ok());
    assert!(Trust::load(&roots, &signed(&second, &draft(Some(third.public()))), 5, NOW).is_ok());
    let skipped = Trust::load(&roots, &signed(&third, &draft(None)), 5, NOW);
    assert_eq!(skipped.unwrap_err(), TrustError::SignatureInvalid);
}

#[test]
fn refuses_a_token_of_another_type() {
    let root = TestKey::new();
    let other = Draft::es256(b"root", "application/statuslist+cwt", vec![0xa0]);
    let token = other.assemble(&root.sign(&other.to_be_signed()));
    assert_eq!(Trust::load(&[root.public()], &token, 0, NOW).unwrap_err(), TrustError::WrongType);
}

#[test]
fn refuses_a_list_without_its_tag() {
    let root = TestKey::new();
    let list = signed(&root, &draft(None));
    let refused = Trust::load(&[root.public()], &list[1..], 0, NOW);
    assert_eq!(refused.unwrap_err(), TrustError::Malformed(cbor::Error::WrongKind));
}

#[test]
fn an_issuer_may_issue_its_types_in_its_time_until_it_is_revoked() {
    let list = draft(None);
    let good = &list.issuers[0];
    let vct = "urn:vn:health-insurance:1";
    for (at, may) in [(-11, false), (-10, true), (10, true), (11, false)] {
        assert_eq!(good.may_issue(vct, NOW.plus_seconds(at)), may, "{at}");
    }
    assert!(!good.may_issue("urn:vn:citizen:1", NOW));
    assert!(!Issuer { revoked: true, ..good.clone() }.may_issue(vct, NOW));
}

#[test]
fn no_changed_byte_is_accepted() {
    let root = TestKey::new();
    let good = signed(&root, &draft(None));
    for at in 0..good.len() {
        let mut changed = good.clone();
        changed[at] ^= 1;
        assert!(Trust::load(&[root.public()], &changed, 0, NOW).is_err(), "byte {at}");
    }
}

#[test]
fn gives_back_the_issuers_of_other_formats() {
    let root = TestKey::new();
    let issuer = |kid: &[u8], key| ForeignIssuer {
        format: "eu-dcc".into(),
        kid: kid.to_vec(),
        key,
        name: "Elsewhere".into(),
        uses: vec!["v".into()],
    };
    let foreign = [
        issuer(b"1", ForeignKey::P256(TestKey::new().public())),
        issuer(b"2", ForeignKey::Ed25519([7; 32])),
        issuer(b"3", ForeignKey::RsaPss(vec![0x30, 0])),
    ];
    let token = draft(None).draft_with(b"root", &foreign).unwrap();
    let list = token.assemble(&root.sign(&token.to_be_signed()));
    let trust = Trust::load(&[root.public()], &list, 0, NOW).unwrap();
    assert!(trust.foreign("eu-dcc").eq(&foreign));
    assert_eq!(trust.foreign("claim-169").count(), 0);
}

fn listed(role: Role, certificate: Vec<u8>) -> ListedCertificate {
    ListedCertificate { role, certificate, name: "Listed".into(), revoked: false }
}

fn trust_naming(certificates: &[ListedCertificate]) -> Result<Trust, TrustError> {
    let root = TestKey::new();
    let token = draft(None).draft_naming(b"root", &[], certificates).unwrap();
    Trust::load(&[root.public()], &token.assemble(&root.sign(&token.to_be_signed())), 0, NOW)
}

fn believes(trust: &Trust, role: Role, leaf: &[u8]) -> Result<(), ChainError> {
    trust.certificate_anchors(role).verify(&[leaf], Purpose::Anything, NOW).map(drop)
}

#[test]
fn a_certificate_is_believed_in_its_own_role_alone() {
    let (issuers, askers) = (Authority::root("Issuers"), Authority::root("Askers"));
    let key = test_key::TestKey::new();
    let pinned = askers.issue("Registrar", &key);
    let trust = trust_naming(&[
        listed(Role::Documents, issuers.der()),
        listed(Role::Requests, askers.der()),
        listed(Role::Registrations, pinned.clone()),
    ])
    .unwrap();
    assert_eq!(believes(&trust, Role::Documents, &issuers.issue("Issuer", &key)), Ok(()));
    assert_eq!(believes(&trust, Role::Requests, &askers.issue("Asker", &key)), Ok(()));
    assert_eq!(believes(&trust, Role::Registrations, &pinned), Ok(()));
    for (role, leaf) in [
        (Role::Documents, askers.issue("Asker", &key)),
        (Role::Requests, issuers.issue("Issuer", &key)),
        (Role::Registrations, askers.issue("Another", &key)),
    ] {
        assert_eq!(believes(&trust, role, &leaf), Err(ChainError::UnknownAnchor), "{role:?}");
    }
}

#[test]
fn a_withdrawn_authority_or_signer_is_believed_no_more() {
    let (root, key) = (Authority::root("Askers"), test_key::TestKey::new());
    let (bank, portal) = (root.issue("Bank", &key), root.issue("Portal", &key));
    let authority = listed(Role::Requests, root.der());
    let gone =
        |certificate: Vec<u8>| ListedCertificate { revoked: true, ..listed(Role::Requests, certificate) };
    let trust = trust_naming(&[authority.clone(), gone(bank.clone())]).unwrap();
    assert_eq!(believes(&trust, Role::Requests, &bank), Err(ChainError::Withdrawn));
    assert_eq!(believes(&trust, Role::Requests, &portal), Ok(()));
    let alone = trust_naming(&[gone(root.der())]).unwrap();
    assert_eq!(believes(&alone, Role::Requests, &portal), Err(ChainError::UnknownAnchor));
    // Whoever has the authority from elsewhere learns of its withdrawal here.
    let elsewhere = CertificateAnchors::from_pem(&root.pem()).unwrap();
    let both = elsewhere.clone().and(alone.certificate_anchors(Role::Requests));
    assert!(elsewhere.verify(&[&portal], Purpose::Anything, NOW).is_ok());
    assert_eq!(both.verify(&[&portal], Purpose::Anything, NOW).unwrap_err(), ChainError::Withdrawn);
    assert_eq!(believes(&trust, Role::Documents, &bank), Err(ChainError::UnknownAnchor));
}

#[test]
fn a_list_with_a_certificate_that_nobody_can_read_is_refused() {
    let refused = trust_naming(&[listed(Role::Documents, vec![0x30, 0])]).unwrap_err();
    assert_eq!(refused, TrustError::BadCertificate(CertificateError::Malformed));
}

#[test]
fn a_list_without_certificates_reads_as_before() {
    let (root, list) = (TestKey::new(), draft(None));
    let token = list.draft(b"root").unwrap();
    assert_eq!(token.to_be_signed(), list.draft_naming(b"root", &[], &[]).unwrap().to_be_signed());
    let trust = Trust::load(&[root.public()], &signed(&root, &list), 0, NOW).unwrap();
    assert!(trust.certificate_anchors(Role::Documents).is_empty());
}
