//! What the person takes for fraud, kept with all the rest for whoever is to look into it.

use trust::time::Timestamp;

use super::{Event, append, chain};
use crate::Error;
use crate::wallet::Wallet;

/// As many characters as a report or a name may have.
const LONGEST: usize = 1000;

/// Why nothing is reported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HistoryError {
    /// The history has no entry of this number, or has it no more.
    #[error("the history has no such entry")]
    NoEntry,
    /// What happened, or who it was, is empty, too long, or not one text.
    #[error("a report has between 1 and 1000 characters")]
    BadWords,
}

/// Who or what is reported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Suspect<'a> {
    /// What an entry of the history tells of, by its number.
    Entry(u64),
    /// Somebody of whom it has no entry, as the person calls them: at most 1000 characters.
    Named(&'a str),
}

impl Wallet {
    /// Writes into the history what the person takes for fraud, in the person's words: 1 to 1000 characters. Nothing goes to anybody: the
    /// person takes it to the authority with the [exported](Self::export_history) history. Gives the number of the new entry.
    ///
    /// # Errors
    /// [`HistoryError`], what the store says.
    pub fn report_fraud(&self, suspect: Suspect<'_>, words: &str, now: Timestamp) -> Result<u64, Error> {
        let words = text(words)?;
        let (by, happened_at) = match suspect {
            Suspect::Named(name) => (Some(text(name)?), None),
            Suspect::Entry(number) => {
                let found = chain::page(&self.vault.store(), number.checked_add(1), 1)?.pop();
                let entry = found.filter(|entry| entry.sequence == number).ok_or(HistoryError::NoEntry)?;
                (entry.event.who().map(str::to_owned), Some(entry.at.as_unix()))
            }
        };
        let event = Event::FraudReported { by, happened_at, words };
        self.vault.change(|change| Ok(append(change, now, event)?.sequence))
    }
}

impl Event {
    /// Who had a part in it beside the holder.
    fn who(&self) -> Option<&str> {
        match self {
            Self::PresentedOnline { by, .. } | Self::DeclinedOnline { by, .. } => Some(by),
            Self::Presented { to, .. }
            | Self::Declined { to, .. }
            | Self::HandedOver { to }
            | Self::ReaderLent { to } => Some(to),
            Self::CredentialObtained { issuer, .. } => Some(issuer),
            Self::FraudReported { by, .. } => by.as_deref(),
            _ => None,
        }
    }
}

/// One line of text, as it is shown and exported.
fn text(given: &str) -> Result<String, HistoryError> {
    let words = given.split_whitespace().collect::<Vec<_>>().join(" ");
    let fits = (1..=LONGEST).contains(&words.chars().count()) && !words.chars().any(char::is_control);
    if fits { Ok(words) } else { Err(HistoryError::BadWords) }
}
