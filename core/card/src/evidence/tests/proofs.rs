//! What a record proves, and one test for each check that it can fail.
use trust::secret::Secret;

use super::*;
use crate::access::group::{Group, Parameters};
use crate::access::pace::{Ephemeral, MappingProof, session_keys};
use crate::document::{CardNotProven, Reason};
use crate::messaging::Cipher;
use crate::passive::PassiveOutcome;
use crate::remote::{RemoteChipAuthentication, RemoteError};

/// What the desk's own server demands.
fn verify(world: &World, record: &EvidenceRecord) -> Result<VerifiedEvidence, EvidenceRefused> {
    verify_at(world, record, &world.anchors(), read_at())
}

fn verify_at(
    world: &World,
    record: &EvidenceRecord,
    anchors: &CscaAnchors,
    now: Timestamp,
) -> Result<VerifiedEvidence, EvidenceRefused> {
    let signers = [world.desk.public_key().unwrap()];
    record.verify(&Expected { signers: &signers, nonce: Some(NONCE), remote_key: None }, anchors, now)
}

fn parsed(bytes: &[u8]) -> EvidenceRecord {
    EvidenceRecord::parse(bytes).unwrap()
}

#[track_caller]
fn not_proven(outcome: Result<impl Sized, EvidenceRefused>) -> CardNotProven {
    match outcome.err() {
        Some(EvidenceRefused::Document(refused)) => refused,
        other => panic!("{other:?}"),
    }
}

fn passive_failure(refused: &CardNotProven) -> Option<Reason> {
    refused.passive.reason()
}

#[test]
fn proves_the_document_the_chip_and_who_read_it() {
    let world = World::new();
    let evidence = verify(&world, &parsed(world.record().as_bytes())).unwrap();
    assert_eq!(evidence.document().name(), "NGUYEN VAN A");
    assert_eq!(evidence.document().active(), ChipOutcome::Verified);
    assert_eq!(*evidence.signer(), world.desk.public_key().unwrap());
    assert_eq!(evidence.context().nonce, NONCE);
    assert_eq!(evidence.certificates_now(), Ok(()));
    assert_eq!(evidence.remote(), None);
}

#[test]
fn a_nonce_of_eight_octets_can_be_the_challenge_itself() {
    let world = World::new();
    let mut context = context();
    (context.nonce, context.origin) = (b"8 octets".to_vec(), ChallengeOrigin::Nonce);
    let mut reading = world.reading();
    reading.active = Some(world.chip.answer(*b"8 octets"));
    let record = world.record_of(&reading, &context);
    let evidence = record.verify_unpinned(Some(b"8 octets"), &world.anchors(), read_at()).unwrap();
    assert_eq!(evidence.document().active(), ChipOutcome::Verified);
}

#[test]
fn nothing_is_signed_that_would_not_be_believed() {
    struct Other(Desk, Desk);
    impl EvidenceSigner for Other {
        fn public_key(&self) -> Result<PublicKey, SignerUnavailable> {
            self.0.public_key()
        }
        fn sign(&self, message: &[u8]) -> Result<[u8; 64], SignerUnavailable> {
            self.1.sign(message)
        }
    }
    let world = World::new();
    let sign = |change: &dyn Fn(&mut EvidenceContext)| {
        let mut context = context();
        change(&mut context);
        EvidenceRecord::sign(&world.reading(), &context, &world.desk).map(|_| ())
    };
    assert_eq!(sign(&|_| ()), Ok(()));
    assert_eq!(sign(&|context| context.nonce = vec![1; 7]), Err(SignRecordError::Length));
    assert_eq!(sign(&|context| context.nonce = vec![1; 65]), Err(SignRecordError::Length));
    assert_eq!(sign(&|context| context.software.version = String::new()), Err(SignRecordError::Length));
    let purpose = "p".repeat(129);
    let long = ChallengeOrigin::Derived { key_thumbprint: [7; 32], purpose };
    assert_eq!(sign(&|context| context.origin = long.clone()), Err(SignRecordError::Length));
    assert_eq!(sign(&|context| context.nonce = vec![1; 8]), Err(SignRecordError::OtherChallenge));
    let other = Other(Desk(pair()), Desk(pair()));
    let outcome = EvidenceRecord::sign(&world.reading(), &context(), &other);
    assert_eq!(outcome.err(), Some(SignRecordError::SignatureInvalid));
}

