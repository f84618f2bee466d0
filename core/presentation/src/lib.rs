//! What holder and verifier exchange: key-binding token, a desk's challenge, encrypted answer, digits frame, QR code;
//! what a new phone shows to the old one, and a phone without a reader to one that has one.
//!
//! For the wallet (which makes them) and for whoever scans them. Nothing here signs, reads a clock or decides whether
//! a presentation is to be believed: a token comes in as bytes to sign, and the device key answers elsewhere.
//!
//! ```
//! use sen_presentation as presentation;
//! let token = [0xd2, 0x84, 0x43, 0xa1, 0x01, 0x26];
//! let text = presentation::frame::encode(&token);
//! assert!(text.starts_with("7360"));
//! assert_eq!(presentation::frame::decode(&text).unwrap(), token);
//! ```

pub mod animated;
pub mod borrowed_reader;
pub mod challenge;
pub mod dcql;
pub mod encryption;
pub mod frame;
mod hpke;
pub mod kbt;
pub mod level_statement;
pub mod new_phone;
pub mod openid4vp;
pub mod qr;
mod shown;

pub use shown::showable;

#[cfg(test)]
mod vectors;
