//! What a request over the network would tell to whom: put to the person, and the person's answer.

use presentation::dcql::{Candidate, Pointer};
use presentation::openid4vp::{
    Requester, Transaction, TransactionData, TransactionError, VerifiedRegistration, VerifiedRequest,
};
use trust::time::Timestamp;

use super::OnlineError;
use super::document::Held;
use crate::Error;
use crate::consent::{CONSENT_LIFE, Recognised};
use crate::documents;
use crate::wallet::Wallet;

/// A request to the person, to be shown in full.
#[derive(Debug, Clone, PartialEq)]
pub struct OnlineRequest {
    request: VerifiedRequest,
    choices: Vec<Choice>,
    /// What would do in place of one of them.
    others: Vec<Choice>,
    unanswerable: Option<OnlineError>,
}

/// What would be shown to answer one query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// The query's identifier.
    pub query: String,
    /// The wallet's name of the document.
    pub document: String,
    /// The document's type: `vct` or `docType`.
    pub kind: String,
    /// Who issued it.
    pub issuer: String,
    /// When it was issued.
    pub issued_at: Timestamp,
    /// Whether the verifier can do without it.
    pub optional: bool,
    /// Whether its key signs what is to be approved: one choice's does (section 5.1).
    pub approves: bool,
    /// The claims that would be told beside those that always are.
    pub claims: Vec<Pointer>,
    /// Those among them that the verifier is not registered to ask for, all of them where it is not registered: a warning.
    pub over_asked: Vec<Pointer>,
}

/// The person agreed: to these documents, these claims, this verifier, for two minutes.
#[derive(Debug, Clone, PartialEq)]
pub struct OnlineConsent {
    pub(crate) request: OnlineRequest,
    pub(crate) recognised: Recognised,
    pub(crate) matched_number: Option<String>,
    granted_at: Timestamp,
}

impl Wallet {
    /// Finds what would answer a verified request. Where nothing does, the choices are empty: the person is to see who
    /// asked before anything is told.
    pub(super) fn choices(&self, request: VerifiedRequest, there: Timestamp) -> Result<OnlineRequest, Error> {
        let mut held = Vec::new();
        for (id, record) in documents::list(&self.vault.store())? {
            if record.expires_at.is_none_or(|expires_at| there.as_unix() < expires_at) {
                held.extend(Held::read(id, record)?);
            }
        }
        // The newest of several that would do.
        held.sort_by_key(|held| std::cmp::Reverse(held.issued_at));
        let candidates: Vec<Candidate<'_>> = held.iter().map(Held::candidate).collect();
        let answers = request.query().select(&candidates).unwrap_or_default();
        let (mut choices, mut others) = (Vec::new(), Vec::new());
        // What is still without the choice that approves it.
        let mut open = request.transaction();
        let mut lacks_key = false;
        for mut answer in answers {
            let shown = if answer.multiple { answer.matches.len() } else { 1 };
            let named = open.filter(|data| data.credential_ids().contains(&answer.query));
            let can_approve = |place: usize, data: &TransactionData| {
                held.get(place).is_some_and(|held| held.can_approve(data))
            };
            if let Some(data) = named {
                // Of several that would do the newest that can approve comes first.
                answer.matches.sort_by_key(|found| !can_approve(found.candidate, data));
                let mut found = answer.matches.iter().filter_map(|found| held.get(found.candidate));
                lacks_key |= found.any(|held| held.may_approve(data));
            }
            for (place, found) in answer.matches.into_iter().enumerate() {
                let approves = if place < shown {
                    let can = |data: &mut &TransactionData| {
                        data.credential_ids().contains(&answer.query) && can_approve(found.candidate, data)
                    };
                    open.take_if(can).is_some()
                } else {
                    named.is_some_and(|data| can_approve(found.candidate, data))
                };
                let (Some(held), Some(candidate)) =
                    (held.get(found.candidate), candidates.get(found.candidate))
                else {
                    return Err(OnlineError::Bug.into());
                };
                let over_asked = match request.registration() {
                    Some(registration) => registration.over_asked(candidate, &found.claims),
                    None => found.claims.clone(),
                };
                let of_these = if place < shown { &mut choices } else { &mut others };
                of_these.push(Choice {
                    query: answer.query.clone(),
                    document: held.id.clone(),
                    kind: held.kind.clone(),
                    issuer: held.issuer.clone(),
                    issued_at: Timestamp::from_unix(held.issued_at),
                    optional: answer.optional,
                    approves,
                    over_asked,
                    claims: found.claims,
                });
            }
        }
        let unanswerable = (open.is_some() && !choices.is_empty()).then(|| {
            choices.clear();
            others.clear();
            if lacks_key { OnlineError::NoApprovalKey } else { TransactionError::NotAuthorized.into() }
        });
        Ok(OnlineRequest { request, choices, others, unanswerable })
    }
}

