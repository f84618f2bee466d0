//! The chip's file system: the master file and the travel document application, their elementary files with short
//! identifiers and the condition under which each may be read (ICAO Doc 9303-10, 3 and 9303-11, table 1).
use std::collections::BTreeMap;
use std::path::Path;

use super::ChipError;

/// The application of travel documents (Doc 9303-10, 3.1).
pub(super) const APPLICATION: [u8; 7] = [0xa0, 0x00, 0x00, 0x02, 0x47, 0x10, 0x01];

/// A directory of the chip.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Directory {
    /// The master file, current after power-up.
    Master,
    /// The travel document application.
    Document,
}

/// An elementary file: where it lies and its identifier.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct FileName {
    /// The directory.
    pub directory: Directory,
    /// The file identifier.
    pub identifier: u16,
}

impl FileName {
    /// What a chip may do and which protocols it speaks.
    pub const CARD_ACCESS: Self = Self::master(0x011c);
    /// Public keys for PACE with chip authentication mapping, signed.
    pub const CARD_SECURITY: Self = Self::master(0x011d);
    /// Lengths that the chip takes and gives.
    pub const ATR_INFO: Self = Self::master(0x2f01);
    /// The applications.
    pub const DIR: Self = Self::master(0x2f00);
    /// Which data groups there are.
    pub const COM: Self = Self::document(0x011e);
    /// The signed digests.
    pub const SOD: Self = Self::document(0x011d);

    const fn master(identifier: u16) -> Self {
        Self { directory: Directory::Master, identifier }
    }

    const fn document(identifier: u16) -> Self {
        Self { directory: Directory::Document, identifier }
    }

    /// A data group, 1 to 16.
    pub const fn data_group(number: u8) -> Self {
        Self::document(0x0100 | number as u16)
    }

    /// The short identifier that READ BINARY takes, if the file has one.
    const fn short(self) -> Option<u8> {
        match (self.directory, self.identifier) {
            (Directory::Master, 0x2f00) => Some(0x1e),
            (Directory::Master, 0x2f01) => Some(0x01),
            (_, 0x0101..=0x011e) => Some((self.identifier & 0x1f) as u8),
            _ => None,
        }
    }

    /// The condition for selecting and reading.
    pub(super) const fn condition(self) -> Condition {
        match (self.directory, self.identifier) {
            (Directory::Master, 0x011d) => Condition::Pace,
            (Directory::Master, _) => Condition::Always,
            (Directory::Document, 0x0103 | 0x0104) => Condition::TerminalAuthentication,
            (Directory::Document, _) => Condition::Access,
        }
    }

    /// The name of its file in a card's folder, `EF_DG1.bin`.
    pub fn file_name(self) -> String {
        let name = match self {
            Self::CARD_ACCESS => "CardAccess".to_owned(),
            Self::CARD_SECURITY => "CardSecurity".to_owned(),
            Self::ATR_INFO => "ATRINFO".to_owned(),
            Self::DIR => "DIR".to_owned(),
            Self::COM => "COM".to_owned(),
            Self::SOD => "SOD".to_owned(),
            Self { identifier, .. } => format!("DG{}", identifier & 0xff),
        };
        format!("EF_{name}.bin")
    }

    /// Every file that a chip may have.
    fn all() -> impl Iterator<Item = Self> {
        [Self::CARD_ACCESS, Self::CARD_SECURITY, Self::ATR_INFO, Self::DIR, Self::COM, Self::SOD]
            .into_iter()
            .chain((1..=16).map(Self::data_group))
    }
}

/// When a file may be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Condition {
    /// By anyone.
    Always,
    /// After PACE.
    Pace,
    /// After BAC or PACE.
    Access,
    /// After terminal authentication, which this chip does not do.
    TerminalAuthentication,
}

/// A file's content, or a hostile one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// So many octets and no more.
    Octets(Vec<u8>),
    /// These octets, then zeros for ever: what a chip does that wants the reader's memory.
    Endless(Vec<u8>),
}

impl Content {
    /// Octets from an offset on, at most so many; nothing past the end.
    pub(super) fn slice(&self, offset: usize, length: usize) -> Option<Vec<u8>> {
        match self {
            Self::Octets(octets) if offset > octets.len() || (offset == octets.len() && offset > 0) => None,
            Self::Octets(octets) => Some(octets.iter().skip(offset).take(length).copied().collect()),
            Self::Endless(octets) => {
                Some(octets.iter().copied().chain(std::iter::repeat(0)).skip(offset).take(length).collect())
            }
        }
    }
}

/// All files of a chip.
#[derive(Clone, Debug, Default)]
pub struct Files(BTreeMap<FileName, Content>);

impl Files {
    /// Reads the files `EF_*.bin` of a card's folder.
    pub fn from_folder(folder: &Path) -> Result<Self, ChipError> {
        let mut files = Self::default();
        for name in FileName::all() {
            let path = folder.join(name.file_name());
            if path.is_file() {
                files.insert(name, Content::Octets(std::fs::read(path)?));
            }
        }
        Ok(files)
    }

    /// Puts a file in or replaces it.
    pub fn insert(&mut self, name: FileName, content: Content) {
        self.0.insert(name, content);
    }

    /// The content of a file.
    pub fn get(&self, name: FileName) -> Option<&Content> {
        self.0.get(&name)
    }

    /// The octets of a file that ends; none for a missing one.
    pub fn octets(&self, name: FileName) -> &[u8] {
        match self.0.get(&name) {
            Some(Content::Octets(octets) | Content::Endless(octets)) => octets,
            None => &[],
        }
    }

    /// The file with that short identifier in a directory.
    pub(super) fn by_short(&self, directory: Directory, short: u8) -> Option<FileName> {
        FileName::all()
            .filter(|name| name.directory == directory && self.0.contains_key(name))
            .find(|name| name.short() == Some(short))
    }
}
