//! Portraits: drawn ones for people who do not exist, and the little that the face record says of a given one.
use std::io::Cursor;

use image::codecs::jpeg::JpegEncoder;
use image::{Rgb, RgbImage};
use sha2::{Digest, Sha256};

use super::FactoryError;

const WIDTH: u32 = 240;
const HEIGHT: u32 = 320;

/// Draws head, hair and shoulders; the colours follow from the seed, so that two people differ and one stays the same.
pub(super) fn draw(seed: &str) -> Result<Vec<u8>, FactoryError> {
    let digest = Sha256::digest(seed);
    let mut shades = digest.iter().copied();
    let mut shade = |from: u8, span: u8| from.saturating_add(shades.next().unwrap_or(0) % span);
    let back = Rgb([shade(170, 60), shade(190, 50), shade(210, 40)]);
    let skin = Rgb([shade(205, 35), shade(165, 35), shade(130, 35)]);
    let hair = Rgb([shade(20, 40), shade(15, 30), shade(10, 30)]);
    let coat = Rgb([shade(30, 150), shade(30, 150), shade(40, 150)]);
    let (head_width, head_height) = (f64::from(shade(62, 14)), f64::from(shade(84, 14)));
    let (eye, long_hair) = (f64::from(shade(24, 8)), shade(0, 2) == 1);
    let inside = |x: f64, y: f64, centre: (f64, f64), radius: (f64, f64)| {
        ((x - centre.0) / radius.0).powi(2) + ((y - centre.1) / radius.1).powi(2) <= 1.0
    };
    let image = RgbImage::from_fn(WIDTH, HEIGHT, |column, row| {
        let (x, y) = (f64::from(column), f64::from(row));
        let head = inside(x, y, (120.0, 145.0), (head_width, head_height));
        let crown = inside(x, y, (120.0, 125.0), (head_width + 12.0, head_height + 6.0));
        let eyes = [-1.0, 1.0].iter().any(|side| inside(x, y, (120.0 + side * eye, 140.0), (8.0, 4.5)));
        let mouth = inside(x, y, (120.0, 190.0), (20.0, 5.0));
        if head && y > 100.0 {
            match (eyes, mouth) {
                (true, _) => hair,
                (_, true) => Rgb([165, 80, 80]),
                _ => skin,
            }
        } else if crown && (y < 145.0 || long_hair) {
            hair
        } else if inside(x, y, (120.0, 225.0), (28.0, 40.0)) {
            skin
        } else if inside(x, y, (120.0, 330.0), (105.0, 95.0)) {
            coat
        } else {
            back
        }
    });
    let mut jpeg = Cursor::new(Vec::new());
    image
        .write_with_encoder(JpegEncoder::new_with_quality(&mut jpeg, 85))
        .map_err(|_| FactoryError::Portrait)?;
    Ok(jpeg.into_inner())
}

/// The coding's number in a face record (0 JPEG, 1 JPEG 2000), width and height.
pub(super) fn describe(image: &[u8]) -> Option<(u8, u16, u16)> {
    if image.starts_with(&[0xff, 0xd8, 0xff]) {
        let reader = image::ImageReader::with_format(Cursor::new(image), image::ImageFormat::Jpeg);
        let (width, height) = reader.into_dimensions().ok()?;
        return Some((0, u16::try_from(width).ok()?, u16::try_from(height).ok()?));
    }
    // The size stands in the SIZ marker of the code stream, whatever wraps it: image extent, then offset.
    let at = image.windows(4).position(|window| window == [0xff, 0x4f, 0xff, 0x51])?;
    let field = |index: usize| {
        let octets = image.get(at + 8 + index * 4..at + 12 + index * 4)?;
        Some(octets.iter().fold(0_u32, |value, octet| value << 8 | u32::from(*octet)))
    };
    let width = field(0)?.checked_sub(field(2)?)?;
    let height = field(1)?.checked_sub(field(3)?)?;
    Some((1, u16::try_from(width).ok()?, u16::try_from(height).ok()?))
}
