//! An opened chip: reads its files, opens it again where it ends the session, and lets it prove itself.
use std::collections::BTreeMap;

use trust::random::Random;

use super::ReadError;
use super::chip;
use super::files::refuses_length;
use super::kept::KeptFiles;
use super::open::{Opened, Way, open_again};
use super::reading::CardReading;
use super::session::Session;
use crate::access::AccessPolicy;
use crate::access::info::signed_pace_infos;
use crate::access::key::AccessKey;
use crate::active::ActiveExchange;
use crate::document::ChipOutcome;
use crate::file_id::FileId;

/// How often a chip may end its session within one reading: once for each size that it refuses, and a little more.
const MOST_RENEWALS: u8 = 6;

pub(super) struct Reader<'a> {
    session: Session<'a>,
    key: &'a AccessKey,
    random: &'a mut dyn Random,
    opened: Opened,
    /// EF.DG14 of a Chip Authentication that was done.
    authenticated: Option<Vec<u8>>,
    renewals: u8,
}

impl<'a> Reader<'a> {
    pub(super) fn new(
        session: Session<'a>,
        key: &'a AccessKey,
        random: &'a mut dyn Random,
        opened: Opened,
    ) -> Self {
        Self { session, key, random, opened, authenticated: None, renewals: 0 }
    }

    /// A file from its beginning.
    pub(super) fn read(&mut self, file: FileId) -> Result<Vec<u8>, ReadError> {
        let mut bytes = Vec::new();
        self.read_on(file, &mut bytes)?;
        Ok(bytes)
    }

    /// A data group, if an earlier reading did not bring it already; goes into `kept` whole or as far as it came.
    pub(super) fn read_or_take(&mut self, file: FileId, kept: &mut KeptFiles) -> Result<(), ReadError> {
        if kept.has(file) {
            return Ok(());
        }
        let mut bytes = kept.take_begun(file);
        let begun = !bytes.is_empty();
        let outcome = self.read_on(file, &mut bytes);
        match outcome {
            // What was read in two goes may be of two cards, or of one that changed.
            Ok(()) if begun && !kept.is_right(file, &bytes) => bytes = self.read(file)?,
            Ok(()) => {}
            Err(error) => {
                if error.is_resumable() {
                    kept.keep_begun(file, bytes);
                }
                return Err(error);
            }
        }
        kept.keep(file, bytes);
        Ok(())
    }

    /// Goes on within the file where the chip ended the session, after opening it again.
    fn read_on(&mut self, file: FileId, bytes: &mut Vec<u8>) -> Result<(), ReadError> {
        loop {
            match self.session.read_file(file, bytes) {
                Err(ReadError::SessionLost(status)) => self.renew(status)?,
                outcome => return outcome,
            }
        }
    }

    /// Some chips end the session over a length that they do not like, and some for no reason to be seen.
    fn renew(&mut self, status: u16) -> Result<(), ReadError> {
        let lost = ReadError::SessionLost(status);
        if self.renewals == MOST_RENEWALS || (refuses_length(status) && !self.session.shrink()) {
            return Err(lost);
        }
        self.renewals += 1;
        let opened =
            open_again(&mut self.session, &self.opened.way, self.key, self.random).and_then(|()| match self
                .authenticated
                .take()
            {
                Some(dg14) => self.authenticate_chip(&dg14).map(|_| ()),
                None => Ok(()),
            });
        opened.map_err(|error| match error {
            ReadError::Transport(_)
            | ReadError::Cancelled
            | ReadError::NoRandom
            | ReadError::ChipNotGenuine => error,
            // The key was right before: whatever else the chip says now, it is the session that is lost.
            _ => lost,
        })
    }

    /// BAC is for cards without PACE, unless the caller says otherwise. EF.CardAccess is signed by nobody, so that
    /// whoever sits between can hide it; what EF.DG14 says of PACE is signed.
    pub(super) fn refuse_downgrade(&self, dg14: &[u8], policy: AccessPolicy) -> Result<(), ReadError> {
        let by_bac = matches!(self.opened.way, Way::Bac) && policy != AccessPolicy::BacOnly;
        if by_bac && signed_pace_infos(dg14).is_ok_and(|infos| !infos.is_empty()) {
            return Err(ReadError::AccessDowngraded);
        }
        Ok(())
    }

    /// What the chip authentication mapping of PACE came to, where it was used.
    pub(super) const fn mapping_outcome(&self) -> ChipOutcome {
        if self.opened.mapping.is_some() { ChipOutcome::AssertedByReader } else { ChipOutcome::NotDone }
    }

    pub(super) fn authenticate_chip(&mut self, dg14: &[u8]) -> Result<ChipOutcome, ReadError> {
        let outcome = chip::authenticate_chip(&mut self.session, dg14, self.random)?;
        if outcome == ChipOutcome::AssertedByReader {
            self.authenticated = Some(dg14.to_vec());
        }
        Ok(outcome)
    }

    pub(super) fn answer_challenge(
        &mut self,
        dg15: &[u8],
        challenge: [u8; 8],
    ) -> Result<Option<ActiveExchange>, ReadError> {
        chip::answer_challenge(&mut self.session, dg15, challenge)
    }

    pub(super) fn finish(
        self,
        files: BTreeMap<FileId, Vec<u8>>,
        active: Option<ActiveExchange>,
        chip: ChipOutcome,
    ) -> CardReading {
        let Opened { record, mapping, .. } = self.opened;
        CardReading { files, access: Some(record), active, chip, mapping, apdus: self.session.apdus() }
    }
}
