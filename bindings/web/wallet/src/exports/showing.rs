//! What goes to whom, the person's answer, and the codes.
use holder::{Audience, CredentialName, Recognised};
use serde_json::{Value, json};
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

use super::records::{code, object, time};
use super::wallet::{Wallet, unknown_name};
use crate::error::SenError;

/// A question to the person, to be shown in full.
#[wasm_bindgen]
#[derive(Debug)]
pub struct ConsentRequest(holder::ConsentRequest);

/// The person agreed: good for two minutes.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Consent(holder::Consent);

#[wasm_bindgen]
impl Wallet {
    /// What showing a credential (`health-insurance` or `citizen`) would tell: the holder's own, or with `ward` that of the minor
    /// in the holder's care who has this personal number; to any clinic, or to the desk whose question was scanned. Works without
    /// network.
    #[wasm_bindgen(js_name = askConsent)]
    pub fn ask_consent(
        &self,
        credential: String,
        ward: Option<String>,
        challenge: Option<String>,
        now: f64,
    ) -> Result<ConsentRequest, SenError> {
        let name = CredentialName::from_text(&credential).ok_or_else(unknown_name)?;
        let request = self.0.ask_consent(name, ward.as_deref(), challenge.as_deref(), time(now))?;
        Ok(ConsentRequest(request))
    }

    /// The person declined; the history says so.
    pub fn decline(&self, request: &ConsentRequest, now: f64) -> Result<(), SenError> {
        Ok(self.0.decline(&request.0, time(now))?)
    }

    /// The current code of the rotating clinic QR, or the answer to a desk's question; works without network.
    #[wasm_bindgen(js_name = presentQr, unchecked_return_type = "QrCode")]
    pub fn present_qr(&self, consent: &Consent, now: f64) -> Result<JsValue, SenError> {
        object(&code(&self.0.present_qr(&consent.0, time(now))?))
    }

    /// The codes that follow the current one in a loop before a camera: the portrait.
    #[wasm_bindgen(js_name = portraitFrames)]
    pub fn portrait_frames(&self, consent: &Consent, now: f64) -> Result<Vec<String>, SenError> {
        Ok(self.0.portrait_frames(&consent.0, time(now))?)
    }

    /// Ends the use, when the person leaves the screen: the next code is written into the history as a new one.
    #[wasm_bindgen(js_name = stopShowing)]
    pub fn stop_showing(&self) {
        self.0.stop_showing();
    }
}

#[wasm_bindgen]
impl ConsentRequest {
    /// What to show.
    #[wasm_bindgen(unchecked_return_type = "ConsentDetails")]
    pub fn details(&self) -> Result<JsValue, SenError> {
        object(&details(&self.0))
    }

    /// The same with the portrait, for a camera.
    #[wasm_bindgen(js_name = withPortrait)]
    pub fn with_portrait(&self) -> Result<Self, SenError> {
        Ok(Self(self.0.clone().with_portrait()?))
    }

    /// The person agreed.
    pub fn grant(
        &self,
        #[wasm_bindgen(unchecked_param_type = "Recognised")] how: String,
        now: f64,
    ) -> Result<Consent, SenError> {
        Ok(Consent(self.0.clone().grant(recognised(&how)?, time(now))?))
    }

    /// The guardian is there and agreed for the minor.
    #[wasm_bindgen(js_name = grantAsGuardian)]
    pub fn grant_as_guardian(
        &self,
        #[wasm_bindgen(unchecked_param_type = "Recognised")] how: String,
        now: f64,
    ) -> Result<Consent, SenError> {
        Ok(Consent(self.0.clone().grant_as_guardian(recognised(&how)?, time(now))?))
    }
}

#[wasm_bindgen]
impl Consent {
    /// When the person must be asked again.
    #[wasm_bindgen(js_name = expiresAt)]
    #[allow(clippy::cast_precision_loss, reason = "good for 285 million years")]
    pub fn expires_at(&self) -> f64 {
        self.0.expires_at().as_unix() as f64
    }
}

fn details(request: &holder::ConsentRequest) -> Value {
    let (desk, named_by) = match request.audience() {
        Audience::AnyClinic => (None, None),
        Audience::Desk { name, named_by } => (Some(name), Some(named_by)),
    };
    json!({
        "credential": request.credential().as_str(),
        "ward": request.ward(),
        "desk": desk,
        "desk_named_by": named_by,
        "purpose": request.purpose(),
        "disclosed": request.disclosed(),
        "missing": request.missing(),
        "over_asked": request.over_asked(),
        "minimum_level": request.minimum_level(),
        "encrypted": request.encrypted(),
        "needs_guardian": request.needs_guardian(),
        "shows_portrait": request.shows_portrait(),
    })
}

fn recognised(how: &str) -> Result<Recognised, SenError> {
    Ok(match how {
        "by_device" => Recognised::ByDevice,
        "by_knowledge" => Recognised::ByKnowledge,
        "by_biometrics" => Recognised::ByBiometrics,
        "by_both" => Recognised::ByBoth,
        // A level that nobody measured is not guessed.
        _ => return Err(SenError::not_ready("present.recognised")),
    })
}
