//! Dates in the MSP's business calendar. A business day is written as midnight UTC in every time zone. A day computed
//! in UTC would be wrong for part of each day, and the invoice could not be made.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use serde::{Deserialize, Deserializer};
use windows_timezones::WindowsTimezone;

/// Formats a business day for ConnectWise.
pub fn midnight(day: Date) -> String {
    day.strftime("%Y-%m-%dT00:00:00Z").to_string()
}

/// Returns the time zone that `/system/info` names, by its Windows or IANA name. `None` if the name is unknown.
pub fn zone(name: &str) -> Option<TimeZone> {
    let name = name.trim();
    // Windows displays UTC under this name; its key is "UTC".
    if name == "Coordinated Universal Time" {
        return Some(TimeZone::UTC);
    }
    let iana = name.parse::<WindowsTimezone>().map_or(name, |windows| windows.tzdb_id());
    TimeZone::get(iana).ok()
}

/// Returns the current day in the MSP's time zone.
pub fn business_day(now: Timestamp, zone: &TimeZone) -> Date {
    zone.to_datetime(now).date()
}

/// Returns the first day of the next month in the MSP's time zone.
pub fn first_of_next_month(now: Timestamp, zone: &TimeZone) -> Date {
    business_day(now, zone).first_of_month().saturating_add(1.month())
}

/// Terms of an agreement that limit the effective date of an addition.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BillingTerms {
    /// First day of the agreement.
    pub start: Option<Date>,
    /// First billed day of the agreement.
    pub bill_start: Option<Date>,
    /// First day of the period that is not invoiced yet.
    pub next_invoice: Option<Date>,
    /// `true` if parts of a period are billed.
    pub prorated: bool,
}

/// Returns the first day, on or after `requested`, on which an addition can be in effect. It is not before the agreement's
/// start or billing start. It is not in an invoiced period, unless the agreement prorates
/// (`docs/vendors/connectwise.md`, "Agreement additions").
pub fn effective_date(requested: Date, terms: &BillingTerms) -> Date {
    let next_invoice = terms.next_invoice.filter(|_| !terms.prorated);
    [terms.start, terms.bill_start, next_invoice].into_iter().flatten().fold(requested, Date::max)
}

/// Returns the last billed day of an addition that is to be billed to `last`, or to the end of the invoiced period if that is
/// later and not credited (`docs/vendors/connectwise.md`, "Agreement additions").
pub fn last_billed_day(last: Date, terms: &BillingTerms, credits: bool) -> Date {
    let invoiced = terms.next_invoice.filter(|_| !credits).and_then(|next| next.yesterday().ok());
    invoiced.map_or(last, |invoiced| invoiced.max(last))
}

