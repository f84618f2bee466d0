//! Password authenticated connection establishment from the card's side (ICAO Doc 9303-11, 4.4).
use card::curve::P224;
use trust::random::Random;

use super::cipher::{Key, Purpose, Suite};
use super::command::StatusWord;
use super::group::{Element, Group, StaticKey};
use super::integrated;
use super::messaging::Session;
use super::objects::{encode, find, objects, sole};
use super::passwords::Passwords;

/// id-PACE, bsi-de 2 2 4, without the mapping and the cipher.
const PROTOCOL: [u8; 8] = [0x04, 0x00, 0x7f, 0x00, 0x07, 0x02, 0x02, 0x04];

/// Objects of MSE:Set AT: protocol, password, parameters.
const SET_PROTOCOL: u32 = 0x80;
const SET_PASSWORD: u32 = 0x83;
const SET_PARAMETER: u32 = 0x84;

/// One protocol that EF.CardAccess offers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Offer {
    protocol: Vec<u8>,
    parameter: u8,
}

impl Offer {
    /// All PACEInfo of EF.CardAccess; what is malformed offers nothing.
    pub(super) fn all(card_access: &[u8]) -> Vec<Self> {
        let infos = sole(card_access, 0x31).and_then(objects).unwrap_or_default();
        infos.iter().filter_map(|info| Self::parse(info.value)).collect()
    }

    fn parse(info: &[u8]) -> Option<Self> {
        match objects(info).ok()?.as_slice() {
            [protocol, _version, parameter] if protocol.tag == 0x06 && parameter.tag == 0x02 => {
                let [parameter] = parameter.value else { return None };
                let protocol = protocol.value.to_vec();
                (protocol.starts_with(&PROTOCOL) && protocol.len() == PROTOCOL.len() + 2)
                    .then_some(Self { protocol, parameter: *parameter })
            }
            _ => None,
        }
    }
}

/// How both sides come to a common generator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mapping {
    /// Over a Diffie-Hellman exchange.
    Generic,
    /// By hashing both nonces into the group.
    Integrated,
    /// Generic, and the chip's scalar proves its static key afterwards.
    ChipAuthentication,
}

/// What was chosen by MSE:Set AT.
#[derive(Clone, Debug)]
struct Choice {
    protocol: Vec<u8>,
    mapping: Mapping,
    suite: Suite,
    group: Group,
    password: Key,
}

/// How far the exchange has come; each step is taken once and in order.
#[derive(Clone, Debug, Default)]
pub(super) enum Exchange {
    /// Nothing is chosen.
    #[default]
    Idle,
    /// The parameters are set.
    Chosen(Box<ChosenState>),
    /// The nonce is out.
    Nonced(Box<NoncedState>),
    /// Both agree on a generator.
    Mapped(Box<MappedState>),
    /// Both have the secret; tokens are due.
    Agreed(Box<AgreedState>),
}

#[derive(Clone, Debug)]
pub(super) struct ChosenState {
    choice: Choice,
}

#[derive(Clone, Debug)]
pub(super) struct NoncedState {
    choice: Choice,
    nonce: Vec<u8>,
}

#[derive(Clone, Debug)]
pub(super) struct MappedState {
    choice: Choice,
    generator: Element,
    /// The chip's scalar of a generic mapping.
    scalar: Vec<u8>,
}

#[derive(Clone, Debug)]
pub(super) struct AgreedState {
    choice: Choice,
    scalar: Vec<u8>,
    own: Vec<u8>,
    theirs: Vec<u8>,
    secret: Vec<u8>,
}

/// What one GENERAL AUTHENTICATE gives: objects for the response, and at the end a session.
pub(super) struct Step {
    pub(super) response: Vec<u8>,
    pub(super) session: Option<Session>,
}

impl Exchange {
    /// Whether the protocol of MSE:Set AT is PACE.
    pub(super) fn concerns(protocol: &[u8]) -> bool {
        protocol.starts_with(&PROTOCOL)
    }

