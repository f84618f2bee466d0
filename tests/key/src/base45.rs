//! Base45 (RFC 9285) as others write it: what is shipped only reads it.

/// Its digits, by value.
pub const ALPHABET: &[u8; 45] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";

/// Two octets become three characters, a last one alone two, the lowest digit first.
pub fn encode(octets: &[u8]) -> String {
    let mut text = String::new();
    for group in octets.chunks(2) {
        let mut value = group.iter().fold(0_usize, |value, octet| value << 8 | usize::from(*octet));
        for _ in 0..=group.len() {
            text.extend(ALPHABET.get(value % 45).map(|digit| char::from(*digit)));
            value /= 45;
        }
    }
    text
}
