//! The days from which and to which an addition bills: the rule of the link, applied to the subscription's own times in the
//! MSP's time zone, and limited by the agreement's terms. Pure.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

use crate::connectwise::api::addition::Billing;
use crate::connectwise::date::{self, BillingTerms};
use crate::domain::billing_dates::{BillingDates, EndKind, StartsOn};
use crate::domain::subscription_record::{SubscriptionRecord, SubscriptionState};
use crate::store::{AgreementLink, PendingAdditionEnd, TrackedAddition};

/// The begin of a billing, with the rule that applied at that time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Start {
    from: Timestamp,
    sold: Timestamp,
    dates: BillingDates,
}

impl Start {
    /// Returns the begin of a subscription that its account's agreement does not bill yet: the later of sale and link. A trial
    /// that was converted counts as sold then.
    pub fn of_sale(subscription: &SubscriptionRecord, link: &AgreementLink) -> Self {
        let live = subscription.sold_since();
        let sold = subscription.paid_since.map_or(live, |paid| paid.max(live));
        let from = sold.max(link.linked_at);
        Self { from, sold, dates: link.dates_at(from) }
    }

    /// Returns the begin of a trial's paid time. A record without that time was written before it was recorded: its last write
    /// is the conversion.
    pub fn of_conversion(subscription: &SubscriptionRecord, link: &AgreementLink) -> Self {
        Self::at(subscription.paid_since.unwrap_or(subscription.updated_at), link)
    }

    /// Returns the begin of something that is sold or created again at `time`.
    pub fn at(time: Timestamp, link: &AgreementLink) -> Self {
        Self { from: time, sold: time, dates: link.dates_at(time) }
    }

    /// Returns the business day of the begin.
    pub fn day(&self, zone: &TimeZone) -> Date {
        date::business_day(self.from, zone)
    }

    /// Returns the day from which an addition is to be billed: that of the rule, and after `last` (the last billed day of what
    /// it follows).
    pub fn requested_day(&self, zone: &TimeZone, last: Option<Date>) -> Date {
        let after = last.map_or(Date::MIN, |last| last.saturating_add(1.day()));
        self.dates.first_day(self.day(zone), date::business_day(self.sold, zone)).max(after)
    }

    /// Returns the end of a trial's addition, which charges nothing, when the paid time begins.
    pub fn end_of_trial(&self, zone: &TimeZone) -> End {
        let end = End { at: self.from, ended: self.day(zone), dates: self.dates, kind: EndKind::Followed, free: true };
        // The rule of the guide gives the month of the conversion free of charge.
        End { free: self.dates.starts_on != StartsOn::NextMonth, ..end }
    }

    /// Returns the last day that counts as billed before an addition that is created again at the begin. `gone` is the one that
    /// a person deleted or cancelled: its effective date, and its last billed day if ConnectWise still tells it.
    pub fn day_before_recreation(&self, zone: &TimeZone, gone: &GoneAddition, terms: &BillingTerms) -> Date {
        let requested = self.requested_day(zone, None);
        let before = requested.yesterday().unwrap_or(requested);
        // It may have been invoiced before it was deleted.
        let invoiced = terms.next_invoice.filter(|next| {
            gone.is_deleted
                && gone.was_billable
                && requested < date::first_of_next_month(self.from, zone)
                && gone.effective_date.is_none_or(|first| first < *next)
        });
        let invoiced = invoiced.and_then(|next| next.yesterday().ok());
        [invoiced, gone.last_billed_day].into_iter().flatten().fold(before, Date::max)
    }
}

/// An addition that a person deleted or cancelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GoneAddition {
    /// `true` if it was deleted.
    pub is_deleted: bool,
    /// `true` if it was billable when we last wrote it.
    pub was_billable: bool,
    /// Its first day.
    pub effective_date: Option<Date>,
    /// The last billed day of a cancelled one.
    pub last_billed_day: Option<Date>,
}

/// The end of a billing, with the rule that applied at that time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct End {
    /// Time of the event that ends it, which identifies the end.
    pub at: Timestamp,
    /// Business day of the end.
    pub ended: Date,
    dates: BillingDates,
    kind: EndKind,
    /// `true` if the addition charged nothing, so that any day can be its last.
    free: bool,
}

impl End {
    /// Returns the end of a subscription that was cancelled, or whose customer has left for another reseller.
    pub fn of_subscription(subscription: &SubscriptionRecord, link: &AgreementLink, zone: &TimeZone) -> Self {
        let cancelled = subscription.cancelled_at.unwrap_or(subscription.updated_at);
        let at = match link.left_at {
            Some(left) if subscription.state == SubscriptionState::Cancelled => left.min(cancelled),
            Some(left) => left,
            None => cancelled,
        };
        let (ended, dates) = (date::business_day(at, zone), link.dates_at(at));
        Self { at, ended, dates, kind: EndKind::Leaves, free: false }
    }