    /// MSE:Set AT.
    pub(super) fn choose(data: &[u8], offers: &[Offer], passwords: &Passwords) -> Result<Self, StatusWord> {
        let set = objects(data)?;
        let protocol = find(&set, SET_PROTOCOL).ok_or(StatusWord::WRONG_DATA)?;
        let named = match find(&set, SET_PARAMETER) {
            None => None,
            Some([parameter]) => Some(*parameter),
            Some(_) => return Err(StatusWord::WRONG_DATA),
        };
        let mut fitting = offers.iter().filter(|offer| {
            offer.protocol == protocol && named.is_none_or(|parameter| parameter == offer.parameter)
        });
        let offer = fitting.next().ok_or(StatusWord::WRONG_DATA)?;
        if fitting.any(|other| other != offer) {
            return Err(StatusWord::REFERENCED_DATA_NOT_FOUND);
        }
        let Some([reference]) = find(&set, SET_PASSWORD) else {
            return Err(StatusWord::WRONG_DATA);
        };
        let secret = passwords.pace_secret(*reference).ok_or(StatusWord::REFERENCED_DATA_NOT_FOUND)?;
        let [.., mapping, cipher] = protocol else {
            return Err(StatusWord::WRONG_DATA);
        };
        let suite = match cipher {
            1 => Suite::TripleDes,
            2 => Suite::Aes128,
            3 => Suite::Aes192,
            4 => Suite::Aes256,
            _ => return Err(StatusWord::WRONG_DATA),
        };
        let group = Group::standardised(offer.parameter)?;
        let mapping = match (mapping, &group) {
            (1, Group::Modp(_)) | (2, Group::Curve(_)) => Mapping::Generic,
            // The map wants a prime that is 3 modulo 4, which that of P-224 is not.
            (4, Group::Curve(curve)) if *curve.domain() == P224 => return Err(StatusWord::WRONG_DATA),
            (3, Group::Modp(_)) | (4, Group::Curve(_)) => Mapping::Integrated,
            (6, Group::Curve(_)) => Mapping::ChipAuthentication,
            _ => return Err(StatusWord::WRONG_DATA),
        };
        let choice = Choice {
            protocol: protocol.to_vec(),
            mapping,
            suite,
            group,
            password: suite.derive(&secret, Purpose::Password),
        };
        Ok(Self::Chosen(Box::new(ChosenState { choice })))
    }

    /// One GENERAL AUTHENTICATE. Whatever fails puts the exchange back to its start.
    /// `key` is the chip's static key, for the mapping that proves it.
    pub(super) fn advance(
        &mut self,
        data: &[u8],
        key: Option<&StaticKey>,
        random: &mut dyn Random,
    ) -> Result<Step, StatusWord> {
        let sent = objects(sole(data, 0x7c)?)?;
        let (response, session) = match (std::mem::take(self), sent.as_slice()) {
            (Self::Chosen(state), []) => {
                let (next, response) = state.nonce(random)?;
                *self = Self::Nonced(Box::new(next));
                (response, None)
            }
            (Self::Nonced(state), [sent]) if sent.tag == 0x81 => {
                let (next, response) = state.map(sent.value, random)?;
                *self = Self::Mapped(Box::new(next));
                (response, None)
            }
            (Self::Mapped(state), [sent]) if sent.tag == 0x83 => {
                let (next, response) = state.agree(sent.value, random)?;
                *self = Self::Agreed(Box::new(next));
                (response, None)
            }
            (Self::Agreed(state), [sent]) if sent.tag == 0x85 => {
                let (session, response) = state.authenticate(sent.value, key)?;
                (response, Some(session))
            }
            _ => return Err(StatusWord::CONDITIONS_NOT_SATISFIED),
        };
        Ok(Step { response: encode(0x7c, &response), session })
    }
}

impl ChosenState {
    /// The encrypted nonce.
    fn nonce(self, random: &mut dyn Random) -> Result<(NoncedState, Vec<u8>), StatusWord> {
        let octets = match self.choice.mapping {
            Mapping::Integrated => integrated::nonce_octets(self.choice.suite),
            Mapping::Generic | Mapping::ChipAuthentication => 16,
        };
        let mut nonce = vec![0; octets];
        random.fill(&mut nonce).map_err(|_| StatusWord::NO_DIAGNOSIS)?;
        let cryptogram = self.choice.password.encrypt(&nonce)?;
        Ok((NoncedState { choice: self.choice, nonce }, encode(0x80, &cryptogram)))
    }
}

