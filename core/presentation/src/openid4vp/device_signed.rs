//! What the device signs of an mdoc besides the session, to approve a transaction (OpenID4VP 1.0, B.2.1).
//!
//! Both types of `transaction_data` are returned as these elements of the namespace [`TRANSACTION_NAMESPACE`], and no others. The
//! issuer has to have listed them, or the namespace, in `KeyAuthorizations`:
//!
//! ```cddl
//! TransactionElements = {
//!   "transaction_data_hash": bstr .size 32,   ; SHA-256 of the base64url string as it was received, not decoded
//!   "authentication_level": 1..4,             ; how the person was recognised, as in a key-binding JWT
//!   ? "matched_number": tstr .size 2          ; the digits of the other screen, where the transaction needs them
//! }
//! ```

use credential::mdoc::{KeyAuthorizations, NewElement, VerifiedElement};
use ring::digest::{SHA256, digest};
use trust::cbor::{Encoder, Item, Profile};

use super::{AUTHENTICATION_LEVEL, MATCHED_NUMBER, TransactionData};

/// The namespace of the elements that a device signs to approve a transaction.
pub const TRANSACTION_NAMESPACE: &str = "vn.transaction.1";
/// The element with the hash of the transaction data.
const HASH: &str = "transaction_data_hash";

/// An approval as a device signed it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceApproval {
    hash: Vec<u8>,
    level: u8,
    matched_number: Option<String>,
}

impl DeviceApproval {
    /// The elements for the wallet to sign.
    pub fn elements(data: &TransactionData, level: u8, matched_number: Option<&str>) -> Vec<NewElement> {
        let element = |identifier: &str, value: Encoder| NewElement {
            namespace: TRANSACTION_NAMESPACE.to_owned(),
            identifier: identifier.to_owned(),
            value: value.finish(),
        };
        let (mut hash, mut recognised) = (Encoder::new(), Encoder::new());
        hash.bytes(digest(&SHA256, data.received().as_bytes()).as_ref());
        recognised.uint(level.into());
        let mut elements = vec![element(HASH, hash), element(AUTHENTICATION_LEVEL, recognised)];
        if let Some(number) = matched_number {
            let mut digits = Encoder::new();
            digits.text(number);
            elements.push(element(MATCHED_NUMBER, digits));
        }
        elements
    }

    /// Whether the issuer lets the device sign what approving this takes.
    pub fn allowed_by(authorizations: &KeyAuthorizations, data: &TransactionData) -> bool {
        let number = data.transaction().needs_number().then_some(MATCHED_NUMBER);
        let mut needed = [HASH, AUTHENTICATION_LEVEL].into_iter().chain(number);
        needed.all(|element| authorizations.allow(TRANSACTION_NAMESPACE, element))
    }

    /// From what a device signed; `None` where it is anything else than one approval.
    pub fn read(signed: &[VerifiedElement]) -> Option<Self> {
        let (mut hash, mut level, mut matched_number) = (None, None, None);
        for element in signed {
            if element.namespace() != TRANSACTION_NAMESPACE {
                return None;
            }
            let value = Item::parse(element.value(), Profile::Interoperable).ok()?;
            match element.identifier() {
                HASH => hash = Some(value.as_bytes().ok()?.to_vec()),
                AUTHENTICATION_LEVEL => level = u8::try_from(value.as_uint().ok()?).ok(),
                MATCHED_NUMBER => matched_number = Some(value.as_text().ok()?.to_owned()),
                _ => return None,
            }
        }
        let level = level.filter(|level| (1..=4).contains(level))?;
        Some(Self { hash: hash?, level, matched_number })
    }

    /// Whether it approves this.
    pub fn approves(&self, data: &TransactionData) -> bool {
        *self.hash == *digest(&SHA256, data.received().as_bytes()).as_ref()
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
