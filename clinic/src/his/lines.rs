//! Plain text for the cursor: hospital software whose screens are filled by keyboards and scanners.
use super::{Day, NoPerson, Person, plain};
use crate::answer::Answer;
use crate::insurance::CardNumber;

/// One value that can be typed. Without a value a field is an empty text, so that the others keep their place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    /// Full name.
    Name,
    /// Twelve digits.
    PersonalNumber,
    /// `dd/MM/yyyy`, or `yyyy` where no more is known.
    DateOfBirth,
    /// `yyyy`.
    BirthYear,
    /// `Nam` or `Nữ`, `Chưa xác định` for a third.
    Sex,
    /// 1 male, 2 female, 3 neither.
    SexCode,
    /// Insurance card number.
    InsuranceNumber,
    /// Two letters of that number.
    ObjectGroup,
    /// 1 to 5.
    BenefitLevel,
    /// Facility of first registration.
    Facility,
    /// `dd/MM/yyyy`.
    ValidFrom,
    /// `dd/MM/yyyy`.
    ValidTo,
    /// `dd/MM/yyyy`.
    FiveYearsFrom,
}

/// The fields and their names, in the order in which they are typed where none are asked for.
pub const FIELDS: [(&str, Field); 13] = [
    ("name", Field::Name),
    ("date_of_birth", Field::DateOfBirth),
    ("birth_year", Field::BirthYear),
    ("sex", Field::Sex),
    ("sex_code", Field::SexCode),
    ("personal_number", Field::PersonalNumber),
    ("insurance_number", Field::InsuranceNumber),
    ("object_group", Field::ObjectGroup),
    ("benefit_level", Field::BenefitLevel),
    ("facility", Field::Facility),
    ("valid_from", Field::ValidFrom),
    ("valid_to", Field::ValidTo),
    ("five_years_from", Field::FiveYearsFrom),
];

/// What most screens ask for.
pub const USUAL: [Field; 8] = [
    Field::Name,
    Field::DateOfBirth,
    Field::Sex,
    Field::PersonalNumber,
    Field::InsuranceNumber,
    Field::Facility,
    Field::ValidFrom,
    Field::ValidTo,
];

/// What stands between two values.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Separator {
    /// The key that goes to the next field of most forms.
    Tab,
    /// One value a line.
    #[default]
    Newline,
}

impl Separator {
    /// `tab` or `newline`.
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "tab" => Some(Self::Tab),
            "newline" => Some(Self::Newline),
            _ => None,
        }
    }
}

/// There is no field of this name; its place in the list, from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("field {0} of the list has a name that is not known")]
pub struct UnknownField(pub usize);

/// The fields of a list of names: `name,sex,insurance_number`.
pub fn fields(names: &str) -> Result<Vec<Field>, UnknownField> {
    let known = |name: &str| FIELDS.iter().find(|(known, _)| *known == name).map(|(_, field)| *field);
    (1..).zip(names.split(',')).map(|(place, name)| known(name.trim()).ok_or(UnknownField(place))).collect()
}

/// The values, with a separator after each but the last.
pub fn text(answer: &Answer, fields: &[Field], separator: Separator) -> Result<String, NoPerson> {
    let person = Person::of(answer)?;
    let values: Vec<_> =
        fields.iter().map(|field| plain(&value(person, *field).unwrap_or_default())).collect();
    Ok(values.join(match separator {
        Separator::Tab => "\t",
        Separator::Newline => "\n",
    }))
}

fn value(person: Person<'_>, field: Field) -> Option<String> {
    let (claims, insurance) = (person.claims, person.insurance());
    let number = insurance.and_then(|insurance| insurance.number.as_deref());
    let date_of_birth = claims.date_of_birth.as_deref();
    let sex = claims.sex.as_deref();
    match field {
        Field::Name => claims.name.clone(),
        Field::PersonalNumber => claims.personal_number.clone(),
        Field::DateOfBirth => date_of_birth.map(written),
        Field::BirthYear => match Day::parse(date_of_birth?)? {
            Day::Date(date) => Some(date.strftime("%Y").to_string()),
            Day::Year(year) => Some(format!("{year:04}")),
        },
        Field::Sex => sex.map(|sex| match sex {
            "M" => "Nam".to_owned(),
            "F" => "Nữ".to_owned(),
            _ => "Chưa xác định".to_owned(),
        }),
        Field::SexCode => sex.map(|sex| sex_code(sex).to_owned()),
        Field::InsuranceNumber => number.map(str::to_owned),
        Field::ObjectGroup => match CardNumber::parse(number?) {
            CardNumber::Card { group, .. } => Some(group.to_owned()),
            _ => None,
        },
        Field::BenefitLevel => insurance?.benefit_level.map(|level| level.to_string()),
        Field::Facility => insurance?.facility.clone(),
        Field::ValidFrom => insurance?.valid_from.as_deref().map(written),
        Field::ValidTo => insurance?.valid_to.as_deref().map(written),
        Field::FiveYearsFrom => insurance?.five_years_from.as_deref().map(written),
    }
}

/// As people in Vietnam write a date; a text that is none stays as it is.
fn written(date: &str) -> String {
    match Day::parse(date) {
        Some(Day::Date(date)) => date.strftime("%d/%m/%Y").to_string(),
        Some(Day::Year(_)) | None => date.to_owned(),
    }
}

/// The code of Decision 4750 for `M`, `F` or another letter.
pub(super) fn sex_code(sex: &str) -> &'static str {
    match sex {
        "M" => "1",
        "F" => "2",
        _ => "3",
    }
}
