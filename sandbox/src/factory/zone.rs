//! The machine readable zone of a Vietnamese card (TD1, ICAO Doc 9303-5) and the dates that go with it.
use jiff::civil::Date;

use super::{FactoryError, Person, Sex};

/// What stands for a date of expiry on a card without one.
const NEVER: &str = "991231";

/// The three lines, joined: the document number is the last nine digits of the personal number, which stands whole in
/// the optional data with a check digit of its own.
pub(super) fn zone(person: &Person, expires: Option<Date>) -> Result<String, FactoryError> {
    let number = &person.personal_number;
    if number.len() != 12 || !number.bytes().all(|octet| octet.is_ascii_digit()) {
        return Err(FactoryError::PersonalNumber);
    }
    let document = number.get(3..).unwrap_or_default();
    let optional = format!("{number}<<");
    let numbers = format!("{document}{}{optional}{}", check_digit(document), check_digit(&optional));
    let birth = with_check_digit(&six_digits(person.date_of_birth));
    let expiry = with_check_digit(&expires.map_or_else(|| NEVER.to_owned(), six_digits));
    let sex = match person.sex {
        Sex::Female => 'F',
        Sex::Male => 'M',
    };
    let filler = "<".repeat(11);
    let composite = check_digit(&format!("{numbers}{birth}{expiry}{filler}"));
    let name = name_line(&person.name)?;
    Ok(format!("IDVNM{numbers}{birth}{sex}{expiry}VNM{filler}{composite}{name}"))
}

fn six_digits(date: Date) -> String {
    format!("{:02}{:02}{:02}", date.year().rem_euclid(100), date.month(), date.day())
}

fn with_check_digit(text: &str) -> String {
    format!("{text}{}", check_digit(text))
}

/// Weights 7, 3, 1 (Doc 9303-3, 4.9).
fn check_digit(text: &str) -> u32 {
    let weighted = text.chars().zip([7, 3, 1].into_iter().cycle());
    weighted.map(|(character, weight)| character.to_digit(36).unwrap_or(0) * weight).sum::<u32>() % 10
}

/// `FAMILY<<MIDDLE<GIVEN`, in base letters, thirty characters.
fn name_line(name: &str) -> Result<String, FactoryError> {
    let mut parts = name.split_whitespace();
    let family = parts.next().ok_or(FactoryError::Name)?;
    let given = parts.collect::<Vec<_>>().join("<");
    let line = format!("{}<<{}", letters(family)?, letters(&given)?);
    Ok(format!("{:<<30}", line.chars().take(30).collect::<String>()))
}

fn letters(text: &str) -> Result<String, FactoryError> {
    text.chars().map(|letter| base_letter(letter).ok_or(FactoryError::Name)).collect()
}

/// The capital letter without marks; the alphabet's letters with all five tones.
fn base_letter(letter: char) -> Option<char> {
    let letter = letter.to_lowercase().next()?;
    Some(match letter {
        'a'..='z' => letter.to_ascii_uppercase(),
        'à' | 'á' | 'ả' | 'ã' | 'ạ' | 'ă' | 'ằ' | 'ắ' | 'ẳ' | 'ẵ' | 'ặ' | 'â' | 'ầ' | 'ấ' | 'ẩ' | 'ẫ'
        | 'ậ' => 'A',
        'è' | 'é' | 'ẻ' | 'ẽ' | 'ẹ' | 'ê' | 'ề' | 'ế' | 'ể' | 'ễ' | 'ệ' => 'E',
        'ì' | 'í' | 'ỉ' | 'ĩ' | 'ị' => 'I',
        'ò' | 'ó' | 'ỏ' | 'õ' | 'ọ' | 'ô' | 'ồ' | 'ố' | 'ổ' | 'ỗ' | 'ộ' | 'ơ' | 'ờ' | 'ớ' | 'ở' | 'ỡ'
        | 'ợ' => 'O',
        'ù' | 'ú' | 'ủ' | 'ũ' | 'ụ' | 'ư' | 'ừ' | 'ứ' | 'ử' | 'ữ' | 'ự' => 'U',
        'ỳ' | 'ý' | 'ỷ' | 'ỹ' | 'ỵ' => 'Y',
        'đ' => 'D',
        '<' | '-' => '<',
        _ => return None,
    })
}

/// Cards are renewed at 25, 40 and 60; one issued in the two years before holds until the next age (Law on Identity
/// 2023, article 21).
pub(super) fn usual_expiry(birth: Date, issued: Date) -> Option<Date> {
    let birthday = |age: i16| {
        let year = birth.year() + age;
        // Born on 29 February.
        Date::new(year, birth.month(), birth.day()).or_else(|_| Date::new(year, 3, 1)).ok()
    };
    let early = |age: i16| birthday(age - 2);
    [14, 25, 40, 60].into_iter().find(|age| early(*age).is_some_and(|from| issued < from)).and_then(birthday)
}
