use std::collections::BTreeMap;

use trust::time::Timestamp;

use super::anchors::{CscaAnchors, MasterList, RevocationListError};
use super::certificate::Certificate;
use super::*;
use crate::document::{ChipOutcome, Evidence, verify_document};
use crate::test_authority::*;

fn now() -> Timestamp {
    Timestamp::parse_rfc3339("2025-06-01T00:00:00Z").unwrap()
}

/// EF.DG13 with nothing but a number.
fn dg13(number: &str) -> Vec<u8> {
    let field = sequence(&[&[2, 1, 1], &crate::asn1::encode(0x0c, number.as_bytes())]);
    crate::asn1::encode(0x6d, &sequence(&[&[2, 1, 1], &oid(&[0x28]), &set(&[&field])]))
}

pub(super) struct Country {
    pub(super) csca: Party,
    pub(super) signer: Party,
}

impl Country {
    pub(super) fn new() -> Self {
        Self { csca: Party::new("VN", "CSCA of tests"), signer: Party::new("VN", "Signer 7") }
    }

    pub(super) fn sod(&self, groups: &[(u8, &[u8])], certificate: &[u8]) -> Vec<u8> {
        self.signer.sign_document(groups, (&self.csca, 7), certificate)
    }

    pub(super) fn files(&self, certificate: &[u8]) -> BTreeMap<FileId, Vec<u8>> {
        let sod = self.sod(&[(1, DG1)], certificate);
        BTreeMap::from([(FileId::Sod, sod), (FileId::Dg(1), DG1.to_vec())])
    }

    pub(super) fn sound(&self) -> BTreeMap<FileId, Vec<u8>> {
        self.files(&self.csca.document_signer(&self.signer, 7))
    }

    pub(super) fn anchors(&self) -> CscaAnchors {
        CscaAnchors::from_der(&self.csca.root()).unwrap()
    }
}

pub(super) fn outcome(files: &BTreeMap<FileId, Vec<u8>>, anchors: &CscaAnchors) -> PassiveOutcome {
    let evidence = Evidence { files, active: None, chip: ChipOutcome::NotDone };
    match verify_document(evidence, anchors, now()) {
        Ok(document) => PassiveOutcome::Verified(document.passive().clone()),
        Err(refused) => refused.passive,
    }
}

pub(super) fn failure(files: &BTreeMap<FileId, Vec<u8>>, anchors: &CscaAnchors) -> Option<Reason> {
    match outcome(files, anchors) {
        PassiveOutcome::Failed(reason) => Some(reason),
        PassiveOutcome::Verified(_) => None,
        PassiveOutcome::NoTrustAnchor(_) => panic!("no trust anchor"),
    }
}

#[test]
fn proves_a_document_by_a_believed_country_and_names_who_signed() {
    let country = Country::new();
    let proof = PassiveProof {
        signer: "CN=Signer 7,C=VN".to_owned(),
        csca: Some("CN=CSCA of tests,C=VN".to_owned()),
        signature: "ecdsa-sha256/P-256".to_owned(),
    };
    assert_eq!(outcome(&country.sound(), &country.anchors()), PassiveOutcome::Verified(proof));
}

#[test]
fn another_country_is_no_trust_anchor() {
    let (country, other) = (Country::new(), Party::new("VN", "Other CSCA"));
    let anchors = CscaAnchors::from_der(&other.root()).unwrap();
    assert!(
        matches!(outcome(&country.sound(), &anchors), PassiveOutcome::NoTrustAnchor(proof) if proof.csca.is_none())
    );
}

#[test]
fn a_key_that_is_not_believed_yet_is_no_better_than_a_forged_one() {
    let (country, newer) = (Country::new(), Country::new());
    assert_eq!(failure(&country.sound(), &newer.anchors()), Some(Reason::ChainInvalid));
    let mut both = newer.anchors();
    both.extend(country.anchors());
    assert!(matches!(outcome(&country.sound(), &both), PassiveOutcome::Verified(_)));
}

#[test]
fn refuses_a_signer_whose_named_authority_did_not_sign() {
    let (country, forger) = (Country::new(), Country::new());
    let by_key = forger.csca.certify(&country.signer, 7, TODAY, &[&names_key(0x23, &country.csca.key_id())]);
    assert_eq!(failure(&country.files(&by_key), &country.anchors()), Some(Reason::ChainInvalid));
    let by_name = forger.csca.certify(&country.signer, 7, TODAY, &[]);
    assert_eq!(failure(&country.files(&by_name), &country.anchors()), Some(Reason::ChainInvalid));
}

