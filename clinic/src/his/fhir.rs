//! A FHIR R4 (4.0.1) Bundle of type `collection`: a Patient and, where there is an insurance card, a Coverage.
//!
//! | FHIR | from |
//! |---|---|
//! | `Patient.identifier` | personal number; `use` is `official` for an accepted code and `temp` while a person must decide |
//! | `Patient.name.text` | the whole name: which words are the family name is nowhere written down |
//! | `Patient.generalPractitioner` | facility of first registration |
//! | `Coverage.status` | `active` for an accepted code, else `draft`; the portal's answer is no part of it |
//! | `Coverage.class` | object group and benefit level, with their words where they are known |
//!
//! Identifier systems are URNs of the kind of the credentials' own.
use serde_json::{Map, Value, json};
use trust::time::Timestamp;
use uuid::{Builder, Uuid};

use super::{Day, NoPerson, Person, plain};
use crate::answer::{Answer, AnswerInsurance};
use crate::insurance::{BenefitLevel, CardNumber};

/// Twelve-digit personal numbers.
pub const PERSONAL_NUMBER: &str = "urn:vn:personal-number";
/// Insurance card numbers.
pub const INSURANCE_NUMBER: &str = "urn:vn:health-insurance-number";
/// Facilities of the health insurance, five characters.
pub const FACILITY: &str = "urn:vn:health-facility";
const PAYOR: &str = "Bảo hiểm xã hội Việt Nam";

/// The bundle for the check of this id; the same check gives the same bundle.
pub fn bundle(answer: &Answer, check: &str, decided_at: Timestamp) -> Result<Value, NoPerson> {
    let person = Person::of(answer)?;
    let (patient, coverage) = (urn(check, "patient"), urn(check, "coverage"));
    let mut entries = vec![json!({"fullUrl": patient, "resource": patient_of(person)})];
    if let Some(insurance) = person.insurance() {
        let resource = coverage_of(insurance, person.proven, &patient);
        entries.push(json!({"fullUrl": coverage, "resource": resource}));
    }
    Ok(json!({
        "resourceType": "Bundle",
        "type": "collection",
        "timestamp": decided_at.to_string(),
        "entry": entries,
    }))
}

/// Made of the check's id, which is random and says nothing of the person (RFC 9562, version 8).
fn urn(check: &str, resource: &str) -> String {
    let digest = ring::digest::digest(&ring::digest::SHA256, format!("{resource} {check}").as_bytes());
    let mut octets = [0; 16];
    for (octet, of_digest) in octets.iter_mut().zip(digest.as_ref()) {
        *octet = *of_digest;
    }
    let uuid: Uuid = Builder::from_custom_bytes(octets).into_uuid();
    format!("urn:uuid:{uuid}")
}

fn patient_of(person: Person<'_>) -> Value {
    let (claims, insurance) = (person.claims, person.insurance());
    let kind = if person.proven { "official" } else { "temp" };
    let identifier = |system: &str, value: Option<&str>| {
        Some(json!({"use": kind, "system": system, "value": some(value)?}))
    };
    let identifiers: Vec<Value> = [
        identifier(PERSONAL_NUMBER, claims.personal_number.as_deref()),
        identifier(INSURANCE_NUMBER, insurance.and_then(|insurance| insurance.number.as_deref())),
    ]
    .into_iter()
    .flatten()
    .collect();
    let mut patient = Resource::new("Patient");
    patient.put("identifier", (!identifiers.is_empty()).then_some(Value::Array(identifiers)));
    patient.put("name", some(claims.name.as_deref()).map(|name| json!([{"use": "official", "text": name}])));
    let gender = claims.sex.as_deref().map(|sex| match sex {
        "M" => "male",
        "F" => "female",
        _ => "other",
    });
    patient.put("gender", gender.map(Value::from));
    patient.put("birthDate", claims.date_of_birth.as_deref().and_then(date));
    let facility = some(insurance.and_then(|insurance| insurance.facility.as_deref()));
    patient.put(
        "generalPractitioner",
        facility
            .map(|code| json!([{"type": "Organization", "identifier": {"system": FACILITY, "value": code}}])),
    );
    Value::Object(patient.0)
}

fn coverage_of(insurance: &AnswerInsurance, proven: bool, patient: &str) -> Value {
    let number = some(insurance.number.as_deref());
    let card = number.as_deref().map(CardNumber::parse);
    let mut classes = Vec::new();
    if let Some(CardNumber::Card { group, .. }) = card {
        let known = card.and_then(CardNumber::object_group);
        classes.push(class("Nhóm đối tượng", group, known.map(|group| group.words.vi)));
    }
    if let Some(level) = insurance.benefit_level {
        let known = BenefitLevel::of(level);
        classes.push(class("Mức hưởng", &level.to_string(), known.map(|level| level.words.vi)));
    }
    let mut period = Map::new();
    for (name, day) in [("start", &insurance.valid_from), ("end", &insurance.valid_to)] {
        if let Some(day) = day.as_deref().and_then(date) {
            period.insert(name.to_owned(), day);
        }
    }
    let mut coverage = Resource::new("Coverage");
    coverage.put("status", Some(Value::from(if proven { "active" } else { "draft" })));
    coverage.put("type", Some(json!({"text": "Bảo hiểm y tế (BHYT)"})));
    coverage.put("subscriberId", number.map(Value::from));
    coverage.put("beneficiary", Some(json!({"reference": patient})));
    coverage.put("period", (!period.is_empty()).then_some(Value::Object(period)));
    coverage.put("payor", Some(json!([{"display": PAYOR}])));
    coverage.put("class", (!classes.is_empty()).then_some(Value::Array(classes)));
    Value::Object(coverage.0)
}

fn class(kind: &str, value: &str, name: Option<&str>) -> Value {
    match name {
        Some(name) => json!({"type": {"text": kind}, "value": value, "name": name}),
        None => json!({"type": {"text": kind}, "value": value}),
    }
}

/// A member without a value is left out: FHIR has no null and no empty text.
struct Resource(Map<String, Value>);

impl Resource {
    fn new(kind: &str) -> Self {
        Self(Map::from_iter([("resourceType".to_owned(), Value::from(kind))]))
    }

    fn put(&mut self, name: &str, value: Option<Value>) {
        if let Some(value) = value {
            self.0.insert(name.to_owned(), value);
        }
    }
}

fn some(text: Option<&str>) -> Option<String> {
    text.map(plain).map(|text| text.trim().to_owned()).filter(|text| !text.is_empty())
}

fn date(text: &str) -> Option<Value> {
    Day::parse(text).map(|day| match day {
        Day::Date(date) => Value::from(date.to_string()),
        Day::Year(year) => Value::from(format!("{year:04}")),
    })
}
