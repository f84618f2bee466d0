//! The chip proves itself: Chip Authentication to this reader, Active Authentication to whoever chose the challenge.
use trust::random::Random;

use super::session::Session;
use super::{ReadError, ReadStep};
use crate::access::info::chip_offer;
use crate::access::pace::{Ephemeral, shared_secret};
use crate::active::ActiveExchange;
use crate::apdu::{CommandApdu, SUCCESS};
use crate::asn1::encode;
use crate::curve::Curve;
use crate::document::{ChipOutcome, Reason};
use crate::file_id::FileId;
use crate::messaging::{Cipher, SecureMessaging, SessionKeys};

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
    let malformed = |_| ReadError::Malformed(FileId::Dg(14));
    let curve = Curve::new(offer.domain).map_err(malformed)?;
    let ephemeral =
        Ephemeral::generate(&curve, curve.generator(), random).map_err(|_| ReadError::NoRandom)?;
    let shared = ephemeral.agree(&curve, &offer.public).map_err(malformed)?;
    let secret = shared_secret(&curve, &shared).map_err(malformed)?;
    let key_id = offer.key_id.as_ref().map(|id| encode(0x84, id)).unwrap_or_default();
    let commands = if offer.cipher == Cipher::TripleDes {
        let data = [encode(0x91, &ephemeral.public), key_id].concat();
        vec![CommandApdu::new(0x22, 0x41, 0xa6).with_data(data)]
    } else {
        let set = [encode(0x80, &offer.oid), key_id].concat();
        let agree = encode(0x7c, &encode(0x80, &ephemeral.public));
        vec![
            CommandApdu::new(0x22, 0x41, 0xa4).with_data(set),
            CommandApdu::new(0x86, 0, 0).with_data(agree).expecting(256),
        ]
    };
    for command in &commands {
        if session.send(command)?.status != SUCCESS {
            return Ok(ChipOutcome::Failed(Reason::SignatureInvalid));
        }
    }
    session.protect_with(SecureMessaging::new(SessionKeys::derive(offer.cipher, secret.expose()), None));
    // The first checksum under the new keys is the proof; EF.COM is short and always there.
    let select = CommandApdu::new(0xa4, 0x02, 0x0c).with_data([0x01, 0x1e]);
    match session.send(&select) {
        Ok(_) => Ok(ChipOutcome::AssertedByReader),
        Err(ReadError::Messaging(_) | ReadError::SessionLost(_)) => Err(ReadError::ChipNotGenuine),
        Err(error) => Err(error),
    }
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
    if response.status != SUCCESS {
        return Err(ReadError::File { file: FileId::Dg(15), status: response.status });
    }
    Ok(ActiveExchange { challenge, response: response.data })
}
