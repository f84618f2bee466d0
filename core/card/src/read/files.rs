//! READ BINARY by short file identifier: the first chunk brings the length, DG2 may take several.
#[cfg(test)]
mod tests;

use super::session::Session;
use super::{ReadError, is_whole, object_length};
use crate::apdu::{CommandApdu, SUCCESS};
use crate::asn1::{Element, encode};
use crate::file_id::FileId;

/// What most phones and chips take in one extended command when neither says more.
pub(super) const FIRST_EXTENDED: u32 = 4096;
/// What fits into a short protected answer with 3DES; the blocks of AES leave room for 223.
pub(super) const SHORT: u32 = 231;
/// The next size where a chip refuses one.
const SMALLER: [u32; 4] = [1024, SHORT, 160, 96];

/// No real file is longer: portraits have 15 to 30 KB.
const LONGEST: usize = 256 * 1024;
const MOST_CHUNKS: usize = 4096;
/// Offsets above this do not fit into P1 P2 and go into a data object (7816-4, 11.3.3).
const LAST_PLAIN_OFFSET: usize = 0x7fff;
/// Tag and length before the data of an answer to such a command, at most.
const DATA_OBJECT_HEAD: u32 = 5;

pub(super) const END_OF_FILE: u16 = 0x6282;
const WRONG_LENGTH: u16 = 0x6700;

/// Whether the chip says that it was asked for too many octets.
pub(super) const fn refuses_length(status: u16) -> bool {
    status == WRONG_LENGTH || status >> 8 == 0x6c
}

impl Session<'_> {
    /// Asks for less from now on; not so when nothing less is left. A chip that gave nothing of extended length yet is
    /// taken for one that knows short lengths alone: about one in five.
    pub(super) fn shrink(&mut self) -> bool {
        let most = if self.extended_works { self.most_data() } else { self.most_data().min(SHORT + 1) };
        match SMALLER.into_iter().find(|smaller| *smaller < most) {
            Some(smaller) => {
                self.chunk = smaller;
                true
            }
            None => false,
        }
    }

    /// Reads a file whole, from where an earlier reading broke off. Its data object's length is believed up to a bound
    /// and never allocated ahead. What was read stays in `bytes` whatever happens.
    pub(super) fn read_file(&mut self, file: FileId, bytes: &mut Vec<u8>) -> Result<(), ReadError> {
        if bytes.is_empty() {
            *bytes = self.first_chunk(file)?;
        } else {
            self.select(file)?.map_err(|status| ReadError::File { file, status })?;
        }
        let total = object_length(bytes).ok_or(ReadError::Malformed(file))?;
        if total > LONGEST {
            return Err(ReadError::TooLarge(file));
        }
        self.show(file, bytes.len().min(total), total);
        for _ in 0..MOST_CHUNKS {
            if bytes.len() >= total {
                bytes.truncate(total);
                return if is_whole(file, bytes) { Ok(()) } else { Err(ReadError::Malformed(file)) };
            }
            let rest = u32::try_from(total - bytes.len()).unwrap_or(u32::MAX);
            let more = self.chunk_at(file, bytes.len(), rest)?;
            bytes.extend(more);
            self.show(file, bytes.len().min(total), total);
        }
        Err(ReadError::Malformed(file))
    }

    fn select(&mut self, file: FileId) -> Result<Result<(), u16>, ReadError> {
        self.succeeds(&CommandApdu::new(0xa4, 0x02, 0x0c).with_data(file.identifier().to_be_bytes()))
    }

    /// By short identifier; a chip that knows none of them has its files selected from then on.
    fn first_chunk(&mut self, file: FileId) -> Result<Vec<u8>, ReadError> {
        let selected = CommandApdu::new(0xb0, 0, 0);
        if !self.by_select {
            let short = CommandApdu::new(0xb0, 0x80 | file.short_identifier(), 0);
            match self.read_with_smaller_chunks(file, &short, u32::MAX) {
                Err(ReadError::File { .. }) => {}
                outcome => return outcome,
            }
        }
        self.select(file)?.map_err(|status| ReadError::File { file, status })?;
        let first = self.read_with_smaller_chunks(file, &selected, u32::MAX)?;
        self.by_select = true;
        Ok(first)
    }

    fn chunk_at(&mut self, file: FileId, offset: usize, rest: u32) -> Result<Vec<u8>, ReadError> {
        if offset <= LAST_PLAIN_OFFSET {
            let [.., high, low] = offset.to_be_bytes();
            return self.read_with_smaller_chunks(file, &CommandApdu::new(0xb0, high, low), rest);
        }
        let offset = offset.to_be_bytes();
        let offset = encode(0x54, crate::asn1::trim_zeros(&offset));
        let command = CommandApdu::new(0xb1, 0, 0).with_data(offset);
        let data = self.read_with_smaller_chunks(file, &command, rest.saturating_add(DATA_OBJECT_HEAD))?;
        let object = Element::first(&data).and_then(|object| object.tagged(0x53));
        let data = object.map(|object| object.value.to_vec()).map_err(|_| ReadError::Malformed(file))?;
        if data.is_empty() { Err(ReadError::Malformed(file)) } else { Ok(data) }
    }

    /// Asks for as much as goes; a chip that refuses the length is asked for less from then on.
    fn read_with_smaller_chunks(
        &mut self,
        file: FileId,
        command: &CommandApdu,
        most: u32,
    ) -> Result<Vec<u8>, ReadError> {
        // 6Cxx names the length that this one read may have.
        let mut named = None;
        loop {
            let expected = named.take().unwrap_or(u32::MAX).min(self.most_data()).min(most);
            let response = self.send(&command.clone().expecting(expected))?;
            match response.status {
                SUCCESS | END_OF_FILE if !response.data.is_empty() => {
                    self.extended_works |= expected > 0x100;
                    return Ok(response.data);
                }
                status if refuses_length(status) => {
                    let exact = match status & 0xff {
                        _ if status == WRONG_LENGTH => None,
                        0 => Some(256),
                        octets => Some(u32::from(octets)),
                    };
                    named = exact.filter(|exact| *exact < expected);
                    if named.is_none() && !self.shrink() {
                        return Err(ReadError::File { file, status });
                    }
                }
                status => return Err(ReadError::File { file, status }),
            }
        }
    }
}
