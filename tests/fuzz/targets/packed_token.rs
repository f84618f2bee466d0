//! Tokens in the packing of Claim 169 and EU certificates: as they are, and as the payload of a known issuer's.
#![no_main]
use sen_fuzz::{desk, signed};
use trust::cose::Draft;

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    // {1: -7}: ES256 and no `kid`, which is the empty one of the desk's list.
    let draft = Draft::new(vec![0xa1, 0x01, 0x26], vec![0xa0], input.to_vec());
    let token = draft.assemble(&signed::sign(&draft.to_be_signed()));
    for token in [input, &token] {
        let packed = desk::packed(token);
        for text in [format!("HC1:{packed}"), packed] {
            sen_fuzz::inflated("packed_token", text.as_bytes(), 64 << 10, |_| desk::decide(&text));
        }
    }
});
