//! The link or QR that points to a request (OpenID4VP 1.0, section 5; RFC 9101, section 5).

use serde_json::{Map, Value};
use url::Url;

use super::{ClientId, LONGEST_REQUEST, RequestError};

/// Longest address of a request object (RFC 9101, 5.2, recommends 512).
const LONGEST_ADDRESS: usize = 2048;

/// A link that asks for a presentation. It is anybody's text: nothing in it is shown or believed before the request is.
#[derive(Clone, Debug, PartialEq)]
pub struct RequestLink {
    client_id: ClientId,
    source: Source,
}

/// Where the request is.
#[derive(Clone, Debug, PartialEq)]
pub enum Source {
    /// At an https address (`request_uri`).
    Reference {
        /// The address, as it came.
        address: String,
        /// How it is to be asked for.
        method: Method,
    },
    /// In the link, signed (`request`).
    Value(String),
    /// In the link, as parameters: nobody signed it.
    Unsigned(Map<String, Value>),
}

/// How a request object is fetched (`request_uri_method`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// By GET.
    Get,
    /// By POST, with what the wallet can do and a nonce of its own.
    Post,
}

impl RequestLink {
    /// Reads `openid4vp://?...`, `haip-vp://?...` or an https link, as scanned or as opened.
    ///
    /// # Errors
    /// A parameter twice, an unsupported client identifier, an address that is not https, more than one source.
    pub fn parse(link: &str) -> Result<Self, RequestError> {
        if link.len() > LONGEST_REQUEST {
            return Err(RequestError::NotALink);
        }
        let url = Url::parse(link.trim()).map_err(|_| RequestError::NotALink)?;
        if !matches!(url.scheme(), "openid4vp" | "haip-vp" | "https") {
            return Err(RequestError::NotALink);
        }
        let mut parameters = Map::new();
        for (name, value) in url.query_pairs() {
            if parameters.contains_key(&*name) {
                return Err(RequestError::ParameterTwice(known(&name)));
            }
            parameters.insert(name.into_owned(), Value::String(value.into_owned()));
        }
        let mut take = |name: &str| match parameters.remove(name) {
            Some(Value::String(text)) => Some(text),
            _ => None,
        };
        let (reference, value, method) = (take("request_uri"), take("request"), take("request_uri_method"));
        let client_id = parameters.get("client_id").and_then(Value::as_str);
        let client_id = ClientId::parse(client_id.ok_or(RequestError::Parameter("client_id"))?)?;
        let source = match (reference, value, method.as_deref()) {
            (Some(address), None, method) => {
                plain_https(&address, "request_uri")?;
                let method = match method {
                    None | Some("get") => Method::Get,
                    Some("post") => Method::Post,
                    Some(_) => return Err(RequestError::Method),
                };
                Source::Reference { address, method }
            }
            (_, _, Some(_)) => return Err(RequestError::Parameter("request_uri_method")),
            (None, Some(object), None) => Source::Value(object),
            (Some(_), Some(_), None) => return Err(RequestError::Parameter("request")),
            (None, None, None) => Source::Unsigned(parameters),
        };
        Ok(Self { client_id, source })
    }

    /// Who claims to ask. The request object must say the same.
    pub const fn client_id(&self) -> &ClientId {
        &self.client_id
    }

    /// Where the request is.
    pub const fn source(&self) -> &Source {
        &self.source
    }
}

/// Names for an error: what a stranger wrote does not go into it.
fn known(name: &str) -> &'static str {
    let names = ["client_id", "request_uri", "request_uri_method", "request", "nonce", "dcql_query"];
    names.into_iter().find(|known| *known == name).unwrap_or("of another name")
}

