use serde_json::{Value, json};
use trust::time::Timestamp;

use super::lines::{FIELDS, Field, Separator, USUAL, UnknownField, fields, text};
use super::row4750::{Row, Visit, row};
use super::*;

fn person() -> Value {
    json!({
        "name": "Nguyễn Thị Mẫu", "date_of_birth": "1999-01-02", "sex": "F", "personal_number": "000199012345",
        "insurance": {"number": "DN4000000000001", "valid_from": "2024-01-01", "valid_to": "2029-12-31",
                      "facility": "01C54", "benefit_level": 4, "five_years_from": "2028-03-01"},
    })
}

fn answer(verdict: &str, claims: &Value) -> Answer {
    serde_json::from_value(json!({
        "verdict": verdict, "reasons": [], "format": "sen-frame", "holder_bound": true, "issued_by": "Test issuer",
        "presented_at": "2025-06-01T00:00:00Z", "age_seconds": 4, "claims": claims,
        "status": {"result": "valid", "as_of": "2025-06-01T00:00:00Z", "age_seconds": 4},
        "trust_as_of": "2025-06-01T00:00:00Z", "freshness": "one_way", "window_seconds": 120, "replay": "first_seen",
        "face": "compare_with_card", "authentication_level": null, "presented_by": "holder",
        "entitlement": "not_looked_up",
    }))
    .unwrap()
}

fn with(pointer: &str, value: Value) -> Value {
    let mut person = person();
    *person.pointer_mut(pointer).unwrap() = value;
    person
}

/// 2025-06-01T20:15:30Z, which is the second of June in Vietnam.
const AT: Timestamp = Timestamp::from_unix(1_748_808_930);

fn checked_in(claims: &Value, facility: Option<&str>) -> Row {
    row(&answer("accepted", claims), &Visit { facility, arrived: AT }).unwrap()
}

fn cell<'a>(row: &'a Row, name: &str) -> &'a str {
    &row.fields.iter().find(|cell| cell.name == name).unwrap().value
}

#[test]
fn lines_are_typed_in_the_order_asked_for() {
    let answer = answer("accepted", &person());
    assert_eq!(
        text(&answer, &USUAL, Separator::Newline).unwrap(),
        "Nguyễn Thị Mẫu\n02/01/1999\nNữ\n000199012345\nDN4000000000001\n01C54\n01/01/2024\n31/12/2029"
    );
    let asked = fields("benefit_level, object_group,sex_code,birth_year,five_years_from").unwrap();
    assert_eq!(text(&answer, &asked, Separator::Tab).unwrap(), "4\tDN\t2\t1999\t01/03/2028");
    let all: Vec<Field> = FIELDS.map(|(_, field)| field).into();
    assert_eq!(text(&answer, &all, Separator::Newline).unwrap().lines().count(), FIELDS.len());
}

#[test]
fn a_missing_value_keeps_the_place_of_the_next() {
    let answer = answer("accepted", &with("/insurance", Value::Null));
    let asked = fields("insurance_number,object_group,valid_to,name").unwrap();
    assert_eq!(text(&answer, &asked, Separator::Tab).unwrap(), "\t\t\tNguyễn Thị Mẫu");
}

#[test]
fn a_value_cannot_move_the_cursor() {
    let answer = answer("accepted", &with("/name", json!("Nguyễn\tThị\r\nMẫu\u{1b}")));
    assert_eq!(text(&answer, &[Field::Name], Separator::Newline).unwrap(), "Nguyễn Thị Mẫu");
}

#[test]
fn an_unknown_field_is_named_by_its_place() {
    assert_eq!(fields("name,age"), Err(UnknownField(2)));
    assert_eq!(fields(""), Err(UnknownField(1)));
    assert_eq!((Separator::named("tab"), Separator::named("space")), (Some(Separator::Tab), None));
}

