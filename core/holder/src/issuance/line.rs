//! A line to one issuer and its authorization server: how requests are authenticated, and what is tried once more.

use http_client::{Client, Request, Response, ServerCode};
use trust::time::Timestamp;
use zeroize::Zeroizing;

use super::dpop::{Dpop, Party};
use super::vouched::ClientAttestation;
use crate::Error;

/// The client and what proves that its requests are ours.
pub(crate) struct Line {
    client: Client,
    dpop: Option<Dpop>,
    attestation: Option<ClientAttestation>,
}

/// How an access token is presented.
#[derive(Clone)]
pub(crate) enum AccessToken {
    /// By anyone who has it (RFC 6750).
    Bearer(Zeroizing<String>),
    /// With a proof of the key that it is bound to.
    Dpop(Zeroizing<String>),
}

impl AccessToken {
    pub(super) fn text(&self) -> &str {
        let (Self::Bearer(text) | Self::Dpop(text)) = self;
        text
    }

    fn authorization(&self) -> Zeroizing<String> {
        match self {
            Self::Bearer(token) => Zeroizing::new(format!("Bearer {}", token.as_str())),
            Self::Dpop(token) => Zeroizing::new(format!("DPoP {}", token.as_str())),
        }
    }
}

impl Line {
    pub(crate) fn new(client: &Client, dpop: Option<Dpop>) -> Self {
        Self::attested(client, dpop, None)
    }

    /// A line to a server that knows wallets by their attestation.
    pub(super) fn attested(
        client: &Client,
        dpop: Option<Dpop>,
        attestation: Option<ClientAttestation>,
    ) -> Self {
        Self { client: client.clone(), dpop, attestation }
    }

    /// As what the server knows the wallet, where it knows it by its attestation.
    pub(super) fn client_id(&self) -> Option<&str> {
        self.attestation.as_ref().map(|attestation| attestation.client_id.as_str())
    }

    /// Whether tokens are to be bound to a key.
    pub(crate) fn binds_tokens(&self) -> bool {
        self.dpop.is_some()
    }

    /// Posts a form to the authorization server; what its answer is, is the caller's matter where it is no refusal.
    pub(crate) async fn post_form(
        &mut self,
        address: &str,
        fields: &[(&str, &str)],
        now: Timestamp,
    ) -> Result<Response, Error> {
        self.post(Party::Authorization, address, Request::post_form(address, fields)?, None, now).await
    }

    /// Posts to the issuer with an access token.
    pub(crate) async fn post_with(
        &mut self,
        token: &AccessToken,
        address: &str,
        request: Request,
        now: Timestamp,
    ) -> Result<Response, Error> {
        let request = request.header("authorization", &token.authorization())?;
        self.post(Party::Resource, address, request, Some(token), now).await
    }

    /// Posts to the issuer without a token: the nonce endpoint. Its answer may carry a nonce for proofs of possession, too.
    pub(crate) async fn post_openly(&mut self, address: &str) -> Result<Response, Error> {
        let answer = self.client.fetch(Request::post(address)?.idempotent()).await?;
        self.remember(Party::Resource, &answer);
        Ok(answer)
    }

    /// A server that wants its nonce or challenge in the proof is asked once more, with that, and not again for the same reason.
    async fn post(
        &mut self,
        party: Party,
        address: &str,
        request: Request,
        token: Option<&AccessToken>,
        now: Timestamp,
    ) -> Result<Response, Error> {
        let (mut again, mut answered) = (true, false);
        loop {
            let mut request = request.clone();
            // A bearer token is shown to nobody with a key: the server would bind what it must not.
            let bound = !matches!(token, Some(AccessToken::Bearer(_)));
            if let Some(dpop) = self.dpop.as_ref().filter(|_| bound) {
                let proof = dpop.proof(party, address, token.map(AccessToken::text), now)?;
                request = request.header("dpop", &proof)?;
            }
            if let (Some(attestation), Party::Authorization) = (&mut self.attestation, party) {
                let (attested, pop) = attestation.headers(&self.client, now).await?;
                request = request.header("oauth-client-attestation", &attested)?;
                request = request.header("oauth-client-attestation-pop", &pop)?;
            }
            let answer = self.client.exchange(request).await?;
            let given = self.remember(party, &answer);
            match answer.success() {
                Err(error)
                    if !answered
                        && self.attestation.is_some()
                        && error.server_code() == ServerCode::UseAttestationChallenge =>
                {
                    answered = true;
                }
                Err(error) if again && given && error.server_code() == ServerCode::UseDpopNonce => {
                    again = false;
                }
                answer => return Ok(answer?),
            }
        }
    }

    /// Says whether there was a nonce.
    fn remember(&mut self, party: Party, answer: &Response) -> bool {
        let nonce = answer.header("dpop-nonce");
        if let Some(dpop) = &mut self.dpop {
            dpop.remember(party, nonce);
        }
        let challenge = answer.header("oauth-client-attestation-challenge");
        if let (Some(attestation), Some(challenge)) = (&mut self.attestation, challenge) {
            attestation.remember(challenge);
        }
        nonce.is_some()
    }
}
