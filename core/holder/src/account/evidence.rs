//! What proves a person to the server: the chip's answer to the server's challenge, and a face service's statement that the
//! person before the camera is the card's. The server proves both itself; nothing that this device claims is taken for a proof.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use card::{AccessKey, CardReading, CardTransport, FileId, ReadRequest, read_card};
use credential::jose::Jwk;
use http_client::{Request, ServerCode};
use ring::digest::{SHA256, digest};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use trust::random::SystemRandom;
use trust::time::Timestamp;

use super::message::Contact;
use super::standing::{Level, Proof};
use super::{AccountError, AccountView};
use crate::Error;
use crate::keys::SigningKey;
use crate::ports::{ProgressListener, Step};

/// What the server needs to prove the card itself.
const FILES: [FileId; 7] =
    [FileId::Com, FileId::Sod, FileId::Dg(1), FileId::Dg(2), FileId::Dg(13), FileId::Dg(14), FileId::Dg(15)];

/// What the person is proven for. It is part of the challenge, so that no server can use the card's answer for another purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    Level2,
    NewDevice,
    NewPin,
}

impl Purpose {
    const fn name(self) -> &'static str {
        match self {
            Self::Level2 => "level-2",
            Self::NewDevice => "new-device",
            Self::NewPin => "new-pin",
        }
    }
}

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

impl CardAtHand<'_> {
    /// Reads the card, which answers the challenge of what was begun. Blocks.
    pub(super) fn read(self, begun: &StepUp) -> Result<CardReading, Error> {
        self.read_for(begun.challenge())
    }

    /// Reads the card, which answers this challenge. Blocks.
    pub(super) fn read_for(self, challenge: [u8; 8]) -> Result<CardReading, Error> {
        let request = ReadRequest { active_challenge: Some(challenge), ..ReadRequest::default() };
        let random = &mut SystemRandom::new();
        read_card(self.transport, self.access, &request, random, self.progress).map_err(Error::Card)
    }
}

/// A proof that the server has begun: for level 2, for a new phone, or for a forgotten PIN. The card answers
/// [`StepUp::challenge`]; the server forgets it after [`StepUp::expires_in`] seconds.
#[derive(Debug, Clone)]
pub struct StepUp {
    purpose: Purpose,
    nonce: String,
    face_service: String,
    challenge: [u8; 8],
    expires_in: u32,
    /// When the account's holder had been proven before, as far as this phone knew.
    proven_before: Option<Timestamp>,
}

impl StepUp {
    /// The challenge for Active Authentication: first 8 bytes of SHA-256(nonce || instance-key thumbprint || purpose).
    pub fn challenge(&self) -> [u8; 8] {
        self.challenge
    }

    pub(super) const fn purpose_name(&self) -> &'static str {
        self.purpose.name()
    }

    pub(super) fn nonce_octets(&self) -> Result<Vec<u8>, AccountError> {
        URL_SAFE_NO_PAD.decode(&self.nonce).map_err(|_| AccountError::UnexpectedAnswer)
    }

    /// Whether the provider says that the holder was proven since this was begun.
    pub(super) fn is_done(&self, shown: &AccountView) -> bool {
        shown.level == Level::Two && shown.verified_at != self.proven_before
    }

    /// Seconds that remain from the server's answer on.
    pub fn expires_in(&self) -> u32 {
        self.expires_in
    }
}

/// The server's answer to whoever begins a proof.
#[derive(Deserialize)]
pub(super) struct Started {
    nonce: String,
    purpose: String,
    face_service: String,
    expires_in: u32,
}

impl Started {
    /// Takes it for what was asked for, and for nothing else.
    pub(super) fn begun(
        self,
        purpose: Purpose,
        key: &SigningKey,
        before: Option<Proof>,
    ) -> Result<StepUp, Error> {
        if self.purpose != purpose.name() {
            return Err(AccountError::UnexpectedAnswer.into());
        }
        let nonce = URL_SAFE_NO_PAD.decode(&self.nonce).map_err(|_| AccountError::UnexpectedAnswer)?;
        if nonce.len() < 16 {
            return Err(AccountError::UnexpectedAnswer.into());
        }
        let thumbprint = Jwk::new(*key.public()).thumbprint();
        Ok(StepUp {
            purpose,
            challenge: card::derived_challenge(&nonce, &thumbprint, purpose.name()),
            nonce: self.nonce,
            face_service: self.face_service,
            expires_in: self.expires_in,
            proven_before: before.map(|proof| Timestamp::from_unix(proof.at)),
        })
    }
}

/// Whether the provider knows this proof's nonce no more: it was too late, or was taken and the answer was lost.
pub(super) fn is_spent<T>(answer: &Result<T, Error>) -> bool {
    answer.as_ref().is_err_and(|error| error.server_code() == ServerCode::NonceUnknown)
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

/// The members of a message that carries the proof: has the face compared, and packs what was read.
///
/// # Errors
/// [`AccountError::NoActiveResponse`] where the chip gave no answer to this challenge; what the face service refuses.
pub(super) async fn members(
    contact: &Contact<'_>,
    purpose: Purpose,
    begun: &StepUp,
    reading: &CardReading,
    capture: FaceCapture<'_>,
    progress: &dyn ProgressListener,
) -> Result<Map<String, Value>, Error> {
    let active = reading.active().filter(|active| active.challenge == begun.challenge);
    let active = active.filter(|_| begun.purpose == purpose).ok_or(AccountError::NoActiveResponse)?;
    progress.began(Step::Face);
    let portrait = reading.files().get(&FileId::Dg(2)).ok_or(AccountError::NoFace)?;
    let portrait = URL_SAFE_NO_PAD.encode(digest(&SHA256, portrait));
    let about = (&*begun.face_service, &*begun.nonce, portrait);
    let statement = face_statement(contact, about, capture).await?;
    progress.began(Step::Evidence);
    let mut files = Map::new();
    for file in FILES {
        if let Some(bytes) = reading.files().get(&file) {
            files.insert(file.file_stem(), json!(URL_SAFE_NO_PAD.encode(bytes)));
        }
    }
    Ok(Map::from_iter([
        ("nonce".to_owned(), json!(begun.nonce)),
        ("files".to_owned(), Value::Object(files)),
        ("active_response".to_owned(), json!(URL_SAFE_NO_PAD.encode(&active.response))),
        ("face_statement".to_owned(), json!(statement)),
    ]))
}

/// What the face service says of a picture: asked at its address, for the server's nonce, about the portrait of this digest
/// (SHA-256, base64url).
pub(super) async fn face_statement(
    contact: &Contact<'_>,
    (face_service, nonce, portrait): (&str, &str, String),
    capture: FaceCapture<'_>,
) -> Result<String, Error> {
    let request = FaceRequest {
        account: &contact.record.account,
        nonce,
        dg2_sha256: portrait,
        device_key_thumbprint: Jwk::new(*contact.key.public()).thumbprint_base64url(),
        capture: URL_SAFE_NO_PAD.encode(capture.0),
    };
    let answer: FaceAnswer =
        contact.client.fetch(Request::post_json(face_service, &request)?).await?.json()?;
    Ok(answer.statement)
}
