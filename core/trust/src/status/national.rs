//! The whole nation's status in one signed file: a snapshot, and deltas that lead from one snapshot to a later one. It says
//! exactly what the Token Status Lists of the same moment say, in a fraction of their size.
//!
//! ```cddl
//! snapshot = { "sequence": uint, "issued": int, "expires": int, "bits": 1 / 2 / 4 / 8, "runs": [+ run],
//!              "states": [* { "value": uint, gaps }], "digest": bstr .size 32 }
//! delta = { "sequence": uint, "issued": int, "expires": int, "base": bstr .size 32,
//!           "changes": [* { "old": uint, "new": uint, gaps }], "digest": bstr .size 32 }
//! run = { "prefix": tstr, "first": uint, "count": uint, "entries": uint }
//! gaps = ( "count": uint, "divisor": uint, "gaps": bstr )
//! ```
//! A run stands for `count` lists named `prefix` and a number, of `entries` entries each (a multiple of 8). Positions count
//! through all lists in order. A digest is SHA-256 over the shape and all states, so that it names the state and not
//! its encoding.
use ring::digest::{Context, SHA256};
use serde::{Deserialize, Serialize};

use super::golomb::{self, Gaps};
use super::{Status, StatusError, read, write};
use crate::anchors::StatusSigner;
use crate::cbor::{self, Encoder};
use crate::cose::Draft;
use crate::time::Timestamp;

/// The `typ` of a snapshot.
pub const SNAPSHOT_TYP: &str = "application/sen-status-snapshot+cwt";
/// The `typ` of a delta.
pub const DELTA_TYP: &str = "application/sen-status-delta+cwt";
/// All states together are at most this large, in bytes.
const LARGEST: u64 = 64 << 20;

