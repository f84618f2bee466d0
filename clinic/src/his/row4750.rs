//! The check-in row of Decision 4750/QD-BYT (29 December 2023): 26 fields in the decision's order.
//!
//! A desk knows the person, the card, the time and its own facility. What only the hospital software knows (its episode key,
//! the first order, ...) is an empty text, and [`Row::missing`] names what the decision demands all the same.
use jiff::tz::Offset;
use serde::Serialize;
use trust::time::Timestamp;

use super::lines::sex_code;
use super::{Day, NoPerson, Person, plain};
use crate::answer::Answer;

/// What the desk knows of the visit.
#[derive(Clone, Copy)]
pub struct Visit<'a> {
    /// The desk's facility, five characters (MA_CSKCB).
    pub facility: Option<&'a str>,
    /// When the person came (NGAY_VAO).
    pub arrived: Timestamp,
}

/// One field.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct Cell {
    /// 1 to 26.
    pub position: usize,
    /// The decision's name.
    pub name: &'static str,
    /// The value; empty where the desk has none.
    pub value: String,
}

/// The row.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct Row {
    /// All 26 fields.
    pub fields: Vec<Cell>,
    /// The names of fields that this visit must have and the desk cannot fill.
    pub missing: Vec<&'static str>,
    /// The names and the values as two lines of RFC 4180.
    pub csv: String,
}

/// When the decision demands a field.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Demanded {
    Always,
    OfTheInsured,
    /// At admission, with a first service, or never: not at the desk.
    Later,
}

const FIELDS: [(&str, Demanded); 26] = [
    ("MA_LK", Demanded::Always),
    ("STT", Demanded::Always),
    ("MA_BN", Demanded::Always),
    ("HO_TEN", Demanded::Always),
    ("SO_CCCD", Demanded::Later),
    ("NGAY_SINH", Demanded::Always),
    ("GIOI_TINH", Demanded::Always),
    ("MA_THE_BHYT", Demanded::OfTheInsured),
    ("MA_DKBD", Demanded::OfTheInsured),
    ("GT_THE_TU", Demanded::OfTheInsured),
    ("GT_THE_DEN", Demanded::OfTheInsured),
    ("MA_DOITUONG_KCB", Demanded::Always),
    ("NGAY_VAO", Demanded::Always),
    ("NGAY_VAO_NOI_TRU", Demanded::Later),
    ("LY_DO_VNT", Demanded::Later),
    ("MA_LY_DO_VNT", Demanded::Later),
    ("MA_LOAI_KCB", Demanded::Always),
    ("MA_CSKCB", Demanded::Always),
    ("MA_DICH_VU", Demanded::Later),
    ("TEN_DICH_VU", Demanded::Later),
    ("MA_THUOC", Demanded::Later),
    ("TEN_THUOC", Demanded::Later),
    ("MA_VAT_TU", Demanded::Later),
    ("TEN_VAT_TU", Demanded::Later),
    ("NGAY_YL", Demanded::Always),
    ("DU_PHONG", Demanded::Later),
];

/// Vietnam has one time zone and no summer time.
const VIETNAM: Offset = Offset::constant(7);
/// Visit at the facility of first registration (Decision 824/QD-BYT).
const AT_OWN_FACILITY: &str = "1.1";

/// The row for a visit.
pub fn row(answer: &Answer, visit: &Visit<'_>) -> Result<Row, NoPerson> {
    let person = Person::of(answer)?;
    let (mut fields, mut missing) = (Vec::new(), Vec::new());
    for (position, (name, demanded)) in (1..).zip(FIELDS) {
        let value = plain(&value(name, person, visit).unwrap_or_default());
        let needed = match demanded {
            Demanded::Always => true,
            Demanded::OfTheInsured => person.insurance().is_some(),
            Demanded::Later => false,
        };
        if needed && value.is_empty() {
            missing.push(name);
        }
        fields.push(Cell { position, name, value });
    }
    let csv = csv(&fields);
    Ok(Row { fields, missing, csv })
}

fn value(name: &str, person: Person<'_>, visit: &Visit<'_>) -> Option<String> {
    let (claims, insurance) = (person.claims, person.insurance());
    match name {
        // The first row of a submission of one.
        "STT" => Some("1".to_owned()),
        "HO_TEN" => claims.name.clone(),
        "SO_CCCD" => claims.personal_number.clone(),
        "NGAY_SINH" => match Day::parse(claims.date_of_birth.as_deref()?)? {
            Day::Date(date) => Some(date.strftime("%Y%m%d0000").to_string()),
            Day::Year(year) => Some(format!("{year:04}00000000")),
        },
        "GIOI_TINH" => claims.sex.as_deref().map(sex_code).map(str::to_owned),
        "MA_THE_BHYT" => insurance?.number.clone(),
        "MA_DKBD" => insurance?.facility.clone(),
        "GT_THE_TU" => day(insurance?.valid_from.as_deref()?),
        "GT_THE_DEN" => day(insurance?.valid_to.as_deref()?),
        // Whether someone from elsewhere comes with a referral is not on any card.
        "MA_DOITUONG_KCB" => {
            let own = insurance?.facility.as_deref()? == visit.facility?;
            own.then(|| AT_OWN_FACILITY.to_owned())
        }
        "NGAY_VAO" => minute(visit.arrived),
        "MA_CSKCB" => visit.facility.map(str::to_owned),
        _ => None,
    }
}

fn day(text: &str) -> Option<String> {
    match Day::parse(text)? {
        Day::Date(date) => Some(date.strftime("%Y%m%d").to_string()),
        Day::Year(_) => None,
    }
}

fn minute(at: Timestamp) -> Option<String> {
    let at = jiff::Timestamp::from_second(at.as_unix()).ok()?;
    Some(VIETNAM.to_datetime(at).strftime("%Y%m%d%H%M").to_string())
}

/// Writing to memory does not fail, and what comes out is the UTF-8 that went in.
fn csv(fields: &[Cell]) -> String {
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    let written = writer
        .write_record(fields.iter().map(|cell| cell.name))
        .and_then(|()| writer.write_record(fields.iter().map(|cell| &cell.value)));
    let bytes = written.ok().and_then(|()| writer.into_inner().ok()).unwrap_or_default();
    String::from_utf8(bytes).unwrap_or_default()
}
