//! The periods of an MSP's digests. A period begins at a local hour, so that a digest is there when people begin their work.

use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp, ToSpan};
use serde::{Deserialize, Serialize};

/// Local hour at which a digest is due.
const HOUR: i8 = 7;

/// How often there is a digest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum DigestPeriod {
    /// Each day.
    Daily,
    /// Each Monday.
    Weekly,
    /// On the first day of each month.
    Monthly,
}

impl DigestPeriod {
    /// Returns the time at which the next period begins.
    pub fn next_begin(self, now: Timestamp, zone: &TimeZone) -> Timestamp {
        let first = self.first_day(now, zone).saturating_add(self.length());
        zone.to_timestamp(first.at(HOUR, 0, 0, 0)).unwrap_or(Timestamp::MAX)
    }

    /// Returns the time at which the period before that of `now` began.
    pub fn previous_begin(self, now: Timestamp, zone: &TimeZone) -> Timestamp {
        let first = self.first_day(now, zone).saturating_sub(self.length());
        zone.to_timestamp(first.at(HOUR, 0, 0, 0)).unwrap_or(Timestamp::MIN)
    }

    /// Returns the first day of the period in which `now` is. Before the hour at which a digest is due, that is the day before.
    pub fn first_day(self, now: Timestamp, zone: &TimeZone) -> Date {
        let local = now.to_zoned(zone.clone());
        let day = if local.hour() < HOUR { local.date().saturating_sub(1.day()) } else { local.date() };
        match self {
            Self::Daily => day,
            Self::Weekly => {
                let since_monday = day.weekday().since(Weekday::Monday);
                day.saturating_sub(i64::from(since_monday).days())
            }
            Self::Monthly => day.first_of_month(),
        }
    }

    fn length(self) -> Span {
        match self {
            Self::Daily => 1.day(),
            Self::Weekly => 1.week(),
            Self::Monthly => 1.month(),
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn a_period_begins_at_seven_in_the_zone_of_the_msp() {
        let zone = TimeZone::get("Europe/Berlin").unwrap();
        let first = |period: DigestPeriod, now: &str| period.first_day(now.parse().unwrap(), &zone);
        for (now, daily, weekly, monthly) in [
            // A Tuesday, before and after 7:00.
            ("2026-12-01T05:59:59Z", date(2026, 11, 30), date(2026, 11, 30), date(2026, 11, 1)),
            ("2026-12-01T06:00:00Z", date(2026, 12, 1), date(2026, 11, 30), date(2026, 12, 1)),
            // A Monday.
            ("2026-12-07T05:00:00Z", date(2026, 12, 6), date(2026, 11, 30), date(2026, 12, 1)),
            ("2026-12-07T06:00:00Z", date(2026, 12, 7), date(2026, 12, 7), date(2026, 12, 1)),
            // The clock went from 2:00 to 3:00 on this day.
            ("2027-03-28T04:59:59Z", date(2027, 3, 27), date(2027, 3, 22), date(2027, 3, 1)),
            ("2027-03-28T05:00:00Z", date(2027, 3, 28), date(2027, 3, 22), date(2027, 3, 1)),
        ] {
            let found = [DigestPeriod::Daily, DigestPeriod::Weekly, DigestPeriod::Monthly].map(|one| first(one, now));
            assert_eq!(found, [daily, weekly, monthly], "{now}");
        }
    }

    #[test]
    fn the_previous_and_the_next_period_begin_at_seven_too() {
        let zone = TimeZone::get("Europe/Berlin").unwrap();
        let now = "2027-03-27T12:00:00Z".parse().unwrap();
        for (period, previous, next) in [
            // The clock goes to summer time on the 28th.
            (DigestPeriod::Daily, "2027-03-26T06:00:00Z", "2027-03-28T05:00:00Z"),
            (DigestPeriod::Weekly, "2027-03-15T06:00:00Z", "2027-03-29T05:00:00Z"),
            (DigestPeriod::Monthly, "2027-02-01T06:00:00Z", "2027-04-01T05:00:00Z"),
        ] {
            assert_eq!(period.previous_begin(now, &zone), previous.parse().unwrap(), "{period:?}");
            assert_eq!(period.next_begin(now, &zone), next.parse().unwrap(), "{period:?}");
        }
    }
}
