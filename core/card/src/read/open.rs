//! Opens a chip.
use trust::random::Random;
use trust::secret::Secret;
use zeroize::Zeroize;

use super::files::END_OF_FILE;
use super::pace::run_pace;
use super::session::Session;
use super::{ReadError, object_length};
use crate::access::bac::{BacKeys, Run};
use crate::access::info::{Mapping, PaceOffer, VIETNAMESE_CARD_ACCESS, pace_offers};
use crate::access::key::{AccessKey, MrzKey};
use crate::access::pace::MappingProof;
use crate::access::{AccessPolicy, AccessProtocol, AccessRecord};
use crate::apdu::{CommandApdu, SUCCESS};
use crate::asn1::{INTEGER, SET};
use crate::card_security::proves_a_key;
use crate::file_id::FileId;
use crate::messaging::Cipher;

/// The eMRTD application (9303-10, 3.6).
const APPLICATION: [u8; 7] = [0xa0, 0x00, 0x00, 0x02, 0x47, 0x10, 0x01];
/// What announces lengths in EF.ATR/INFO: the longest command and the longest answer (7816-4, 12.7.1).
const LENGTHS: u32 = 0x7f66;
/// Bounds what a hostile chip can make the reader read before it is opened.
const LONGEST_CARD_ACCESS: usize = 4096;

/// How a chip was opened, so that it can be opened again when it ends the session.
#[derive(Clone, Debug)]
pub(super) enum Way {
    /// By PACE.
    Pace(PaceOffer),
    /// By BAC.
    Bac,
}

/// An opened chip.
pub(super) struct Opened {
    pub(super) way: Way,
    pub(super) record: AccessRecord,
    /// EF.CardAccess, and EF.CardSecurity where the mapping calls for it.
    pub(super) files: Vec<(FileId, Vec<u8>)>,
    /// What the chip authentication mapping left.
    pub(super) mapping: Option<MappingProof>,
}

pub(super) fn open(
    session: &mut Session<'_>,
    key: &AccessKey,
    policy: AccessPolicy,
    random: &mut dyn Random,
) -> Result<Opened, ReadError> {
    let found = if policy == AccessPolicy::BacOnly { None } else { card_access(session)? };
    if found.is_some() || policy == AccessPolicy::BacOnly {
        announced_lengths(session)?;
    }
    let (offers, any) = match &found {
        Some(file) => pace_offers(file).map_err(|_| ReadError::Malformed(FileId::CardAccess))?,
        // With a card access number there is no other way in: the constant known of Vietnamese cards is tried.
        None if matches!(key, AccessKey::Can(_)) && policy != AccessPolicy::BacOnly => {
            pace_offers(VIETNAMESE_CARD_ACCESS).map_err(|_| ReadError::AccessMalformed)?
        }
        None => (Vec::new(), false),
    };
    let assumed = found.is_none();
    let mut files: Vec<_> = found.into_iter().map(|file| (FileId::CardAccess, file)).collect();
    let goes = |offer: &PaceOffer| session.carries(offer.parameters);
    match (offers.into_iter().filter(goes).max_by_key(strength), key) {
        (Some(offer), _) => {
            let mapping = run_pace(session, &offer, key, random)?;
            if let Some(proof) = &mapping {
                files.push((FileId::CardSecurity, card_security(session, proof)?));
            }
            select_application(session)?;
            let record = AccessRecord {
                protocol: offer.mapping.into(),
                cipher: offer.cipher,
                parameters: Some(offer.parameters.name()),
                assumed_card_access: assumed,
            };
            Ok(Opened { way: Way::Pace(offer), record, files, mapping })
        }
        (None, AccessKey::Mrz(mrz)) if !any && policy != AccessPolicy::PaceOnly => {
            select_application(session)?;
            run_bac(session, mrz, random)?;
            let record = AccessRecord {
                protocol: AccessProtocol::Bac,
                cipher: Cipher::TripleDes,
                parameters: None,
                assumed_card_access: false,
            };
            Ok(Opened { way: Way::Bac, record, files, mapping: None })
        }
        _ => Err(ReadError::AccessNotOffered),
    }
}

