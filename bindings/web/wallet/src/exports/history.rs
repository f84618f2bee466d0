//! Every use and refusal.
use serde_json::Value;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

use super::records::{history_line, object};
use super::wallet::Wallet;
use crate::error::SenError;

#[wasm_bindgen]
impl Wallet {
    /// At most `limit` lines with numbers below `before`, newest first; without it the last ones.
    #[wasm_bindgen(unchecked_return_type = "HistoryLine[]")]
    pub fn history(&self, before: Option<u32>, limit: u32) -> Result<JsValue, SenError> {
        let lines = self.0.history(before.map(u64::from), limit)?;
        object(&lines.iter().map(history_line).collect::<Vec<Value>>())
    }

    /// Follows the whole chain; gives the number of entries that it has had.
    #[wasm_bindgen(js_name = verifyHistory)]
    pub fn verify_history(&self) -> Result<u32, SenError> {
        Ok(u32::try_from(self.0.verify_history()?).unwrap_or(u32::MAX))
    }

    /// The whole history as JSON lines, oldest first.
    #[wasm_bindgen(js_name = exportHistory)]
    pub fn export_history(&self) -> Result<String, SenError> {
        Ok(self.0.export_history()?)
    }
}
