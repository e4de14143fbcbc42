//! The vendor's dates: UTC, whole seconds.

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan, Zoned};

const FORMAT: &str = "%Y-%m-%dT%H:%M:%SZ";

/// Parses `yyyy-MM-ddTHH:mm:ssZ` and no other format.
pub fn parse(text: &str) -> Option<Timestamp> {
    if text.len() != "yyyy-MM-ddTHH:mm:ssZ".len() {
        return None;
    }
    at(DateTime::strptime(FORMAT, text).ok()?)
}

/// Parses a date in a condition: the format of [`parse`], or the day alone.
pub fn parse_condition(text: &str) -> Option<Timestamp> {
    let day = || {
        at(Date::strptime("%Y-%m-%d", text)
            .ok()
            .filter(|_| text.len() == 10)?
            .to_datetime(jiff::civil::time(0, 0, 0, 0)))
    };
    parse(text).or_else(day)
}

/// Formats a timestamp as `yyyy-MM-ddTHH:mm:ssZ`.
pub fn text(timestamp: Timestamp) -> String {
    timestamp.strftime(FORMAT).to_string()
}

/// Returns midnight of the timestamp's day.
pub fn midnight(timestamp: Timestamp) -> Timestamp {
    let day = timestamp.to_zoned(TimeZone::UTC).start_of_day();
    day.map_or(timestamp, |day| day.timestamp())
}

/// Returns the first day of the month that is `months` after the month of `timestamp`.
pub fn first_of_month(timestamp: Timestamp, months: i64) -> Timestamp {
    let first = |day: &Zoned| day.first_of_month()?.start_of_day()?.checked_add(months.months());
    first(&timestamp.to_zoned(TimeZone::UTC)).map_or(timestamp, |day| day.timestamp())
}

fn at(datetime: DateTime) -> Option<Timestamp> {
    Some(datetime.to_zoned(TimeZone::UTC).ok()?.timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_seconds_in_utc_are_parsed() {
        for (written, fits) in [
            ("2026-09-01T00:00:00Z", true),
            ("2026-09-01T00:00:00.000Z", false),
            ("2026-09-01T00:00:00+02", false),
            ("2026-09-01", false),
            ("2026-13-01T00:00:00Z", false),
        ] {
            assert_eq!(parse(written).map(text).as_deref() == Some(written), fits, "{written}");
        }
        assert!(parse_condition("2026-09-01").is_some());
    }

    #[test]
    fn months_are_counted_from_their_first() {
        let day = parse("2026-01-31T13:00:00Z").unwrap();
        assert_eq!(text(first_of_month(day, 1)), "2026-02-01T00:00:00Z");
        assert_eq!(text(first_of_month(day, -1)), "2025-12-01T00:00:00Z");
        assert_eq!(text(midnight(day)), "2026-01-31T00:00:00Z");
    }
}
