//! The JWT form of a status list (section 5.1 of the draft): a compact JWS (RFC 7515) with ES256.
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde::Deserialize;
use serde::de::{DeserializeOwned, IgnoredAny};

use super::{LARGEST_TOKEN, StatusError, StatusList, unpack};
use crate::anchors::StatusSigner;
use crate::cbor;
use crate::certificates::{CertificateAnchors, Purpose};
use crate::p256::PublicKey;
use crate::time::Timestamp;

/// The `typ` of a status list JWT.
pub const JWT_TYP: &str = "statuslist+jwt";

#[derive(Deserialize)]
struct Header {
    alg: String,
    typ: String,
    kid: Option<String>,
    #[serde(default)]
    x5c: Vec<String>,
    crit: Option<IgnoredAny>,
}

#[derive(Deserialize)]
struct Claims {
    sub: String,
    iat: i64,
    exp: Option<i64>,
    ttl: Option<u64>,
    status_list: List,
}

#[derive(Deserialize)]
struct List {
    bits: u64,
    lst: String,
}

impl StatusList {
    /// As [`StatusList::verify`], for the JWT form.
    pub fn verify_jwt(token: &str, signers: &[StatusSigner]) -> Result<Self, StatusError> {
        Self::read_jwt(token, |header, good| {
            let named =
                |signer: &&StatusSigner| header.kid.as_ref().is_none_or(|kid| kid.as_bytes() == signer.kid);
            signers.iter().filter(named).any(|signer| good(&signer.key))
        })
    }

    /// The same, signed by whom its certificates name (`x5c`; HAIP 1.0, section 6.1): they must end in one of the anchors and be
    /// good at this time for signing status lists.
    pub fn verify_jwt_under(
        token: &str,
        anchors: &CertificateAnchors,
        now: Timestamp,
    ) -> Result<Self, StatusError> {
        Self::read_jwt(token, |header, good| {
            let chain = header.x5c.iter().map(|text| STANDARD.decode(text));
            let Ok(chain) = chain.collect::<Result<Vec<_>, _>>() else { return false };
            anchors.verify(&chain, Purpose::StatusLists, now).is_ok_and(|chain| good(chain.key()))
        })
    }

    fn read_jwt(
        token: &str,
        is_believed: impl FnOnce(&Header, &dyn Fn(&PublicKey) -> bool) -> bool,
    ) -> Result<Self, StatusError> {
        if token.len() > LARGEST_TOKEN {
            return Err(StatusError::TooLarge);
        }
        let malformed = StatusError::Malformed(cbor::Error::Record);
        let (signed, signature) = token.rsplit_once('.').ok_or(malformed)?;
        let (header, payload) = signed.split_once('.').ok_or(malformed)?;
        let header: Header = part(header)?;
        if header.typ != JWT_TYP {
            return Err(StatusError::WrongType);
        }
        let signature = decode(signature)?.try_into().map_err(|_| StatusError::SignatureInvalid)?;
        let good = |key: &PublicKey| key.verify(signed.as_bytes(), &signature).is_ok();
        if header.alg != "ES256" || header.crit.is_some() || !is_believed(&header, &good) {
            return Err(StatusError::SignatureInvalid);
        }
        let claims: Claims = part(payload)?;
        let (bits, bytes) = unpack(claims.status_list.bits, &decode(&claims.status_list.lst)?)?;
        Ok(Self {
            subject: claims.sub,
            issued: Timestamp::from_unix(claims.iat),
            expires: claims.exp.map(Timestamp::from_unix),
            ttl_seconds: claims.ttl,
            bits,
            bytes,
        })
    }
}

fn decode(text: &str) -> Result<Vec<u8>, StatusError> {
    URL_SAFE_NO_PAD.decode(text).map_err(|_| StatusError::Malformed(cbor::Error::Record))
}

