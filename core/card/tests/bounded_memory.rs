//! No parser holds more than four times its input and 1 MiB, whatever the input claims or repeats. The allocator counts
//! for the whole process, so this is one test in a program of its own.
#![allow(clippy::unwrap_used, reason = "a test stops where its vectors do not stand")]
use std::path::Path;

use card::lds::{self, details, dg13, face, mrz, notify, security};
use card::passive::anchors::{CscaAnchors, MasterList};
use card::passive::certificate::Certificate;
use card::{EvidenceRecord, SecurityObject};
use peak_alloc::PeakAlloc;
use sen_card as card;

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

const MARGIN: usize = 1 << 20;

/// The most memory that was held at one time during a call, beside what was held before.
fn held<Answer>(call: impl FnOnce() -> Answer) -> usize {
    let before = MEMORY.current_usage();
    MEMORY.reset_peak_usage();
    let answer = call();
    let held = MEMORY.peak_usage() - before;
    drop(answer);
    held
}

type Parser = (&'static str, fn(&[u8]));

/// Every parser that takes bytes from a chip, a folder or a list.
const PARSERS: [Parser; 19] = [
    ("com", |bytes| drop(lds::com(bytes))),
    ("dg1", |bytes| drop(lds::dg1(bytes))),
    ("dg2", |bytes| drop(face::dg2(bytes))),
    ("face record", |bytes| drop(face::face_record(bytes))),
    ("dg5", |bytes| drop(lds::dg5(bytes))),
    ("dg7", |bytes| drop(lds::dg7(bytes))),
    ("dg11", |bytes| drop(details::dg11(bytes))),
    ("dg12", |bytes| drop(details::dg12(bytes))),
    ("dg13", |bytes| drop(dg13::dg13(bytes))),
    ("dg14", |bytes| drop(security::dg14(bytes))),
    ("dg15", |bytes| drop(security::dg15(bytes))),
    ("dg16", |bytes| drop(notify::dg16(bytes))),
    ("mrz", |bytes| drop(mrz::Mrz::parse(bytes))),
    ("sod", |bytes| drop(SecurityObject::parse(bytes))),
    ("certificate", |bytes| drop(Certificate::parse(bytes))),
    ("master list", |bytes| drop(MasterList::parse(bytes))),
    ("anchors", |bytes| drop(CscaAnchors::from_bytes(bytes))),
    ("revocation list", |bytes| assert!(CscaAnchors::new().revoke_by(bytes).is_err())),
    ("evidence", |bytes| drop(EvidenceRecord::parse(bytes))),
];

fn feed(name: &str, input: &[u8]) {
    for (parser, parse) in PARSERS {
        let (held, allowed) = (held(|| parse(input)), 4 * input.len() + MARGIN);
        assert!(held <= allowed, "{parser} held {held} over {name} of {}, allowed {allowed}", input.len());
    }
}

/// An element with a length of four octets.
fn element(tag: &[u8], content: &[u8]) -> Vec<u8> {
    let length = u32::try_from(content.len()).unwrap().to_be_bytes();
    [tag, &[0x84], &length, content].concat()
}

fn vectors(path: &str) -> Vec<u8> {
    std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/vectors/emrtd").join(path)).unwrap()
}

const SIGNED_DATA: [u8; 11] = [0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02];
const SECURITY_OBJECT: [u8; 8] = [0x06, 0x06, 0x67, 0x81, 0x08, 0x01, 0x01, 0x01];

/// A security object with these certificates and no signer, which is what the parser finds out last.
fn security_object(certificates: &[u8]) -> Vec<u8> {
    let content = [&SECURITY_OBJECT[..], &element(&[0xa0], &element(&[0x04], &[0x30, 0]))].concat();
    let parts =
        [&[2, 1, 3, 0x31, 0][..], &element(&[0x30], &content), &element(&[0xa0], certificates), &[0x31, 0]];
    let signed = element(&[0xa0], &element(&[0x30], &parts.concat()));
    element(&[0x77], &element(&[0x30], &[&SIGNED_DATA[..], &signed].concat()))
}

/// A DG13 with these fields.
fn vietnamese(fields: &[u8]) -> Vec<u8> {
    let group = [&[0x02, 1, 1, 0x06, 1, 1][..], &element(&[0x31], fields)].concat();
    element(&[0x6d], &element(&[0x30], &group))
}

#[test]
fn no_parser_holds_more_than_four_times_its_input_and_a_mebibyte() {
    // The counter counts: else nothing below could fail.
    assert!(held(|| vec![1_u8; 3 * MARGIN]) >= 3 * MARGIN);

    for length in [0xff_u32, 0xffff, 0x00ff_ffff, 0x7fff_ffff, u32::MAX] {
        for tag in [0x04, 0x24, 0x30, 0x31, 0x60, 0x61, 0x67, 0x6b, 0x6d, 0x6e, 0x6f, 0x70, 0x75, 0x77] {
            feed("a claimed length", &[&[tag, 0x84][..], &length.to_be_bytes(), &[0x30; 64]].concat());
        }
    }
    for item in [0x5a, 0x7a, 0x9a, 0xba] {
        feed("a claimed length of CBOR", &[0xd2, 0x84, item, 0xff, 0xff, 0xff, 0xff]);
    }
    for tag in [0x60, 0x61, 0x65, 0x67, 0x6b, 0x6c, 0x6d, 0x6e, 0x6f, 0x70, 0x75, 0x77, 0x30, 0x31] {
        for small in [&[0x30, 0][..], &[0x5f, 0x43, 0], &[0x02, 1, 1], &[0xa0, 0]] {
            feed("many small elements", &element(&[tag], &small.repeat(100_000)));
        }
    }
    let field = |number: u32| [&[0x30, 8, 2, 4][..], &number.to_be_bytes(), &[0x0c, 0]].concat();
    feed("a DG13 of empty fields", &vietnamese(&(100..100_000).flat_map(field).collect::<Vec<_>>()));
    let long = [&[0x02, 1, 99][..], &element(&[0x04], &vec![0xab; 3 << 20])].concat();
    feed("a DG13 with one long field that is no text", &vietnamese(&element(&[0x30], &long)));
    let separators = b"<".repeat(2 << 20);
    feed("a DG11 whose address is all separators", &element(&[0x6b], &element(&[0x5f, 0x42], &separators)));
    feed("a zone of two mebibytes", &element(&[0x61], &element(&[0x5f, 0x1f], &separators)));
    feed("nesting", &[0x30, 0x80].repeat(500_000));
    let pieces = [&[0x77, 0x80][..], &[0x24, 0x80, 0, 0].repeat(200_000), &[0, 0]].concat();
    feed("octet strings in pieces", &pieces);
    let certificate = vectors("vn_cccd/b_bp384_named_2024/csca.cer");
    feed("a security object of many certificates", &security_object(&certificate.repeat(4000)));
    feed("a security object of many empty certificates", &security_object(&[0x30, 0].repeat(500_000)));
    feed("many PEM texts", &b"-----BEGIN CERTIFICATE-----\nMA==\n-----END CERTIFICATE-----\n".repeat(20_000));
    for path in ["csca/DE_ML_2026-05-28-08-28-45.ml", "vn_cccd/b_bp384_named_2024/EF_DG2.bin"] {
        feed(path, &vectors(path));
    }
}
