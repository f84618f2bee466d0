//! A snapshot of the nation's status and the deltas that follow it.
use std::path::PathBuf;

use trust::anchors::StatusSigner;
use trust::cbor::{Encoder, Item, Profile};
use trust::cose::{Sign1, TYP};
use trust::status::{DELTA_TYP, NationalStatus, SNAPSHOT_TYP, StatusError};

/// Which of the two a token says that it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Snapshot,
    Delta,
}

/// What a token says that it is.
pub(crate) fn kind(token: &[u8]) -> Option<Kind> {
    let token = Sign1::parse(token, Profile::Interoperable).ok()?;
    match token.header(TYP)?.as_text().ok()? {
        SNAPSHOT_TYP => Some(Kind::Snapshot),
        DELTA_TYP => Some(Kind::Delta),
        _ => None,
    }
}

/// A state and the tokens that lead to it.
pub(crate) struct Chain {
    pub(crate) status: NationalStatus,
    tokens: Vec<Vec<u8>>,
}

impl Chain {
    /// The latest state that the files lead to. A delta that leads on from no state at hand is passed over.
    pub(crate) fn build(
        snapshots: &[(PathBuf, Vec<u8>)],
        deltas: &[(PathBuf, Vec<u8>)],
        signers: &[StatusSigner],
        passed_over: &mut Vec<(PathBuf, StatusError)>,
    ) -> Option<Self> {
        let mut newest: Option<Self> = None;
        for (path, token) in snapshots {
            match NationalStatus::verify(token, signers) {
                Err(reason) => passed_over.push((path.clone(), reason)),
                Ok(status) => {
                    let newer = newest.as_ref().is_none_or(|held| held.status.sequence() < status.sequence());
                    if newer {
                        newest = Some(Self { status, tokens: vec![token.clone()] });
                    }
                }
            }
        }
        let mut chain = newest?;
        let mut waiting: Vec<_> = deltas.iter().collect();
        // Files come in the order of their names; each round takes what leads on, until nothing does.
        while let Some(next) = waiting.iter().position(|(_, delta)| chain.extend(delta, signers).is_ok()) {
            waiting.remove(next);
        }
        for (path, delta) in waiting {
            if let Err(reason) = chain.extend(delta, signers)
                && reason != StatusError::Rollback
            {
                passed_over.push((path.clone(), reason));
            }
        }
        Some(chain)
    }

    fn extend(&mut self, delta: &[u8], signers: &[StatusSigner]) -> Result<(), StatusError> {
        self.status = self.status.apply(delta, signers)?;
        self.tokens.push(delta.to_vec());
        Ok(())
    }

    /// The tokens, to be remembered.
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let mut out = Encoder::new();
        out.array(self.tokens.len());
        for token in &self.tokens {
            out.bytes(token);
        }
        out.finish()
    }

    /// From remembered tokens; nothing where the signers have changed since.
    pub(crate) fn parse(bytes: &[u8], signers: &[StatusSigner]) -> Option<Self> {
        let mut tokens = Item::parse(bytes, Profile::Deterministic).ok()?.as_array().ok()?;
        let snapshot = tokens.next()?.as_bytes().ok()?;
        let status = NationalStatus::verify(snapshot, signers).ok()?;
        let mut chain = Self { status, tokens: vec![snapshot.to_vec()] };
        for delta in tokens {
            chain.extend(delta.as_bytes().ok()?, signers).ok()?;
        }
        Some(chain)
    }
}
