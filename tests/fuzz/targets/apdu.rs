//! Response APDUs, in the clear and under secure messaging.
#![no_main]
use card::apdu::ResponseApdu;

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    let _ = sen_fuzz::bounded("apdu", input, ResponseApdu::parse);
});
