//! The documents that are issued, the issuer's metadata, and what the register says of a person.
use axum::Json;
use axum::extract::State;
use credential::claims::{CitizenClaims, Claims, ClinicClaims, InsuranceClaims, Sex, Vct};
use serde_json::{Value, json};

use super::answer::Refusal;
use super::attested::Demands;
use super::database::Statements;
use super::facts::Content;
use super::register::{Insurance, Person};
use super::{Shared, authorisation, sha256};

const FORMAT: &str = "dc+sd-cwt";
/// COSE's number for ECDSA on P-256 with SHA-256 (RFC 9864).
const ESP256: i64 = -9;
/// The same for every ECDSA with SHA-256 (RFC 9053).
const ES256: i64 = -7;
/// Copies of a document that are issued at a time, each for a key of its own.
const COPIES: usize = 4;
pub(super) const GRANT: &str = "urn:ietf:params:oauth:grant-type:pre-authorized_code";

/// How a document is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// Our own, for codes on a screen.
    SdCwt(Vct),
    /// SD-JWT VC of this type.
    SdJwt(&'static str),
    /// mdoc of this document type, with one namespace.
    Mdoc(&'static str, &'static str),
}

/// A document that is issued.
pub(super) struct Document {
    /// What `sen credential obtain` calls it, where a clinic reads it.
    name: &'static str,
    pub(super) configuration: &'static str,
    pub(super) form: Form,
    pub(super) content: Content,
    /// The level that the holder's account needs.
    pub(super) level: u8,
}

const fn document(
    name: &'static str,
    configuration: &'static str,
    form: Form,
    content: Content,
    level: u8,
) -> Document {
    Document { name, configuration, form, content, level }
}

/// At level 1 an account has the identity data alone, and they say so (Decree 69/2024/ND-CP, articles 9 and 28).
const DOCUMENTS: [Document; 12] = [
    document("citizen", "citizen_sd_cwt", Form::SdCwt(Vct::Citizen), Content::Citizen, 2),
    document(
        "health-insurance",
        "health_insurance_sd_cwt",
        Form::SdCwt(Vct::HealthInsurance),
        Content::HealthInsurance,
        2,
    ),
    document("citizen_sd_jwt", "citizen_sd_jwt", Form::SdJwt(CITIZEN), Content::Citizen, 1),
    document("citizen_mdoc", "citizen_mdoc", Form::Mdoc(CITIZEN_MDOC, CITIZEN_MDOC), Content::Citizen, 1),
    document(
        "health_insurance_sd_jwt",
        "health_insurance_sd_jwt",
        Form::SdJwt("urn:vn:health-insurance:1"),
        Content::HealthInsurance,
        2,
    ),
    document(
        "health_insurance_mdoc",
        "health_insurance_mdoc",
        Form::Mdoc("vn.health-insurance.1", "vn.health-insurance.1"),
        Content::HealthInsurance,
        2,
    ),
    document(
        "driving_licence_sd_jwt",
        "driving_licence_sd_jwt",
        Form::SdJwt("urn:vn:driving-licence:1"),
        Content::DrivingLicence,
        2,
    ),
    document(
        "driving_licence_mdoc",
        "driving_licence_mdoc",
        Form::Mdoc("org.iso.18013.5.1.mDL", "org.iso.18013.5.1"),
        Content::DrivingLicence,
        2,
    ),
    document(
        "residence_sd_jwt",
        "residence_sd_jwt",
        Form::SdJwt("urn:vn:residence:1"),
        Content::Residence,
        2,
    ),
    document(
        "residence_mdoc",
        "residence_mdoc",
        Form::Mdoc("vn.residence.1", "vn.residence.1"),
        Content::Residence,
        2,
    ),
    document("adult_sd_jwt", "adult_sd_jwt", Form::SdJwt("urn:vn:adult:1"), Content::Adult, 2),
    document("adult_mdoc", "adult_mdoc", Form::Mdoc("vn.adult.1", "vn.adult.1"), Content::Adult, 2),
];

/// `vct` of the citizen identity as SD-JWT VC.
pub(super) const CITIZEN: &str = "urn:vn:citizen:1";
/// The same as mdoc: document type and namespace.
const CITIZEN_MDOC: &str = "vn.citizen.1";

impl Form {
    /// How many copies are issued at a time. Copies of what is shown with a number on it hide nothing (one key a credential for the clinic).
    pub(super) const fn most_copies(self) -> usize {
        match self {
            Self::SdCwt(_) => 1,
            Self::SdJwt(_) | Self::Mdoc(..) => COPIES,
        }
    }
}

