//! An error as JavaScript catches it.
use js_sys::{Error, Reflect};
use wasm_bindgen::JsValue;

use crate::error::SenError;

impl From<SenError> for JsValue {
    fn from(error: SenError) -> Self {
        let thrown = Error::new(&format!("{} ({})", error.kind, error.code));
        thrown.set_name("SenError");
        let members = [
            ("kind", Self::from_str(error.kind)),
            ("code", Self::from_str(&error.code)),
            ("attemptsLeft", Self::from(error.attempts_left)),
            ("waitSeconds", Self::from(error.wait_seconds)),
        ];
        for (name, value) in members {
            // A new object takes what it is given.
            let _ = Reflect::set(&thrown, &Self::from_str(name), &value);
        }
        thrown.into()
    }
}
