//! The small portrait that travels beside a credential: made from the chip's face, so small that four QR codes hold it.
//!
//! One format: grey JPEG with tables of its own. It has an encoder in Rust that is kept, and every browser shows it; WebP's lossy
//! encoders are C, AVIF's takes minutes to build, and neither shows a face better in a kilobyte than it needs to be recognised.
use card::lds::face::Face;
use image::imageops::{FilterType, resize};
use image::{GrayImage, load_from_memory};
use jpeg_encoder::{ColorType, Encoder};
use presentation::animated::LARGEST_PORTRAIT;

/// No face on a chip has more pixels.
const MOST_PIXELS: u32 = 4_000_000;
/// Tried in turn: width, height, the lowest quality at that size.
const SIZES: [(u32, u32, u8); 3] = [(72, 96, 30), (60, 80, 20), (48, 64, 5)];
const BEST_QUALITY: u8 = 80;
const STEP: usize = 5;

/// The portrait, or nothing where the face cannot be decoded.
pub(super) fn small_portrait(face: &Face) -> Option<Vec<u8>> {
    let shown = face.shown(MOST_PIXELS).ok()?;
    let whole = load_from_memory(&shown.bytes).ok()?.to_luma8();
    SIZES.iter().find_map(|(width, height, lowest)| {
        let small = resize(&cropped(&whole, *width, *height), *width, *height, FilterType::Triangle);
        let qualities = (*lowest..=BEST_QUALITY).rev().step_by(STEP);
        qualities.filter_map(|quality| jpeg(&small, quality)).find(|jpeg| jpeg.len() <= LARGEST_PORTRAIT)
    })
}

/// The largest middle part with these proportions.
fn cropped(whole: &GrayImage, width: u32, height: u32) -> GrayImage {
    let (w, h) = whole.dimensions();
    let fitting_width = w.min(h * width / height).max(1);
    let fitting_height = h.min(w * height / width).max(1);
    let (x, y) = ((w - fitting_width) / 2, (h - fitting_height) / 2);
    image::imageops::crop_imm(whole, x, y, fitting_width, fitting_height).to_image()
}

fn jpeg(image: &GrayImage, quality: u8) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut encoder = Encoder::new(&mut bytes, quality);
    encoder.set_optimized_huffman_tables(true);
    let (width, height) = (u16::try_from(image.width()).ok()?, u16::try_from(image.height()).ok()?);
    encoder.encode(image.as_raw(), width, height, ColorType::Luma).ok()?;
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use card::lds::face::{FaceFormat, dg2};

    use super::*;

    #[test]
    fn every_face_becomes_a_picture_that_fits_and_browsers_show() {
        let cards = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/vectors/emrtd/vn_cccd");
        let mut faces = 0;
        for folder in std::fs::read_dir(cards).unwrap() {
            let Ok(file) = std::fs::read(folder.unwrap().path().join("EF_DG2.bin")) else { continue };
            let face = dg2(&file).unwrap();
            let portrait = small_portrait(&face).unwrap();
            assert!(portrait.len() <= LARGEST_PORTRAIT, "{}", portrait.len());
            let decoded = load_from_memory(&portrait).unwrap();
            println!(
                "{} bytes to {} bytes, {}x{}",
                face.bytes.len(),
                portrait.len(),
                decoded.width(),
                decoded.height()
            );
            assert!(decoded.width() >= 60, "a face of {} pixels", decoded.width());
            faces += 1;
        }
        assert!(faces >= 2);
    }

    #[test]
    fn noise_which_hardly_becomes_small_takes_a_smaller_size() {
        let noise = GrayImage::from_fn(72, 96, |x, y| {
            image::Luma([u8::try_from((x * x * 31 + y * y * 17 + x * y) % 251).unwrap()])
        });
        let mut png = std::io::Cursor::new(Vec::new());
        noise.write_to(&mut png, image::ImageFormat::Png).unwrap();
        let noisy = Face { format: FaceFormat::Png, size: Some((72, 96)), bytes: png.into_inner() };
        let portrait = small_portrait(&noisy).unwrap();
        assert!(portrait.len() <= LARGEST_PORTRAIT, "{}", portrait.len());
        assert!(load_from_memory(&portrait).unwrap().width() < 72);
    }

    #[test]
    fn what_is_no_picture_gives_none() {
        for format in [FaceFormat::Unknown, FaceFormat::Jpeg, FaceFormat::Jpeg2000] {
            let face = Face { format, size: Some((72, 96)), bytes: b"no picture".to_vec() };
            assert_eq!(small_portrait(&face), None);
        }
    }
}
