//! What the nation's registers say of a person, for documents in standard formats: the same names in SD-JWT VC and mdoc, those of
//! ISO/IEC 18013-5 where it has one.
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::civil::Date;
use serde_json::{Value, json};
use trust::cbor::Encoder;

use super::answer::Refusal;
use super::database::Statements;
use super::register::{Insurance, Person};
use super::sha256;

/// What a document is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Content {
    Citizen,
    HealthInsurance,
    DrivingLicence,
    Residence,
    /// That the holder is of age, and nothing that tells who it is.
    Adult,
}

/// Tag of a date (RFC 8943).
const FULL_DATE: u64 = 1004;
const ADULT: i32 = 18;
const DENIED: &str = "credential_request_denied";
/// Places of residence, invented.
const PLACES: [&str; 4] = [
    "Số 1, Đường Mẫu, Phường Thử, Thành phố Huế",
    "Số 22, Ngõ Sen, Phường Giả Định, Hà Nội",
    "Ấp Ví Dụ, Xã Minh Họa, Cần Thơ",
    "Số 7, Đường Kiểm Tra, Phường Sandbox, Đà Nẵng",
];

/// One fact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Fact {
    Text(String),
    Number(u64),
    Flag(bool),
    Day(Date),
    Picture(Vec<u8>),
    /// Codes of vehicle categories.
    Vehicles(Vec<&'static str>),
}

/// A fact and its name.
pub(super) type Named = (&'static str, Fact);

impl Fact {
    fn text(text: &str) -> Self {
        Self::Text(text.to_owned())
    }

    /// As a claim of an SD-JWT VC.
    pub(super) fn to_json(&self) -> Value {
        match self {
            Self::Text(text) => json!(text),
            Self::Number(number) => json!(number),
            Self::Flag(flag) => json!(flag),
            Self::Day(day) => json!(day.to_string()),
            Self::Picture(bytes) => json!(STANDARD.encode(bytes)),
            Self::Vehicles(codes) => {
                codes.iter().map(|code| json!({"vehicle_category_code": code})).collect()
            }
        }
    }

    /// As an element of an mdoc.
    pub(super) fn to_cbor(&self) -> Vec<u8> {
        let mut out = Encoder::new();
        match self {
            Self::Text(text) => out.text(text),
            Self::Number(number) => out.uint(*number),
            Self::Flag(flag) => out.bool(*flag),
            Self::Day(day) => out.tag(FULL_DATE).text(&day.to_string()),
            Self::Picture(bytes) => out.bytes(bytes),
            Self::Vehicles(codes) => {
                out.array(codes.len());
                for code in codes {
                    out.map(1).text("vehicle_category_code").text(code);
                }
                &mut out
            }
        };
        out.finish()
    }
}

/// Whose document it is and how it is held.
pub(super) struct Subject<'a> {
    pub(super) number: &'a str,
    pub(super) portrait: Option<&'a [u8]>,
    /// The personal number of the guardian who holds it.
    pub(super) guardian: Option<&'a str>,
    /// The level of the holder's account.
    pub(super) level: u8,
    pub(super) today: Date,
}

impl Content {
    /// What people call the document, in Vietnamese and English.
    pub(super) const fn titles(self) -> (&'static str, &'static str) {
        match self {
            Self::Citizen => ("Căn cước điện tử", "Citizen identity"),
            Self::HealthInsurance => ("Thẻ bảo hiểm y tế", "Health insurance card"),
            Self::DrivingLicence => ("Giấy phép lái xe", "Driving licence"),
            Self::Residence => ("Thông tin cư trú", "Residence"),
            Self::Adult => ("Đủ 18 tuổi", "Proof of age"),
        }
    }

    /// Whether the copies are not to be told from those of other people: no status, a short life, times that many share.
    pub(super) const fn is_unlinkable(self) -> bool {
        matches!(self, Self::Adult)
    }

    /// What the registers say.
    pub(super) fn facts(
        self,
        statements: &dyn Statements,
        subject: &Subject<'_>,
    ) -> Result<Vec<Named>, Refusal> {
        let person = Person::find(statements, subject.number)?.ok_or_else(Refusal::broken)?;
        let mut facts = match self {
            Self::Citizen => citizen(&person, subject),
            Self::HealthInsurance => insured(statements, &person)?,
            Self::DrivingLicence => licence(&person, subject)?,
            Self::Residence => residence(&person),
            Self::Adult => return adult(&person, subject),
        };
        if let Some(guardian) = subject.guardian {
            facts.push(("guardian", Fact::text(guardian)));
        }
        Ok(facts)
    }
}

/// Family name and the rest, as Vietnamese names are written.
fn names(name: &str) -> (&str, &str) {
    name.split_once(' ').unwrap_or((name, name))
}

