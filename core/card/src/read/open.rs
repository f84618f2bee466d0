//! Opens a chip.
use trust::random::Random;
use trust::secret::Secret;

use super::session::Session;
use super::{ReadError, object_length};
use crate::access::bac::{BacKeys, Run};
use crate::access::info::{PaceOffer, VIETNAMESE_CARD_ACCESS, pace_offers};
use crate::access::key::{AccessKey, MrzKey};
use crate::access::pace::{self, Ephemeral};
use crate::access::{AccessPolicy, AccessProtocol, AccessRecord};
use crate::apdu::{CommandApdu, SUCCESS};
use crate::asn1::{Element, INTEGER, encode};
use crate::curve::Curve;
use crate::file_id::FileId;
use crate::messaging::{Cipher, SecureMessaging};

/// The eMRTD application (9303-10, 3.6).
const APPLICATION: [u8; 7] = [0xa0, 0x00, 0x00, 0x02, 0x47, 0x10, 0x01];
/// What announces lengths in EF.ATR/INFO: the longest command and the longest answer (7816-4, 12.7.1).
const LENGTHS: u32 = 0x7f66;

pub(super) fn open(
    session: &mut Session<'_>,
    key: &AccessKey,
    policy: AccessPolicy,
    random: &mut dyn Random,
) -> Result<(AccessRecord, Option<Vec<u8>>), ReadError> {
    let card_access = if policy == AccessPolicy::BacOnly { None } else { card_access(session)? };
    let (offers, any) = match &card_access {
        Some(file) => pace_offers(file).map_err(|_| ReadError::Malformed(FileId::CardAccess))?,
        // With a card access number there is no other way in: the constant known of Vietnamese cards is tried.
        None if matches!(key, AccessKey::Can(_)) && policy != AccessPolicy::BacOnly => {
            pace_offers(VIETNAMESE_CARD_ACCESS).map_err(|_| ReadError::AccessMalformed)?
        }
        None => (Vec::new(), false),
    };
    let strongest = offers.iter().max_by_key(|offer| (offer.cipher.key_octets(), offer.domain.octets));
    let record = match (strongest, key) {
        (Some(offer), _) => {
            if card_access.is_some() {
                announced_lengths(session)?;
            }
            run_pace(session, offer, key, random)?;
            select_application(session)?;
            AccessRecord {
                protocol: AccessProtocol::PaceGm,
                cipher: offer.cipher,
                parameters: Some(offer.domain.name),
                assumed_card_access: card_access.is_none(),
            }
        }
        (None, AccessKey::Mrz(mrz)) if !any && policy != AccessPolicy::PaceOnly => {
            select_application(session)?;
            run_bac(session, mrz, random)?;
            AccessRecord {
                protocol: AccessProtocol::Bac,
                cipher: Cipher::TripleDes,
                parameters: None,
                assumed_card_access: false,
            }
        }
        _ => return Err(ReadError::AccessNotOffered),
    };
    Ok((record, card_access))
}

