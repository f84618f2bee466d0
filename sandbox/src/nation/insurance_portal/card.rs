//! What the portal answers to one question, and the codes for what does not fit.
use jiff::civil::Date;
use jiff::tz::Offset;
use serde::Deserialize;
use serde_json::{Value, json};
use trust::time::Timestamp;

use super::super::answer::Refusal;
use super::super::database::{Statements, values};
use super::super::register::{Insurance, Person};

/// The portal's names.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Question {
    /// Card number of 15 characters, social-insurance number of 10 digits, or personal number of 12.
    ma_the: String,
    ho_ten: String,
    /// `dd/MM/yyyy` or `yyyy`.
    ngay_sinh: String,
    /// Who asks at the counter.
    ho_ten_cb: String,
    cccd_cb: String,
}

type Found = Result<Value, String>;

fn no<T>(code: &str) -> Result<T, String> {
    Err(code.to_owned())
}

/// The day in Vietnam.
pub(super) fn today(now: Timestamp) -> Date {
    let now = jiff::Timestamp::from_second(now.as_unix()).unwrap_or_default();
    Offset::constant(7).to_datetime(now).date()
}

/// The answer, or the code of one without a person.
pub(super) fn answer(
    statements: &dyn Statements,
    question: &Question,
    set: impl FnOnce(&str) -> Option<String>,
    today: Date,
) -> Result<Found, Refusal> {
    let Some(staff) = Person::find(statements, &question.cccd_cb)? else { return Ok(no("054")) };
    if letters(&staff.name) != letters(&question.ho_ten_cb) {
        return Ok(no("055"));
    }
    let find = match search(&question.ma_the) {
        Ok(find) => find,
        Err(code) => return Ok(no(code)),
    };
    let Some(found) = statements.row(find, values![question.ma_the])? else { return Ok(no("050")) };
    let number: String = found.get(0)?;
    let (Some(person), Some(insurance)) =
        (Person::find(statements, &number)?, Insurance::find(statements, &number)?)
    else {
        return Ok(no("100"));
    };
    Ok(judge(question, &person, &insurance, set(&number), today))
}

/// How such a number is searched for.
fn search(number: &str) -> Result<&'static str, &'static str> {
    let digits =
        |part: Option<&str>| part.is_some_and(|part| part.bytes().all(|octet| octet.is_ascii_digit()));
    match number.len() {
        10 if digits(Some(number)) => Ok("SELECT person FROM insurance WHERE substr(card, 6) = $1"),
        12 if digits(Some(number)) => Ok("SELECT person FROM insurance WHERE person = $1"),
        15 if !digits(number.get(5..))
            || !number
                .get(..2)
                .is_some_and(|group| group.bytes().all(|octet| octet.is_ascii_uppercase())) =>
        {
            Err("051")
        }
        15 if !digits(number.get(3..5)) => Err("052"),
        15 if !number.get(2..3).is_some_and(|level| ("1"..="5").contains(&level)) => Err("053"),
        15 => Ok("SELECT person FROM insurance WHERE card = $1"),
        _ => Err("051"),
    }
}

fn judge(
    question: &Question,
    person: &Person,
    insurance: &Insurance,
    set: Option<String>,
    today: Date,
) -> Found {
    let (asked, known) = (letters(&question.ho_ten), letters(&person.name));
    if asked != known {
        let initials =
            |name: &str| name.split(' ').filter_map(|word| word.chars().next()).collect::<String>();
        return no(if initials(&asked) == initials(&known) { "061" } else { "060" });
    }
    let day = person.birth.strftime("%d/%m/%Y").to_string();
    let year = person.birth.strftime("%Y").to_string();
    if question.ngay_sinh != day && question.ngay_sinh != year {
        return no("070");
    }
    let code = set.unwrap_or_else(|| {
        let ended = if person.deceased { Some("120") } else { None };
        let expired = (today > insurance.valid_to).then_some("010");
        ended.or(expired).unwrap_or("000").to_owned()
    });
    match code.as_str() {
        "000" | "001" | "002" => Ok(card(&code, person, insurance, None)),
        "003" | "004" => Ok(card(&code, person, insurance, Some(&renewed(insurance)))),
        _ => Err(code),
    }
}

/// The card that follows: of another group, from the day after the old one's last.
fn renewed(old: &Insurance) -> Insurance {
    let rest = old.card.get(3..).unwrap_or_default();
    Insurance {
        card: format!("GD4{rest}"),
        valid_from: old.valid_to.tomorrow().unwrap_or(old.valid_to),
        valid_to: old.valid_to.saturating_add(jiff::Span::new().years(1)),
        ..old.clone()
    }
}

fn card(code: &str, person: &Person, insurance: &Insurance, new: Option<&Insurance>) -> Value {
    let day = |day: Date| day.strftime("%d/%m/%Y").to_string();
    json!({
        "maKetQua": code,
        "ghiChu": format!("Kết quả thử nghiệm {code}"),
        "maThe": insurance.card,
        "hoTen": person.name,
        "ngaySinh": day(person.birth),
        "gioiTinh": if person.sex == "F" { "Nữ" } else { "Nam" },
        "diaChi": null,
        "maDKBD": insurance.facility,
        "cqBHXH": "Bảo hiểm xã hội thử nghiệm",
        "gtTheTu": day(insurance.valid_from),
        "gtTheDen": day(insurance.valid_to),
        "maKV": insurance.area.as_deref().unwrap_or_default(),
        "ngayDu5Nam": day(insurance.five_years_from),
        "maSoBHXH": insurance.card.get(5..),
        "maTheCu": new.map(|_| &insurance.card),
        "maTheMoi": new.map(|new| &new.card),
        "gtTheTuMoi": new.map(|new| day(new.valid_from)),
        "gtTheDenMoi": new.map(|new| day(new.valid_to)),
        "maDKBDMoi": new.map(|new| &new.facility),
        "tenDKBDMoi": null,
        "dsLichSuKCB2018": [],
        "dsLichSuKT2018": [],
    })
}

/// A name as it is compared: the case of letters and the width of gaps say nothing.
fn letters(name: &str) -> String {
    name.to_lowercase().split_whitespace().collect::<Vec<_>>().join(" ")
}
