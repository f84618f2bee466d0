//! One conversation with a chip: plain at first, protected once it is open.
#[cfg(test)]
mod tests;

use super::{ProgressListener, ReadError, ReadStep};
use crate::access::group::Parameters;
use crate::apdu::{CommandApdu, ResponseApdu, SUCCESS};
use crate::file_id::FileId;
use crate::messaging::SecureMessaging;
use crate::transport::CardTransport;

/// From here on extended length is used: a protected command with a key of 2,048 bits fits, and an answer of more than
/// 256 octets of data. What lies between a short command (261) and this would gain nothing.
const LEAST_EXTENDED: usize = 320;
/// Octets of the longest answer to a short command.
const SHORT_ANSWER: usize = 258;
/// More answers in a row that only say "there is more" are a chip that never ends.
const MOST_CONTINUATIONS: usize = 300;
/// No answer has more octets.
const LONGEST_ANSWER: usize = 0x1_0002;

pub(super) struct Session<'a> {
    transport: &'a mut dyn CardTransport,
    progress: &'a dyn ProgressListener,
    messaging: Option<SecureMessaging>,
    apdus: u32,
    /// Octets to ask for in one READ BINARY at most: what the chip is believed to give.
    pub(super) chunk: u32,
    /// Octets of an answer at most: what the transport carries, and the chip where it announced it.
    longest_answer: usize,
    /// The chip gave an answer of extended length: it knows them.
    pub(super) extended_works: bool,
    /// The chip does not read by short identifier: files are selected first.
    pub(super) by_select: bool,
}

impl<'a> Session<'a> {
    pub(super) fn new(transport: &'a mut dyn CardTransport, progress: &'a dyn ProgressListener) -> Self {
        let longest = transport.max_command_len();
        let chunk =
            if longest >= LEAST_EXTENDED { super::files::FIRST_EXTENDED } else { super::files::SHORT };
        Self {
            transport,
            progress,
            messaging: None,
            apdus: 0,
            chunk,
            longest_answer: longest.min(LONGEST_ANSWER),
            extended_works: false,
            by_select: false,
        }
    }

    /// Whether commands in extended form go this way: as the transport says, whatever the chip does.
    pub(super) fn extended(&self) -> bool {
        self.transport.max_command_len() >= LEAST_EXTENDED
    }

    /// Whether a public key of that group goes this way.
    pub(super) fn carries(&self, parameters: Parameters) -> bool {
        self.extended() || parameters.fits_short_commands()
    }

    /// The chip says how long its answers may be.
    pub(super) fn announced(&mut self, longest_answer: u32) {
        let announced = usize::try_from(longest_answer).unwrap_or(usize::MAX).max(SHORT_ANSWER);
        self.longest_answer = self.longest_answer.min(announced);
        let is_short = self.longest_answer < LEAST_EXTENDED;
        self.chunk = if is_short { super::files::SHORT } else { 0x1_0000 };
    }

    /// Octets to ask for in one READ BINARY, so that the answer with all its objects fits.
    pub(super) fn most_data(&self) -> u32 {
        let is_short = self.chunk <= super::files::SHORT;
        let longest = if is_short { self.longest_answer.min(SHORT_ANSWER) } else { self.longest_answer };
        u32::try_from(self.data_within(longest)).unwrap_or(u32::MAX).min(self.chunk)
    }

    /// Octets of data to expect in an answer in the clear, so many at most.
    pub(super) fn plain_data(&self, most: u32) -> u32 {
        u32::try_from(self.longest_answer.saturating_sub(2)).unwrap_or(u32::MAX).min(most)
    }

    /// Whether an answer with so many octets of data goes this way. The transport alone decides: what the chip announces
    /// or refuses would let a copy choose that nothing was asked of it.
    pub(super) fn carries_answer(&self, octets: usize) -> bool {
        let longest =
            if self.extended() { self.transport.max_command_len().min(LONGEST_ANSWER) } else { SHORT_ANSWER };
        self.data_within(longest) >= octets
    }

    fn data_within(&self, answer: usize) -> usize {
        self.messaging.as_ref().map_or(answer.saturating_sub(2), |messaging| messaging.data_within(answer))
    }

    pub(super) const fn apdus(&self) -> u32 {
        self.apdus
    }

    pub(super) fn protect_with(&mut self, messaging: SecureMessaging) {
        self.messaging = Some(messaging);
    }

    /// The chip ended the session; the next command goes in the clear.
    pub(super) fn end(&mut self) {
        self.messaging = None;
    }

    pub(super) fn show(&self, file: FileId, octets: usize, total: usize) {
        self.progress.step(ReadStep::Reading { file, octets, total });
    }

    pub(super) fn show_step(&self, step: ReadStep) {
        self.progress.step(step);
    }

    /// Sends one command. After any error under secure messaging the session is over.
    pub(super) fn send(&mut self, command: &CommandApdu) -> Result<ResponseApdu, ReadError> {
        let Some(mut messaging) = self.messaging.take() else {
            let answer = self.exchange(&command.encode())?;
            return ResponseApdu::parse(&answer).ok_or(ReadError::AccessMalformed);
        };
        let answer = self.exchange(&messaging.protect(command))?;
        if let [high, low] = answer.as_slice() {
            return Err(ReadError::SessionLost(u16::from_be_bytes([*high, *low])));
        }
        let response = messaging.unprotect(&answer)?;
        self.messaging = Some(messaging);
        Ok(response)
    }

    /// Sends a command that somebody else protected, whose keys are not known here, and ends the session.
    pub(super) fn pass_on(&mut self, command: &[u8]) -> Result<Vec<u8>, ReadError> {
        self.end();
        self.exchange(command)
    }

    /// One command, and as many GET RESPONSE as readers with T=0 need (7816-4, 11.7.1).
    fn exchange(&mut self, command: &[u8]) -> Result<Vec<u8>, ReadError> {
        let mut answer = self.transceive(command)?;
        let mut whole = Vec::new();
        for _ in 0..MOST_CONTINUATIONS {
            let Some((data, [0x61, more])) = answer.split_last_chunk::<2>() else { break };
            whole.extend_from_slice(data);
            if whole.len() > LONGEST_ANSWER {
                return Err(ReadError::AccessMalformed);
            }
            answer = self.transceive(&[0x00, 0xc0, 0x00, 0x00, *more])?;
        }
        whole.extend(answer);
        Ok(whole)
    }

    fn transceive(&mut self, command: &[u8]) -> Result<Vec<u8>, ReadError> {
        if self.progress.cancelled() {
            return Err(ReadError::Cancelled);
        }
        if command.len() > self.transport.max_command_len() {
            return Err(ReadError::CommandTooLong);
        }
        self.apdus = self.apdus.saturating_add(1);
        Ok(self.transport.transceive(command)?)
    }

    /// A command that must succeed, or says so with its status.
    pub(super) fn succeeds(&mut self, command: &CommandApdu) -> Result<Result<(), u16>, ReadError> {
        let status = self.send(command)?.status;
        Ok(if status == SUCCESS { Ok(()) } else { Err(status) })
    }
}
