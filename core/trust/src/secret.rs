//! Values that must leave no trace.
use std::fmt;

use zeroize::Zeroize;

/// A secret: overwritten when dropped, not `Clone`, never printed, never serialised.
pub struct Secret<T: Zeroize>(T);

impl<T: Zeroize> Secret<T> {
    /// Takes the value in.
    pub const fn new(value: T) -> Self {
        Self(value)
    }

    /// The value, for as long as it is needed.
    pub const fn expose(&self) -> &T {
        &self.0
    }
}

impl<T: Zeroize> Drop for Secret<T> {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl<T: Zeroize> fmt::Debug for Secret<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Secret")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn does_not_print_what_it_holds() {
        let secret = Secret::new(*b"0123");
        assert_eq!(format!("{secret:?}"), "Secret");
        assert_eq!(secret.expose(), b"0123");
    }
}
