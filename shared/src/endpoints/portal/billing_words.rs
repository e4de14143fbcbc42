//! Words for the MSP about the invoices: what they bill, from when and until when. Pure.
//!
//! A day of an addition that exists is the one that ConnectWise has; only what does not exist yet is foretold.

use jiff::civil::Date;

use crate::connectwise::api::addition::Billing;
use crate::connectwise::date::BillingTerms;
use crate::domain::billing_dates::{BillingDates, LastBilledMonth, StartsOn};
use crate::store::TrackedAddition;

/// Text for a trial.
pub const TRIAL: &str = "A trial: nothing is charged.";

/// Text for an account whose subscription has no addition yet.
pub const NOTHING_YET: &str = "Nothing is invoiced yet.";

/// Text for a subscription whose addition has ended and whose next one is still to be created.
pub const NEXT_ADDITION: &str = "The addition that follows is not created yet.";

/// Returns what an open addition invoices. `quantity` is that of the subscription, if it is billed; `today` the business day.
pub fn of_open(tracked: &TrackedAddition, quantity: Option<u32>, today: Date) -> String {
    let billed = quantity.map_or_else(|| "It is invoiced".to_owned(), invoiced);
    match (&tracked.billing, tracked.effective_date) {
        (Billing::NoCharge, _) => TRIAL.to_owned(),
        (Billing::Billable, Some(first)) if first < today => format!("{billed}, since {first}."),
        (Billing::Billable, Some(first)) => format!("{billed} from {first}."),
        (Billing::Billable, None) => format!("{billed}."),
        (Billing::DoNotBill | Billing::Other(_), _) => {
            "Nothing is invoiced: the addition is not billable in ConnectWise.".to_owned()
        }
    }
}

/// Returns what an addition invoices that was ended.
pub fn of_ended(tracked: &TrackedAddition) -> String {
    match (&tracked.billing, tracked.effective_date, tracked.last_billed_day) {
        (_, _, None) => "It is never invoiced.".to_owned(),
        (Billing::NoCharge, _, Some(_)) => "A trial that has ended: nothing is charged.".to_owned(),
        (_, Some(first), Some(last)) => format!("Invoiced from {first} until {last}."),
        (_, None, Some(last)) => format!("Invoiced until {last}."),
    }
}

/// Returns what an addition will invoice that is still to be created. `is_certain` is `false` if an agreement may delay it.
pub fn foretold(quantity: u32, first: Date, is_certain: bool) -> String {
    let or_later = if is_certain { "" } else { ", or later if the agreement is invoiced ahead or begins later" };
    format!("{} from {first}{or_later}.", invoiced(quantity))
}

/// Returns what the MSP should know of a first day within a month; `None` if there is nothing.
pub fn of_part(first: Date, terms: &BillingTerms) -> Option<&'static str> {
    (first.day() != 1).then_some(if terms.prorated {
        "The agreement prorates, so the days of the first month are invoiced in part."
    } else {
        "The agreement does not prorate, so ConnectWise invoices the first month in full."
    })
}

/// Returns a rule of billing dates.
pub fn of_rule(dates: BillingDates) -> String {
    let begins = match dates.starts_on {
        StartsOn::NextMonth => "What is sold is invoiced from the first of the next month".to_owned(),
        StartsOn::Today => "What is sold is invoiced from the day of the sale or the link".to_owned(),
        StartsOn::Day(day) => {
            format!("What is sold until {day} is invoiced from that day, later sales from the first of the next month")
        }
    };
    format!("{begins}. {}", of_end(dates))
}

/// Returns the part of a rule that concerns the end.
pub fn of_end(dates: BillingDates) -> String {
    let (month, credit) = match (dates.last_billed_month, dates.credits_unused) {
        (LastBilledMonth::This, false) => ("to the end of that month", ""),
        (LastBilledMonth::This, true) => {
            ("to the end of that month", "; if the agreement prorates, to the day of leaving")
        }
        (LastBilledMonth::Next, _) => ("to the end of the month after", ""),
    };
    let invoiced = if dates.credits_unused {
        "Unused days that are invoiced already are credited if the agreement prorates."
    } else {
        "What is invoiced already is not refunded."
    };
    format!("A customer who leaves is invoiced {month}{credit}. {invoiced}")
}

