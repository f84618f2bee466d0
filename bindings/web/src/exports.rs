//! What JavaScript sees.
#![allow(unsafe_code, reason = "the glue that wasm-bindgen writes; there is none of ours")]
#![allow(clippy::needless_pass_by_value, reason = "the glue hands values over")]
use trust::time::Timestamp;
use wasm_bindgen::prelude::{JsError, wasm_bindgen};

use crate::{Desk, Error};

/// A desk opened from the offline bundle.
#[wasm_bindgen(js_name = OfflineDesk)]
#[derive(Debug)]
pub struct ExportedDesk(Desk);

#[wasm_bindgen(js_class = OfflineDesk)]
impl ExportedDesk {
    /// Opens it. Throws an error whose message is a stable code.
    #[wasm_bindgen(constructor)]
    pub fn open(bundle: &str) -> Result<Self, JsError> {
        Desk::open(bundle).map(Self).map_err(thrown)
    }

    /// The JSON of `{"answer", "noted", "portrait"}` on what was scanned: one text, or the frames of an animated code. Times are
    /// RFC 3339, `seen` is a list of keys in base64.
    pub fn check(
        &self,
        scanned: Vec<String>,
        received_at: &str,
        now: &str,
        seen: Vec<String>,
    ) -> Result<String, JsError> {
        let scanned: Vec<&str> = scanned.iter().map(String::as_str).collect();
        let checked = self.0.check(&scanned, time(received_at)?, time(now)?, seen.iter().map(String::as_str));
        serde_json::to_string(&checked.map_err(thrown)?).map_err(|_| thrown(Error::Answer))
    }
}

fn time(text: &str) -> Result<Timestamp, JsError> {
    Timestamp::parse_rfc3339(text).map_err(|_| thrown(Error::Time))
}

fn thrown(error: Error) -> JsError {
    JsError::new(error.code())
}
