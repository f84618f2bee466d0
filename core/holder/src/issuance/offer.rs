//! Credential offers (OpenID4VCI 1.0 section 4). An offer is untrusted input: it names an issuer, it does not vouch for one.

use std::collections::{BTreeMap, HashSet};

use serde::Deserialize;
use serde_json::Value;
use url::Url;

use super::metadata::https_identifier;
use super::{IssuanceError, OfferInfo};

/// The longest offer read, in bytes.
pub(crate) const LONGEST: usize = 16 * 1024;
const MOST_CREDENTIALS: usize = 16;

/// Where the offer is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum OfferLink {
    /// In the link itself.
    Value(Offer),
    /// At this address (section 4.1.3).
    Reference(String),
}

/// An offer that keeps the rules of section 4.1.1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Offer {
    pub(crate) issuer: String,
    pub(crate) configurations: Vec<String>,
    pub(crate) pre_authorised: Option<PreAuthorised>,
    pub(crate) authorisation: Option<AuthorisationCode>,
}

/// The grant `authorization_code`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub(crate) struct AuthorisationCode {
    /// To be handed back; whoever made the offer chose it.
    pub(crate) issuer_state: Option<String>,
    pub(crate) authorization_server: Option<String>,
}

/// The grant `urn:ietf:params:oauth:grant-type:pre-authorized_code`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PreAuthorised {
    pub(crate) code: String,
    pub(crate) transaction_code: Option<TransactionCode>,
    pub(crate) authorization_server: Option<String>,
}

/// What the person must type. Present, even empty, means that a code is required.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub struct TransactionCode {
    /// Digits or any text.
    #[serde(default)]
    pub input_mode: InputMode,
    /// Number of characters, where the issuer says so.
    #[serde(default)]
    pub length: Option<u32>,
}

/// What a transaction code is made of.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum InputMode {
    /// Digits.
    #[default]
    Numeric,
    /// Any text.
    Text,
}

#[derive(Deserialize)]
struct WireOffer {
    credential_issuer: String,
    credential_configuration_ids: Vec<String>,
    #[serde(default)]
    grants: WireGrants,
}

#[derive(Deserialize, Default)]
struct WireGrants {
    #[serde(rename = "urn:ietf:params:oauth:grant-type:pre-authorized_code")]
    pre_authorised: Option<WirePreAuthorised>,
    #[serde(rename = "authorization_code")]
    authorisation: Option<AuthorisationCode>,
    #[serde(flatten)]
    other: BTreeMap<String, Value>,
}

#[derive(Deserialize)]
struct WirePreAuthorised {
    #[serde(rename = "pre-authorized_code")]
    code: String,
    tx_code: Option<TransactionCode>,
    authorization_server: Option<String>,
}

impl OfferLink {
    /// Reads `openid-credential-offer://?credential_offer=...` or `...credential_offer_uri=...` (also `haip-vci://`).
    pub(crate) fn parse(link: &str) -> Result<Self, IssuanceError> {
        if link.len() > LONGEST {
            return Err(IssuanceError::BadOffer);
        }
        let url = Url::parse(link).map_err(|_| IssuanceError::BadOffer)?;
        if !matches!(url.scheme(), "openid-credential-offer" | "haip-vci") {
            return Err(IssuanceError::BadOffer);
        }
        let mut by_value = None;
        let mut by_reference = None;
        for (name, value) in url.query_pairs() {
            let place = match &*name {
                "credential_offer" => &mut by_value,
                "credential_offer_uri" => &mut by_reference,
                _ => continue,
            };
            if place.replace(value.into_owned()).is_some() {
                return Err(IssuanceError::BadOffer);
            }
        }
        match (by_value, by_reference) {
            (Some(offer), None) => Offer::parse(offer.as_bytes()).map(Self::Value),
            (None, Some(address)) => {
                let url = Url::parse(&address).map_err(|_| IssuanceError::BadOffer)?;
                if url.scheme() == "https" {
                    Ok(Self::Reference(address))
                } else {
                    Err(IssuanceError::BadOffer)
                }
            }
            _ => Err(IssuanceError::BadOffer),
        }
    }
}

impl Offer {
    /// What is shown of it.
    pub(crate) fn info(self) -> OfferInfo {
        OfferInfo {
            issuer: self.issuer,
            credentials: self.configurations,
            in_browser: self.pre_authorised.is_none(),
            transaction_code: self.pre_authorised.and_then(|grant| grant.transaction_code),
        }
    }

    /// The grant with a code for it.
    pub(crate) fn pre_authorised(&self) -> Result<&PreAuthorised, IssuanceError> {
        self.pre_authorised.as_ref().ok_or(IssuanceError::GrantUnsupported)
    }

