//! Proof of possession for access tokens (DPoP, RFC 9449).

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use credential::jose::{Jwk, compact, signing_input};
use ring::digest::{SHA256, digest};
use serde_json::{Value, json};
use trust::random::{Random, SystemRandom};
use trust::time::Timestamp;
use url::Url;

use crate::Error;
use crate::keys::SigningKey;
use crate::store::StoreError;

/// A key and the nonces that the two servers gave for it. They are two servers with nonces of their own, also where one
/// address serves both (section 8).
pub(crate) struct Dpop {
    key: SigningKey,
    of_authorization: Option<String>,
    of_resource: Option<String>,
}

/// Which server is spoken to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Party {
    /// The authorization server.
    Authorization,
    /// The credential issuer's endpoints.
    Resource,
}

impl Dpop {
    pub(crate) fn new(key: SigningKey) -> Self {
        Self { key, of_authorization: None, of_resource: None }
    }

    /// A proof for one POST (section 4.2), with the token's hash where a token goes with it.
    pub(crate) fn proof(
        &self,
        party: Party,
        address: &str,
        token: Option<&str>,
        now: Timestamp,
    ) -> Result<String, Error> {
        let header = json!({"typ": "dpop+jwt", "alg": "ES256", "jwk": Jwk::new(*self.key.public())});
        let mut claims = json!({"jti": jti()?, "htm": "POST", "htu": htu(address)?, "iat": now.as_unix()});
        let ath = token.map(|token| URL_SAFE_NO_PAD.encode(digest(&SHA256, token.as_bytes())));
        let optional = [("nonce", self.nonce(party).map(str::to_owned)), ("ath", ath)];
        for (name, value) in optional {
            if let (Some(value), Some(members)) = (value, claims.as_object_mut()) {
                members.insert(name.to_owned(), Value::String(value));
            }
        }
        let input = signing_input(&header, &claims);
        Ok(compact(&input, &self.key.sign(input.as_bytes())?))
    }

    fn nonce(&self, party: Party) -> Option<&str> {
        match party {
            Party::Authorization => self.of_authorization.as_deref(),
            Party::Resource => self.of_resource.as_deref(),
        }
    }

    /// Takes a nonce from any answer, also a good one (section 8.2).
    pub(crate) fn remember(&mut self, party: Party, nonce: Option<&str>) {
        let place = match party {
            Party::Authorization => &mut self.of_authorization,
            Party::Resource => &mut self.of_resource,
        };
        if let Some(nonce) = nonce {
            *place = Some(nonce.to_owned());
        }
    }
}

/// The address without query and fragment.
fn htu(address: &str) -> Result<String, Error> {
    let mut url = Url::parse(address).map_err(|_| http_client::Error::BadAddress)?;
    url.set_query(None);
    url.set_fragment(None);
    Ok(url.into())
}

/// 128 random bits: no proof is like another.
pub(crate) fn jti() -> Result<String, Error> {
    let mut random = [0; 16];
    SystemRandom::new().fill(&mut random).map_err(|_| StoreError::Random)?;
    Ok(URL_SAFE_NO_PAD.encode(random))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_the_address_without_its_query() {
        assert_eq!(htu("https://a.vn/token?x=1").unwrap(), "https://a.vn/token");
        assert_eq!(htu("https://a.vn:8443/").unwrap(), "https://a.vn:8443/");
    }
}