#[test]
fn finds_the_authority_without_any_identifier() {
    let country = Country::new();
    let bare = country.csca.certify(&country.signer, 7, TODAY, &[]);
    let anchors =
        CscaAnchors::from_der(&country.csca.certify(&country.csca, 1, TODAY, &[&is_authority()])).unwrap();
    assert!(matches!(outcome(&country.files(&bare), &anchors), PassiveOutcome::Verified(_)));
    // Under another name, with the same key: every key is tried.
    let renamed = Party::new("VN", "Renamed").certify(&country.csca, 1, TODAY, &[]);
    assert!(matches!(
        outcome(&country.sound(), &CscaAnchors::from_der(&renamed).unwrap()),
        PassiveOutcome::Verified(_)
    ));
}

#[test]
fn refuses_a_signer_or_an_authority_out_of_validity() {
    let country = Country::new();
    let old = country.csca.certify(&country.signer, 7, PAST, &[]);
    assert_eq!(failure(&country.files(&old), &country.anchors()), Some(Reason::Expired));
    let old = country.csca.certify(&country.csca, 1, PAST, &[&is_authority()]);
    let mut anchors = CscaAnchors::from_der(&old).unwrap();
    assert_eq!(failure(&country.sound(), &anchors), Some(Reason::Expired));
    // The same key in a certificate that is still valid.
    anchors.extend(country.anchors());
    assert!(matches!(outcome(&country.sound(), &anchors), PassiveOutcome::Verified(_)));
}

#[test]
fn refuses_data_groups_of_two_persons() {
    let country = Country::new();
    for (number, expected) in [("000090000001", None), ("000090000002", Some(Reason::DataGroupsDisagree))] {
        let dg13 = dg13(number);
        let certificate = country.csca.document_signer(&country.signer, 7);
        let sod = country.sod(&[(1, DG1), (13, &dg13)], &certificate);
        let files = BTreeMap::from([
            (FileId::Sod, sod),
            (FileId::Dg(1), DG1.to_vec()),
            (FileId::Dg(13), dg13.clone()),
        ]);
        assert_eq!(failure(&files, &country.anchors()), expected, "{number}");
    }
}

#[test]
fn refuses_a_listing_that_hides_or_invents_data_groups() {
    let country = Country::new();
    for (tags, expected) in [
        (&[0x61][..], None),
        (&[0x61, 0x6f], Some(Reason::DataGroupsDisagree)),
        (&[], Some(Reason::DataGroupsDisagree)),
    ] {
        let mut files = country.sound();
        let version = crate::asn1::encode(0x5f01, b"0107");
        let com = [version, crate::asn1::encode(0x5c, tags)].concat();
        files.insert(FileId::Com, crate::asn1::encode(0x60, &com));
        assert_eq!(failure(&files, &country.anchors()), expected, "{tags:?}");
    }
}

#[test]
fn refuses_a_card_access_that_offers_other_protocols_than_were_signed() {
    let info = |cipher: u8, parameters: u8| {
        let name = oid(&[0x04, 0x00, 0x7f, 0x00, 0x07, 0x02, 0x02, 0x04, 0x02, cipher]);
        sequence(&[&name, &[2, 1, 2], &[2, 1, parameters]])
    };
    let chip = sequence(&[&oid(&[0x04, 0x00, 0x7f, 0x00, 0x07, 0x02, 0x02, 0x03, 0x02, 0x02]), &[2, 1, 1]]);
    let (strong, weak, other) = (info(4, 13), info(1, 13), info(4, 12));
    let judge = |offered: &[&[u8]], signed: &[&[u8]]| {
        let files = BTreeMap::from([
            (FileId::CardAccess, set(offered)),
            (FileId::Dg(14), crate::asn1::encode(0x6e, &set(signed))),
        ]);
        compare_offers(&files)
    };
    assert_eq!(judge(&[&strong, &weak], &[&chip, &weak, &strong]), Ok(()));
    // Many cards do not repeat them: that says nothing.
    assert_eq!(judge(&[&strong], &[&chip]), Ok(()));
    for (offered, signed) in [
        (vec![&weak[..]], vec![&chip[..], &strong, &weak]),
        (vec![&strong, &weak], vec![&strong]),
        (vec![&other], vec![&strong]),
        (vec![&chip], vec![&strong]),
    ] {
        assert_eq!(judge(&offered, &signed), Err(Reason::DataGroupsDisagree));
    }
    assert_eq!(compare_offers(&BTreeMap::from([(FileId::CardAccess, set(&[&weak]))])), Ok(()));
    // What cannot be read is compared only where something was signed.
    let unreadable = |signed: &[&[u8]]| {
        let dg14 = crate::asn1::encode(0x6e, &set(signed));
        compare_offers(&BTreeMap::from([(FileId::CardAccess, vec![0x31, 9]), (FileId::Dg(14), dg14)]))
    };
    assert_eq!(unreadable(&[&chip]), Ok(()));
    assert_eq!(unreadable(&[&strong]), Err(Reason::Malformed));
}

