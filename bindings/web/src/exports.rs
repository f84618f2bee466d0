//! What JavaScript sees.
#![allow(unsafe_code, reason = "the glue that wasm-bindgen writes; there is none of ours")]
#![allow(clippy::needless_pass_by_value, reason = "the glue hands values over")]
use trust::time::Timestamp;
use wasm_bindgen::prelude::{JsError, wasm_bindgen};

use crate::{Desk, Error, Lists};

#[wasm_bindgen(typescript_custom_section)]
const ANSWER: &str = include_str!("answer.d.ts");

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

    /// Names of the status tokens that are not believed.
    #[wasm_bindgen(js_name = passedOver)]
    pub fn passed_over(&self) -> Vec<String> {
        self.0.passed_over().map(str::to_owned).collect()
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

/// The lists of a provider, for a page without a desk's server.
#[wasm_bindgen(js_name = ProviderLists)]
#[derive(Debug)]
pub struct ExportedLists(Lists);

#[wasm_bindgen(js_class = ProviderLists)]
impl ExportedLists {
    /// Begins with the text of `root.pub`, which the page was given and never fetches, and the octets of `trust-list.cwt`.
    #[wasm_bindgen(constructor)]
    pub fn new(root: &str, trust_list: &[u8]) -> Result<Self, JsError> {
        Lists::new(root, trust_list).map(Self).map_err(thrown)
    }

    /// Adds a status token under a name of the page's own.
    #[wasm_bindgen(js_name = addStatus)]
    pub fn add_status(&mut self, name: &str, token: &[u8]) {
        self.0.add_status(name, token);
    }

    /// Verifies every list and opens a desk. `now` is RFC 3339.
    pub fn open(&self, desk: &str, now: &str) -> Result<ExportedDesk, JsError> {
        self.0.open(desk, time(now)?).map(ExportedDesk).map_err(thrown)
    }
}

fn time(text: &str) -> Result<Timestamp, JsError> {
    Timestamp::parse_rfc3339(text).map_err(|_| thrown(Error::Time))
}

fn thrown(error: Error) -> JsError {
    JsError::new(error.code())
}
