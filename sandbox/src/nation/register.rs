//! The population register: invented persons only, whose numbers begin with 000.
use jiff::civil::{Date, date};
use rusqlite::{Connection, OptionalExtension, Row, params};

/// A person of the register.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// Twelve-digit personal number.
    pub number: String,
    /// Full name with diacritics.
    pub name: String,
    /// Date of birth.
    pub birth: Date,
    /// `M` or `F`.
    pub sex: String,
    /// The phone registered to the person.
    pub phone: String,
    /// Whether a death was reported.
    pub deceased: bool,
    /// Whether the sandbox's face service finds that a capture matches.
    pub face_matches: bool,
}

/// A person's health insurance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Insurance {
    /// Card number.
    pub card: String,
    /// Insured from.
    pub valid_from: Date,
    /// Insured to.
    pub valid_to: Date,
    /// Facility of first registration.
    pub facility: String,
    /// Benefit level.
    pub level: u8,
    /// Day from which five years count.
    pub five_years_from: Date,
    /// Area code.
    pub area: Option<String>,
    /// Object group.
    pub object_group: String,
}

/// The persons of the two test cards.
const ON_CARDS: [(&str, &str, Date, &str, &str); 2] = [
    ("000199012345", "Nguyễn Thị Mẫu", date(1999, 1, 1), "F", "0900000001"),
    ("000204067891", "Đặng Quốc Ưu", date(2004, 12, 31), "M", "0900000002"),
];

const FAMILY: [&str; 8] = ["Nguyễn", "Trần", "Lê", "Phạm", "Hoàng", "Vũ", "Đặng", "Bùi"];
const MIDDLE: [&str; 6] = ["Văn", "Thị", "Quốc", "Minh", "Ngọc", "Hữu"];
const GIVEN: [&str; 10] = ["An", "Bình", "Chi", "Dũng", "Giang", "Hà", "Khánh", "Linh", "Mẫu", "Ưu"];

/// Fills an empty register. The same population each time: invented persons are easier to remember.
pub(super) fn populate(connection: &mut Connection, population: u32) -> Result<(), rusqlite::Error> {
    let any = connection.query_row("SELECT 1 FROM person LIMIT 1", [], |_| Ok(())).optional()?;
    if any.is_some() {
        return Ok(());
    }
    let change = connection.transaction()?;
    for (position, (number, name, birth, sex, phone)) in ON_CARDS.into_iter().enumerate() {
        insert(&change, position, number, name, birth, sex, phone)?;
    }
    for index in 0..population {
        let at = usize::try_from(index).unwrap_or_default();
        let pick = |list: &[&'static str], at: usize| list.get(at % list.len()).copied().unwrap_or_default();
        let name = format!("{} {} {}", pick(&FAMILY, at), pick(&MIDDLE, at / 3), pick(&GIVEN, at / 7));
        let (year, sex) = (1940 + i16::try_from(index * 7 % 80).unwrap_or_default(), index % 2);
        let birth = date(
            year,
            1 + i8::try_from(index % 12).unwrap_or_default(),
            1 + i8::try_from(index % 28).unwrap_or_default(),
        );
        let century = if year < 2000 { sex } else { 2 + sex };
        let number = format!("000{century}{:02}{index:06}", year % 100);
        let phone = format!("09{:08}", 10_000 + index);
        insert(&change, at + 2, &number, &name, birth, if sex == 0 { "M" } else { "F" }, &phone)?;
    }
    change.commit()
}

fn insert(
    change: &Connection,
    position: usize,
    number: &str,
    name: &str,
    birth: Date,
    sex: &str,
    phone: &str,
) -> Result<(), rusqlite::Error> {
    let person = "INSERT INTO person (number, name, birth, sex, phone) VALUES (?1, ?2, ?3, ?4, ?5)";
    change.execute(person, params![number, name, birth.to_string(), sex, phone])?;
    let insurance =
        "INSERT INTO insurance VALUES (?1, ?2, '2024-01-01', '2029-12-31', ?3, 4, '2028-01-01', NULL, 'DN')";
    // Group DN, level 4, a province code that was never used, then a running number.
    let card = format!("DN400{position:010}");
    change.execute(insurance, params![number, card, format!("01{:03}", position % 1000)])?;
    Ok(())
}

impl Person {
    const COLUMNS: &str =
        "SELECT number, name, birth, sex, phone, deceased, face_matches FROM person WHERE number = ?1";

    /// The person with that number.
    pub(super) fn find(connection: &Connection, number: &str) -> Result<Option<Self>, rusqlite::Error> {
        connection.query_row(Self::COLUMNS, [number], Self::read).optional()
    }

    fn read(row: &Row<'_>) -> Result<Self, rusqlite::Error> {
        Ok(Self {
            number: row.get(0)?,
            name: row.get(1)?,
            birth: day(row, 2)?,
            sex: row.get(3)?,
            phone: row.get(4)?,
            deceased: row.get(5)?,
            face_matches: row.get(6)?,
        })
    }
}

impl Insurance {
    const COLUMNS: &str = "SELECT card, valid_from, valid_to, facility, level, five_years_from, area, object_group \
                           FROM insurance WHERE person = ?1";

    /// The insurance of the person with that number.
    pub(super) fn find(connection: &Connection, number: &str) -> Result<Option<Self>, rusqlite::Error> {
        let read = |row: &Row<'_>| {
            Ok(Self {
                card: row.get(0)?,
                valid_from: day(row, 1)?,
                valid_to: day(row, 2)?,
                facility: row.get(3)?,
                level: row.get(4)?,
                five_years_from: day(row, 5)?,
                area: row.get(6)?,
                object_group: row.get(7)?,
            })
        };
        connection.query_row(Self::COLUMNS, [number], read).optional()
    }
}

fn day(row: &Row<'_>, column: usize) -> Result<Date, rusqlite::Error> {
    let text: String = row.get(column)?;
    text.parse().map_err(|_| rusqlite::Error::InvalidQuery)
}