/// Reads the day of a date, which may have a time. A text that is no date counts as not set, because the field
/// `nextInvoiceDate` has no defined format.
pub(super) fn day<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Date>, D::Error> {
    let text = Option::<String>::deserialize(deserializer)?;
    let day = text.as_deref().map(|text| text.split_once('T').map_or(text, |(day, _)| day));
    Ok(day.and_then(|day| day.parse().ok()))
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_day_is_midnight_of_utc() {
        assert_eq!(midnight(date(2026, 9, 1)), "2026-09-01T00:00:00Z");
    }

    #[test]
    fn zones_have_windows_or_iana_names() {
        for (name, expected) in [
            ("Eastern Standard Time", "America/New_York"),
            ("W. Europe Standard Time", "Europe/Berlin"),
            ("AUS Eastern Standard Time", "Australia/Sydney"),
            ("GMT Standard Time", "Europe/London"),
            ("South Africa Standard Time", "Africa/Johannesburg"),
            (" America/Chicago ", "America/Chicago"),
        ] {
            assert_eq!(zone(name).unwrap().iana_name(), Some(expected), "{name}");
        }
        for name in ["UTC", "Coordinated Universal Time"] {
            assert_eq!(zone(name).unwrap().to_datetime(Timestamp::UNIX_EPOCH).hour(), 0, "{name}");
        }
        assert!(zone("Middle Earth Standard Time").is_none());
        assert!(zone("").is_none());
    }

    #[test]
    fn months_begin_at_midnight_in_the_msps_zone() {
        let eastern = zone("Eastern Standard Time").unwrap();
        for (now, day, first) in [
            ("2026-09-01T03:59:59Z", date(2026, 8, 31), date(2026, 9, 1)),
            ("2026-09-01T04:00:00Z", date(2026, 9, 1), date(2026, 10, 1)),
            ("2027-01-01T04:59:59Z", date(2026, 12, 31), date(2027, 1, 1)),
        ] {
            let now = now.parse().unwrap();
            assert_eq!((business_day(now, &eastern), first_of_next_month(now, &eastern)), (day, first), "{now}");
        }
        let berlin = zone("Europe/Berlin").unwrap();
        assert_eq!(first_of_next_month("2026-08-31T22:00:00Z".parse().unwrap(), &berlin), date(2026, 10, 1));
    }

    #[test]
    fn invoiced_periods_are_billed_to_their_end_unless_they_are_credited() {
        let month = date(2026, 9, 30);
        let last = |next_invoice, credits| {
            last_billed_day(month, &BillingTerms { next_invoice, ..BillingTerms::default() }, credits)
        };
        assert_eq!(last(None, false), month);
        assert_eq!(last(Some(date(2026, 9, 1)), false), month);
        assert_eq!(last(Some(date(2026, 12, 1)), false), date(2026, 11, 30));
        assert_eq!(last(Some(date(2026, 12, 1)), true), month);
    }

    #[test]
    fn texts_that_are_no_date_are_not_set() {
        #[derive(Deserialize)]
        struct Row {
            #[serde(default, deserialize_with = "day")]
            day: Option<Date>,
        }
        for (row, expected) in [
            (r#"{"day": "2026-09-01T00:00:00Z"}"#, Some(date(2026, 9, 1))),
            (r#"{"day": "2026-09-01"}"#, Some(date(2026, 9, 1))),
            (r#"{"day": "next week"}"#, None),
            (r#"{"day": null}"#, None),
            ("{}", None),
        ] {
            assert_eq!(serde_json::from_str::<Row>(row).unwrap().day, expected, "{row}");
        }
    }

    prop_compose! {
        fn days()(days in 0..20_000_i32) -> Date {
            date(2000, 1, 1).saturating_add(days.days())
        }
    }

    prop_compose! {
        fn terms()(
            start in proptest::option::of(days()),
            bill_start in proptest::option::of(days()),
            next_invoice in proptest::option::of(days()),
            prorated: bool,
        ) -> BillingTerms {
            BillingTerms { start, bill_start, next_invoice, prorated }
        }
    }

    proptest! {
        #[test]
        fn the_effective_date_is_the_first_allowed_day(requested in days(), terms in terms()) {
            let is_allowed = |day: Date| {
                terms.start.is_none_or(|start| day >= start)
                    && terms.bill_start.is_none_or(|start| day >= start)
                    && (terms.prorated || terms.next_invoice.is_none_or(|next| day >= next))
            };
            let day = effective_date(requested, &terms);
            prop_assert!(day >= requested && is_allowed(day));
            prop_assert!(day == requested || !is_allowed(day.yesterday().unwrap()));
            prop_assert_eq!(effective_date(day, &terms), day);
        }

        #[test]
        fn the_first_of_next_month_is_after_today(seconds in 0..4_000_000_000_i64, zone in "Eastern Standard Time|Tonga Standard Time|UTC") {
            let zone = super::zone(&zone).unwrap();
            let now = Timestamp::from_second(seconds).unwrap();
            let first = first_of_next_month(now, &zone);
            prop_assert_eq!(first.day(), 1);
            prop_assert!(first > business_day(now, &zone));
            prop_assert_eq!(first.yesterday().unwrap().first_of_month(), business_day(now, &zone).first_of_month());
        }
    }
}
