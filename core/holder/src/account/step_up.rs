//! From level 1 to level 2: the chip answers the server's challenge, a face service compares the person with the card, and
//! the server proves both itself. Nothing that this device claims is taken for a proof.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use card::{AccessKey, CardReading, CardTransport, FileId, ReadRequest, read_card};
use credential::jose::Jwk;
use http_client::Request;
use ring::digest::{SHA256, digest};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use trust::random::SystemRandom;
use trust::time::Timestamp;

use super::message::Contact;
use super::{Account, AccountError, Level, Method};
use crate::Error;
use crate::history::{Action, Event};
use crate::ports::{ProgressListener, Step};

const PURPOSE: &str = "level-2";
/// What the server needs to prove the card itself.
const FILES: [FileId; 7] =
    [FileId::Com, FileId::Sod, FileId::Dg(1), FileId::Dg(2), FileId::Dg(13), FileId::Dg(14), FileId::Dg(15)];

/// What the camera took. The face service decides; the sandbox's takes any bytes.
pub struct FaceCapture<'a>(pub &'a [u8]);

/// A card in reach, and what opens it.
pub struct CardAtHand<'a> {
    /// The way to the chip.
    pub transport: &'a mut dyn CardTransport,
    /// CAN or MRZ. A wrong one is tried once and never again by itself.
    pub access: &'a AccessKey,
    /// Is told how far the reading is, and may end it.
    pub progress: &'a dyn card::ProgressListener,
}

/// A step-up that the server has begun. The card answers [`StepUp::challenge`]; the server forgets it after
/// [`StepUp::expires_in`] seconds.
#[derive(Debug, Clone)]
pub struct StepUp {
    nonce: String,
    face_service: String,
    challenge: [u8; 8],
    expires_in: u32,
}

impl StepUp {
    /// The challenge for Active Authentication: first 8 bytes of SHA-256(nonce || instance-key thumbprint || purpose).
    pub fn challenge(&self) -> [u8; 8] {
        self.challenge
    }

    /// Seconds that remain from the server's answer on.
    pub fn expires_in(&self) -> u32 {
        self.expires_in
    }
}

#[derive(Deserialize)]
struct Started {
    nonce: String,
    purpose: String,
    face_service: String,
    expires_in: u32,
}

#[derive(Serialize)]
struct FaceRequest<'a> {
    account: &'a str,
    nonce: &'a str,
    dg2_sha256: String,
    device_key_thumbprint: String,
    capture: String,
}

#[derive(Deserialize)]
struct FaceAnswer {
    statement: String,
}

#[derive(Deserialize)]
struct Raised {
    level: Level,
    verified_at: String,
    method: Method,
}

impl Account<'_> {
    /// The whole step-up with a card at hand: nonce, reading, face, evidence. Reading blocks, so a caller on a runtime of its
    /// own takes the three parts instead: [`Account::start_step_up`], [`read_card`] on a worker thread with the challenge,
    /// [`Account::finish_step_up`].
    ///
    /// # Errors
    /// As its parts, and [`Error::Card`].
    pub async fn step_up(
        self,
        card: CardAtHand<'_>,
        capture: FaceCapture<'_>,
        progress: &dyn ProgressListener,
        now: Timestamp,
    ) -> Result<Level, Error> {
        progress.began(Step::Provider);
        let begun = self.start_step_up(now).await?;
        progress.began(Step::Card);
        let request = ReadRequest { active_challenge: Some(begun.challenge()), ..ReadRequest::default() };
        let random = &mut SystemRandom::new();
        let reading =
            read_card(card.transport, card.access, &request, random, card.progress).map_err(Error::Card);
        let reading = self.wallet.note_refusal(Action::StepUp, now, reading)?;
        self.finish_step_up(&begun, &reading, capture, progress, now).await
    }

    /// Begins the step-up: asks the server for its nonce.
    pub async fn start_step_up(self, now: Timestamp) -> Result<StepUp, Error> {
        let mut contact = Contact::of(self.wallet)?;
        let started: Started = contact.ask("/account/step-up", "step_up_start", Map::new(), now).await?;
        // Another purpose would let a server use this card's answer for something else.
        if started.purpose != PURPOSE {
            return Err(AccountError::UnexpectedAnswer.into());
        }
        let nonce = URL_SAFE_NO_PAD.decode(&started.nonce).map_err(|_| AccountError::UnexpectedAnswer)?;
        if nonce.len() < 16 {
            return Err(AccountError::UnexpectedAnswer.into());
        }
        let thumbprint = Jwk::new(*contact.key.public()).thumbprint();
        Ok(StepUp {
            challenge: card::derived_challenge(&nonce, &thumbprint, PURPOSE),
            nonce: started.nonce,
            face_service: started.face_service,
            expires_in: started.expires_in,
        })
    }

    /// Completes the step-up with what was read of a card whose Active Authentication answered the challenge.
    ///
    /// # Errors
    /// [`AccountError::NoActiveResponse`] where the chip gave none to this challenge; what face service or server refuse.
    pub async fn finish_step_up(
        self,
        begun: &StepUp,
        reading: &CardReading,
        capture: FaceCapture<'_>,
        progress: &dyn ProgressListener,
        now: Timestamp,
    ) -> Result<Level, Error> {
        let active = reading.active().filter(|active| active.challenge == begun.challenge);
        let response = active.ok_or(AccountError::NoActiveResponse)?.response.clone();
        let mut contact = Contact::of(self.wallet)?;

        progress.began(Step::Face);
        let statement = face_statement(&contact, begun, reading, capture).await;
        let statement = self.wallet.note_refusal(Action::StepUp, now, statement)?;

        progress.began(Step::Evidence);
        let mut files = Map::new();
        for file in FILES {
            if let Some(bytes) = reading.files().get(&file) {
                files.insert(file.file_stem(), json!(URL_SAFE_NO_PAD.encode(bytes)));
            }
        }
        let members = Map::from_iter([
            ("nonce".to_owned(), json!(begun.nonce)),
            ("files".to_owned(), Value::Object(files)),
            ("active_response".to_owned(), json!(URL_SAFE_NO_PAD.encode(&response))),
            ("face_statement".to_owned(), json!(statement)),
        ]);
        let answer = contact.ask::<Raised>("/account/verify", "step_up", members, now).await;
        let raised = self.wallet.note_refusal(Action::StepUp, now, answer)?;
        let verified_at =
            Timestamp::parse_rfc3339(&raised.verified_at).map_err(|_| AccountError::UnexpectedAnswer)?;
        self.update(now, Some(Event::LevelRaised { level: raised.level.into() }), |record| {
            record.level = raised.level;
            record.verified_at = Some(verified_at.as_unix());
            record.method = Some(raised.method);
        })?;
        Ok(raised.level)
    }
}

async fn face_statement(
    contact: &Contact<'_>,
    begun: &StepUp,
    reading: &CardReading,
    capture: FaceCapture<'_>,
) -> Result<String, Error> {
    let face = reading.files().get(&FileId::Dg(2)).ok_or(AccountError::NoFace)?;
    let request = FaceRequest {
        account: &contact.record.account,
        nonce: &begun.nonce,
        dg2_sha256: URL_SAFE_NO_PAD.encode(digest(&SHA256, face)),
        device_key_thumbprint: Jwk::new(*contact.key.public()).thumbprint_base64url(),
        capture: URL_SAFE_NO_PAD.encode(capture.0),
    };
    let answer: FaceAnswer =
        contact.client.fetch(Request::post_json(&begun.face_service, &request)?).await?.json()?;
    Ok(answer.statement)
}
