//! The questions that a desk's screens show in two-way mode, from being asked to being answered.
use presentation::challenge::{ChallengeDraft, ChallengeError, LONGEST_LIFE};
use presentation::encryption::{AnswerKey, EncryptedAnswer};
use presentation::frame;
use trust::cose::Draft;
use trust::random::Random;
use trust::secret::Secret;
use trust::time::Timestamp;

use crate::policy::OpenChallenge;
use crate::verify::sha256;

/// Bytes of a question's random number.
const CNONCE_LENGTH: usize = 16;
/// A scan may have begun this long before its last character came, in seconds: an answer counts from the first one, so a question is
/// remembered for as long after its end.
pub const LONGEST_SCAN: i64 = 60;

/// Questions open at once; the oldest make room.
const MOST_OPEN: usize = 256;

/// What a clinic needs the insurance card for, in the person's language: the purpose where a desk says no other.
pub const MEDICAL_CARE: &str = "khám bệnh, chữa bệnh";

/// A desk that an authority named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeskName {
    /// The name in its certificate.
    pub name: String,
    /// The certificate.
    pub certificate: Vec<u8>,
}

/// What a desk wants to know, and how.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Whether the answer must come encrypted.
    pub encrypted: bool,
    /// The lowest authentication level that will do, 1 to 4.
    pub minimum_level: Option<u8>,
    /// Keys of map 169, at most 32; empty for all that the certificate covers. The answer must hold them.
    pub claims: Vec<i64>,
    /// What they are needed for, for the person to read; at most 64 bytes, may be empty.
    pub purpose: String,
}

/// Why a question is not asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NoQuestion {
    /// The system has no random bytes.
    #[error("no random bytes for a question")]
    Random,
    /// What is wanted is nothing that a phone would answer: the purpose is too long, say.
    #[error(transparent)]
    Wanted(ChallengeError),
}

/// A question that waits for the desk's signature.
#[derive(Debug)]
pub struct Asked {
    /// What the desk signs; assembled and framed, the text for its screen.
    pub draft: Draft,
    /// The question's random number, its name here.
    pub cnonce: Vec<u8>,
    /// When it is over.
    pub expires_at: Timestamp,
}

/// The questions of a desk, or of several that share a screen server. In memory: none outlives a restart, and none is answered
/// twice ([`Questions::close`] here, and the seen-list where several processes share one).
#[derive(Debug, Default)]
pub struct Questions(Vec<Question>);

#[derive(Debug)]
struct Question {
    open: OpenChallenge,
    form: AnswerForm,
}

/// In what form the answer must come.
#[derive(Debug)]
enum AnswerForm {
    Plain,
    Encrypted(Box<AnswerKey>),
    /// It came encrypted, and its key is used up. What it held is there for whoever brings the very same again: whatever comes after
    /// may fail, and a key opens one answer alone.
    Decrypted {
        sealed: [u8; 32],
        text: Secret<String>,
    },
}

/// A scanned text in the form in which it is verified.
#[derive(Clone, PartialEq, Eq)]
pub struct Readable {
    /// The text: as it was scanned, or what it held.
    pub text: String,
    /// The number of the question whose key opened it; nothing where it came in the clear, or is readable to nobody here. Its
    /// question takes no other answer, so it is [closed](Questions::close) once this one was decided on, whatever the decision.
    pub decrypted_for: Option<Vec<u8>>,
}

impl Questions {
    /// No question.
    pub fn new() -> Self {
        Self::default()
    }

