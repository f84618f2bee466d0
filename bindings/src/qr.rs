//! A code as black and white modules, so that every shell draws the same one.
use presentation::qr;

use crate::error::SenError;

/// The modules of a QR code. Around it belong four more light ones, and it is black on white whatever the theme.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct QrModules {
    /// Modules in a row, and rows.
    pub size: u32,
    /// Row after row, one octet a module: 1 is dark.
    pub dark: Vec<u8>,
}

/// Draws digits as a QR code in numeric mode.
#[uniffi::export]
pub fn draw_qr(digits: String) -> Result<QrModules, SenError> {
    let matrix = qr::encode(&digits).map_err(|error| match error {
        qr::QrError::NotDigits => SenError::not_ready("qr.not_digits"),
        _ => SenError::not_ready("qr.too_long"),
    })?;
    let rows = 0..i32::try_from(matrix.size()).map_err(|_| SenError::bug("qr.size"))?;
    let row = |y: i32| rows.clone().map(move |x| (x, y));
    let dark = rows.clone().flat_map(row).map(|(x, y)| u8::from(matrix.is_dark(x, y))).collect();
    Ok(QrModules { size: matrix.size(), dark })
}
