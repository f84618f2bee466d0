//! A library of uniffi's with one function, of the shape of one of the core's.

/// Whether these are six digits, as [`pin_has_six_digits`] of the core says.
#[uniffi::export]
pub fn pin_has_six_digits(pin: String) -> bool {
    pin.len() == 6 && pin.bytes().all(|octet| octet.is_ascii_digit())
}

uniffi::setup_scaffolding!("bare");
