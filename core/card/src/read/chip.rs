//! The chip proves itself: Chip Authentication to this reader, Active Authentication to whoever chose the challenge.
#[cfg(test)]
mod step_tests;
#[cfg(test)]
mod tests;

use trust::random::Random;

use super::session::Session;
use super::{ReadError, ReadStep};
use crate::access::group::{Group, GroupError};
use crate::access::info::chip_offer;
use crate::access::pace::{Ephemeral, session_keys};
use crate::active::ActiveExchange;
use crate::apdu::{CommandApdu, SUCCESS};
use crate::asn1::encode;
use crate::document::{ChipOutcome, Reason};
use crate::file_id::FileId;
use crate::messaging::SecureMessaging;
use crate::remote::first_command;
use crate::signature::PublicKey;

/// The last arc of id-CA-ECDH-3DES-CBC-CBC.
const TRIPLE_DES: u8 = 1;

/// Octets of data that a short protected answer holds with any cipher.
const SHORT_PROTECTED_DATA: usize = 223;

/// Chip Authentication version 1 (9303-11, 6.2). It succeeded once the chip answers under the new keys; that is this
/// reader's word alone.
pub(super) fn authenticate_chip(
    session: &mut Session<'_>,
    dg14: &[u8],
    random: &mut dyn Random,
) -> Result<ChipOutcome, ReadError> {
    let Ok(offer) = chip_offer(dg14) else { return Err(ReadError::Malformed(FileId::Dg(14))) };
    let Some(offer) = offer else { return Ok(ChipOutcome::NotSupported) };
    if !session.carries(offer.key.parameters) {
        return Ok(ChipOutcome::NotDone);
    }
    session.show_step(ReadStep::ProvingChip);
    let malformed = |_: GroupError| ReadError::Malformed(FileId::Dg(14));
    let group = Group::new(offer.key.parameters).map_err(malformed)?;
    let generator = group.generator().map_err(malformed)?;
    let ephemeral = Ephemeral::generate(&group, &generator, random)?;
    let shared = ephemeral.agree(&group, &offer.key.public).map_err(malformed)?;
    let keys = session_keys(offer.cipher, &group, shared.expose()).map_err(malformed)?;
    if !agree_on_key(session, &offer.oid, offer.key_id.as_deref(), &ephemeral.public)? {
        return Ok(ChipOutcome::Failed(Reason::SignatureInvalid));
    }
    session.protect_with(SecureMessaging::new(keys, None));
    // The first checksum under the new keys is the proof.
    match session.send(&first_command()) {
        Ok(_) => Ok(ChipOutcome::AssertedByReader),
        Err(ReadError::Messaging(_) | ReadError::SessionLost(_)) => Err(ReadError::ChipNotGenuine),
        Err(error) => Err(error),
    }
}

/// Sends the chip the ephemeral key; whether it took it. With 3DES by MSE:Set KAT, which some chips do not know.
pub(super) fn agree_on_key(
    session: &mut Session<'_>,
    protocol: &[u8],
    key_id: Option<&[u8]>,
    public: &[u8],
) -> Result<bool, ReadError> {
    let key_id = key_id.map(|id| encode(0x84, id)).unwrap_or_default();
    if protocol.last() == Some(&TRIPLE_DES) {
        let data = [&encode(0x91, public)[..], &key_id].concat();
        if session.succeeds(&CommandApdu::new(0x22, 0x41, 0xa6).with_data(data))?.is_ok() {
            return Ok(true);
        }
    }
    set_and_agree(session, protocol, &key_id, public)
}

/// MSE:Set AT and GENERAL AUTHENTICATE.
fn set_and_agree(
    session: &mut Session<'_>,
    protocol: &[u8],
    key_id: &[u8],
    public: &[u8],
) -> Result<bool, ReadError> {
    let set = [&encode(0x80, protocol)[..], key_id].concat();
    if session.succeeds(&CommandApdu::new(0x22, 0x41, 0xa4).with_data(set))?.is_err() {
        return Ok(false);
    }
    let agree = encode(0x7c, &encode(0x80, public));
    Ok(session.send(&CommandApdu::new(0x86, 0, 0).with_data(agree).expecting(256))?.status == SUCCESS)
}

/// INTERNAL AUTHENTICATE over the caller's challenge (9303-11, 6.1). Nothing where the chip refused and the transport
/// would not have carried its answer: then it was not done, and is no failure of the chip's.
pub(super) fn answer_challenge(
    session: &mut Session<'_>,
    dg15: &[u8],
    challenge: [u8; 8],
) -> Result<Option<ActiveExchange>, ReadError> {
    session.show_step(ReadStep::ProvingChip);
    // An answer of RSA has the octets of the modulus; beyond 1,700 bits no short protected one holds it.
    let octets = match crate::lds::security::dg15(dg15) {
        Ok(PublicKey::Rsa(key)) => key.modulus.len(),
        _ => 0,
    };
    let fits = session.carries_answer(octets);
    let is_long = octets > SHORT_PROTECTED_DATA;
    let expected = if is_long { session.most_data().max(256) } else { 256 };
    let command = CommandApdu::new(0x88, 0, 0).with_data(challenge).expecting(expected);
    let response = match session.send(&command) {
        Ok(response) if response.status == SUCCESS => response.data,
        Ok(_) | Err(ReadError::SessionLost(_)) if !fits => return Ok(None),
        // A chip that refuses proved nothing, which is what an empty answer proves.
        Ok(_) => Vec::new(),
        Err(error) => return Err(error),
    };
    Ok(Some(ActiveExchange { challenge, response }))
}
