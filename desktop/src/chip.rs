//! Where the chip is: a simulated card folder or a PC/SC reader; and how its reading is shown.
use std::cell::Cell;
use std::io::{IsTerminal, Write};
use std::path::Path;

use card::{AccessKey, Can, CardTransport, MrzKey, ProgressListener, ReadError, ReadStep, TransportError};
use sandbox::chip::{Chip, ChipTransport};

use crate::cli::{AccessArgs, ChipArgs};
use crate::output::Failure;

/// The way to the chip that the flags name.
pub(crate) fn transport(chip: &ChipArgs) -> Result<Box<dyn CardTransport>, Failure> {
    match (&chip.simulate, &chip.reader) {
        (Some(folder), _) => Ok(Box::new(ChipTransport::new(of_folder(folder)?))),
        (None, Some(name)) => reader(name),
        (None, None) => {
            Err(Failure::input("no_chip", "say where the card is: --reader NAME or --simulate DIR"))
        }
    }
}

/// The simulated chip of a card folder.
pub(crate) fn of_folder(folder: &Path) -> Result<Chip, Failure> {
    let unreadable = |why: String| Failure::input("card_folder_unreadable", why);
    if !folder.join("EF_SOD.bin").exists() {
        return Err(unreadable(format!("{} is no card folder", folder.display())));
    }
    Chip::from_folder(folder)
        .map_err(|error| unreadable(format!("cannot serve {}: {error}", folder.display())))
}

#[cfg(feature = "reader")]
fn reader(name: &str) -> Result<Box<dyn CardTransport>, Failure> {
    crate::reader::connect(name).map(|reader| Box::new(reader) as Box<dyn CardTransport>)
}

#[cfg(not(feature = "reader"))]
fn reader(_: &str) -> Result<Box<dyn CardTransport>, Failure> {
    Err(Failure::unreachable(
        "reader_not_built_in",
        "this `sen` was built without card readers. Install pcscd and libpcsclite-dev, then build again: \
         cargo run --release --features reader -- card read --reader NAME ...",
    ))
}

/// The key that the flags give.
pub(crate) fn access_key(access: &AccessArgs) -> Result<AccessKey, Failure> {
    let bad = |error| Failure::input("bad_access_key", error);
    if let Some(can) = &access.can {
        return can_key(can);
    }
    if let Some(mrz) = &access.mrz {
        let lines = mrz.replace(['/', ' '], "");
        return Ok(AccessKey::Mrz(MrzKey::from_lines(&lines).map_err(bad)?));
    }
    let text = access.qr.as_deref().unwrap_or_default();
    let number = text.split('|').next().unwrap_or_default();
    let can = Can::from_personal_number(number).map_err(|_| {
        Failure::input("bad_access_key", "the QR text does not begin with a twelve-digit number and a |")
    })?;
    Ok(AccessKey::Can(can))
}

/// The key of a card access number.
pub(crate) fn can_key(can: &str) -> Result<AccessKey, Failure> {
    Can::parse(can).map(AccessKey::Can).map_err(|error| Failure::input("bad_access_key", error))
}

/// Characters of the bar.
const WIDTH: usize = 30;

/// Draws a bar on a terminal and says the steps elsewhere.
pub(crate) struct Shown {
    drawn: Cell<bool>,
}

impl Shown {
    pub(crate) const fn new() -> Self {
        Self { drawn: Cell::new(false) }
    }
}

impl ProgressListener for Shown {
    fn step(&self, step: ReadStep) {
        let mut err = std::io::stderr().lock();
        if !err.is_terminal() {
            return;
        }
        let _ = match step {
            ReadStep::Opening => write!(err, "\r\x1b[Kopening the chip, keep the card still ..."),
            ReadStep::Reading { file, octets, total } => {
                let full = (WIDTH * octets).checked_div(total).unwrap_or(0).min(WIDTH);
                let bar = "█".repeat(full) + &"░".repeat(WIDTH - full);
                write!(err, "\r\x1b[K{bar} {file} {octets}/{total} bytes")
            }
            ReadStep::ProvingChip => write!(err, "\r\x1b[Kthe chip proves that it is no copy ..."),
            ReadStep::Finished => write!(err, "\r\x1b[K"),
        };
        let _ = err.flush();
        self.drawn.set(!matches!(step, ReadStep::Finished));
    }
}

impl Drop for Shown {
    fn drop(&mut self) {
        if self.drawn.get() {
            let _ = writeln!(std::io::stderr());
        }
    }
}

/// What a failed reading means for a person.
pub(crate) fn failure(error: ReadError) -> Failure {
    match error {
        ReadError::Transport(TransportError::TagLost) => Failure::unreachable(
            "card.tag_lost",
            "the card was lost: hold it still and try again; nothing was kept",
        ),
        ReadError::Transport(TransportError::Timeout) => Failure::unreachable(
            "card.timeout",
            "the card does not answer: take it away, put it back and try again",
        ),
        ReadError::Transport(TransportError::Unavailable) => Failure::unreachable(
            "card.reader_unavailable",
            "the card reader does not work: is pcscd running?",
        ),
        ReadError::WrongAccessKey => Failure::negative(
            "card.wrong_access_key",
            "the chip does not know this number; one attempt was made. Check it before you try again",
        ),
        ReadError::ChipNotGenuine => Failure::negative("card.chip_not_genuine", "the chip is a copy"),
        ReadError::AccessDowngraded => Failure::negative(
            "card.access_downgraded",
            "the card can do PACE and hid it: somebody may sit between it and this reader",
        ),
        other => Failure::negative("card.not_read", other),
    }
}