    /// Returns the end of an addition that another one of the link's new agreement follows.
    pub fn of_move(start: &Start, zone: &TimeZone) -> Self {
        let (at, dates) = (start.from, start.dates);
        Self { at, ended: start.day(zone), dates, kind: EndKind::Followed, free: false }
    }

    /// Returns `true` if days that are not used any more are credited.
    pub fn credits(&self, terms: &BillingTerms) -> bool {
        self.dates.credits_unused && terms.prorated
    }

    /// Returns the day after which nothing is billed that is in effect only then: the day of the end. What continues a billable
    /// addition is billed for as long as the rule of that one says.
    pub fn billed_until(&self, tracked: &TrackedAddition, terms: &BillingTerms) -> Date {
        if tracked.continues() { self.dates.last_day(self.ended, self.kind, self.credits(terms)) } else { self.ended }
    }

    /// Returns a last day that was chosen before for this end: a billable addition is billed to the end of a period that was
    /// invoiced since.
    pub fn chosen_day(&self, chosen: Date, terms: &BillingTerms) -> Date {
        if self.free { chosen } else { date::last_billed_day(chosen, terms, self.credits(terms)) }
    }

    /// Returns the last billed day of an addition that is `billable` and in effect since `effective`.
    pub fn last_day(&self, billable: bool, effective: Option<Date>, terms: &BillingTerms) -> Date {
        let last = if self.free {
            self.ended.yesterday().unwrap_or(self.ended)
        } else {
            let kind = if billable { self.kind } else { EndKind::Followed };
            let credits = self.credits(terms);
            date::last_billed_day(self.dates.last_day(self.ended, kind, credits), terms, credits)
        };
        effective.map_or(last, |effective| last.max(effective))
    }
}

/// Returns the last day that an open addition will be billed when `end`, which ConnectWise has not got yet, reaches it; `None` if it is
/// never billed. `terms` are those of its agreement, as far as they are known.
pub fn expected_last_day(
    tracked: &TrackedAddition,
    pending: Option<&PendingAdditionEnd>,
    end: &End,
    terms: &BillingTerms,
) -> Option<Date> {
    let is_invoiced = |first: Date| terms.next_invoice.is_some_and(|next| next > first);
    if tracked.effective_date.is_some_and(|first| first > end.billed_until(tracked, terms) && !is_invoiced(first)) {
        return None;
    }
    let chosen = pending.filter(|chosen| chosen.at == end.at);
    Some(chosen.map_or_else(
        || end.last_day(tracked.billing == Billing::Billable, tracked.effective_date, terms),
        |chosen| chosen.cancelled_date,
    ))
}

/// Returns the effective date of an addition that is requested from the day `requested`: the first day that the agreement
/// allows. A month of which a former addition charges some days, to `charged_until`, is not begun if the agreement would invoice
/// it in full.
pub fn first_day(requested: Date, charged_until: Option<Date>, terms: &BillingTerms) -> Date {
    let first = date::effective_date(requested, terms);
    let is_charged = charged_until.is_some_and(|last| last >= first.first_of_month());
    if is_charged && first.day() > 1 && !terms.prorated {
        first.first_of_month().saturating_add(1.month())
    } else {
        first
    }
}

/// Returns the effective date of an addition that continues another one, which is charged until then by the terms `old`.
pub fn first_day_of_successor(requested: Date, old: &BillingTerms, new: &BillingTerms) -> Date {
    let charged_until = date::effective_date(requested, new).yesterday().ok();
    first_day(requested, charged_until, &BillingTerms { prorated: old.prorated && new.prorated, ..*new })
}

/// Returns the last day that a billable addition charges which is billed until `last`: an agreement that does not prorate charges
/// the month of that day in full.
pub fn charged_until(last: Date, terms: &BillingTerms) -> Date {
    if terms.prorated { last } else { last.last_of_month() }
}

/// Returns the text for the MSP if the agreement delays the billing from `requested` to `first`.
pub fn delay_note(requested: Date, first: Date) -> Option<String> {
    (first > requested).then(|| {
        format!(
            "It is billed from {first}. Nothing is billed from {requested} until then, because the agreement is invoiced ahead, begins later, or would charge a month in full of which a part is charged already. To bill that time, invoice it by hand in ConnectWise."
        )
    })
}

#[cfg(test)]
mod tests;
