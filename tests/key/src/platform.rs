//! Invented makers of phones, whose keys are attested as Android and Apple do it, right or with something changed.
mod android;
mod apple;

pub use android::{AndroidMaker, Description, PACKAGE, SIGNER, tag};
pub use apple::{AppleMaker, DEVELOPMENT, PRODUCTION};

/// A DER value of this tag.
fn tlv(tag: &[u8], content: &[u8]) -> Vec<u8> {
    let length = content.len();
    let head = match length {
        0..=0x7f => vec![length.to_le_bytes()[0]],
        0x80..=0xff => vec![0x81, length.to_le_bytes()[0]],
        _ => {
            let [low, high, ..] = length.to_le_bytes();
            vec![0x82, high, low]
        }
    };
    [tag, &head, content].concat()
}

/// A DER INTEGER that is not negative.
fn integer(value: &[u8]) -> Vec<u8> {
    let start = value.iter().position(|octet| *octet != 0).unwrap_or(value.len() - 1);
    let mut octets = value[start..].to_vec();
    if octets[0] >= 0x80 {
        octets.insert(0, 0);
    }
    tlv(&[0x02], &octets)
}
