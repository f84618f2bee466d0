//! Whether a document is still in force, by the Token Status List that it names (draft-ietf-oauth-status-list -20, section 8.3).
//!
//! The caller fetches the list of [`Presented::status`] and [reads](read_status_list) it into a [`StatusStore`]; what is found
//! there a [`StatusPolicy`] decides on. So a desk that has been without network says what it knows, and how old that is.
use trust::certificates::CertificateAnchors;
use trust::status::{Lookup, Status, StatusError, StatusList, StatusStore};
use trust::time::Timestamp;

use super::Presented;

/// What is known of a document's status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DocumentStatus {
    /// The document names no list.
    NotNamed,
    /// The list that it names is not at hand, has no such entry, or says something that nobody here knows.
    Unknown,
    /// In force.
    Valid {
        /// When the list was signed.
        as_of: Timestamp,
        /// The list is past its own end.
        expired: bool,
    },
    /// Withdrawn for the time being.
    Suspended {
        /// When the list was signed.
        as_of: Timestamp,
    },
    /// Withdrawn for good.
    Revoked {
        /// When the list was signed.
        as_of: Timestamp,
    },
}

/// What somebody demands of a document's status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StatusPolicy {
    /// Whether a document that names no list is taken. Short-lived ones of which copies are not to be linked name none.
    pub may_lack: bool,
    /// Whether a document is taken whose list is not at hand or too old.
    pub may_be_unknown: bool,
    /// How old a list may be, in seconds.
    pub max_age: i64,
}

/// Why a document is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StatusRefusal {
    /// It names no list, and one is demanded.
    #[error("the document names no status list")]
    Missing,
    /// Nothing is known.
    #[error("the status of the document is unknown")]
    Unknown,
    /// What is known is too old.
    #[error("the status of the document is {age} seconds old")]
    Old {
        /// Seconds since the list was signed.
        age: i64,
    },
    /// Withdrawn for the time being.
    #[error("the document is suspended")]
    Suspended,
    /// Withdrawn for good.
    #[error("the document is revoked")]
    Revoked,
}

/// Reads a list as it was fetched, in the JWT form that HAIP 1.0 has, signed under one of these anchors.
///
/// # Errors
/// [`StatusError`].
pub fn read_status_list(
    token: &[u8],
    anchors: &CertificateAnchors,
    now: Timestamp,
) -> Result<StatusList, StatusError> {
    let token = std::str::from_utf8(token).map_err(|_| StatusError::WrongType)?;
    StatusList::verify_jwt_under(token, anchors, now)
}

impl Presented {
    /// What these lists say of the document.
    pub fn status_in(&self, lists: &StatusStore, now: Timestamp) -> DocumentStatus {
        let Some(reference) = self.status() else { return DocumentStatus::NotNamed };
        let (status, as_of, expired) = match lists.look_up(&reference.uri, reference.index, now) {
            Lookup::Unknown => return DocumentStatus::Unknown,
            Lookup::Found { status, as_of } => (status, as_of, false),
            Lookup::Expired { status, as_of } => (status, as_of, true),
        };
        match status {
            Status::Valid => DocumentStatus::Valid { as_of, expired },
            Status::Suspended => DocumentStatus::Suspended { as_of },
            Status::Revoked => DocumentStatus::Revoked { as_of },
            Status::Other(_) => DocumentStatus::Unknown,
        }
    }
}

impl StatusPolicy {
    /// For somebody with network: a list is demanded, and it is of the last hour.
    pub const fn with_network() -> Self {
        Self { may_lack: false, may_be_unknown: false, max_age: 3600 }
    }

    /// Whether a document of this status is taken. What was withdrawn is refused however old the list.
    ///
    /// # Errors
    /// [`StatusRefusal`].
    pub const fn judge(&self, status: DocumentStatus, now: Timestamp) -> Result<(), StatusRefusal> {
        match status {
            DocumentStatus::NotNamed if self.may_lack => Ok(()),
            DocumentStatus::NotNamed => Err(StatusRefusal::Missing),
            DocumentStatus::Suspended { .. } => Err(StatusRefusal::Suspended),
            DocumentStatus::Revoked { .. } => Err(StatusRefusal::Revoked),
            _ if self.may_be_unknown => Ok(()),
            DocumentStatus::Unknown => Err(StatusRefusal::Unknown),
            DocumentStatus::Valid { as_of, expired } => {
                let age = now.seconds_since(as_of);
                if expired || age > self.max_age { Err(StatusRefusal::Old { age }) } else { Ok(()) }
            }
        }
    }
}
