//! Level 2: begun at the provider, read from the chip in as many goes as it takes, and finished with a face.
use std::cell::RefCell;
use std::sync::Arc;

use card::{AccessKey, Can, CardReading, KeptFiles, MrzKey, ReadRequest, resume_card};
use holder::{FaceCapture, Silent, StepUp};
use serde::Deserialize;
use trust::random::SystemRandom;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

use super::ports::{CardTransport, Foreign, ReadingListener, Watched};
use super::records::{record, time};
use super::wallet::Wallet;
use crate::error::SenError;

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum CardKey {
    Can(String),
    Mrz(String),
}

/// A proof that the provider has begun. The chip's answer belongs to it alone, and it is good for some minutes.
#[wasm_bindgen]
#[allow(missing_debug_implementations, reason = "what was read of a card is shown nowhere")]
pub struct CardProof {
    wallet: Arc<holder::Wallet>,
    begun: StepUp,
    kept: RefCell<KeptFiles>,
    whole: RefCell<Option<Arc<CardReading>>>,
}

#[wasm_bindgen]
impl Wallet {
    /// Begins the step to level 2.
    #[wasm_bindgen(js_name = beginStepUp)]
    pub async fn begin_step_up(&self, now: f64) -> Result<CardProof, SenError> {
        let begun = self.0.account().start_step_up(time(now)).await?;
        Ok(CardProof {
            wallet: Arc::clone(&self.0),
            begun,
            kept: RefCell::default(),
            whole: RefCell::default(),
        })
    }
}

#[wasm_bindgen]
impl CardProof {
    /// Seconds that the provider gave for it, counted from its beginning.
    #[wasm_bindgen(js_name = expiresIn)]
    pub fn expires_in(&self) -> u32 {
        self.begun.expires_in()
    }

    /// Whether the card has been read to the end.
    #[wasm_bindgen(js_name = isRead)]
    pub fn is_read(&self) -> bool {
        self.whole.borrow().is_some()
    }

    /// Reads the card in reach, with one attempt at its key. It blocks. Where the card was lost (`TryCardAgain`), the next call goes
    /// on where this one broke off; the same card has to be back.
    pub fn read(
        &self,
        transport: CardTransport,
        #[wasm_bindgen(unchecked_param_type = "CardKey")] key: JsValue,
        listener: Option<ReadingListener>,
    ) -> Result<(), SenError> {
        let key = record::<CardKey>(&key, "card.access_number")?.parse()?;
        // A port that calls back here in the midst of a reading.
        let kept = self.kept.try_borrow_mut();
        let mut kept = kept.map_err(|_| SenError::not_ready("card.being_read"))?;
        let request =
            ReadRequest { active_challenge: Some(self.begun.challenge()), ..ReadRequest::default() };
        let (mut transport, watched) = (Foreign(transport), Watched::by(listener));
        let whole =
            resume_card(&mut transport, &key, &request, &mut kept, &mut SystemRandom::new(), &watched);
        if watched.has_failed() {
            return Err(SenError::bug("card.worker"));
        }
        let whole = whole.map_err(holder::Error::Card)?;
        self.whole.replace(Some(Arc::new(whole)));
        Ok(())
    }

    /// Finishes with what was read and what the camera took; a face service compares the two. Gives the level: 2.
    pub async fn finish(&self, face_capture: Vec<u8>, now: f64) -> Result<u8, SenError> {
        let reading = self.whole.borrow().clone().ok_or_else(|| SenError::not_ready("card.not_read"))?;
        let face = FaceCapture(&face_capture);
        let account = self.wallet.account();
        Ok(account.finish_step_up(&self.begun, &reading, face, &Silent, time(now)).await?.into())
    }
}

impl CardKey {
    fn parse(&self) -> Result<AccessKey, SenError> {
        let key = match self {
            Self::Can(number) => Can::parse(number).map(AccessKey::Can),
            Self::Mrz(lines) => MrzKey::from_lines(lines).map(AccessKey::Mrz),
        };
        key.map_err(|_| SenError::not_ready("card.access_number"))
    }
}