    /// Reads the offer object. Members that the standard does not know are ignored.
    pub(crate) fn parse(json: &[u8]) -> Result<Self, IssuanceError> {
        if json.len() > LONGEST {
            return Err(IssuanceError::BadOffer);
        }
        let wire: WireOffer = http_client::parse_json(json).map_err(|_| IssuanceError::BadOffer)?;
        https_identifier(&wire.credential_issuer).map_err(|_| IssuanceError::BadOffer)?;
        let ids = &wire.credential_configuration_ids;
        let unique: HashSet<&String> = ids.iter().collect();
        if ids.is_empty() || ids.len() > MOST_CREDENTIALS || unique.len() != ids.len() {
            return Err(IssuanceError::BadOffer);
        }
        let grants = wire.grants;
        let pre_authorised = grants.pre_authorised.map(|grant| PreAuthorised {
            code: grant.code,
            transaction_code: grant.tx_code,
            authorization_server: grant.authorization_server,
        });
        if pre_authorised.as_ref().is_some_and(|grant| grant.code.is_empty()) {
            return Err(IssuanceError::BadOffer);
        }
        // Where the offer names no grant, the server's metadata say what there is (section 4.1.1).
        let unnamed = pre_authorised.is_none() && grants.other.is_empty();
        let authorisation = grants.authorisation.or_else(|| unnamed.then(AuthorisationCode::default));
        if pre_authorised.is_none() && authorisation.is_none() {
            return Err(IssuanceError::GrantUnsupported);
        }
        Ok(Self {
            issuer: wire.credential_issuer,
            configurations: wire.credential_configuration_ids,
            pre_authorised,
            authorisation,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn link(offer: &str) -> String {
        let query = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("credential_offer", offer)
            .finish();
        format!("openid-credential-offer://?{query}")
    }

    fn offer(grant: &str) -> String {
        format!(
            r#"{{"credential_issuer":"https://issuer.vn","credential_configuration_ids":["a"],"new":1,
               "grants":{{"urn:ietf:params:oauth:grant-type:pre-authorized_code":{grant}}}}}"#
        )
    }

    #[test]
    fn reads_an_offer_by_value() {
        let OfferLink::Value(offer) =
            OfferLink::parse(&link(&offer(r#"{"pre-authorized_code":"c"}"#))).unwrap()
        else {
            panic!("by reference")
        };
        assert_eq!(offer.issuer, "https://issuer.vn");
        assert_eq!(offer.configurations, ["a"]);
        assert_eq!(offer.pre_authorised().unwrap().code, "c");
        assert_eq!(offer.pre_authorised().unwrap().transaction_code, None);
    }

    #[test]
    fn takes_an_empty_tx_code_for_a_code_that_is_required() {
        let offer = Offer::parse(offer(r#"{"pre-authorized_code":"c","tx_code":{}}"#).as_bytes()).unwrap();
        assert_eq!(offer.pre_authorised().unwrap().transaction_code, Some(TransactionCode::default()));
    }

    #[test]
    fn reads_an_offer_by_reference_over_https_alone() {
        let parse = |address: &str| {
            OfferLink::parse(&format!("openid-credential-offer://?credential_offer_uri={address}"))
        };
        assert_eq!(
            parse("https://issuer.vn/o/1").unwrap(),
            OfferLink::Reference("https://issuer.vn/o/1".to_owned())
        );
        for address in ["http://issuer.vn/o/1", "file:///etc/passwd", "data:application/json,{}", ""] {
            assert_eq!(parse(address), Err(IssuanceError::BadOffer), "{address}");
        }
    }

    #[test]
    fn refuses_offers_that_break_a_rule_of_the_standard() {
        let good = offer(r#"{"pre-authorized_code":"c"}"#);
        let broken = [
            good.replace("https://issuer.vn", "http://issuer.vn"),
            good.replace("https://issuer.vn", "https://issuer.vn/?a=b"),
            good.replace(r#"["a"]"#, "[]"),
            good.replace(r#"["a"]"#, r#"["a","a"]"#),
            good.replace(r#""new":1"#, r#""credential_issuer":"https://other.vn""#),
            good.replace(r#":"c""#, r#":"""#),
            "[]".to_owned(),
        ];
        for offer in &broken {
            assert_eq!(OfferLink::parse(&link(offer)), Err(IssuanceError::BadOffer), "{offer}");
        }
        let both = format!("{}&credential_offer_uri=https://issuer.vn/o", link(&good));
        let twice = format!("{}&credential_offer=x", link(&good));
        let other = link(&good).replace("openid-credential-offer", "https");
        for text in [both.as_str(), &twice, &other, "openid-credential-offer://", ""] {
            assert_eq!(OfferLink::parse(text), Err(IssuanceError::BadOffer), "{text}");
        }
        let no_grant = good.replace("pre-authorized_code\":{", "other\":{");
        assert_eq!(OfferLink::parse(&link(&no_grant)), Err(IssuanceError::GrantUnsupported));
    }
}
