//! Images in a form that every phone shows: JPEG 2000, which Android does not know, becomes PNG.
use std::borrow::Cow;
use std::panic::{AssertUnwindSafe, catch_unwind};

use hayro_jpeg2000::{DecodeSettings, DecoderContext};

use super::image::{Image, ImageFormat};

/// Why an image cannot be shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NotShown {
    /// No known format.
    #[error("unknown image format")]
    UnknownFormat,
    /// More pixels than the caller allows, or no telling how many.
    #[error("too many pixels")]
    TooManyPixels,
    /// The image is broken, or coded in a way that portraits are not.
    #[error("the image cannot be decoded")]
    Undecodable,
}

impl Image {
    /// This image as JPEG or PNG. One of more than `most_pixels`, by its header, is refused before it is decoded.
    pub fn shown(&self, most_pixels: u32) -> Result<Cow<'_, Self>, NotShown> {
        if self.format == ImageFormat::Unknown {
            return Err(NotShown::UnknownFormat);
        }
        self.size.filter(|size| fits(*size, most_pixels)).ok_or(NotShown::TooManyPixels)?;
        if self.format != ImageFormat::Jpeg2000 {
            return Ok(Cow::Borrowed(self));
        }
        // The decoder indexes its tables by what the file says; a file that it did not foresee is undecodable.
        let png = catch_unwind(AssertUnwindSafe(|| to_png(&self.bytes, most_pixels)));
        let png = png.unwrap_or(Err(NotShown::Undecodable))?;
        Ok(Cow::Owned(Self::stored(&png)))
    }
}

fn fits((width, height): (u32, u32), most_pixels: u32) -> bool {
    width > 0 && height > 0 && width.checked_mul(height).is_some_and(|pixels| pixels <= most_pixels)
}

fn to_png(bytes: &[u8], most_pixels: u32) -> Result<Vec<u8>, NotShown> {
    let undecodable = |_| NotShown::Undecodable;
    let image = hayro_jpeg2000::Image::new(bytes, &DecodeSettings::default()).map_err(undecodable)?;
    // What is decoded may be another code stream in the file than the one whose header was read.
    let (width, height) = (image.width(), image.height());
    if !fits((width, height), most_pixels) {
        return Err(NotShown::TooManyPixels);
    }
    let colour = match (image.color_space().num_channels(), image.has_alpha()) {
        (1, false) => png::ColorType::Grayscale,
        (1, true) => png::ColorType::GrayscaleAlpha,
        (3, false) => png::ColorType::Rgb,
        (3, true) => png::ColorType::Rgba,
        _ => return Err(NotShown::Undecodable),
    };
    let mut context = DecoderContext::default();
    let pixels = image.decode(&mut context).map_err(undecodable)?.data_u8();
    let mut out = Vec::new();
    let mut encoder = png::Encoder::new(&mut out, width, height);
    encoder.set_color(colour);
    encoder.set_depth(png::BitDepth::Eight);
    let mut writer = encoder.write_header().map_err(|_| NotShown::Undecodable)?;
    writer.write_image_data(&pixels).map_err(|_| NotShown::Undecodable)?;
    writer.finish().map_err(|_| NotShown::Undecodable)?;
    Ok(out)
}
