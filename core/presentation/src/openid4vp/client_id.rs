//! Client identifiers and their prefixes (OpenID4VP 1.0, section 5.9).

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::RequestError;

/// A client identifier of a supported kind. Everywhere, also as an audience, it is used in full.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientId {
    full: String,
    prefix: Prefix,
}

/// What the part before the first colon says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Prefix {
    /// `x509_hash`: SHA-256 of the certificate that the request is signed with.
    X509Hash([u8; 32]),
    /// `x509_san_dns`: a DNS name in that certificate.
    X509SanDns(String),
    /// `redirect_uri`: where the answer goes. Such a request is never signed.
    RedirectUri(String),
}

impl ClientId {
    /// Reads a full identifier.
    ///
    /// # Errors
    /// [`RequestError::ClientId`] for other prefixes, none (nobody is registered with this wallet beforehand), `origin`, which
    /// no request may use, and values that cannot belong to their prefix.
    pub fn parse(full: &str) -> Result<Self, RequestError> {
        let (prefix, value) = full.split_once(':').ok_or(RequestError::ClientId)?;
        let prefix = match prefix {
            "x509_hash" => {
                let hash = URL_SAFE_NO_PAD.decode(value).ok().and_then(|hash| hash.try_into().ok());
                Prefix::X509Hash(hash.ok_or(RequestError::ClientId)?)
            }
            "x509_san_dns" if is_dns_name(value) => Prefix::X509SanDns(value.to_owned()),
            "redirect_uri" => {
                super::link::plain_https(value, "client_id").map_err(|_| RequestError::ClientId)?;
                Prefix::RedirectUri(value.to_owned())
            }
            _ => return Err(RequestError::ClientId),
        };
        Ok(Self { full: full.to_owned(), prefix })
    }

    /// The identifier of whoever signs with this certificate.
    pub fn of_certificate(sha256: [u8; 32]) -> Self {
        let full = format!("x509_hash:{}", URL_SAFE_NO_PAD.encode(sha256));
        Self { full, prefix: Prefix::X509Hash(sha256) }
    }

    /// In full, with the prefix.
    pub fn as_str(&self) -> &str {
        &self.full
    }

    /// What the prefix says.
    pub const fn prefix(&self) -> &Prefix {
        &self.prefix
    }
}

impl fmt::Display for ClientId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.full)
    }
}

/// A host name of letters, digits and hyphens (RFC 1034, 3.5), so that a wildcard is none.
fn is_dns_name(name: &str) -> bool {
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    name.len() <= 253 && name.split('.').all(label)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_colon_ends_the_prefix_and_the_identifier_stays_whole() {
        let id = ClientId::parse("redirect_uri:https://client.example.org/cb").unwrap();
        assert_eq!(id.prefix(), &Prefix::RedirectUri("https://client.example.org/cb".to_owned()));
        assert_eq!(id.as_str(), "redirect_uri:https://client.example.org/cb");
        let id = ClientId::parse("x509_hash:Uvo3HtuIxuhC92rShpgqcT3YXwrqRxWEviRiA0OZszk").unwrap();
        let Prefix::X509Hash(hash) = id.prefix() else { panic!("{id}") };
        assert_eq!(ClientId::of_certificate(*hash), id);
    }

    #[test]
    fn refuses_every_other_prefix_and_none() {
        for id in [
            "client.example.org",
            "",
            ":client.example.org",
            "https://client.example.org",
            "origin:https://client.example.org",
            "X509_SAN_DNS:client.example.org",
            " x509_san_dns:client.example.org",
            "verifier_attestation:client.example.org",
            "decentralized_identifier:did:example:123",
            "openid_federation:https://client.example.org",
            "pre-registered:client",
        ] {
            assert_eq!(ClientId::parse(id), Err(RequestError::ClientId), "{id}");
        }
    }

    #[test]
    fn refuses_values_that_do_not_belong_to_their_prefix() {
        for id in [
            "x509_hash:",
            "x509_hash:Uvo3HtuIxuhC92rShpgqcT3YXwrqRxWEviRiA0OZsw",
            "x509_hash:Uvo3HtuIxuhC92rShpgqcT3YXwrqRxWEviRiA0OZszl",
            "x509_hash:Uvo3HtuIxuhC92rShpgqcT3YXwrqRxWEviRiA0OZszk=",
            "x509_san_dns:",
            "x509_san_dns:*.example.org",
            "x509_san_dns:client.example.org:443",
            "x509_san_dns:client.example.org/",
            "x509_san_dns:x509_san_dns:client.example.org",
            "x509_san_dns:client..org",
            "x509_san_dns:ngân-hàng.example.org",
            "redirect_uri:http://client.example.org/cb",
            "redirect_uri:client.example.org",
        ] {
            assert_eq!(ClientId::parse(id), Err(RequestError::ClientId), "{id}");
        }
    }
}
