//! The population register: invented persons only, whose numbers begin with 000.
use jiff::civil::{Date, date};

use super::database::{DatabaseError, Row, Statements, Value, values};

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
    /// Three letters of the nationality.
    pub nationality: String,
    /// A foreigner's last day of residence.
    pub residence_until: Option<Date>,
    /// Who acts for a child, or for an adult who cannot.
    pub guardian: Option<String>,
    /// The guardian acts whatever the person's age.
    pub is_ward: bool,
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

/// Age from which a person acts alone, and from which a person can reach level 2 (Decree 69/2024/ND-CP, article 7).
const ACTS_ALONE_FROM: i32 = 14;
const LEVEL_2_FROM: i32 = 6;

/// A person that is there in every nation: number, name, birth, sex, phone.
type Known = (&'static str, &'static str, Date, &'static str, &'static str);

/// The persons of the two test cards.
const ON_CARDS: [Known; 2] = [
    ("000199012345", "Nguyễn Thị Mẫu", date(1999, 1, 1), "F", "0900000001"),
    ("000204067891", "Đặng Quốc Ưu", date(2004, 12, 31), "M", "0900000002"),
];
/// Those for whom they are guardians: two children and an adult.
const IN_CARE: [(Known, usize, bool); 3] = [
    (("000224000001", "Đặng Minh An", date(2024, 6, 1), "M", "0900000003"), 1, false),
    (("000316000002", "Trần Thị Chi", date(2016, 9, 5), "F", "0900000004"), 0, false),
    (("000060000005", "Nguyễn Văn Lành", date(1960, 2, 3), "M", "0900000005"), 0, true),
];
/// A foreigner, the nationality and the last day of residence.
const FOREIGNER: (Known, &str, Date) =
    (("000190000006", "Maria Example", date(1990, 5, 6), "F", "0900000006"), "AUS", date(2027, 12, 31));

/// Where the invented population comes from: the same persons each time are easier to remember.
const SEED: u64 = 0x53_45_4E;
const VIETNAM: &str = "VNM";
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
/// Persons whom a register can hold beside those who are always there: half a million of each sex and year of birth. The numbers
/// of those who are always there lie below.
pub const MOST_PERSONS: u32 = 80_000_000;
/// Persons written at a time.
const CHUNK: u64 = 10_000;

/// The columns of a person, in the order in which they are read.
macro_rules! select_person {
    ($which:literal) => {
        concat!(
            "SELECT number, name, birth, sex, phone, deceased, face_matches, nationality, residence_until, guardian, is_ward \
             FROM person ",
            $which
        )
    };
}

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

