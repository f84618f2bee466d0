//! From bytes to a record that says what the CDDL lets it say.
use std::collections::BTreeMap;

use trust::cbor::{Error, Item, Map, Profile};
use trust::cose::{self, Sign1};
use trust::p256::{PublicKey, is_low_s};
use trust::time::Timestamp;

use super::key::key_thumbprint;
use super::{
    ChallengeOrigin, EvidenceContext, EvidenceRecord, LONGEST_PURPOSE, LONGEST_RECORD, LONGEST_SOFTWARE,
    NONCE_OCTETS, RecordError, RemoteExchange, Software, TYP, VERSION, field,
};
use crate::access::group::Parameters;
use crate::access::pace::MappingProof;
use crate::access::{AccessProtocol, AccessRecord};
use crate::active::ActiveExchange;
use crate::document::{ChipOutcome, Reason};
use crate::file_id::FileId;
use crate::messaging::Cipher;
use crate::read::CardReading;
use crate::remote::RemoteChallenge;

pub(super) fn decode(bytes: &[u8]) -> Result<EvidenceRecord, RecordError> {
    if bytes.len() > LONGEST_RECORD {
        return Err(RecordError::TooLong);
    }
    let item = Item::parse(bytes, Profile::Deterministic)?;
    if item.as_tag().is_err() {
        return Err(RecordError::NotTagged);
    }
    let signed = Sign1::from_item(item, Profile::Deterministic)?;
    let key_id = header(&signed)?;
    if !<&[u8; 64]>::try_from(signed.signature()).is_ok_and(is_low_s) {
        return Err(RecordError::SignatureForm);
    }
    let payload = signed.payload_item()?;
    let fields = Fields(payload.as_map()?);
    // The version first: a later one may have other fields.
    if fields.required(field::VERSION)?.as_uint()? != VERSION {
        return Err(RecordError::UnsupportedVersion);
    }
    let known =
        |key: &Item<'_>| key.as_int().is_ok_and(|key| (field::VERSION..=field::SOFTWARE).contains(&key));
    if !fields.0.clone().all(|(key, _)| known(&key)) {
        return Err(RecordError::UnknownField);
    }
    let point = fields.required(field::SIGNER)?.as_bytes()?;
    let signer = PublicKey::from_compressed(point).map_err(|_| RecordError::OutOfRange(field::SIGNER))?;
    if key_id != key_thumbprint(&signer) {
        return Err(RecordError::KeyId);
    }
    let (context, reading) = (fields.context()?, fields.reading()?);
    Ok(EvidenceRecord { bytes: bytes.to_vec(), signer, context, reading })
}

/// The header's key identifier, once the header is that of a record. Nothing may stand outside the signature.
fn header<'a>(signed: &Sign1<'a>) -> Result<&'a [u8], RecordError> {
    let typ = signed.header(cose::TYP).and_then(|typ| typ.as_text().ok());
    let known = signed.surplus_header(&[cose::ALG, cose::KID, cose::TYP]).is_none();
    let bare = signed.unprotected().as_map()?.next().is_none();
    if signed.algorithm() != Some(cose::ES256) || typ != Some(TYP) || !known || !bare {
        return Err(RecordError::Header);
    }
    signed.header(cose::KID).and_then(|key_id| key_id.as_bytes().ok()).ok_or(RecordError::Header)
}

struct Fields<'a>(Map<'a>);

impl<'a> Fields<'a> {
    fn required(&self, key: i64) -> Result<Item<'a>, RecordError> {
        self.0.get_int(key).ok_or(RecordError::Missing(key))
    }

    fn optional<T>(
        &self,
        key: i64,
        read: impl FnOnce(Item<'a>) -> Result<T, RecordError>,
    ) -> Result<Option<T>, RecordError> {
        self.0.get_int(key).map(read).transpose()
    }

    fn context(&self) -> Result<EvidenceContext, RecordError> {
        let nonce = self.required(field::NONCE)?.as_bytes()?;
        if !NONCE_OCTETS.contains(&nonce.len()) {
            return Err(RecordError::OutOfRange(field::NONCE));
        }
        let seconds = i64::try_from(self.required(field::READ_AT)?.as_uint()?);
        let seconds = seconds.map_err(|_| RecordError::OutOfRange(field::READ_AT))?;
        let [name, version] = parts(self.required(field::SOFTWARE)?)?;
        let word = |item| text(item, LONGEST_SOFTWARE, field::SOFTWARE);
        Ok(EvidenceContext {
            nonce: nonce.to_vec(),
            origin: self.optional(field::ORIGIN, origin)?.unwrap_or(ChallengeOrigin::Nonce),
            read_at: Timestamp::from_unix(seconds),
            remote: self.optional(field::REMOTE, remote)?,
            software: Software { name: word(name)?, version: word(version)? },
        })
    }

    fn reading(&self) -> Result<CardReading, RecordError> {
        let mut files = BTreeMap::new();
        for (name, bytes) in self.required(field::FILES)?.as_map()? {
            let name = name.as_text()?;
            let known = FileId::all().find(|file| file.to_string() == name);
            let file = known.ok_or(RecordError::OutOfRange(field::FILES))?;
            files.insert(file, bytes.as_bytes()?.to_vec());
        }
        if files.is_empty() {
            return Err(RecordError::OutOfRange(field::FILES));
        }
        let chip = chip(self.required(field::CHIP)?.as_text()?)?;
        let mapping = self.optional(field::MAPPING, mapping)?;
        // The mapping is judged in the place of the reader's word, which must then be the one it gives.
        if mapping.is_some() && chip != ChipOutcome::AssertedByReader {
            return Err(RecordError::OutOfRange(field::MAPPING));
        }
        let mut reading = CardReading::from_files(files, self.optional(field::ACTIVE, active)?);
        reading.access = self.optional(field::ACCESS, access)?;
        reading.chip = chip;
        reading.mapping = mapping;
        Ok(reading)
    }
}