impl NoncedState {
    fn map(self, theirs: &[u8], random: &mut dyn Random) -> Result<(MappedState, Vec<u8>), StatusWord> {
        match self.choice.mapping {
            Mapping::Integrated => self.map_integrated(theirs),
            Mapping::Generic | Mapping::ChipAuthentication => self.map_generic(theirs, random),
        }
    }

    /// The nonce times the generator, plus a shared element (4.4.3.3.1).
    fn map_generic(
        self,
        theirs: &[u8],
        random: &mut dyn Random,
    ) -> Result<(MappedState, Vec<u8>), StatusWord> {
        let group = &self.choice.group;
        let theirs = group.decode(theirs)?;
        let scalar = group.generate_scalar(random)?;
        let own = group.multiply(&group.generator(), &scalar)?;
        let shared = group.multiply(&theirs, &scalar)?;
        let generator = group.add(&group.multiply(&group.generator(), &self.nonce)?, &shared)?;
        // An element that is neutral has no encoding: nothing may be built on it.
        group.encode(&generator)?;
        let response = encode(0x82, &group.encode(&own)?);
        Ok((MappedState { choice: self.choice, generator, scalar }, response))
    }

    /// Both nonces hashed into the group (4.4.3.3.2).
    fn map_integrated(self, theirs: &[u8]) -> Result<(MappedState, Vec<u8>), StatusWord> {
        let generator = self.choice.group.map_nonces(self.choice.suite, &self.nonce, theirs)?;
        self.choice.group.encode(&generator)?;
        Ok((MappedState { choice: self.choice, generator, scalar: Vec::new() }, encode(0x82, &[])))
    }
}

impl MappedState {
    /// Key agreement on the mapped generator.
    fn agree(self, theirs: &[u8], random: &mut dyn Random) -> Result<(AgreedState, Vec<u8>), StatusWord> {
        let group = &self.choice.group;
        let scalar = group.generate_scalar(random)?;
        let own = group.encode(&group.multiply(&self.generator, &scalar)?)?;
        let secret = group.secret(&group.multiply(&group.decode(theirs)?, &scalar)?)?;
        if own == theirs {
            return Err(StatusWord::AUTHENTICATION_FAILED);
        }
        let response = encode(0x84, &own);
        let theirs = theirs.to_vec();
        Ok((AgreedState { choice: self.choice, scalar: self.scalar, own, theirs, secret }, response))
    }
}

impl AgreedState {
    /// Checks the terminal's token and gives the chip's.
    fn authenticate(self, token: &[u8], key: Option<&StaticKey>) -> Result<(Session, Vec<u8>), StatusWord> {
        let checksum = self.choice.suite.derive(&self.secret, Purpose::Checksum);
        if *token != checksum.checksum(&self.token_input(&self.own))? {
            return Err(StatusWord::AUTHENTICATION_FAILED);
        }
        let mut response = encode(0x86, &checksum.checksum(&self.token_input(&self.theirs))?);
        if self.choice.mapping == Mapping::ChipAuthentication {
            let key = key.ok_or(StatusWord::REFERENCED_DATA_NOT_FOUND)?;
            response.extend(encode(0x8a, &self.chip_authentication_data(key)?));
        }
        Ok((Session::new(self.choice.suite, &self.secret), response))
    }

    /// The proof of the static key, encrypted with a counter of minus one (4.4.3.5).
    fn chip_authentication_data(&self, key: &StaticKey) -> Result<Vec<u8>, StatusWord> {
        let proof = key.divide(&self.choice.group, &self.scalar)?;
        let suite = self.choice.suite;
        let encryption = suite.derive(&self.secret, Purpose::Encryption);
        let initial = encryption.encrypt(&vec![0xff; suite.block()])?;
        encryption.encrypt_from(&initial, &suite.pad(&proof))
    }

    /// A public key data object with the protocol (4.4.3.4).
    fn token_input(&self, public: &[u8]) -> Vec<u8> {
        let tag = match self.choice.group {
            Group::Curve(_) => 0x86,
            Group::Modp(_) => 0x84,
        };
        encode(0x7f49, &[encode(0x06, &self.choice.protocol), encode(tag, public)].concat())
    }
}
