//! QR codes as pictures: the text in one that was taken, and one to be shown.
use std::io::Cursor;

use image::{GrayImage, ImageFormat, ImageReader, Limits, Luma};
use presentation::qr::{QUIET_ZONE, QrMatrix};
use rxing::{BarcodeFormat, DecodeHints};

/// Wider or higher pictures are refused.
const LARGEST_SIDE: u32 = 10_000;
/// Memory that decoding a picture may take, in bytes.
const MEMORY: u64 = 256 << 20;
/// Pixels of a module, in pictures that are to be shown.
const MODULE: u32 = 8;

/// Why a picture gave no text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PictureError {
    /// It is no PNG or JPEG picture, or a broken or a too large one.
    #[error("the picture cannot be read: a PNG or JPEG of at most 10,000 pixels a side is expected")]
    Unreadable,
    /// No QR code was found in it.
    #[error("no QR code was found in the picture")]
    NoCode,
}

/// A picture could not be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the picture cannot be written")]
pub struct Unwritten;

/// The code as a PNG: black on white, whole pixels a module, with its quiet zone.
pub fn png(matrix: &QrMatrix) -> Result<Vec<u8>, Unwritten> {
    let side = (matrix.size() + 2 * QUIET_ZONE) * MODULE;
    let module = |pixel: u32| (pixel / MODULE).cast_signed() - QUIET_ZONE.cast_signed();
    let grey = |dark| Luma([if dark { 0 } else { 255 }]);
    let image = GrayImage::from_fn(side, side, |x, y| grey(matrix.is_dark(module(x), module(y))));
    let mut out = Cursor::new(Vec::new());
    image.write_to(&mut out, ImageFormat::Png).map_err(|_| Unwritten)?;
    Ok(out.into_inner())
}

/// Whether the bytes begin like a PNG or JPEG picture.
pub fn is_picture(bytes: &[u8]) -> bool {
    bytes.starts_with(b"\x89PNG\r\n\x1a\n") || bytes.starts_with(b"\xff\xd8\xff")
}

/// The text of the QR code in a PNG or JPEG picture.
pub fn read(picture: &[u8]) -> Result<String, PictureError> {
    let mut reader =
        ImageReader::new(Cursor::new(picture)).with_guessed_format().map_err(|_| PictureError::Unreadable)?;
    let mut limits = Limits::default();
    (limits.max_image_width, limits.max_image_height) = (Some(LARGEST_SIDE), Some(LARGEST_SIDE));
    limits.max_alloc = Some(MEMORY);
    reader.limits(limits);
    read_grey(reader.decode().map_err(|_| PictureError::Unreadable)?.into_luma8())
}

/// The text of the QR code in a picture that is decoded already.
pub fn read_grey(grey: GrayImage) -> Result<String, PictureError> {
    let (width, height) = grey.dimensions();
    let mut hints = DecodeHints { TryHarder: Some(true), ..DecodeHints::default() };
    let found = rxing::helpers::detect_in_luma_with_hints(
        grey.into_raw(),
        width,
        height,
        Some(BarcodeFormat::QR_CODE),
        &mut hints,
    );
    found.map(|code| code.getText().to_owned()).map_err(|_| PictureError::NoCode)
}
