//! The QR code of a frame: one numeric segment, at the smallest version that a cheap scanner reads best.
//!
//! Level M withstands glare on a screen; above version 16 the modules get so small that level L reads better.

use std::fmt::Write as _;

use qrcodegen::{Mask, QrCode, QrCodeEcc, QrSegment, Version};

/// Above this version the code falls back to level L.
pub const LARGEST_VERSION_AT_MEDIUM: u8 = 16;
/// Static codes never exceed this version.
pub const LARGEST_VERSION: u8 = 25;
/// Light modules that must surround the code on each side (ISO/IEC 18004, 9.1).
pub const QUIET_ZONE: u32 = 4;

/// Error correction level.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// L: about 7 % of the code may be unreadable.
    Low,
    /// M: about 15 %.
    Medium,
}

/// Why a text became no QR code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum QrError {
    /// The text is not of digits alone.
    #[error("the text is not of digits alone")]
    NotDigits,
    /// The text does not fit [`LARGEST_VERSION`].
    #[error("the text does not fit the largest code")]
    TooLong,
}

/// The modules of a QR code, without its quiet zone.
#[derive(Clone)]
pub struct QrMatrix {
    code: QrCode,
    level: Level,
}

impl QrMatrix {
    /// Version 1 to 25.
    pub fn version(&self) -> u8 {
        self.code.version().value()
    }

    /// Error correction level.
    pub fn level(&self) -> Level {
        self.level
    }

    /// Modules on a side: 17 + 4 x version.
    pub fn size(&self) -> u32 {
        self.code.size().unsigned_abs()
    }

    /// Whether the module in column `x` and row `y` is dark; light outside the code, so that a caller may paint the
    /// quiet zone by asking for it.
    pub fn is_dark(&self, x: i32, y: i32) -> bool {
        self.code.get_module(x, y)
    }
}

impl QrMatrix {
    /// The code with its quiet zone as an SVG picture, black on white, one unit a module: it scales to any screen.
    pub fn svg(&self) -> String {
        let side = self.size() + 2 * QUIET_ZONE;
        let mut path = String::new();
        let dark = |x: u32, y: u32| {
            i32::try_from(x).ok().zip(i32::try_from(y).ok()).is_some_and(|(x, y)| self.is_dark(x, y))
        };
        for y in 0..self.size() {
            let mut x = 0;
            while x < self.size() {
                let run = (x..self.size()).take_while(|x| dark(*x, y)).count();
                let run = u32::try_from(run).unwrap_or_default();
                if run > 0 {
                    let _ = write!(path, "M{} {}h{run}v1h-{run}z", x + QUIET_ZONE, y + QUIET_ZONE);
                }
                x += run + 1;
            }
        }
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {side} {side}\" shape-rendering=\"crispEdges\">\
             <path fill=\"#fff\" d=\"M0 0h{side}v{side}h-{side}z\"/><path d=\"{path}\"/></svg>\n"
        )
    }
}

impl std::fmt::Debug for QrMatrix {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("QrMatrix")
            .field("version", &self.version())
            .field("level", &self.level)
            .finish_non_exhaustive()
    }
}

/// The code of a frame's digits: the smallest version at level M, or at level L if M would pass
/// [`LARGEST_VERSION_AT_MEDIUM`].
///
/// # Errors
/// Text that is not of digits alone, or too long for version [`LARGEST_VERSION`] at level L.
pub fn encode(digits: &str) -> Result<QrMatrix, QrError> {
    match encode_at(digits, Level::Medium, LARGEST_VERSION_AT_MEDIUM) {
        Err(QrError::TooLong) => encode_at(digits, Level::Low, LARGEST_VERSION),
        outcome => outcome,
    }
}

/// The smallest code at a given level, up to `largest` (at most [`LARGEST_VERSION`]).
///
/// # Errors
/// As [`encode`].
pub fn encode_at(digits: &str, level: Level, largest: u8) -> Result<QrMatrix, QrError> {
    if digits.is_empty() || !digits.bytes().all(|c| c.is_ascii_digit()) {
        return Err(QrError::NotDigits);
    }
    let correction = match level {
        Level::Low => QrCodeEcc::Low,
        Level::Medium => QrCodeEcc::Medium,
    };
    let mask: Option<Mask> = None;
    QrCode::encode_segments_advanced(
        &[QrSegment::make_numeric(digits)],
        correction,
        Version::MIN,
        Version::new(largest.clamp(1, LARGEST_VERSION)),
        mask,
        false,
    )
    .map(|code| QrMatrix { code, level })
    .map_err(|_| QrError::TooLong)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digits(count: usize) -> String {
        ('0'..='9').cycle().take(count).collect()
    }

    #[test]
    fn stays_at_medium_up_to_version_16_and_falls_to_low_above() {
        // ISO/IEC 18004 table 7, numeric: 16-M holds 1082 digits, 16-L 1408, 17-L 1548, 25-L 3057.
        for (count, version, level) in [
            (1, 1, Level::Medium),
            (1_082, 16, Level::Medium),
            (1_083, 14, Level::Low),
            (1_408, 16, Level::Low),
            (1_409, 17, Level::Low),
            (3_057, 25, Level::Low),
        ] {
            let code = encode(&digits(count)).unwrap();
            assert_eq!((code.version(), code.level()), (version, level), "{count} digits");
            assert_eq!(code.size(), 17 + 4 * u32::from(version));
        }
        assert_eq!(encode(&digits(3_058)).unwrap_err(), QrError::TooLong);
    }

    #[test]
    fn refuses_a_text_that_numeric_mode_cannot_hold() {
        for text in ["", "12a", "1 2", "\u{ff11}", "-1"] {
            assert_eq!(encode(text).unwrap_err(), QrError::NotDigits, "{text}");
        }
    }

    #[test]
    fn the_vector_picture_has_the_modules_of_the_code() {
        let code = encode("736010").unwrap();
        let svg = code.svg();
        let side = i32::try_from(code.size()).unwrap();
        let all = (0..side).flat_map(|y| (0..side).map(move |x| (x, y)));
        let dark = all.filter(|(x, y)| code.is_dark(*x, *y)).count();
        let runs = svg.split('M').skip(2).map(|run| {
            let (_, length) = run.split_once('h').unwrap();
            length.split_once('v').unwrap().0.parse::<usize>().unwrap()
        });
        assert_eq!(runs.sum::<usize>(), dark);
        assert!(svg.contains("M4 4h7v1h-7z"), "the finder's upper edge, behind the quiet zone");
        assert!(svg.contains(&format!("0 0 {0} {0}", side + 8)));
    }

    #[test]
    fn modules_outside_the_code_are_light_and_the_finder_is_dark() {
        let code = encode("736010").unwrap();
        assert!(code.is_dark(0, 0) && code.is_dark(6, 6) && !code.is_dark(1, 1));
        assert!(!code.is_dark(-1, 0) && !code.is_dark(0, i32::try_from(code.size()).unwrap()));
    }
}
