//! A snapshot of the nation's status and the deltas that follow it, and status tokens of every kind, wherever their bytes come from.
use trust::anchors::StatusSigner;
use trust::cbor::{Encoder, Item, Profile};
use trust::cose::{Sign1, TYP};
use trust::status::{DELTA_TYP, NationalStatus, SNAPSHOT_TYP, StatusError, StatusList, StatusStore};

/// Which of the two a token says that it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A whole state.
    Snapshot,
    /// The way from one state to a later one.
    Delta,
}

/// What a token says that it is.
pub fn kind(token: &[u8]) -> Option<Kind> {
    let token = Sign1::parse(token, Profile::Interoperable).ok()?;
    match token.header(TYP)?.as_text().ok()? {
        SNAPSHOT_TYP => Some(Kind::Snapshot),
        DELTA_TYP => Some(Kind::Delta),
        _ => None,
    }
}

/// A state and the tokens that lead to it.
#[derive(Debug)]
pub struct Chain {
    status: NationalStatus,
    tokens: Vec<Vec<u8>>,
}

impl Chain {
    /// The state that the tokens lead to.
    pub const fn status(&self) -> &NationalStatus {
        &self.status
    }

    /// Likewise, by value.
    pub fn into_status(self) -> NationalStatus {
        self.status
    }

    /// Likewise, with the tokens as they were signed: the snapshot, then its deltas.
    pub fn into_parts(self) -> (NationalStatus, Vec<Vec<u8>>) {
        (self.status, self.tokens)
    }

    /// The latest state that the named tokens lead to. A delta that leads on from no state at hand is passed over.
    pub fn build<Name: Clone>(
        snapshots: &[(Name, Vec<u8>)],
        deltas: &[(Name, Vec<u8>)],
        signers: &[StatusSigner],
        passed_over: &mut Vec<(Name, StatusError)>,
    ) -> Option<Self> {
        let mut newest: Option<Self> = None;
        for (name, token) in snapshots {
            match NationalStatus::verify(token, signers) {
                Err(reason) => passed_over.push((name.clone(), reason)),
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
        for (name, delta) in waiting {
            if let Err(reason) = chain.extend(delta, signers)
                && reason != StatusError::Rollback
            {
                passed_over.push((name.clone(), reason));
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
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Encoder::new();
        out.array(self.tokens.len());
        for token in &self.tokens {
            out.bytes(token);
        }
        out.finish()
    }

    /// From remembered tokens; nothing where the signers have changed since.
    pub fn parse(bytes: &[u8], signers: &[StatusSigner]) -> Option<Self> {
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

/// A Token Status List in either of its encodings: CWT, or JWT as text.
pub fn status_list(token: &[u8], signers: &[StatusSigner]) -> Result<StatusList, StatusError> {
    match std::str::from_utf8(token) {
        Ok(jwt) if jwt.starts_with("ey") => StatusList::verify_jwt(jwt.trim_end(), signers),
        _ => StatusList::verify(token, signers),
    }
}

/// What status tokens of every kind say together.
#[derive(Debug)]
pub struct Gathered<Name> {
    /// The lists; of two tokens for one list the newer.
    pub lists: StatusStore,
    /// The nation's latest state, not among the lists yet.
    pub national: Option<Chain>,
    /// Tokens that are no believed status, and why.
    pub passed_over: Vec<(Name, StatusError)>,
}

/// Reads named tokens. `list` gives the believed list for a token, or why there is none: [`status_list`], or what a desk's memory
/// has in its place.
///
/// # Errors
/// Those of `list`.
pub fn gather<Name: Clone, Failure>(
    tokens: impl IntoIterator<Item = (Name, Vec<u8>)>,
    signers: &[StatusSigner],
    mut list: impl FnMut(&[u8]) -> Result<Result<StatusList, StatusError>, Failure>,
) -> Result<Gathered<Name>, Failure> {
    let (mut lists, mut passed_over) = (StatusStore::new(), Vec::new());
    let (mut snapshots, mut deltas) = (Vec::new(), Vec::new());
    for (name, token) in tokens {
        match list(&token)? {
            Ok(list) => {
                let _ = lists.insert(list);
            }
            Err(StatusError::WrongType) => match kind(&token) {
                Some(Kind::Snapshot) => snapshots.push((name, token)),
                Some(Kind::Delta) => deltas.push((name, token)),
                None => passed_over.push((name, StatusError::WrongType)),
            },
            Err(reason) => passed_over.push((name, reason)),
        }
    }
    let national = Chain::build(&snapshots, &deltas, signers, &mut passed_over);
    Ok(Gathered { lists, national, passed_over })
}
