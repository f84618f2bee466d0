//! Where the known answers are, and what is said of areas that are not there.
use std::path::{Path, PathBuf};

fn root() -> (PathBuf, bool) {
    match std::env::var_os("SEN_VECTORS") {
        Some(root) => (PathBuf::from(root), true),
        None => (Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/vectors"), false),
    }
}

/// The folder of an area; nothing where another root was given and lacks it.
pub(crate) fn area(name: &str) -> Option<PathBuf> {
    let (root, other) = root();
    let folder = root.join("emrtd").join(name);
    if other && !folder.is_dir() {
        println!("emrtd/{name}: absent from SEN_VECTORS, skipped");
        return None;
    }
    assert!(folder.is_dir(), "emrtd/{name} is missing");
    Some(folder)
}

/// The files or folders of an area, sorted by name.
pub(crate) fn entries(folder: &Path) -> Vec<PathBuf> {
    let mut entries: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    entries
}

/// The JSON files of an area whose name holds a text.
pub(crate) fn json(name: &str, part: &str) -> Vec<(String, serde_json::Value)> {
    let Some(folder) = area(name) else {
        return Vec::new();
    };
    let stem = |path: &Path| path.file_stem().unwrap().to_string_lossy().into_owned();
    let files = entries(&folder).into_iter().filter(|path| path.extension().is_some_and(|e| e == "json"));
    files
        .filter(|path| stem(path).contains(part))
        .map(|path| (stem(&path), serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap()))
        .collect()
}

/// Says how many cases ran; with the vectors of this repository there must be some.
pub(crate) fn ran(area: &str, cases: usize) {
    println!("emrtd/{area}: {cases} cases");
    assert!(cases > 0 || root().1, "emrtd/{area} ran no case");
}

/// The octets of a hexadecimal member.
pub(crate) fn octets(value: &serde_json::Value) -> Vec<u8> {
    hex::decode(value.as_str().unwrap()).unwrap()
}
