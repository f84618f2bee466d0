//! Credentials, and the claims that their disclosures open.
#![no_main]
use credential::sd_cwt::{SdCwt, open, select};

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    let _ = sen_fuzz::bounded("sd_cwt", input, |token| SdCwt::parse(token).is_ok());
    let _ = sen_fuzz::bounded("disclosures", input, |token| open(token).is_ok());
    let _ = sen_fuzz::bounded("selection", input, |token| select(token, &[1, 4]));
});