impl Document {
    pub(super) fn named(name: &str) -> Option<&'static Self> {
        DOCUMENTS.iter().find(|document| document.name == name)
    }

    pub(super) fn configured(configuration: &str) -> Option<&'static Self> {
        DOCUMENTS.iter().find(|document| document.configuration == configuration)
    }

    /// What the register says of a person, for our own format, presented by a guardian or not.
    pub(super) fn claims(
        vct: Vct,
        statements: &dyn Statements,
        number: &str,
        portrait: Option<&[u8]>,
        guardian: Option<String>,
    ) -> Result<Claims, Refusal> {
        let person = Person::find(statements, number)?.ok_or_else(Refusal::broken)?;
        let citizen = CitizenClaims {
            number: person.number,
            name: person.name,
            birth_date: person.birth,
            sex: if person.sex == "F" { Sex::Female } else { Sex::Male },
            // Each copy says it of its own key.
            level_policy: None,
            portrait_hash: portrait.and_then(|portrait| sha256(portrait).first_chunk().copied()),
            guardian,
        };
        if vct == Vct::Citizen {
            return Ok(citizen.into());
        }
        let insurance = Insurance::find(statements, number)?;
        let insurance =
            insurance.ok_or(Refusal::new("credential_request_denied", "this person is not insured"))?;
        let insurance = InsuranceClaims {
            number: insurance.card,
            valid_from: Some(insurance.valid_from),
            valid_to: insurance.valid_to,
            facility: insurance.facility,
            benefit_level: insurance.level,
            five_years_from: Some(insurance.five_years_from),
            area: insurance.area,
            object_group: Some(insurance.object_group),
        };
        Ok(ClinicClaims { person: citizen, insurance }.into())
    }
}

impl Document {
    /// Its entry in the issuer's metadata.
    fn described(&self, demands: &Demands) -> Value {
        let (format, type_name, kind, binding, algorithm) = match self.form {
            Form::SdCwt(vct) => (FORMAT, "vct", vct.urn(), "jwk", json!(ESP256)),
            Form::SdJwt(vct) => ("dc+sd-jwt", "vct", vct, "jwk", json!("ES256")),
            Form::Mdoc(doctype, _) => ("mso_mdoc", "doctype", doctype, "cose_key", json!(ES256)),
        };
        let (vietnamese, english) = self.content.titles();
        json!({
            "format": format,
            type_name: kind,
            "scope": self.name,
            "cryptographic_binding_methods_supported": [binding],
            "credential_signing_alg_values_supported": [algorithm],
            "proof_types_supported": proof_types(demands),
            "credential_metadata": {"display": [
                {"name": vietnamese, "locale": "vi-VN"}, {"name": english, "locale": "en"},
            ]},
        })
    }
}

pub(super) async fn issuer_metadata(State(nation): State<Shared>) -> Json<Value> {
    let configurations = DOCUMENTS
        .iter()
        .map(|document| (document.configuration.to_owned(), document.described(&nation.demands)));
    Json(json!({
        "credential_issuer": nation.url,
        "credential_endpoint": format!("{}/credential", nation.url),
        "nonce_endpoint": format!("{}/nonce", nation.url),
        "batch_credential_issuance": {"batch_size": COPIES},
        "display": [{"name": "Sen sandbox, TEST ONLY", "locale": "en"}],
        "credential_configurations_supported": configurations.collect::<serde_json::Map<_, _>>(),
    }))
}

/// How keys are proven (section 12.2.4). Every level of attestation is welcome, so that none is named.
fn proof_types(demands: &Demands) -> Value {
    let mut proof = json!({"proof_signing_alg_values_supported": ["ES256"]});
    if let (true, Some(members)) = (demands.keys(), proof.as_object_mut()) {
        members.insert("key_attestations_required".to_owned(), json!({}));
    }
    if demands.attestation_alone() { json!({"attestation": proof}) } else { json!({"jwt": proof}) }
}

pub(super) async fn server_metadata(State(nation): State<Shared>) -> Json<Value> {
    let methods: &[&str] = if nation.demands.client() {
        &["attest_jwt_client_auth"]
    } else {
        &["none", "attest_jwt_client_auth"]
    };
    Json(json!({
        "issuer": nation.url,
        "token_endpoint": format!("{}/token", nation.url),
        "authorization_endpoint": format!("{}/authorize", nation.url),
        "pushed_authorization_request_endpoint": format!("{}/par", nation.url),
        "require_pushed_authorization_requests": true,
        "code_challenge_methods_supported": ["S256"],
        "authorization_response_iss_parameter_supported": true,
        "response_types_supported": ["code"],
        "grant_types_supported": [GRANT, authorisation::GRANT],
        "pre-authorized_grant_anonymous_access_supported": !nation.demands.client(),
        "token_endpoint_auth_methods_supported": methods,
        "challenge_endpoint": format!("{}/attestation-challenge", nation.url),
        "client_attestation_signing_alg_values_supported": ["ES256"],
        "client_attestation_pop_signing_alg_values_supported": ["ES256"],
    }))
}
