//! A code for another device, on this one's screen.
use std::path::Path;

use serde_json::Value;

use crate::home;
use crate::output::{Failure, print_json};
use crate::present::{code, half_blocks, png, terminal_matrix};

/// How a code is shown.
pub(super) struct Drawn<'a> {
    pub(super) text: bool,
    pub(super) png: Option<&'a Path>,
    pub(super) as_json: bool,
}

impl Drawn<'_> {
    /// Shows the digits of a code; with `--json` the object instead, where there is one to print now.
    pub(super) fn show(&self, text: &str, object: Option<&Value>) -> Result<(), Failure> {
        if let Some(file) = self.png {
            home::write_file(file, &png(&code(text)?)?)?;
        }
        if self.as_json {
            object.map(print_json);
        } else if self.text {
            println!("{text}");
        } else if self.png.is_none() {
            println!("{}", half_blocks(&terminal_matrix(text)?));
        }
        Ok(())
    }
}