/// Opens the chip in the same way once more; it knew the key before.
pub(super) fn open_again(
    session: &mut Session<'_>,
    way: &Way,
    key: &AccessKey,
    random: &mut dyn Random,
) -> Result<(), ReadError> {
    session.end();
    match (way, key) {
        (Way::Pace(offer), _) => {
            // Back to the master file, where the card lets one: some do not, and run PACE all the same.
            session.send(&CommandApdu::new(0xa4, 0x00, 0x0c).with_data([0x3f, 0x00]))?;
            run_pace(session, offer, key, random)?;
            select_application(session)
        }
        (Way::Bac, AccessKey::Mrz(mrz)) => {
            select_application(session)?;
            run_bac(session, mrz, random)
        }
        (Way::Bac, AccessKey::Can(_)) => Err(ReadError::AccessNotOffered),
    }
}

/// The strongest cipher first, then the mapping that proves the chip in the same go, then the larger group.
fn strength(offer: &PaceOffer) -> (Cipher, bool, usize) {
    let proves = offer.mapping == Mapping::ChipAuthentication;
    (offer.cipher, proves, offer.parameters.order_octets())
}

/// EF.CardSecurity, if the mapping proves one of its keys; who signed it is for the proof to say.
fn card_security(session: &mut Session<'_>, proof: &MappingProof) -> Result<Vec<u8>, ReadError> {
    let mut file = Vec::new();
    session.read_file(FileId::CardSecurity, &mut file)?;
    match proves_a_key(proof, &file) {
        Ok(true) => Ok(file),
        Ok(false) => Err(ReadError::ChipNotGenuine),
        Err(_) => Err(ReadError::Malformed(FileId::CardSecurity)),
    }
}

/// The ways to EF.CardAccess, in the order in which cards and phones were seen to need them; before them all the one
/// command that suffices where a card takes it. A way is left for the next one on a status word alone, never because
/// the card is gone.
fn card_access(session: &mut Session<'_>) -> Result<Option<Vec<u8>>, ReadError> {
    let by_short_id = CommandApdu::new(0xb0, 0x9c, 0x00).expecting(session.plain_data(256));
    if let Some(file) = read_card_access(session, &by_short_id)? {
        return Ok(Some(file));
    }
    let by_identifier = CommandApdu::new(0xa4, 0x02, 0x0c).with_data([0x01, 0x1c]);
    let master_file = CommandApdu::new(0xa4, 0x00, 0x0c);
    let application = CommandApdu::new(0xa4, 0x04, 0x0c).with_data(APPLICATION);
    let before = [None, Some(master_file.clone()), Some(master_file.with_data([0x3f, 0x00]))];
    for first in before {
        if let Some(file) = card_access_after(session, first, &by_identifier)? {
            return Ok(Some(file));
        }
    }
    // The master file may be the current one only now.
    if let Some(file) = read_card_access(session, &by_short_id)? {
        return Ok(Some(file));
    }
    card_access_after(session, Some(application), &by_identifier)
}

fn card_access_after(
    session: &mut Session<'_>,
    first: Option<CommandApdu>,
    select: &CommandApdu,
) -> Result<Option<Vec<u8>>, ReadError> {
    if let Some(first) = first
        && session.send(&first)?.status != SUCCESS
    {
        return Ok(None);
    }
    if session.send(select)?.status != SUCCESS {
        return Ok(None);
    }
    let first = CommandApdu::new(0xb0, 0, 0).expecting(session.plain_data(256));
    read_card_access(session, &first)
}

