//! One test for each single condition of the chain, the extensions, revocations and signed data.
use super::anchors::{CscaAnchors, MasterList, RevocationListError};
use super::certificate::{Certificate, time};
use super::signed_data::{SignedData, same_name};
use super::tests::*;
use super::*;
use crate::asn1::encode;
use crate::signature::{Hash, Scheme};
use crate::test_authority::*;

const SHA256_OID: &[u8] = &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01];

/// With every occurrence of some octets replaced; there must be one.
fn replaced(bytes: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let mut out = bytes.to_vec();
    let positions: Vec<_> =
        (0..=bytes.len() - from.len()).filter(|at| bytes[*at..].starts_with(from)).collect();
    assert!(!positions.is_empty());
    for at in positions {
        out.splice(at..at + from.len(), to.iter().copied());
    }
    out
}

#[test]
fn an_expired_authority_is_passed_over_for_the_next_of_its_name() {
    let country = Country::new();
    let bare = country.csca.certify(&country.signer, 7, TODAY, &[]);
    let mut anchors = CscaAnchors::new();
    for validity in [PAST, TODAY] {
        let root = country.csca.certify(&country.csca, 1, validity, &[&is_authority()]);
        anchors.extend(CscaAnchors::from_der(&root).unwrap());
    }
    assert!(matches!(outcome(&country.files(&bare), &anchors), PassiveOutcome::Verified(_)));
}

#[test]
fn an_authority_that_is_named_by_its_key_alone_and_did_not_sign_is_an_error() {
    let (country, forger) = (Country::new(), Party::new("UT", "Forger"));
    let forged = forger.certify(&country.signer, 7, TODAY, &[&names_key(0x23, &country.csca.key_id())]);
    let sod = country.signer.sign_document(&[(1, DG1)], (&forger, 7), &forged);
    let files = BTreeMap::from([(FileId::Sod, sod), (FileId::Dg(1), DG1.to_vec())]);
    assert_eq!(failure(&files, &country.anchors()), Some(Reason::ChainInvalid));
}

#[test]
fn an_unknown_algorithm_of_the_signers_certificate_is_told_from_a_missing_anchor() {
    let country = Country::new();
    // ecdsa-with-SHA256 becomes an algorithm that nobody knows.
    let known = [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02];
    let unknown = [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x7f];
    let certificate = replaced(&country.csca.document_signer(&country.signer, 7), &known, &unknown);
    let files = country.files(&certificate);
    assert_eq!(failure(&files, &country.anchors()), Some(Reason::UnsupportedAlgorithm));
    let stranger = CscaAnchors::from_der(&Party::new("UT", "Stranger").root()).unwrap();
    assert!(matches!(outcome(&files, &stranger), PassiveOutcome::NoTrustAnchor(_)));
}

#[test]
fn takes_a_signer_with_known_critical_extensions_or_other_purposes() {
    let country = Country::new();
    let document_types = sequence(&[
        &oid(&[0x67, 0x81, 0x08, 0x01, 0x01, 0x06, 0x02]),
        &[1, 1, 0xff],
        &encode(4, &sequence(&[&[2, 1, 0], &set(&[&encode(0x13, b"P")])])),
    ]);
    let client = extension(0x25, false, &sequence(&[&oid(&[0x2b, 6, 1, 5, 5, 7, 3, 2])]));
    let not_critical = sequence(&[&oid(&[0x55, 0x1d, 0x1e]), &[1, 1, 0], &encode(4, &[0x30, 0])]);
    for known in [document_types, client, not_critical, extension(0x0f, true, &[3, 2, 7, 0x80])] {
        let certificate = country.csca.certify(&country.signer, 7, TODAY, &[&known]);
        assert_eq!(failure(&country.files(&certificate), &country.anchors()), None);
    }
}

#[test]
fn believes_no_link_of_a_certificate_that_says_it_is_no_authority() {
    let (old, new) = (Country::new(), Country::new());
    let denied = extension(0x13, true, &sequence(&[&[1, 1, 0]]));
    let link = old.csca.certify(&new.csca, 2, TODAY, &[&denied]);
    assert_eq!(old.anchors().extend_by_links(&CscaAnchors::from_der(&link).unwrap()), 0);
}

