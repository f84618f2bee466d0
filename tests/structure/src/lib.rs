//! The house rules as tests: crate arrows, file sizes, no uniffi below bindings.
