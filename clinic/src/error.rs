//! Why no answer could be given.
use trust::anchors::TrustError;

use crate::picture::PictureError;

/// Why no answer could be given. Each is about what the desk was set up with or handed, never about a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file or folder cannot be read.
    #[error("cannot read the {0}")]
    Unreadable(FileKind),
    /// `root.pub` is not the hexadecimal text of an uncompressed P-256 point.
    #[error("root.pub holds no key: 130 hexadecimal digits are expected")]
    Root,
    /// The trust list is not believed.
    #[error("the trust list is not believed: {0}")]
    TrustList(#[from] TrustError),
    /// The seen-list cannot be opened or written; nothing is accepted without it.
    #[error("the seen-list file cannot be used")]
    SeenList,
    /// The picture cannot be read.
    #[error(transparent)]
    Picture(#[from] PictureError),
}

impl Error {
    /// The stable code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Unreadable(_) => "file_unreadable",
            Self::Root => "root_unreadable",
            Self::TrustList(TrustError::SignatureInvalid) => "trust_list_signature",
            Self::TrustList(_) => "trust_list_unreadable",
            Self::SeenList => "seen_list_unusable",
            Self::Picture(PictureError::NoCode) => "no_code_in_picture",
            Self::Picture(_) => "picture_unreadable",
        }
    }
}

/// Which file it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FileKind {
    /// `root.pub` in the trust folder.
    Root,
    /// `trust-list.cwt` in the trust folder.
    TrustList,
    /// The status folder or a token in it.
    Status,
}

impl std::fmt::Display for FileKind {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(match self {
            Self::Root => "root key (root.pub in the trust folder)",
            Self::TrustList => "trust list (trust-list.cwt in the trust folder)",
            Self::Status => "status folder",
        })
    }
}