    /// A new question of this desk, open from now on.
    ///
    /// # Errors
    /// [`NoQuestion`] where there are no random bytes, or no phone would answer.
    pub fn ask(
        &mut self,
        desk: &DeskName,
        wanted: &Wanted,
        random: &mut dyn Random,
        now: Timestamp,
    ) -> Result<Asked, NoQuestion> {
        let mut cnonce = vec![0; CNONCE_LENGTH];
        random.fill(&mut cnonce).map_err(|_| NoQuestion::Random)?;
        let key = wanted.encrypted.then(AnswerKey::generate).transpose().map_err(|_| NoQuestion::Random)?;
        let expires_at = now.plus_seconds(LONGEST_LIFE);
        let draft = ChallengeDraft {
            certificate: &desk.certificate,
            issued_at: now,
            expires_at,
            cnonce: &cnonce,
            minimum_level: wanted.minimum_level,
            encryption_key: key.as_ref().map(AnswerKey::public),
            asked: &wanted.claims,
            purpose: &wanted.purpose,
        }
        .prepare()
        .map_err(NoQuestion::Wanted)?;
        self.forget(now);
        if self.0.len() >= MOST_OPEN {
            self.0.remove(0);
        }
        let form = key.map_or(AnswerForm::Plain, |key| AnswerForm::Encrypted(Box::new(key)));
        let open = OpenChallenge {
            desk: desk.name.clone(),
            cnonce: cnonce.clone(),
            expires_at,
            asked: wanted.claims.clone(),
            minimum_level: wanted.minimum_level,
        };
        self.0.push(Question { open, form });
        Ok(Asked { draft, cnonce, expires_at })
    }

    /// What to verify: a scanned text as it is, or what an encrypted one holds. `received_at` is when its first character came, at
    /// most [`LONGEST_SCAN`] ago. An encrypted answer that no open question can read stays as it is, and is refused as one that
    /// is not for this desk; the same one again gives the same until its question is closed.
    pub fn decrypt(&mut self, scanned: &str, received_at: Timestamp) -> Readable {
        self.forget(received_at);
        let (text, decrypted_for) = self.try_decrypt(scanned, received_at).unzip();
        Readable { text: text.unwrap_or_else(|| scanned.to_owned()), decrypted_for }
    }

    fn try_decrypt(&mut self, scanned: &str, received_at: Timestamp) -> Option<(String, Vec<u8>)> {
        let bytes = frame::decode(scanned).ok()?;
        let answer = EncryptedAnswer::parse(&bytes).ok()?;
        let sealed = sha256(&bytes);
        let at = self.0.iter().position(|question| {
            let reads = match &question.form {
                AnswerForm::Plain => false,
                AnswerForm::Encrypted(_) => true,
                AnswerForm::Decrypted { sealed: before, .. } => *before == sealed,
            };
            reads && received_at < question.open.expires_at && answer.answers(&question.open.cnonce)
        })?;
        // Taken out: a key that does not open this answer is spent, so its question cannot be answered any more.
        let Question { open, form } = self.0.remove(at);
        let text = match form {
            AnswerForm::Encrypted(key) => Secret::new(frame::encode(&key.open(&answer).ok()?)),
            AnswerForm::Decrypted { text, .. } => text,
            AnswerForm::Plain => return None,
        };
        let decrypted = (text.expose().clone(), open.cnonce.clone());
        self.0.insert(at, Question { open, form: AnswerForm::Decrypted { sealed, text } });
        Some(decrypted)
    }

    /// Those that no scan can answer any more.
    fn forget(&mut self, now: Timestamp) {
        self.0.retain(|question| now.seconds_since(question.open.expires_at) < LONGEST_SCAN);
    }

    /// What may be answered by a scan whose first character came at this time, for the [policy](crate::Policy). A question that wants
    /// its answer encrypted is here only once such an answer was decrypted: the same answer in the clear has no question.
    pub fn open(&self, received_at: Timestamp) -> Vec<OpenChallenge> {
        let answerable = |question: &&Question| {
            received_at < question.open.expires_at && !matches!(question.form, AnswerForm::Encrypted(_))
        };
        self.0.iter().filter(answerable).map(|question| question.open.clone()).collect()
    }

    /// Takes a question away, answered or given up. Says whether it was there.
    pub fn close(&mut self, cnonce: &[u8]) -> bool {
        let before = self.0.len();
        self.0.retain(|question| question.open.cnonce != cnonce);
        self.0.len() < before
    }
}
