//! Trust and status data from disk: a trust folder holds `root.pub` (the root's uncompressed point in hexadecimal) and
//! `trust-list.cwt`; a status folder holds one Token Status List in each `*.cwt` or `*.jwt`, or a snapshot of the whole
//! nation's status and deltas that follow it, or both.
use std::fs;
use std::path::{Path, PathBuf};

use trust::anchors::{Trust, TrustError};
use trust::p256::PublicKey;
use trust::status::{StatusError, StatusList, StatusStore};
use trust::time::Timestamp;
use verifier::Policy;
use verifier::national::{Chain, gather, status_list};

use crate::desk_file::Memory;
use crate::{Error, FileKind};

/// The trust list in its folder.
pub(crate) const TRUST_LIST_FILE: &str = "trust-list.cwt";
const TRUST_LIST: &str = "trust-list";
const ROOTS: &str = "roots";
const NATIONAL: &str = "national";

/// What a desk decides with.
#[derive(Debug)]
pub struct Data {
    /// The trust list.
    pub trust: Trust,
    /// The status lists.
    pub status: StatusStore,
    /// The newest signed time that the desk has seen.
    pub newest_signed_time: Timestamp,
    /// Something older than before was offered; the newer data were kept.
    pub rollback: bool,
    /// Files of the status folder that are no believed status list, and why.
    pub passed_over: Vec<(PathBuf, StatusError)>,
    /// The trust list as it was signed.
    pub trust_list: Vec<u8>,
    /// The status tokens as they were signed, each with a name: those decided with, wherever they came from.
    pub tokens: Vec<(String, Vec<u8>)>,
}

impl Data {
    /// A clinic's usual policy, with what these data say of clocks and roll-back.
    pub fn policy(&self) -> Policy {
        Policy { newest_signed_time: self.newest_signed_time, rollback: self.rollback, ..Policy::clinic() }
    }
}

/// Reads both folders. With a desk's memory, older data than before are not believed, the root's successor is, and what is
/// newer is remembered.
pub fn load(trust: &Path, status: Option<&Path>, desk: Option<&mut dyn Memory>) -> Result<Data, Error> {
    let root = root(trust)?;
    let list = fs::read(trust.join(TRUST_LIST_FILE)).map_err(|_| Error::Unreadable(FileKind::TrustList))?;
    let tokens = status.map(read_tokens).transpose()?.unwrap_or_default();
    Loader { nation: *root.uncompressed(), desk, rollback: false }.load(root, &list, tokens)
}

/// The root's key of a trust folder.
pub(crate) fn root(trust: &Path) -> Result<PublicKey, Error> {
    let text = fs::read_to_string(trust.join("root.pub")).map_err(|_| Error::Unreadable(FileKind::Root))?;
    point(text.trim()).ok_or(Error::Root)
}

fn point(text: &str) -> Option<PublicKey> {
    if text.len() != 130 || !text.is_ascii() {
        return None;
    }
    let byte = |at| u8::from_str_radix(text.get(at..at + 2)?, 16).ok();
    let bytes: Option<Vec<u8>> = (0..65).map(|at| byte(2 * at)).collect();
    PublicKey::from_uncompressed(&bytes?).ok()
}

fn read_tokens(folder: &Path) -> Result<Vec<(PathBuf, Vec<u8>)>, Error> {
    let unreadable = |_| Error::Unreadable(FileKind::Status);
    let mut tokens = Vec::new();
    for entry in fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        if path.extension().is_some_and(|extension| extension == "cwt" || extension == "jwt") {
            let token = fs::read(&path).map_err(unreadable)?;
            tokens.push((path, token));
        }
    }
    tokens.sort();
    Ok(tokens)
}

/// Data of one nation: that of the root that the desk was set up with.
struct Loader<'a> {
    nation: [u8; 65],
    desk: Option<&'a mut dyn Memory>,
    rollback: bool,
}