#[test]
fn refuses_a_changed_signature_and_a_file_changed_after_signing() {
    let world = World::new();
    let mut bytes = world.record().as_bytes().to_vec();
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    assert_eq!(verify(&world, &parsed(&bytes)).err(), Some(EvidenceRefused::SignatureInvalid));
    bytes[last] ^= 1;
    let name = bytes.windows(6).position(|part| part == b"NGUYEN").unwrap();
    bytes[name] = b'M';
    assert_eq!(verify(&world, &parsed(&bytes)).err(), Some(EvidenceRefused::SignatureInvalid));
    let unpinned = parsed(&bytes).verify_unpinned(None, &world.anchors(), read_at());
    assert_eq!(unpinned.err(), Some(EvidenceRefused::SignatureInvalid));
}

#[test]
fn a_file_that_the_signer_changed_is_not_the_countrys() {
    let world = World::new();
    let mut reading = world.reading();
    *reading.files.get_mut(&FileId::Dg(1)).unwrap().last_mut().unwrap() = b'X';
    let refused = not_proven(verify(&world, &world.record_of(&reading, &context())));
    assert_eq!(passive_failure(&refused), Some(Reason::DigestMismatch));
}

#[test]
fn refuses_a_signer_who_is_not_believed() {
    let world = World::new();
    let record = world.record();
    let stranger = Desk(pair()).public_key().unwrap();
    for signers in [&[][..], &[stranger]] {
        let expected = Expected { signers, nonce: Some(NONCE), remote_key: None };
        let outcome = record.verify(&expected, &world.anchors(), read_at());
        assert_eq!(outcome.err(), Some(EvidenceRefused::SignerNotTrusted));
    }
    assert!(record.verify_unpinned(Some(NONCE), &world.anchors(), read_at()).is_ok());
}

#[test]
fn refuses_a_record_from_the_future_beyond_a_minute_of_skew() {
    let world = World::new();
    let record = world.record();
    let at = |seconds| verify_at(&world, &record, &world.anchors(), read_at().minus_seconds(seconds));
    assert!(at(60).is_ok());
    assert_eq!(at(61).err(), Some(EvidenceRefused::FromTheFuture));
}

#[test]
fn refuses_a_record_for_another_nonce() {
    let world = World::new();
    let (record, anchors) = (world.record(), world.anchors());
    let outcome = record.verify_unpinned(Some(b"another nonce"), &anchors, read_at());
    assert_eq!(outcome.err(), Some(EvidenceRefused::OtherNonce));
    assert!(record.verify_unpinned(None, &anchors, read_at()).is_ok());
}

#[test]
fn an_old_answer_of_the_chip_serves_no_new_nonce_key_or_purpose() {
    let world = World::new();
    let unpinned = |bytes: &[u8]| parsed(bytes).verify_unpinned(None, &world.anchors(), read_at()).err();
    let nonce = world.with(3, |out| out.bytes(b"nonce of a later session"));
    assert_eq!(unpinned(&nonce), Some(EvidenceRefused::OtherChallenge));
    let purpose = world.with(6, |out| out.array(2).bytes(&[7; 32]).text("loan"));
    assert_eq!(unpinned(&purpose), Some(EvidenceRefused::OtherChallenge));
    let key = world.with(6, |out| out.array(2).bytes(&[8; 32]).text("counter"));
    assert_eq!(unpinned(&key), Some(EvidenceRefused::OtherChallenge));
    // Without a derivation the nonce is the challenge, and this one is too long to be one.
    let mut plain = fields(&world.record());
    plain.retain(|(key, _)| *key != [6]);
    assert_eq!(unpinned(&world.signed(plain)), Some(EvidenceRefused::OtherChallenge));
}

#[test]
fn an_answer_of_another_chip_proves_nothing_of_this_one() {
    let (world, other) = (World::new(), World::new());
    let mut reading = world.reading();
    reading.active = other.reading().active;
    let refused = not_proven(verify(&world, &world.record_of(&reading, &context())));
    assert!(matches!(refused.passive, PassiveOutcome::Verified(_)));
    assert_eq!(refused.active, ChipOutcome::Failed(Reason::SignatureInvalid));
}

#[test]
fn the_readers_word_stays_its_word_and_a_failure_a_failure() {
    let world = World::new();
    let mut reading = world.reading();
    for said in [ChipOutcome::AssertedByReader, ChipOutcome::Verified] {
        reading.chip = said;
        let evidence = verify(&world, &world.record_of(&reading, &context())).unwrap();
        assert_eq!(evidence.document().chip(), ChipOutcome::AssertedByReader);
    }
    reading.chip = ChipOutcome::Failed(Reason::UnsupportedAlgorithm);
    let refused = not_proven(verify(&world, &world.record_of(&reading, &context())));
    assert_eq!(refused.chip, ChipOutcome::Failed(Reason::SignatureInvalid));
}

