//! The chip proves itself: Chip Authentication to this reader, Active Authentication to whoever chose the challenge.
#[cfg(test)]
mod tests;

use trust::random::Random;

use super::session::Session;
use super::{ReadError, ReadStep};
use crate::access::group::{Group, GroupError};
use crate::access::info::{ChipOffer, chip_offer};
use crate::access::pace::{Ephemeral, session_keys};
use crate::active::ActiveExchange;
use crate::apdu::{CommandApdu, SUCCESS};
use crate::asn1::encode;
use crate::document::{ChipOutcome, Reason};
use crate::file_id::FileId;
use crate::messaging::{Cipher, SecureMessaging};

/// Chip Authentication version 1 (9303-11, 6.2). It succeeded once the chip answers under the new keys; that is this
/// reader's word alone.
pub(super) fn authenticate_chip(
    session: &mut Session<'_>,
    dg14: &[u8],
    random: &mut dyn Random,
) -> Result<ChipOutcome, ReadError> {
    let Ok(offer) = chip_offer(dg14) else { return Err(ReadError::Malformed(FileId::Dg(14))) };
    let Some(offer) = offer else { return Ok(ChipOutcome::NotSupported) };
    session.show_step(ReadStep::ProvingChip);
    let malformed = |_: GroupError| ReadError::Malformed(FileId::Dg(14));
    let group = Group::new(offer.key.parameters).map_err(malformed)?;
    let generator = group.generator().map_err(malformed)?;
    let ephemeral = Ephemeral::generate(&group, &generator, random)?;
    let shared = ephemeral.agree(&group, &offer.key.public).map_err(malformed)?;
    let keys = session_keys(offer.cipher, &group, shared.expose()).map_err(malformed)?;
    let key_id = offer.key_id.as_ref().map(|id| encode(0x84, id)).unwrap_or_default();
    if !agree_on_key(session, &offer, &ephemeral.public, &key_id)? {
        return Ok(ChipOutcome::Failed(Reason::SignatureInvalid));
    }
    session.protect_with(SecureMessaging::new(keys, None));
    // The first checksum under the new keys is the proof; EF.COM is short and always there.
    let select = CommandApdu::new(0xa4, 0x02, 0x0c).with_data([0x01, 0x1e]);
    match session.send(&select) {
        Ok(_) => Ok(ChipOutcome::AssertedByReader),
        Err(ReadError::Messaging(_) | ReadError::SessionLost(_)) => Err(ReadError::ChipNotGenuine),
        Err(error) => Err(error),
    }
}

/// Sends the chip the ephemeral key; whether it took it. With 3DES by MSE:Set KAT, which some chips do not know.
fn agree_on_key(
    session: &mut Session<'_>,
    offer: &ChipOffer,
    public: &[u8],
    key_id: &[u8],
) -> Result<bool, ReadError> {
    if offer.cipher == Cipher::TripleDes {
        let data = [&encode(0x91, public)[..], key_id].concat();
        if session.succeeds(&CommandApdu::new(0x22, 0x41, 0xa6).with_data(data))?.is_ok() {
            return Ok(true);
        }
    }
    set_and_agree(session, offer, public, key_id)
}

/// MSE:Set AT and GENERAL AUTHENTICATE.
fn set_and_agree(
    session: &mut Session<'_>,
    offer: &ChipOffer,
    public: &[u8],
    key_id: &[u8],
) -> Result<bool, ReadError> {
    let set = [&encode(0x80, &offer.oid)[..], key_id].concat();
    if session.succeeds(&CommandApdu::new(0x22, 0x41, 0xa4).with_data(set))?.is_err() {
        return Ok(false);
    }
    let agree = encode(0x7c, &encode(0x80, public));
    Ok(session.send(&CommandApdu::new(0x86, 0, 0).with_data(agree).expecting(256))?.status == SUCCESS)
}

/// INTERNAL AUTHENTICATE over the caller's challenge (9303-11, 6.1).
pub(super) fn answer_challenge(
    session: &mut Session<'_>,
    dg15: &[u8],
    challenge: [u8; 8],
) -> Result<ActiveExchange, ReadError> {
    session.show_step(ReadStep::ProvingChip);
    // An answer by a key of more than 1,700 bits does not fit into a short protected one.
    let long = dg15.len() > 250 && session.extended();
    let expected = if long { 4096 } else { 256 };
    let command = CommandApdu::new(0x88, 0, 0).with_data(challenge).expecting(expected);
    let response = session.send(&command)?;
    // A chip that refuses proved nothing, which is what an empty answer proves.
    let response = if response.status == SUCCESS { response.data } else { Vec::new() };
    Ok(ActiveExchange { challenge, response })
}