impl Loader<'_> {
    fn load(mut self, root: PublicKey, list: &[u8], tokens: Vec<(PathBuf, Vec<u8>)>) -> Result<Data, Error> {
        let (trust, trust_list) = self.trust(root, list)?;
        let (mut believed, mut newest) = (Vec::new(), trust.issued());
        let gathered = gather(tokens, trust.status_signers(), |token| {
            let list = self.status(&trust, token)?;
            Ok::<_, Error>(list.map(|(list, token)| {
                newest = newest.max(list.issued());
                believed.push((list.subject().to_owned(), token));
                list
            }))
        })?;
        let (mut status, passed_over) = (gathered.lists, gathered.passed_over);
        if let Some(national) = self.national(&trust, gathered.national)? {
            let (national, tokens) = national.into_parts();
            newest = newest.max(national.issued());
            let _ = status.insert_national(national);
            believed.extend(
                tokens.into_iter().enumerate().map(|(at, token)| (format!("{NATIONAL}-{at}"), token)),
            );
        }
        let newest_signed_time = match &mut self.desk {
            Some(desk) => desk.newest_time(&self.nation, newest)?,
            None => newest,
        };
        let (rollback, tokens) = (self.rollback, believed);
        Ok(Data { trust, status, newest_signed_time, rollback, passed_over, trust_list, tokens })
    }

    /// The believed trust list, read and as it was signed.
    fn trust(&mut self, root: PublicKey, list: &[u8]) -> Result<(Trust, Vec<u8>), Error> {
        let Some(desk) = &mut self.desk else {
            return Ok((Trust::load_even_expired(&[root], list, 0)?, list.to_vec()));
        };
        let remembered = desk.newest(&self.nation, TRUST_LIST)?;
        let roots = desk.newest(&self.nation, ROOTS)?.map_or_else(Vec::new, |(_, roots)| roots);
        let mut roots: Vec<PublicKey> =
            roots.chunks(65).filter_map(|root| PublicKey::from_uncompressed(root).ok()).collect();
        if roots.is_empty() {
            roots.push(root);
        }
        let highest = remembered.as_ref().map_or(0, |(sequence, _)| *sequence);
        match (Trust::load_even_expired(&roots, list, highest), remembered) {
            (Ok(trust), _) => {
                let roots: Vec<u8> = trust.roots().iter().flat_map(|root| *root.uncompressed()).collect();
                desk.remember(&self.nation, ROOTS, trust.sequence(), &roots)?;
                desk.remember(&self.nation, TRUST_LIST, trust.sequence(), list)?;
                Ok((trust, list.to_vec()))
            }
            (Err(TrustError::Rollback { .. }), Some((_, newer))) => {
                self.rollback = true;
                Ok((Trust::load_even_expired(&roots, &newer, highest)?, newer))
            }
            (Err(error), _) => Err(error.into()),
        }
    }

    /// The believed list in place of this token, read and as it was signed.
    fn status(
        &mut self,
        trust: &Trust,
        token: &[u8],
    ) -> Result<Result<(StatusList, Vec<u8>), StatusError>, Error> {
        let list = match status_list(token, trust.status_signers()) {
            Ok(list) => list,
            Err(reason) => return Ok(Err(reason)),
        };
        let Some(desk) = &mut self.desk else {
            return Ok(Ok((list, token.to_vec())));
        };
        let name = format!("status:{}", list.subject());
        let issued = u64::try_from(list.issued().as_unix()).unwrap_or(0);
        match desk.newest(&self.nation, &name)? {
            Some((sequence, newer)) if sequence > issued => {
                self.rollback = true;
                Ok(status_list(&newer, trust.status_signers()).map(|list| (list, newer)))
            }
            _ => {
                desk.remember(&self.nation, &name, issued, token)?;
                Ok(Ok((list, token.to_vec())))
            }
        }
    }

    /// The nation's status that the folder holds, or the newer one that the desk remembers.
    fn national(&mut self, trust: &Trust, chain: Option<Chain>) -> Result<Option<Chain>, Error> {
        let (Some(desk), Some(held)) = (&mut self.desk, &chain) else {
            return Ok(chain);
        };
        let sequence = held.status().sequence();
        match desk.newest(&self.nation, NATIONAL)? {
            Some((newest, newer)) if newest > sequence => {
                self.rollback = true;
                return Ok(Chain::parse(&newer, trust.status_signers()));
            }
            Some((same, _)) if same == sequence => {}
            _ => desk.remember(&self.nation, NATIONAL, sequence, &held.to_bytes())?,
        }
        Ok(chain)
    }
}
