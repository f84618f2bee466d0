//! What a Vietnamese identity card says beyond ICAO Doc 9303: its number and the code printed on it.
mod personal_number;
mod printed_code;
mod provinces;

pub use personal_number::{NotAPersonalNumber, PersonalNumber};
pub use printed_code::{PrintedCode, PrintedCodeDefect};
