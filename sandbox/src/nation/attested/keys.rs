//! What a wallet hands in of its keys, verified and kept.
use credential::jose::Jwk;
use serde::Deserialize;
use serde_json::{Value, json};
use trust::attestation::apple::AppAttestKey;
use trust::attestation::{AttestationError, AttestedPolicy, SecurityLevel, VerifiedKeyAttestation};
use trust::p256::PublicKey;

use super::super::answer::Refusal;
use super::super::database::{DatabaseError, Statements, values};
use super::super::message::Message;
use super::super::{Nation, decode};

/// More certificates, or longer ones, no phone sends.
const MOST_CERTIFICATES: usize = 8;

/// One key as it is handed in.
#[derive(Deserialize)]
pub(super) struct Handed {
    jwk: Jwk,
    policy: Policy,
    #[serde(flatten)]
    platform: Platform,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Policy {
    Presentation,
    Approval,
}

/// What the platform says, in base64url.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Platform {
    /// Certificates, leaf first.
    Android(Vec<String>),
    /// An attestation object.
    Apple(String),
    /// An assertion by the App Attest key that was attested last.
    AppleAssertion(String),
}

/// Keys that were verified, and the App Attest key as it stands after them.
pub(in super::super) struct Verified {
    keys: Vec<VerifiedKeyAttestation>,
    app_attest: Option<AppAttestKey>,
}

pub(super) const MALFORMED: Refusal =
    Refusal::new("malformed_message", "an attestation is not of the form that is asked here");

fn refused(error: AttestationError) -> Refusal {
    let refusal =
        Refusal::new("attestation_refused", "what the phone's platform says of the key is not believed");
    refusal.with("detail", json!(error.to_string()))
}

/// What the platform says of the key that signed the message, where the message brings it: the key was made in answer to the
/// message's challenge.
pub(in super::super) fn of_instance(nation: &Nation, message: &Message) -> Result<Option<Verified>, Refusal> {
    match handed(message)? {
        Some(handed) => verify(nation, &[handed], message.text("challenge")?, None).map(Some),
        None => Ok(None),
    }
}

/// The same of a key that was made before the message, in answer to a challenge that was given out for that (`key_challenge`) and is
/// used up.
pub(in super::super) fn of_new_phone(
    nation: &Nation,
    message: &Message,
) -> Result<Option<Verified>, Refusal> {
    let Some(handed) = handed(message)? else { return Ok(None) };
    let challenge = message.text("key_challenge")?;
    if !nation.key_challenges.take(challenge, "", nation.now().as_unix()) {
        return Err(Refusal::new("challenge_unknown", "the challenge is unknown, used or too old"));
    }
    verify(nation, &[handed], challenge, None).map(Some)
}

/// What a message brings of the very key that signed it.
fn handed(message: &Message) -> Result<Option<Handed>, Refusal> {
    let Some(handed) = message.claims().get("attestation") else { return Ok(None) };
    let handed = Handed::deserialize(handed).map_err(|_| MALFORMED)?;
    if handed.jwk != message.key {
        return Err(MALFORMED);
    }
    Ok(Some(handed))
}

/// Verifies what is said of keys in answer to a message's challenge.
pub(super) fn verify(
    nation: &Nation,
    handed: &[Handed],
    challenge: &str,
    app_attest: Option<AppAttestKey>,
) -> Result<Verified, Refusal> {
    let mut verified = Verified { keys: Vec::new(), app_attest };
    for one in handed {
        let key = verified.one(nation, one, challenge.as_bytes())?;
        verified.keys.push(key);
    }
    Ok(verified)
}

