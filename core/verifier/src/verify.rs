//! The steps of the decision, one function each, in the order in which they are called.
//!
//! Up to the two signatures the first failure ends the matter: nothing after it could be believed. After them every
//! check is made, so that a clerk sees all that is wrong.
use credential::sd_cwt::{SdCwt, SdCwtError, VerifiedSdCwt};
use presentation::encryption::EncryptedAnswer;
use presentation::frame::{self, FrameError};
use presentation::kbt::{Kbt, KbtClaims, KbtError};
use presentation::level_statement::LevelStatementError;
use ring::digest::{SHA256, digest};
use trust::anchors::{Issuer, Trust};
use trust::status::{Lookup, Status, StatusStore};
use trust::time::Timestamp;

use crate::also_read;
use crate::decision::{
    AuthenticationLevel, Decision, Facts, Format, Freshness, LevelBasis, Refusal, Shown, StatusAnswer,
    VerifiedPresentation,
};
use crate::policy::{OpenChallenge, Policy, SKEW, is_behind};
use crate::reason::{Reason, Weight};
use crate::seen::{Seen, SeenList, Sighting};

/// Decides on one scanned text. `received_at` is when its first character came (a scanner may type for many
/// seconds), `now` when the last one had come.
///
/// What passes every check but those that only a person can resolve is noted on the seen-list.
pub fn verify(
    scanned: &str,
    trust: &Trust,
    status: &StatusStore,
    policy: &Policy,
    seen: &mut dyn SeenList,
    received_at: Timestamp,
    now: Timestamp,
) -> Decision {
    if !is_frame(scanned) {
        let format = also_read::recognise(scanned);
        return also_read::decide(format, scanned, trust, now);
    }
    let format = Format::SenFrame;
    let token = match frame::decode(scanned) {
        // Encrypted to a question that is not open here ([`crate::Questions::decrypt`]).
        Ok(token) if EncryptedAnswer::is_one(&token) => return refuse(format, Reason::Stale),
        Ok(token) => token,
        Err(error) => return refuse(format, of_frame(error)),
    };
    let desk = Desk { trust, status, policy, received_at, now };
    match desk.signatures(&token) {
        Ok(signed) => desk.decide(&signed, seen),
        Err(reason) => refuse(format, reason),
    }
}

/// Digits alone, or what begins as a frame does: no other code of ours or of others looks so.
fn is_frame(scanned: &str) -> bool {
    frame::is_frame(scanned) || scanned.trim_end().bytes().all(|character| character.is_ascii_digit())
}

fn refuse(format: Format, reason: Reason) -> Decision {
    Decision::Refused(Refusal::at_once(format, reason))
}

const fn of_frame(error: FrameError) -> Reason {
    match error {
        FrameError::ScanIncomplete => Reason::ScanIncomplete,
        FrameError::UnsupportedVersion { .. } => Reason::UnsupportedVersion,
        _ => Reason::Malformed,
    }
}

const fn of_token(error: KbtError) -> Reason {
    match error {
        KbtError::NotCanonical | KbtError::SignatureInvalid => Reason::HolderSignature,
        _ => Reason::Malformed,
    }
}

/// What a decision is made with.
struct Desk<'a> {
    trust: &'a Trust,
    status: &'a StatusStore,
    policy: &'a Policy,
    received_at: Timestamp,
    now: Timestamp,
}

/// A presentation whose two signatures hold.
struct Signed<'a> {
    issuer: &'a Issuer,
    credential: VerifiedSdCwt,
    said: KbtClaims,
    presentation: [u8; 32],
}

