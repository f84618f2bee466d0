//! Every use and refusal.
use holder::Suspect;
use serde_json::{Map, Value};
use trust::time::Timestamp;

use crate::error::SenError;
use crate::wallet::Wallet;

/// One line of the history.
#[derive(Clone, Debug, uniffi::Record)]
pub struct HistoryLine {
    /// Its number; the first is 1.
    pub sequence: u64,
    /// When, by the device's clock.
    pub at: i64,
    /// What happened, a stable name such as `presented`, `declined_online` or `refused`; words are the shell's.
    pub kind: String,
    /// To whom, or who asked, where somebody did.
    pub who: Option<String>,
    /// The types of what was shown, obtained or deleted.
    pub what: Vec<String>,
    /// The claims told: numbers of the core's table, or places in a document.
    pub claims: Vec<String>,
    /// Those among them that the person was warned of.
    pub over_asked: Vec<String>,
    /// What was approved, in words.
    pub approved: Option<String>,
    /// The personal number of the person in care.
    pub ward: Option<String>,
    /// The stable code of a refusal.
    pub code: Option<String>,
    /// All of it as JSON.
    pub event: String,
    /// What the person reported as fraud, in their words.
    #[uniffi(default = None)]
    pub words: Option<String>,
}

/// What one recipient has received of one type.
#[derive(Clone, Debug, uniffi::Record)]
pub struct HistoryRecipient {
    /// To whom: the audience of the tokens, or a verifier's identifier.
    pub to: String,
    /// Who that is.
    pub name: String,
    /// The type.
    pub kind: String,
    /// All that was ever shown to them.
    pub claims: Vec<String>,
    /// How often.
    pub uses: u64,
    /// The first time.
    pub first: i64,
    /// The last time.
    pub last: i64,
}

#[uniffi::export]
impl Wallet {
    /// At most `limit` lines with numbers below `before`, newest first; without it the last ones.
    pub fn history(&self, before: Option<u64>, limit: u32) -> Result<Vec<HistoryLine>, SenError> {
        self.0.history(before, limit)?.into_iter().map(HistoryLine::of).collect()
    }

    /// Who received what, most recent first.
    pub fn recipients(&self) -> Result<Vec<HistoryRecipient>, SenError> {
        let row = |recipient: holder::Recipient| HistoryRecipient {
            to: recipient.to,
            name: recipient.name,
            kind: recipient.vct,
            claims: recipient.claims,
            uses: recipient.uses,
            first: recipient.first.as_unix(),
            last: recipient.last.as_unix(),
        };
        Ok(self.0.recipients()?.into_iter().map(row).collect())
    }

    /// Writes into the history that what an entry tells of was fraud, in the person's words of 1 to 1000 characters. Nothing goes to
    /// anybody: the person takes it to the authority with `export_history`. Gives the number of the new entry.
    pub fn report_entry(&self, sequence: u64, words: String, now: i64) -> Result<u64, SenError> {
        Ok(self.0.report_fraud(Suspect::Entry(sequence), &words, Timestamp::from_unix(now))?)
    }

    /// The same of somebody of whom the history has no entry, by what the person calls them.
    pub fn report_fraud(&self, who: String, words: String, now: i64) -> Result<u64, SenError> {
        Ok(self.0.report_fraud(Suspect::Named(&who), &words, Timestamp::from_unix(now))?)
    }

    /// Follows the whole chain; gives the number of entries that it has had.
    pub fn verify_history(&self) -> Result<u64, SenError> {
        Ok(self.0.verify_history()?)
    }

    /// Removes entries older than five years; gives the number removed.
    pub fn prune_history(&self, now: i64) -> Result<u64, SenError> {
        Ok(self.0.prune_history(Timestamp::from_unix(now))?)
    }

    /// The whole history as JSON lines, oldest first.
    pub fn export_history(&self) -> Result<String, SenError> {
        Ok(self.0.export_history()?)
    }
}

impl HistoryLine {
    fn of(entry: holder::HistoryEntry) -> Result<Self, SenError> {
        let bug = || SenError::bug("history.event");
        let event = serde_json::to_value(&entry.event).map_err(|_| bug())?;
        // An event without members is its name; another is an object of one member that is called so.
        let (kind, members) = match &event {
            Value::String(kind) => (kind.clone(), Map::new()),
            Value::Object(object) => {
                let (kind, members) = object.iter().next().ok_or_else(bug)?;
                (kind.clone(), members.as_object().cloned().unwrap_or_default())
            }
            _ => return Err(bug()),
        };
        let one = |name: &str| members.get(name).and_then(Value::as_str).map(str::to_owned);
        let many = |name: &str| -> Vec<String> {
            let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            members.get(name).and_then(Value::as_array).into_iter().flatten().map(text).collect()
        };
        let what = match one("vct") {
            Some(vct) => vec![vct],
            None => many("documents"),
        };
        Ok(Self {
            sequence: entry.sequence,
            at: entry.at.as_unix(),
            who: one("by").or(one("to")).or(one("issuer")),
            what,
            claims: many("claims"),
            over_asked: many("over_asked"),
            approved: one("approved"),
            ward: one("ward"),
            code: one("code"),
            words: one("words"),
            kind,
            event: event.to_string(),
        })
    }
}
