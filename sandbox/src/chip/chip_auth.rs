//! Chip authentication version 1 from the card's side (ICAO Doc 9303-11, 6.2): a key agreement with the chip's static
//! key, after which the messaging keys change.
use super::agreement::AgreementKey;
use super::cipher::Suite;
use super::command::StatusWord;
use super::messaging::Session;
use super::objects::{find, objects, sole};

/// id-CA, bsi-de 2 2 3; the kind of the key and the cipher follow.
const PROTOCOL: [u8; 8] = [0x04, 0x00, 0x7f, 0x00, 0x07, 0x02, 0x02, 0x03];

/// What MSE:Set AT chose.
#[derive(Clone, Copy, Debug)]
pub(super) struct ChipAuthentication {
    kind: u8,
    suite: Suite,
}

impl ChipAuthentication {
    /// Whether the protocol of MSE:Set AT is chip authentication.
    pub(super) fn concerns(protocol: &[u8]) -> bool {
        protocol.starts_with(&PROTOCOL)
    }

    /// MSE:Set AT.
    pub(super) fn choose(protocol: &[u8]) -> Result<Self, StatusWord> {
        let Some([kind, suite]) = protocol.strip_prefix(&PROTOCOL) else {
            return Err(StatusWord::WRONG_DATA);
        };
        let suite = match suite {
            1 => Suite::TripleDes,
            2 => Suite::Aes128,
            3 => Suite::Aes192,
            4 => Suite::Aes256,
            _ => return Err(StatusWord::WRONG_DATA),
        };
        Ok(Self { kind: *kind, suite })
    }

    /// GENERAL AUTHENTICATE with the terminal's public key: the session that follows.
    pub(super) fn agree(self, key: &AgreementKey, data: &[u8]) -> Result<Session, StatusWord> {
        if self.kind != key.kind() {
            return Err(StatusWord::REFERENCED_DATA_NOT_FOUND);
        }
        let sent = objects(sole(data, 0x7c)?)?;
        let theirs = find(&sent, 0x80).ok_or(StatusWord::WRONG_DATA)?;
        session(self.suite, key, theirs)
    }
}

/// MSE:Set KAT, the older form for triple DES: the terminal's public key in one object.
pub(super) fn set_key_agreement(key: &AgreementKey, data: &[u8]) -> Result<Session, StatusWord> {
    let sent = objects(data)?;
    let theirs = find(&sent, 0x91).ok_or(StatusWord::WRONG_DATA)?;
    session(Suite::TripleDes, key, theirs)
}

fn session(suite: Suite, key: &AgreementKey, theirs: &[u8]) -> Result<Session, StatusWord> {
    Ok(Session::new(suite, &key.agree(theirs)?))
}