#[test]
fn refuses_a_document_signed_by_a_list_signer_or_under_an_unknown_restriction() {
    let country = Country::new();
    for extension in [signs_master_lists(), extension(0x1e, true, &[0x30, 0])] {
        let certificate = country.csca.certify(&country.signer, 7, TODAY, &[&extension]);
        assert_eq!(failure(&country.files(&certificate), &country.anchors()), Some(Reason::ChainInvalid));
    }
}

#[test]
fn refuses_a_revoked_signer_from_the_day_of_its_revocation() {
    let country = Country::new();
    for (serial, since, expected) in [
        (7, "250531000000Z", Some(Reason::Revoked)),
        (7, "250602000000Z", None),
        (8, "250531000000Z", None),
        (1, "250531000000Z", Some(Reason::Revoked)),
    ] {
        let mut anchors = country.anchors();
        anchors.revoke_by(&country.csca.revoke(&[(serial, since)], &[])).unwrap();
        assert_eq!(failure(&country.sound(), &anchors), expected, "{serial} {since}");
    }
}

#[test]
fn refuses_a_revocation_list_by_nobody_believed_or_of_a_part() {
    let (country, other) = (Country::new(), Country::new());
    let revoked = [(7, "250531000000Z")];
    let mut anchors = country.anchors();
    let unbelieved = other.csca.revoke(&revoked, &[]);
    assert_eq!(anchors.revoke_by(&unbelieved), Err(RevocationListError::NotSigned));
    let partial = country.csca.revoke(&revoked, &[&extension(0x1c, true, &[0x30, 0])]);
    assert!(matches!(anchors.revoke_by(&partial), Err(RevocationListError::Malformed(_))));
    let mut changed = country.csca.revoke(&revoked, &[&names_key(0x23, &country.csca.key_id())]);
    assert_eq!(anchors.clone().revoke_by(&changed), Ok(()));
    *changed.last_mut().unwrap() ^= 1;
    assert_eq!(anchors.revoke_by(&changed), Err(RevocationListError::NotSigned));
    assert!(matches!(outcome(&country.sound(), &anchors), PassiveOutcome::Verified(_)));
}

#[test]
fn reads_revocation_lists_in_pem_all_or_none() {
    let (country, other) = (Country::new(), Country::new());
    let pem = |by: &Country, serial| {
        let der = by.csca.revoke(&[(serial, "250531000000Z")], &[&names_key(0x23, &by.csca.key_id())]);
        let document = der::Document::try_from(der).unwrap();
        document.to_pem("X509 CRL", der::pem::LineEnding::LF).unwrap()
    };
    let mut anchors = country.anchors();
    let mixed = format!("{}{}", pem(&country, 7), pem(&other, 8));
    assert_eq!(anchors.revoke_by(mixed.as_bytes()), Err(RevocationListError::NotSigned));
    assert_eq!(failure(&country.sound(), &anchors), None);
    let both = format!("of May\n{}of June\n{}", pem(&country, 8), pem(&country, 7));
    assert_eq!(anchors.revoke_by(both.as_bytes()), Ok(()));
    assert_eq!(failure(&country.sound(), &anchors), Some(Reason::Revoked));
    let cut = &both.as_bytes()[..both.len() - 30];
    assert!(matches!(anchors.revoke_by(cut), Err(RevocationListError::Malformed(_))));
}