/// The ways to EF.CardAccess, in the order in which cards and phones were seen to need them. A way is left for the
/// next one on a status word alone, never because the card is gone.
fn card_access(session: &mut Session<'_>) -> Result<Option<Vec<u8>>, ReadError> {
    let by_identifier = CommandApdu::new(0xa4, 0x02, 0x0c).with_data([0x01, 0x1c]);
    let master_file = CommandApdu::new(0xa4, 0x00, 0x0c);
    let application = CommandApdu::new(0xa4, 0x04, 0x0c).with_data(APPLICATION);
    let before = [None, Some(master_file.clone()), Some(master_file.with_data([0x3f, 0x00]))];
    for first in before {
        if let Some(file) = card_access_after(session, first, &by_identifier)? {
            return Ok(Some(file));
        }
    }
    let short = CommandApdu::new(0xb0, 0x9c, 0x00).expecting(256);
    let response = session.send(&short)?;
    if let Some(file) = whole_set(&response.data).filter(|_| response.status == SUCCESS) {
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
    let response = session.send(&CommandApdu::new(0xb0, 0, 0).expecting(256))?;
    Ok(whole_set(&response.data))
}

/// The SET that EF.CardAccess is; real ones fit into one answer.
fn whole_set(data: &[u8]) -> Option<Vec<u8>> {
    let set = data.get(..object_length(data)?)?;
    Element::whole(set).ok()?.tagged(crate::asn1::SET).ok()?;
    Some(set.to_vec())
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
    // The answer's own objects take up to 40 octets of what is announced.
    if let Some(most) = announced.filter(|_| response.status == SUCCESS).and_then(|most| most.checked_sub(40))
        && most > super::files::SHORT
    {
        session.chunk = most.min(0x1_0000 - 40);
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
    let keys = BacKeys::derive(mrz);
    let request = keys.request(&run, &chip_challenge).ok_or(ReadError::AccessMalformed)?;
    let response = session.send(&CommandApdu::new(0x82, 0, 0).with_data(request).expecting(40))?;
    if response.status != SUCCESS {
        return Err(ReadError::WrongAccessKey);
    }
    let messaging = keys.session(&run, &chip_challenge, &response.data).ok_or(ReadError::WrongAccessKey)?;
    session.protect_with(messaging);
    Ok(())
}

fn run_pace(
    session: &mut Session<'_>,
    offer: &PaceOffer,
    key: &AccessKey,
    random: &mut dyn Random,
) -> Result<(), ReadError> {
    let malformed = |_| ReadError::AccessMalformed;
    let curve = Curve::new(offer.domain).map_err(malformed)?;
    let set =
        [encode(0x80, &offer.oid), encode(0x83, &[key.reference()]), encode(0x84, &[offer.parameter_id])];
    let response = session.send(&CommandApdu::new(0x22, 0xc1, 0xa4).with_data(set.concat()))?;
    // 63Cx here is the chip's count of attempts left (9303-11, 4.4.4.1): it still lets us try.
    if response.status != SUCCESS && response.status & 0xfff0 != 0x63c0 {
        return Err(ReadError::AccessRefused(response.status));
    }
    let encrypted = general_authenticate(session, &[], Some(0x80), false)?;
    let nonce = pace::decrypt_nonce(offer, key, &encrypted).ok_or(ReadError::AccessMalformed)?;
    let mapping = Ephemeral::generate(&curve, curve.generator(), random).map_err(|_| ReadError::NoRandom)?;
    let theirs = general_authenticate(session, &encode(0x81, &mapping.public), Some(0x82), false)?;
    let shared = mapping.agree(&curve, &theirs).map_err(malformed)?;
    let generator = pace::map_generator(&curve, &nonce, &shared);
    let run = Ephemeral::generate(&curve, &generator, random).map_err(|_| ReadError::NoRandom)?;
    let theirs = general_authenticate(session, &encode(0x83, &run.public), Some(0x84), false)?;
    let shared = run.agree(&curve, &theirs).map_err(malformed)?;
    let keys = pace::session_keys(offer, &curve, &shared).map_err(malformed)?;
    let own = pace::token(&keys, &pace::token_input(&offer.oid, &theirs));
    let claimed = general_authenticate(session, &encode(0x85, &own), Some(0x86), true)?;
    let expected = pace::token(&keys, &pace::token_input(&offer.oid, &run.public));
    if !bool::from(subtle::ConstantTimeEq::ct_eq(&expected[..], claimed.as_slice())) {
        return Err(ReadError::WrongAccessKey);
    }
    session.protect_with(SecureMessaging::new(keys, None));
    Ok(())
}

/// One step of GENERAL AUTHENTICATE, chained but for the last: sends an object inside 7C and takes one out of 7C.
fn general_authenticate(
    session: &mut Session<'_>,
    object: &[u8],
    answer: Option<u32>,
    last: bool,
) -> Result<Vec<u8>, ReadError> {
    let mut command = CommandApdu::new(0x86, 0, 0).with_data(encode(0x7c, object)).expecting(256);
    command.cla = if last { 0x00 } else { 0x10 };
    let response = session.send(&command)?;
    match response.status {
        SUCCESS => {}
        // Only the last step tells the chip whether the password was right.
        _ if last => return Err(ReadError::WrongAccessKey),
        status => return Err(ReadError::AccessRefused(status)),
    }
    let found = (|| {
        let mut inside = Element::whole(&response.data).ok()?.tagged(0x7c).ok()?.inside();
        inside.expect(answer?).ok().map(|object| object.value.to_vec())
    })();
    found.ok_or(ReadError::AccessMalformed)
}
