//! How far a reading is.
use crate::file_id::FileId;

/// A step of a reading, for showing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReadStep {
    /// Opening the chip.
    Opening,
    /// Reading a file: octets so far and, once known, in all.
    Reading {
        /// The file.
        file: FileId,
        /// Octets read.
        octets: usize,
        /// Octets in all.
        total: usize,
    },
    /// The chip answers a challenge.
    ProvingChip,
    /// Done.
    Finished,
}

/// Is shown how far a reading is, and asked whether to go on.
pub trait ProgressListener {
    /// A step began or went on.
    fn step(&self, step: ReadStep);

    /// Whether the person wants an end; asked before every command.
    fn cancelled(&self) -> bool {
        false
    }
}

/// Nobody watches.
#[derive(Clone, Copy, Debug)]
pub struct Unwatched;

impl ProgressListener for Unwatched {
    fn step(&self, _: ReadStep) {}
}
