//! Signing and posting the answer, or the refusal.

use std::collections::BTreeMap;

use http_client::{Client, Request};
use presentation::dcql::Pointer;
use presentation::openid4vp::{Form, Refusal, Requester, Transaction, VpToken};
use serde::Deserialize;
use trust::time::Timestamp;
use url::Url;

use super::consent::{Choice, OnlineConsent, OnlineRequest};
use super::document::{self, Binding};
use super::{OnlineError, OnlineTrust, VerifierWords};
use crate::Error;
use crate::consent::clock_offset;
use crate::documents::{DocumentCopy, DocumentFormat, DocumentRecord};
use crate::history::{Action, Event, append};
use crate::ports::KeyError;
use crate::store::{Change, Table};
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
    /// does not say whether the verifier has read it. Where a key does not sign, because the person declined at its prompt, there was no
    /// use, and the consent stays good.
    ///
    /// # Errors
    /// [`OnlineError::ConsentOver`], [`OnlineError::Over`], [`OnlineError::DocumentGone`], [`OnlineError::NoApprovalKey`], what the key
    /// store and the network say; a refusal with the verifier's words in [`Error::verifier_words`].
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
            let Told { to, by, documents, claims, over_asked } = Told::of(request);
            append(change, now, Event::DeclinedOnline { to, by, documents, claims, over_asked })?;
            Ok(())
        })?;
        let refusal = match request.unanswerable() {
            Some(OnlineError::Request(error)) => Refusal::Request(error),
            // That a key is missing is no matter of the verifier's.
            _ => Refusal::AccessDenied,
        };
        let form = request.request().reply_to().refusal(refusal);
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
        let form = loop {
            let picked = pick(consent, |id| Ok(self.vault.store().read(Table::Document, id)?))?;
            let token = self.sign(consent, &picked, there)?;
            let form = consent.request().request().answer(&token).map_err(|_| OnlineError::Bug)?;
            if self.vault.change(|change| note(change, consent, &picked, now))? {
                break form;
            }
        };
        post(&client, &form).await
    }

    /// One presentation a choice.
    fn sign(&self, consent: &OnlineConsent, picked: &Picked, there: Timestamp) -> Result<VpToken, Error> {
        let request = consent.request().request();
        let mut token = VpToken::new();
        for (choice, (format, copy)) in consent.request().choices().iter().zip(&picked.copies) {
            let approves = request.transaction().filter(|_| choice.approves);
            let binding = Binding {
                request,
                transaction: approves,
                matched_number: consent.matched_number.as_deref().filter(|_| approves.is_some()),
                level: consent.recognised.level(),
                issued_at: there,
            };
            let key = self.keys.find(&copy.key);
            let presented =
                key.and_then(|key| document::present(*format, &copy.bytes, &choice.claims, &binding, &key));
            // A finger or face that was enrolled since ends a key that approves, and no other.
            let presented = presented.map_err(|error| match error {
                Error::Key(KeyError::Lost) if copy.approves => OnlineError::NoApprovalKey.into(),
                error => error,
            })?;
            token.push(&choice.query, presented);
        }
        Ok(token)
    }
}

/// The copies that answer, one for each choice in their order, and how their documents stand once they are shown.
pub(super) struct Picked {
    pub(super) copies: Vec<(DocumentFormat, DocumentCopy)>,
    after: BTreeMap<String, DocumentRecord>,
}

/// Picks for each choice the copy that was shown least, and the one that approves for what is approved.
pub(super) fn pick(
    consent: &OnlineConsent,
    read: impl Fn(&str) -> Result<Option<DocumentRecord>, Error>,
) -> Result<Picked, Error> {
    let mut picked = Picked { copies: Vec::new(), after: BTreeMap::new() };
    for Choice { document, approves, .. } in consent.request().choices() {
        let mut record = match picked.after.remove(document) {
            Some(record) => record,
            None => read(document)?.ok_or(OnlineError::DocumentGone)?,
        };
        let copy = if *approves {
            record.approving_copy().ok_or(OnlineError::NoApprovalKey)?
        } else {
            record.next_copy().ok_or(OnlineError::DocumentGone)?
        };
        let copy = copy.clone();
        record.note_shown(&copy.key);
        picked.copies.push((record.format, copy));
        picked.after.insert(document.clone(), record);
    }
    Ok(picked)
}

/// Notes the use in the history and of each copy; `false` where another answer has meanwhile taken one of them, so that other copies are
/// to be signed with.
pub(super) fn note(
    change: &mut Change<'_>,
    consent: &OnlineConsent,
    signed: &Picked,
    now: Timestamp,
) -> Result<bool, Error> {
    let picked = pick(consent, |id| Ok(change.read(Table::Document, id)?))?;
    let keys = |picked: &Picked| picked.copies.iter().map(|(_, copy)| copy.key.clone()).collect::<Vec<_>>();
    if keys(&picked) != keys(signed) {
        return Ok(false);
    }
    for (id, record) in &picked.after {
        change.put(Table::Document, id, record)?;
    }
    append(change, now, event(consent))?;
    Ok(true)
}

/// Posts a form; only a JSON object with status 200 is an answer, and a redirect is an error.
pub(super) async fn post(client: &Client, form: &Form) -> Result<Answered, Error> {
    let fields: Vec<(&str, &str)> = form.fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let answer = client.exchange(Request::post_form(&form.address, &fields)?.limit(LONGEST_ANSWER)).await?;
    let words = VerifierWords::of(answer.body());
    let answer = answer.success().map_err(|refusal| match words {
        Some(words) => Error::Verifier { refusal, words },
        None => Error::Network(refusal),
    })?;
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

/// What goes to whom, for the history.
struct Told {
    to: String,
    by: String,
    documents: Vec<String>,
    claims: Vec<String>,
    over_asked: Vec<String>,
}

impl Told {
    fn of(request: &OnlineRequest) -> Self {
        let choices = request.choices();
        let texts = |choice: &Choice, claims: &[Pointer]| -> Vec<String> {
            claims.iter().map(|claim| format!("{}: {claim}", choice.kind)).collect()
        };
        Self {
            to: request.request().client_id().to_string(),
            by: name_of(request.requester()),
            documents: choices.iter().map(|choice| choice.kind.clone()).collect(),
            claims: choices.iter().flat_map(|choice| texts(choice, &choice.claims)).collect(),
            over_asked: choices.iter().flat_map(|choice| texts(choice, &choice.over_asked)).collect(),
        }
    }
}

fn event(consent: &OnlineConsent) -> Event {
    let Told { to, by, documents, claims, over_asked } = Told::of(consent.request());
    let approved = consent.request().transaction().map(|transaction| match transaction {
        Transaction::CashWithdrawal { bank, terminal, place, amount } => {
            format!("cash: {amount} VND, {bank}, {terminal}, {place}")
        }
        Transaction::SignIn { service, origin, .. } => format!("sign-in: {service}, {origin}"),
    });
    let level = consent.recognised.level();
    Event::PresentedOnline { to, by, documents, claims, over_asked, approved, level }
}
