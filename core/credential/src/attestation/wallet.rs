//! Wallet attestations and the proof that a request is of the attested wallet (OpenID4VCI 1.0, appendix E).
use serde_json::{Value, json};
use trust::certificates::CertificateAnchors;
use trust::p256::PublicKey;
use trust::time::Timestamp;

use super::{AttestationError, LONGEST, SKEW, Unsigned, signed_by_provider, time, within_time};
use crate::jose::{JoseError, Jwk, Jws};

/// Its media type.
pub const CLIENT_ATTESTATION: &str = "oauth-client-attestation+jwt";
/// The media type of a proof of possession.
pub const CLIENT_POP: &str = "oauth-client-attestation-pop+jwt";
/// Seconds after which a proof of possession is too old.
pub const LONGEST_POP_AGE: i64 = 300;

/// What a provider says of a wallet.
#[derive(Debug, Clone)]
pub struct WalletAttestationDraft {
    /// `client_id`, the same for all wallets of this make.
    pub client_id: String,
    /// The key that the wallet uses with one issuer.
    pub key: PublicKey,
    /// What the wallet is called.
    pub wallet_name: String,
    /// When it is made.
    pub issued: Timestamp,
    /// When it ends.
    pub expires: Timestamp,
    /// The provider's certificates, leaf first, without the anchor.
    pub chain: Vec<Vec<u8>>,
}

impl WalletAttestationDraft {
    /// What the provider signs.
    pub fn prepare(&self) -> Unsigned {
        let claims = json!({
            "sub": self.client_id,
            "iat": self.issued.as_unix(),
            "exp": self.expires.as_unix(),
            "cnf": {"jwk": Jwk::new(self.key)},
            "wallet_name": self.wallet_name,
        });
        Unsigned::new(CLIENT_ATTESTATION, Some(&self.chain), &claims)
    }
}

/// What a wallet says with each request.
#[derive(Debug, Clone)]
pub struct PopDraft<'a> {
    /// The authorization server's identifier.
    pub audience: &'a str,
    /// A name that no other proof has.
    pub jti: &'a str,
    /// The server's challenge, where it gives out any.
    pub challenge: Option<&'a str>,
    /// When it is made.
    pub issued: Timestamp,
}

impl PopDraft<'_> {
    /// What the attested key signs.
    pub fn prepare(&self) -> Unsigned {
        let mut claims = json!({"aud": self.audience, "jti": self.jti, "iat": self.issued.as_unix()});
        if let (Some(challenge), Some(members)) = (self.challenge, claims.as_object_mut()) {
            members.insert("challenge".to_owned(), json!(challenge));
        }
        Unsigned::new(CLIENT_POP, None, &claims)
    }
}

/// What a provider that is believed says of a wallet. Built by its verification alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifiedWalletAttestation {
    client_id: String,
    key: PublicKey,
}

/// A request that the attested key signed. Whether its name and challenge are new is the caller's to look up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifiedPop {
    jti: String,
    challenge: Option<String>,
}

impl VerifiedWalletAttestation {
    /// Believes an attestation that is valid at `now` and that a provider under these anchors signed.
    ///
    /// # Errors
    /// Each demand has a code of its own in [`AttestationError`].
    pub fn verify(
        text: &str,
        anchors: &CertificateAnchors,
        now: Timestamp,
    ) -> Result<Self, AttestationError> {
        let signed = signed_by_provider(text, CLIENT_ATTESTATION, anchors, now)?;
        within_time(&signed, now)?;
        let claims = signed.claims();
        let client_id = claims.get("sub").and_then(Value::as_str).filter(|name| !name.is_empty());
        let key = claims.get("cnf").and_then(|cnf| cnf.get("jwk")).ok_or(AttestationError::Member)?;
        Ok(Self {
            client_id: client_id.ok_or(AttestationError::Member)?.to_owned(),
            key: *Jwk::from_json(key)?.key(),
        })
    }

    /// Believes that a request is of this wallet, by the proof that came with it.
    ///
    /// # Errors
    /// [`AttestationError::WrongKey`], [`AttestationError::Audience`], [`AttestationError::TooOld`],
    /// [`AttestationError::NotYetValid`], and a malformed proof.
    pub fn verify_pop(
        &self,
        text: &str,
        audience: &str,
        now: Timestamp,
    ) -> Result<VerifiedPop, AttestationError> {
        let pop = Jws::parse(text, LONGEST)?.of_type(CLIENT_POP)?;
        let pop = pop.verify(&self.key).map_err(|error| match error {
            JoseError::Signature => AttestationError::WrongKey,
            error => error.into(),
        })?;
        let text =
            |name: &str| pop.claims().get(name).map(|text| text.as_str().ok_or(AttestationError::Member));
        if text("aud").transpose()? != Some(audience) {
            return Err(AttestationError::Audience);
        }
        let issued = time(&pop, "iat")?.ok_or(AttestationError::Member)?;
        if issued > now.plus_seconds(SKEW) {
            return Err(AttestationError::NotYetValid);
        }
        if now.seconds_since(issued) > LONGEST_POP_AGE {
            return Err(AttestationError::TooOld);
        }
        let jti = text("jti").ok_or(AttestationError::Member)??.to_owned();
        Ok(VerifiedPop { jti, challenge: text("challenge").transpose()?.map(str::to_owned) })
    }

    /// The wallet's `client_id`.
    pub fn client_id(&self) -> &str {
        &self.client_id
    }

    /// The attested key.
    pub const fn key(&self) -> &PublicKey {
        &self.key
    }
}

impl VerifiedPop {
    /// The proof's name.
    pub fn jti(&self) -> &str {
        &self.jti
    }

    /// The challenge that it answers.
    pub fn challenge(&self) -> Option<&str> {
        self.challenge.as_deref()
    }
}
