//! Base45 (RFC 9285), without any tolerance.

/// Whether every character belongs to the alphabet.
pub(super) fn is_base45(text: &str) -> bool {
    text.bytes().all(|character| value(character).is_some())
}

const fn value(character: u8) -> Option<u32> {
    let value = match character {
        b'0'..=b'9' => character - b'0',
        b'A'..=b'Z' => character - b'A' + 10,
        b' ' => 36,
        b'$' => 37,
        b'%' => 38,
        b'*' => 39,
        b'+' => 40,
        b'-' => 41,
        b'.' => 42,
        b'/' => 43,
        b':' => 44,
        _ => return None,
    };
    Some(value as u32)
}

/// The bytes of a text, or nothing where it is not Base45.
pub(super) fn decode(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() / 3 * 2 + 1);
    for group in text.as_bytes().chunks(3) {
        let mut values = [0; 3];
        for (to, character) in values.iter_mut().zip(group) {
            *to = value(*character)?;
        }
        let [low, middle, high] = values;
        let number = low + 45 * middle + 2025 * high;
        match group.len() {
            3 => bytes.extend(u16::try_from(number).ok()?.to_be_bytes()),
            2 => bytes.push(u8::try_from(number).ok()?),
            _ => return None,
        }
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::also_read::tests::vectors;

    #[test]
    fn vectors_of_base45_decode_or_are_refused() {
        let Some(cases) = vectors("qr/base45") else { return };
        let mut ran = 0;
        for (_, case) in &cases {
            let pairs = |name: &str| {
                let pairs = case[name].as_array().cloned().unwrap_or_default();
                pairs
                    .into_iter()
                    .map(|pair| (pair[0].as_str().unwrap().to_owned(), pair[1].as_str().unwrap().to_owned()))
            };
            for (plain, text) in pairs("encode_decode") {
                assert_eq!(decode(&text).unwrap(), plain.as_bytes(), "{text}");
                ran += 1;
            }
            for (bytes, text) in pairs("bytes_hex") {
                assert_eq!(decode(&text).unwrap(), hex::decode(&bytes).unwrap(), "{text}");
                ran += 1;
            }
            for reject in case["reject"].as_array().unwrap() {
                assert_eq!(decode(reject["s"].as_str().unwrap()), None, "{}", reject["why"]);
                ran += 1;
            }
        }
        println!("vectors qr/base45: {ran} cases");
        assert!(ran > 0 || std::env::var_os("SEN_VECTORS").is_some());
    }
}
