//! The reader's part in remote Chip Authentication: it passes on, and learns no key.
use trust::random::Random;

use super::chip::agree_on_key;
use super::open;
use super::session::Session;
use super::{ProgressListener, ReadError, ReadStep};
use crate::access::AccessPolicy;
use crate::access::key::AccessKey;
use crate::remote::RemoteChallenge;
use crate::transport::CardTransport;

/// Opens the chip with one attempt and lets it answer a server's challenge; gives the chip's answer for
/// [`crate::RemoteChipAuthentication::verify`]. The session is over afterwards.
pub fn answer_remote_challenge(
    transport: &mut dyn CardTransport,
    key: &AccessKey,
    policy: AccessPolicy,
    challenge: &RemoteChallenge,
    random: &mut dyn Random,
    progress: &dyn ProgressListener,
) -> Result<Vec<u8>, ReadError> {
    let mut session = Session::new(transport, progress);
    progress.step(ReadStep::Opening);
    open::open(&mut session, key, policy, random)?;
    progress.step(ReadStep::ProvingChip);
    let RemoteChallenge { protocol, key_id, public_key, command } = challenge;
    if !agree_on_key(&mut session, protocol, key_id.as_deref(), public_key)? {
        return Err(ReadError::ChipNotGenuine);
    }
    let answer = session.pass_on(command)?;
    progress.step(ReadStep::Finished);
    Ok(answer)
}