/// Text of an answer that changed the rule.
pub const RULE_CHANGED: &str =
    "The new dates apply to what is sold, changed or ended from now on; what was billed before stays as it is.";

fn invoiced(quantity: u32) -> String {
    if quantity == 1 { "1 unit is invoiced".to_owned() } else { format!("{quantity} units are invoiced") }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::connectwise::{AdditionId, AgreementId, CatalogItemId};
    use crate::store::ProductDefaults;

    fn tracked(billing: Billing) -> TrackedAddition {
        TrackedAddition {
            agreement: AgreementId::new(104),
            addition: AdditionId::new(501),
            product: CatalogItemId::new(204),
            billing,
            unit_price: None,
            defaults: ProductDefaults::default(),
            effective_date: Some(date(2026, 9, 1)),
            delayed_since: None,
            charged_until: None,
            ended: false,
            last_billed_day: None,
        }
    }

    #[test]
    fn an_addition_is_told_with_the_days_that_connectwise_has() {
        let billable = tracked(Billing::Billable);
        let of = |quantity, today| of_open(&billable, quantity, today);
        assert_eq!(of(Some(3), date(2026, 8, 15)), "3 units are invoiced from 2026-09-01.");
        assert_eq!(of(Some(1), date(2026, 9, 1)), "1 unit is invoiced from 2026-09-01.");
        assert_eq!(of(Some(3), date(2026, 9, 2)), "3 units are invoiced, since 2026-09-01.");
        assert_eq!(of(None, date(2026, 8, 15)), "It is invoiced from 2026-09-01.");
        assert_eq!(of_open(&tracked(Billing::NoCharge), Some(3), date(2026, 8, 15)), TRIAL);
        assert!(of_open(&tracked(Billing::DoNotBill), Some(3), date(2026, 8, 15)).starts_with("Nothing is invoiced"));
        let ended = |billing, last| of_ended(&tracked(billing).ended_on(last, last));
        let last = Some(date(2026, 10, 31));
        assert_eq!(ended(Billing::Billable, last), "Invoiced from 2026-09-01 until 2026-10-31.");
        assert_eq!(ended(Billing::Billable, None), "It is never invoiced.");
        assert!(ended(Billing::NoCharge, last).contains("nothing is charged"));
    }

    #[test]
    fn a_rule_is_told_whole() {
        let guide = of_rule(BillingDates::default());
        assert_eq!(
            guide,
            "What is sold is invoiced from the first of the next month. A customer who leaves is invoiced to the end of that month. What is invoiced already is not refunded."
        );
        let other = BillingDates {
            starts_on: StartsOn::Day(date(2026, 10, 1)),
            last_billed_month: LastBilledMonth::Next,
            credits_unused: true,
        };
        assert_eq!(
            of_rule(other),
            "What is sold until 2026-10-01 is invoiced from that day, later sales from the first of the next month. A customer who leaves is invoiced to the end of the month after. Unused days that are invoiced already are credited if the agreement prorates."
        );
        let today = BillingDates { starts_on: StartsOn::Today, credits_unused: true, ..BillingDates::default() };
        assert!(of_rule(today).contains("from the day of the sale"));
        assert!(of_rule(today).contains("if the agreement prorates, to the day of leaving"));
    }

    #[test]
    fn a_part_of_a_month_is_explained() {
        let terms = |prorated| BillingTerms { prorated, ..BillingTerms::default() };
        assert_eq!(of_part(date(2026, 9, 1), &terms(false)), None);
        assert!(of_part(date(2026, 9, 2), &terms(false)).unwrap().contains("in full"));
        assert!(of_part(date(2026, 9, 2), &terms(true)).unwrap().contains("in part"));
        assert!(
            foretold(2, date(2026, 9, 2), false)
                .ends_with("or later if the agreement is invoiced ahead or begins later.")
        );
    }
}
