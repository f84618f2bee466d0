//! What the account's provider says of this wallet and its keys, for issuers (OpenID4VCI 1.0, appendices D and E). It goes to those who
//! demand it, with a key of its own for each, and never to others: an attestation is one thing more to know a person by.

use credential::attestation::PopDraft;
use credential::jose::Jwk;
use http_client::{Client, Request};
use serde::Deserialize;
use serde_json::{Map, json};
use trust::time::Timestamp;

use super::IssuanceError;
use super::dpop::{Dpop, jti};
use super::line::Line;
use super::metadata::{ProofWay, ServerMetadata};
use super::proving::Proving;
use crate::Error;
use crate::account::message::Contact;
use crate::keys::{NewKey, SigningKey};
use crate::ports::KeyPolicy;
use crate::wallet::Wallet;

#[derive(Deserialize)]
struct WalletAttested {
    wallet_attestation: String,
    client_id: String,
}

#[derive(Deserialize)]
struct ChallengeAnswer {
    attestation_challenge: String,
}

/// A wallet attestation for one authorization server, and the key that goes with it.
pub(super) struct ClientAttestation {
    attestation: String,
    pub(super) client_id: String,
    key: SigningKey,
    audience: String,
    endpoint: Option<String>,
    challenge: Option<String>,
}

impl ClientAttestation {
    /// The two headers of one request. A challenge is used once; where the server gave none and has a place to ask, it is asked.
    pub(super) async fn headers(
        &mut self,
        client: &Client,
        now: Timestamp,
    ) -> Result<(String, String), Error> {
        if let (None, Some(endpoint)) = (&self.challenge, &self.endpoint) {
            let answer = client.fetch(Request::post(endpoint)?.idempotent()).await?;
            self.challenge = Some(answer.json::<ChallengeAnswer>()?.attestation_challenge);
        }
        let (jti, challenge) = (jti()?, self.challenge.take());
        let pop =
            PopDraft { audience: &self.audience, jti: &jti, challenge: challenge.as_deref(), issued: now };
        let unsigned = pop.prepare();
        let pop = unsigned.assemble(&self.key.sign(unsigned.to_be_signed())?);
        Ok((self.attestation.clone(), pop))
    }

    /// Takes a challenge from any answer.
    pub(super) fn remember(&mut self, challenge: &str) {
        self.challenge = Some(challenge.to_owned());
    }
}

impl Wallet {
    /// The account's provider, where it can vouch for keys of this device.
    fn voucher(&self) -> Result<Box<Contact<'_>>, Error> {
        let contact = Contact::of(self).map_err(|error| match error {
            Error::Account(_) => IssuanceError::AttestationUnavailable.into(),
            error => error,
        })?;
        if contact.has_attested_device() {
            Ok(Box::new(contact))
        } else {
            Err(IssuanceError::AttestationUnavailable.into())
        }
    }

    /// How keys are proven where an issuer demands it so. Whether this wallet can is known before anything is spent.
    pub(super) fn proving(&self, way: ProofWay, now: Timestamp) -> Result<Proving<'_>, Error> {
        Ok(match way {
            ProofWay::Jwt => Proving::Possession,
            ProofWay::AttestedJwt => Proving::Attested(self.voucher()?, now),
            ProofWay::Attestation => Proving::AttestationAlone(self.voucher()?, now),
        })
    }

    /// The same to this issuer. What the account's provider issues itself says how well its key is kept: attested wherever this
    /// device can.
    pub(super) fn proving_to(
        &self,
        issuer: &str,
        way: ProofWay,
        now: Timestamp,
    ) -> Result<Proving<'_>, Error> {
        match (way, self.voucher()) {
            (ProofWay::Jwt | ProofWay::AttestedJwt, Ok(contact)) if contact.record.provider == issuer => {
                Ok(Proving::AttestedByPolicy(contact, now))
            }
            (way, _) => self.proving(way, now),
        }
    }

    /// A line to the issuer, with a key of its own where the server binds tokens to one or knows wallets by their attestation.
    pub(super) async fn line(
        &self,
        client: &Client,
        server: &ServerMetadata,
        now: Timestamp,
    ) -> Result<(Option<NewKey<'_>>, Line), Error> {
        let key = if server.demands_attestation() {
            let keys = self.voucher()?.new_keys(&[KeyPolicy::Presentation], now).await?;
            let (mut keys, true) = keys else { return Err(IssuanceError::AttestationUnavailable.into()) };
            keys.pop()
        } else if server.binds_tokens() {
            Some(self.keys.create(&self.vault, KeyPolicy::Presentation, &[])?)
        } else {
            None
        };
        let signing = key.as_ref().map(NewKey::key).transpose()?.cloned();
        let line = self.line_with(client, server, signing, now).await?;
        Ok((key, line))
    }

    /// The same with a key of an earlier visit.
    pub(super) async fn line_with(
        &self,
        client: &Client,
        server: &ServerMetadata,
        key: Option<SigningKey>,
        now: Timestamp,
    ) -> Result<Line, Error> {
        let attestation = match &key {
            Some(key) if server.demands_attestation() => {
                let mut contact = self.voucher()?;
                let members = Map::from_iter([("keys".to_owned(), json!([Jwk::new(*key.public())]))]);
                let answer: WalletAttested =
                    contact.ask("/account/wallet-attestation", "wallet_attestation", members, now).await?;
                Some(ClientAttestation {
                    attestation: answer.wallet_attestation,
                    client_id: answer.client_id,
                    key: key.clone(),
                    audience: server.issuer.clone(),
                    endpoint: server.challenge_endpoint.clone(),
                    challenge: None,
                })
            }
            _ => None,
        };
        let dpop = key.filter(|_| server.binds_tokens()).map(Dpop::new);
        Ok(Line::attested(client, dpop, attestation))
    }
}
