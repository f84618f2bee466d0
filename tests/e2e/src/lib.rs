//! The whole path and the edges of each part, on real parts. Read `whole_path.rs` first.
