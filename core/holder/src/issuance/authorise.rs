//! Issuance after the person has agreed in a browser: authorization code with a pushed request and PKCE (OpenID4VCI 1.0
//! section 5, RFC 7636, RFC 9126), and the check that the answer is of the server that was asked (RFC 9207).

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::digest::{SHA256, digest};
use serde::Deserialize;
use serde_json::json;
use trust::certificates::CertificateAnchors;
use trust::random::{Random, SystemRandom};
use trust::time::Timestamp;
use url::Url;
use zeroize::Zeroizing;

use super::IssuanceError;
use super::by_offer::{Issuers, Visit, resolve};
use super::copies::Asked;
use super::dpop::jti;
use super::exchange;
use super::line::Line;
use super::metadata::{self, IssuerMetadata, ServerMetadata};
use super::offer::{AuthorisationCode, Offer};
use crate::Error;
use crate::documents::DocumentInfo;
use crate::history::Action;
use crate::keys::NewKey;
use crate::ports::ProgressListener;
use crate::store::StoreError;
use crate::wallet::Wallet;

/// How the wallet is known to authorization servers.
#[derive(Debug, Clone, Copy)]
pub struct WalletClient<'a> {
    /// The `client_id`, the same for all wallets of this make.
    pub client_id: &'a str,
    /// Where the browser returns to: an address that the shell alone is called with.
    pub redirect_uri: &'a str,
}

/// An authorisation that waits for the person in a browser. Dropped, it leaves nothing behind.
pub struct Authorisation<'w> {
    wallet: &'w Wallet,
    url: String,
    state: String,
    verifier: Zeroizing<String>,
    client_id: String,
    redirect_uri: String,
    roots_pem: Vec<u8>,
    anchors_pem: Option<String>,
    anchors: CertificateAnchors,
    offer: Offer,
    issuer: IssuerMetadata,
    server: ServerMetadata,
    line: Line,
    proof_key: Option<NewKey<'w>>,
}

/// What is asked for, as one field and what goes with it.
struct Wish {
    name: &'static str,
    value: String,
    resource: Option<String>,
}

#[derive(Deserialize)]
struct Pushed {
    request_uri: String,
}

impl Wallet {
    /// Pushes the request for an offer's documents to the authorization server. The person then agrees at
    /// [`Authorisation::url`].
    ///
    /// # Errors
    /// [`IssuanceError::GrantUnsupported`] where the offer or the server has no such way; as
    /// [`obtain_documents`](Self::obtain_documents) has them.
    pub async fn begin_authorisation(
        &self,
        link: &str,
        issuers: Issuers<'_>,
        known_as: WalletClient<'_>,
        now: Timestamp,
    ) -> Result<Authorisation<'_>, Error> {
        let begun = self.authorise(link, issuers, known_as, now).await;
        self.note_refusal(Action::Obtain, now, begun)
    }

    async fn authorise(
        &self,
        link: &str,
        issuers: Issuers<'_>,
        known_as: WalletClient<'_>,
        now: Timestamp,
    ) -> Result<Authorisation<'_>, Error> {
        let anchors = issuers.anchors(self, now).await?;
        let client = self.client(issuers.roots_pem)?;
        let there = self.there(now);
        let offer = resolve(&client, link).await?;
        let code = offer.authorisation.clone().ok_or(IssuanceError::GrantUnsupported)?;
        let issuer = metadata::fetch_issuer(&client, &offer.issuer, Some((&anchors, there))).await?;
        for id in &offer.configurations {
            self.proving(Asked::of(&issuer, id)?.way, now)?;
        }
        let named = code.authorization_server.as_deref();
        let server =
            metadata::fetch_server(&client, &issuer, named, Some(metadata::AUTHORISATION_CODE)).await?;
        let (proof_key, line) = self.line(&client, &server, now).await?;
        if line.client_id().is_some_and(|attested| attested != known_as.client_id) {
            return Err(IssuanceError::AttestationUnavailable.into());
        }
        let mut authorisation = Authorisation {
            wallet: self,
            url: String::new(),
            state: jti()?,
            verifier: verifier()?,
            client_id: known_as.client_id.to_owned(),
            redirect_uri: known_as.redirect_uri.to_owned(),
            roots_pem: issuers.roots_pem.to_vec(),
            anchors_pem: issuers.anchors_pem.map(str::to_owned),
            anchors,
            offer,
            issuer,
            server,
            line,
            proof_key,
        };
        authorisation.push(&code, there).await?;
        Ok(authorisation)
    }
}