impl Verified {
    fn one(
        &mut self,
        nation: &Nation,
        handed: &Handed,
        challenge: &[u8],
    ) -> Result<VerifiedKeyAttestation, Refusal> {
        let (key, now) = (handed.jwk.key(), nation.now());
        let policy = match handed.policy {
            Policy::Presentation => AttestedPolicy::Presentation,
            Policy::Approval => AttestedPolicy::Approval,
        };
        let unknown = Refusal::new("platform_unknown", "no phones of this maker are believed here");
        let makers = &nation.phone_makers;
        let read = match &handed.platform {
            Platform::Android(chain) => {
                let android = makers.android.as_ref().ok_or(unknown)?;
                let chain = chain.iter().take(MOST_CERTIFICATES).map(|text| decode(text));
                let chain = chain.collect::<Option<Vec<_>>>().ok_or(MALFORMED)?;
                android.verify(&chain, challenge, now).map_err(refused)?
            }
            Platform::Apple(object) => {
                let apple = makers.apple.as_ref().ok_or(unknown)?;
                let object = decode(object).ok_or(MALFORMED)?;
                let read = apple.verify_device_key(&object, key, policy, challenge, now);
                let (read, signer) = read.map_err(refused)?;
                self.app_attest = Some(signer);
                read
            }
            Platform::AppleAssertion(assertion) => {
                let apple = makers.apple.as_ref().ok_or(unknown)?;
                let assertion = decode(assertion).ok_or(MALFORMED)?;
                let no_signer =
                    Refusal::new("attestation_refused", "no App Attest key of this phone is known");
                let signer = self.app_attest.as_ref().ok_or(no_signer)?;
                let read = apple.verify_further_key(&assertion, signer, key, policy, challenge);
                let (read, signer) = read.map_err(refused)?;
                self.app_attest = Some(signer);
                read
            }
        };
        // Another key may be attested, and still this one is not.
        if read.key() != key {
            return Err(Refusal::new("attestation_refused", "the attestation is of another key"));
        }
        Ok(read)
    }
}

/// Keeps what was verified for an account and its phone, which may still have to wait until it is in use.
pub(in super::super) fn keep(
    change: &dyn Statements,
    account: &str,
    phone: &str,
    verified: &Verified,
) -> Result<(), DatabaseError> {
    let put = "INSERT INTO attested_key VALUES ($1, $2, $3, $4, $5) ON CONFLICT (thumbprint) DO UPDATE \
               SET account = excluded.account, element = excluded.element, per_use = excluded.per_use, \
               level = excluded.level";
    for key in &verified.keys {
        let is_element = key.level() == SecurityLevel::SecureElement;
        let per_use = key.policy() == AttestedPolicy::Approval;
        let thumbprint = Jwk::new(*key.key()).thumbprint_base64url();
        change.execute(put, values![thumbprint, account, is_element, per_use, key.authentication_level()])?;
    }
    if let Some(signer) = &verified.app_attest {
        let put = "INSERT INTO app_attest_key VALUES ($1, $2, $3, $4) ON CONFLICT (phone) DO UPDATE \
                   SET key = excluded.key, counter = excluded.counter";
        change.execute(put, values![phone, account, signer.key().uncompressed(), signer.counter()])?;
    }
    Ok(())
}

/// The App Attest key of a phone, named by the thumbprint of its instance key.
pub(super) fn app_attest_key(change: &dyn Statements, phone: &str) -> Result<Option<AppAttestKey>, Refusal> {
    let find = "SELECT key, counter FROM app_attest_key WHERE phone = $1";
    let Some(row) = change.row(find, values![phone])? else { return Ok(None) };
    let key = PublicKey::from_uncompressed(&row.get::<Vec<u8>>(0)?).map_err(|_| Refusal::broken())?;
    let counter = u32::try_from(row.get::<i64>(1)?).map_err(|_| Refusal::broken())?;
    Ok(Some(AppAttestKey::known(key, counter)))
}

/// What was kept of a key.
#[derive(Clone, Copy)]
pub(super) struct Kept {
    pub(super) is_element: bool,
    pub(super) per_use: bool,
    pub(super) level: u8,
}

/// What was verified of a key of an account's.
pub(super) fn kept(statements: &dyn Statements, account: &str, key: &Jwk) -> Result<Kept, Refusal> {
    let find = "SELECT element, per_use, level FROM attested_key WHERE thumbprint = $1 AND account = $2";
    let found = statements.row(find, values![key.thumbprint_base64url(), account])?;
    let row = found.ok_or(Refusal::new("not_attested", "no platform vouches for this key"))?;
    let level = u8::try_from(row.get::<i64>(2)?).map_err(|_| Refusal::broken())?;
    Ok(Kept { is_element: row.get::<i64>(0)? != 0, per_use: row.get::<i64>(1)? != 0, level })
}

/// The members of a message that are keys.
pub(super) fn jwks(message: &Message) -> Result<Vec<Jwk>, Refusal> {
    let keys = message.claims().get("keys").and_then(Value::as_array).ok_or(MALFORMED)?;
    keys.iter().map(|key| Jwk::from_json(key).map_err(|_| MALFORMED)).collect()
}
