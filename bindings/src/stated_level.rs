//! The authentication level that the provider states for a few minutes, after PIN and face.
use std::sync::Arc;

use holder::FaceCapture;
use trust::time::Timestamp;

use crate::account::typed;
use crate::consent::ConsentRequest;
use crate::error::SenError;
use crate::wallet::{Wallet, named};

/// A level that the provider stated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Record)]
pub struct StatedLevel {
    /// 1 to 4.
    pub level: u8,
    /// When that is over. From [`Wallet::obtain_level_statement`] by this device's clock, in [`ConsentDetails`] by the provider's.
    ///
    /// [`ConsentDetails`]: crate::ConsentDetails
    pub expires_at: i64,
}

#[uniffi::export(async_runtime = "tokio")]
impl Wallet {
    /// Has the provider state the level that the person reaches right now for a credential (`health-insurance` or `citizen`; with
    /// `ward` that of the minor in the holder's care): with the PIN level 2, with PIN and face level 4. It is kept for its minutes.
    pub async fn obtain_level_statement(
        &self,
        credential: String,
        ward: Option<String>,
        pin: String,
        face_capture: Option<Vec<u8>>,
        now: i64,
    ) -> Result<StatedLevel, SenError> {
        let (name, pin) = (named(&credential)?, typed(pin)?);
        let (account, face) = (self.0.account(), face_capture.as_deref().map(FaceCapture));
        let now = Timestamp::from_unix(now);
        let stated = account.obtain_level_statement(name, ward.as_deref(), &pin, face, now).await?;
        Ok(StatedLevel { level: stated.level, expires_at: stated.expires_at.as_unix() })
    }

    /// The same request, to be shown at this level, 2 to 4, by the statement that was obtained. `present.level_not_stated` and
    /// `present.statement_old`: a new one is to be obtained.
    pub fn at_stated_level(
        &self,
        request: Arc<ConsentRequest>,
        level: u8,
        now: i64,
    ) -> Result<Arc<ConsentRequest>, SenError> {
        let stated = self.0.at_stated_level(request.0.clone(), level, Timestamp::from_unix(now))?;
        Ok(Arc::new(ConsentRequest(stated)))
    }
}