#[test]
fn believes_the_new_key_that_a_believed_country_vouches_for() {
    let (old, new) = (Country::new(), Country::new());
    let mut anchors = old.anchors();
    let key = names_key(0x0e, &new.csca.key_id());
    let link = old.csca.certify(&new.csca, 2, TODAY, &[&is_authority(), &key]);
    assert_eq!(failure(&new.sound(), &anchors), Some(Reason::ChainInvalid));
    assert_eq!(anchors.extend_by_links(&CscaAnchors::from_der(&link).unwrap()), 1);
    assert!(matches!(outcome(&new.sound(), &anchors), PassiveOutcome::Verified(_)));
    assert_eq!(anchors.extend_by_links(&CscaAnchors::from_der(&link).unwrap()), 0);
}

#[test]
fn believes_no_link_of_another_country_by_a_stranger_or_of_a_document_signer() {
    let (old, new) = (Country::new(), Country::new());
    let stranger = Party::new("VN", "CSCA of tests");
    let abroad = Party::new("UT", "CSCA of tests");
    let authority = is_authority();
    for refused in [
        stranger.certify(&new.csca, 2, TODAY, &[&authority]),
        old.csca.certify(&new.csca, 2, TODAY, &[]),
        old.csca.certify(&abroad, 2, TODAY, &[&authority]),
        new.csca.root(),
    ] {
        let mut anchors = old.anchors();
        assert_eq!(anchors.extend_by_links(&CscaAnchors::from_der(&refused).unwrap()), 0);
    }
}

#[test]
fn reads_certificates_in_pem_with_words_between_them() {
    let (one, other) = (Country::new(), Country::new());
    let pem = |der: Vec<u8>| {
        let document = der::Document::try_from(der).unwrap();
        document.to_pem("CERTIFICATE", der::pem::LineEnding::CRLF).unwrap()
    };
    let text = format!("CSCA, 2020\r\n{}the other\n{}", pem(one.csca.root()), pem(other.csca.root()));
    let anchors = CscaAnchors::from_bytes(text.as_bytes()).unwrap();
    assert_eq!(anchors.certificates().len(), 2);
    assert!(matches!(outcome(&other.sound(), &anchors), PassiveOutcome::Verified(_)));
    for broken in [&text[..text.len() - 20], &text.replace("MII", "!!!"), "-----BEGIN CERTIFICATE-----"] {
        assert!(CscaAnchors::from_bytes(broken.as_bytes()).is_err());
    }
}

#[test]
fn a_master_list_counts_only_when_a_list_signer_of_its_root_signed_it() {
    let (root, lister, listed) = (Country::new(), Party::new("UT", "Lister"), Country::new());
    let content = sequence(&[&[2, 1, 0], &set(&[&listed.csca.root()])]);
    let list = |certificate: &[u8]| {
        MasterList::parse(&lister.sign_content(MASTER_LIST, &content, (&root.csca, 9), certificate)).unwrap()
    };
    let anchor = Certificate::parse(&root.csca.root()).unwrap();
    let sound = root.csca.certify(&lister, 9, TODAY, &[&signs_master_lists()]);
    assert_eq!(list(&sound).verify(&anchor).unwrap().certificates().len(), 1);
    let document_signer = root.csca.certify(&lister, 9, TODAY, &[]);
    assert!(list(&document_signer).verify(&anchor).is_err());
    let other = Certificate::parse(&listed.csca.root()).unwrap();
    assert!(list(&sound).verify(&other).is_err());
}

#[test]
fn refuses_a_security_object_and_a_master_list_whose_type_alone_is_another() {
    let country = Country::new();
    let certificate = country.csca.document_signer(&country.signer, 7);
    let signed =
        |kind, content: &[u8]| country.signer.sign_content(kind, content, (&country.csca, 7), &certificate);
    let object = security_object(&[(1, DG1)]);
    let sod = |kind| SecurityObject::parse(&crate::asn1::encode(0x77, &signed(kind, &object))).err();
    assert_eq!((sod(LDS_OBJECT), sod(MASTER_LIST)), (None, Some(Reason::Malformed)));
    let list = sequence(&[&[2, 1, 0], &set(&[])]);
    assert!(MasterList::parse(&signed(MASTER_LIST, &list)).is_ok());
    assert_eq!(MasterList::parse(&signed(LDS_OBJECT, &list)).err(), Some(Malformed));
}
