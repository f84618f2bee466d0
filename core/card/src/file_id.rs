//! The elementary files of an eMRTD (ICAO Doc 9303-10, table 35 and 9303-11).
use std::fmt;

/// A file of the chip.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FileId {
    /// EF.CardAccess, in the master file.
    CardAccess,
    /// EF.CardSecurity, in the master file.
    CardSecurity,
    /// EF.ATR/INFO, in the master file.
    AtrInfo,
    /// EF.COM.
    Com,
    /// EF.SOD.
    Sod,
    /// EF.DG1 to EF.DG16.
    Dg(u8),
}

/// The tags of EF.DG1 to EF.DG16.
const TAGS: [u8; 16] =
    [0x61, 0x75, 0x63, 0x76, 0x65, 0x66, 0x67, 0x68, 0x69, 0x6a, 0x6b, 0x6c, 0x6d, 0x6e, 0x6f, 0x70];

impl FileId {
    /// Every file of the application, in the order of its identifiers.
    pub fn all() -> impl Iterator<Item = Self> {
        [Self::CardAccess, Self::CardSecurity, Self::AtrInfo, Self::Com, Self::Sod]
            .into_iter()
            .chain((1..=16).map(Self::Dg))
    }

    /// The two-octet identifier.
    pub const fn identifier(self) -> u16 {
        match self {
            Self::CardAccess => 0x011c,
            Self::AtrInfo => 0x2f01,
            Self::Com => 0x011e,
            // One in the master file, one in the application.
            Self::CardSecurity | Self::Sod => 0x011d,
            Self::Dg(number) => 0x0100 + number as u16,
        }
    }

    /// The short identifier.
    pub const fn short_identifier(self) -> u8 {
        match self {
            Self::AtrInfo => 0x01,
            _ => (self.identifier() & 0x1f) as u8,
        }
    }

    /// The tag of the data object that is the file's content; the files of the master file have none of their own.
    pub fn tag(self) -> Option<u8> {
        match self {
            Self::Com => Some(0x60),
            Self::Sod => Some(0x77),
            Self::Dg(number) => TAGS.get(usize::from(number).checked_sub(1)?).copied(),
            Self::CardAccess | Self::CardSecurity | Self::AtrInfo => None,
        }
    }

    /// The data group with that tag.
    pub fn from_tag(tag: u8) -> Option<Self> {
        let position = TAGS.iter().position(|known| *known == tag)?;
        u8::try_from(position + 1).ok().map(Self::Dg)
    }

    /// The name of the file on disk without its ending: `EF_DG1`.
    pub fn file_stem(self) -> String {
        format!("EF_{}", self.short_name())
    }

    fn short_name(self) -> String {
        match self {
            Self::CardAccess => "CardAccess".to_owned(),
            Self::CardSecurity => "CardSecurity".to_owned(),
            Self::AtrInfo => "ATRINFO".to_owned(),
            Self::Com => "COM".to_owned(),
            Self::Sod => "SOD".to_owned(),
            Self::Dg(number) => format!("DG{number}"),
        }
    }
}

impl fmt::Display for FileId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.short_name())
    }
}
