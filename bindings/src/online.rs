//! Answering a portal, bank or cash machine over the network (OpenID4VP), after the person has seen who asks for what.
use std::sync::{Arc, Mutex, PoisonError};

use presentation::dcql::Pointer;
use presentation::openid4vp::{Requester, Transaction, Unsigned};
use trust::certificates::CertificateAnchors;
use trust::time::Timestamp;

use crate::consent::Recognised;
use crate::error::SenError;
use crate::wallet::Wallet;

/// Whom the wallet believes online.
#[derive(Clone, Debug, uniffi::Record)]
pub struct BelievedVerifiers {
    /// Roots of TLS servers, PEM.
    pub roots_pem: Vec<u8>,
    /// Who vouches for those who ask, PEM; empty for those whom the nation's trust list names, with their registrars.
    pub verifiers_pem: String,
    /// Who registers what they may ask for, PEM; empty for nobody else.
    pub registrars_pem: String,
    /// Whether a request that nobody signed is read too; it then names nobody but a host.
    pub read_unsigned: bool,
}

/// Who asks.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum Asker {
    /// The holder of a certificate, whose key signed the request.
    Certified {
        /// The certificate's subject.
        subject: String,
        /// Its DNS names.
        dns_names: Vec<String>,
        /// The subject of the anchor that vouches for it.
        vouched_by: String,
    },
    /// Nobody knows: a warning. The answer goes to this host.
    Unproven {
        /// The host, with its port where that is unusual.
        host: String,
    },
}

/// What a registrar says of who asks.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct Registration {
    /// The name registered.
    pub name: String,
    /// What they ask for.
    pub purpose: String,
    /// Who registered them.
    pub registrar: String,
}

/// What would be shown to answer one question.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct OnlineChoice {
    /// The question that it answers.
    pub query: String,
    /// The wallet's name of the document.
    pub document: String,
    /// The document's type.
    pub kind: String,
    /// Who issued it.
    pub issuer: String,
    /// When it was issued.
    pub issued_at: i64,
    /// Whether the verifier can do without it.
    pub optional: bool,
    /// Whether its key signs what is to be approved: one choice's does.
    pub approves: bool,
    /// The claims that would be told.
    pub claims: Vec<String>,
    /// Those among them that the verifier is not registered to ask for: a warning.
    pub over_asked: Vec<String>,
}

/// What is to be approved; every part of it is to be shown.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum Approval {
    /// Cash at a machine, without a bank card.
    CashWithdrawal {
        /// The bank.
        bank: String,
        /// The machine's number.
        terminal: String,
        /// Where it stands.
        place: String,
        /// How much, in dong.
        amount: u64,
    },
    /// Signing in at a service.
    SignIn {
        /// The service.
        service: String,
        /// Its origin, as the browser shows it.
        origin: String,
        /// Whether the browser is on another device.
        other_screen: bool,
    },
}

/// All that a consent screen shows.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct OnlineDetails {
    /// The client identifier.
    pub to: String,
    /// Who asks.
    pub asker: Asker,
    /// What they are registered for; nothing where nobody registered them: a warning.
    pub registration: Option<Registration>,
    /// What would be shown; empty where the wallet holds nothing that answers, and then it can only be declined.
    pub choices: Vec<OnlineChoice>,
    /// Why it cannot be answered though the wallet holds what is asked for, a stable code: its documents may not approve it
    /// (`online.may_not_approve`), or are to be obtained again for that (`online.no_approval_key`).
    pub unanswerable: Option<String>,
    /// What is to be approved with it.
    pub approval: Option<Approval>,
    /// Whether the person has to type the two digits that the other screen shows.
    pub needs_number: bool,
    /// Whether nobody but the verifier can read the answer on its way.
    pub encrypted: bool,
    /// Until when it can be answered.
    pub expires_at: Option<i64>,
}

/// A request to the person, to be shown in full. Nothing is told to anybody before the person answers.
#[derive(Debug, uniffi::Object)]
pub struct OnlineRequest(holder::OnlineRequest);

/// The person agreed: to these documents, these claims, this verifier, for two minutes.
#[derive(Debug, uniffi::Object)]
pub struct OnlineConsent {
    given: holder::OnlineConsent,
    /// Why the answer was refused.
    refused: Mutex<Option<holder::VerifierWords>>,
}

#[uniffi::export(async_runtime = "tokio")]
impl Wallet {
    /// Reads a link or the text of a QR: fetches the request, verifies it, and finds what would answer it.
    pub async fn read_request(
        &self,
        link: String,
        believed: BelievedVerifiers,
        now: i64,
    ) -> Result<Arc<OnlineRequest>, SenError> {
        let now = Timestamp::from_unix(now);
        let anchors = Anchors::of(&self.0, &believed, now).await?;
        let request = self.0.read_request(&link, &anchors.trust(), now).await?;
        Ok(Arc::new(OnlineRequest(request)))
    }

    /// Signs what the person agreed to and sends it; gives the address to be opened in the browser, where there is one.
    pub async fn answer_request(
        &self,
        consent: Arc<OnlineConsent>,
        believed: BelievedVerifiers,
        now: i64,
    ) -> Result<Option<String>, SenError> {
        let now = Timestamp::from_unix(now);
        let anchors = Anchors::of(&self.0, &believed, now).await?;
        let answered = self.0.answer_request(&consent.given, &anchors.trust(), now).await;
        let words = answered.as_ref().err().and_then(holder::Error::verifier_words).cloned();
        *consent.refused.lock().unwrap_or_else(PoisonError::into_inner) = words;
        Ok(answered?.redirect_uri)
    }