#[test]
fn what_the_mapping_left_is_kept_and_judged_again() {
    let world = World::new();
    let mut reading = world.reading();
    reading.chip = ChipOutcome::AssertedByReader;
    let parameters = Parameters::standardised(13).unwrap();
    let proof = MappingProof { parameters, mapping_public: vec![4; 65], scalar: vec![1; 32] };
    reading.mapping = Some(proof.clone());
    let record = world.record_of(&reading, &context());
    assert_eq!(record.reading().mapping, Some(proof));
    // There is no EF.CardSecurity that it would be proven of.
    let refused = not_proven(verify(&world, &record));
    assert_eq!(refused.chip, ChipOutcome::Failed(Reason::Malformed));
}

#[test]
fn a_signer_of_the_chips_key_whose_certificate_expired_since_is_told_and_is_no_failure() {
    let (world, keys) = (World::new(), Party::new("VN", "Signer of keys"));
    let parameters = Parameters::standardised(12).unwrap();
    let group = Group::new(parameters).unwrap();
    let (static_key, scalar) = ([[0; 31].as_slice(), &[3]].concat(), [[0; 31].as_slice(), &[5]].concat());
    let public = group.multiply(&group.generator().unwrap(), &static_key).unwrap();
    let mapping_public = group.multiply(&public, &scalar).unwrap();
    let judge = |scalar: Vec<u8>, valid: (&str, &str)| {
        let certificate = world.csca.certify(&keys, 8, valid, &[]);
        // The infos of EF.DG14 stand in EF.CardSecurity as well.
        let dg14 = chip_dg14(&public);
        let infos = crate::asn1::Element::whole(&dg14).unwrap().value.to_vec();
        let kind = hex::decode("04007f0007030201").unwrap();
        let file = keys.sign_content(&kind, &infos, (&world.csca, 8), &certificate);
        let mut reading = world.reading();
        reading.files.insert(FileId::CardSecurity, file);
        reading.chip = ChipOutcome::AssertedByReader;
        reading.mapping = Some(MappingProof { parameters, mapping_public: mapping_public.clone(), scalar });
        let record = world.record_of(&reading, &context());
        verify_at(&world, &record, &world.anchors(), at("2030-06-01T00:00:00Z"))
    };
    let until_2026 = ("200101000000Z", "260101000000Z");
    let evidence = judge(scalar.clone(), TODAY).unwrap();
    assert_eq!(evidence.document().chip(), ChipOutcome::AssertedByReader);
    assert_eq!(evidence.certificates_now(), Ok(()));
    let evidence = judge(scalar.clone(), until_2026).unwrap();
    assert_eq!(evidence.document().chip(), ChipOutcome::AssertedByReader);
    assert_eq!(evidence.certificates_now(), Err(Reason::Expired));
    // Expired before the reading, or another scalar: not proven at all.
    let chip = |outcome| not_proven(outcome).chip;
    assert_eq!(chip(judge(scalar, PAST)), ChipOutcome::Failed(Reason::Expired));
    assert_eq!(chip(judge(vec![5; 32], TODAY)), ChipOutcome::Failed(Reason::SignatureInvalid));
}

#[test]
fn a_certificate_that_expired_since_is_told_and_is_no_failure() {
    let world = World::new();
    let record = world.record();
    let later = at("2040-06-01T00:00:00Z");
    let evidence = verify_at(&world, &record, &world.anchors(), later).unwrap();
    assert_eq!(evidence.certificates_now(), Err(Reason::Expired));
    // By anybody, the time of the reading is nothing to go by.
    let unpinned = record.verify_unpinned(None, &world.anchors(), later);
    assert_eq!(passive_failure(&not_proven(unpinned)), Some(Reason::Expired));
}

#[test]
fn a_certificate_that_had_expired_before_the_reading_is_a_failure() {
    let world = World::new();
    let past = world.csca.certify(&world.signer, 7, PAST, &[]);
    let mut reading = world.reading();
    reading.files = world.files(&past);
    let refused = not_proven(verify(&world, &world.record_of(&reading, &context())));
    assert_eq!(passive_failure(&refused), Some(Reason::Expired));
}

