//! READ BINARY by short file identifier: the first chunk brings the length, DG2 may take several.
use super::session::Session;
use super::{ReadError, is_whole, object_length};
use crate::apdu::{CommandApdu, SUCCESS};
use crate::asn1::{Element, encode};
use crate::file_id::FileId;

/// What most phones and chips take in one extended command when neither says more.
pub(super) const FIRST_EXTENDED: u32 = 4096;
/// What fits into a short protected answer of 256 octets with AES (223) or 3DES (231).
pub(super) const SHORT: u32 = 223;
/// The next size where a chip refuses one.
const SMALLER: [u32; 4] = [1024, SHORT, 160, 96];

/// No real file is longer: portraits have 15 to 30 KB.
const LONGEST: usize = 256 * 1024;
const MOST_CHUNKS: usize = 4096;
/// Offsets above this do not fit into P1 P2 and go into a data object (7816-4, 11.3.3).
const LAST_PLAIN_OFFSET: usize = 0x7fff;

const END_OF_FILE: u16 = 0x6282;
const WRONG_LENGTH: u16 = 0x6700;

impl Session<'_> {
    /// Reads a file whole. Its data object's length is believed up to a bound and never allocated ahead.
    pub(super) fn read_file(&mut self, file: FileId) -> Result<Vec<u8>, ReadError> {
        let mut bytes = self.first_chunk(file)?;
        let total = object_length(&bytes).ok_or(ReadError::Malformed(file))?;
        if total > LONGEST {
            return Err(ReadError::TooLarge(file));
        }
        self.show(file, bytes.len().min(total), total);
        for _ in 0..MOST_CHUNKS {
            if bytes.len() >= total {
                bytes.truncate(total);
                return if is_whole(file, &bytes) { Ok(bytes) } else { Err(ReadError::Malformed(file)) };
            }
            let rest = u32::try_from(total - bytes.len()).unwrap_or(u32::MAX);
            let more = self.chunk_at(file, bytes.len(), rest.min(self.chunk))?;
            bytes.extend(more);
            self.show(file, bytes.len().min(total), total);
        }
        Err(ReadError::Malformed(file))
    }

    fn first_chunk(&mut self, file: FileId) -> Result<Vec<u8>, ReadError> {
        let by_short_id =
            |expected| CommandApdu::new(0xb0, 0x80 | file.short_identifier(), 0).expecting(expected);
        self.read_with_smaller_chunks(file, by_short_id, u32::MAX)
    }

    fn chunk_at(&mut self, file: FileId, offset: usize, most: u32) -> Result<Vec<u8>, ReadError> {
        let command = |expected| {
            if offset <= LAST_PLAIN_OFFSET {
                let [.., high, low] = offset.to_be_bytes();
                return CommandApdu::new(0xb0, high, low).expecting(expected);
            }
            let offset = offset.to_be_bytes();
            let offset = encode(0x54, crate::asn1::trim_zeros(&offset));
            // The answer carries tag 53 and a length before the data.
            CommandApdu::new(0xb1, 0, 0).with_data(offset).expecting(expected + 4)
        };
        let data = self.read_with_smaller_chunks(file, command, most)?;
        if offset <= LAST_PLAIN_OFFSET {
            return Ok(data);
        }
        let object = Element::first(&data).and_then(|object| object.tagged(0x53));
        object.map(|object| object.value.to_vec()).map_err(|_| ReadError::Malformed(file))
    }

    /// Asks for as much as goes; a chip that refuses the length is asked for less from then on.
    fn read_with_smaller_chunks(
        &mut self,
        file: FileId,
        command: impl Fn(u32) -> CommandApdu,
        most: u32,
    ) -> Result<Vec<u8>, ReadError> {
        loop {
            let response = self.send(&command(self.chunk.min(most)))?;
            let refused = response.status == WRONG_LENGTH || response.status >> 8 == 0x6c;
            match response.status {
                SUCCESS | END_OF_FILE if !response.data.is_empty() => return Ok(response.data),
                status if refused => {
                    let smaller = SMALLER.into_iter().find(|smaller| *smaller < self.chunk);
                    self.chunk = smaller.ok_or(ReadError::File { file, status })?;
                }
                status => return Err(ReadError::File { file, status }),
            }
        }
    }
}
