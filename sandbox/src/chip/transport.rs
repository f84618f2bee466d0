//! The chip in process: a reader's transport without a reader.
use card::{CardTransport, TransportError};

use super::{Chip, Lost};

/// A transport whose other end is a simulated chip.
#[derive(Debug)]
pub struct ChipTransport {
    chip: Chip,
    in_field: bool,
    max_command_len: usize,
}

impl ChipTransport {
    /// Puts a chip into the field. The transport itself takes commands of any length.
    pub fn new(chip: Chip) -> Self {
        Self { chip, in_field: true, max_command_len: 65_544 }
    }

    /// As a reader that takes commands of at most so many octets.
    #[must_use]
    pub const fn with_max_command_len(mut self, octets: usize) -> Self {
        self.max_command_len = octets;
        self
    }

    /// Brings the chip back into the field after a loss: it starts anew.
    pub fn reconnect(&mut self) {
        self.chip.reset();
        self.in_field = true;
    }

    /// The chip behind it.
    pub const fn chip(&self) -> &Chip {
        &self.chip
    }

    /// The chip behind it, to change its faults.
    pub const fn chip_mut(&mut self) -> &mut Chip {
        &mut self.chip
    }
}

impl CardTransport for ChipTransport {
    fn max_command_len(&self) -> usize {
        self.max_command_len
    }

    fn transceive(&mut self, command: &[u8]) -> Result<Vec<u8>, TransportError> {
        if !self.in_field {
            return Err(TransportError::TagLost);
        }
        self.chip.respond(command).map_err(|Lost| {
            self.in_field = false;
            TransportError::TagLost
        })
    }
}