#[test]
fn a_certificate_revoked_before_the_reading_is_a_failure_and_one_revoked_since_is_told() {
    let world = World::new();
    let record = world.record();
    let revoked = |since| {
        let mut anchors = world.anchors();
        anchors.revoke_by(&world.csca.revoke(&[(7, since)], &[])).unwrap();
        anchors
    };
    let refused = not_proven(
        verify(&world, &record)
            .and_then(|_| verify_at(&world, &record, &revoked("250531000000Z"), at("2025-07-01T00:00:00Z"))),
    );
    assert_eq!(passive_failure(&refused), Some(Reason::Revoked));
    let since = revoked("250615000000Z");
    let later = at("2025-07-01T00:00:00Z");
    let evidence = verify_at(&world, &record, &since, later).unwrap();
    assert_eq!(evidence.certificates_now(), Err(Reason::Revoked));
    let unpinned = record.verify_unpinned(None, &since, later);
    assert_eq!(passive_failure(&not_proven(unpinned)), Some(Reason::Revoked));
}

/// A chip's key for Chip Authentication, and what a server and the chip did with it.
struct Remote {
    dg14: Vec<u8>,
    server: RemoteChipAuthentication,
    exchange: RemoteExchange,
}

impl Remote {
    fn new() -> Self {
        let group = Group::new(Parameters::standardised(12).unwrap()).unwrap();
        let mut random = trust::random::SystemRandom::new();
        let private = group.generate_scalar(&mut random).unwrap();
        let key = Ephemeral::from_private(&group, &group.generator().unwrap(), private).unwrap();
        let dg14 = chip_dg14(&key.public);
        let (server, challenge) = RemoteChipAuthentication::begin(&dg14, &mut random).unwrap();
        let shared = key.agree(&group, &challenge.public_key).unwrap();
        let keys = session_keys(Cipher::Aes128, &group, shared.expose()).unwrap();
        Self { dg14, server, exchange: RemoteExchange { challenge, response: first_answer(&keys) } }
    }

    fn record(&self, world: &World, exchange: Option<RemoteExchange>) -> EvidenceRecord {
        let certificate = world.csca.document_signer(&world.signer, 7);
        let groups = [(1, DG1), (14, &self.dg14[..])];
        let sod = world.signer.sign_document(&groups, (&world.csca, 7), &certificate);
        let files = BTreeMap::from([
            (FileId::Sod, sod),
            (FileId::Dg(1), DG1.to_vec()),
            (FileId::Dg(14), self.dg14.clone()),
        ]);
        let context = EvidenceContext { remote: exchange, ..context() };
        world.record_of(&CardReading::from_files(files, None), &context)
    }

    fn verify(
        world: &World,
        record: &EvidenceRecord,
        key: Option<&Secret<Vec<u8>>>,
    ) -> Result<VerifiedEvidence, EvidenceRefused> {
        let signers = [world.desk.public_key().unwrap()];
        let expected = Expected { signers: &signers, nonce: Some(NONCE), remote_key: key };
        parsed(record.as_bytes()).verify(&expected, &world.anchors(), read_at())
    }
}

#[test]
fn the_server_that_kept_its_key_proves_the_chip_from_the_record() {
    let (world, remote) = (World::new(), Remote::new());
    let record = remote.record(&world, Some(remote.exchange.clone()));
    let key = remote.server.private_key();
    assert!(Remote::verify(&world, &record, Some(key)).unwrap().remote().is_some());
    // Without the key nothing is proven by it, and nothing is said to be.
    let evidence = Remote::verify(&world, &record, None).unwrap();
    assert_eq!(evidence.remote(), None);
    assert_eq!(evidence.document().chip(), ChipOutcome::NotDone);
}

#[test]
fn refuses_an_answer_to_another_remote_challenge_a_changed_one_and_none() {
    let (world, remote) = (World::new(), Remote::new());
    let refused = |exchange, key: &Secret<Vec<u8>>| {
        Remote::verify(&world, &remote.record(&world, exchange), Some(key)).err()
    };
    let key = remote.server.private_key();
    assert_eq!(refused(None, key), Some(EvidenceRefused::RemoteMissing));
    let mut random = trust::random::SystemRandom::new();
    let (other, _) = RemoteChipAuthentication::begin(&remote.dg14, &mut random).unwrap();
    let exchange = Some(remote.exchange.clone());
    assert_eq!(refused(exchange, other.private_key()), Some(EvidenceRefused::OtherRemoteChallenge));
    let mut changed = remote.exchange.clone();
    changed.response[8] ^= 1;
    assert_eq!(refused(Some(changed), key), Some(EvidenceRefused::Remote(RemoteError::NotProven)));
}
