//! Signed account messages: one challenge each, numbered without repetition, signed by the device's instance key.
use credential::jose::{Jwk, Jws};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::account::{Account, change_account};
use super::answer::Refusal;
use super::body::Body;
use super::{Nation, device, pending};

/// No message is longer: the files of a card come with the longest.
const LONGEST_MESSAGE: usize = 400 * 1024;
/// Seconds by which a device's clock may be off.
const SKEW: u64 = 300;
const MALFORMED: &str = "malformed_message";

/// The body of every account call.
#[derive(Deserialize)]
struct Envelope {
    jws: String,
}

/// A message whose signature, challenge and time were checked.
pub(super) struct Message {
    claims: Map<String, Value>,
    /// The instance key that signed it.
    pub(super) key: Jwk,
    pub(super) sequence: i64,
}

impl Message {
    /// Checks everything that a message must fulfil whatever it asks for.
    pub(super) fn receive(nation: &Nation, body: &Body, operations: &[&str]) -> Result<Self, Refusal> {
        let malformed = || Refusal::new(MALFORMED, "the message is not a signed account message");
        let envelope: Envelope = body.json(MALFORMED)?;
        let jws = Jws::parse(&envelope.jws, LONGEST_MESSAGE).map_err(|_| malformed())?;
        let jws = jws.of_type("sen-account+jwt").map_err(|_| malformed())?;
        let key = jws.header().jwk().cloned().ok_or_else(malformed)?;
        let verified =
            jws.verify(key.key()).map_err(|_| Refusal::new("bad_signature", "the signature is wrong"))?;
        let claims = verified.claims().clone();
        let text = |name: &str| claims.get(name).and_then(Value::as_str);
        if text("aud") != Some(&nation.url) {
            return Err(Refusal::new("wrong_audience", "the message is for another provider"));
        }
        if text("op").is_none_or(|named| !operations.contains(&named)) {
            return Err(Refusal::new("wrong_operation", "the message is for another operation"));
        }
        let now = nation.now().as_unix();
        let sent = claims.get("iat").and_then(Value::as_i64);
        if sent.is_none_or(|sent| sent.abs_diff(now) > SKEW) {
            return Err(Refusal::new("clock_skew", "the message's time is not now"));
        }
        let sequence = claims.get("seq").and_then(Value::as_i64).ok_or_else(malformed)?;
        if !nation.challenges.take(text("challenge").unwrap_or_default(), "", now) {
            return Err(Refusal::new("challenge_unknown", "the challenge is unknown, used or too old"));
        }
        Ok(Self { claims, key, sequence })
    }

    /// All members.
    pub(super) const fn claims(&self) -> &Map<String, Value> {
        &self.claims
    }

    /// A text member that the operation needs.
    pub(super) fn text(&self, name: &str) -> Result<&str, Refusal> {
        let missing = Refusal::new(MALFORMED, "a member of the message is missing");
        self.claims.get(name).and_then(Value::as_str).ok_or(missing)
    }

    /// An object member that the operation needs.
    pub(super) fn object(&self, name: &str) -> Result<&Map<String, Value>, Refusal> {
        let missing = Refusal::new(MALFORMED, "a member of the message is missing");
        self.claims.get(name).and_then(Value::as_object).ok_or(missing)
    }

    /// The account that the message names, if the phone in use signed and the sequence rises.
    pub(super) fn account(&self, nation: &Nation) -> Result<Account, Refusal> {
        let (id, thumbprint, now) = (self.text("account")?, self.key.thumbprint_base64url(), nation.now());
        let (account, taken) = change_account(nation, id, |change, account| {
            pending::refuse_waiting(change, id, &thumbprint, now)?;
            // What time alone has done to the account stays done, also where the message is refused.
            Ok(device::take_number(change, account, &thumbprint, self.sequence))
        })?;
        taken.map(|()| account)
    }
}
