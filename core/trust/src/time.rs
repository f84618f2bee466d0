//! Points in time, always handed in by the caller: core reads no clock.
use std::fmt;

/// A point in time, in whole seconds since 1970-01-01T00:00:00Z (`NumericDate` of RFC 7519, RFC 8392).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

/// The text is no RFC 3339 time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an RFC 3339 time")]
pub struct TimeError;

/// 9999-12-31T22:00:00Z, the last second that the calendar library prints in any offset.
const LATEST: i64 = 253_402_207_200;
/// Likewise the first.
const EARLIEST: i64 = -377_705_023_201;

impl Timestamp {
    /// From seconds since the epoch; what no calendar prints is held at its last printable second.
    pub const fn from_unix(seconds: i64) -> Self {
        if seconds > LATEST {
            Self(LATEST)
        } else if seconds < EARLIEST {
            Self(EARLIEST)
        } else {
            Self(seconds)
        }
    }

    /// Seconds since the epoch.
    pub const fn as_unix(self) -> i64 {
        self.0
    }

    /// Reads an RFC 3339 time; a fraction of a second is cut off.
    pub fn parse_rfc3339(text: &str) -> Result<Self, TimeError> {
        let parsed: jiff::Timestamp = text.parse().map_err(|_| TimeError)?;
        Ok(Self::from_unix(parsed.as_second()))
    }

    /// Later by so many seconds.
    #[must_use]
    pub const fn plus_seconds(self, seconds: i64) -> Self {
        Self::from_unix(self.0.saturating_add(seconds))
    }

    /// Earlier by so many seconds.
    #[must_use]
    pub const fn minus_seconds(self, seconds: i64) -> Self {
        Self::from_unix(self.0.saturating_sub(seconds))
    }

    /// Seconds from `earlier` to this; negative where this is the earlier one.
    pub const fn seconds_since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }

    /// The calendar day in UTC.
    pub fn date(self) -> jiff::civil::Date {
        let timestamp = jiff::Timestamp::from_second(self.0).unwrap_or(jiff::Timestamp::MIN);
        jiff::tz::Offset::UTC.to_datetime(timestamp).date()
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_second(self.0) {
            Ok(timestamp) => timestamp.fmt(formatter),
            Err(_) => self.0.fmt(formatter),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prints_what_it_reads() {
        let text = "2025-06-01T00:00:00Z";
        let time = Timestamp::parse_rfc3339(text).unwrap();
        assert_eq!(time.as_unix(), 1_748_736_000);
        assert_eq!(time.to_string(), text);
        assert_eq!(time.date(), jiff::civil::date(2025, 6, 1));
    }

    #[test]
    fn reads_an_offset_and_cuts_a_fraction() {
        let time = Timestamp::parse_rfc3339("2025-06-01T07:00:00.9+07:00").unwrap();
        assert_eq!(time.to_string(), "2025-06-01T00:00:00Z");
    }

    #[test]
    fn refuses_a_time_without_offset_and_a_date_alone() {
        for text in ["2025-06-01T00:00:00", "2025-06-01", "", "yesterday", "2025-13-01T00:00:00Z"] {
            assert_eq!(Timestamp::parse_rfc3339(text), Err(TimeError), "{text}");
        }
    }

    #[test]
    fn never_overflows() {
        assert_eq!(Timestamp::from_unix(i64::MAX).plus_seconds(i64::MAX).as_unix(), LATEST);
        assert_eq!(Timestamp::from_unix(i64::MIN).minus_seconds(i64::MAX).as_unix(), EARLIEST);
        assert!(Timestamp::from_unix(i64::MAX).to_string().starts_with("9999"));
    }
}
