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

/// Where the invented population comes from: the same persons each time are easier to remember.
const SEED: u64 = 0x53_45_4E;
const FAMILY: [&str; 12] =
    ["Nguyễn", "Trần", "Lê", "Phạm", "Hoàng", "Phan", "Vũ", "Đặng", "Bùi", "Đỗ", "Hồ", "Ngô"];
const MIDDLE: [[&str; 6]; 2] =
    [["Văn", "Quốc", "Minh", "Hữu", "Đức", "Quang"], ["Thị", "Ngọc", "Thu", "Kim", "Thanh", "Mai"]];
const GIVEN: [&str; 16] = [
    "An", "Bình", "Châu", "Dương", "Giang", "Hà", "Hiền", "Khánh", "Linh", "Mẫu", "Ngân", "Phương", "Quỳnh",
    "Tâm", "Ưu", "Yến",
];
/// Object groups with the benefit level that is usual for them.
const GROUPS: [(&str, u8); 8] =
    [("DN", 4), ("GD", 4), ("HC", 4), ("SV", 4), ("CN", 3), ("HT", 3), ("HN", 2), ("CB", 2)];
const AREAS: [Option<&str>; 4] = [None, None, None, Some("K1")];

/// Birth years of the invented: 1940 and eighty more.
const FIRST_YEAR: u64 = 1940;
const YEARS: u64 = 80;
/// Persons for which there are numbers: a million of each sex and year.
const MOST: u64 = 2 * YEARS * 1_000_000;

/// Random-looking, always the same (SplitMix64).
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        usize::try_from((mixed ^ (mixed >> 31)) >> 33).unwrap_or_default() % sides.max(1)
    }

    fn pick<T: Copy + Default>(&mut self, from: &[T]) -> T {
        let at = self.roll(from.len());
        from.get(at).copied().unwrap_or_default()
    }
}

/// Fills an empty register with the two persons of the test cards and so many invented ones.
pub(super) fn populate(change: &Connection, population: u32) -> Result<(), rusqlite::Error> {
    let mut dice = Dice(SEED);
    for (position, (number, name, birth, sex, phone)) in (0..).zip(ON_CARDS) {
        let person = Person {
            number: number.to_owned(),
            name: name.to_owned(),
            birth,
            sex: sex.to_owned(),
            phone: phone.to_owned(),
            deceased: false,
            face_matches: true,
        };
        person.insert(change)?;
        Insurance::invented(position, &mut dice).insert(change, number)?;
    }
    for index in 0..u64::from(population).min(MOST) {
        let person = Person::invented(index, &mut dice);
        person.insert(change)?;
        Insurance::invented(index + 2, &mut dice).insert(change, &person.number)?;
    }
    Ok(())
}

impl Person {
    /// Number, phone and insurance number come from the index and are nobody else's; the rest is diced.
    fn invented(index: u64, dice: &mut Dice) -> Self {
        let (female, year) = (index % 2, FIRST_YEAR + index / 2 % YEARS);
        let middle = MIDDLE.get(usize::try_from(female).unwrap_or_default()).copied().unwrap_or_default();
        let name = format!("{} {} {}", dice.pick(&FAMILY), dice.pick(&middle), dice.pick(&GIVEN));
        let (month, day) = (dice.roll(12) + 1, dice.roll(28) + 1);
        let birth = date(
            i16::try_from(year).unwrap_or_default(),
            i8::try_from(month).unwrap_or(1),
            i8::try_from(day).unwrap_or(1),
        );
        let century = if year < 2000 { female } else { 2 + female };
        Self {
            // From 500000: the test cards' own numbers lie below.
            number: format!(
                "000{century}{:02}{:06}",
                year % 100,
                (500_000 + index / (2 * YEARS)) % 1_000_000
            ),
            name,
            birth,
            sex: if female == 1 { "F" } else { "M" }.to_owned(),
            phone: format!("09{:08}", 10_000 + index),
            deceased: false,
            face_matches: true,
        }
    }

    fn insert(&self, change: &Connection) -> Result<(), rusqlite::Error> {
        let put = "INSERT INTO person (number, name, birth, sex, phone) VALUES (?1, ?2, ?3, ?4, ?5)";
        let row = params![self.number, self.name, self.birth.to_string(), self.sex, self.phone];
        change.prepare_cached(put)?.execute(row).map(|_| ())
    }

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
    fn invented(position: u64, dice: &mut Dice) -> Self {
        let (group, level) = dice.pick(&GROUPS);
        Self {
            // Group, level, a province code that was never used, then a running number.
            card: format!("{group}{level}00{position:010}"),
            valid_from: date(2024, 1, 1),
            valid_to: date(2029, 12, 31),
            facility: format!("01{:03}", dice.roll(1000)),
            level,
            five_years_from: date(2028, i8::try_from(dice.roll(12) + 1).unwrap_or(1), 1),
            area: dice.pick(&AREAS).map(str::to_owned),
            object_group: group.to_owned(),
        }
    }

    fn insert(&self, change: &Connection, person: &str) -> Result<(), rusqlite::Error> {
        let put = "INSERT INTO insurance VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
        change.prepare_cached(put)?.execute(params![
            person,
            self.card,
            self.valid_from.to_string(),
            self.valid_to.to_string(),
            self.facility,
            self.level,
            self.five_years_from.to_string(),
            self.area,
            self.object_group
        ])?;
        Ok(())
    }

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
