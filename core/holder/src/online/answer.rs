//! Signing and posting the answer, or the refusal.

use http_client::{Client, Request};
use presentation::openid4vp::{Form, Refusal, Requester, Transaction, VpToken};
use serde::Deserialize;
use trust::time::Timestamp;
use url::Url;

use super::consent::{Choice, OnlineConsent, OnlineRequest};
use super::document::{self, Binding};
use super::{OnlineError, OnlineTrust};
use crate::Error;
use crate::consent::clock_offset;
use crate::documents::DocumentRecord;
use crate::history::{Action, Event, append};
use crate::store::Table;
use crate::wallet::Wallet;

/// An answer of the verifier is small.
const LONGEST_ANSWER: usize = 64 * 1024;

/// The verifier took the answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answered {
    /// Where the person goes on: to be opened in the browser, as the specification demands (section 8.2).
    pub redirect_uri: Option<String>,
}

#[derive(Deserialize)]
struct VerifierAnswer {
    redirect_uri: Option<String>,
}

impl Wallet {
    /// Signs what the person agreed to and posts it. The history has the use before anything leaves: a connection that breaks
    /// does not say whether the verifier has read it.
    ///
    /// # Errors
    /// [`OnlineError::ConsentOver`], [`OnlineError::Over`], [`OnlineError::DocumentGone`], what the key store and the network say.
    pub async fn answer_request(
        &self,
        consent: &OnlineConsent,
        trust: &OnlineTrust<'_>,
        now: Timestamp,
    ) -> Result<Answered, Error> {
        let answered = self.answer(consent, trust, now).await;
        self.note_refusal(Action::Present, now, answered)
    }

    /// The person declined, or nothing is there to be shown: the verifier gets the same word for both (section 15.5.1). Another
    /// one where the wallet may not approve what is asked, as the specification demands (B.2.1): by then the person has seen who asks.
    pub async fn decline_request(
        &self,
        request: &OnlineRequest,
        trust: &OnlineTrust<'_>,
        now: Timestamp,
    ) -> Result<Answered, Error> {
        self.vault.change(|change| {
            let (to, by) = (request.request().client_id().to_string(), name_of(request.requester()));
            append(change, now, Event::DeclinedOnline { to, by })?;
            Ok(())
        })?;
        let refusal = request.unanswerable().map(|error| Refusal::Request(error.into()));
        let form = request.request().reply_to().refusal(refusal.unwrap_or(Refusal::AccessDenied));
        post(&self.client(trust.roots)?, &form).await
    }

    async fn answer(
        &self,
        consent: &OnlineConsent,
        trust: &OnlineTrust<'_>,
        now: Timestamp,
    ) -> Result<Answered, Error> {
        if !consent.holds_at(now) {
            return Err(OnlineError::ConsentOver.into());
        }
        let there = now.plus_seconds(clock_offset(&self.vault.store()));
        if consent.request().request().expires_at().is_some_and(|expires_at| there >= expires_at) {
            return Err(OnlineError::Over.into());
        }
        let client = self.client(trust.roots)?;
        let token = self.sign(consent, there)?;
        let form = consent.request().request().answer(&token).map_err(|_| OnlineError::Bug)?;
        self.vault.change(|change| Ok(append(change, now, event(consent))?))?;
        post(&client, &form).await
    }

    /// One presentation a choice, each with the copy that was shown least.
    fn sign(&self, consent: &OnlineConsent, there: Timestamp) -> Result<VpToken, Error> {
        let request = consent.request().request();
        let mut token = VpToken::new();
        for choice in consent.request().choices() {
            let (format, copy) = self.vault.change(|change| {
                let id = &choice.document;
                let record: Option<DocumentRecord> = change.read(Table::Document, id)?;
                let mut record = record.ok_or(OnlineError::DocumentGone)?;
                let copy = record.next_copy().cloned().ok_or(OnlineError::DocumentGone)?;
                record.note_shown(&copy.key);
                change.put(Table::Document, id, &record)?;
                Ok((record.format, copy))
            })?;
            let key = self.keys.find(&copy.key)?;
            let approves = request.transaction().filter(|_| choice.approves);
            let binding = Binding {
                request,
                transaction: approves,
                matched_number: consent.matched_number.as_deref().filter(|_| approves.is_some()),
                level: consent.recognised.level(),
                issued_at: there,
            };
            token
                .push(&choice.query, document::present(format, &copy.bytes, &choice.claims, &binding, &key)?);
        }
        Ok(token)
    }
}

/// Posts a form; only a JSON object with status 200 is an answer, and a redirect is an error.
pub(super) async fn post(client: &Client, form: &Form) -> Result<Answered, Error> {
    let fields: Vec<(&str, &str)> = form.fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let answer = client.fetch(Request::post_form(&form.address, &fields)?.limit(LONGEST_ANSWER)).await?;
    // Some verifiers answer a refusal with nothing at all.
    if answer.body().is_empty() {
        return Ok(Answered { redirect_uri: None });
    }
    let answer: VerifierAnswer = answer.json()?;
    match answer.redirect_uri {
        // A browser is to open it: never a script, a file, or another app without the person's word.
        Some(address) if Url::parse(&address).is_ok_and(|url| url.scheme() == "https") => {
            Ok(Answered { redirect_uri: Some(address) })
        }
        Some(_) => Err(OnlineError::BadAnswer.into()),
        None => Ok(Answered { redirect_uri: None }),
    }
}

/// Who asked, in words.
fn name_of(requester: &Requester) -> String {
    match requester {
        Requester::Certified { subject, .. } => subject.clone(),
        Requester::Unproven { host } => host.clone(),
    }
}

fn event(consent: &OnlineConsent) -> Event {
    let request = consent.request();
    let texts = |choice: &Choice, claims: &[presentation::dcql::Pointer]| -> Vec<String> {
        claims.iter().map(|claim| format!("{}: {claim}", choice.kind)).collect()
    };
    Event::PresentedOnline {
        to: request.request().client_id().to_string(),
        by: name_of(request.requester()),
        documents: request.choices().iter().map(|choice| choice.kind.clone()).collect(),
        claims: request.choices().iter().flat_map(|choice| texts(choice, &choice.claims)).collect(),
        over_asked: request.choices().iter().flat_map(|choice| texts(choice, &choice.over_asked)).collect(),
        approved: request.transaction().map(|transaction| match transaction {
            Transaction::CashWithdrawal { bank, terminal, place, amount } => {
                format!("cash: {amount} VND, {bank}, {terminal}, {place}")
            }
            Transaction::SignIn { service, origin, .. } => format!("sign-in: {service}, {origin}"),
        }),
        level: consent.recognised.level(),
    }
}
