//! Runs the cases of a vector area: one JSON file each.

use std::path::PathBuf;

/// Calls `run` with the name and content of every JSON file in `area`, and prints how many there were.
/// With the project's own vectors an area without cases fails; below `SEN_VECTORS` it is skipped and said.
pub(crate) fn for_each(area: &str, mut run: impl FnMut(&str, &serde_json::Value)) {
    let given = std::env::var_os("SEN_VECTORS");
    let root = given
        .clone()
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/vectors"), PathBuf::from);
    let Ok(folder) = std::fs::read_dir(root.join(area)) else {
        assert!(given.is_some(), "{area}: no such area");
        println!("vectors {area}: absent, skipped");
        return;
    };
    let mut files: Vec<_> = folder.map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|e| e == "json"));
    files.sort();
    for file in &files {
        let case = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
        run(&file.file_name().unwrap().to_string_lossy(), &case);
    }
    println!("vectors {area}: {} cases", files.len());
    assert!(given.is_some() || !files.is_empty(), "{area}: no cases");
}
