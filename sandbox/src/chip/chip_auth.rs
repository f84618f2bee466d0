//! Chip authentication version 1 from the card's side (ICAO Doc 9303-11, 6.2): a key agreement with the chip's static
//! key, after which the messaging keys change.
use super::cipher::Suite;
use super::command::StatusWord;
use super::group::StaticKey;
use super::messaging::Session;
use super::objects::{find, objects, sole};

/// id-CA-ECDH, bsi-de 2 2 3 2, without the cipher.
const PROTOCOL: [u8; 9] = [0x04, 0x00, 0x7f, 0x00, 0x07, 0x02, 0x02, 0x03, 0x02];

/// The cipher that MSE:Set AT chose.
#[derive(Clone, Copy, Debug)]
pub(super) struct ChipAuthentication {
    suite: Suite,
}

impl ChipAuthentication {
    /// Whether the protocol of MSE:Set AT is chip authentication.
    pub(super) fn concerns(protocol: &[u8]) -> bool {
        protocol.starts_with(&PROTOCOL)
    }

    /// MSE:Set AT.
    pub(super) fn choose(protocol: &[u8]) -> Result<Self, StatusWord> {
        let suite = match protocol {
            [.., 1] => Suite::TripleDes,
            [.., 2] => Suite::Aes128,
            [.., 3] => Suite::Aes192,
            [.., 4] => Suite::Aes256,
            _ => return Err(StatusWord::WRONG_DATA),
        };
        Ok(Self { suite })
    }

    /// GENERAL AUTHENTICATE with the terminal's public key: the session that follows.
    pub(super) fn agree(self, key: &StaticKey, data: &[u8]) -> Result<Session, StatusWord> {
        let sent = objects(sole(data, 0x7c)?)?;
        let theirs = find(&sent, 0x80).ok_or(StatusWord::WRONG_DATA)?;
        session(self.suite, key, theirs)
    }
}

/// MSE:Set KAT, the older form for triple DES: the terminal's public key in one object.
pub(super) fn set_key_agreement(key: &StaticKey, data: &[u8]) -> Result<Session, StatusWord> {
    let sent = objects(data)?;
    let theirs = find(&sent, 0x91).ok_or(StatusWord::WRONG_DATA)?;
    session(Suite::TripleDes, key, theirs)
}

fn session(suite: Suite, key: &StaticKey, theirs: &[u8]) -> Result<Session, StatusWord> {
    Ok(Session::new(suite, &key.agree(theirs)?))
}
