//! Known answers of other people for data groups.
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::details::{dg11, dg12};
use super::face::{FaceFormat, dg2, face_record};
use super::image::Image;
use super::security::{SecurityInfo, dg14, dg15};
use super::shown::NotShown;
use super::{com, dg1, dg5, dg7};
use crate::signature::PublicKey;
use crate::vector_tests::card;
use crate::vectors::{area, entries, ran};
use crate::{FileId, SecurityObject};

fn sha256(bytes: &[u8]) -> String {
    hex::encode(ring::digest::digest(&ring::digest::SHA256, bytes))
}

/// Compares text and lists of text with the members of an object of the expected answers.
fn same(expected: &Value, fields: &[(&str, Value)]) {
    for (name, value) in fields {
        assert_eq!(&expected[name], value, "{name}");
    }
}

fn sample_document(folder: &Path) {
    let files = card(folder);
    // Another set may have fewer groups; what it has must be right.
    let file = |number| files.get(&FileId::Dg(number)).map(Vec::as_slice);
    let expected: Value =
        serde_json::from_slice(&std::fs::read(folder.join("expected.json")).unwrap()).unwrap();
    assert_eq!(hex::encode_upper(com(&files[&FileId::Com]).unwrap()), expected["COM"]["tags"]);
    if let Some(line) = expected["DG1_mrz"].as_str() {
        assert_eq!(dg1(file(1).unwrap()).unwrap(), super::mrz::Mrz::parse(line.as_bytes()).unwrap());
    }
    if let Some(file) = file(2) {
        let face = dg2(file).unwrap();
        assert_eq!(sha256(&face.bytes), expected["DG2_image_sha256"]);
        assert!(face.size.is_some_and(|(width, height)| width > 0 && height > 0));
    }
    let displayed = [(file(5).map(dg5), "DG5_image_sha256"), (file(7).map(dg7), "DG7_image_sha256")];
    for (images, name) in displayed {
        let Some(images) = images.map(Result::unwrap) else { continue };
        assert_eq!(images.len(), 1);
        assert_ne!(images[0].format, FaceFormat::Unknown);
        assert_eq!(sha256(&images[0].bytes), expected[name]);
    }
    if let Some(holder) = file(11).map(|file| dg11(file).unwrap()) {
        same(
            &expected["DG11"],
            &[
                ("name_of_holder", holder.name.into()),
                ("other_names", holder.other_names.into()),
                ("personal_number", holder.personal_number.into()),
                ("full_date_of_birth", holder.date_of_birth.into()),
                ("place_of_birth", holder.place_of_birth.into()),
                ("permanent_address", holder.address.into()),
                ("telephone", holder.telephone.into()),
                ("profession", holder.profession.into()),
                ("title", holder.title.into()),
                ("personal_summary", holder.personal_summary.into()),
                ("other_valid_td_numbers", holder.other_documents.into()),
                ("custody_information", holder.custody.into()),
            ],
        );
    }
    if let Some(document) = file(12).map(|file| dg12(file).unwrap()) {
        same(
            &expected["DG12"],
            &[
                ("date_of_issue", document.date_of_issue.into()),
                ("issuing_authority", document.issuing_authority.into()),
                ("names_of_other_persons", document.other_persons.into()),
                ("endorsements", document.endorsements.into()),
                ("tax_exit_requirements", document.tax_or_exit.into()),
                ("date_of_personalization", document.personalised_at.into()),
                ("personalization_number", document.personalised_by.into()),
            ],
        );
    }
    for info in file(14).map_or_else(Vec::new, |file| dg14(file).unwrap()) {
        match info {
            SecurityInfo::TerminalAuthentication(version) => {
                assert_eq!(expected["DG14"]["ta"], format!("0.4.0.127.0.7.2.2.2 v{version}"));
            }
            SecurityInfo::ChipAuthentication { protocol, version, .. } => {
                assert_eq!(expected["DG14"]["ca"], format!("{protocol} v{version}"));
            }
            SecurityInfo::ChipAuthenticationKey { protocol, key, .. } => {
                assert_eq!(expected["DG14"]["ca_public_key"], protocol);
                assert!(!matches!(key, PublicKey::Unsupported));
            }
            _ => {}
        }
    }
    if let Some(file) = file(15) {
        assert!(!matches!(dg15(file).unwrap(), PublicKey::Unsupported));
    }
    let object = SecurityObject::parse(&files[&FileId::Sod]).unwrap();
    let listed: Vec<_> = object.data_groups().map(u64::from).map(Value::from).collect();
    assert_eq!(Value::from(listed), expected["SOD"]["dg_in_sod"]);
    assert_eq!(Value::from(object.verify_signature().is_ok()), expected["SOD"]["signature_ok"]);
    for (file, bytes) in &files {
        if let FileId::Dg(number) = file {
            let signed = object.data_groups().any(|listed| listed == *number);
            assert_eq!(object.verify_data_group(*number, bytes).is_ok(), signed, "{file}");
        }
    }
}

