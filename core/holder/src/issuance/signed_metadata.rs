//! Issuer metadata as a signed document (OpenID4VCI 1.0 section 12.2.3): believed under the same roots as the documents, and
//! refused where those do not vouch for it, never taken as if it were unsigned.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use credential::jose::{Jws, VerifiedJws};
use serde::Deserialize;
use serde_json::Value;
use trust::certificates::{CertificateAnchors, Purpose};
use trust::time::Timestamp;

use super::IssuanceError;
use super::metadata::IssuerMetadata;
use super::received::SKEW;

const TYP: &str = "openidvci-issuer-metadata+jwt";
/// As many bytes as other answers may have.
const LONGEST: usize = 1 << 20;

#[derive(Deserialize)]
struct About {
    sub: String,
    iat: i64,
    exp: Option<i64>,
}

/// Verifies metadata of this issuer.
pub(super) fn verify(
    text: &str,
    issuer: &str,
    anchors: &CertificateAnchors,
    now: Timestamp,
) -> Result<IssuerMetadata, IssuanceError> {
    let verified = verify_signature(text, anchors, now)?;
    let about: About = verified.claims_as().map_err(|_| IssuanceError::BadMetadata)?;
    if about.sub != issuer {
        return Err(IssuanceError::IssuerMixUp);
    }
    let ended = about.exp.is_some_and(|end| end <= now.as_unix());
    if ended || about.iat > now.plus_seconds(SKEW).as_unix() {
        return Err(IssuanceError::MetadataNotValidNow);
    }
    verified.claims_as().map_err(|_| IssuanceError::BadMetadata)
}

fn verify_signature(
    text: &str,
    anchors: &CertificateAnchors,
    now: Timestamp,
) -> Result<VerifiedJws, IssuanceError> {
    let jws = Jws::parse(text, LONGEST).and_then(|jws| jws.of_type(TYP));
    let jws = jws.map_err(|_| IssuanceError::BadMetadata)?;
    let certificates = jws.header().members().get("x5c").and_then(Value::as_array);
    let certificates = certificates.ok_or(IssuanceError::MetadataSigner)?.iter();
    let certificates = certificates.map(|text| STANDARD.decode(text.as_str()?).ok());
    let certificates = certificates.collect::<Option<Vec<_>>>().ok_or(IssuanceError::MetadataSigner)?;
    let chain = anchors.verify(&certificates, Purpose::Anything, now);
    let chain = chain.map_err(|_| IssuanceError::MetadataSigner)?;
    jws.verify(chain.key()).map_err(|_| IssuanceError::MetadataSigner)
}

#[cfg(test)]
mod tests {
    use credential::jose::{compact, signing_input};
    use serde_json::json;
    use test_key::{Authority, TestKey};

    use super::*;

    const ISSUER: &str = "https://issuer.vn/tenant";

    fn now() -> Timestamp {
        Timestamp::from_unix(1_780_000_000)
    }

    fn claims() -> Value {
        json!({"sub": ISSUER, "iat": now().as_unix(), "credential_issuer": ISSUER,
               "credential_endpoint": "https://issuer.vn/credential", "credential_configurations_supported": {}})
    }

    /// What comes of metadata with these claims and this type, under a root that is believed or not.
    fn verified(claims: &Value, typ: &str, believed: bool) -> Result<String, IssuanceError> {
        let (root, key) = (Authority::root("root"), TestKey::new());
        let anchor = if believed { root.pem() } else { Authority::root("root").pem() };
        let chain = [STANDARD.encode(root.issue("signer", &key))];
        let input = signing_input(&json!({"alg": "ES256", "typ": typ, "x5c": chain}), claims);
        let text = compact(&input, &key.sign(input.as_bytes()));
        let anchors = CertificateAnchors::from_pem(&anchor).unwrap();
        verify(&text, ISSUER, &anchors, now()).map(|metadata| metadata.credential_issuer)
    }

    #[test]
    fn believes_metadata_whose_signer_the_roots_vouch_for() {
        assert_eq!(verified(&claims(), TYP, true).as_deref(), Ok(ISSUER));
        assert_eq!(verified(&claims(), TYP, false), Err(IssuanceError::MetadataSigner));
    }

    #[test]
    fn refuses_metadata_of_another_type_issuer_or_time() {
        assert_eq!(verified(&claims(), "JWT", true), Err(IssuanceError::BadMetadata));
        let change = |name: &str, value: Value| {
            let mut changed = claims();
            changed[name] = value;
            verified(&changed, TYP, true)
        };
        assert_eq!(change("sub", json!("https://other.vn")), Err(IssuanceError::IssuerMixUp));
        assert_eq!(change("sub", Value::Null), Err(IssuanceError::BadMetadata));
        assert_eq!(change("exp", json!(now().as_unix())), Err(IssuanceError::MetadataNotValidNow));
        assert_eq!(change("exp", json!(now().as_unix() + 1)).as_deref(), Ok(ISSUER));
        let late = now().as_unix() + SKEW + 1;
        assert_eq!(change("iat", json!(late)), Err(IssuanceError::MetadataNotValidNow));
    }

    #[test]
    fn refuses_a_signature_of_a_key_that_the_certificate_is_not_for() {
        let (root, key) = (Authority::root("root"), TestKey::new());
        let chain = [STANDARD.encode(root.issue("signer", &key))];
        let input = signing_input(&json!({"alg": "ES256", "typ": TYP, "x5c": chain}), &claims());
        let text = compact(&input, &TestKey::new().sign(input.as_bytes()));
        let anchors = CertificateAnchors::from_pem(&root.pem()).unwrap();
        assert_eq!(verify(&text, ISSUER, &anchors, now()).unwrap_err(), IssuanceError::MetadataSigner);
    }
}
