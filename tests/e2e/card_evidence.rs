//! Signed records of readings whose chip proved itself, judged by somebody who has the record alone.
use card::curve::BRAINPOOL_P256R1;
use card::{
    AccessKey, AccessPolicy, AccessProtocol, Can, CardReading, ChallengeOrigin, ChipOutcome, CscaAnchors,
    EvidenceContext, EvidenceRecord, EvidenceRefused, EvidenceSigner, Expected, FileId, ReadRequest, Reason,
    RemoteChipAuthentication, RemoteError, RemoteExchange, SignerUnavailable, Software, Unwatched,
    VerifiedEvidence, answer_remote_challenge, key_thumbprint, read_card,
};
use sandbox::chip::{Chip, ChipTransport, Mapping, Suite};
use sandbox::factory::{Authority, CardOrder, Pace, Person, Protocols, Sex};
use test_key::TestKey;
use trust::cbor::{Encoder, Profile};
use trust::cose::{Draft, Sign1};
use trust::p256::{PublicKey, normalize_s};
use trust::random::SystemRandom;
use trust::secret::Secret;
use trust::time::Timestamp;

const NONCE: &[u8] = b"nonce of a bank's session";
/// The record's field with what the mapping left, and its last part.
const MAPPING: i64 = 9;
const SCALAR: usize = 2;

/// The reader's key.
struct Desk(TestKey);

impl EvidenceSigner for Desk {
    fn public_key(&self) -> Result<PublicKey, SignerUnavailable> {
        Ok(self.0.public())
    }

    fn sign(&self, message: &[u8]) -> Result<[u8; 64], SignerUnavailable> {
        Ok(self.0.sign(message))
    }
}

/// A country, a card of it, and a desk that reads it.
struct World {
    anchors: CscaAnchors,
    chip: Chip,
    desk: Desk,
}

impl World {
    fn new(protocols: Protocols) -> Self {
        let authority = Authority::generate(at()).unwrap();
        let person = Person::new("000204067891", "Đặng Quốc Ưu", "2004-12-31".parse().unwrap(), Sex::Male);
        let order = CardOrder::new(person, "2024-09-02".parse().unwrap()).with_protocols(protocols);
        let card = order.make(&authority, at(), &mut SystemRandom::new()).unwrap();
        let anchors = CscaAnchors::from_der(authority.csca_certificate()).unwrap();
        Self { anchors, chip: card.chip().unwrap(), desk: Desk(TestKey::new()) }
    }

    fn read(self, chip_authentication: bool) -> (CardReading, ChipTransport, CscaAnchors, Desk) {
        let mut transport = ChipTransport::new(self.chip);
        let request = ReadRequest { chip_authentication, ..ReadRequest::default() };
        let random = &mut SystemRandom::new();
        let reading = read_card(&mut transport, &key(), &request, random, &Unwatched).unwrap();
        transport.reconnect();
        (reading, transport, self.anchors, self.desk)
    }
}

fn at() -> Timestamp {
    Timestamp::parse_rfc3339("2025-06-01T00:00:00Z").unwrap()
}

fn key() -> AccessKey {
    AccessKey::Can(Can::parse("067891").unwrap())
}

fn context(remote: Option<RemoteExchange>) -> EvidenceContext {
    let origin = ChallengeOrigin::Derived { key_thumbprint: [7; 32], purpose: "counter".to_owned() };
    let software = Software { name: "tests".to_owned(), version: "1".to_owned() };
    EvidenceContext { nonce: NONCE.to_vec(), origin, read_at: at(), remote, software }
}

/// What a server makes of the bytes.
fn judge(
    bytes: &[u8],
    desk: &Desk,
    anchors: &CscaAnchors,
    remote_key: Option<&Secret<Vec<u8>>>,
) -> Result<VerifiedEvidence, EvidenceRefused> {
    let signers = [desk.0.public()];
    let expected = Expected { signers: &signers, nonce: Some(NONCE), remote_key };
    EvidenceRecord::parse(bytes).unwrap().verify(&expected, anchors, at())
}