/// A part of the token. A member that stands twice is refused.
fn part<T: DeserializeOwned>(text: &str) -> Result<T, StatusError> {
    serde_json::from_slice(&decode(text)?).map_err(|_| StatusError::Malformed(cbor::Error::Record))
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;
    use crate::status::Status;
    use crate::testkey::TestKey;

    const HEADER: &str = r#"{"alg":"ES256","kid":"s1","typ":"statuslist+jwt"}"#;

    fn claims() -> String {
        let mut zlib = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
        zlib.write_all(&[0b0000_0110, 0]).unwrap();
        let list = URL_SAFE_NO_PAD.encode(zlib.finish().unwrap());
        format!(
            r#"{{"sub":"s:7","iat":1800000000,"exp":1800000100,"status_list":{{"bits":1,"lst":"{list}"}}}}"#
        )
    }

    fn token(key: &TestKey, header: &str, claims: &str) -> String {
        let signed = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims));
        let signature = URL_SAFE_NO_PAD.encode(key.sign(signed.as_bytes()));
        format!("{signed}.{signature}")
    }

    fn signers(key: &TestKey) -> [StatusSigner; 1] {
        [StatusSigner { kid: b"s1".to_vec(), key: key.public() }]
    }

    #[test]
    fn gives_back_each_state() {
        let key = TestKey::new();
        let list = StatusList::verify_jwt(&token(&key, HEADER, &claims()), &signers(&key)).unwrap();
        let found: Vec<_> = [0, 1, 2, 3, 16].map(|index| list.get(index)).to_vec();
        let (valid, revoked) = (Some(Status::Valid), Some(Status::Revoked));
        assert_eq!(found, [valid, revoked, revoked, valid, None]);
        assert_eq!((list.subject(), list.issued().as_unix()), ("s:7", 1_800_000_000));
    }

    #[test]
    fn reads_what_an_issuer_writes_and_the_header_names_its_certificate() {
        let (key, times) = (TestKey::new(), [1_800_000_000, 1_800_000_100].map(Timestamp::from_unix));
        let mut draft = crate::status::StatusListDraft::new("s:7", 2, 64, times[0], times[1]).unwrap();
        assert!(draft.set(5, 2));
        let stored = |bytes: &[u8]| {
            let mut zlib = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::none());
            zlib.write_all(bytes).and_then(|()| zlib.finish()).ok()
        };
        let name = "https://status.vn/7";
        let input = draft.jwt_signing_input(name, &[b"leaf"], stored).unwrap();
        let header = decode(input.split('.').next().unwrap()).unwrap();
        let header: serde_json::Value = serde_json::from_slice(&header).unwrap();
        assert_eq!(header["x5c"], serde_json::json!(["bGVhZg=="]));
        let token = format!("{input}.{}", URL_SAFE_NO_PAD.encode(key.sign(input.as_bytes())));
        let list = StatusList::verify_jwt(&token, &signers(&key)).unwrap();
        assert_eq!((list.subject(), list.issued(), list.expires), (name, times[0], Some(times[1])));
        assert_eq!((list.get(5), list.get(4)), (Some(Status::Suspended), Some(Status::Valid)));
        assert_eq!(draft.jwt_signing_input(name, &[], |_| None), Err(StatusError::Inflate));
    }

    #[test]
    fn refuses_each_defect_under_its_name() {
        let key = TestKey::new();
        let error = |header: &str, claims: &str| {
            StatusList::verify_jwt(&token(&key, header, claims), &signers(&key)).unwrap_err()
        };
        let other_type = r#"{"alg":"ES256","typ":"JWT"}"#;
        assert_eq!(error(other_type, &claims()), StatusError::WrongType);
        let malformed = StatusError::Malformed(cbor::Error::Record);
        for (header, reason) in [
            (r#"{"alg":"none","typ":"statuslist+jwt"}"#, StatusError::SignatureInvalid),
            (r#"{"alg":"ES256","typ":"statuslist+jwt","kid":"s2"}"#, StatusError::SignatureInvalid),
            (r#"{"alg":"ES256","typ":"statuslist+jwt","crit":["b64"]}"#, StatusError::SignatureInvalid),
            (r#"{"alg":"ES256","alg":"ES256","typ":"statuslist+jwt"}"#, malformed),
        ] {
            assert_eq!(error(header, &claims()), reason, "{header}");
        }
        let twice = claims().replacen("{\"sub\"", "{\"sub\":\"s:8\",\"sub\"", 1);
        assert_eq!(error(HEADER, &twice), malformed);
        assert_eq!(error(HEADER, &claims().replace("\"bits\":1", "\"bits\":3")), StatusError::WrongWidth);
        let good = token(&key, HEADER, &claims());
        let other = StatusList::verify_jwt(&good, &signers(&TestKey::new()));
        assert_eq!(other.unwrap_err(), StatusError::SignatureInvalid);
        assert!(StatusList::verify_jwt(&good[..good.len() - 1], &signers(&key)).is_err());
        assert_eq!(StatusList::verify_jwt("a.b", &signers(&key)).unwrap_err(), malformed);
    }

    #[test]
    fn believes_the_certificates_of_the_header_for_status_lists_alone() {
        use test_key::{Authority, rcgen};

        let (root, key, now) =
            (Authority::root("root"), test_key::TestKey::new(), Timestamp::from_unix(1_800_000_010));
        let anchors = |root: &Authority| CertificateAnchors::from_pem(&root.pem()).unwrap();
        let token = |leaf: &[u8], key: &test_key::TestKey| {
            let header =
                format!(r#"{{"alg":"ES256","typ":"statuslist+jwt","x5c":["{}"]}}"#, STANDARD.encode(leaf));
            let signed = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims()));
            let signature = URL_SAFE_NO_PAD.encode(key.sign(signed.as_bytes()));
            format!("{signed}.{signature}")
        };
        let read = |token: &str, root| StatusList::verify_jwt_under(token, &anchors(root), now);
        let leaf = root.issue("signer", &key);
        assert_eq!(read(&token(&leaf, &key), &root).unwrap().get(1), Some(Status::Revoked));
        let asker = root.issue_with("asker", &key, |leaf| {
            leaf.extended_key_usages = vec![rcgen::ExtendedKeyUsagePurpose::ServerAuth];
        });
        let (refused, other) = (StatusError::SignatureInvalid, Authority::root("root"));
        assert_eq!(read(&token(&leaf, &key), &other).unwrap_err(), refused);
        assert_eq!(read(&token(&leaf, &test_key::TestKey::new()), &root).unwrap_err(), refused);
        assert_eq!(read(&token(&asker, &key), &root).unwrap_err(), refused);
        assert_eq!(read(&token(b"leaf", &key), &root).unwrap_err(), refused);
        let good = key_token();
        assert_eq!(StatusList::verify_jwt_under(&good, &anchors(&root), now).unwrap_err(), refused);
    }

    /// A token that names its signer by `kid`, not by certificates.
    fn key_token() -> String {
        token(&TestKey::new(), HEADER, &claims())
    }
}
