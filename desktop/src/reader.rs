//! PC/SC readers: the chip in a USB reader or in the virtual one.
use std::ffi::CString;

use card::{CardTransport, TransportError};
use pcsc::{Card, Context, Error, MAX_BUFFER_SIZE_EXTENDED, Protocols, Scope, ShareMode};

use crate::output::Failure;

/// A card in a reader.
pub(crate) struct PcscTransport {
    card: Card,
    buffer: Vec<u8>,
}

/// Connects to the card in the reader whose name holds `name`.
pub(crate) fn connect(name: &str) -> Result<PcscTransport, Failure> {
    let context = Context::establish(Scope::User).map_err(|error| {
        Failure::unreachable("pcscd_unreachable", format!("{error}: is pcscd installed and running?"))
    })?;
    let readers = context.list_readers_owned().map_err(|error| Failure::unreachable("no_reader", error))?;
    let text = |reader: &CString| reader.to_string_lossy().into_owned();
    let reader = readers.iter().find(|reader| text(reader).to_lowercase().contains(&name.to_lowercase()));
    let reader = reader.ok_or_else(|| {
        let all: Vec<String> = readers.iter().map(text).collect();
        let all = if all.is_empty() {
            "none is plugged in".to_owned()
        } else {
            format!("there are: {}", all.join(", "))
        };
        Failure::unreachable("no_such_reader", format!("no reader is called {name:?}; {all}"))
    })?;
    let card = context.connect(reader, ShareMode::Exclusive, Protocols::ANY).map_err(|error| {
        let hint = if error == Error::NoSmartcard { ": put the card on the reader" } else { "" };
        Failure::unreachable("no_card", format!("{error}{hint}"))
    })?;
    Ok(PcscTransport { card, buffer: vec![0; MAX_BUFFER_SIZE_EXTENDED] })
}

impl CardTransport for PcscTransport {
    fn max_command_len(&self) -> usize {
        // What CCID readers with extended length take; shorter ones answer 6700 and are asked for less.
        65_544
    }

    fn transceive(&mut self, command: &[u8]) -> Result<Vec<u8>, TransportError> {
        self.card.transmit(command, &mut self.buffer).map(<[u8]>::to_vec).map_err(|error| match error {
            Error::Timeout => TransportError::Timeout,
            Error::Cancelled | Error::CancelledByUser => TransportError::UserCancelled,
            Error::NoService | Error::ServiceStopped | Error::ReaderUnavailable | Error::UnknownReader => {
                TransportError::Unavailable
            }
            _ => TransportError::TagLost,
        })
    }
}
