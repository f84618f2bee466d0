//! The rotating QR as a stream: each code as it is due, until the consent is over.
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use trust::time::Timestamp;

use crate::consent::Consent;
use crate::error::SenError;
use crate::records::QrCode;
use crate::wallet::Wallet;

/// The codes of one consent, in order.
#[derive(uniffi::Object)]
pub struct QrCodes {
    wallet: Arc<Wallet>,
    consent: Arc<Consent>,
    /// When the code given last is over.
    given_until: Mutex<Option<i64>>,
}

#[uniffi::export]
impl Wallet {
    /// The codes to show under this consent.
    pub fn qr_codes(self: Arc<Self>, consent: Arc<Consent>) -> Arc<QrCodes> {
        Arc::new(QrCodes { wallet: self, consent, given_until: Mutex::default() })
    }
}

#[uniffi::export(async_runtime = "tokio")]
impl QrCodes {
    /// The first code at once, each further one when the one before is over; nothing once the person has to be asked again or a
    /// desk's question is over. `now` is the time of the call.
    pub async fn next(&self, now: i64) -> Result<Option<QrCode>, SenError> {
        let wait = self.given_until().map_or(0, |until| until.saturating_sub(now)).max(0);
        // No code lasts longer than a consent: a clock that was set back does not stop the stream.
        let wait = wait.min(self.consent.expires_at().saturating_sub(now).max(0));
        tokio::time::sleep(Duration::from_secs(wait.unsigned_abs())).await;
        let now = now.saturating_add(wait);
        let answered = self.given_until().is_some() && is_for_one_desk(&self.consent);
        if answered || now >= self.consent.expires_at() {
            return Ok(None);
        }
        let frame = self.wallet.0.present_qr(&self.consent.0, Timestamp::from_unix(now))?;
        let code = QrCode { text: frame.text, expires_at: frame.expires_at.as_unix() };
        *self.given_until.lock().unwrap_or_else(PoisonError::into_inner) = Some(code.expires_at);
        Ok(Some(code))
    }
}

/// The answer to a desk's question stays the same; another consent's code is the first of many.
fn is_for_one_desk(consent: &Consent) -> bool {
    matches!(consent.0.request().audience(), holder::Audience::Desk { .. })
}

impl QrCodes {
    fn given_until(&self) -> Option<i64> {
        *self.given_until.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
