//! The documents that are issued, the issuer's metadata, and what the register says of a person.
use axum::Json;
use axum::extract::State;
use credential::claims::{CitizenClaims, Claims, ClinicClaims, InsuranceClaims, Sex, Vct};
use rusqlite::Connection;
use serde_json::{Value, json};

use super::answer::Refusal;
use super::register::{Insurance, Person};
use super::{Shared, sha256};

const FORMAT: &str = "dc+sd-cwt";
/// COSE's number for ECDSA on P-256 with SHA-256 (RFC 9864).
const ESP256: i64 = -9;
pub(super) const GRANT: &str = "urn:ietf:params:oauth:grant-type:pre-authorized_code";

/// A document that is issued.
pub(super) struct Document {
    /// What `sen credential obtain` calls it.
    name: &'static str,
    pub(super) configuration: &'static str,
    pub(super) vct: Vct,
    display: &'static str,
}

const DOCUMENTS: [Document; 2] = [
    Document {
        name: "citizen",
        configuration: "citizen_sd_cwt",
        vct: Vct::Citizen,
        display: "Căn cước điện tử",
    },
    Document {
        name: "health-insurance",
        configuration: "health_insurance_sd_cwt",
        vct: Vct::HealthInsurance,
        display: "Thẻ bảo hiểm y tế",
    },
];

impl Document {
    pub(super) fn named(name: &str) -> Option<&'static Self> {
        DOCUMENTS.iter().find(|document| document.name == name)
    }

    pub(super) fn configured(configuration: &str) -> Option<&'static Self> {
        DOCUMENTS.iter().find(|document| document.configuration == configuration)
    }

    /// What the register says of a person, for this document, presented by a guardian or not.
    pub(super) fn claims(
        &self,
        connection: &Connection,
        number: &str,
        portrait: Option<&[u8]>,
        guardian: Option<String>,
    ) -> Result<Claims, Refusal> {
        let person = Person::find(connection, number)?.ok_or_else(Refusal::broken)?;
        let citizen = CitizenClaims {
            number: person.number,
            name: person.name,
            birth_date: person.birth,
            sex: if person.sex == "F" { Sex::Female } else { Sex::Male },
            // Software keys attest nothing.
            level_policy: None,
            portrait_hash: portrait.and_then(|portrait| sha256(portrait).first_chunk().copied()),
            guardian,
        };
        if self.vct == Vct::Citizen {
            return Ok(citizen.into());
        }
        let insurance = Insurance::find(connection, number)?;
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

pub(super) async fn issuer_metadata(State(nation): State<Shared>) -> Json<Value> {
    let configurations = DOCUMENTS.iter().map(|document| {
        let configuration = json!({
            "format": FORMAT,
            "vct": document.vct.urn(),
            "scope": document.name,
            "cryptographic_binding_methods_supported": ["jwk"],
            "credential_signing_alg_values_supported": [ESP256],
            "proof_types_supported": {"jwt": {"proof_signing_alg_values_supported": ["ES256"]}},
            "credential_metadata": {"display": [{"name": document.display, "locale": "vi-VN"}]},
        });
        (document.configuration.to_owned(), configuration)
    });
    Json(json!({
        "credential_issuer": nation.url,
        "credential_endpoint": format!("{}/credential", nation.url),
        "nonce_endpoint": format!("{}/nonce", nation.url),
        "display": [{"name": "Sen sandbox, TEST ONLY", "locale": "en"}],
        "credential_configurations_supported": configurations.collect::<serde_json::Map<_, _>>(),
    }))
}

pub(super) async fn server_metadata(State(nation): State<Shared>) -> Json<Value> {
    Json(json!({
        "issuer": nation.url,
        "token_endpoint": format!("{}/token", nation.url),
        "response_types_supported": [],
        "grant_types_supported": [GRANT],
        "pre-authorized_grant_anonymous_access_supported": true,
    }))
}