#[test]
fn a_birth_year_alone_and_an_unreadable_date_stay_what_they_are() {
    let year = answer("accepted", &with("/date_of_birth", json!("1999")));
    let asked = fields("date_of_birth,birth_year").unwrap();
    assert_eq!(text(&year, &asked, Separator::Tab).unwrap(), "1999\t1999");
    assert_eq!(cell(&checked_in(&with("/date_of_birth", json!("1999")), None), "NGAY_SINH"), "199900000000");
    let odd = answer("accepted", &with("/insurance/valid_to", json!("soon")));
    assert_eq!(text(&odd, &[Field::ValidTo], Separator::Tab).unwrap(), "soon");
    assert_eq!(cell(&checked_in(&with("/insurance/valid_to", json!("soon")), None), "GT_THE_DEN"), "");
}

#[test]
fn nothing_is_handed_on_of_a_refused_code() {
    for answer in [answer("refused", &person()), answer("accepted", &Value::Null)] {
        assert!(text(&answer, &USUAL, Separator::Tab).is_err());
        assert!(row(&answer, &Visit { facility: None, arrived: AT }).is_err());
        assert!(fhir::bundle(&answer, "check", AT).is_err());
    }
}

#[test]
fn the_row_has_the_26_fields_of_the_decision() {
    let row = checked_in(&person(), Some("01C54"));
    assert!(row.fields.iter().map(|cell| cell.position).eq(1..=26));
    let values: Vec<_> = row
        .fields
        .iter()
        .filter(|cell| !cell.value.is_empty())
        .map(|cell| (cell.position, cell.name, cell.value.as_str()))
        .collect();
    assert_eq!(
        values,
        [
            (2, "STT", "1"),
            (4, "HO_TEN", "Nguyễn Thị Mẫu"),
            (5, "SO_CCCD", "000199012345"),
            (6, "NGAY_SINH", "199901020000"),
            (7, "GIOI_TINH", "2"),
            (8, "MA_THE_BHYT", "DN4000000000001"),
            (9, "MA_DKBD", "01C54"),
            (10, "GT_THE_TU", "20240101"),
            (11, "GT_THE_DEN", "20291231"),
            (12, "MA_DOITUONG_KCB", "1.1"),
            (13, "NGAY_VAO", "202506020315"),
            (18, "MA_CSKCB", "01C54"),
        ]
    );
    assert_eq!(row.missing, ["MA_LK", "MA_BN", "MA_LOAI_KCB", "NGAY_YL"]);
}

#[test]
fn the_row_says_what_the_hospital_software_must_add() {
    let elsewhere = checked_in(&person(), Some("79002"));
    assert_eq!(cell(&elsewhere, "MA_DOITUONG_KCB"), "");
    assert!(elsewhere.missing.contains(&"MA_DOITUONG_KCB"));
    let undated = checked_in(&with("/insurance/valid_to", Value::Null), None);
    assert!(undated.missing.contains(&"GT_THE_DEN") && undated.missing.contains(&"MA_CSKCB"));
    let uninsured = checked_in(&with("/insurance", Value::Null), None);
    assert!(!uninsured.missing.contains(&"MA_THE_BHYT"));
}

#[test]
fn quotes_and_commas_of_a_name_are_quoted_in_csv() {
    let row = checked_in(&with("/name", json!("Mẫu, \"An\"")), Some("01C54"));
    assert!(row.csv.ends_with("\r\n") && row.csv.lines().count() == 2);
    assert!(row.csv.contains("1,,\"Mẫu, \"\"An\"\"\",000199012345,"), "{}", row.csv);
}

#[test]
fn sexes_have_the_codes_of_the_decision() {
    for (letter, code, word, gender) in [("M", "1", "Nam", "male"), ("X", "3", "Chưa xác định", "other")]
    {
        let claims = with("/sex", json!(letter));
        assert_eq!(cell(&checked_in(&claims, None), "GIOI_TINH"), code);
        assert_eq!(text(&answer("accepted", &claims), &[Field::Sex], Separator::Tab).unwrap(), word);
        let bundle = fhir::bundle(&answer("accepted", &claims), "check", AT).unwrap();
        assert_eq!(bundle["entry"][0]["resource"]["gender"], gender);
    }
}