/// An https address of a host, without user name and fragment.
pub(super) fn plain_https(address: &str, name: &'static str) -> Result<Url, RequestError> {
    let plain = |url: &Url| {
        url.scheme() == "https"
            && url.has_host()
            && url.username().is_empty()
            && url.password().is_none()
            && url.fragment().is_none()
    };
    let url = Url::parse(address).ok().filter(|url| address.len() <= LONGEST_ADDRESS && plain(url));
    url.ok_or(RequestError::Address(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    const CLIENT: &str = "client_id=x509_san_dns%3Aclient.example.org";

    fn refused(link: &str) -> RequestError {
        RequestLink::parse(link).unwrap_err()
    }

    #[test]
    fn reads_a_reference_under_each_scheme() {
        for scheme in ["openid4vp://", "haip-vp://", "openid4vp://authorize", "https://wallet.example.org/vp"]
        {
            let link =
                format!("{scheme}?{CLIENT}&request_uri=https%3A%2F%2Fclient.example.org%2Fr%2F7&new=1");
            let link = RequestLink::parse(&link).unwrap();
            assert_eq!(link.client_id().as_str(), "x509_san_dns:client.example.org");
            let address = "https://client.example.org/r/7".to_owned();
            assert_eq!(link.source(), &Source::Reference { address, method: Method::Get });
        }
    }

    #[test]
    fn the_method_is_get_or_post_and_nothing_else() {
        let with = |rest: &str| {
            RequestLink::parse(&format!("openid4vp://?{CLIENT}&request_uri=https://a.example.org/{rest}"))
        };
        let method = |rest| match with(rest).unwrap().source {
            Source::Reference { method, .. } => method,
            other => panic!("{other:?}"),
        };
        assert_eq!(method("&request_uri_method=get"), Method::Get);
        assert_eq!(method("&request_uri_method=post"), Method::Post);
        for wrong in ["POST", "Post", "put", ""] {
            assert_eq!(with(&format!("&request_uri_method={wrong}")), Err(RequestError::Method), "{wrong}");
        }
    }

    #[test]
    fn reads_a_signed_request_and_bare_parameters_in_the_link() {
        let link = RequestLink::parse(&format!("openid4vp://?{CLIENT}&request=a.b.c")).unwrap();
        assert_eq!(link.source(), &Source::Value("a.b.c".to_owned()));
        let link = RequestLink::parse(&format!("openid4vp://?{CLIENT}&nonce=n%2B1")).unwrap();
        let Source::Unsigned(parameters) = link.source() else { panic!("{link:?}") };
        assert_eq!(parameters["nonce"], "n+1");
    }

    #[test]
    fn refuses_other_schemes_and_what_is_no_link() {
        for link in ["http://a.example.org/?", "javascript:alert(1)", "", "client_id=x", "openid4vci://?"] {
            assert_eq!(refused(&format!("{link}{CLIENT}&request=a.b.c")), RequestError::NotALink, "{link}");
        }
        assert_eq!(refused(&"x".repeat(LONGEST_REQUEST + 1)), RequestError::NotALink);
    }

    #[test]
    fn refuses_a_parameter_that_stands_twice() {
        let link = format!("openid4vp://?{CLIENT}&request=a.b.c&client_id=x509_san_dns%3Aother.example.org");
        assert_eq!(refused(&link), RequestError::ParameterTwice("client_id"));
    }

    #[test]
    fn refuses_a_request_from_two_sources_or_a_method_without_address() {
        let link = format!("openid4vp://?{CLIENT}&request=a.b.c&request_uri=https://a.example.org/");
        assert_eq!(refused(&link), RequestError::Parameter("request"));
        let link = format!("openid4vp://?{CLIENT}&request=a.b.c&request_uri_method=post");
        assert_eq!(refused(&link), RequestError::Parameter("request_uri_method"));
    }

    #[test]
    fn refuses_a_link_without_client() {
        assert_eq!(refused("openid4vp://?request=a.b.c"), RequestError::Parameter("client_id"));
    }

    #[test]
    fn refuses_addresses_that_are_not_plain_https() {
        let addresses = [
            "http://a.example.org/",
            "https://me@a.example.org/",
            "https://a.example.org/%23x#x",
            "a.example.org",
        ];
        for address in addresses {
            let address: String = url::form_urlencoded::byte_serialize(address.as_bytes()).collect();
            let link = format!("openid4vp://?{CLIENT}&request_uri={address}");
            assert_eq!(refused(&link), RequestError::Address("request_uri"), "{address}");
        }
    }
}
