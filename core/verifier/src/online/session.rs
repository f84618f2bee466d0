//! One question over the network, from its link to its answer.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use credential::jose::jwe::DecryptionKey;
use presentation::dcql::Query;
use presentation::openid4vp::{
    ClientId, LONGEST_APPROVAL, Opened, RequestDraft, Transaction, TransactionData, open,
};
use serde_json::Value;
use trust::certificates::Certificate;
use trust::random::{Random, SystemRandom};
use trust::time::Timestamp;

use super::{Answer, Issuers, OnlineError};

/// Seconds that a wallet has for its answer where nothing is to be approved on another screen.
const LIFE: i64 = 300;

/// Who asks: the key that signs stays elsewhere.
#[derive(Clone, Debug)]
pub struct Asker {
    client_id: ClientId,
    chain: Vec<Vec<u8>>,
}

impl Asker {
    /// By certificates in DER, leaf first, without the anchor (HAIP 1.0, 5: `x509_hash`).
    ///
    /// # Errors
    /// [`OnlineError::Asker`] where the leaf is no certificate.
    pub fn new(chain: Vec<Vec<u8>>) -> Result<Self, OnlineError> {
        let leaf = chain.first().and_then(|leaf| Certificate::parse(leaf).ok()).ok_or(OnlineError::Asker)?;
        Ok(Self { client_id: ClientId::of_certificate(leaf.sha256()), chain })
    }

    /// The client identifier, for the [link](presentation::openid4vp::link).
    pub const fn client_id(&self) -> &ClientId {
        &self.client_id
    }
}

/// What is asked.
#[derive(Clone, Debug)]
pub struct Question {
    /// The query in JSON (`dcql_query`).
    pub query: Value,
    /// What is to be approved, with the queries of which one's credential signs it.
    pub transaction: Option<(Transaction, Vec<String>)>,
    /// Entries of `verifier_info`, above all the asker's registration.
    pub verifier_info: Vec<Value>,
}

/// A question that waits for its answer. It is neither copied nor stored: [`Session::answer`] consumes it.
pub struct Session {
    pub(super) asker: Asker,
    pub(super) response_uri: String,
    pub(super) nonce: String,
    pub(super) state: String,
    pub(super) query: Query,
    pub(super) transaction: Option<TransactionData>,
    question: Question,
    key: DecryptionKey,
    number: String,
    connected: Option<Timestamp>,
}

impl fmt::Debug for Session {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Session")
    }
}

impl Session {
    /// Makes a question with a nonce, a state, a key and a number of its own. `response_uri` names this session alone.
    ///
    /// # Errors
    /// [`OnlineError::Question`] for a query or transaction that no wallet would take, [`OnlineError::NoRandom`].
    pub fn new(asker: &Asker, question: Question, response_uri: &str) -> Result<Self, OnlineError> {
        let query = Query::parse(&question.query).map_err(|_| OnlineError::Question)?;
        let transaction = question.transaction.as_ref().map(|(transaction, ids)| {
            let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
            TransactionData::parse(&transaction.encode(&ids), &query)
        });
        let (nonce, state, number) = (random_text()?, random_text()?, two_digits()?);
        Ok(Self {
            transaction: transaction.transpose().map_err(|_| OnlineError::Question)?,
            asker: asker.clone(),
            response_uri: response_uri.to_owned(),
            key: DecryptionKey::generate("1").map_err(|_| OnlineError::NoRandom)?,
            nonce,
            state,
            query,
            question,
            number,
            connected: None,
        })
    }

    /// A wallet fetches the request: what the asker's key signs, to be joined by
    /// [`compact`](credential::jose::compact). The time begins here.
    ///
    /// # Errors
    /// [`OnlineError::Taken`] where a number is to be matched and a wallet was here before: whoever films a code comes second.
    pub fn connect(&mut self, wallet_nonce: Option<&str>, now: Timestamp) -> Result<String, OnlineError> {
        if self.needs_number() && self.connected.is_some() {
            return Err(OnlineError::Taken);
        }
        self.connected = Some(now);
        let draft = RequestDraft {
            client_id: &self.asker.client_id,
            chain: &self.asker.chain,
            response_uri: &self.response_uri,
            nonce: &self.nonce,
            state: &self.state,
            query: &self.question.query,
            transaction: self.transaction.as_ref().map(TransactionData::received),
            encryption_key: Some(&self.key),
            verifier_info: &self.question.verifier_info,
            wallet_nonce,
            issued_at: now,
            expires_at: now.plus_seconds(self.life()),
        };
        Ok(draft.signing_input())
    }

    /// The two digits for the asker's screen: once a wallet has connected, where they are needed (security.md 19).
    pub fn number(&self) -> Option<&str> {
        (self.needs_number() && self.connected.is_some()).then_some(self.number.as_str())
    }

    /// When it is too late for an answer; nothing before a wallet has connected.
    pub fn expires_at(&self) -> Option<Timestamp> {
        self.connected.map(|connected| connected.plus_seconds(self.life()))
    }

    /// Opens what was posted to the `response_uri`, verifies it, and ends the session.
    ///
    /// # Errors
    /// [`OnlineError`].
    pub fn answer(self, body: &[u8], issuers: &Issuers<'_>, now: Timestamp) -> Result<Answer, OnlineError> {
        let in_time = self.expires_at().is_some_and(|expires_at| now < expires_at);
        if !in_time {
            return Err(OnlineError::TooLate);
        }
        let thumbprint = credential::jose::Jwk::new(*self.key.public()).thumbprint();
        let needed = self.number().map(str::to_owned);
        let asked = super::verify::Asked {
            client_id: self.asker.client_id.as_str(),
            nonce: &self.nonce,
            response_uri: &self.response_uri,
            thumbprint: &thumbprint,
            query: &self.query,
            transaction: self.transaction.as_ref(),
            number: needed.as_deref(),
            connected: self.connected.unwrap_or(now),
        };
        match open(body, &self.state, Some(self.key)).map_err(OnlineError::Response)? {
            Opened::Refused(code) => Err(OnlineError::Declined(code)),
            Opened::Presentations(token) => super::verify::verify(&token, &asked, issuers, now),
        }
    }

    fn needs_number(&self) -> bool {
        self.transaction.as_ref().is_some_and(|data| data.transaction().needs_number())
    }

    fn life(&self) -> i64 {
        if self.needs_number() { LONGEST_APPROVAL } else { LIFE }
    }
}

fn random_text() -> Result<String, OnlineError> {
    let mut random = [0; 24];
    SystemRandom::new().fill(&mut random).map_err(|_| OnlineError::NoRandom)?;
    Ok(URL_SAFE_NO_PAD.encode(random))
}

/// Every pair of digits equally often: what is beyond a multiple of 100 is drawn again.
fn two_digits() -> Result<String, OnlineError> {
    loop {
        let mut random = [0];
        SystemRandom::new().fill(&mut random).map_err(|_| OnlineError::NoRandom)?;
        if let [byte @ 0..=199] = random {
            return Ok(format!("{:02}", byte % 100));
        }
    }
}
