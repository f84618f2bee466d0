//! Trust lists: any bytes as a token, and any payload that the root signed.
#![no_main]
use sen_fuzz::signed::{key, token};
use trust::anchors::{TYP, Trust};

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    let roots = [key()];
    let _ = sen_fuzz::bounded("trust list", input, |list| Trust::load_even_expired(&roots, list, 0));
    let list = token(TYP, input);
    let _ = sen_fuzz::bounded("signed trust list", &list, |list| Trust::load_even_expired(&roots, list, 0));
});
