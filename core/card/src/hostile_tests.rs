//! Whatever a chip, a folder or a list holds, a parser answers: cut, changed and repeated vectors, and files that claim
//! what they do not hold. Nothing here may panic; a debug build also catches every overflow.
use crate::asn1::encode;
use crate::lds::{self, details, dg13, face, mrz, notify, security};
use crate::passive::anchors::{CscaAnchors, MasterList};
use crate::passive::certificate::Certificate;
use crate::passive::signed_data::SignedData;
use crate::vectors::{area, entries, ran};
use crate::{ActiveExchange, DocumentContent, FileId, SecurityObject, verify_active_authentication};

/// Every parser that takes bytes from outside.
fn feed(bytes: &[u8]) {
    let _ = lds::com(bytes);
    let _ = lds::dg1(bytes);
    let _ = lds::dg5(bytes);
    let _ = lds::dg7(bytes);
    let _ = face::dg2(bytes);
    let _ = face::face_record(bytes);
    let _ = details::dg11(bytes);
    let _ = details::dg12(bytes);
    let _ = dg13::dg13(bytes);
    let _ = notify::dg16(bytes);
    let _ = security::dg14(bytes);
    let _ = security::card_access(bytes);
    let _ = security::dg15(bytes);
    let _ = mrz::Mrz::parse(bytes);
    let _ = Certificate::parse(bytes);
    let _ = SignedData::parse(bytes);
    let _ = SecurityObject::parse(bytes);
    let _ = MasterList::parse(bytes);
    let _ = CscaAnchors::from_bytes(bytes);
    let _ = CscaAnchors::new().revoke_by(bytes);
    let exchange = ActiveExchange { challenge: [1; 8], response: bytes.to_vec() };
    let _ = verify_active_authentication(bytes, Some(bytes), &exchange);
    let files = [1, 2, 13].map(|number| (FileId::Dg(number), bytes.to_vec()));
    let _ = DocumentContent::parse(&files.into());
}

/// Small files of the vectors, whole.
fn samples() -> Vec<Vec<u8>> {
    let mut found = Vec::new();
    for name in ["vn_cccd", "lds", "sod_real", "csca"] {
        let mut folders: Vec<_> = area(name).into_iter().collect();
        while let Some(folder) = folders.pop() {
            for path in entries(&folder) {
                if path.is_dir() {
                    folders.push(path);
                } else if path.metadata().unwrap().len() < 0x1000 {
                    found.push(std::fs::read(&path).unwrap());
                }
            }
        }
    }
    found
}

#[test]
fn vectors_cut_changed_or_repeated_are_answered() {
    let samples = samples();
    for sample in &samples {
        feed(sample);
        feed(&[&sample[..], sample].concat());
        let step = (sample.len() / 40).max(1);
        for position in (0..sample.len()).step_by(step) {
            feed(&sample[..position]);
            feed(&sample[position..]);
            for change in [0x01, 0x80, 0xff] {
                let mut changed = sample.clone();
                changed[position] ^= change;
                feed(&changed);
            }
        }
    }
    ran("hostile", samples.len());
}

#[test]
fn lengths_that_nothing_stands_behind_are_answered() {
    for tag in [0x04, 0x24, 0x30, 0x31, 0x60, 0x61, 0x6d, 0x6e, 0x6f, 0x75, 0x77, 0xa0] {
        for length in
            [&[0x80][..], &[0x81], &[0x82, 0xff, 0xff], &[0x84, 0xff, 0xff, 0xff, 0xff], &[0x88], &[0xff]]
        {
            feed(&[&[tag], length].concat());
            feed(&[&[tag], length, &[0; 64]].concat());
        }
    }
}

#[test]
fn nesting_without_end_is_answered() {
    for head in [&[0x30, 0x80][..], &[0x24, 0x80], &[0x77, 0x80], &[0x6d, 0x84, 0, 0xff, 0xff, 0xff]] {
        feed(&head.repeat(50_000));
    }
    let mut nested = vec![4, 0];
    for _ in 0..2000 {
        nested = encode(0x30, &nested);
    }
    feed(&nested);
    feed(&encode(0x77, &nested));
}

#[test]
fn many_tiny_elements_are_answered() {
    for tag in [0x60, 0x67, 0x6b, 0x6d, 0x6e, 0x70, 0x75, 0x77, 0x30, 0x31] {
        feed(&encode(tag, &[0x30, 0].repeat(50_000)));
        feed(&encode(tag, &[0x5f, 0x43, 0].repeat(50_000)));
    }
    feed(&[&[0x30, 0x80][..], &[0x24, 0x80, 0, 0].repeat(50_000), &[0, 0]].concat());
}
