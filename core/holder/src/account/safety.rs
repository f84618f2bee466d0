//! For the day on which the phone is lost: the revocation code.

use serde::Deserialize;
use serde_json::Map;
use trust::secret::Secret;
use trust::time::Timestamp;

use super::Account;
use super::message::Contact;
use crate::Error;
use crate::history::{Action, Event};

/// Ends a lost phone from any computer. It is shown once, written down by the person, and kept nowhere on the phone.
pub struct RevocationCode {
    /// The digits, in groups.
    pub code: Secret<String>,
    /// The page that takes it.
    pub use_at: String,
}

#[derive(Deserialize)]
struct Made {
    code: String,
    use_at: String,
}

impl Account<'_> {
    /// Has a new revocation code made; an earlier one is void from then on.
    pub async fn new_revocation_code(self, now: Timestamp) -> Result<RevocationCode, Error> {
        let mut contact = Contact::of(self.wallet)?;
        let answer =
            contact.ask::<Made>("/account/revocation-code", "revocation_code", Map::new(), now).await;
        let made = self.wallet.note_refusal(Action::Lock, now, answer)?;
        self.update(now, Some(Event::RevocationCodeMade), |_| {})?;
        Ok(RevocationCode { code: Secret::new(made.code), use_at: made.use_at })
    }
}
