use trust::secret::Secret;

use super::*;
use crate::access::group::{Group, Parameters};
use crate::access::pace::session_keys;
use crate::asn1::{SET, encode};
use crate::messaging::Cipher;
use crate::remote::{RemoteChallenge, RemoteChipAuthentication, RemoteError};
use crate::test_authority::*;

/// A card with these files beside EF.DG1; the security object covers the numbers, hidden or not.
struct Card {
    files: BTreeMap<FileId, Vec<u8>>,
    anchors: CscaAnchors,
}

impl Card {
    fn new(signed: &[(u8, &[u8])], hidden: &[u8]) -> Self {
        let (csca, signer) = (Party::new("VN", "CSCA of tests"), Party::new("VN", "Signer 7"));
        let groups = [&[(1, DG1)], signed].concat();
        let sod = signer.sign_document(&groups, (&csca, 7), &csca.document_signer(&signer, 7));
        let seen = groups.into_iter().filter(|(number, _)| !hidden.contains(number));
        let mut files: BTreeMap<_, _> =
            seen.map(|(number, file)| (FileId::Dg(number), file.to_vec())).collect();
        files.insert(FileId::Sod, sod);
        Self { files, anchors: CscaAnchors::from_der(&csca.root()).unwrap() }
    }

    fn prove(
        &self,
        active: Option<&ActiveExchange>,
        chip: ChipOutcome,
    ) -> Result<VerifiedDocument, CardNotProven> {
        let now = Timestamp::parse_rfc3339("2025-06-01T00:00:00Z").unwrap();
        verify_document(Evidence { files: &self.files, active, chip }, &self.anchors, now)
    }

    fn proven(&self) -> VerifiedDocument {
        self.prove(None, ChipOutcome::NotDone).unwrap()
    }
}

#[test]
fn a_proven_document_says_what_its_files_say() {
    let card = Card::new(&[], &[]);
    let document = card.proven();
    let day = |text: &str| text.parse::<Date>().unwrap();
    assert_eq!(document.name(), "NGUYEN VAN A");
    assert_eq!(document.personal_number().as_deref(), Some("000090000001"));
    assert_eq!(document.date_of_birth(), Some(day("1990-01-01")));
    assert_eq!(document.date_of_expiry(), Some(day("2040-01-01")));
    assert!(!document.is_expired(day("2040-01-01")) && document.is_expired(day("2040-01-02")));
    assert_eq!(document.files(), &card.files);
    assert!(document.face().is_none() && document.dg13().is_none());
}

#[test]
fn a_chip_that_failed_to_the_reader_fails_a_document_that_is_genuine() {
    let failed = ChipOutcome::Failed(Reason::SignatureInvalid);
    let refused = Card::new(&[], &[]).prove(None, failed).unwrap_err();
    assert_eq!((refused.chip, refused.active), (failed, ChipOutcome::NotSupported));
    assert_eq!(refused.passive.result(), "verified");
}

#[test]
fn a_chip_without_a_key_is_told_from_one_that_hides_it_and_from_one_that_was_not_asked() {
    let dg15 = encode(0x6f, b"a key");
    let exchange = ActiveExchange { challenge: [1; 8], response: vec![1; 64] };
    let active = |card: &Card, exchange| card.prove(exchange, ChipOutcome::NotDone).map(|d| d.active());
    let (without, with) = (Card::new(&[], &[]), Card::new(&[(15, &dg15)], &[]));
    assert_eq!(active(&without, Some(&exchange)).unwrap(), ChipOutcome::NotSupported);
    assert_eq!(active(&Card::new(&[(15, &dg15)], &[15]), None).unwrap(), ChipOutcome::NotDone);
    assert_eq!(active(&with, None).unwrap(), ChipOutcome::NotDone);
    assert!(active(&with, Some(&exchange)).is_err());
    let chip = |card: &Card| card.proven().chip();
    let (offers, none) = (chip_dg14(&[4; 65]), encode(0x6e, &encode(SET, &[])));
    assert_eq!(chip(&without), ChipOutcome::NotSupported);
    assert_eq!(chip(&Card::new(&[(14, &offers)], &[])), ChipOutcome::NotDone);
    assert_eq!(chip(&Card::new(&[(14, &offers)], &[14])), ChipOutcome::NotDone);
    assert_eq!(chip(&Card::new(&[(14, &none)], &[])), ChipOutcome::NotSupported);
}

#[test]
fn outcomes_of_the_chip_have_their_words_and_reasons() {
    for (outcome, word) in [
        (ChipOutcome::Verified, "verified"),
        (ChipOutcome::NotSupported, "not_supported"),
        (ChipOutcome::NotDone, "not_done"),
        (ChipOutcome::AssertedByReader, "asserted_by_reader"),
    ] {
        assert_eq!((outcome.result(), outcome.reason()), (word, None));
    }
    let failed = ChipOutcome::Failed(Reason::SignatureInvalid);
    assert_eq!((failed.result(), failed.reason()), ("failed", Some(Reason::SignatureInvalid)));
}

/// What a chip with that key answers to a server: 9000, protected under the keys of both.
fn answer(challenge: &RemoteChallenge, private: &[u8]) -> Vec<u8> {
    let group = Group::new(Parameters::standardised(12).unwrap()).unwrap();
    let shared = group.multiply(&challenge.public_key, private).unwrap();
    let keys = session_keys(Cipher::Aes128, &group, &shared).unwrap();
    first_answer(&keys)
}

#[test]
fn a_server_takes_the_answer_of_the_chip_that_holds_the_signed_key_alone() {
    let group = Group::new(Parameters::standardised(12).unwrap()).unwrap();
    let key =
        |private: u8| group.multiply(&group.generator().unwrap(), &[[0; 31].as_slice(), &[private]].concat());
    let private = [[0; 31].as_slice(), &[3]].concat();
    let (own, other) = (chip_dg14(&key(3).unwrap()), chip_dg14(&key(5).unwrap()));
    let kept = Secret::new(vec![7; 32]);
    let (server, challenge) = RemoteChipAuthentication::with_private_key(&own, kept).unwrap();
    assert_eq!(*server.private_key().expose(), [7; 32]);
    let card = |dg14: &[u8]| Card::new(&[(14, dg14)], &[]).proven();
    let right = answer(&challenge, &private);
    assert!(server.verify(&card(&own), &right).is_ok());
    assert_eq!(server.verify(&card(&other), &right), Err(RemoteError::OtherDocument));
    assert_eq!(server.verify(&Card::new(&[], &[]).proven(), &right), Err(RemoteError::NotSupported));
    let by_another = answer(&challenge, &[[0; 31].as_slice(), &[5]].concat());
    assert_eq!(server.verify(&card(&own), &by_another), Err(RemoteError::NotProven));
}
