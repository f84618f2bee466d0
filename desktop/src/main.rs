//! The `sen` command: wallet, card reader and clinic on a computer.
fn main() {}
