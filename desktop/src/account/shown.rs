//! A code for another device, on this one's screen.
use std::path::Path;

use serde_json::Value;

use crate::home;
use crate::output::{Failure, print_json, say};
use crate::present::{code, half_blocks, png, terminal_matrix};

/// How a code is shown.
pub(super) struct Drawn<'a> {
    pub(super) text: bool,
    pub(super) png: Option<&'a Path>,
    pub(super) as_json: bool,
}

impl Drawn<'_> {
    /// Shows the digits of a code; with `--json` the object instead, where there is one to print now. Where a machine reads standard
    /// output and waits for its object, people see the code beside it, on standard error.
    pub(super) fn show(&self, text: &str, object: Option<&Value>) -> Result<(), Failure> {
        if let Some(file) = self.png {
            home::write_file(file, &png(&code(text)?)?)?;
        }
        match (self.as_json, object) {
            (true, Some(object)) => print_json(object),
            (true, None) => self.drawn(text)?.into_iter().for_each(say),
            (false, _) => self.drawn(text)?.into_iter().for_each(|shown| println!("{shown}")),
        }
        Ok(())
    }

    /// What a terminal shows: the digits, the code, or nothing where a picture was asked for.
    fn drawn(&self, text: &str) -> Result<Option<String>, Failure> {
        Ok(match (self.text, self.png) {
            (true, _) => Some(text.to_owned()),
            (false, None) => Some(half_blocks(&terminal_matrix(text)?)),
            (false, Some(_)) => None,
        })
    }
}