impl<'a> Desk<'a> {
    /// Structure, issuer, issuer's signature, holder's signature.
    fn signatures(&self, token: &[u8]) -> Result<Signed<'a>, Reason> {
        let kbt = Kbt::parse(token).map_err(of_token)?;
        let issuer = self.issuer(kbt.credential())?;
        let credential = kbt.credential().clone().verify(&issuer.key).map_err(|error| match error {
            SdCwtError::SignatureInvalid => Reason::IssuerSignature,
            _ => Reason::Malformed,
        })?;
        if !issuer.may_issue(credential.vct().urn(), credential.issued_at()) {
            return Err(Reason::UnknownIssuer);
        }
        kbt.verify(credential.holder_key()).map_err(of_token)?;
        let presentation = sha256(&kbt.to_be_signed());
        Ok(Signed { issuer, credential, said: kbt.claims().clone(), presentation })
    }

    fn issuer(&self, credential: &SdCwt<'_>) -> Result<&'a Issuer, Reason> {
        let issuer = self.trust.issuer(credential.issuer(), credential.key_id());
        match issuer.ok_or(Reason::UnknownIssuer)? {
            revoked if revoked.revoked => Err(Reason::IssuerRevoked),
            issuer => Ok(issuer),
        }
    }

    /// Every check that needs both signatures, then the seen-list, then the verdict.
    fn decide(&self, signed: &Signed<'_>, seen: &mut dyn SeenList) -> Decision {
        let mut findings = Findings::default();
        let status = self.status_of(&signed.credential);
        self.clock(status, &mut findings);
        let question = self.question(&signed.said);
        self.freshness(&signed.said, question, &mut findings);
        self.times(signed, &mut findings);
        self.audience(&signed.said, question, &mut findings);
        self.claims(&signed.credential, question, &mut findings);
        let level = self.level(signed, question, &mut findings);
        let status = self.judge_status(status, &mut findings);
        self.age_of_trust(&mut findings);
        let seen = self.replay(signed, question, seen, &mut findings);
        let facts = Facts {
            issued_by: signed.issuer.name.clone(),
            presented_at: signed.said.issued_at,
            age_seconds: self.received_at.seconds_since(signed.said.issued_at),
            status,
            level,
            freshness: question.map_or(Freshness::OneWay, |_| Freshness::Challenged),
            answered: question.map(|question| question.cnonce.clone()),
            window_seconds: self.policy.window_seconds(),
            seen,
        };
        findings.verdict(&signed.credential, facts)
    }

    fn status_of(&self, credential: &VerifiedSdCwt) -> Lookup {
        let reference = credential.status();
        self.status.look_up(&reference.uri, reference.index, self.now)
    }

    fn clock(&self, status: Lookup, findings: &mut Findings) {
        let as_of = match status {
            Lookup::Found { as_of, .. } | Lookup::Expired { as_of, .. } => as_of,
            Lookup::Unknown => self.policy.newest_signed_time,
        };
        let newest = self.policy.newest_signed_time.max(self.trust.issued()).max(as_of);
        if is_behind(self.now, newest) || self.now < self.received_at {
            findings.add(Reason::ClockSuspect);
        }
    }

    /// The open question that the presentation answers.
    fn question(&self, said: &KbtClaims) -> Option<&'a OpenChallenge> {
        let cnonce = said.cnonce.as_ref()?;
        let mut open = self.policy.open_challenges.iter();
        open.find(|open| open.cnonce == *cnonce && self.received_at < open.expires_at)
    }

    fn freshness(&self, said: &KbtClaims, question: Option<&OpenChallenge>, findings: &mut Findings) {
        let age = self.received_at.seconds_since(said.issued_at);
        let took = self.now.seconds_since(self.received_at);
        // A one-way code where only answers will do, or the answer to somebody else's question.
        let unasked = question.is_none() && (self.policy.challenged_only || said.cnonce.is_some());
        if age < -SKEW || age > self.policy.max_age || took > self.policy.window_seconds() || unasked {
            findings.add(Reason::Stale);
        }
    }

    /// The credential in its time, and the presentation within the credential's.
    fn times(&self, signed: &Signed<'_>, findings: &mut Findings) {
        let (issued, expires) = (signed.credential.issued_at(), signed.credential.expires());
        let presented = signed.said.issued_at;
        // A clock that was set back does not bring an expired credential to life again.
        let now = self.now.max(self.policy.newest_signed_time);
        if now >= expires || presented >= expires {
            findings.add(Reason::Expired);
        }
        if self.now.plus_seconds(SKEW) < issued || presented < issued {
            findings.add(Reason::NotYetValid);
        }
    }

    /// A code for any clinic, or an answer for the very desk that asked. An answer to a question of another time still has to
    /// name one of this desk's names.
    fn audience(&self, said: &KbtClaims, question: Option<&OpenChallenge>, findings: &mut Findings) {
        let named = match (question, &said.cnonce) {
            (Some(question), _) => said.audience == question.desk,
            (None, Some(_)) => self.policy.open_challenges.iter().any(|open| said.audience == open.desk),
            (None, None) => said.audience == self.policy.audience,
        };
        if !named {
            findings.add(Reason::WrongAudience);
        }
    }

    /// What the question asked for, or else the policy, must be there, and nothing that neither allows.
    fn claims(&self, credential: &VerifiedSdCwt, question: Option<&OpenChallenge>, findings: &mut Findings) {
        let there = credential.claims().keys();
        let asked = question.map_or(&[][..], |question| &question.asked);
        let required = if asked.is_empty() { &self.policy.required } else { asked };
        if !required.iter().all(|key| there.contains(key)) {
            findings.add(Reason::MissingClaim);
        }
        if !there.iter().all(|key| self.policy.permitted.contains(key) || asked.contains(key)) {
            findings.add(Reason::OverDisclosed);
        }
    }

    /// What the holder's provider stated of this key. A statement whose time is over says nothing; one that is wrong in any
    /// other way is an attempt.
    fn stated(&self, signed: &Signed<'_>) -> Result<Option<u8>, LevelStatementError> {
        let Some(statement) = &signed.said.stated else { return Ok(None) };
        match statement.verify(self.trust, signed.credential.holder_key(), self.received_at) {
            Err(LevelStatementError::Old) => Ok(None),
            stated => stated.map(Some),
        }
    }

    /// What the phone claims, capped by what the issuer attested of its key. Level 4, and any level of a key that nobody attested,
    /// takes the provider's statement, which caps it too.
    fn level(
        &self,
        signed: &Signed<'_>,
        question: Option<&OpenChallenge>,
        findings: &mut Findings,
    ) -> AuthenticationLevel {
        // A wallet leaves the level out only where it is 1.
        let claimed = signed.said.level.unwrap_or(1);
        let (stated, is_forged) = match self.stated(signed) {
            Ok(stated) => (stated, false),
            Err(_) => (None, true),
        };
        let capped = signed.credential.claims().level_policy.map(|cap| claimed.min(cap));
        let (level, basis) = match (capped, stated) {
            (Some(level @ ..4), _) => (level, LevelBasis::Attested),
            (_, Some(stated)) => (claimed.min(stated), LevelBasis::ServerStatement),
            (Some(level), None) => (level, LevelBasis::Claimed),
            (None, None) => (claimed, LevelBasis::Claimed),
        };
        let asked = question.and_then(|question| question.minimum_level).unwrap_or_default();
        let minimum = self.policy.minimum_level.max(asked);
        let too_low = minimum > 0 && (basis == LevelBasis::Claimed || level < minimum);
        if is_forged || too_low {
            findings.add(Reason::AuthenticationLevel);
        }
        AuthenticationLevel { level, basis }
    }

    fn judge_status(&self, status: Lookup, findings: &mut Findings) -> StatusAnswer {
        let (status, as_of, expired) = match status {
            Lookup::Found { status, as_of } => (status, as_of, false),
            Lookup::Expired { status, as_of } => (status, as_of, true),
            Lookup::Unknown => {
                findings.add(Reason::StatusUnknown);
                return StatusAnswer::Unknown;
            }
        };
        if expired || self.now.seconds_since(as_of) > self.policy.status_max_age {
            findings.add(Reason::StatusOld);
        }
        match status {
            Status::Valid => StatusAnswer::Valid(as_of),
            Status::Suspended => {
                findings.add(Reason::Suspended);
                StatusAnswer::Suspended(as_of)
            }
            Status::Revoked => {
                findings.add(Reason::Revoked);
                StatusAnswer::Revoked(as_of)
            }
            Status::Other(_) => {
                findings.add(Reason::StatusUnknown);
                StatusAnswer::Unknown
            }
        }
    }

    fn age_of_trust(&self, findings: &mut Findings) {
        let age = self.now.seconds_since(self.trust.issued());
        if age > self.policy.trust_max_age || self.now >= self.trust.expires() {
            findings.add(Reason::TrustOld);
        }
        if self.policy.rollback {
            findings.add(Reason::Rollback);
        }
    }

    /// Last, so that what is refused anyway fills no list.
    fn replay(
        &self,
        signed: &Signed<'_>,
        question: Option<&OpenChallenge>,
        list: &mut dyn SeenList,
        findings: &mut Findings,
    ) -> Seen {
        if findings.weight() == Weight::Refuses {
            return Seen::NotChecked;
        }
        let (issuer, subject) = (signed.credential.issuer(), signed.credential.subject());
        let seen = list.note(&Sighting {
            // A question is answered once, whoever answers: its number stands on the list in place of the answer.
            presentation: question.map_or(signed.presentation, |question| {
                sha256(&[&b"sen question"[..], question.desk.as_bytes(), &[0], &question.cnonce].concat())
            }),
            credential: sha256(&[issuer.as_bytes(), &[0], subject.as_bytes()].concat()),
            received_at: self.received_at,
            keep_until: self.received_at.plus_seconds(self.policy.max_age + 2 * SKEW),
        });
        match seen {
            Seen::Again => findings.add(Reason::Replayed),
            Seen::FirstHereAfterAnotherDesk => findings.add(Reason::SeenElsewhere),
            Seen::First | Seen::NotChecked => {}
        }
        seen
    }
}

pub(crate) fn sha256(bytes: &[u8]) -> [u8; 32] {
    let mut out = [0; 32];
    out.iter_mut().zip(digest(&SHA256, bytes).as_ref()).for_each(|(to, from)| *to = *from);
    out
}

#[derive(Default)]
struct Findings(Vec<Reason>);

impl Findings {
    fn add(&mut self, reason: Reason) {
        self.0.push(reason);
    }

    fn weight(&self) -> Weight {
        self.0.iter().map(|reason| reason.weight()).max().unwrap_or(Weight::Warns)
    }

    fn verdict(self, credential: &VerifiedSdCwt, facts: Facts) -> Decision {
        let weight = self.weight();
        if weight == Weight::Refuses {
            return Decision::Refused(Refusal {
                format: Format::SenFrame,
                reasons: self.0,
                facts: Some(facts),
            });
        }
        let claims = credential.claims().clone();
        let presentation = |warnings| Box::new(VerifiedPresentation { claims, facts, warnings });
        match weight {
            Weight::Doubts => {
                Decision::Unsure { shown: Shown::Presentation(presentation(Vec::new())), reasons: self.0 }
            }
            _ => Decision::Accepted(presentation(self.0)),
        }
    }
}
