//! Opening a chip: PACE with the card access number or the MRZ, or Basic Access Control with the MRZ (ICAO Doc
//! 9303-11, 4). PACE is used wherever the card offers it; nothing is downgraded in silence.
pub mod bac;
pub(crate) mod chip_key;
pub mod group;
pub mod info;
mod integrated;
pub mod key;
pub mod pace;
pub mod prime_field;
mod residue;
#[cfg(test)]
mod tests;

use crate::messaging::Cipher;

/// How a chip was opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessRecord {
    /// The protocol.
    pub protocol: AccessProtocol,
    /// What protects the session.
    pub cipher: Cipher,
    /// The domain parameters of PACE.
    pub parameters: Option<&'static str>,
    /// EF.CardAccess could not be read and the constant known of Vietnamese cards stood in for it.
    pub assumed_card_access: bool,
}

/// The protocol that opened a chip.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccessProtocol {
    /// PACE with generic mapping.
    PaceGm,
    /// PACE with integrated mapping.
    PaceIm,
    /// PACE with chip authentication mapping.
    PaceCam,
    /// Basic Access Control.
    Bac,
}

impl From<info::Mapping> for AccessProtocol {
    fn from(mapping: info::Mapping) -> Self {
        match mapping {
            info::Mapping::Generic => Self::PaceGm,
            info::Mapping::Integrated => Self::PaceIm,
            info::Mapping::ChipAuthentication => Self::PaceCam,
        }
    }
}

impl AccessProtocol {
    /// The name that the command line prints.
    pub const fn name(self) -> &'static str {
        match self {
            Self::PaceGm => "pace-gm",
            Self::PaceIm => "pace-im",
            Self::PaceCam => "pace-cam",
            Self::Bac => "bac",
        }
    }
}

/// What may be used to open a chip.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum AccessPolicy {
    /// PACE where the card offers it; BAC only on a card that offers none.
    #[default]
    PaceThenBacIfNotOffered,
    /// PACE or nothing.
    PaceOnly,
    /// BAC at once: for a card whose PACE is known to be broken. The record says so.
    BacOnly,
}
