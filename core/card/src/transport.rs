//! The way to a chip: a port that each platform implements over its NFC stack or its card reader.

/// Why no answer came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TransportError {
    /// The card left the field.
    #[error("the card was lost")]
    TagLost,
    /// The chip did not answer in time.
    #[error("the card did not answer in time")]
    Timeout,
    /// The person put an end to it.
    #[error("cancelled")]
    UserCancelled,
    /// There is no reader, or it does not work.
    #[error("no card reader")]
    Unavailable,
}

/// Sends command APDUs and returns response APDUs. Called from one thread at a time; blocks.
pub trait CardTransport {
    /// The longest command, in octets, that this way takes; 261 where only short APDUs go. Answers are asked for in
    /// such pieces that none is longer either, but for a short one, which may have 258 octets.
    fn max_command_len(&self) -> usize;

    /// Sends a command APDU and returns the response with its two status octets.
    fn transceive(&mut self, command: &[u8]) -> Result<Vec<u8>, TransportError>;
}

/// A port that can be handed on is one too.
impl<T: CardTransport + ?Sized> CardTransport for &mut T {
    fn max_command_len(&self) -> usize {
        (**self).max_command_len()
    }

    fn transceive(&mut self, command: &[u8]) -> Result<Vec<u8>, TransportError> {
        (**self).transceive(command)
    }
}