#[test]
fn refuses_a_revocation_list_that_names_another_key_or_another_country() {
    let (country, other) = (Country::new(), Country::new());
    let revoked = [(7, "250531000000Z")];
    let another_key = country.csca.revoke(&revoked, &[&names_key(0x23, &other.csca.key_id())]);
    assert_eq!(country.anchors().revoke_by(&another_key), Err(RevocationListError::NotSigned));
    // A believed country writes a list in the name of another one.
    let abroad = Party::new("UT", "CSCA abroad");
    let mut anchors = country.anchors();
    anchors.extend(CscaAnchors::from_der(&abroad.root()).unwrap());
    let in_its_name = abroad.renamed(&country.csca).revoke(&revoked, &[]);
    assert_eq!(anchors.revoke_by(&in_its_name), Err(RevocationListError::NotSigned));
    assert_eq!(failure(&country.sound(), &anchors), None);
}

#[test]
fn a_revocation_list_of_one_country_says_nothing_of_another() {
    let country = Country::new();
    let abroad = Party::new("UT", "CSCA abroad");
    let mut anchors = country.anchors();
    anchors.extend(CscaAnchors::from_der(&abroad.root()).unwrap());
    anchors.revoke_by(&abroad.revoke(&[(7, "250531000000Z"), (1, "250531000000Z")], &[])).unwrap();
    assert_eq!(failure(&country.sound(), &anchors), None);
}

#[test]
fn the_signer_is_the_certificate_with_its_issuer_and_its_serial() {
    let (country, other) = (Country::new(), Party::new("UT", "Other"));
    let own = country.csca.document_signer(&country.signer, 7);
    for distraction in [country.csca.root(), other.certify(&other, 7, TODAY, &[])] {
        let files = country.files(&[distraction, own.clone()].concat());
        assert_eq!(failure(&files, &country.anchors()), None);
    }
}

#[test]
fn the_signer_may_be_named_by_its_key() {
    let country = Country::new();
    let key_id = country.signer.key_id();
    let certificate = country.csca.certify(&country.signer, 7, TODAY, &[&names_key(0x0e, &key_id)]);
    let content = security_object(&[(1, DG1)]);
    let attributes = attributes(LDS_OBJECT, &Hash::Sha256.digest(&content));
    for (version, named, expected) in [
        (3, &key_id[..], None),
        (1, &key_id, Some(Reason::Malformed)),
        (3, b"another key", Some(Reason::SignatureInvalid)),
    ] {
        let signer = [vec![2, 1, version], encode(0x80, named)].concat();
        let certificates = [country.csca.root(), certificate.clone()].concat();
        let signed =
            country.signer.sign_attributes(LDS_OBJECT, &content, &signer, &attributes, &certificates);
        let files = BTreeMap::from([(FileId::Sod, encode(0x77, &signed)), (FileId::Dg(1), DG1.to_vec())]);
        assert_eq!(failure(&files, &country.anchors()), expected);
    }
}

#[test]
fn refuses_signed_attributes_of_another_type_or_another_content() {
    let country = Country::new();
    let certificate = country.csca.document_signer(&country.signer, 7);
    let content = security_object(&[(1, DG1)]);
    let right = Hash::Sha256.digest(&content);
    for (kind, digest, expected) in [
        (LDS_OBJECT, &right[..], Verdict::Valid),
        (MASTER_LIST, &right, Verdict::Invalid),
        (LDS_OBJECT, &[0; 32], Verdict::Invalid),
    ] {
        let signer = [vec![2, 1, 3], encode(0x80, b"any")].concat();
        let attributes = attributes(kind, digest);
        let signed = country.signer.sign_attributes(LDS_OBJECT, &content, &signer, &attributes, &certificate);
        let signed = SignedData::parse(&signed).unwrap();
        assert_eq!(signed.verify(&Certificate::parse(&certificate).unwrap()), expected);
    }
}

#[test]
fn refuses_signed_data_of_another_version_or_with_a_digest_that_it_does_not_list() {
    let country = Country::new();
    let certificate = country.csca.document_signer(&country.signer, 7);
    let signed = &country.sod(&[(1, DG1)], &certificate)[4..];
    assert!(SignedData::parse(signed).is_ok());
    let digests = set(&[&sequence(&[&oid(SHA256_OID)])]);
    let head = [&[2, 1, 3][..], &digests].concat();
    let version = replaced(signed, &head, &[&[2, 1, 1][..], &digests].concat());
    assert!(SignedData::parse(&version).is_err());
    let sha512 = [&SHA256_OID[..8], &[3]].concat();
    let listed = replaced(signed, &head, &[&[2, 1, 3][..], &set(&[&sequence(&[&oid(&sha512)])])].concat());
    assert!(SignedData::parse(&listed).is_err());
}

