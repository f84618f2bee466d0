//! QR codes as pictures: the text in one that was taken, and one to be shown.
use std::io::Cursor;

use image::{GrayImage, ImageReader, Limits};
use presentation::qr::{QUIET_ZONE, QrMatrix};
use rxing::{BarcodeFormat, DecodeHints};

/// Wider or higher pictures are refused.
const LARGEST_SIDE: u32 = 10_000;
/// Memory that decoding a picture may take, in bytes.
const MEMORY: u64 = 256 << 20;
/// Modules on a side of the smallest code: fewer pixels hold none.
const SMALLEST_CODE: u32 = 21;
/// Pictures of at least so many pixels on both sides are looked at in half their size first, and others whole.
const HALVED_FROM: u32 = 900;
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
    png_at(matrix, MODULE)
}

/// The same with so many pixels a module.
///
/// One bit a pixel and each row of modules drawn once: the rows that repeat it differ in nothing, which the filter makes zeros,
/// so that fast compression is enough.
pub fn png_at(matrix: &QrMatrix, module: u32) -> Result<Vec<u8>, Unwritten> {
    let modules = matrix.size() + 2 * QUIET_ZONE;
    let side =
        modules.checked_mul(module).filter(|side| (1..=LARGEST_SIDE).contains(side)).ok_or(Unwritten)?;
    let inside = |at: u32| at.cast_signed() - QUIET_ZONE.cast_signed();
    let (mut pixels, mut row) = (Vec::new(), Vec::new());
    for y in 0..modules {
        row.clear();
        row.resize(side.div_ceil(8) as usize, 0);
        let light = (0..modules).filter(|x| !matrix.is_dark(inside(*x), inside(y)));
        for pixel in light.flat_map(|x| x * module..(x + 1) * module) {
            if let Some(byte) = row.get_mut((pixel / 8) as usize) {
                *byte |= 0x80 >> (pixel % 8);
            }
        }
        (0..module).for_each(|_| pixels.extend_from_slice(&row));
    }
    let mut out = Vec::new();
    let mut encoder = png::Encoder::new(&mut out, side, side);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(png::BitDepth::One);
    encoder.set_compression(png::Compression::Fast);
    encoder.set_filter(png::Filter::Up);
    encoder.write_header().and_then(|mut writer| writer.write_image_data(&pixels)).map_err(|_| Unwritten)?;
    Ok(out)
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
///
/// Twice: most codes that fill a large picture have modules of many pixels, so that half its size is a quarter of the work and enough
/// for them; in a small picture the mean of four pixels takes away the noise of what was not found at once.
pub fn read_grey(grey: GrayImage) -> Result<String, PictureError> {
    let is_large = grey.width().min(grey.height()) >= HALVED_FROM;
    let half = halved(&grey);
    let (first, second) = if is_large { (half, grey) } else { (grey, half) };
    detect(first).or_else(|_| detect(second))
}

fn detect(grey: GrayImage) -> Result<String, PictureError> {
    let (width, height) = grey.dimensions();
    if width.min(height) < SMALLEST_CODE {
        return Err(PictureError::NoCode);
    }
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

/// Half as wide and half as high: each pixel the mean of four.
fn halved(grey: &GrayImage) -> GrayImage {
    let width = grey.width() as usize;
    let rows: Vec<&[u8]> = grey.as_raw().chunks_exact(width.max(1)).collect();
    let mut pixels = Vec::with_capacity(grey.as_raw().len() / 4);
    for (upper, lower) in rows.chunks_exact(2).filter_map(|two| Some((two.first()?, two.last()?))) {
        let pairs = upper.chunks_exact(2).zip(lower.chunks_exact(2));
        pixels.extend(pairs.map(|(upper, lower)| {
            let sum: u16 = upper.iter().chain(lower).copied().map(u16::from).sum();
            u8::try_from(sum / 4).unwrap_or(u8::MAX)
        }));
    }
    GrayImage::from_raw(grey.width() / 2, grey.height() / 2, pixels).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_picture_has_the_modules_of_the_code_and_its_quiet_zone() {
        let code = presentation::qr::encode("736010203040").unwrap();
        for pixels in [1, 3, 8] {
            let picture = image::load_from_memory(&png_at(&code, pixels).unwrap()).unwrap().into_luma8();
            assert_eq!(picture.dimensions(), ((code.size() + 8) * pixels, (code.size() + 8) * pixels));
            for (x, y, found) in picture.enumerate_pixels() {
                let module = |at: u32| (at / pixels).cast_signed() - 4;
                let expected = if code.is_dark(module(x), module(y)) { 0 } else { 255 };
                assert_eq!(found.0, [expected], "{x} {y} at {pixels}");
            }
        }
    }

    #[test]
    fn the_reader_reads_the_picture() {
        let text = "7360".repeat(200);
        let code = presentation::qr::encode(&text).unwrap();
        assert_eq!(read(&png(&code).unwrap()), Ok(text));
    }

    #[test]
    fn half_a_picture_is_the_mean_of_each_four_pixels() {
        let whole =
            GrayImage::from_raw(5, 3, vec![0, 4, 255, 255, 9, 8, 12, 255, 255, 9, 1, 1, 1, 1, 1]).unwrap();
        let half = halved(&whole);
        assert_eq!((half.dimensions(), half.into_raw()), ((2, 1), vec![6, 255]));
        assert_eq!(halved(&GrayImage::new(1, 1)).dimensions(), (0, 0));
    }

    /// A large picture with a code in a corner, so many pixels a module.
    fn with_a_code(text: &str, module: u32) -> GrayImage {
        let code = presentation::qr::encode(text).unwrap();
        let code = image::load_from_memory(&png_at(&code, module).unwrap()).unwrap().into_luma8();
        let mut picture = GrayImage::from_pixel(HALVED_FROM, HALVED_FROM, image::Luma([255]));
        image::imageops::replace(&mut picture, &code, 40, 40);
        picture
    }

    #[test]
    fn what_is_too_small_in_half_a_picture_is_found_in_the_whole() {
        let text = "7360".repeat(100);
        let (large, small) = (with_a_code(&text, 8), with_a_code(&text, 1));
        assert_eq!(detect(halved(&large)).as_deref(), Ok(text.as_str()));
        assert_eq!(detect(halved(&small)), Err(PictureError::NoCode));
        for picture in [large, small] {
            assert_eq!(read_grey(picture).as_deref(), Ok(text.as_str()));
        }
    }

    #[test]
    fn what_noise_hides_in_a_small_picture_is_found_in_its_half() {
        let text = "7360".repeat(100);
        let code = presentation::qr::encode(&text).unwrap();
        let clean = image::load_from_memory(&png_at(&code, 6).unwrap()).unwrap().into_luma8();
        assert!(clean.width() < HALVED_FROM);
        let noisy = |most: u32| {
            let (mut state, mut picture) = (7_u32, clean.clone());
            for pixel in picture.iter_mut() {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let noise = u8::try_from((state >> 16) % most).unwrap();
                *pixel = if *pixel < 128 { noise } else { 255 - noise };
            }
            picture
        };
        let hidden = (100..256).step_by(4).map(noisy).find(|picture| detect(picture.clone()).is_err());
        assert_eq!(read_grey(hidden.unwrap()).as_deref(), Ok(text.as_str()));
    }

    #[test]
    fn pictures_too_small_for_a_code_hold_none() {
        for (width, height) in [(0, 0), (1, 1), (1, 1000), (20, 20), (21, 21), (41, 42), (43, 1000)] {
            let read = read_grey(GrayImage::from_pixel(width, height, image::Luma([255])));
            assert_eq!(read, Err(PictureError::NoCode), "{width} {height}");
        }
    }

    #[test]
    fn a_picture_without_pixels_or_beyond_what_is_read_is_not_written() {
        let code = presentation::qr::encode("736010203040").unwrap();
        assert_eq!(png_at(&code, 0), Err(Unwritten));
        assert!(png_at(&code, LARGEST_SIDE / (code.size() + 8)).is_ok());
        assert_eq!(png_at(&code, LARGEST_SIDE / (code.size() + 8) + 1), Err(Unwritten));
        assert_eq!(png_at(&code, u32::MAX), Err(Unwritten));
    }
}
