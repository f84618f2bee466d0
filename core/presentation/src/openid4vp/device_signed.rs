//! What the device signs of an mdoc besides the session: how the person was recognised, and what they approved (OpenID4VP 1.0, B.2.1).
//!
//! Both types of `transaction_data` are returned as these elements of the namespace [`TRANSACTION_NAMESPACE`], and no others. The
//! issuer has to have listed them, or the namespace, in `KeyAuthorizations`; where it lets the device sign the level, every presentation
//! has that:
//!
//! ```cddl
//! StatementElements = {
//!   "authentication_level": 1..4,             ; how the person was recognised, as in a key-binding JWT
//!   ? "transaction_data_hash": bstr .size 32, ; SHA-256 of the base64url string as it was received, not decoded
//!   ? "matched_number": tstr .size 2          ; the digits of the other screen, where the transaction needs them
//! }
//! ```
//! In the same namespace the issuer may sign `level_policy`, 1 to 4, which caps the level as the claim of that name does in an SD-JWT VC.

use credential::mdoc::{KeyAuthorizations, NewElement, VerifiedElement};
use ring::digest::{SHA256, digest};
use trust::cbor::{Encoder, Item, Profile};

use super::{AUTHENTICATION_LEVEL, LEVEL_POLICY, MATCHED_NUMBER, TransactionData};

/// The namespace of the elements that a device signs.
pub const TRANSACTION_NAMESPACE: &str = "vn.transaction.1";
/// The element with the hash of the transaction data.
const HASH: &str = "transaction_data_hash";

/// What a device signed: a level, and with it an approval where there was something to approve.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceStatement {
    level: u8,
    hash: Option<Vec<u8>>,
    matched_number: Option<String>,
}

impl DeviceStatement {
    /// The element for the wallet to sign where nothing is approved.
    pub fn level_element(level: u8) -> NewElement {
        element(AUTHENTICATION_LEVEL, |out| {
            out.uint(level.into());
        })
    }

    /// The elements for the wallet to sign to approve.
    pub fn approval(data: &TransactionData, level: u8, matched_number: Option<&str>) -> Vec<NewElement> {
        let hash = digest(&SHA256, data.received().as_bytes());
        let hash = element(HASH, |out| {
            out.bytes(hash.as_ref());
        });
        let number = matched_number.map(|number| {
            element(MATCHED_NUMBER, |out| {
                out.text(number);
            })
        });
        [hash, Self::level_element(level)].into_iter().chain(number).collect()
    }

    /// Whether the issuer lets the device sign a level.
    pub fn may_tell_level(authorizations: &KeyAuthorizations) -> bool {
        authorizations.allow(TRANSACTION_NAMESPACE, AUTHENTICATION_LEVEL)
    }

    /// Whether the issuer lets the device sign what approving anything takes.
    pub fn may_approve(authorizations: &KeyAuthorizations) -> bool {
        Self::allowed(authorizations, true)
    }

    /// Whether the issuer lets the device sign what approving this takes.
    pub fn allowed_by(authorizations: &KeyAuthorizations, data: &TransactionData) -> bool {
        Self::allowed(authorizations, data.transaction().needs_number())
    }

    fn allowed(authorizations: &KeyAuthorizations, with_number: bool) -> bool {
        let number = with_number.then_some(MATCHED_NUMBER);
        let mut needed = [HASH, AUTHENTICATION_LEVEL].into_iter().chain(number);
        needed.all(|element| authorizations.allow(TRANSACTION_NAMESPACE, element))
    }

    /// From what a device signed; `None` where it is anything else than one level, with one approval or without.
    pub fn read(signed: &[VerifiedElement]) -> Option<Self> {
        let (mut hash, mut level, mut matched_number) = (None, None, None);
        for element in signed {
            if element.namespace() != TRANSACTION_NAMESPACE {
                return None;
            }
            let value = Item::parse(element.value(), Profile::Interoperable).ok()?;
            match element.identifier() {
                HASH => hash = Some(value.as_bytes().ok()?.to_vec()),
                AUTHENTICATION_LEVEL => level = read_level(&value),
                MATCHED_NUMBER => matched_number = Some(value.as_text().ok()?.to_owned()),
                _ => return None,
            }
        }
        if hash.is_none() && matched_number.is_some() {
            return None;
        }
        Some(Self { level: level?, hash, matched_number })
    }

    /// The highest level that the issuer of an mdoc attested of its key, from the element of the issuer that [`LEVEL_POLICY`] names;
    /// what is no level is none.
    pub fn level_policy(issued: &[VerifiedElement]) -> Option<u8> {
        let policy = issued.iter().find(|element| {
            (element.namespace(), element.identifier()) == (TRANSACTION_NAMESPACE, LEVEL_POLICY)
        })?;
        read_level(&Item::parse(policy.value(), Profile::Interoperable).ok()?)
    }

    /// Whether it approves something.
    pub const fn is_approval(&self) -> bool {
        self.hash.is_some()
    }

    /// Whether it approves this.
    pub fn approves(&self, data: &TransactionData) -> bool {
        self.hash.as_deref() == Some(digest(&SHA256, data.received().as_bytes()).as_ref())
    }

    /// How the wallet says that the person was recognised, 1 to 4.
    pub const fn level(&self) -> u8 {
        self.level
    }

    /// The digits that the person typed.
    pub fn matched_number(&self) -> Option<&str> {
        self.matched_number.as_deref()
    }
}

fn element(identifier: &str, write: impl FnOnce(&mut Encoder)) -> NewElement {
    let mut value = Encoder::new();
    write(&mut value);
    NewElement {
        namespace: TRANSACTION_NAMESPACE.to_owned(),
        identifier: identifier.to_owned(),
        value: value.finish(),
    }
}

fn read_level(value: &Item<'_>) -> Option<u8> {
    u8::try_from(value.as_uint().ok()?).ok().filter(|level| (1..=4).contains(level))
}
