//! A code as a PNG: black on white, whole pixels a module, a quiet zone of four modules.
use std::io::Cursor;

use image::{GrayImage, ImageFormat, Luma};
use presentation::qr::QrMatrix;

use crate::output::Failure;

const QUIET: u32 = 4;
/// Pixels of a module.
const MODULE: u32 = 8;

/// The picture.
pub(crate) fn png(matrix: &QrMatrix) -> Result<Vec<u8>, Failure> {
    let side = (matrix.size() + 2 * QUIET) * MODULE;
    let image = GrayImage::from_fn(side, side, |x, y| {
        let module = |pixel: u32| i32::try_from(pixel / MODULE).unwrap_or(0) - QUIET.cast_signed();
        Luma([if matrix.is_dark(module(x), module(y)) { 0 } else { 255 }])
    });
    let mut out = Cursor::new(Vec::new());
    image.write_to(&mut out, ImageFormat::Png).map_err(|error| Failure::input("picture_failed", error))?;
    Ok(out.into_inner())
}
