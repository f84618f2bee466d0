//! EF.DG2 and the facial records of both standards in it.
#![no_main]
use card::lds::face;

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    let _ = sen_fuzz::bounded("dg2", input, face::dg2);
    let _ = sen_fuzz::bounded("face_record", input, face::face_record);
});
