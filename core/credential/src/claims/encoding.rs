//! Map 169 to and from [`Claims`], each claim in the form of the table.

use super::{ClaimForm, ClaimKey, ClaimValue, Claims, Sex, key};
use jiff::ToSpan as _;
use jiff::civil::{Date, date};
use trust::cbor::Encoder;

const EPOCH: Date = date(1970, 1, 1);
const LONGEST_NAME: usize = 200;
const LONGEST_CODE: usize = 16;

impl Claims {
    /// The claims as entries of map 169, values encoded, keys ascending. Unknown claims are never written.
    ///
    /// # Errors
    /// The first claim whose value does not fit the table.
    pub(crate) fn to_entries(&self) -> Result<Vec<(i64, Vec<u8>)>, ClaimForm> {
        let mut entries = Entries(Vec::with_capacity(12));
        entries.text(key::NUMBER, self.number.as_deref(), is_personal_number)?;
        entries.text(key::NAME, self.name.as_deref(), is_name)?;
        let birth_date = self.birth_date.map(|date| date.strftime("%Y%m%d").to_string());
        entries.text(key::BIRTH_DATE, birth_date.as_deref(), |text| read_date(text).is_some())?;
        entries.uint(key::SEX, self.sex.map(|sex| u64::from(sex.number())));
        entries.text(key::INSURANCE_NUMBER, self.insurance_number.as_deref(), is_insurance_number)?;
        entries.day(key::VALID_FROM, self.valid_from)?;
        entries.day(key::VALID_TO, self.valid_to)?;
        entries.text(key::FACILITY, self.facility.as_deref(), is_code)?;
        entries.level(key::BENEFIT_LEVEL, self.benefit_level, 5)?;
        entries.day(key::FIVE_YEARS_FROM, self.five_years_from)?;
        entries.text(key::AREA, self.area.as_deref(), is_code)?;
        entries.text(key::OBJECT_GROUP, self.object_group.as_deref(), is_code)?;
        entries.level(key::LEVEL_POLICY, self.level_policy, 4)?;
        if let Some(hash) = &self.portrait_hash {
            entries.push(key::PORTRAIT_HASH, |encoder| encoder.bytes(hash));
        }
        entries.text(key::GUARDIAN, self.guardian.as_deref(), is_personal_number)?;
        Ok(entries.0)
    }

    /// The claims of a map 169 after disclosure.
    ///
    /// # Errors
    /// The first claim that does not have the form of the table.
    pub(crate) fn from_map(entries: &[(ClaimKey<'_>, ClaimValue<'_>)]) -> Result<Self, ClaimForm> {
        let mut claims = Self::default();
        for (key, value) in entries {
            // A text key has no number to name; 169 itself is then the claim of the wrong form.
            let ClaimKey::Int(key) = *key else {
                return Err(ClaimForm(super::cwt::IDENTITY));
            };
            claims.set(key, value).ok_or(ClaimForm(key))?;
        }
        claims.unknown.sort_unstable();
        Ok(claims)
    }

    fn set(&mut self, key: i64, value: &ClaimValue<'_>) -> Option<()> {
        let text = |form: fn(&str) -> bool| value.as_text().filter(|text| form(text)).map(str::to_owned);
        let level = |highest: u8| {
            let level = value.as_uint().and_then(|level| u8::try_from(level).ok());
            level.filter(|level| (1..=highest).contains(level))
        };
        match key {
            key::NUMBER => self.number = Some(text(is_personal_number)?),
            key::NAME => self.name = Some(text(is_name)?),
            key::BIRTH_DATE => self.birth_date = Some(read_date(value.as_text()?)?),
            key::SEX => self.sex = Some(Sex::from_number(value.as_uint()?)?),
            key::INSURANCE_NUMBER => self.insurance_number = Some(text(is_insurance_number)?),
            key::VALID_FROM => self.valid_from = Some(read_day(value.as_uint()?)?),
            key::VALID_TO => self.valid_to = Some(read_day(value.as_uint()?)?),
            key::FACILITY => self.facility = Some(text(is_code)?),
            key::BENEFIT_LEVEL => self.benefit_level = Some(level(5)?),
            key::FIVE_YEARS_FROM => self.five_years_from = Some(read_day(value.as_uint()?)?),
            key::AREA => self.area = Some(text(is_code)?),
            key::OBJECT_GROUP => self.object_group = Some(text(is_code)?),
            key::LEVEL_POLICY => self.level_policy = Some(level(4)?),
            key::PORTRAIT_HASH => self.portrait_hash = Some(value.as_bytes()?.try_into().ok()?),
            key::GUARDIAN => self.guardian = Some(text(is_personal_number)?),
            other => self.unknown.push(other),
        }
        Some(())
    }
}

struct Entries(Vec<(i64, Vec<u8>)>);

impl Entries {
    fn push(&mut self, key: i64, write: impl FnOnce(&mut Encoder) -> &mut Encoder) {
        let mut encoder = Encoder::new();
        write(&mut encoder);
        self.0.push((key, encoder.finish()));
    }

    fn text(&mut self, key: i64, text: Option<&str>, form: fn(&str) -> bool) -> Result<(), ClaimForm> {
        let Some(text) = text else { return Ok(()) };
        if !form(text) {
            return Err(ClaimForm(key));
        }
        self.push(key, |encoder| encoder.text(text));
        Ok(())
    }

    fn uint(&mut self, key: i64, number: Option<u64>) {
        if let Some(number) = number {
            self.push(key, |encoder| encoder.uint(number));
        }
    }

    fn level(&mut self, key: i64, level: Option<u8>, highest: u8) -> Result<(), ClaimForm> {
        if level.is_some_and(|level| level == 0 || level > highest) {
            return Err(ClaimForm(key));
        }
        self.uint(key, level.map(u64::from));
        Ok(())
    }

    fn day(&mut self, key: i64, day: Option<Date>) -> Result<(), ClaimForm> {
        let Some(day) = day else { return Ok(()) };
        let days = EPOCH.until(day).map(|span| span.get_days()).map_err(|_| ClaimForm(key))?;
        let days = u64::try_from(days).map_err(|_| ClaimForm(key))?;
        self.uint(key, Some(days));
        Ok(())
    }
}

/// A date of exactly eight digits, YYYYMMDD.
fn read_date(text: &str) -> Option<Date> {
    if text.len() != 8 || !text.bytes().all(|c| c.is_ascii_digit()) {
        return None;
    }
    let (year, day) = text.split_at_checked(4)?;
    let (month, day) = day.split_at_checked(2)?;
    Date::new(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?).ok()
}

/// A day counted from 1970-01-01, up to the year 9999.
fn read_day(days: u64) -> Option<Date> {
    let days = i32::try_from(days).ok()?;
    let span = 0.days().try_days(days).ok()?;
    EPOCH.checked_add(span).ok()
}

fn is_personal_number(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|c| c.is_ascii_digit())
}

fn is_insurance_number(text: &str) -> bool {
    (10..=15).contains(&text.len()) && text.bytes().all(|c| c.is_ascii_digit() || c.is_ascii_uppercase())
}

fn is_code(text: &str) -> bool {
    (1..=LONGEST_CODE).contains(&text.len()) && text.bytes().all(|c| c.is_ascii_alphanumeric())
}

fn is_name(text: &str) -> bool {
    (1..=LONGEST_NAME).contains(&text.len()) && text.trim() == text && !text.chars().any(char::is_control)
}