    /// The person declined, or nothing is there to be shown: the verifier gets the same word for both.
    pub async fn decline_request(
        &self,
        request: Arc<OnlineRequest>,
        believed: BelievedVerifiers,
        now: i64,
    ) -> Result<Option<String>, SenError> {
        let now = Timestamp::from_unix(now);
        let anchors = Anchors::of(&self.0, &believed, now).await?;
        let answered = self.0.decline_request(&request.0, &anchors.trust(), now).await?;
        Ok(answered.redirect_uri)
    }
}

#[uniffi::export]
impl OnlineRequest {
    /// What to show.
    pub fn details(&self) -> OnlineDetails {
        let request = self.0.request();
        let registration = request.registration().map(|registration| Registration {
            name: registration.name().to_owned(),
            purpose: registration.purpose().to_owned(),
            registrar: registration.registrar().to_owned(),
        });
        OnlineDetails {
            to: request.client_id().to_string(),
            asker: self.0.requester().into(),
            registration,
            choices: self.0.choices().iter().map(OnlineChoice::from).collect(),
            unanswerable: self.0.unanswerable().map(refused),
            approval: self.0.transaction().map(Approval::from),
            needs_number: self.0.needs_number(),
            encrypted: self.0.encrypted(),
            expires_at: request.expires_at().map(Timestamp::as_unix),
        }
    }

    /// The same without what the verifier can do without.
    pub fn without_optional(&self) -> Arc<Self> {
        Arc::new(Self(self.0.clone().without_optional()))
    }

    /// What would do in place of the document that answers a question, newest first: for the person to pick.
    pub fn alternatives(&self, query: String) -> Vec<OnlineChoice> {
        self.0.alternatives(&query).map(OnlineChoice::from).collect()
    }

    /// The same, with another document in answer to a question; `online.not_an_alternative` where it would not do.
    pub fn with_document(&self, query: String, document: String) -> Result<Arc<Self>, SenError> {
        Ok(Arc::new(Self(self.0.clone().with(&query, &document)?)))
    }

    /// The person agreed, recognised as said, and typed the two digits where they are needed.
    pub fn grant(
        &self,
        recognised: Recognised,
        number: Option<String>,
        now: i64,
    ) -> Result<Arc<OnlineConsent>, SenError> {
        let consent =
            self.0.clone().grant(recognised.into(), number.as_deref(), Timestamp::from_unix(now))?;
        Ok(Arc::new(OnlineConsent { given: consent, refused: Mutex::default() }))
    }
}

#[uniffi::export]
impl OnlineConsent {
    /// What the verifier said when it refused the answer, cleaned for a screen: to be marked there as its own words, and kept in no log.
    /// Nothing where it said nothing, or refused nothing.
    pub fn verifier_words(&self) -> Option<String> {
        let refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        refused.as_ref().map(|words| words.as_str().to_owned())
    }
}

/// The code under which [`OnlineRequest::grant`] refuses it.
fn refused(error: holder::OnlineError) -> String {
    holder::Error::from(error).code().to_owned()
}

/// The anchors of one call.
struct Anchors<'a> {
    believed: &'a BelievedVerifiers,
    verifiers: CertificateAnchors,
    registrars: CertificateAnchors,
}

impl<'a> Anchors<'a> {
    async fn of(
        wallet: &holder::Wallet,
        believed: &'a BelievedVerifiers,
        now: Timestamp,
    ) -> Result<Self, SenError> {
        let parse = |pem: &str| {
            let anchors = CertificateAnchors::from_pem(pem).ok();
            let anchors = anchors.filter(|anchors| !anchors.is_empty());
            anchors.ok_or_else(|| SenError::not_ready("online.bad_anchors"))
        };
        let registrars = match believed.registrars_pem.as_str() {
            "" => CertificateAnchors::default(),
            pem => parse(pem)?,
        };
        if believed.verifiers_pem.is_empty() {
            let named = wallet.account().national_anchors(now).await?;
            let registrars = registrars.and(named.registrars);
            return Ok(Self { believed, verifiers: named.verifiers, registrars });
        }
        Ok(Self { believed, verifiers: parse(&believed.verifiers_pem)?, registrars })
    }

    fn trust(&self) -> holder::OnlineTrust<'_> {
        holder::OnlineTrust {
            roots: &self.believed.roots_pem,
            verifiers: &self.verifiers,
            registrars: &self.registrars,
            unsigned: if self.believed.read_unsigned { Unsigned::NamesNobody } else { Unsigned::Refused },
        }
    }
}

impl From<&Requester> for Asker {
    fn from(requester: &Requester) -> Self {
        match requester.clone() {
            Requester::Certified { subject, dns_names, vouched_by, .. } => {
                Self::Certified { subject, dns_names, vouched_by }
            }
            Requester::Unproven { host } => Self::Unproven { host },
        }
    }
}

impl From<&Transaction> for Approval {
    fn from(transaction: &Transaction) -> Self {
        match transaction.clone() {
            Transaction::CashWithdrawal { bank, terminal, place, amount } => {
                Self::CashWithdrawal { bank, terminal, place, amount }
            }
            Transaction::SignIn { service, origin, other_screen } => {
                Self::SignIn { service, origin, other_screen }
            }
        }
    }
}

impl From<&holder::Choice> for OnlineChoice {
    fn from(choice: &holder::Choice) -> Self {
        let texts = |claims: &[Pointer]| claims.iter().map(ToString::to_string).collect();
        Self {
            query: choice.query.clone(),
            document: choice.document.clone(),
            kind: choice.kind.clone(),
            issuer: choice.issuer.clone(),
            issued_at: choice.issued_at.as_unix(),
            optional: choice.optional,
            approves: choice.approves,
            claims: texts(&choice.claims),
            over_asked: texts(&choice.over_asked),
        }
    }
}
