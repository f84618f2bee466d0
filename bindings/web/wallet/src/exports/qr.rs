//! A code as a picture.
use presentation::qr::{QrError, encode};
use wasm_bindgen::prelude::wasm_bindgen;

use crate::error::SenError;

/// Draws digits as a QR code in numeric mode: SVG with the quiet zone, black on white whatever the theme.
#[wasm_bindgen(js_name = drawQr)]
#[allow(unreachable_pub, reason = "the glue takes public functions alone")]
pub fn draw_qr(digits: &str) -> Result<String, SenError> {
    let matrix = encode(digits).map_err(|error| match error {
        QrError::NotDigits => SenError::not_ready("qr.not_digits"),
        _ => SenError::not_ready("qr.too_long"),
    })?;
    Ok(matrix.svg())
}
