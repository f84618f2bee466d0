//! What a reading that broke off leaves for the next one.
use std::collections::BTreeMap;
use std::fmt;

use crate::file_id::FileId;
use crate::passive::SecurityObject;

/// The data groups of a reading that broke off. The next reading of the same card takes over those that the security
/// object's digests prove, and goes on within the one that was cut; another card's are thrown away.
#[derive(Default)]
pub struct KeptFiles {
    sod: Vec<u8>,
    files: BTreeMap<FileId, Vec<u8>>,
    begun: Option<(FileId, Vec<u8>)>,
}

impl KeptFiles {
    /// Nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether there is nothing to go on from.
    pub fn is_empty(&self) -> bool {
        self.files.is_empty() && self.begun.is_none()
    }

    /// Keeps what belongs to this security object.
    pub(super) fn belong_to(&mut self, sod: &[u8]) {
        if self.sod == sod
            && let Ok(object) = SecurityObject::parse(sod)
        {
            self.files.retain(|file, bytes| is_proven(&object, *file, bytes));
            return;
        }
        *self = Self { sod: sod.to_vec(), ..Self::default() };
    }

    pub(super) fn has(&self, file: FileId) -> bool {
        self.files.contains_key(&file)
    }

    pub(super) fn get(&self, file: FileId) -> Option<&Vec<u8>> {
        self.files.get(&file)
    }

    pub(super) fn keep(&mut self, file: FileId, bytes: Vec<u8>) {
        self.files.insert(file, bytes);
    }

    /// The octets of a file that was begun.
    pub(super) fn take_begun(&mut self, file: FileId) -> Vec<u8> {
        self.begun.take_if(|(begun, _)| *begun == file).map(|(_, bytes)| bytes).unwrap_or_default()
    }

    pub(super) fn keep_begun(&mut self, file: FileId, bytes: Vec<u8>) {
        self.begun = if bytes.is_empty() { None } else { Some((file, bytes)) };
    }

    /// Whether a file that was read in two goes is the signed one.
    pub(super) fn is_right(&self, file: FileId, bytes: &[u8]) -> bool {
        SecurityObject::parse(&self.sod).is_ok_and(|object| is_proven(&object, file, bytes))
    }

    /// All files, once the reading is complete.
    pub(super) fn take(&mut self) -> BTreeMap<FileId, Vec<u8>> {
        std::mem::take(self).files
    }
}

fn is_proven(object: &SecurityObject, file: FileId, bytes: &[u8]) -> bool {
    matches!(file, FileId::Dg(number) if object.verify_data_group(number, bytes).is_ok())
}

impl fmt::Debug for KeptFiles {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("KeptFiles").field("files", &self.files.len()).finish_non_exhaustive()
    }
}