impl OnlineRequest {
    /// What the verifier asks, verified.
    pub const fn request(&self) -> &VerifiedRequest {
        &self.request
    }

    /// Who asks.
    pub const fn requester(&self) -> &Requester {
        self.request.requester()
    }

    /// What they ask for, in a registrar's words; nothing where nobody registered them.
    pub fn purpose(&self) -> Option<&str> {
        self.request.registration().map(VerifiedRegistration::purpose)
    }

    /// What would be shown; empty where the wallet holds nothing that answers.
    pub fn choices(&self) -> &[Choice] {
        &self.choices
    }

    /// What would do in place of the document that answers a query, newest first: for the person to pick.
    pub fn alternatives<'a>(&'a self, query: &'a str) -> impl Iterator<Item = &'a Choice> {
        self.others.iter().filter(move |other| other.query == query)
    }

    /// The same, with another document in answer to a query.
    ///
    /// # Errors
    /// [`OnlineError::NotAnAlternative`] where it would not do.
    pub fn with(mut self, query: &str, document: &str) -> Result<Self, Error> {
        let is_it = |choice: &Choice| choice.query == query && choice.document == document;
        if self.choices.iter().any(is_it) {
            return Ok(self);
        }
        let picked = self.others.iter_mut().find(|other| is_it(other));
        let shown = self.choices.iter_mut().find(|choice| choice.query == query);
        let (picked, shown) = picked.zip(shown).ok_or(OnlineError::NotAnAlternative)?;
        // What approves has to be able to.
        if shown.approves && !picked.approves {
            return Err(OnlineError::NotAnAlternative.into());
        }
        let approves = shown.approves;
        std::mem::swap(picked, shown);
        (picked.approves, shown.approves) = (approves, approves);
        Ok(self)
    }

    /// What is to be approved; every part of it is to be shown.
    pub fn transaction(&self) -> Option<&Transaction> {
        self.request.transaction().map(TransactionData::transaction)
    }

    /// Whether the person has to type the two digits that the other screen shows.
    pub fn needs_number(&self) -> bool {
        self.transaction().is_some_and(Transaction::needs_number)
    }

    /// Whether nobody but the verifier will be able to read the answer on its way.
    pub const fn encrypted(&self) -> bool {
        self.request.encryption_key().is_some()
    }

    /// The same without what the verifier can do without; what approves stays.
    #[must_use]
    pub fn without_optional(mut self) -> Self {
        self.choices.retain(|choice| !choice.optional || choice.approves);
        let kept = |other: &Choice| self.choices.iter().any(|choice| choice.query == other.query);
        self.others.retain(kept);
        self
    }

    /// Why the request cannot be answered though the wallet holds what is asked for: no issuer lets a key of these documents
    /// approve it (B.2.1, [`TransactionError::NotAuthorized`]), or they were obtained without a key for that
    /// ([`OnlineError::NoApprovalKey`]).
    pub const fn unanswerable(&self) -> Option<OnlineError> {
        self.unanswerable
    }

    /// The person agreed, recognised as said, and typed what the other screen shows where that is needed.
    ///
    /// # Errors
    /// [`OnlineError::NothingToShow`], [`OnlineError::NumberNeeded`], [`OnlineError::BadNumber`]; what is
    /// [`unanswerable`](Self::unanswerable).
    pub fn grant(
        self,
        recognised: Recognised,
        number: Option<&str>,
        now: Timestamp,
    ) -> Result<OnlineConsent, Error> {
        if let Some(error) = self.unanswerable() {
            return Err(error.into());
        }
        if self.choices.is_empty() {
            return Err(OnlineError::NothingToShow.into());
        }
        let two_digits = |number: &str| number.len() == 2 && number.bytes().all(|c| c.is_ascii_digit());
        match (self.needs_number(), number) {
            (true, None) => return Err(OnlineError::NumberNeeded.into()),
            (false, Some(_)) => return Err(OnlineError::BadNumber.into()),
            (true, Some(number)) if !two_digits(number) => return Err(OnlineError::BadNumber.into()),
            _ => {}
        }
        let matched_number = number.map(str::to_owned);
        Ok(OnlineConsent { request: self, recognised, matched_number, granted_at: now })
    }
}

impl OnlineConsent {
    /// What was agreed to.
    pub const fn request(&self) -> &OnlineRequest {
        &self.request
    }

    /// A clock that was set back does not prolong it.
    pub(super) const fn holds_at(&self, now: Timestamp) -> bool {
        let age = now.seconds_since(self.granted_at);
        age >= 0 && age < CONSENT_LIFE
    }
}