/// EF.CardAccess from its first chunk on. Once a SET has begun the file is there: what is wrong with it is an error,
/// since a card whose offer cannot be read is not one that offers no PACE.
fn read_card_access(session: &mut Session<'_>, first: &CommandApdu) -> Result<Option<Vec<u8>>, ReadError> {
    let response = session.send(first)?;
    let begun = response.data.first().copied().map(u32::from) == Some(SET);
    if !begun || !matches!(response.status, SUCCESS | END_OF_FILE) {
        return Ok(None);
    }
    let malformed = ReadError::Malformed(FileId::CardAccess);
    let mut file = response.data;
    let total = object_length(&file).ok_or(malformed)?;
    if total > LONGEST_CARD_ACCESS {
        return Err(ReadError::TooLarge(FileId::CardAccess));
    }
    while file.len() < total {
        let [.., high, low] = file.len().to_be_bytes();
        let rest = u32::try_from(total - file.len()).unwrap_or(u32::MAX);
        let rest = session.plain_data(256).min(rest);
        let response = session.send(&CommandApdu::new(0xb0, high, low).expecting(rest))?;
        if response.data.is_empty() {
            return Err(malformed);
        }
        file.extend(response.data);
    }
    file.truncate(total);
    Ok(Some(file))
}

/// Takes the longest answer that EF.ATR/INFO announces; a card without it is left at the default.
fn announced_lengths(session: &mut Session<'_>) -> Result<(), ReadError> {
    if !session.extended() {
        return Ok(());
    }
    let response = session.send(&CommandApdu::new(0xb0, 0x81, 0x00).expecting(256))?;
    let announced = (|| {
        let mut rest = crate::asn1::Walk(&response.data);
        while !rest.0.is_empty() {
            let object = rest.next().ok()?;
            if object.tag == LENGTHS {
                let mut lengths = object.inside();
                lengths.expect(INTEGER).ok()?;
                return lengths.expect(INTEGER).ok()?.small().ok();
            }
        }
        None
    })();
    if let Some(most) = announced.filter(|_| response.status == SUCCESS) {
        session.announced(most);
    }
    Ok(())
}

fn select_application(session: &mut Session<'_>) -> Result<(), ReadError> {
    let response = session.send(&CommandApdu::new(0xa4, 0x04, 0x0c).with_data(APPLICATION))?;
    if response.status == SUCCESS { Ok(()) } else { Err(ReadError::AccessRefused(response.status)) }
}

fn run_bac(session: &mut Session<'_>, mrz: &MrzKey, random: &mut dyn Random) -> Result<(), ReadError> {
    let response = session.send(&CommandApdu::new(0x84, 0, 0).expecting(8))?;
    if response.status != SUCCESS {
        return Err(ReadError::AccessRefused(response.status));
    }
    let chip_challenge: [u8; 8] = response.data.try_into().map_err(|_| ReadError::AccessMalformed)?;
    let (mut challenge, mut material) = ([0; 8], [0; 16]);
    random.fill(&mut challenge).and_then(|()| random.fill(&mut material)).map_err(|_| ReadError::NoRandom)?;
    let run = Run { challenge, material: Secret::new(material) };
    material.zeroize();
    let keys = BacKeys::derive(mrz);
    let request = keys.request(&run, &chip_challenge).ok_or(ReadError::AccessMalformed)?;
    let response = session.send(&CommandApdu::new(0x82, 0, 0).with_data(request).expecting(40))?;
    match response.status {
        SUCCESS => {}
        status if is_wrong_key(status) => return Err(ReadError::WrongAccessKey),
        status => return Err(ReadError::AccessRefused(status)),
    }
    let messaging = keys.session(&run, &chip_challenge, &response.data).ok_or(ReadError::WrongAccessKey)?;
    session.protect_with(messaging);
    Ok(())
}

/// Whether a chip says with this that the key was wrong: 6300 and 63Cx are the standard's, the others are in use.
pub(super) const fn is_wrong_key(status: u16) -> bool {
    matches!(status, 0x6300 | 0x63c0..=0x63cf | 0x6982..=0x6985 | 0x6988 | 0x6a80)
}
