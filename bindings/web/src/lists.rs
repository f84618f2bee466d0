//! A desk from the lists as a provider serves them, for a page that has no desk's server behind it.
use trust::p256::PublicKey;
use trust::time::Timestamp;
use verifier::Policy;
use verifier::offline::OfflineBundle;

use crate::{Desk, Error};

/// The signed lists, collected until a desk is opened from them.
#[derive(Debug)]
pub struct Lists {
    root: PublicKey,
    trust_list: Vec<u8>,
    status: Vec<(String, Vec<u8>)>,
}

impl Lists {
    /// Begins with the root that the page was given (the text of `root.pub`: an uncompressed point in hexadecimal) and the trust list
    /// as it was fetched. Which root is believed is the page's decision; nothing that is fetched may bring it.
    ///
    /// # Errors
    /// [`Error::Root`]. The list is verified at the opening.
    pub fn new(root: &str, trust_list: &[u8]) -> Result<Self, Error> {
        let root = point(root.trim()).ok_or(Error::Root)?;
        Ok(Self { root, trust_list: trust_list.to_vec(), status: Vec::new() })
    }

    /// Adds a status token: a list, a snapshot of the nation's status or a delta that follows it. The name is the page's own.
    pub fn add_status(&mut self, name: &str, token: &[u8]) {
        self.status.push((name.to_owned(), token.to_vec()));
    }

    /// Verifies every list and opens a desk with a clinic's usual policy.
    ///
    /// # Errors
    /// [`Error::Offline`] where the trust list is not believed. A token that is not is [passed over](Desk::passed_over).
    pub fn open(&self, desk: &str, now: Timestamp) -> Result<Desk, Error> {
        let lists = (self.trust_list.as_slice(), [self.root]);
        let bundle = OfflineBundle::new((lists.0, &lists.1), &self.status, &Policy::clinic(), &[], desk, now);
        Ok(Desk { desk: bundle.open()? })
    }
}

fn point(text: &str) -> Option<PublicKey> {
    if text.len() != 130 || !text.is_ascii() {
        return None;
    }
    let byte = |at| u8::from_str_radix(text.get(at..at + 2)?, 16).ok();
    let octets: Option<Vec<u8>> = (0..65).map(|at| byte(2 * at)).collect();
    PublicKey::from_uncompressed(&octets?).ok()
}
