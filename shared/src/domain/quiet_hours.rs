//! Quiet hours: the part of each day in which an MSP wants only tickets that cannot wait.

use jiff::civil::Time;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, Zoned};
use serde::{Deserialize, Serialize};

/// Quiet hours, which begin and end each day at the same local times. They may cross midnight.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuietHours {
    /// Local time at which they begin.
    pub start: Time,
    /// Local time at which they end. It differs from the beginning.
    pub end: Time,
}

impl QuietHours {
    /// Returns the part of a day of 24 hours that is not quiet.
    pub fn left_outside(self) -> SignedDuration {
        let outside = self.start.duration_since(self.end);
        if outside.is_negative() { outside + SignedDuration::from_hours(24) } else { outside }
    }

    /// Returns the end of the quiet hours in which `now` is; `None` if it is in none.
    ///
    /// A local time that a change of the clock skips counts as the one after the change; of one that comes twice, the first
    /// counts. So the quiet hours of a night have one beginning and one end.
    pub fn end_at(self, now: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
        let today = now.to_zoned(zone.clone()).date();
        let instant = |zoned: Result<Zoned, jiff::Error>| zoned.ok().map(|zoned| zoned.timestamp());
        // Those of the day before may still last.
        [today.yesterday().ok()?, today].into_iter().find_map(|day| {
            let last = if self.end > self.start { day } else { day.tomorrow().ok()? };
            let begin = instant(day.to_datetime(self.start).to_zoned(zone.clone()))?;
            let end = instant(last.to_datetime(self.end).to_zoned(zone.clone()))?;
            (begin <= now && now < end).then_some(end)
        })
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::time;
    use proptest::prelude::*;

    use super::*;

    fn hours(start: (i8, i8), end: (i8, i8)) -> QuietHours {
        QuietHours { start: time(start.0, start.1, 0, 0), end: time(end.0, end.1, 0, 0) }
    }

    fn end(hours: QuietHours, zone: &str, now: &str) -> Option<String> {
        let end = hours.end_at(now.parse().unwrap(), &TimeZone::get(zone).unwrap());
        end.map(|end| end.to_string())
    }

    #[test]
    fn a_night_ends_on_the_next_day() {
        let night = hours((22, 0), (6, 30));
        for (now, expected) in [
            ("2026-12-01T20:59:59Z", None),
            ("2026-12-01T21:00:00Z", Some("2026-12-02T05:30:00Z")),
            ("2026-12-02T05:29:59Z", Some("2026-12-02T05:30:00Z")),
            ("2026-12-02T05:30:00Z", None),
            ("2026-12-02T12:00:00Z", None),
        ] {
            assert_eq!(end(night, "Europe/Berlin", now).as_deref(), expected, "{now}");
        }
        let lunch = hours((12, 0), (13, 0));
        assert_eq!(end(lunch, "UTC", "2026-12-01T12:30:00Z").as_deref(), Some("2026-12-01T13:00:00Z"));
        assert_eq!(end(lunch, "UTC", "2026-12-01T13:00:00Z"), None);
    }

    #[test]
    fn a_change_of_the_clock_makes_a_night_shorter_or_longer() {
        let night = hours((22, 0), (6, 0));
        // On 2027-03-28 the clock goes from 2:00 to 3:00, on 2026-10-25 from 3:00 back to 2:00.
        assert_eq!(end(night, "Europe/Berlin", "2027-03-27T21:00:00Z").as_deref(), Some("2027-03-28T04:00:00Z"));
        assert_eq!(end(night, "Europe/Berlin", "2026-10-24T20:00:00Z").as_deref(), Some("2026-10-25T05:00:00Z"));
        // An end that is skipped: the hour after the change. One that comes twice: the first, and it stays the end.
        let skipped = hours((22, 0), (2, 30));
        assert_eq!(end(skipped, "Europe/Berlin", "2027-03-28T00:30:00Z").as_deref(), Some("2027-03-28T01:30:00Z"));
        assert_eq!(end(skipped, "Europe/Berlin", "2026-10-25T00:00:00Z").as_deref(), Some("2026-10-25T00:30:00Z"));
        assert_eq!(end(skipped, "Europe/Berlin", "2026-10-25T01:10:00Z"), None, "2:10 for the second time");
    }

    proptest! {
        #[test]
        fn an_end_is_later_than_now_within_a_day_and_no_quiet_hour(
            start in 0..1440_i64, length in 1..1440_i64, seconds in 1_700_000_000..2_000_000_000_i64,
            zone in "Europe/Berlin|America/New_York|Australia/Lord_Howe|UTC",
        ) {
            let at = |minute: i64| {
                let part = |number: i64| i8::try_from(number).unwrap();
                time(part(minute / 60), part(minute % 60), 0, 0)
            };
            let hours = QuietHours { start: at(start), end: at((start + length) % 1440) };
            let zone = TimeZone::get(&zone).unwrap();
            let now = Timestamp::from_second(seconds).unwrap();
            if let Some(end) = hours.end_at(now, &zone) {
                let left = end.duration_since(now);
                prop_assert!(left > SignedDuration::ZERO && left <= SignedDuration::from_hours(25));
                prop_assert!(hours.end_at(end, &zone) != Some(end));
            }
        }
    }
}
