//! The chip behind the virtual reader of `pcscd`: a TCP client of `vpcd`. Each message is a length of two octets and
//! so many octets; one octet from the reader is a control message, anything longer a command.
use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream, ToSocketAddrs};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::{Chip, ChipError, Lost};

/// No historical bytes; T=1, so that lengths may be extended.
const ANSWER_TO_RESET: [u8; 5] = [0x3b, 0x80, 0x80, 0x01, 0x01];

/// How often the stop signal is looked at.
const TICK: Duration = Duration::from_millis(100);

/// How long to wait before calling again a reader that is not there.
const RETRY: Duration = Duration::from_millis(500);

const OFF: u8 = 0;
const ON: u8 = 1;
const RESET: u8 = 2;
const ATR_WANTED: u8 = 4;

/// Serves the card of a folder to the virtual reader at `address` (`127.0.0.1:35963`) until `stop` is set. Waits for
/// the reader and calls again when it hangs up. The folder is read again whenever the reader switches the card on or
/// off or resets it: so a card is swapped in its place, which the reader notices much later when the socket closes.
pub fn serve(folder: &Path, address: &str, stop: &AtomicBool) -> Result<(), ChipError> {
    // A folder that is just being written leaves the card as it was.
    let renew = |chip: &mut Chip| match Chip::from_folder(folder) {
        Ok(renewed) => *chip = renewed,
        Err(_unreadable) => chip.reset(),
    };
    serve_renewed(&mut Chip::from_folder(folder)?, renew, address, stop)
}

/// As [`serve`], with a chip that the caller made.
pub fn serve_chip(chip: &mut Chip, address: &str, stop: &AtomicBool) -> Result<(), ChipError> {
    serve_renewed(chip, Chip::reset, address, stop)
}

fn serve_renewed(
    chip: &mut Chip,
    renew: impl Fn(&mut Chip),
    address: &str,
    stop: &AtomicBool,
) -> Result<(), ChipError> {
    let address = address.to_socket_addrs()?.next().ok_or(ChipError::NoAddress)?;
    while !stop.load(Ordering::Relaxed) {
        match connect(address) {
            Ok(stream) => {
                renew(chip);
                // The reader going away is no failure of the card: it waits for the next.
                let _: Result<(), std::io::Error> = converse(chip, &renew, stream, stop);
            }
            Err(_unreachable) => {}
        }
        pause(RETRY, stop);
    }
    Ok(())
}

fn connect(address: SocketAddr) -> Result<TcpStream, std::io::Error> {
    let stream = TcpStream::connect_timeout(&address, RETRY)?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(TICK))?;
    Ok(stream)
}

fn pause(total: Duration, stop: &AtomicBool) {
    let mut left = total;
    while !left.is_zero() && !stop.load(Ordering::Relaxed) {
        let step = left.min(TICK);
        std::thread::sleep(step);
        left -= step;
    }
}

fn converse(
    chip: &mut Chip,
    renew: impl Fn(&mut Chip),
    mut stream: TcpStream,
    stop: &AtomicBool,
) -> Result<(), std::io::Error> {
    loop {
        let mut length = [0; 2];
        if !fill(&mut stream, &mut length, stop)? {
            return Ok(());
        }
        let mut message = vec![0; usize::from(u16::from_be_bytes(length))];
        if !fill(&mut stream, &mut message, stop)? {
            return Ok(());
        }
        match message.as_slice() {
            [OFF | ON | RESET] => renew(chip),
            [ATR_WANTED] => send(&mut stream, &ANSWER_TO_RESET)?,
            command => match chip.respond(command) {
                Ok(response) => send(&mut stream, &response)?,
                // Closing the socket takes the card out of the reader.
                Err(Lost) => return Ok(()),
            },
        }
    }
}

/// Fills the buffer; false when the caller wants an end or the reader hung up between messages.
fn fill(stream: &mut TcpStream, mut buffer: &mut [u8], stop: &AtomicBool) -> Result<bool, std::io::Error> {
    while !buffer.is_empty() {
        if stop.load(Ordering::Relaxed) {
            return Ok(false);
        }
        quick_acknowledge(stream);
        match stream.read(buffer) {
            Ok(0) => return Ok(false),
            Ok(count) => buffer = buffer.get_mut(count..).unwrap_or_default(),
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(true)
}

/// `vpcd` sends length and body apart; without this a delayed acknowledgement costs 44 ms a command. Linux forgets the
/// setting, so it is set before each read.
fn quick_acknowledge(stream: &TcpStream) {
    #[cfg(target_os = "linux")]
    let _: Result<(), std::io::Error> = socket2::SockRef::from(stream).set_tcp_quickack(true);
    #[cfg(not(target_os = "linux"))]
    let _ = stream;
}

fn send(stream: &mut TcpStream, message: &[u8]) -> Result<(), std::io::Error> {
    let length = u16::try_from(message.len()).map_err(|_| ErrorKind::InvalidData)?;
    let mut framed = length.to_be_bytes().to_vec();
    framed.extend(message);
    stream.write_all(&framed)
}

#[cfg(test)]
mod tests;
