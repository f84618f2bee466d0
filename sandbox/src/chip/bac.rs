//! Basic access control from the card's side (ICAO Doc 9303-11, 4.3): a nonce, then both halves of a key.
use trust::random::Random;

use super::cipher::{Purpose, Suite};
use super::command::StatusWord;
use super::messaging::Session;

/// A fresh nonce, RND.IC.
pub(super) fn challenge(random: &mut dyn Random) -> Result<[u8; 8], StatusWord> {
    let mut nonce = [0; 8];
    random.fill(&mut nonce).map_err(|_| StatusWord::NO_DIAGNOSIS)?;
    Ok(nonce)
}

/// Answers EXTERNAL AUTHENTICATE: the response data and the session. `seed` comes from the machine readable zone.
/// Anything wrong looks the same from outside.
pub(super) fn authenticate(
    seed: &[u8],
    nonce: [u8; 8],
    data: &[u8],
    random: &mut dyn Random,
) -> Result<(Vec<u8>, Session), StatusWord> {
    let encryption = Suite::TripleDes.derive(seed, Purpose::Encryption);
    let checksum = Suite::TripleDes.derive(seed, Purpose::Checksum);
    if data.len() != 40 {
        return Err(StatusWord::WRONG_LENGTH);
    }
    let (cryptogram, claimed) = data.split_at_checked(32).ok_or(StatusWord::WRONG_LENGTH)?;
    let opened = encryption.decrypt(cryptogram)?;
    let (terminal_nonce, rest) = opened.split_at_checked(8).ok_or(StatusWord::WRONG_LENGTH)?;
    let (returned, terminal_half) = rest.split_at_checked(8).ok_or(StatusWord::WRONG_LENGTH)?;
    if checksum.checksum(cryptogram)? != *claimed || returned != nonce {
        return Err(StatusWord::AUTHENTICATION_FAILED);
    }

    let mut chip_half = [0; 16];
    random.fill(&mut chip_half).map_err(|_| StatusWord::NO_DIAGNOSIS)?;
    let mut response = encryption.encrypt(&[&nonce, terminal_nonce, chip_half.as_slice()].concat())?;
    response.extend(checksum.checksum(&response)?);

    let shared: Vec<u8> = terminal_half.iter().zip(chip_half).map(|(left, right)| left ^ right).collect();
    let counter = nonce.iter().skip(4).chain(terminal_nonce.iter().skip(4)).copied().collect();
    Ok((response, Session::with_counter(Suite::TripleDes, &shared, counter)))
}