/// Lists of one size with consecutive numbers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Run {
    /// What comes before the number in a list's name, `s:` for instance.
    pub prefix: String,
    /// The first list's number.
    pub first: u64,
    /// How many lists.
    pub count: u64,
    /// Entries of each, a multiple of 8.
    pub entries: u64,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SnapshotRecord {
    sequence: u64,
    issued: i64,
    expires: i64,
    bits: u8,
    runs: Vec<Run>,
    states: Vec<StateRecord>,
    #[serde(with = "serde_bytes")]
    digest: [u8; 32],
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StateRecord {
    value: u8,
    count: u64,
    divisor: u64,
    #[serde(with = "serde_bytes")]
    gaps: Vec<u8>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct DeltaRecord {
    sequence: u64,
    issued: i64,
    expires: i64,
    #[serde(with = "serde_bytes")]
    base: [u8; 32],
    changes: Vec<ChangeRecord>,
    #[serde(with = "serde_bytes")]
    digest: [u8; 32],
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ChangeRecord {
    old: u8,
    new: u8,
    count: u64,
    divisor: u64,
    #[serde(with = "serde_bytes")]
    gaps: Vec<u8>,
}

/// All states of the nation, as bits.
#[derive(Clone, PartialEq, Eq)]
struct States {
    bits: u8,
    runs: Vec<Run>,
    entries: u64,
    bytes: Vec<u8>,
}

impl States {
    fn new(bits: u8, runs: Vec<Run>) -> Result<Self, StatusError> {
        if ![1, 2, 4, 8].contains(&bits) || runs.iter().any(|run| run.entries % 8 != 0) {
            return Err(StatusError::WrongWidth);
        }
        let size = |run: &Run| {
            run.first.checked_add(run.count)?;
            run.count.checked_mul(run.entries)
        };
        let entries = runs.iter().try_fold(0_u64, |sum, run| sum.checked_add(size(run)?));
        let entries = entries.ok_or(StatusError::TooLarge)?;
        let length = entries.checked_mul(u64::from(bits)).map(|bits| bits / 8);
        let length =
            length.filter(|length| *length <= LARGEST).and_then(|length| usize::try_from(length).ok());
        let bytes = vec![0; length.ok_or(StatusError::TooLarge)?];
        Ok(Self { bits, runs, entries, bytes })
    }

    fn position(&self, uri: &str, index: u64) -> Option<u64> {
        let mut base = 0;
        for run in &self.runs {
            if let Some(number) = uri.strip_prefix(run.prefix.as_str()).and_then(plain_number) {
                let list = number.checked_sub(run.first).filter(|list| *list < run.count);
                if let Some(list) = list {
                    return (index < run.entries).then(|| base + list * run.entries + index);
                }
            }
            base += run.count * run.entries;
        }
        None
    }

    fn digest(&self) -> [u8; 32] {
        let mut shape = Encoder::new();
        shape.uint(u64::from(self.bits)).array(self.runs.len());
        for run in &self.runs {
            shape.text(&run.prefix).uint(run.first).uint(run.count).uint(run.entries);
        }
        let mut context = Context::new(&SHA256);
        context.update(&shape.finish());
        context.update(&self.bytes);
        let mut out = [0; 32];
        out.iter_mut().zip(context.finish().as_ref()).for_each(|(to, from)| *to = *from);
        out
    }

    /// Changes the states at coded positions, each of which must have the old one.
    fn change(&mut self, old: u8, new: u8, gaps: &Gaps) -> Result<(), StatusError> {
        let most = u8::MAX >> (8 - self.bits);
        if old == new || old > most || new > most {
            return Err(StatusError::Changes);
        }
        let (bits, bytes) = (self.bits, &mut self.bytes);
        let mut fits = true;
        golomb::decode(gaps, self.entries, |position| {
            fits &= read(bytes, bits, position) == Some(old) && write(bytes, bits, position, new);
            Ok(())
        })?;
        if fits { Ok(()) } else { Err(StatusError::Changes) }
    }

    /// Positions at which the value differs from that of an older state, as (old, new, gaps).
    fn changes_since(&self, older: &Self) -> Vec<(u8, u8, Gaps)> {
        let mut positions = std::collections::BTreeMap::<(u8, u8), Vec<u64>>::new();
        let per_byte = u64::from(8 / self.bits);
        for (at, (old, new)) in (0_u64..).zip(older.bytes.iter().zip(&self.bytes)) {
            if old == new {
                continue;
            }
            for position in at * per_byte..(at + 1) * per_byte {
                let pair =
                    read(&older.bytes, self.bits, position).zip(read(&self.bytes, self.bits, position));
                if let Some((old, new)) = pair.filter(|(old, new)| old != new) {
                    positions.entry((old, new)).or_default().push(position);
                }
            }
        }
        let code = |((old, new), positions): ((u8, u8), Vec<u64>)| {
            (old, new, golomb::encode(&positions, self.entries))
        };
        positions.into_iter().map(code).collect()
    }
}

/// A number without sign and leading zeros, so that a list has one name.
fn plain_number(text: &str) -> Option<u64> {
    let plain = text.bytes().all(|digit| digit.is_ascii_digit()) && (text == "0" || !text.starts_with('0'));
    if plain { text.parse().ok() } else { None }
}

/// The nation's status, verified: built by [`NationalStatus::verify`] and [`NationalStatus::apply`] alone.
#[derive(Clone)]
pub struct NationalStatus {
    sequence: u64,
    issued: Timestamp,
    expires: Timestamp,
    digest: [u8; 32],
    states: States,
}

impl NationalStatus {
    /// From a snapshot that a believed signer signed.
    pub fn verify(snapshot: &[u8], signers: &[StatusSigner]) -> Result<Self, StatusError> {
        let token = super::signed(snapshot, SNAPSHOT_TYP, signers)?;
        let record: SnapshotRecord = cbor::from_slice(token.payload())?;
        let mut states = States::new(record.bits, record.runs)?;
        for StateRecord { value, count, divisor, gaps } in record.states {
            states.change(0, value, &Gaps { count, divisor, bits: gaps })?;
        }
        if states.digest() != record.digest {
            return Err(StatusError::Changes);
        }
        Ok(Self {
            sequence: record.sequence,
            issued: Timestamp::from_unix(record.issued),
            expires: Timestamp::from_unix(record.expires),
            digest: record.digest,
            states,
        })
    }

    /// The later state to which a delta leads. The delta names the state that it applies to and the result; one that is
    /// not later is refused as roll-back.
    pub fn apply(&self, delta: &[u8], signers: &[StatusSigner]) -> Result<Self, StatusError> {
        let token = super::signed(delta, DELTA_TYP, signers)?;
        let record: DeltaRecord = cbor::from_slice(token.payload())?;
        if record.sequence <= self.sequence {
            return Err(StatusError::Rollback);
        }
        if record.base != self.digest {
            return Err(StatusError::OtherBase);
        }
        let mut states = self.states.clone();
        for ChangeRecord { old, new, count, divisor, gaps } in record.changes {
            states.change(old, new, &Gaps { count, divisor, bits: gaps })?;
        }
        if states.digest() != record.digest {
            return Err(StatusError::Changes);
        }
        Ok(Self {
            sequence: record.sequence,
            issued: Timestamp::from_unix(record.issued),
            expires: Timestamp::from_unix(record.expires),
            digest: record.digest,
            states,
        })
    }

    /// The state at an index of the list with this name.
    pub fn get(&self, uri: &str, index: u64) -> Option<Status> {
        let position = self.states.position(uri, index)?;
        read(&self.states.bytes, self.states.bits, position).map(Status::from)
    }

    /// To be remembered: nothing below it is believed afterwards.
    pub const fn sequence(&self) -> u64 {
        self.sequence
    }

    /// When it was signed.
    pub const fn issued(&self) -> Timestamp {
        self.issued
    }

    /// When it is past use.
    pub const fn expires(&self) -> Timestamp {
        self.expires
    }
}

impl std::fmt::Debug for NationalStatus {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("NationalStatus")
            .field("sequence", &self.sequence)
            .field("issued", &self.issued)
            .field("entries", &self.states.entries)
            .finish_non_exhaustive()
    }
}

/// The nation's status, to be signed.
#[derive(Clone)]
pub struct NationalDraft {
    /// One more than the last one's.
    pub sequence: u64,
    /// When it is signed.
    pub issued: Timestamp,
    /// When it is past use.
    pub expires: Timestamp,
    states: States,
}

impl NationalDraft {
    /// All valid.
    pub fn new(
        sequence: u64,
        issued: Timestamp,
        expires: Timestamp,
        bits: u8,
        runs: Vec<Run>,
    ) -> Result<Self, StatusError> {
        Ok(Self { sequence, issued, expires, states: States::new(bits, runs)? })
    }

    /// Sets the state at an index of the list with this name; `false` where there is none, or the width has no such value.
    pub fn set(&mut self, uri: &str, index: u64, value: u8) -> bool {
        let position = self.states.position(uri, index);
        position.is_some_and(|position| write(&mut self.states.bytes, self.states.bits, position, value))
    }

    /// The snapshot that waits for the signer.
    pub fn snapshot(&self, kid: &[u8]) -> Result<Draft, StatusError> {
        let empty = States::new(self.states.bits, self.states.runs.clone())?;
        let states = self.states.changes_since(&empty).into_iter().map(|(_, value, gaps)| StateRecord {
            value,
            count: gaps.count,
            divisor: gaps.divisor,
            gaps: gaps.bits,
        });
        let record = SnapshotRecord {
            sequence: self.sequence,
            issued: self.issued.as_unix(),
            expires: self.expires.as_unix(),
            bits: self.states.bits,
            runs: self.states.runs.clone(),
            states: states.collect(),
            digest: self.states.digest(),
        };
        Ok(Draft::es256(kid, SNAPSHOT_TYP, cbor::to_vec(&record)?))
    }

    /// The delta from an older state, of yesterday or of last week, that waits for the signer.
    pub fn delta_since(&self, older: &Self, kid: &[u8]) -> Result<Draft, StatusError> {
        if older.states.runs != self.states.runs || older.states.bits != self.states.bits {
            return Err(StatusError::OtherBase);
        }
        let changes = self.states.changes_since(&older.states).into_iter();
        let changes = changes.map(|(old, new, gaps)| ChangeRecord {
            old,
            new,
            count: gaps.count,
            divisor: gaps.divisor,
            gaps: gaps.bits,
        });
        let record = DeltaRecord {
            sequence: self.sequence,
            issued: self.issued.as_unix(),
            expires: self.expires.as_unix(),
            base: older.states.digest(),
            changes: changes.collect(),
            digest: self.states.digest(),
        };
        Ok(Draft::es256(kid, DELTA_TYP, cbor::to_vec(&record)?))
    }
}

impl std::fmt::Debug for NationalDraft {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("NationalDraft").field("sequence", &self.sequence).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
