//! The exchange of PACE (9303-11, 4.4.4): MSE:Set AT and four times GENERAL AUTHENTICATE. Exactly one attempt.
#[cfg(test)]
mod tests;

use trust::random::Random;
use trust::secret::Secret;

use super::ReadError;
use super::open::is_wrong_key;
use super::session::Session;
use crate::access::group::{Group, GroupError};
use crate::access::info::{Mapping, PaceOffer};
use crate::access::key::AccessKey;
use crate::access::pace::{self, Ephemeral, MappingProof};
use crate::apdu::{CommandApdu, SUCCESS};
use crate::asn1::{Element, encode};
use crate::messaging::SecureMessaging;

impl From<GroupError> for ReadError {
    fn from(error: GroupError) -> Self {
        match error {
            GroupError::NotInGroup => Self::AccessMalformed,
            GroupError::NoRandom => Self::NoRandom,
        }
    }
}

/// Runs the protocol and opens the session; gives the chip's proof where the mapping brings one.
pub(super) fn run_pace(
    session: &mut Session<'_>,
    offer: &PaceOffer,
    key: &AccessKey,
    random: &mut dyn Random,
) -> Result<Option<MappingProof>, ReadError> {
    let group = Group::new(offer.parameters)?;
    set_protocol(session, offer, key)?;
    let expected = session.plain_data(if offer.parameters.fits_short_commands() { 0x100 } else { 0x1_0000 });
    let mut steps = Steps { session, expected };
    let encrypted = steps.exchange(&[], 0x80)?;
    let nonce = pace::decrypt_nonce(offer, key, &encrypted).ok_or(ReadError::AccessMalformed)?;
    let (generator, mapping_public) = match offer.mapping {
        Mapping::Generic | Mapping::ChipAuthentication => {
            let own = Ephemeral::generate(&group, &group.generator()?, random)?;
            let theirs = steps.exchange(&encode(0x81, &own.public), 0x82)?;
            let shared = own.agree(&group, &theirs)?;
            (pace::map_generator(&group, nonce.expose(), shared.expose())?, theirs)
        }
        Mapping::Integrated => {
            let mut own = vec![0; pace::reader_nonce_octets(offer.cipher)];
            random.fill(&mut own).map_err(|_| ReadError::NoRandom)?;
            // The chip has nothing to say here; some leave the object out.
            steps.send(&encode(0x81, &own), false)?;
            (Secret::new(group.map_nonces(offer.cipher, nonce.expose(), &own)?), Vec::new())
        }
    };
    let own = Ephemeral::generate(&group, generator.expose(), random)?;
    let theirs = steps.exchange(&encode(0x83, &own.public), 0x84)?;
    // A chip that sends its mapping key again would make the proof of its static key worthless (4.4.3.3.3).
    if theirs == mapping_public {
        return Err(ReadError::AccessMalformed);
    }
    let shared = own.agree(&group, &theirs)?;
    let keys = pace::session_keys(offer.cipher, &group, shared.expose())?;
    let token = pace::token(&keys, &pace::token_input(&offer.oid, &group, &theirs));
    let answer = steps.send(&encode(0x85, &token), true)?;
    let expected = pace::token(&keys, &pace::token_input(&offer.oid, &group, &own.public));
    let claimed = object(&answer, 0x86).ok_or(ReadError::AccessMalformed)?;
    if !bool::from(subtle::ConstantTimeEq::ct_eq(&expected[..], claimed.as_slice())) {
        return Err(ReadError::WrongAccessKey);
    }
    let proof = match offer.mapping {
        Mapping::ChipAuthentication => {
            let encrypted = object(&answer, 0x8a).ok_or(ReadError::AccessMalformed)?;
            let scalar = keys.decrypt_chip_authentication(&encrypted).ok_or(ReadError::AccessMalformed)?;
            Some(MappingProof { parameters: offer.parameters, mapping_public, scalar })
        }
        Mapping::Generic | Mapping::Integrated => None,
    };
    steps.session.protect_with(SecureMessaging::new(keys, None));
    Ok(proof)
}

/// MSE:Set AT. Some chips do not know the object with the parameters' number where they have but one set.
fn set_protocol(session: &mut Session<'_>, offer: &PaceOffer, key: &AccessKey) -> Result<(), ReadError> {
    let set = [encode(0x80, &offer.oid), encode(0x83, &[key.reference()])].concat();
    let with_parameters = [&set[..], &encode(0x84, &[offer.parameter_id])].concat();
    let command = CommandApdu::new(0x22, 0xc1, 0xa4);
    let mut status = session.send(&command.clone().with_data(with_parameters))?.status;
    if matches!(status, 0x6a80 | 0x6a88) {
        status = session.send(&command.with_data(set))?.status;
    }
    // 63Cx here is the chip's count of attempts left (9303-11, 4.4.4.1): it still lets us try.
    if status == SUCCESS || status & 0xfff0 == 0x63c0 {
        Ok(())
    } else {
        Err(ReadError::AccessRefused(status))
    }
}

/// The steps of GENERAL AUTHENTICATE.
struct Steps<'s, 'a> {
    session: &'s mut Session<'a>,
    /// Octets expected: keys of large prime fields do not fit into a short answer.
    expected: u32,
}

impl Steps<'_, '_> {
    /// One step but the last: sends an object inside 7C and takes one out of 7C.
    fn exchange(&mut self, sent: &[u8], tag: u32) -> Result<Vec<u8>, ReadError> {
        let answer = self.send(sent, false)?;
        object(&answer, tag).ok_or(ReadError::AccessMalformed)
    }

    /// One GENERAL AUTHENTICATE, chained but for the last. Only the last step tells whether the password was right.
    fn send(&mut self, object: &[u8], last: bool) -> Result<Vec<u8>, ReadError> {
        let mut command =
            CommandApdu::new(0x86, 0, 0).with_data(encode(0x7c, object)).expecting(self.expected);
        command.cla = if last { 0x00 } else { 0x10 };
        let response = self.session.send(&command)?;
        match response.status {
            SUCCESS => Ok(response.data),
            status if last && is_wrong_key(status) => Err(ReadError::WrongAccessKey),
            status => Err(ReadError::AccessRefused(status)),
        }
    }
}

fn object(answer: &[u8], tag: u32) -> Option<Vec<u8>> {
    let objects = Element::whole(answer).ok()?.tagged(0x7c).ok()?.inside().all().ok()?;
    objects.into_iter().find(|object| object.tag == tag).map(|object| object.value.to_vec())
}
