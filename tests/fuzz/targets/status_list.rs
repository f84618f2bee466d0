//! Token Status Lists: any bytes as a token, and any payload that a believed signer signed.
#![no_main]
use sen_fuzz::signed::{status_signers, token};
use trust::status::{LARGEST_LIST, StatusList, TYP};

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    let signers = status_signers();
    let _ = sen_fuzz::bounded("status list", input, |token| StatusList::verify(token, &signers));
    let token = token(TYP, input);
    let list = sen_fuzz::inflated("signed status list", &token, LARGEST_LIST, |token| {
        StatusList::verify(token, &signers)
    });
    if let Ok(list) = list {
        let _ = (list.get(0), list.get(u64::from(u32::MAX)), list.get(u64::MAX));
    }
});
