//! What shells can call, as a text that is reviewed: `api.txt` is made from the library's own metadata. A change of it breaks
//! shells, or gives them something new. `SEN_WRITE_API=1 cargo test -p sen-bindgen` writes it anew.
#![allow(clippy::unwrap_used, clippy::panic)]
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};

use uniffi_bindgen::macro_metadata::extract_from_library;
use uniffi_meta::{
    DefaultValueMetadata, FieldMetadata, FnParamMetadata, LiteralMetadata, Metadata, ObjectImpl, Type,
};

/// The library that cargo built beside this test.
fn library() -> PathBuf {
    let beside = std::env::current_exe().unwrap();
    let name = format!("{}sen{}", std::env::consts::DLL_PREFIX, std::env::consts::DLL_SUFFIX);
    beside.ancestors().skip(1).take(2).map(|folder| folder.join(&name)).find(|file| file.exists()).unwrap()
}

/// A type as it is written in Rust, without its path.
fn named(ty: &Type) -> String {
    match ty {
        Type::Optional { inner_type } => format!("{}?", named(inner_type)),
        Type::Sequence { inner_type } => format!("[{}]", named(inner_type)),
        Type::Map { key_type, value_type } => format!("{{{}: {}}}", named(key_type), named(value_type)),
        Type::Object { name, .. } | Type::Record { name, .. } | Type::Enum { name, .. } => name.clone(),
        plain => format!("{plain:?}").to_lowercase(),
    }
}

/// What stands for a value that a shell leaves out.
fn left_out(default: &Option<DefaultValueMetadata>) -> String {
    match default {
        None => String::new(),
        Some(DefaultValueMetadata::Default) => " = default".to_owned(),
        Some(DefaultValueMetadata::Literal(LiteralMetadata::None)) => " = nothing".to_owned(),
        Some(DefaultValueMetadata::Literal(LiteralMetadata::String(text))) => format!(" = {text:?}"),
        Some(other) => panic!("api.txt has no words for {other:?}"),
    }
}

fn signature(
    (is_async, word, name): (bool, &str, &str),
    inputs: &[FnParamMetadata],
    gives: Option<&Type>,
    throws: Option<&Type>,
) -> String {
    let input =
        |input: &FnParamMetadata| format!("{}: {}{}", input.name, named(&input.ty), left_out(&input.default));
    let inputs: Vec<_> = inputs.iter().map(input).collect();
    let mut line = format!("{}{word} {name}({})", if is_async { "async " } else { "" }, inputs.join(", "));
    if let Some(gives) = gives {
        write!(line, " -> {}", named(gives)).unwrap();
    }
    if let Some(throws) = throws {
        write!(line, " throws {}", named(throws)).unwrap();
    }
    line
}

fn fields(fields: &[FieldMetadata]) -> String {
    let fields: Vec<_> = fields.iter().map(|field| format!("{}: {}", field.name, named(&field.ty))).collect();
    fields.join(", ")
}

/// One block for each type and each function, by name, and its lines in a lasting order: records and enums keep theirs, which
/// counts on the wire; methods are sorted.
fn surface(items: Vec<Metadata>) -> String {
    let mut blocks: BTreeMap<String, (String, Vec<String>)> = BTreeMap::new();
    let mut members: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for item in items {
        match item {
            Metadata::Func(one) => {
                let head = (one.is_async, "fn", one.name.as_str());
                let line = signature(head, &one.inputs, one.return_type.as_ref(), one.throws.as_ref());
                blocks.insert(one.name.clone(), (line, Vec::new()));
            }
            Metadata::Record(one) => {
                let line = |field: &FieldMetadata| {
                    format!("{}: {}{}", field.name, named(&field.ty), left_out(&field.default))
                };
                let lines = one.fields.iter().map(line);
                blocks.insert(one.name.clone(), (format!("record {}", one.name), lines.collect()));
            }
            Metadata::Enum(one) => {
                let word = if one.shape.is_error() { "error" } else { "enum" };
                let line = |variant: &uniffi_meta::VariantMetadata| match variant.fields.as_slice() {
                    [] => variant.name.clone(),
                    some => format!("{}({})", variant.name, fields(some)),
                };
                let lines = one.variants.iter().map(line).collect();
                blocks.insert(one.name.clone(), (format!("{word} {}", one.name), lines));
            }
            Metadata::Object(one) => {
                let word = if matches!(one.imp, ObjectImpl::Trait(_)) { "port" } else { "object" };
                blocks.insert(one.name.clone(), (format!("{word} {}", one.name), Vec::new()));
            }
            Metadata::Constructor(one) => {
                let head = (one.is_async, "constructor", one.name.as_str());
                let line = signature(head, &one.inputs, None, one.throws.as_ref());
                members.entry(one.self_name).or_default().push(line);
            }
            Metadata::Method(one) => {
                let head = (one.is_async, "fn", one.name.as_str());
                let line = signature(head, &one.inputs, one.return_type.as_ref(), one.throws.as_ref());
                members.entry(one.self_name).or_default().push(line);
            }
            Metadata::TraitMethod(one) => {
                let head = (one.is_async, "fn", one.name.as_str());
                let line = signature(head, &one.inputs, one.return_type.as_ref(), one.throws.as_ref());
                members.entry(one.trait_name).or_default().push(line);
            }
            Metadata::Namespace(_) | Metadata::UdlFile(_) => {}
            other => panic!("api.txt has no words for {other:?}"),
        }
    }
    for (name, mut lines) in members {
        lines.sort_unstable_by_key(|line| line.replace("async ", ""));
        blocks.get_mut(&name).unwrap().1.extend(lines);
    }
    let mut text = String::new();
    for (head, lines) in blocks.into_values() {
        writeln!(text, "{head}").unwrap();
        for line in lines {
            writeln!(text, "    {line}").unwrap();
        }
    }
    text
}

#[test]
fn what_shells_can_call_is_what_was_reviewed() {
    let library = library();
    let items = extract_from_library(library.as_path().try_into().unwrap()).unwrap();
    let found = surface(items);
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../api.txt");
    if std::env::var_os("SEN_WRITE_API").is_some() {
        std::fs::write(&file, &found).unwrap();
    }
    let reviewed = std::fs::read_to_string(&file).unwrap();
    let (gone, new): (Vec<&str>, Vec<&str>) = (
        reviewed.lines().filter(|line| !found.lines().any(|other| other == *line)).collect(),
        found.lines().filter(|line| !reviewed.lines().any(|other| other == *line)).collect(),
    );
    assert!(reviewed == found, "bindings/api.txt is of another library; gone: {gone:#?}, new: {new:#?}");
}

#[test]
fn every_error_of_a_port_says_what_an_unexpected_exception_is() {
    // That it compiles is the test: without it an exception that a shell did not announce ends the process.
    fn said<E: From<uniffi::UnexpectedUniFFICallbackError>>() -> E {
        uniffi::UnexpectedUniFFICallbackError::new("thrown by a shell").into()
    }
    assert_eq!(said::<sen::TransportFailure>(), sen::TransportFailure::Unavailable);
    assert_eq!(said::<sen::DeviceKeyError>(), sen::DeviceKeyError::Unavailable);
    assert_eq!(said::<sen::SecretStoreFailure>(), sen::SecretStoreFailure::Unavailable);
    assert_eq!(said::<sen::ListenerFailure>(), sen::ListenerFailure::Unavailable);
}