fn origin(item: Item<'_>) -> Result<ChallengeOrigin, RecordError> {
    let [thumbprint, purpose] = parts(item)?;
    let key_thumbprint =
        thumbprint.as_bytes()?.try_into().map_err(|_| RecordError::OutOfRange(field::ORIGIN))?;
    Ok(ChallengeOrigin::Derived { key_thumbprint, purpose: text(purpose, LONGEST_PURPOSE, field::ORIGIN)? })
}

fn active(item: Item<'_>) -> Result<ActiveExchange, RecordError> {
    let [challenge, response] = parts(item)?;
    let challenge = challenge.as_bytes()?.try_into().map_err(|_| RecordError::OutOfRange(field::ACTIVE))?;
    Ok(ActiveExchange { challenge, response: response.as_bytes()?.to_vec() })
}

/// The reader's word: whatever it is, it is no proof to anybody else.
fn chip(word: &str) -> Result<ChipOutcome, RecordError> {
    match word {
        "not_done" => Ok(ChipOutcome::NotDone),
        "not_supported" => Ok(ChipOutcome::NotSupported),
        "asserted_by_reader" => Ok(ChipOutcome::AssertedByReader),
        "failed" => Ok(ChipOutcome::Failed(Reason::SignatureInvalid)),
        "verified" => Err(RecordError::ChipClaim),
        _ => Err(RecordError::OutOfRange(field::CHIP)),
    }
}

fn mapping(item: Item<'_>) -> Result<MappingProof, RecordError> {
    let [number, public, scalar] = parts(item)?;
    let number = u8::try_from(number.as_uint()?).ok();
    let parameters =
        number.and_then(Parameters::standardised).ok_or(RecordError::OutOfRange(field::MAPPING))?;
    let (mapping_public, scalar) = (public.as_bytes()?.to_vec(), scalar.as_bytes()?.to_vec());
    Ok(MappingProof { parameters, mapping_public, scalar })
}

fn access(item: Item<'_>) -> Result<AccessRecord, RecordError> {
    use AccessProtocol::{Bac, PaceCam, PaceGm, PaceIm};
    const UNKNOWN: RecordError = RecordError::OutOfRange(field::ACCESS);
    let [protocol, cipher, parameters, assumed] = parts(item)?;
    let (protocol, cipher) = (protocol.as_text()?, cipher.as_text()?);
    let ciphers = [Cipher::TripleDes, Cipher::Aes128, Cipher::Aes192, Cipher::Aes256];
    let parameters = if parameters.is_null() {
        None
    } else {
        let name = parameters.as_text()?;
        let mut names = (0..=u8::MAX).filter_map(Parameters::standardised).map(Parameters::name);
        Some(names.find(|known| *known == name).ok_or(UNKNOWN)?)
    };
    Ok(AccessRecord {
        protocol: [PaceGm, PaceIm, PaceCam, Bac].into_iter().find(|p| p.name() == protocol).ok_or(UNKNOWN)?,
        cipher: ciphers.into_iter().find(|c| c.name() == cipher).ok_or(UNKNOWN)?,
        parameters,
        assumed_card_access: assumed.as_bool()?,
    })
}

fn remote(item: Item<'_>) -> Result<RemoteExchange, RecordError> {
    let [protocol, key_id, public_key, command, response] = parts(item)?;
    let octets = |item: Item<'_>| item.as_bytes().map(<[u8]>::to_vec);
    let challenge = RemoteChallenge {
        protocol: octets(protocol)?,
        key_id: if key_id.is_null() { None } else { Some(octets(key_id)?) },
        public_key: octets(public_key)?,
        command: octets(command)?,
    };
    Ok(RemoteExchange { challenge, response: octets(response)? })
}

/// An array of exactly so many items.
fn parts<const N: usize>(item: Item<'_>) -> Result<[Item<'_>; N], RecordError> {
    // One more than fits shows that there are too many.
    let items: Vec<_> = item.as_array()?.take(N + 1).collect();
    items.try_into().map_err(|_| RecordError::Cbor(Error::WrongKind))
}

fn text(item: Item<'_>, longest: usize, key: i64) -> Result<String, RecordError> {
    let text = item.as_text()?;
    if (1..=longest).contains(&text.len()) { Ok(text.to_owned()) } else { Err(RecordError::OutOfRange(key)) }
}
