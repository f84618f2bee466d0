//! Remote Chip Authentication: the ephemeral key is a server's, so that the chip's answer proves it to the server and
//! not to the reader alone (9303-11, 6.2; a reader knows its own ephemeral keys and could invent the answer). The
//! server sees EF.DG14 first, makes a challenge for its key, and checks the first answer under the new keys.
use subtle::ConstantTimeEq;
use trust::random::Random;
use trust::secret::Secret;

use crate::access::group::{Group, GroupError};
use crate::access::info::{ChipOffer, chip_offer};
use crate::access::pace::{Ephemeral, session_keys};
use crate::apdu::CommandApdu;
use crate::asn1::Malformed;
use crate::document::VerifiedDocument;
use crate::file_id::FileId;
use crate::messaging::SecureMessaging;

/// Why there is no challenge, or no proof.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RemoteError {
    /// EF.DG14 is malformed.
    #[error("malformed data group 14")]
    Malformed(#[from] Malformed),
    /// The chip has no Chip Authentication that is known here.
    #[error("no chip authentication")]
    NotSupported,
    /// The chip's key is none of its group.
    #[error(transparent)]
    Group(#[from] GroupError),
    /// The document is another one than the challenge was made for.
    #[error("another document")]
    OtherDocument,
    /// The answer is not by the chip that holds the key.
    #[error("the chip does not hold its key")]
    NotProven,
}

/// What the server sends to the reader. Nothing of it is secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RemoteChallenge {
    /// The content of the protocol's object identifier.
    pub protocol: Vec<u8>,
    /// The number of the chip's key, where it has one.
    pub key_id: Option<Vec<u8>>,
    /// The server's ephemeral public key.
    pub public_key: Vec<u8>,
    /// A command that is already protected under the keys of both.
    pub command: Vec<u8>,
}

/// What the server keeps for the answer: for one challenge and one document.
#[derive(Debug)]
pub struct RemoteChipAuthentication {
    dg14: Vec<u8>,
    private_key: Secret<Vec<u8>>,
}

/// A chip that proved to this server that it holds the key of a proven document: built by
/// [`RemoteChipAuthentication::verify`] alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RemotelyProvenChip(());

impl RemoteChipAuthentication {
    /// A challenge for the key in EF.DG14 as the reader sent it.
    pub fn begin(dg14: &[u8], random: &mut dyn Random) -> Result<(Self, RemoteChallenge), RemoteError> {
        let offer = offer(dg14)?;
        let group = Group::new(offer.key.parameters)?;
        Self::with_private_key(dg14, group.generate_scalar(random)?)
    }

    /// As it was kept by [`RemoteChipAuthentication::private_key`], for servers that do not hold it in memory.
    pub fn with_private_key(
        dg14: &[u8],
        private_key: Secret<Vec<u8>>,
    ) -> Result<(Self, RemoteChallenge), RemoteError> {
        let kept = Self { dg14: dg14.to_vec(), private_key };
        let (offer, public_key, mut messaging) = kept.session()?;
        let command = messaging.protect(&first_command());
        let challenge = RemoteChallenge { protocol: offer.oid, key_id: offer.key_id, public_key, command };
        Ok((kept, challenge))
    }

    /// The secret of this challenge, big-endian.
    pub const fn private_key(&self) -> &Secret<Vec<u8>> {
        &self.private_key
    }

    /// Checks the chip's answer. The document must have been proven, and its EF.DG14 be the one of the challenge.
    pub fn verify(
        &self,
        document: &VerifiedDocument,
        response: &[u8],
    ) -> Result<RemotelyProvenChip, RemoteError> {
        let signed = document.files().get(&FileId::Dg(14)).ok_or(RemoteError::NotSupported)?;
        if !bool::from(signed.ct_eq(&self.dg14)) {
            return Err(RemoteError::OtherDocument);
        }
        let (_, _, mut messaging) = self.session()?;
        messaging.protect(&first_command());
        match messaging.unprotect(response) {
            // Whatever it says, only the chip's key makes the checksum.
            Ok(_) => Ok(RemotelyProvenChip(())),
            Err(_) => Err(RemoteError::NotProven),
        }
    }

    fn session(&self) -> Result<(ChipOffer, Vec<u8>, SecureMessaging), RemoteError> {
        let offer = offer(&self.dg14)?;
        let group = Group::new(offer.key.parameters)?;
        let private = Secret::new(self.private_key.expose().clone());
        let ephemeral = Ephemeral::from_private(&group, &group.generator()?, private)?;
        let shared = ephemeral.agree(&group, &offer.key.public)?;
        let keys = session_keys(offer.cipher, &group, shared.expose())?;
        Ok((offer, ephemeral.public, SecureMessaging::new(keys, None)))
    }
}

fn offer(dg14: &[u8]) -> Result<ChipOffer, RemoteError> {
    chip_offer(dg14)?.ok_or(RemoteError::NotSupported)
}

/// The first command under the new keys: selects EF.COM, which is short and always there.
pub(crate) fn first_command() -> CommandApdu {
    CommandApdu::new(0xa4, 0x02, 0x0c).with_data([0x01, 0x1e])
}