impl Authorisation<'_> {
    /// Where the person's browser is to go.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Whether an address that a browser asked for is this request's answer, for a shell that anybody on the computer can call.
    pub fn is_answer(&self, address: &str) -> bool {
        self.answer(address).is_some_and(|url| one(&url, "state").as_ref() == Some(&self.state))
    }

    /// The address, where it is the one that the browser was to return to.
    fn answer(&self, address: &str) -> Option<Url> {
        let (url, expected) = (Url::parse(address).ok()?, Url::parse(&self.redirect_uri).ok()?);
        let place = |url: &Url| {
            (url.scheme().to_owned(), url.host_str().map(str::to_owned), url.port(), url.path().to_owned())
        };
        (place(&url) == place(&expected)).then_some(url)
    }

    async fn push(&mut self, code: &AuthorisationCode, there: Timestamp) -> Result<(), Error> {
        let (Some(endpoint), Some(authorize)) = self.server.authorisation_endpoints() else {
            return Err(IssuanceError::GrantUnsupported.into());
        };
        let challenge = URL_SAFE_NO_PAD.encode(digest(&SHA256, self.verifier.as_bytes()));
        let Wish { name, value, resource } = self.wish()?;
        let mut fields = vec![
            ("response_type", "code"),
            ("client_id", &self.client_id),
            ("redirect_uri", &self.redirect_uri),
            ("state", &self.state),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
            (name, &value),
        ];
        fields.extend(resource.as_deref().map(|issuer| ("resource", issuer)));
        fields.extend(code.issuer_state.as_deref().map(|state| ("issuer_state", state)));
        let pushed: Pushed = self.line.post_form(endpoint, &fields, there).await?.json()?;
        let mut url = Url::parse(authorize).map_err(|_| IssuanceError::BadMetadata)?;
        url.query_pairs_mut()
            .append_pair("client_id", &self.client_id)
            .append_pair("request_uri", &pushed.request_uri);
        self.url = url.into();
        Ok(())
    }

    /// What is asked for: scopes where every configuration has one (section 5.1.2, with the issuer as resource where it lists
    /// servers), else authorization details (section 5.1.1).
    fn wish(&self) -> Result<Wish, IssuanceError> {
        let listed = !self.issuer.authorization_servers.is_empty();
        let issuer = &self.issuer.credential_issuer;
        let configurations = self.offer.configurations.iter().map(|id| self.issuer.configuration(id));
        let configurations = configurations.collect::<Result<Vec<_>, _>>()?;
        let scopes: Option<Vec<&str>> = configurations.iter().map(|one| one.scope.as_deref()).collect();
        if let Some(mut scopes) = scopes {
            scopes.dedup();
            let resource = listed.then(|| issuer.clone());
            return Ok(Wish { name: "scope", value: scopes.join(" "), resource });
        }
        let detail = |id: &String| {
            let mut detail = json!({"type": "openid_credential", "credential_configuration_id": id});
            if let (true, Some(members)) = (listed, detail.as_object_mut()) {
                members.insert("locations".to_owned(), json!([issuer]));
            }
            detail
        };
        let details: Vec<_> = self.offer.configurations.iter().map(detail).collect();
        Ok(Wish { name: "authorization_details", value: json!(details).to_string(), resource: None })
    }

    /// Goes on with the address that the browser returned to, and obtains the documents.
    ///
    /// # Errors
    /// [`IssuanceError::Declined`] where the person said no there; [`IssuanceError::IssuerMixUp`] for an answer of another server
    /// or to another request.
    pub async fn finish(
        self,
        returned_to: &str,
        progress: &dyn ProgressListener,
        now: Timestamp,
    ) -> Result<Vec<DocumentInfo>, Error> {
        let wallet = self.wallet;
        let obtained = self.exchange(returned_to, progress, now).await;
        wallet.note_refusal(Action::Obtain, now, obtained)
    }

    async fn exchange(
        mut self,
        returned_to: &str,
        progress: &dyn ProgressListener,
        now: Timestamp,
    ) -> Result<Vec<DocumentInfo>, Error> {
        let code = self.code(returned_to)?;
        let fields = [
            ("grant_type", "authorization_code"),
            ("code", code.as_str()),
            ("redirect_uri", &self.redirect_uri),
            ("code_verifier", &self.verifier),
            ("client_id", &self.client_id),
        ];
        let there = self.wallet.there(now);
        let mut token = exchange::ask_token(&mut self.line, &self.server, &fields, there).await?;
        token.client_id = Some(self.client_id.clone());
        let issuers = Issuers { roots_pem: &self.roots_pem, anchors_pem: self.anchors_pem.as_deref() };
        let named = self.offer.authorisation.as_ref().and_then(|code| code.authorization_server.as_deref());
        let asked = self.offer.configurations.iter().map(|id| Asked::of(&self.issuer, id));
        let asked = asked.collect::<Result<Vec<_>, _>>()?;
        let (wallet, issuer, anchors) = (self.wallet, &self.issuer, &self.anchors);
        let visit = Visit { wallet, issuer, issuers, anchors, named, progress, now, there };
        visit.obtain(&mut self.line, token, &asked, self.proof_key).await
    }

    /// The code in the address, where it answers this request and is of the server that was asked.
    fn code(&self, returned_to: &str) -> Result<Zeroizing<String>, IssuanceError> {
        let url = self.answer(returned_to).filter(|_| self.is_answer(returned_to));
        let url = url.ok_or(IssuanceError::IssuerMixUp)?;
        // A server that does not say who it is could be mistaken for another.
        if one(&url, "iss").as_deref() != Some(&self.server.issuer) {
            return Err(IssuanceError::IssuerMixUp);
        }
        match (one(&url, "code"), one(&url, "error").as_deref()) {
            (Some(code), None) => Ok(Zeroizing::new(code)),
            (_, Some("access_denied")) => Err(IssuanceError::Declined),
            _ => Err(IssuanceError::AuthorisationFailed),
        }
    }
}

/// A parameter that stands once.
fn one(url: &Url, name: &str) -> Option<String> {
    let mut found = url.query_pairs().filter(|(key, _)| key == name).map(|(_, value)| value.into_owned());
    found.next().filter(|_| found.next().is_none())
}

/// 256 random bits (RFC 7636 section 7.1).
fn verifier() -> Result<Zeroizing<String>, StoreError> {
    let mut random = Zeroizing::new([0; 32]);
    SystemRandom::new().fill(&mut *random).map_err(|_| StoreError::Random)?;
    Ok(Zeroizing::new(URL_SAFE_NO_PAD.encode(*random)))
}