/// The files below a folder whose names end so.
fn ending(folder: &Path, end: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for path in entries(folder) {
        if path.is_dir() {
            found.extend(ending(&path, end));
        } else if path.to_string_lossy().ends_with(end) {
            found.push(path);
        }
    }
    found
}

#[test]
fn vectors_of_data_groups_say_what_is_expected() {
    let Some(folder) = area("lds") else { return };
    let mut cases = 0;
    for expected in ending(&folder, "expected.json") {
        sample_document(expected.parent().unwrap());
        cases += 1;
    }
    // A record or a data group beside the image that it must yield.
    for (end, beside) in [("_Data.bin", "_Face.jpg"), ("_AllFields.dat", "_Face.jpg")] {
        for path in ending(&folder, end) {
            let bytes = std::fs::read(&path).unwrap();
            let face = if bytes.starts_with(&[0x75]) { dg2(&bytes) } else { face_record(&bytes) };
            let image = std::fs::read(path.to_string_lossy().replace(end, beside)).unwrap();
            let face = face.unwrap();
            assert!(face.bytes == image, "{}", path.display());
            assert!(face.size.is_some(), "{}", path.display());
            cases += 1;
        }
    }
    for path in entries(&folder).into_iter().filter(|path| path.extension().is_some_and(|e| e == "bin")) {
        let face = dg2(&std::fs::read(&path).unwrap()).unwrap();
        assert!(face.size.is_some(), "{}", path.display());
        cases += 1;
    }
    ran("lds", cases);
}

/// Every JPEG 2000 image among the vectors.
fn jpeg2000_images() -> Vec<Image> {
    let mut found = Vec::new();
    for folder in [area("lds"), area("vn_cccd")].into_iter().flatten() {
        for path in ending(&folder, ".jp2") {
            found.push(Image::stored(&std::fs::read(&path).unwrap()));
        }
        for path in ending(&folder, "_Face.jpg") {
            found.push(Image::stored(&std::fs::read(&path).unwrap()));
        }
    }
    found.retain(|image| image.format == FaceFormat::Jpeg2000);
    found
}

#[test]
fn vectors_of_jpeg_2000_images_are_shown_as_png_of_the_same_size() {
    let images = jpeg2000_images();
    for image in &images {
        let shown = image.shown(1 << 20).unwrap();
        assert_eq!((shown.format, shown.size), (FaceFormat::Png, image.size));
        let mut reader = png::Decoder::new(std::io::Cursor::new(&shown.bytes)).read_info().unwrap();
        let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
        reader.next_frame(&mut pixels).unwrap();
        let (dark, light) = (pixels.iter().min().unwrap(), pixels.iter().max().unwrap());
        assert!(light - dark > 50, "a portrait has light and shade");
        let (width, height) = image.size.unwrap();
        assert_eq!(image.shown(width * height - 1), Err(NotShown::TooManyPixels));
        assert!(image.shown(width * height).is_ok());
    }
    ran("lds, vn_cccd (JPEG 2000)", images.len());
}

#[test]
fn vectors_of_jpeg_2000_images_that_are_broken_are_refused_or_shown_but_never_panic() {
    let images = jpeg2000_images();
    for image in images.iter().take(1) {
        for position in (0..image.bytes.len()).step_by(image.bytes.len() / 10) {
            let mut changed = image.bytes.clone();
            changed[position] ^= 0xff;
            let _ = Image::stored(&changed).shown(1 << 18);
            let _ = Image::stored(&image.bytes[..position]).shown(1 << 18);
        }
    }
    ran("lds, vn_cccd (JPEG 2000)", images.len());
}
