//! Asks the national insurance portal whether a card is good today: the flow `KQNhanLichSuKCB2024` (Letter 1923/BHXH-CNTT
//! of 20 June 2024) over HTTPS with the roots that the facility names.
//!
//! The portal is asked beside the check and never instead of it: its answer is an [`Entitlement`] of its own and changes no
//! verdict. Account and tokens are [`Secret`]s; nothing here logs, and nothing printable holds a secret or a person. The
//! history of treatment that the portal may send along is not read.
mod codes;
mod entitlement;
mod portal;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use http_client::{Client, Limits};
use md5::{Digest, Md5};
use tokio::sync::Mutex;
use trust::secret::Secret;
use trust::time::Timestamp;

pub use codes::{CODES, Outcome, ResultCode};
pub use entitlement::{Details, Entitlement, NewCard, Wording};
use portal::{Failure, Reply, Tokens};

use crate::answer::AnswerClaims;

/// An answer comes within this time or not at all.
const PATIENCE: Duration = Duration::from_secs(12);
/// After a refused login the portal is left alone for so many seconds: it may lock an account that keeps trying.
const HOLD_OFF: i64 = 60;

/// A facility's account at the portal and the clerk in whose name is asked.
pub struct Account {
    user: String,
    password_md5: Secret<String>,
    staff_name: String,
    staff_number: String,
}

impl Account {
    /// Takes the password in; only its MD5, which the portal asks for, is kept.
    pub fn new(user: &str, password: &Secret<String>, staff_name: &str, staff_number: &str) -> Self {
        Self {
            user: user.to_owned(),
            password_md5: Secret::new(hex::encode(Md5::digest(password.expose()))),
            staff_name: staff_name.to_owned(),
            staff_number: staff_number.to_owned(),
        }
    }
}

impl fmt::Debug for Account {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Account")
    }
}

/// Where account and tokens stand in the question.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SecretsIn {
    /// In the address, as hospital programs are known to ask. TLS hides it on the way, the portal's own logs may not.
    #[default]
    Address,
    /// In the body, for a portal that takes them there.
    Body,
}

/// What is asked: a card and its holder as the credential has them.
pub struct Question {
    number: String,
    name: String,
    /// `dd/MM/yyyy` or `yyyy`.
    born: String,
}

impl Question {
    /// The question about a person; none where number, name or birth date are not known.
    pub fn of(claims: &AnswerClaims) -> Option<Self> {
        let card = claims.insurance.as_ref().and_then(|insurance| insurance.number.as_ref());
        let number = card.or(claims.personal_number.as_ref())?;
        let born = claims.date_of_birth.as_deref()?;
        let born = match born.parse::<jiff::civil::Date>() {
            Ok(date) => date.strftime("%d/%m/%Y").to_string(),
            Err(_) => born.to_owned(),
        };
        Some(Self { number: number.clone(), name: claims.name.clone()?, born })
    }
}

enum Session {
    None,
    Open(Arc<Tokens>),
    Refused { until: Timestamp, code: Option<String> },
}

/// The adapter. One for a desk: it keeps the tokens between questions.
pub struct Lookup {
    client: Client,
    address: String,
    account: Account,
    secrets_in: SecretsIn,
    session: Mutex<Session>,
}

impl fmt::Debug for Lookup {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Lookup").field("secrets_in", &self.secrets_in).finish_non_exhaustive()
    }
}

impl Lookup {
    /// An adapter for the portal at `address` (`https://HOST`, without path), believed by `roots_pem`.
    ///
    /// # Errors
    /// [`http_client::Error::BadAddress`], [`http_client::Error::BadRoots`].
    pub fn new(
        address: &str,
        roots_pem: &[u8],
        account: Account,
        secrets_in: SecretsIn,
    ) -> Result<Self, http_client::Error> {
        let limits = Limits {
            connect: Duration::from_secs(3),
            read: Duration::from_secs(5),
            total: Duration::from_secs(6),
            body: 256 << 10,
            attempts: 2,
            longest_pause: Duration::from_secs(1),
            ..Limits::default()
        };
        let address = address.trim_end_matches('/').to_owned();
        http_client::Request::post(&address)?;
        let client = Client::new(roots_pem, limits)?;
        Ok(Self { client, address, account, secrets_in, session: Mutex::new(Session::None) })
    }

    /// Asks. Whatever happens is an entitlement: a desk shows that nobody answered as it shows an answer.
    pub async fn ask(&self, question: &Question, now: Timestamp) -> Entitlement {
        let answer = tokio::time::timeout(PATIENCE, self.ask_patiently(question, now)).await;
        match answer {
            Ok(Ok(reply)) => Entitlement::of(reply, now).for_card(&question.number),
            Ok(Err(failure)) => Entitlement::without_answer(&failure, now),
            Err(_) => Entitlement::without_answer(&Failure::NoAnswer, now),
        }
    }

    async fn ask_patiently(&self, question: &Question, now: Timestamp) -> Result<Reply, Failure> {
        let first = self.tokens(now, None).await?;
        match self.look_up(question, &first).await {
            Err(Failure::Refused(_)) => {}
            other => return other,
        }
        // The portal may have forgotten a token before its time; a new one is tried once.
        let second = self.tokens(now, Some(&first)).await?;
        self.look_up(question, &second).await
    }

    /// The tokens at hand, or new ones where there are none, they have ended, or they were `refused`.
    async fn tokens(&self, now: Timestamp, refused: Option<&Arc<Tokens>>) -> Result<Arc<Tokens>, Failure> {
        let mut session = self.session.lock().await;
        match &*session {
            Session::Open(tokens)
                if now < tokens.renew_at && refused.is_none_or(|refused| !Arc::ptr_eq(refused, tokens)) =>
            {
                return Ok(Arc::clone(tokens));
            }
            Session::Refused { until, code } if now < *until => return Err(Failure::Refused(code.clone())),
            _ => {}
        }
        match self.take_tokens(now).await {
            Ok(tokens) => {
                let tokens = Arc::new(tokens);
                *session = Session::Open(Arc::clone(&tokens));
                Ok(tokens)
            }
            Err(Failure::Refused(code)) => {
                *session = Session::Refused { until: now.plus_seconds(HOLD_OFF), code: code.clone() };
                Err(Failure::Refused(code))
            }
            Err(failure) => Err(failure),
        }
    }
}