#[test]
fn names_with_the_same_parts_in_another_order_are_the_same() {
    let part = |number, text: &[u8]| set(&[&sequence(&[&oid(&[0x55, 4, number]), &encode(0x13, text)])]);
    let (country, name) = (part(6, b"VN"), part(3, b"CSCA"));
    let one = sequence(&[&country, &name]);
    assert!(same_name(&one, &one));
    assert!(same_name(&one, &sequence(&[&name, &country])));
    assert!(!same_name(&one, &sequence(&[&country, &part(3, b"CSCB")])));
    assert!(!same_name(&one, &sequence(&[&country])));
}

#[test]
fn a_certificate_says_who_issued_it_and_how() {
    let country = Country::new();
    let root = Certificate::parse(&country.csca.root()).unwrap();
    let signer = Certificate::parse(&country.csca.document_signer(&country.signer, 7)).unwrap();
    assert!(root.is_self_issued() && !signer.is_self_issued());
    assert_eq!(signer.algorithm(), Some(Scheme::Ecdsa(Hash::Sha256)));
    assert_eq!(root.verify_self_signed(), Verdict::Valid);
}

#[test]
fn times_have_a_century_and_may_lack_seconds() {
    let read = |tag, text: &[u8]| time(Element::whole(&encode(tag, text)).unwrap());
    let at = |text| Ok(Timestamp::parse_rfc3339(text).unwrap());
    assert_eq!(read(0x17, b"500102030405Z"), at("1950-01-02T03:04:05Z"));
    assert_eq!(read(0x17, b"491231235959Z"), at("2049-12-31T23:59:59Z"));
    assert_eq!(read(0x17, b"2501020304Z"), at("2025-01-02T03:04:00Z"));
    assert_eq!(read(0x18, b"20510102030405Z"), at("2051-01-02T03:04:05Z"));
    assert_eq!(read(0x18, b"205101020304Z"), at("2051-01-02T03:04:00Z"));
    for wrong in [
        &b"25010203040Z"[..],
        b"2501020304050Z",
        b"250102030405",
        b"25010203040506Z",
        b"2501020304+5Z",
        b"251302030405Z",
        b"2Z",
    ] {
        assert_eq!(read(0x17, wrong), Err(Malformed), "{wrong:?}");
    }
    assert_eq!(read(0x04, b"250102030405Z"), Err(Malformed));
}

#[test]
fn refuses_data_groups_that_do_not_exist_or_are_listed_twice() {
    let country = Country::new();
    let certificate = country.csca.document_signer(&country.signer, 7);
    let parse = |numbers: &[u8]| {
        let groups: Vec<_> = numbers.iter().map(|number| (*number, DG1)).collect();
        let object = SecurityObject::parse(&country.sod(&groups, &certificate));
        object.map(|object| object.data_groups().collect::<Vec<_>>())
    };
    assert_eq!(parse(&[1, 16]).unwrap(), [1, 16]);
    for numbers in [&[0][..], &[17], &[1, 1]] {
        assert_eq!(parse(numbers).err(), Some(Reason::Malformed), "{numbers:?}");
    }
}

#[test]
fn a_master_list_says_what_came_along_and_what_it_could_not_read() {
    let (root, lister) = (Country::new(), Party::new("UT", "Lister"));
    let certificate = root.csca.certify(&lister, 9, TODAY, &[&signs_master_lists()]);
    for (entries, readable, unreadable) in
        [(set(&[&root.csca.root()]), 1, 0), (set(&[&root.csca.root(), &sequence(&[]), &sequence(&[])]), 1, 2)]
    {
        let content = sequence(&[&[2, 1, 0], &entries]);
        let list = lister.sign_content(MASTER_LIST, &content, (&root.csca, 9), &certificate);
        let parsed = MasterList::parse(&list).unwrap();
        assert_eq!((parsed.enclosed().len(), parsed.unreadable()), (1, unreadable));
        assert_eq!(parsed.enclosed()[0].raw, certificate);
        assert_eq!(CscaAnchors::from_bytes(&list).unwrap().certificates().len(), readable);
    }
    assert!(CscaAnchors::from_bytes(b"words, and no certificate").is_err());
}

#[test]
fn outcomes_have_their_words_and_reasons() {
    let country = Country::new();
    let verified = outcome(&country.sound(), &country.anchors());
    assert_eq!((verified.result(), verified.reason()), ("verified", None));
    assert_eq!(verified.proof().unwrap().signer, "CN=Signer 7,C=VN");
    let unanchored = outcome(&country.sound(), &CscaAnchors::new());
    assert_eq!((unanchored.result(), unanchored.reason()), ("no_trust_anchor", None));
    assert!(unanchored.proof().is_some());
    let failed = outcome(&country.sound(), &Country::new().anchors());
    assert_eq!((failed.result(), failed.reason()), ("failed", Some(Reason::ChainInvalid)));
    assert_eq!(failed.proof(), None);
}