/// Adds rows to a table, whose columns are named.
type Fill<'a> =
    dyn FnMut(&'static str, &'static [&'static str], Vec<Vec<Value>>) -> Result<(), DatabaseError> + 'a;

/// Fills an empty register with those who are always there and so many invented persons.
pub(super) fn populate(fill: &mut Fill<'_>, population: u32) -> Result<(), DatabaseError> {
    let mut dice = Dice(SEED);
    let mut known: Vec<Person> = ON_CARDS.map(Person::known).into();
    for (person, guardian, is_ward) in IN_CARE {
        let guardian = ON_CARDS.get(guardian).map(|(number, ..)| (*number).to_owned());
        known.push(Person { guardian, is_ward, ..Person::known(person) });
    }
    let (foreigner, nationality, until) = FOREIGNER;
    known.push(Person {
        nationality: nationality.to_owned(),
        residence_until: Some(until),
        ..Person::known(foreigner)
    });
    let insured =
        (0..).zip(known).map(|(position, person)| (person, Insurance::invented(position, &mut dice)));
    put(fill, insured)?;
    let population = u64::from(population.min(MOST_PERSONS));
    for first in (0..population).step_by(usize::try_from(CHUNK).unwrap_or(usize::MAX)) {
        let chunk = first..population.min(first + CHUNK);
        put(
            fill,
            chunk.map(|index| {
                (Person::invented(index, &mut dice), Insurance::invented(index + 100, &mut dice))
            }),
        )?;
    }
    Ok(())
}

fn put(fill: &mut Fill<'_>, insured: impl Iterator<Item = (Person, Insurance)>) -> Result<(), DatabaseError> {
    let (persons, insurances) =
        insured.map(|(person, insurance)| (person.row(), insurance.row(&person.number))).unzip();
    fill("person", &Person::COLUMNS, persons)?;
    fill("insurance", &Insurance::COLUMNS, insurances)
}

impl Person {
    fn known((number, name, birth, sex, phone): Known) -> Self {
        Self {
            number: number.to_owned(),
            name: name.to_owned(),
            birth,
            sex: sex.to_owned(),
            phone: phone.to_owned(),
            nationality: VIETNAM.to_owned(),
            residence_until: None,
            guardian: None,
            is_ward: false,
            deceased: false,
            face_matches: true,
        }
    }

    fn age(&self, today: Date) -> i32 {
        let years = i32::from(today.year()) - i32::from(self.birth.year());
        years - i32::from((today.month(), today.day()) < (self.birth.month(), self.birth.day()))
    }

    /// Who acts for this person today.
    pub(super) fn guardian_on(&self, today: Date) -> Option<&str> {
        let guardian = self.guardian.as_deref();
        guardian.filter(|_| self.is_ward || self.age(today) < ACTS_ALONE_FROM)
    }

    /// Whether the person is old enough for level 2.
    pub(super) fn may_reach_level_2(&self, today: Date) -> bool {
        self.age(today) >= LEVEL_2_FROM
    }

    /// Those for whom this person acts today.
    pub(super) fn in_care_of(
        statements: &dyn Statements,
        guardian: &str,
        today: Date,
    ) -> Result<Vec<Self>, DatabaseError> {
        let find = select_person!("WHERE guardian = $1 ORDER BY number");
        let rows = statements.query(find, values![guardian])?;
        let persons = rows.iter().map(Self::read).collect::<Result<Vec<_>, _>>()?;
        Ok(persons.into_iter().filter(|person| person.guardian_on(today).is_some()).collect())
    }

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
        // A child has one born thirty years earlier for a guardian.
        let guardian = if year >= 2005 { index.checked_sub(60).map(Self::number) } else { None };
        Self {
            number: Self::number(index),
            name,
            birth,
            sex: if female == 1 { "F" } else { "M" }.to_owned(),
            phone: format!("09{:08}", 10_000 + index),
            nationality: VIETNAM.to_owned(),
            residence_until: None,
            guardian,
            is_ward: false,
            deceased: false,
            face_matches: true,
        }
    }

    fn number(index: u64) -> String {
        let (female, year) = (index % 2, FIRST_YEAR + index / 2 % YEARS);
        let century = if year < 2000 { female } else { 2 + female };
        // From 500000: the numbers of those who are known lie below.
        let running = (500_000 + index / (2 * YEARS)) % 1_000_000;
        format!("000{century}{:02}{running:06}", year % 100)
    }

    const COLUMNS: [&str; 9] =
        ["number", "name", "birth", "sex", "phone", "nationality", "residence_until", "guardian", "is_ward"];

    fn row(&self) -> Vec<Value> {
        let until = self.residence_until.map(|day| day.to_string());
        let (number, name, birth, sex) = (&self.number, &self.name, self.birth.to_string(), &self.sex);
        values![number, name, birth, sex, self.phone, self.nationality, until, self.guardian, self.is_ward]
            .to_vec()
    }

    /// The person with that number.
    pub(super) fn find(statements: &dyn Statements, number: &str) -> Result<Option<Self>, DatabaseError> {
        let find = select_person!("WHERE number = $1");
        statements.row(find, values![number])?.as_ref().map(Self::read).transpose()
    }

    fn read(row: &Row) -> Result<Self, DatabaseError> {
        Ok(Self {
            number: row.get(0)?,
            name: row.get(1)?,
            birth: day(row, 2)?,
            sex: row.get(3)?,
            phone: row.get(4)?,
            deceased: row.get(5)?,
            face_matches: row.get(6)?,
            nationality: row.get(7)?,
            residence_until: match row.get::<Option<String>>(8)? {
                Some(_) => Some(day(row, 8)?),
                None => None,
            },
            guardian: row.get(9)?,
            is_ward: row.get(10)?,
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

    const COLUMNS: [&str; 9] = [
        "person",
        "card",
        "valid_from",
        "valid_to",
        "facility",
        "level",
        "five_years_from",
        "area",
        "object_group",
    ];

    fn row(&self, person: &str) -> Vec<Value> {
        let (from, to, five) = (self.valid_from, self.valid_to, self.five_years_from);
        let (from, to, five) = (from.to_string(), to.to_string(), five.to_string());
        values![person, self.card, from, to, self.facility, self.level, five, self.area, self.object_group]
            .to_vec()
    }

    /// The insurance of the person with that number.
    pub(super) fn find(statements: &dyn Statements, number: &str) -> Result<Option<Self>, DatabaseError> {
        let find = "SELECT card, valid_from, valid_to, facility, level, five_years_from, area, object_group \
                    FROM insurance WHERE person = $1";
        let read = |row: &Row| {
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
        statements.row(find, values![number])?.as_ref().map(read).transpose()
    }
}

fn day(row: &Row, column: usize) -> Result<Date, DatabaseError> {
    row.get::<String>(column)?.parse().map_err(|_| DatabaseError::Shape)
}