/// The same record with the last octet of the mapping's scalar changed, signed by the desk all the same.
fn with_another_scalar(record: &EvidenceRecord, desk: &Desk) -> Vec<u8> {
    let signed = Sign1::parse(record.as_bytes(), Profile::Deterministic).unwrap();
    let fields = signed.payload_item().unwrap().as_map().unwrap();
    let changed = fields.map(|(key, value)| {
        let mut octets = value.raw().to_vec();
        if key.as_int() == Ok(MAPPING) {
            // The scalar is the last part, so that its last octet is the field's.
            assert!(value.as_array().unwrap().nth(SCALAR).unwrap().as_bytes().is_ok());
            *octets.last_mut().unwrap() ^= 1;
        }
        (key.raw().to_vec(), octets)
    });
    let mut payload = Encoder::new();
    payload.sorted_map(changed.collect());
    let typ = "application/sen-card-evidence+cose";
    let draft = Draft::es256(&key_thumbprint(&desk.0.public()), typ, payload.finish());
    draft.assemble(&normalize_s(&desk.0.sign(&draft.to_be_signed())))
}

#[test]
fn a_record_of_the_mapping_is_judged_by_the_key_that_the_country_signed() {
    let pace = vec![Pace { mapping: Mapping::ChipAuthentication, suite: Suite::Aes128, parameter: 13 }];
    let world = World::new(Protocols { pace, chip_curve: &BRAINPOOL_P256R1, ..Protocols::default() });
    let (reading, _, anchors, desk) = world.read(true);
    assert_eq!(reading.access().unwrap().protocol, AccessProtocol::PaceCam);
    let record = EvidenceRecord::sign(&reading, &context(None), &desk).unwrap();
    let evidence = judge(record.as_bytes(), &desk, &anchors, None).unwrap();
    assert_eq!(evidence.document().chip(), ChipOutcome::AssertedByReader);
    let forged = with_another_scalar(&record, &desk);
    let Err(EvidenceRefused::Document(refused)) = judge(&forged, &desk, &anchors, None) else {
        panic!("another scalar is believed")
    };
    assert_eq!(refused.chip, ChipOutcome::Failed(Reason::SignatureInvalid));
    assert_eq!(refused.passive.result(), "verified");
}

#[test]
fn a_record_of_remote_chip_authentication_proves_the_chip_to_the_server_that_kept_its_key() {
    let (reading, mut transport, anchors, desk) = World::new(Protocols::default()).read(false);
    let mut random = SystemRandom::new();
    let dg14 = &reading.files()[&FileId::Dg(14)];
    let (server, challenge) = RemoteChipAuthentication::begin(dg14, &mut random).unwrap();
    let policy = AccessPolicy::default();
    let response =
        answer_remote_challenge(&mut transport, &key(), policy, &challenge, &mut random, &Unwatched).unwrap();
    let kept = Some(server.private_key());
    let record = |response: Vec<u8>| {
        let exchange = RemoteExchange { challenge: challenge.clone(), response };
        EvidenceRecord::sign(&reading, &context(Some(exchange)), &desk).unwrap()
    };
    let sound = record(response.clone());
    assert!(judge(sound.as_bytes(), &desk, &anchors, kept).unwrap().remote().is_some());
    // To anybody else it proves nothing.
    assert!(judge(sound.as_bytes(), &desk, &anchors, None).unwrap().remote().is_none());
    // All but the status outside of the protection.
    for octet in 0..response.len() - 2 {
        let mut changed = response.clone();
        changed[octet] ^= 1;
        let refused = judge(record(changed).as_bytes(), &desk, &anchors, kept).err();
        assert_eq!(refused, Some(EvidenceRefused::Remote(RemoteError::NotProven)), "octet {octet}");
    }
}