#[test]
fn the_bundle_is_a_patient_and_a_coverage() {
    let bundle = fhir::bundle(&answer("accepted", &person()), "check", AT).unwrap();
    let patient = bundle["entry"][0]["fullUrl"].as_str().unwrap();
    assert!(patient.starts_with("urn:uuid:") && patient.len() == 45);
    assert_eq!(
        bundle,
        json!({
            "resourceType": "Bundle", "type": "collection", "timestamp": "2025-06-01T20:15:30Z",
            "entry": [
                {"fullUrl": patient, "resource": {
                    "resourceType": "Patient",
                    "identifier": [
                        {"use": "official", "system": "urn:vn:personal-number", "value": "000199012345"},
                        {"use": "official", "system": "urn:vn:health-insurance-number", "value": "DN4000000000001"}],
                    "name": [{"use": "official", "text": "Nguyễn Thị Mẫu"}],
                    "gender": "female", "birthDate": "1999-01-02",
                    "generalPractitioner": [{"type": "Organization",
                        "identifier": {"system": "urn:vn:health-facility", "value": "01C54"}}]}},
                {"fullUrl": bundle["entry"][1]["fullUrl"], "resource": {
                    "resourceType": "Coverage", "status": "active", "type": {"text": "Bảo hiểm y tế (BHYT)"},
                    "subscriberId": "DN4000000000001", "beneficiary": {"reference": patient},
                    "period": {"start": "2024-01-01", "end": "2029-12-31"},
                    "payor": [{"display": "Bảo hiểm xã hội Việt Nam"}],
                    "class": [
                        {"type": {"text": "Nhóm đối tượng"}, "value": "DN", "name": "Người lao động trong doanh nghiệp"},
                        {"type": {"text": "Mức hưởng"}, "value": "4",
                         "name": "80% chi phí; 100% tại tuyến xã hoặc khi chi phí một lần khám thấp hơn 15% mức lương cơ sở"}]}},
            ],
        })
    );
}

#[test]
fn the_bundle_of_one_check_has_the_same_names_each_time() {
    let answer = answer("accepted", &person());
    let name = |check: &str, entry: usize| {
        let bundle = fhir::bundle(&answer, check, AT).unwrap();
        bundle["entry"][entry]["fullUrl"].as_str().unwrap().to_owned()
    };
    assert_eq!(name("one", 0), name("one", 0));
    assert_ne!(name("one", 0), name("one", 1));
    assert_ne!(name("one", 0), name("two", 0));
}

#[test]
fn what_a_person_must_still_decide_is_not_official() {
    let bundle = fhir::bundle(&answer("unsure", &person()), "check", AT).unwrap();
    assert_eq!(bundle["entry"][0]["resource"]["identifier"][0]["use"], "temp");
    assert_eq!(bundle["entry"][1]["resource"]["status"], "draft");
}

#[test]
fn the_bundle_leaves_out_what_is_not_known() {
    let mut claims = with("/insurance/number", json!("ZZ9000000000001"));
    claims["insurance"]["benefit_level"] = json!(9);
    claims["insurance"]["valid_from"] = Value::Null;
    let bundle = fhir::bundle(&answer("accepted", &claims), "check", AT).unwrap();
    let coverage = &bundle["entry"][1]["resource"];
    assert_eq!(coverage["class"][0], json!({"type": {"text": "Nhóm đối tượng"}, "value": "ZZ"}));
    assert_eq!(coverage["class"][1], json!({"type": {"text": "Mức hưởng"}, "value": "9"}));
    assert_eq!(coverage["period"], json!({"end": "2029-12-31"}));
    let nobody =
        json!({"name": null, "date_of_birth": null, "sex": null, "personal_number": "", "insurance": null});
    let bundle = fhir::bundle(&answer("accepted", &nobody), "check", AT).unwrap();
    assert_eq!(bundle["entry"].as_array().unwrap().len(), 1);
    assert_eq!(bundle["entry"][0]["resource"], json!({"resourceType": "Patient"}));
}
