//! One conversation with a chip: plain at first, protected once it is open.
use super::{ProgressListener, ReadError, ReadStep};
use crate::apdu::{CommandApdu, ResponseApdu};
use crate::file_id::FileId;
use crate::messaging::SecureMessaging;
use crate::transport::CardTransport;

/// Octets of a short command with secure messaging: what goes into one short APDU.
const SHORT_COMMAND: usize = 261;

pub(super) struct Session<'a> {
    transport: &'a mut dyn CardTransport,
    progress: &'a dyn ProgressListener,
    messaging: Option<SecureMessaging>,
    apdus: u32,
    /// Octets to ask for in one READ BINARY.
    pub(super) chunk: u32,
}

impl<'a> Session<'a> {
    pub(super) fn new(transport: &'a mut dyn CardTransport, progress: &'a dyn ProgressListener) -> Self {
        let extended = transport.max_command_len() > SHORT_COMMAND;
        let chunk = if extended { super::files::FIRST_EXTENDED } else { super::files::SHORT };
        Self { transport, progress, messaging: None, apdus: 0, chunk }
    }

    /// Whether commands in extended form go this way.
    pub(super) fn extended(&self) -> bool {
        self.transport.max_command_len() > SHORT_COMMAND
    }

    pub(super) const fn apdus(&self) -> u32 {
        self.apdus
    }

    pub(super) fn protect_with(&mut self, messaging: SecureMessaging) {
        self.messaging = Some(messaging);
    }

    pub(super) fn show(&self, file: FileId, octets: usize, total: usize) {
        self.progress.step(ReadStep::Reading { file, octets, total });
    }

    pub(super) fn show_step(&self, step: ReadStep) {
        self.progress.step(step);
    }

    /// Sends one command. After any error under secure messaging the session is over.
    pub(super) fn send(&mut self, command: &CommandApdu) -> Result<ResponseApdu, ReadError> {
        if self.progress.cancelled() {
            return Err(ReadError::Cancelled);
        }
        self.apdus = self.apdus.saturating_add(1);
        let Some(mut messaging) = self.messaging.take() else {
            let answer = self.transport.transceive(&command.encode())?;
            return ResponseApdu::parse(&answer).ok_or(ReadError::AccessMalformed);
        };
        let answer = self.transport.transceive(&messaging.protect(command))?;
        if let [high, low] = answer.as_slice() {
            return Err(ReadError::SessionLost(u16::from_be_bytes([*high, *low])));
        }
        let response = messaging.unprotect(&answer)?;
        self.messaging = Some(messaging);
        Ok(response)
    }
}