fn sex(person: &Person) -> Fact {
    // ISO/IEC 5218.
    Fact::Number(if person.sex == "F" { 2 } else { 1 })
}

fn citizen(person: &Person, subject: &Subject<'_>) -> Vec<Named> {
    let (family, given) = names(&person.name);
    let mut facts = vec![
        ("personal_number", Fact::text(&person.number)),
        ("name", Fact::text(&person.name)),
        ("family_name", Fact::text(family)),
        ("given_name", Fact::text(given)),
        ("birth_date", Fact::Day(person.birth)),
        ("sex", sex(person)),
        ("nationality", Fact::text(&person.nationality)),
        ("account_level", Fact::Number(subject.level.into())),
    ];
    facts.extend(subject.portrait.map(|portrait| ("portrait", Fact::Picture(portrait.to_vec()))));
    facts
}

fn insured(statements: &dyn Statements, person: &Person) -> Result<Vec<Named>, Refusal> {
    let insurance = Insurance::find(statements, &person.number)?;
    let insurance = insurance.ok_or(Refusal::new(DENIED, "this person is not insured"))?;
    let mut facts = vec![
        ("insurance_number", Fact::Text(insurance.card)),
        ("name", Fact::text(&person.name)),
        ("birth_date", Fact::Day(person.birth)),
        ("valid_from", Fact::Day(insurance.valid_from)),
        ("valid_to", Fact::Day(insurance.valid_to)),
        ("facility", Fact::Text(insurance.facility)),
        ("benefit_level", Fact::Number(insurance.level.into())),
        ("five_years_from", Fact::Day(insurance.five_years_from)),
    ];
    facts.extend(insurance.area.map(|area| ("area", Fact::Text(area))));
    Ok(facts)
}

fn adult_on(person: &Person) -> Date {
    person.birth.saturating_add(jiff::Span::new().years(ADULT))
}

/// Named as in ISO/IEC 18013-5, 7.2.5. Only who is of age gets it, so that having it says no more than it does; and nobody for
/// another, since it cannot say for whom.
fn adult(person: &Person, subject: &Subject<'_>) -> Result<Vec<Named>, Refusal> {
    if subject.guardian.is_some() {
        return Err(Refusal::new(DENIED, "nobody holds another person's proof of age"));
    }
    if adult_on(person) > subject.today {
        return Err(Refusal::new(DENIED, "this person is not of age"));
    }
    Ok(vec![("age_over_18", Fact::Flag(true))])
}

/// The elements that ISO/IEC 18013-5, 7.2.1 makes mandatory. The licences are invented: every adult has one.
fn licence(person: &Person, subject: &Subject<'_>) -> Result<Vec<Named>, Refusal> {
    let adult_on = adult_on(person);
    if adult_on > subject.today {
        return Err(Refusal::new(DENIED, "this person has no driving licence"));
    }
    let portrait = subject.portrait.ok_or(Refusal::new(DENIED, "a driving licence needs a portrait"))?;
    let (family, given) = names(&person.name);
    let dice = dice(person);
    let issued = adult_on.saturating_add(jiff::Span::new().days(i64::from(dice)));
    let issued = issued.min(subject.today);
    let number: String = person.number.chars().rev().take(9).collect();
    let vehicles = if dice.is_multiple_of(3) { vec!["A", "B"] } else { vec!["A"] };
    Ok(vec![
        ("family_name", Fact::text(family)),
        ("given_name", Fact::text(given)),
        ("birth_date", Fact::Day(person.birth)),
        ("issue_date", Fact::Day(issued)),
        ("expiry_date", Fact::Day(subject.today.saturating_add(jiff::Span::new().years(10)))),
        ("issuing_country", Fact::text("VN")),
        ("issuing_authority", Fact::text("Cục Cảnh sát giao thông, TEST ONLY")),
        ("document_number", Fact::Text(format!("000{number}"))),
        ("portrait", Fact::Picture(portrait.to_vec())),
        ("driving_privileges", Fact::Vehicles(vehicles)),
        ("un_distinguishing_sign", Fact::text("VN")),
    ])
}

fn residence(person: &Person) -> Vec<Named> {
    let place = PLACES.get(usize::from(dice(person)) % PLACES.len()).copied().unwrap_or_default();
    let mut facts = vec![
        ("personal_number", Fact::text(&person.number)),
        ("name", Fact::text(&person.name)),
        ("resident_address", Fact::text(place)),
        ("resident_country", Fact::text("VN")),
    ];
    facts.extend(person.residence_until.map(|until| ("residence_until", Fact::Day(until))));
    facts
}

/// Invented, and the same each time for a person.
fn dice(person: &Person) -> u8 {
    sha256(person.number.as_bytes()).first().copied().unwrap_or_default()
}
